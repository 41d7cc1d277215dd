"""The Language Server Protocol: editors, and the servers that know a language.

Rule: what an end makes up is bound (processes, tokens of progress, registrations, numbers of results), and so is the
folder that an editor has opened: two runs in different folders are the same run.
Source: the protocol's specification, versions 3.0 to 3.18.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote

from recorder.difference import Path, name_of
from recorder.jsonrpc import as_list, is_object
from recorder.model import Direction, Opened
from recorder.profiles.base import Profile
from recorder.profiles.parts import Comparing, Comparison, Live, Played, Said, Substitution
from recorder.profiles.sentences import Words
from recorder.profiles.values import (
    as_object,
    as_objects,
    as_text,
    by_method,
    member,
    name_and_version,
    several,
    spaced,
)

OURS = re.compile(
    r"(?:textDocument|notebookDocument|completionItem|codeAction|codeLens|documentLink|inlayHint|workspaceSymbol"
    r"|callHierarchy|typeHierarchy)/\w[\w/]*"
    r"|workspace/(?:did\w+|will\w+|\w+/refresh|configuration|workspaceFolders|applyEdit|executeCommand|symbol|diagnostic)"
    r"|window/(?:logMessage|showMessage|showMessageRequest|showDocument|workDoneProgress/\w+)"
    r"|client/(?:un)?registerCapability"
)
"""Methods that no other protocol has; `initialize` is an assistant's too."""

BEGINS = frozenset({"processId", "rootUri", "rootPath", "workspaceFolders"})
"""Parameters of which `initialize` has one here, beside its `capabilities`."""

ASKED_BY_SERVERS = re.compile(
    r"textDocument/publishDiagnostics|window/(?!workDoneProgress/cancel).*|client/.*|telemetry/event|\$/logTrace"
    r"|workspace/(?:configuration|workspaceFolders|applyEdit|\w+/refresh)"
)
"""Methods that editors do not use; of others that are known, servers do not."""

PROCESS, TOKEN, RESULT, REGISTRATION, FOLDER = "process", "token", "result", "registration", "folder"
NAMES = {
    "processId": PROCESS,
    "workDoneToken": TOKEN,
    "partialResultToken": TOKEN,
    "resultId": RESULT,
    "previousResultId": RESULT,
    "rootUri": FOLDER,
    "rootPath": FOLDER,
}
"""Kinds by the name of the member."""

DIAGNOSTICS = "textDocument/publishDiagnostics"
LOGS = frozenset({"window/logMessage", "$/logTrace", "telemetry/event"})
PROGRESS = "$/progress"

URI = "file://"
SEGMENT = r"[^\s\"\\<>'()\[\]{},;/]+"
"""A part of a path, in a text."""

PLACE = re.compile(rf"(?:{URI})?(?:/{SEGMENT})+")
"""The URI or the path of a file, in a text."""

LEVELS = {1: "error", 2: "warning", 3: "info", 4: "log", 5: "debug"}
SEVERITIES = {1: "error", 2: "warning", 3: "info", 4: "hint"}
"""Of messages, and of diagnostics."""


# Folders


def moved(text: str, bindings: Live) -> str:
    """A text in which the recorded folder is the live one."""
    return PLACE.sub(lambda found: _moved(found[0], bindings), text)


def _moved(place: str, bindings: Live) -> str:
    """A place below a folder that is bound: the longest that leads to it. A colon may belong to the text behind it."""
    end = len(place)
    while end > 0:
        live = bindings.get(FOLDER, place[:end])
        if live is not None:
            return f"{live}{place[end:]}"
        end = max(place.rfind("/", 0, end), place.rfind(":", 0, end))
    return place


def _folders(params: Mapping[str, Any]) -> list[str]:
    """The folders that an editor opens: URIs, and a path."""
    opened = [one.get("uri") for one in as_objects(params.get("workspaceFolders"))]
    return [*filter(None, map(as_text, [params.get("rootUri"), params.get("rootPath"), *opened]))]


def _path(written: str) -> str:
    """The path of a folder that is written as a URI, or as its path."""
    return unquote(written.removeprefix(URI))


class Moving(Substitution):
    """Puts the folder of a run, and the process of its client, in the place of the recorded ones."""

    def asking(self, recorded: Any, session: int) -> None:
        """This process is the client: a server ends if no process has the number that it is given."""
        message = as_object(recorded)
        process = as_object(message.get("params")).get("processId")
        if message.get("method") == "initialize" and isinstance(process, int):
            self.bindings.bind(PROCESS, process, os.getpid())

    def text(self, recorded: str) -> str:
        """The live URI of a file."""
        written = recorded.replace("\\/", "/")
        live = moved(written, self.bindings)
        return live if live != written else recorded


class Folders(Comparison):
    """The protocol's part in the comparison of two captures."""

    def text_shape(self, text: str, shape: Callable[[Any, Path], Any], *, live: bool) -> Any:
        """A file is known by its name: its folder may be another."""
        return (URI, _file(text)) if text.startswith(URI) else None


# Words


def _first_line(text: str) -> str:
    return text.strip().partition("\n")[0]


def _file(uri: Any) -> str:
    """The name of a file, without its folders."""
    return PurePosixPath(unquote(as_text(uri))).name or as_text(uri)


def _line(position: Any) -> str:
    """A position as editors show it: both numbers begin with 1; empty if it is not a position."""
    numbers = [as_object(position).get(name) for name in ("line", "character")]
    return "".join(f":{one + 1}" for one in numbers if type(one) is int)


def _where(place: Mapping[str, Any]) -> str:
    """A location, or a link to one."""
    range_ = place.get("range") or place.get("targetSelectionRange") or place.get("targetRange")
    return _file(place.get("uri") or place.get("targetUri")) + _line(as_object(range_).get("start"))


def _document(params: Mapping[str, Any]) -> str:
    """The file that params are about, with a position in it."""
    document = as_object(params.get("textDocument"))
    position = params.get("position") or as_object(params.get("range")).get("start")
    return _file(document["uri"]) + _line(position) if isinstance(document.get("uri"), str) else ""


def _initialize(params: Mapping[str, Any]) -> str:
    names = [*{_path(one): _file(one) for one in _folders(params)}.values()]
    folder = several("folder", names) if len(names) > 1 else "".join(names)
    return ", ".join(filter(None, [name_and_version(params.get("clientInfo")), f"in {folder}" if folder else ""]))


def _opened(params: Mapping[str, Any]) -> str:
    return ", ".join(
        filter(None, [_document(params), as_text(as_object(params.get("textDocument")).get("languageId"))])
    )


def _changed(params: Mapping[str, Any]) -> str:
    version = as_object(params.get("textDocument")).get("version")
    return _document(params) + (f", version {version}" if type(version) is int else "")


def _renamed(params: Mapping[str, Any]) -> str:
    new = as_text(params.get("newName"))
    return _document(params) + (f" to {new}" if new else "")


def _diagnosed(params: Mapping[str, Any]) -> str:
    found = [_first_line(as_text(one.get("message"))) for one in as_objects(params.get("diagnostics"))]
    return f"{_file(params.get('uri'))}: {several('diagnostic', found) if found else 'nothing'}"


def _level(levels: Mapping[int, str], number: Any) -> str:
    return levels.get(number, "") if type(number) is int else ""


def _shown(params: Mapping[str, Any]) -> str:
    return spaced(_level(LEVELS, params.get("type")), _first_line(as_text(params.get("message"))))


def _progress(params: Mapping[str, Any]) -> str:
    value = as_object(params.get("value"))
    done = value.get("percentage")
    share = f"{done} %" if type(done) is int else ""
    return spaced(value.get("kind"), value.get("title"), value.get("message"), share)


def _each(name: str, inner: str) -> Callable[[Mapping[str, Any]], str]:
    """What says a member of each object in a list."""
    return lambda params: ", ".join(filter(None, map(member(inner), as_objects(params.get(name)))))


def _listed(what: str, name: Callable[[Mapping[str, Any]], str]) -> Callable[[Any], str]:
    """What says how many there are in a list, and what the first are called."""

    def said(result: Any) -> str:
        found = result.get("items") if is_object(result) else result
        return several(what, [name(one) for one in as_objects(found)]) if isinstance(found, list) else ""

    return said


def _located(result: Any) -> str:
    """One location, or several."""
    found = as_objects(as_list(result))
    places = [_where(one) for one in found if one.get("uri") or one.get("targetUri")]
    return places[0] if len(places) == 1 else several("place", places) if found or result == [] else ""


def _contents(result: Any) -> list[str]:
    """The lines of what is said of something, in any of the forms that it may have."""
    pieces = as_list(as_object(result).get("contents"))
    texts = (as_text(one) or as_text(as_object(one).get("value")) for one in pieces)
    return [line for text in texts for line in text.splitlines() if line.strip() and not line.startswith("```")]


def _edited(result: Any) -> str:
    """How many files an edit changes."""
    edit = as_object(result)
    changed = {_file(uri): True for uri in as_object(edit.get("changes"))}
    changed |= {
        _file(as_object(one.get("textDocument")).get("uri")): True for one in as_objects(edit.get("documentChanges"))
    }
    return several("file", list(changed)) if changed else ""


def _signature(result: Any) -> str:
    return as_text(next(iter(as_objects(as_object(result).get("signatures"))), {}).get("label"))


CALLS: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "initialize": _initialize,
    "textDocument/didOpen": _opened,
    "textDocument/didChange": _changed,
    "textDocument/rename": _renamed,
    DIAGNOSTICS: _diagnosed,
    PROGRESS: _progress,
    **dict.fromkeys(("window/logMessage", "window/showMessage", "window/showMessageRequest"), _shown),
    "window/showDocument": lambda params: _file(params.get("uri")),
    "workspace/executeCommand": member("command"),
    "workspace/symbol": member("query"),
    "workspace/applyEdit": lambda params: _edited(params.get("edit")) or as_text(params.get("label")),
    "workspace/configuration": _each("items", "section"),
    "workspace/didChangeWatchedFiles": lambda params: several(
        "file", [_file(one.get("uri")) for one in as_objects(params.get("changes"))]
    ),
    "client/registerCapability": _each("registrations", "method"),
    "client/unregisterCapability": _each("unregisterations", "method"),
    "completionItem/resolve": member("label"),
    "codeAction/resolve": member("title"),
}
"""What a call is about, by its method; of others, the file and the position."""

NAMED = _listed("symbol", lambda one: as_text(one.get("name")))
EDITS = _listed("edit", lambda _one: "")
ANSWERS: dict[str, Callable[[Any], str]] = {
    "initialize": lambda result: name_and_version(as_object(result).get("serverInfo")),
    "textDocument/completion": _listed("item", lambda one: as_text(one.get("label"))),
    "textDocument/hover": lambda result: next(iter(_contents(result)), ""),
    "textDocument/signatureHelp": _signature,
    **dict.fromkeys(("textDocument/documentSymbol", "workspace/symbol"), NAMED),
    **dict.fromkeys(
        [
            f"textDocument/{what}"
            for what in ("definition", "declaration", "typeDefinition", "implementation", "references")
        ],
        _located,
    ),
    "textDocument/codeAction": _listed("action", lambda one: as_text(one.get("title"))),
    "textDocument/diagnostic": _listed("diagnostic", lambda one: _first_line(as_text(one.get("message")))),
    **dict.fromkeys(("textDocument/rename", "workspace/willRenameFiles"), _edited),
    **dict.fromkeys(
        ("textDocument/formatting", "textDocument/rangeFormatting", "textDocument/onTypeFormatting"), EDITS
    ),
}
"""What an answer says, by the method of its request."""


def _about(method: str, params: Any) -> str | None:
    """What a call is about: `main.py:9:3`."""
    return (CALLS.get(method, _document)(params) or None) if isinstance(params, Mapping) else None


def details(method: str, value: Any) -> Iterator[str]:
    """The text of a document, what is said of something in it, and each diagnostic with its place."""
    if method == "textDocument/didOpen":
        yield from as_text(as_object(as_object(value).get("textDocument")).get("text")).splitlines()
    elif method == "textDocument/hover":
        yield from _contents(value)
    elif method in {DIAGNOSTICS, "textDocument/diagnostic"}:
        told = as_object(value)
        for one in as_objects(told.get("diagnostics") or told.get("items")):
            place = _line(as_object(one.get("range")).get("start")).removeprefix(":")
            said = spaced(place, _level(SEVERITIES, one.get("severity")))
            yield ": ".join(filter(None, [said, as_text(one.get("message"))]))


def _ours(message: Any) -> bool:
    if not is_object(message) or not isinstance(method := message.get("method"), str):
        return False
    params = as_object(message.get("params"))
    begins = method == "initialize" and "capabilities" in params and not BEGINS.isdisjoint(params)
    return begins or OURS.fullmatch(method) is not None


class LanguageServer(Profile):
    """What editors and language servers say to each other."""

    name = "lsp"
    encoded = re.compile(
        rf"(?:file:(?:\\?/){{2}})?(?:\\?/{SEGMENT})+".encode()
    )  # JSON may write a slash with a backslash
    one_to_one = frozenset({REGISTRATION})
    own = frozenset(
        {
            *("workdonetoken", "partialresulttoken", "$/progress token"),
            *("window/workdoneprogress/create token", "window/workdoneprogress/cancel token"),
        }
    )
    free = frozenset({"arguments", "settings", "initializationOptions", "experimental"})
    words = Words(call=_about, answer=by_method(ANSWERS, object), details=details)

    def claims(self, opened: Opened, messages: Sequence[Any]) -> bool:
        """Whether it begins as such sessions do, or has a method that no other protocol has."""
        return any(map(_ours, messages))

    def sender(self, message: Mapping[str, Any]) -> Direction | None:
        """Servers publish diagnostics, log, and ask for the editor's settings; editors ask for all else."""
        method = message.get("method")
        if not isinstance(method, str):
            return None
        if ASKED_BY_SERVERS.fullmatch(method):
            return "from_node"
        return "to_node" if OURS.fullmatch(method) else None

    def stream(self, label: str, message: Any) -> str | None:
        """Diagnostics of several files come in any order; logs and progress have an order of their own."""
        if label == DIAGNOSTICS:
            return None
        return "logs" if label in LOGS else label if label == PROGRESS else ""

    def volatile(self, method: str, path: Path, value: Any) -> str:
        """By the name of the member, but for those that are a tool's or a user's own."""
        if not self.free.isdisjoint(path[:-1]):
            return ""
        name, outer = name_of(path), name_of(path[:-1])
        if name == "token" and (method == PROGRESS or method.startswith("window/workDoneProgress/")):
            return TOKEN
        if name == "id" and outer in {"registrations", "unregisterations"}:
            return REGISTRATION
        if outer == "workspaceFolders" and isinstance(value, str):
            return FOLDER if name == "uri" else f"{FOLDER} {name}"
        return NAMES.get(name, "")

    def compare_text(self, comparing: Comparing, recorded: str, live: str, path: Path) -> bool:
        """What is below the recorded folder is the same below the live one; lines of logs have times and durations."""
        if comparing.method == "window/logMessage" and path == ("params", "message"):
            return True
        if self.volatile("", path, recorded) == FOLDER:
            if recorded.startswith(URI) and live.startswith(URI):  # paths without it stand in texts
                comparing.bindings.bind(FOLDER, _path(recorded), _path(live))
            return False
        expected = moved(recorded, comparing.bindings)
        if live == recorded != expected:  # still the recorded folder
            comparing.differ(path, "value", expected, live)
            return True
        return live == expected

    def live_name(self, recorded: str, bindings: Live) -> str:
        """The files of an edit are the names of its members."""
        return moved(recorded, bindings) if recorded.startswith(URI) else recorded

    def comparison(self, recorded: Any, live: Any) -> Comparison:
        """Files are known by their names."""
        return Folders(recorded, live)

    def substitution(self, played: Played) -> Substitution:
        """A run may be in another folder, and is of another process."""
        return Moving(played.bindings)

    def anonymous(self, said: Iterable[Said], played: Played, fresh: Callable[[], Live]) -> Substitution:
        """Folders get numbers: their paths say whose they are."""
        known: dict[str, str] = {}
        for one in said:
            for written in _folders(as_object(as_object(one.message).get("params"))):
                folder = _path(written)
                other = known.setdefault(folder, f"/folder-{len(known) + 1}")
                played.bindings.bind(FOLDER, folder, other)
                if written.startswith(URI):
                    played.bindings.bind(FOLDER, written, f"{URI}{other}")
                played.bindings.bind(f"{FOLDER} name", PurePosixPath(folder).name, other[1:])
        return Moving(played.bindings)


PROFILE = LanguageServer()
