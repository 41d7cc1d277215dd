"""What wscat and websocat print: copied from a terminal, recorded there by `script`, or what websocat logs of a side.

Rule: these tools print for people, and no times. A line that is of no message belongs to the one before it, as lines of a
message over several do; where there is none, it is the tool's own.
Source: wscat 6 (`bin/wscat`); websocat 1 and 4 (`log:`, READ and WRITE with the number of bytes, escaped as Rust does it).
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterable, Iterator
from itertools import chain

from recorder.close_codes import NO_CODE
from recorder.errors import InputError
from recorder.interchange.formats import MOST, Source
from recorder.interchange.streaming import Timeline
from recorder.journal.session import Session
from recorder.model import OPPOSITE, AnyEvent, Direction

URL = ""
"""It is known only where the command stands before what it prints."""

REDRAWN = (b"\x1b[2K", b"\x1b[0J", b"\x1b[J")
"""With these a terminal begins a line anew."""

CODES = re.compile(rb"\x1b\[[0-9;?]*[A-Za-z]|\x1b[=>]")
MARKS = (b"> ", b"< ")
SIDES: dict[bytes, Direction] = {b"> ": "to_node", b"< ": "from_node"}

COMMAND = re.compile(rb"\b(?:wscat|websocat)\b.*?((?:wss?://)[^\s\"']+)")
CONNECTED = re.compile(rb"connected \(press ctrl\+c to quit\)", re.IGNORECASE)
LISTENING = re.compile(rb"(?:listening on port \d+.*|client connected)", re.IGNORECASE)
CLIENT = re.compile(rb"client connected", re.IGNORECASE)
DISCONNECTED = re.compile(rb"disconnected(?: \(code: (\d{1,5})(?:, reason: \"(.*)\")?\))?", re.IGNORECASE)
CONTROL = re.compile(rb"Received (ping|pong)(?: \(data: \"(.*)\"\))?", re.DOTALL)
OTHERS = re.compile(rb"Script (?:started|done) .*|error: .*|\[(?:INFO|DEBUG|WARN|ERROR) .*")

LOGGED = re.compile(rb'(?:\d+\.\d+ )?(READ|WRITE) (\d+) "(.*)"')
LOG_LINE = re.compile(LOGGED.pattern.partition(rb"(.*)")[0])
"""How a line of a log begins, however long it is."""

ESCAPED = re.compile(rb"\\(?:x([0-9a-f]{2})|(.))")
LETTERS = {b"n": b"\n", b"r": b"\r", b"t": b"\t"}
PIECE = 1 << 16
"""Bytes that websocat reads at once: what has as many goes on in the next line."""

LONGEST = 4096
"""Bytes of a command."""

HELD = 1000
"""Lines of a websocat's log that may come before it reads something."""


def recognises(source: Source) -> bool:
    """Whether a file begins as one of these does: with their own words, or with messages of both sides."""
    shown = [_shown(line) for line in source.head_lines]
    said = {line[:2] for line in shown if line.startswith(MARKS) and line[2:3] in {b"{", b"["}}
    own = any(CONNECTED.fullmatch(line) or CLIENT.fullmatch(line) for line in shown)
    return any(map(LOG_LINE.match, shown)) or len(said) == len(MARKS) or (own and bool(said))


def read(source: Source) -> Iterator[AnyEvent]:
    """The messages of a file, each connection a session.

    Raises:
        InputError: it has no message.
    """
    lines = map(_shown, source.lines())
    logged = any(LOG_LINE.match(_shown(line)) for line in source.head_lines)
    reading = _Reading(source)
    said = 0
    for event in reading.log(lines) if logged else reading.terminal(lines):
        said += 1
        yield event
    if not said:
        raise InputError("has no message of wscat or websocat", file=source.name)


def _shown(line: bytes) -> bytes:
    """A line as a terminal shows it in the end."""
    if b"\x1b" in line:
        line = CODES.sub(b"", line[max(0, *map(line.rfind, REDRAWN)) :])
    return line.strip(b"\r\n")


class _Reading:
    def __init__(self, source: Source) -> None:
        self._timeline, self._name = Timeline(source), source.name
        self._session: Session | None = None
        self._url, self._mine = URL, "to_node"

    def terminal(self, lines: Iterable[bytes]) -> Iterator[AnyEvent]:
        """What wscat shows."""
        mark, said, size = b"", list[bytes](), 0
        for number, line in enumerate(chain(lines, [b"> "]), 1):
            begins = line.startswith(MARKS) or line == b">"
            if not begins and self._session is None and (command := COMMAND.search(line[:LONGEST])):
                self._url = command[1].decode(errors="replace")
            own = CONNECTED.fullmatch(line) or LISTENING.fullmatch(line) or DISCONNECTED.fullmatch(line)
            if not begins and not own and not OTHERS.fullmatch(line):
                said += [line] if mark else []
                size += len(line)
                if size > MOST:
                    raise InputError("no message of wscat is so long", file=self._name, line=number)
                continue
            size = 0
            yield from self._said(mark, b"\n".join(said).strip(b"\n"))
            mark, said = (line[:2], [line[2:]]) if begins and line != b">" else (b"", [])
            if own:
                yield from self._told(line)

    def _said(self, mark: bytes, text: bytes) -> Iterator[AnyEvent]:
        """A message that is whole now."""
        if not mark or (not text and mark == b"> "):
            return
        direction = SIDES[mark] if self._mine == "to_node" else OPPOSITE[SIDES[mark]]
        session = yield from self._open()
        control = CONTROL.fullmatch(text) if mark == b"< " else None
        if control is None:
            yield session.frame(direction, text)
        else:
            yield session.frame(direction, control[2] or b"", opcode=control[1].decode())

    def _told(self, line: bytes) -> Iterator[AnyEvent]:
        """What the tool says of the connection."""
        if LISTENING.fullmatch(line):
            self._mine = "from_node"
        if ended := DISCONNECTED.fullmatch(line):
            session = yield from self._open()
            session.stopped(int(ended[1] or NO_CODE), (ended[2] or b"").decode(errors="replace"), "node")
            self._session = None
        elif CONNECTED.fullmatch(line) or CLIENT.fullmatch(line):
            self._session = None
            yield from self._open()
        yield from self._timeline.told()

    def _open(self) -> Generator[AnyEvent, None, Session]:
        if self._session is None:
            self._session = self._timeline.session(self._url)
            yield from self._timeline.told()
        return self._session

    def log(self, lines: Iterable[bytes]) -> Iterator[AnyEvent]:
        """What websocat logs: at the WebSocket, or at its other side, where all that it reads are lines."""
        held, here = list[tuple[bytes, bytes]](), None
        for kind, text in _whole(lines):
            if here is None:
                held.append((kind, text))
                if kind == b"WRITE" and len(held) < HELD:
                    continue
                here = kind == b"WRITE" or not text.endswith(b"\n")
            waiting, held = held or [(kind, text)], []
            for way, said in waiting:
                yield from self._passed(way, said, here=here)
        for way, said in held:
            yield from self._passed(way, said, here=True)

    def _passed(self, way: bytes, text: bytes, *, here: bool) -> Iterator[AnyEvent]:
        direction: Direction = "to_node" if (way == b"WRITE") == here else "from_node"
        session = yield from self._open()
        yield session.frame(direction, text.removesuffix(b"\n") if way == b"WRITE" and not here else text)


def _whole(lines: Iterable[bytes]) -> Iterator[tuple[bytes, bytes]]:
    """What is logged, with what was read in pieces put together; nothing is the end of a side."""
    begun = {kind: bytearray() for kind in (b"READ", b"WRITE")}
    for line in lines:
        if (found := LOGGED.fullmatch(line)) is None:
            continue
        text = begun[found[1]]
        text += ESCAPED.sub(_letter, found[3])
        if text and (int(found[2]) != PIECE or len(text) > MOST):
            yield found[1], bytes(text)
            text.clear()
    yield from ((kind, bytes(text)) for kind, text in begun.items() if text)


def _letter(found: re.Match[bytes]) -> bytes:
    return bytes.fromhex(found[1].decode()) if found[1] else LETTERS.get(found[2], found[2])
