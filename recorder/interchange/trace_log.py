"""The trace that an extension of VS Code shows of its language server: each message in words, and its parts as JSON.

Rule: a message is put together of what its entry tells. An entry goes on until the next begins, for JSON and errors take
several lines; what is in none is another program's.
Source: vscode-jsonrpc 10 (`common/connection.ts`, the functions named `trace…`), vscode-languageclient 9 (`[Trace - …]`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from recorder.errors import InputError
from recorder.interchange.formats import Source
from recorder.interchange.log_lines import time_in
from recorder.interchange.streaming import Timeline
from recorder.jsonrpc import json_bytes, value_of
from recorder.model import AnyEvent, Direction
from recorder.settings import STDIO, parse_moment
from recorder.wording import counted

MOST = 1 << 26
"""Bytes of an entry that are read."""

MAY_BEGIN = re.compile(rb"(?:Sending|Received) (?:request|response|notification) '")

BEGINS = re.compile(
    r"(?P<before>(?:[^\"'{}\n]*[\]:] +)?)(?P<does>Sending|Received) (?P<what>request|response|notification) "
    r"'(?P<method>[^\n]*?)(?: - \((?P<id>[^()\n]*)\))?'(?=[. \n]|$)"
)
HOLDS = re.compile(r"^(?:Params|Result|(?P<data>Error data)): ", re.MULTILINE)
NOTHING = re.compile(r"^(?:No result returned|No parameters provided)\.", re.MULTILINE)
FAILED = re.compile(r" Request failed: (?P<message>.*) \((?P<code>-?\d{1,18})\)\.$", re.DOTALL | re.MULTILINE)
NUMBER = re.compile(r"-?\d{1,18}")

WAYS: dict[str, Direction] = {"Sending": "to_node", "Received": "from_node"}

_decoder = json.JSONDecoder()


class _Parts(NamedTuple):
    """What an entry tells of its message.

    Args:
        value: its params or its result; None where it has none.
        told: whether the entry says what that is, or that there is none.
        error: the error that it is, if it is one.
    """

    value: Any
    told: bool
    error: dict[str, Any] | None


def recognises(source: Source) -> bool:
    """Whether one of a file's first lines begins an entry."""
    return any(BEGINS.match(line.decode(errors="surrogateescape")) for line in source.head_lines)


def read(source: Source) -> Iterator[AnyEvent]:
    """The messages of a trace, of a server that its client starts.

    Raises:
        InputError: it does not tell what messages hold.
    """
    timeline = Timeline(source)
    session = timeline.session(f"{STDIO}:")
    left = verbose = 0
    for text in _entries(source):
        begun = BEGINS.match(text)
        assert begun is not None, "an entry begins so"
        parts = _parts(text[begun.end() :])
        message = None if parts is None else _message(begun, parts)
        verbose += parts is not None and parts.told
        if message is None:
            left += 1
            continue
        timeline.now = parse_moment(time_in(begun["before"])) or 0
        yield from timeline.told()
        yield session.frame(WAYS[begun["does"]], json_bytes(message))
    yield from timeline.told()
    if not verbose:
        why = 'does not tell what messages hold; record it with "trace.server": "verbose" in the settings of the extension'
        raise InputError(why, file=source.name)
    if left:
        source.warn(f"{source.name}: {counted(left, 'message')} left out: the trace does not tell all of it")


def _entries(source: Source) -> Iterator[str]:
    """The entries, each with its lines."""
    entry: list[bytes] = []
    size = 0
    for line in source.lines():
        if MAY_BEGIN.search(line) and BEGINS.match(_text(line)):
            if entry:
                yield _text(b"".join(entry))
            entry, size = [], 0
        elif not entry or size > MOST:
            continue
        entry.append(line)
        size += len(line)
    if entry:
        yield _text(b"".join(entry))


def _text(lines: bytes) -> str:
    return lines.decode(errors="surrogateescape").replace("\r\n", "\n").rstrip("\n")


def _parts(text: str) -> _Parts | None:
    """What an entry tells behind the name of its message; None where the JSON in it is not whole."""
    holds = HOLDS.search(text)
    failed = FAILED.search(text[: holds.start() if holds is not None else len(text)].rstrip())
    value = None
    if holds is not None:
        try:
            end = _decoder.raw_decode(text, holds.end())[1]
        except (ValueError, RecursionError):
            return None
        found = text[holds.end() : end].encode(errors="surrogateescape")
        value = value_of(found, found)
        if value is found:
            return None
    error: dict[str, Any] | None = None
    if failed is not None:
        error = {"code": int(failed["code"]), "message": failed["message"]}
        error |= {"data": value} if holds is not None else {}
    return _Parts(value, holds is not None or NOTHING.search(text) is not None, error)


def _message(begun: re.Match[str], parts: _Parts) -> dict[str, Any] | None:
    """A message; None where not all of it is told, as of an error that the client answered with."""
    name, what = begun["id"], begun["what"]
    message: dict[str, Any] = {"jsonrpc": "2.0"}
    if what != "notification":
        if name is None:
            return None
        message["id"] = int(name) if NUMBER.fullmatch(name) else name
    if what == "response":
        if parts.error is None and not parts.told:
            return None
        return message | ({"result": parts.value} if parts.error is None else {"error": parts.error})
    message["method"] = begun["method"]
    return message | ({} if parts.value is None else {"params": parts.value})
