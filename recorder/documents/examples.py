"""What of a block is an example: JSON-RPC messages, or the URL of a session.

Rule: pure. A block is an example where something in it is a message or tries to be one, or it shows how a session is
opened; other blocks are left alone. The sender of a message is named by the heading over it,
inside the block or before it, else the sentence that leads to it.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import NamedTuple
from urllib.parse import unquote_plus

from recorder.documents.blocks import Block
from recorder.documents.reading import read
from recorder.documents.shell import Quoting
from recorder.documents.written import ELISION, Edit, Member, Node, Problem, pieces_of
from recorder.model import MARK, Direction
from recorder.timeline import urls

JSON_LIKE = frozenset({"json", "jsonc", "json5", "jsonrpc", "json-rpc"})
SHELLS = frozenset({"sh", "bash", "shell", "console", "shell-session", "sh-session", "zsh", "terminal", "curl"})
PLAIN = frozenset({"", "text", "txt", "plain", "plaintext", "http", "none", "output", "log", "json-doc"})

PROGRAMS = frozenset({"javascript", "js"})
"""Languages of programs, in which literals are values of what is called, assigned or returned."""

LITERALS = PROGRAMS | {"json5"}
"""Languages whose values need no quotes around names, and have others around texts."""

READ = SHELLS | JSON_LIKE | LITERALS | PLAIN
"""Languages whose blocks may hold examples; those of a programming language hold its own."""

COMMENTED = LITERALS | {"jsonc"}
"""Languages whose blocks may hold comments; a shell's line has none in its JSON, and JSON has none at all."""

ENVELOPE = frozenset({"id", "method", "params", "result", "error", "version"})
"""Members of messages; one more may be a protocol's own, more make something else of what has no `jsonrpc`."""

FEW = 6
"""Most members that are named of an object that is no message."""

VERBS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "CONNECT", "TRACE"})
"""Methods of HTTP, which configurations and logs name."""

_BEGINS = re.compile(r"(?:^(?:data:)?|(?<=['\"]))[ \t]*(?P<at>\[?\s*\{)", re.MULTILINE)
_COMPUTES = r"(?:(?:[(=:?\[]|\breturn)\s*|,[ \t]*)"
"""What stands before a value in a program."""

_IN_CODE = re.compile(rf"{_COMPUTES}(?P<at>\[?\s*\{{)")
_BEHIND_CODE = re.compile(rf"{_COMPUTES}\Z")
AGAIN = 8
"""How often a character of a program is looked at again, on average, for messages in what is none itself."""

_NEAR = 200
"""Characters before a value that are looked at."""

_ARROWED = re.compile(r"^[ \t]*(?P<arrow>-{1,3}>|<-{1,3}|→|←|>>>|<<<|>|<)[ \t]+(?P<at>\[?\s*\{)", re.MULTILINE)

_HEADING = re.compile(
    r"^[ \t]*(?:#{1,6}|//+|\*\*|<!--)?[ \t]*(?P<one>[\w][\w .()-]{0,60}?)?[ \t]*"
    r"(?P<arrow>-{1,3}>|<-{1,3}|→|←|=>)[ \t]*(?P<other>[\w][\w .-]{0,60})?",
    re.MULTILINE,
)
_COMMAND = re.compile(r"(?:[^\n]*\\\n)*[^\n]+")
_URL = re.compile(
    r"(?:(?:wss?|https?)://|(?<=['\"\s])(?=[\w.-]{1,99}:\d{1,5}/))"
    rf"(?:{MARK.pattern}|[^\s'\"`<>\\]|<[\w -]{{1,40}}>)+"
)
_JSON = re.compile(r"(?:[\[{\s]|//[^\n]*\n|/\*(?:(?!\*/)[\s\S])*\*/)*\"")
"""How JSON begins, and no literal of JavaScript that has names without quotes."""

_SOCKET = re.compile(r"\bwss?://")
_CONSTRUCTED = re.compile(r"\bnew WebSocket\(\s*['\"]\Z")
_WHOLE = re.compile(r"['\"]\s*[,)]")
"""What stands before and behind a URL that a program has as a whole."""

_PARAMETER = re.compile(r"(?P<name>[^&=]+)(?P<sign>=?)(?P<value>[^&]*)")
_PLACES = ("<", "$", "{")
"""What begins a placeholder for a parameter's value."""

_OPENS = re.compile(r"^[ \t]*[$>#]?[ \t]*(?:\w+=\S*[ \t]+)*(?P<tool>wscat|websocat|curl|ws)\b", re.MULTILINE)

NODES = frozenset({"node", "server", "the node", "the server", "service", "backend", "fsm"})
CLIENTS = frozenset({"client", "the client", "party", "user", "app", "wallet"})

_NODE = r"(?:node|server|fsm|service|daemon)"
_CLIENT = r"(?:client|party|user|participant|wallet|app)"
_THEN = r"\s+(?:then\s+|also\s+|will\s+)?"
_SENDS = r"(?:sends?|responds?|replies|reply|answers?|returns?|reports?|notifies|informs|pushes|calls?|requests?|asks?|posts?)\b"
_RECEIVES = r"(?:receives?|gets?|is (?:then )?(?:sent|notified|informed|told))\b"
_FROM_NODE = re.compile(
    rf"\b{_NODE}{_THEN}{_SENDS}|\b(?!{_NODE}\b)\w+{_THEN}{_RECEIVES}",
    re.IGNORECASE,
)
_TO_NODE = re.compile(
    rf"\b{_CLIENT}{_THEN}{_SENDS}|\b{_NODE}{_THEN}{_RECEIVES}|\b(?:posts?|sends?) (?:it |them )?back\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Sender:
    """Who sends a message, as far as the document names the sender.

    Args:
        direction: None where the document does not name one.
        party: the name of the client's end; empty where none is named.
        said: the words that say so; empty where they do not stand in a heading, so that they may mean another thing.
    """

    direction: Direction | None = None
    party: str = ""
    said: str = ""

    @property
    def reason(self) -> str:
        """What names the sender, as a finding says it."""
        return f"{self.said!r} names the sender" if self.said else "the words before it name the sender"


class WrittenMessage(NamedTuple):
    """A message of an example: its value as it is written, and who sends it."""

    node: Node
    sender: Sender


class Url(NamedTuple):
    """The URL of a session.

    Args:
        node: an object of its parameters, with its path as the value; the host does not count.
        text: as it is written.
        tool: what opens it; empty where it stands alone.
    """

    node: Node
    text: str
    tool: str


@dataclass
class Example:
    """What of a block is an example.

    Args:
        block: the block.
        messages: those in it, the members of batches too, in their order.
        batch: whether they are those of one batch.
        bare: whether all of it is the result or the error of an answer, and says nothing of what it answers.
        urls: of sessions that are opened in it.
        problems: what in it is no JSON, with the place in the block's text.
    """

    block: Block
    messages: list[WrittenMessage] = field(default_factory=list)
    batch: bool = False
    bare: bool = False
    urls: list[Url] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def example_of(block: Block) -> Example | None:
    """What of a block is an example; None where nothing is."""
    if block.language not in READ or block.unread:
        return None
    text = quoting(block).readable
    found, inside = Example(block), [*_values(text, block)]
    for node, problems, direction, after in inside:
        values = node.items if node.kind == "list" else [node]
        messages = [one for one in values if is_message(one) or (direction is not None and is_answer(one))]
        if not messages and is_bare(node) and text.strip() == text[node.start : node.end]:
            found.bare, messages = True, [node]
        if not messages:
            continue
        sender = _sender(text, after, node.start, direction, block)
        found.batch = node.kind == "list" and not found.messages
        found.messages += [
            WrittenMessage(replace(one, elided=True) if is_bare(one) else one, sender) for one in messages
        ]
        found.problems += problems
    found.urls = [
        url for url in _urls(text) if not any(node.start <= url.node.start < node.end for node, *_more in inside)
    ]
    if found.messages:
        found.problems += block.problems
    return found if found.messages or found.urls else None


def why_none(block: Block, found: Example | None) -> str:
    """Why nothing in a block is an example, or why what was found in it is none."""
    if found is not None and found.messages:
        return "a result or an error alone, and no call right before it"
    if found is not None:
        return "its URL has no parameters, or is of no session"
    if block.unread or block.language not in READ:
        where = f"JSON-RPC in {block.unread} is" if block.unread else f"blocks of {block.language} are"
        return f"{where} not looked into"
    objects = [node for node, *_more in _values(quoting(block).readable, block) if node.members]
    if not objects:
        told = "its URL of a session is put together" if _SOCKET.search(block.text) else "no URL of a session"
        return f"no JSON object in it, and {told}"
    names = [member.name for member in objects[0].members]
    more = ["…"] if len(names) > FEW else []
    return f"an object with {', '.join([*names[:FEW], *more])} is no message of JSON-RPC"


def quoting(block: Block) -> Quoting:
    """How what stands in a block is quoted, where it is a command."""
    return Quoting(block.text, shell=block.language in SHELLS or not block.language)


def in_document(edits: Iterable[Edit], block: Block) -> Iterator[Edit]:
    """Turn edits of a block's readable text into edits of the document: in the shell's quotes, behind the signs of what contains it."""
    return block.edits(quoting(block).written(edits))


def _values(text: str, block: Block) -> Iterator[tuple[Node, list[Problem], Direction | None, int]]:
    """The values in a block: each with what in it is no JSON, the direction of its arrow, and the end of the one before."""
    after, again = 0, AGAIN * len(text)
    arrows = [found.start() for found in _ARROWED.finditer(text)]
    for start, direction in _beginnings(text, code=block.language in PROGRAMS):
        if start >= after:
            how = manner(block, text, start)
            node, problems = read(text, start, **how)
            next_ = bisect_left(arrows, start)
            if next_ < len(arrows) and arrows[next_] < node.end:  # what is no JSON ends where another message begins
                node, problems = read(text[: arrows[next_]], start, **how)
            if how.get("code") and not any(is_message(one) and _tells(one) for one in (node, *node.items)):
                again -= node.end - start
                after = start + 1 if again > 0 else node.end  # there may be one in it
                continue
            yield node, problems, direction, after
            after = max(node.end, start + 1)


def manner(block: Block, text: str, start: int) -> dict[str, bool]:
    """How a value in a block is read: whether comments may stand in it, and whether it is a literal of a program.

    A block of JavaScript may hold JSON: what begins with a name in `"` has to be JSON, but for what a program computes with.
    """
    if block.language in PROGRAMS and _BEHIND_CODE.search(text[max(0, start - _NEAR) : start]):
        return {"code": True}
    json5 = block.language == "json5" or (block.language in LITERALS and _JSON.match(text, start) is None)
    return {"comments": block.language in COMMENTED or not block.language, "json5": json5}


def is_message(node: Node) -> bool:
    """Whether a value is a JSON-RPC message, or tries to be: by the members it has."""
    names = {member.name for member in node.members}
    error = node.get("error")
    if "jsonrpc" in names:
        return bool(names & {"method", "result", "error", "id"})
    if len(names - ENVELOPE) > 1 or (error is not None and error.kind in {"text", "number", "list"}):
        return False
    if "method" in names:
        return bool(names & {"params", "id"}) and "url" not in names and node.text("method") not in VERBS
    return "id" in names and bool(names & {"result", "error"})


def _tells(node: Node) -> bool:
    """Whether a message in a program says what it is about: one for any method, or any result, says nothing."""
    told = node.get("method") or node.get("result") or node.get("error")
    return told is not None and told.kind != "any"


def is_answer(node: Node) -> bool:
    """Whether a value behind an arrow is an answer from which only the result or the error is shown."""
    names = {member.name for member in node.members}
    return names <= ENVELOPE and bool(names & {"result", "error"})


def is_bare(node: Node) -> bool:
    """Whether a value may be an answer of which all but the result or the error is left out, though nothing says so."""
    error = node.get("error")
    return [member.name for member in node.members] in (["result"], ["error"]) and (
        error is None or error.kind == "object"
    )


def sender_of(block: Block, start: int) -> Sender:
    """Who sends the only message of a block, which begins there."""
    return _sender(block.text, 0, start, None, block)


def _beginnings(text: str, *, code: bool) -> Iterator[tuple[int, Direction | None]]:
    """Where values begin: at the beginning of a line, in a quote of a command's line, behind an arrow; in code, anywhere."""
    arrows: dict[int, Direction] = {
        found.start("at"): "from_node" if found["arrow"][0] in "<←" else "to_node" for found in _ARROWED.finditer(text)
    }
    begins = {found.start("at") for found in _BEGINS.finditer(text)}
    begins |= {found.start("at") for found in _IN_CODE.finditer(text)} if code else set()
    for start in sorted(begins | arrows.keys()):
        yield start, arrows.get(start)


def _sender(text: str, after: int, start: int, direction: Direction | None, block: Block) -> Sender:
    if direction is not None:
        return Sender(direction, "", "an arrow")
    within = [*_HEADING.finditer(text, after, start)]
    for line in (within[-1] if within else None, None if within else _HEADING.match(block.heading)):
        if line is not None and (sender := _headed(line)).direction is not None:
            return sender
    return Sender() if text[after:start].strip() else Sender(_told(block.words))


def _headed(line: re.Match[str]) -> Sender:
    one, other = (line["one"] or "").strip(), (line["other"] or "").strip()
    right = line["arrow"][0] not in "<←"
    said = " ".join(filter(None, (one, line["arrow"], other)))
    if other.lower() in NODES or (one.lower() in CLIENTS and other.lower() not in CLIENTS):
        return Sender("to_node" if right else "from_node", one.lower() if one.lower() not in CLIENTS else "", said)
    if one.lower() in NODES:
        return Sender("from_node" if right else "to_node", other.lower() if other.lower() not in CLIENTS else "", said)
    return Sender()


def _told(words: str) -> Direction | None:
    """Who sends the block behind a paragraph, by its last sentence; None where it names nobody, or both ends."""
    if not words.endswith(":"):
        return None
    last = re.split(r"(?<=[.!?])\s+", words)[-1]
    node, party = _FROM_NODE.search(last), _TO_NODE.search(last)
    if (node is None) == (party is None):
        return None
    return "from_node" if node else "to_node"


def _urls(text: str) -> Iterator[Url]:
    """The URLs of sessions, one of each command; a line that ends in a backslash goes on."""
    for line in _COMMAND.finditer(text):
        found = _URL.search(line[0])
        if found is None:
            continue
        opens = _OPENS.match(line[0])
        whole = _CONSTRUCTED.search(line[0], 0, found.start()) and _WHOLE.match(line[0], found.end())
        tool = opens["tool"] if opens else "WebSocket" if whole else ""
        alone = not line[0][: found.start()].strip(" \t'\"$>")
        session = found[0].startswith("ws") and (tool or alone)
        if session or tool in {"wscat", "websocat"} or (tool == "curl" and "?" in found[0]):
            yield Url(_parameters(found[0], line.start() + found.start()), found[0], tool)


def _parameters(url: str, start: int) -> Node:
    """The parameters of a URL that stands at a place of a block."""
    text = url.partition("#")[0]
    node = Node("object", start, start + len(url), urls.path(url if "://" in text else f"ws://{text}"))
    for found in _PARAMETER.finditer(text, text.find("?") + 1 or len(text)):
        if ELISION.search(found["name"]):
            node.elided = True
            continue
        name, value = unquote_plus(found["name"]), unquote_plus(found["value"] or "")
        at, begins, ends = (start + place for place in (found.start(), found.end("sign"), found.end()))
        any_value = value.startswith(_PLACES)
        pieces = () if any_value else pieces_of(value)
        one = Node("any" if any_value else "text", begins, ends, value, elided=bool(pieces), pieces=pieces)
        node.members.append(Member(name, at, begins, one))
    return node
