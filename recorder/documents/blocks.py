"""The code of a document: what stands in each block of it, where, under which heading, behind which words.

Rule: the only door to the Markdown parser. Every character of a block knows its place in the document's own text, whatever
contains the block (lists, quotes) and however its lines end; nothing here knows what an example is.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import accumulate
from typing import NamedTuple

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.token import Token

from recorder.documents.written import Edit, Problem

_LINE = re.compile(r"[^\r\n]*(?:\r\n?|\n|\Z)")
_COMMENT = re.compile(r"(?:<!--|\{/\*)\s*recorder:\s*(?P<said>(?:(?!<!--|\{/\*).)*?)\s*(?:-->|\*/\})", re.DOTALL)
_END = re.compile(r"\s*(?:<!--|\{/\*)\s*/recorder\s*(?:-->|\*/\})\s*")
_SEVERAL = re.compile(r"\sas=")
_IGNORE = re.compile(r"ignore\b:?\s*(?P<why>.*)", re.DOTALL)
_ATX = re.compile(r"#{1,6}\s+(?P<text>.*?)\s*#*\s*\Z")
_FENCE = re.compile(r"[ \t]*(`{3,}|~{3,})")
_LANGUAGE = re.compile(r"\s*(?:\{(?:code|code-block|sourcecode)\}\s*)?\{?\.?([\w+#-]*)")
PRE = "<pre>"
"""What opens code in HTML."""

_PRE = re.compile(
    r"\s*<pre\b(?P<first>[^>]*)>(?:\s*<code\b(?P<then>[^>]*)>)?\r?\n?(?P<text>[^<&]*)(?:</code>\s*)?</pre>\s*",
    re.IGNORECASE,
)
"""Code in HTML, as far as it is plain text: without tags in it, and without references to characters."""

_CLASS = re.compile(r"\b(?:language|lang)-([\w+#-]+)")
_TAG = re.compile(r"\s*(<\w+)")
_HOLDS = re.compile(r"jsonrpc(?:[\"'\s]|&quot;|&#34;|<[^<>\n]*>)*:")
"""What JSON-RPC is known by where nothing else says that it is code."""

_SIGNS = re.compile(
    rf"```|~~~|recorder:|<pre\b|{_HOLDS.pattern}|^[ >]*(?:[ ]{{4}}|\t)[^\n]*\{{", re.IGNORECASE | re.MULTILINE
)
"""What stands in a document that has any code; megabytes without it need no parser."""

_OPENED = re.compile(r"\{/\*(?!\s*recorder:)(?!.*\*/\})")
"""A comment of MDX that goes on; our own are read."""

_TABS = re.compile(r"^[ \t]*(?:===[!+]?|!!!|\?\?\?\+?)[ \t]+\S", re.MULTILINE)
"""Tabs and admonitions of Python-Markdown's extensions: what is indented under them is Markdown, fences too."""

BYTE_ORDER_MARK = "\ufeff"
"""What some editors put before the first line."""

_MARGIN = 4
"""Spaces that make code."""

_SENTENCES = 400
"""How many characters of the text before a block are kept."""


class Position(NamedTuple):
    """Line and column in a document, both from 1."""

    line: int
    column: int


class Lines:
    """The lines of a document, with their ends.

    Attributes:
        document: its text.
        starts: where each begins, and where the last one ends.
    """

    def __init__(self, document: str) -> None:
        self.document = document
        self._lines = [found[0] for found in _LINE.finditer(document) if found[0]]
        self.starts = (0, *accumulate(map(len, self._lines)))

    def __len__(self) -> int:
        return len(self._lines)

    def __iter__(self) -> Iterator[str]:
        return iter(self._lines)

    def __getitem__(self, number: int) -> str:
        """A line without its end; an empty one behind the last."""
        return self._lines[number].rstrip("\r\n") if number < len(self) else ""

    def position(self, offset: int) -> Position:
        """Line and column of a character."""
        line = bisect_right(self.starts, offset, hi=len(self)) - 1
        return Position(line + 1, offset - self.starts[line] + 1)

    def begins(self, content: str, first: int) -> list[int]:
        """Where in the document each line of a block's content begins, which stands from that line on."""
        inside = content.removesuffix("\n").split("\n") if content else []
        return [
            self.starts[min(number, len(self))] + _indent(self[number], text)
            for number, text in enumerate(inside, first)
        ]


def _indent(line: str, text: str) -> int:
    """Where in a line of the document begins what is in the block; a tab in it may have become several spaces."""
    return len(line) - len(text) if line.endswith(text.lstrip(" ")) else 0


@dataclass(frozen=True)
class Block:
    """A block of code; or what stands between a comment that asks for a rendering and the one that ends it.

    Args:
        start: its first character in the document: that of its fence.
        end: the character behind it.
        text: what stands in it, without what contains the fence.
        inside: what stands between its fences or comments, as a stretch of the document: whole lines, where it has them.
        begins: where each line of the text begins in the document.
        lines: those of the document.
        language: the first word behind its fence, in small letters; empty where there is none.
        fence: what opens it; of indented code by what it is indented; empty of what stands between comments.
        closed: whether its fence ends, or a comment ends it.
        heading: the text of the heading that it is the first block under; empty where there is none.
        words: the last words before it, of the same section and behind any other block.
        comment: the text of a comment for the recorder before it, without `recorder:`; None where there is none.
        unread: of JSON-RPC that is in no block, where it stands; empty of a block.
    """

    start: int
    end: int
    text: str
    inside: tuple[int, int]
    begins: Sequence[int]
    lines: Lines
    language: str = ""
    fence: str = ""
    closed: bool = True
    heading: str = ""
    words: str = ""
    comment: str | None = None
    unread: str = ""

    @property
    def ignored(self) -> str | None:
        """Why it is left alone: the reason in an `ignore` comment, which may be empty; None where there is no such comment."""
        found = _IGNORE.fullmatch(self.comment or "")
        return found["why"] if found else None

    @property
    def pin(self) -> str | None:
        """The pin in the comment before it; None where there is none."""
        return self.comment if self.ignored is None else None

    @property
    def margin(self) -> str:
        """By what its lines are indented where that makes them code."""
        return self.fence if self.fence.isspace() else ""

    @property
    def problems(self) -> list[Problem]:
        """What is wrong with the block itself."""
        return [] if self.closed else [Problem(0, "the block is never closed", f"a line of `{self.fence}` is missing")]

    @property
    def position(self) -> Position:
        """Line and column of its fence."""
        return self.lines.position(self.start)

    def position_of(self, at: int) -> Position:
        """Line and column of a character of the text."""
        return self.lines.position(self.offset(at))

    def offset(self, at: int) -> int:
        """Where a character of the text stands in the document."""
        if not self.begins:
            return self.start
        line = bisect_right(self._in_text, at) - 1
        return min(max(self.begins[line] + at - self._in_text[line], self.start), self.end)

    @cached_property
    def _in_text(self) -> list[int]:
        """Where each line begins in the text."""
        lengths = (len(line) + 1 for line in self.text.split("\n"))
        return [*accumulate(lengths, initial=0)][: len(self.begins)]

    @property
    def source(self) -> str:
        """It, as it stands in the document."""
        return self.lines.document[self.start : self.end]

    @property
    def newline(self) -> str:
        """How its lines end."""
        return "\r\n" if "\r\n" in self.source else "\n"

    @property
    def outside(self) -> str:
        """What its further lines begin with: the signs of quotes around it, and spaces."""
        document = self.lines.document
        return re.sub(r"[^>\s]", " ", document[document.rfind("\n", 0, self.start) + 1 : self.start])

    def edits(self, edits: Iterable[Edit]) -> Iterator[Edit]:
        """Turn edits of the text into edits of the document, where new lines begin as the block's own do."""
        document, newline = self.lines.document, self.newline
        for edit in edits:
            start = self.offset(edit.start)
            line = self.text.rfind("\n", 0, edit.start) + 1
            begins = self.start if self.fence == PRE and not line else self.offset(line)
            outside = document[document.rfind("\n", 0, start) + 1 : begins]
            yield Edit(start, self.offset(edit.end), edit.text.replace("\n", newline + outside))


def is_mdx(file: str) -> bool:
    """Whether a document of this name is MDX."""
    return file.lower().endswith(".mdx")


def blocks(document: str, *, mdx: bool = False) -> Iterator[Block]:
    """The blocks of code of a document, in their order, and where else JSON-RPC stands in it.

    Args:
        document: its text, with whatever line ends it has.
        mdx: whether it is MDX, where tags do not hide the Markdown in them, and indented code is none.
    """
    if not _SIGNS.search(document):
        return
    lines = Lines(document)
    heading = words = before = ""
    comment: str | None = None
    parsed, origin = _apart(lines) if mdx else (document, range(len(lines) + 1))
    tokens = _parser(mdx=mdx, indented=not mdx and _TABS.search(document) is None).parse(
        parsed.removeprefix(BYTE_ORDER_MARK)
    )
    until = 0  # what stands before it is part of a rendering
    for number, token in enumerate(tokens):
        before, kind = token.type, before
        if number < until or token.map is None or (token.type == "inline" and kind == "heading_open"):
            continue
        first, last = origin[token.map[0]], min(origin[token.map[1] - 1] + 1, len(lines))
        if token.type == "heading_open":
            heading, words, comment = _heading(lines[first]), "", None
        elif token.type in {"inline", "html_block"} and not _PRE.fullmatch(token.content):
            comment = _comment(token.content, comment)
            if token.type == "inline":
                words = f"{words} {token.content[-_SENTENCES:]}"[-_SENTENCES:]
            if comment is not None and _SEVERAL.search(comment) and token.content.strip():
                end = _end(tokens, number) if token.level == (token.type == "inline") else 0
                closing = tokens[end].map if end else None
                block = _between(last, origin[closing[0]] if closing else last, lines)
                yield replace(block, comment=comment, closed=end > 0)
                heading, words, comment, until = "", "", None, end + 1
            elif _HOLDS.search(token.content) and not token.content.startswith("<!--"):
                yield _unread(token, first, lines)
        elif token.type in _FOUND:
            block = _FOUND[token.type](token, first, last, lines)
            yield replace(block, heading=heading, words=words.strip(), comment=comment)
            heading, words, comment = "", "", None


def _end(tokens: list[Token], opening: int) -> int:
    """The number of the comment that ends a rendering; 0 where another comment of ours comes first, or none."""
    for number, token in enumerate(tokens[opening + 1 :], opening + 1):
        if token.type in {"inline", "html_block"}:
            if _END.fullmatch(token.content):
                return number
            if _COMMENT.search(token.content):
                break
    return 0


def _between(first: int, last: int, lines: Lines) -> Block:
    inside = lines.starts[first], lines.starts[last]
    text = "".join(f"{lines[number]}\n" for number in range(first, last))
    return Block(*inside, text, inside, lines.starts[first:last], lines)


def _apart(lines: Lines) -> tuple[str, list[int]]:
    """MDX for the parser, and the number of each of its lines in the document.

    Comments are left out, and an empty line stands before fences, which would else go on with the tag before them.
    """
    parsed: list[str] = []
    origin: list[int] = []
    opened = ""
    commented = False
    for number, line in enumerate(lines):
        if commented or (not opened and _OPENED.search(line)):
            commented = "*/}" not in line
            parsed.append("\n")
            origin.append(number)
            continue
        fence = _FENCE.match(line)
        if fence and not opened:
            opened = fence[1]
            parsed.append("\n")
            origin.append(number)
        elif fence and fence[1].startswith(opened):
            opened = ""
        parsed.append(line)
        origin.append(number)
    return "".join(parsed), [*origin, len(lines)]


def _parser(*, mdx: bool, indented: bool) -> MarkdownIt:
    """A parser of blocks alone: parsing emphasis and links inside of lines is most of the work, and not needed here.

    Args:
        mdx: whether tags hide nothing.
        indented: whether what is indented is code; under a tab or an admonition it is Markdown.
    """
    parser = MarkdownIt("commonmark")
    parser.core.ruler.enableOnly(["normalize", "block"])
    parser.disable("reference")
    parser.block.ruler.before("lheading", "prose", _prose)
    return parser.disable([*(["html_block"] if mdx else []), *([] if indented else ["code"])])


def _prose(state: StateBlock, start: int, _end: int, silent: bool) -> bool:
    """Mark the lines of a paragraph that begin with a letter, so that no rule looks at them again: no block begins so."""
    line = start + 1
    while not silent and line < state.lineMax and _first(state, line).isalpha():
        state.sCount[line] = -1
        line += 1
    return False


def _first(state: StateBlock, line: int) -> str:
    """The first character of a line; empty where the document ends before it."""
    at = state.bMarks[line] + state.tShift[line]
    return state.src[at : at + 1]


def _heading(line: str) -> str:
    found = _ATX.search(line)
    return found["text"] if found else line.strip()


def _comment(text: str, before: str | None) -> str | None:
    """The comment for the next block; other words between a comment and a block end what it is about."""
    found = [*_COMMENT.finditer(text)]
    if found and not text[found[-1].end() :].strip():
        return found[-1]["said"]
    return None if text.strip() else before


def _fenced(token: Token, first: int, last: int, lines: Lines) -> Block:
    begins = lines.begins(token.content, first + 1)
    word = _LANGUAGE.match(token.info)
    return Block(
        start=lines.starts[first] + max(lines[first].find(token.markup), 0),
        end=_end_of(last, lines),
        text=token.content,
        inside=(lines.starts[first + 1], lines.starts[last - 1]),
        begins=begins,
        lines=lines,
        language=(word[1] if word else "").lower(),
        fence=token.markup,
        closed=last - first - 1 > len(begins),  # a line more than what stands in it: the fence that closes it
    )


def _indented(token: Token, first: int, last: int, lines: Lines) -> Block:
    """Indented code; one that begins as a fence is of a document about documents."""
    begins = lines.begins(token.content, first)
    outside = lines[first][: begins[0] - lines.starts[first]]
    margin = "\t" if outside.endswith("\t") else outside[-_MARGIN:]
    return Block(
        start=begins[0] - len(margin),
        end=_end_of(last, lines),
        text=token.content,
        inside=(lines.starts[first], lines.starts[last]),
        begins=begins,
        lines=lines,
        language="markdown" if _FENCE.match(token.content) else "",
        fence=margin or " ",
    )


def _preformatted(token: Token, first: int, last: int, lines: Lines) -> Block:
    """Code in HTML, which may begin in the line of its tag."""
    found = _PRE.fullmatch(token.content)
    assert found is not None, "it was looked at"
    text, at = found["text"], found.start("text")
    begins = lines.begins(token.content, first)[token.content.count("\n", 0, at) :]
    begins = [begins[0] + at - (token.content.rfind("\n", 0, at) + 1), *begins[1:]][: text.count("\n") + 1]
    name = _CLASS.search(f"{found['first']} {found['then']}")
    return Block(
        start=lines.starts[first] + max(lines[first].find("<"), 0),
        end=_end_of(last, lines),
        text=text,
        inside=(begins[0], begins[-1] + len(text) - (text.rfind("\n") + 1)),
        begins=begins,
        lines=lines,
        language=name[1].lower() if name else "",
        fence=PRE,
    )


_FOUND = {"fence": _fenced, "code_block": _indented, "html_block": _preformatted}
"""What reads a block of each kind that the parser tells."""


def _end_of(last: int, lines: Lines) -> int:
    """Where the last of some lines ends, without its line break."""
    return lines.starts[last - 1] + len(lines[last - 1])


def _unread(token: Token, first: int, lines: Lines) -> Block:
    """A place where JSON-RPC stands that is in no block."""
    text = token.content
    tag = _TAG.match(text)
    rows = "|" in text.partition("\n")[0]
    where = f"{tag[1]}>" if tag else "a table" if rows else "inline code" if "`" in text else "a paragraph"
    start = lines.starts[first] + len(lines[first]) - len(lines[first].lstrip(" \t>"))
    return Block(start, start, "", (start, start), (), lines, unread=where)
