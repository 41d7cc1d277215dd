"""JSON lines in which recorders and inspectors keep traffic: a message a line, with its direction and its time.

Rule: these tools agree on no names, so a line is read by what its members mean, in one table each; what is no message is
no event. A direction that is told from the tool's own place (`send`) is settled by the first call, which is the client's;
where no line at the beginning tells any, messages tell who sent them.
Source: the lines of mcp-rec, mcp-cassette, mcporter, mcp-trace/1, the inspector of language servers, and of tools like
them.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec
from msgspec import Raw

from recorder import jsonrpc
from recorder.errors import InputError
from recorder.interchange.formats import Source
from recorder.interchange.lines import FIRST, first_values, items
from recorder.interchange.messages import Directions
from recorder.interchange.streaming import Timeline
from recorder.journal.session import Session
from recorder.jsonrpc import kind_of
from recorder.model import OPPOSITE, SECOND, UNREADABLE, AnyEvent, Direction
from recorder.settings import STDIO, parse_moment
from recorder.timeline.urls import is_http
from recorder.wording import counted

MESSAGE = ("message", "msg", "frame", "payload", "data", "raw", "json", "body", "text", "line")
DIRECTION = ("direction", "dir", "from", "source")
MAY_TELL = ("type", "kind", "event")
TIME = ("timestamp", "ts", "time", "at", "t", "elapsed_ms")
SESSION = ("session_id", "sessionId", "session", "conn", "server")
STARTED = ("started_at", "startedAt", *TIME)
COMMAND = ("command", "server")
"""Members that mean the same, the surest first; those that may tell a direction tell another thing in some tools."""

META, UNPARSED = "_meta", "_raw"
MARK = f'"{UNPARSED}"'.encode()
OWN = ("jsonrpc", "id", "method", "params", "result", "error")
"""Members of a message that stands in a line beside what is told of it."""

QUOTE, OPENING = ord('"'), b"{["
"""How a text begins, and an object or a list."""

WAYS: dict[str, Direction] = {
    **dict.fromkeys(["clientserver", "clienttoserver", "cs", "ca"], "to_node"),
    **dict.fromkeys(["client", "fromclient", "toserver", "stdin"], "to_node"),
    **dict.fromkeys(["serverclient", "servertoclient", "sc", "ac"], "from_node"),
    **dict.fromkeys(["server", "fromserver", "toclient", "stdout"], "from_node"),
}
"""By its letters: a direction that names the ends."""

PLACES = {
    **dict.fromkeys(["out", "outgoing", "outbound", "send", "sent", "tx", "write"], "out"),
    **dict.fromkeys(["in", "incoming", "inbound", "recv", "receive", "received", "rx", "read"], "in"),
}
"""One that is told from the tool's own place."""

ARROWS = {**dict.fromkeys(("->", "-->", ">", ">>", "→"), "out"), **dict.fromkeys(("<-", "<--", "<", "<<", "←"), "in")}
"""The same, drawn."""

NO_NUMBERS = frozenset({bool, dict, list, type(None)})
MILLISECOND = 1_000_000
END = 1 << 63
UNITS = ((10**17, 1), (10**14, 1_000), (10**11, MILLISECOND), (10**8, SECOND))
"""Times since 1970 are nanoseconds, micro-, milliseconds or seconds, by how many they are; fewer count from the start."""

_members = msgspec.json.Decoder(dict[str, Raw])
_OTHERS = re.compile(r"[^a-z]+")


class Line(NamedTuple):
    """A message with what is told of it.

    Args:
        way: its direction, by the letters of the word for it; empty where nothing tells it.
        text: it.
        time: the member that tells its time.
        session: what tells its session from others.
    """

    way: str
    text: bytes
    time: tuple[str, Any]
    session: bytes


def recognises(source: Source) -> bool:
    """Whether one of a file's first lines is a JSON-RPC message with a direction, or holds what is a call for sure."""
    lines = [one for one in map(line_of, _first_lines(source)) if one is not None]
    return _directed(lines) or any(jsonrpc.is_told(line.text) and _calls(line.text) for line in lines)


def _calls(text: bytes) -> bool:
    return any(isinstance(one.method, str) for one in jsonrpc.parse(text))


def _first_lines(source: Source) -> list[bytes]:
    return [*first_values(source), *source.head_lines[:FIRST]]


def _directed(lines: Iterable[Line | None]) -> bool:
    return any(one is not None and is_known(one.way) and bool(jsonrpc.parse(one.text)) for one in lines)


def is_known(way: str) -> bool:
    """Whether a word tells a direction."""
    return way in WAYS or way in PLACES


def line_of(text: bytes | Raw) -> Line | None:
    """The message in a line; None where it has none, or is one itself without a word of its direction."""
    try:
        members = _members.decode(text)
    except UNREADABLE:
        return None
    told = members
    if META in members and (meta := _object(members[META])):
        told = meta
        message = msgspec.json.encode({name: value for name, value in members.items() if name != META})
    else:
        message = _message(members)
    direction, time, session = _names(tuple(told))
    ways = [way_of(bytes(told[name])) for name in (MAY_TELL if not direction else ()) if name in told]
    way = way_of(bytes(told[direction])) if direction else next(filter(is_known, ways), "")
    if not message or not (way or _holding(tuple(members))):
        return None
    at = (time, jsonrpc.value_of(bytes(told[time]))) if time else ("", None)
    return Line(way, message, at, bytes(told[session]) if session else b"")


@lru_cache
def _names(members: tuple[str, ...]) -> tuple[str, str, str]:
    """What the direction, the time and the session are called in a line with these members; empty where it has none."""
    direction, time, session = (
        next((name for name in known if name in members), "") for known in (DIRECTION, TIME, SESSION)
    )
    return direction, time, session


@lru_cache
def _holding(members: tuple[str, ...]) -> tuple[str, ...]:
    """The members of a line that may be its message, the surest first."""
    return tuple(name for name in MESSAGE if name in members)


@lru_cache
def way_of(direction: bytes) -> str:
    """The letters of a direction; where these are none, its first word: `send-request`, or what an arrow means."""
    text = str(jsonrpc.value_of(direction)).lower().strip()
    if text in ARROWS:
        return ARROWS[text]
    words = _OTHERS.sub(" ", text).split()
    letters = "".join(words)
    return words[0] if words and is_known(words[0]) and not is_known(letters) else letters


def _message(members: Mapping[str, Raw]) -> bytes:
    """The message: a member, as JSON or as a text, or what the line has of one itself; empty where it has none."""
    for name in _holding(tuple(members)):
        raw = bytes(members[name])
        if raw[0] in OPENING:
            unread = _object(Raw(raw)).get(UNPARSED) if raw.find(MARK) >= 0 else None
            return raw if unread is None else str(msgspec.json.decode(unread)).encode()
        if raw[0] == QUOTE:
            return str(msgspec.json.decode(raw)).encode()
    own = {name: members[name] for name in OWN if name in members}
    if "result" in own or "error" in own:
        own.pop("method", None)
    return msgspec.json.encode(own) if own.keys() & {"method", "result", "error"} else b""


def _object(raw: Raw) -> dict[str, Raw]:
    try:
        return _members.decode(raw)
    except UNREADABLE:
        return {}


def _first(members: Mapping[str, Raw], names: Iterable[str]) -> tuple[str, Any]:
    """The first of these members that is there, and its value."""
    return next(((name, jsonrpc.value_of(bytes(members[name]))) for name in names if name in members), ("", None))


def read(source: Source) -> Iterator[AnyEvent]:
    """The messages of a file, of a server that its client starts: with its command, where the file tells it."""
    lines = ((number, text, line_of(text)) for number, text in items(source))
    return events(source, lines, infers=not _directed(map(line_of, _first_lines(source))))


def events(
    source: Source, lines: Iterable[tuple[int, bytes, Line | None]], *, infers: bool = False
) -> Iterator[AnyEvent]:
    """The events of lines, each with its number, and the message in it.

    Args:
        source: the file.
        lines: of it.
        infers: whether messages tell their directions, and lines do not.

    Raises:
        InputError: a message has a direction that is none.
    """
    reading = _Reading(source, infers=infers)
    others = sessions = 0
    for number, text, line in lines:
        direction = None if line is None else reading.direction(line)
        if line is None or (direction is None and not (line.way and jsonrpc.parse(line.text))):
            others += not reading.told_of(text)
            continue
        if direction is None:
            raise InputError(
                f"{line.way!r} is no direction; it says who sends, as in `client->server`",
                file=source.name,
                line=number,
            )
        session = reading.session(line)
        if session.number > sessions:
            sessions = session.number
            yield from reading.timeline.told()
        yield session.frame(direction, line.text)
    if others:
        source.warn(f"{source.name}: {counted(others, 'line')} left out: no message with a direction")


class _Reading:
    def __init__(self, source: Source, *, infers: bool) -> None:
        self.timeline = Timeline(source)
        self._sessions: dict[bytes, Session] = {}
        self._url, self._start = f"{STDIO}:", 0
        self._out: Direction | None = None  # what `out` means
        self._source, self._infers = source, infers
        self._inferred: dict[bytes, Directions] = {}  # by what tells sessions apart

    def told_of(self, text: bytes) -> bool:
        """Learn from a line without a message how the server is started, and when; whether it tells either."""
        members = _object(Raw(text))
        _name, command = _first(members, COMMAND)
        if isinstance(command, list) and all(isinstance(word, str) for word in command):
            command = shlex.join(command)
        if told := isinstance(command, str) and not is_http(command):
            self._url = f"{STDIO}:{command}"
        self._start = _since(*_first(members, STARTED), 0) or self._start
        return told or self._start > 0

    def direction(self, line: Line) -> Direction | None:
        if self._infers:
            if self._source.sent is not None:
                return "to_node" if self._source.sent else "from_node"
            return self._inferred.setdefault(line.session, Directions(self._source.profile)).of(line.text)
        if line.way in WAYS:
            return WAYS[line.way]
        if (place := PLACES.get(line.way)) is None:
            return None
        if self._out is None:
            called = any(kind_of(message) == "request" for message in jsonrpc.outlines(line.text))
            self._out = "from_node" if called and place == "in" else "to_node"
        return self._out if place == "out" else OPPOSITE[self._out]

    def session(self, line: Line) -> Session:
        """The session of a line, at its time; a new one has its opening told."""
        self.timeline.now = _since(*line.time, self._start)
        session = self._sessions.get(line.session)
        if session is None:
            session = self._sessions[line.session] = self.timeline.session(self._url)
        return session


def _since(name: str, value: Any, start: int) -> int:
    """A time in nanoseconds since 1970; one that counts from the start is added to it. 0 if it is none."""
    if isinstance(value, str):
        found = parse_moment(value) or 0
    elif type(value) in NO_NUMBERS or not 0 <= value < END:
        found = 0
    else:
        whole = int(value)  # compared faster than a decimal
        for least, unit in UNITS:
            if whole >= least:
                return _within(int(value * unit))
        found = start + int(value * (MILLISECOND if name == "elapsed_ms" or isinstance(value, int) else SECOND))
    return _within(found)


def _within(found: int) -> int:
    return found if 0 <= found < END else 0
