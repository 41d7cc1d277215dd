"""Logs for people in whose lines messages stand: behind a time, and behind words or an arrow that say who sent them.

Rule: a line counts if it holds a JSON-RPC message, or what `mcp_log` reads, and its direction is told; what stands around
that is the tool's own. Of what tells a direction, the last before the message counts.
Source: the logs of Claude Desktop, Helix, jsonrpc.el, and of the inspector of language servers.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from recorder import jsonrpc
from recorder.interchange.formats import Source
from recorder.interchange.mcp_log import ARROWS, Line, events, is_known, line_of
from recorder.model import AnyEvent

TRIED = 4
"""Most brackets of a line at which JSON may begin."""

_BEGINS = re.compile(r"[{\[]")
_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?")
_SERVER = re.compile(r"\[([^\]\s]+)\] \[\w+\]")
"""Claude Desktop's name of a server, before the level."""

_ARROW = r"(?<!\S)(?:--?>|<--?|>>?|<<?|→|←)(?!\S)"
_WORDS = (
    r"(?:from|to) (?:the )?(?:client|server)|(?:client|server) ?(?:-+>|→|to) ?(?:client|server)"
    r"|sent|send|sending|outgoing|outbound|received|receive|receiving|recv|incoming|inbound"
)
_TELLS = re.compile(rf"{_ARROW}|\b(?:{_WORDS})\b", re.IGNORECASE)
_SAYS_KIND = re.compile(r"\b(?:request|response|reply)\b", re.IGNORECASE)
_MEANS = {"sending": "send", "receiving": "receive", "request": "client", "response": "server", "reply": "server"}
"""What a word means that is no direction; who calls is the client, where nothing else is told."""

_decoder = json.JSONDecoder()


def recognises(source: Source) -> bool:
    """Whether one of a file's first lines holds a message and tells its direction."""
    return any(line is not None and is_known(line.way) for line in map(_line, source.head_lines))


def read(source: Source) -> Iterator[AnyEvent]:
    """The messages of a log, of a server that its client starts."""
    lines = ((number, text) for number, text in enumerate(source.lines(), 1) if text.strip())
    found = ((number, _line(text)) for number, text in lines)
    return events(source, ((number, b"", line if line is not None and line.way else None) for number, line in found))


def _line(text: bytes) -> Line | None:
    """The message in a line, with no direction where that is not told; None where it has none."""
    line, at = text.decode(errors="surrogateescape").rstrip("\r\n"), 0
    for _ in range(TRIED):
        if (begun := _BEGINS.search(line, at)) is None:
            break
        try:
            at = _decoder.raw_decode(line, begun.start())[1]
        except (ValueError, RecursionError):
            at = begun.end()
            continue
        found, before = line[begun.start() : at].encode(errors="surrogateescape"), line[: begun.start()]
        if (told := line_of(found)) is not None and is_known(told.way) and jsonrpc.parse(told.text):
            return told
        if jsonrpc.is_told(found):
            return Line(_way(before), found, ("time", time_in(before)), _server(before))
    return None


def _way(before: str) -> str:
    """What tells the direction of the message behind this text; empty if nothing does."""
    found = [*_TELLS.finditer(before.strip())] or [*_SAYS_KIND.finditer(before)]
    if not found:
        return ""
    word = found[-1][0].lower()
    letters = "".join(re.findall("[a-z]+", word.replace("the ", "")))
    return ARROWS.get(word) or _MEANS.get(letters, letters)


def time_in(before: str) -> str:
    """The date and the time in the text before a message, as ISO 8601 has them; empty where it has none."""
    found = _TIME.search(before)
    return found[0].replace(",", ".") if found is not None else ""


def _server(before: str) -> bytes:
    found = _SERVER.search(before)
    return found[1].encode(errors="surrogateescape") if found is not None else b""
