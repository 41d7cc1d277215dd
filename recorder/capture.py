"""The capture format: one header line, one line an event, every payload as it was on the wire.

Rule: `load(dump(x)) == x` for every event, byte for byte, and a payload is never re-serialised. Pure: bytes in,
events out; files are opened in `interchange.files` and `sinks.capture_file`.
"""

from __future__ import annotations

import re
from array import array
from codecs import BOM_UTF8
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import accumulate
from typing import Any

import msgspec
from msgspec import UNSET, Raw
from msgspec.structs import replace

from recorder.errors import InputError
from recorder.model import MARK, UNREADABLE, AnyEvent, Frame, Header

FORMAT = 2
"""Version of the format that is written; older ones are converted on reading."""

Converters = dict[int, Callable[[dict[str, Raw]], dict[str, Raw]]]


def _profile_is_told(header: dict[str, Raw]) -> dict[str, Raw]:
    """From version 1: it always wrote `aeternity`; since version 2 the protocol is detected from the traffic."""
    name = bytes(header.get("profile", b'"generic"'))
    return header | {"profile": Raw(b'"auto"' if name == b'"aeternity"' else name)}


HEADER_CONVERTERS: Converters = {1: _profile_is_told}
CONVERTERS: Converters = {}
"""By version n: how to convert the raw members of a header, or of an event, to version n + 1."""

MAX_DEPTH = 256
"""Deeper JSON is kept as text, so that every interpreter can load it whatever its recursion limit."""

PIECE = 1 << 18
"""Bytes of lines that are made before they are written."""

frame_head = re.compile(rb'\{"event":"frame","time":([1-9][0-9]*),"session":([1-9][0-9]*)(?=[,}])').match
"""Matches the beginning of a frame's line as recorders write it: its time, and its session."""

_STRINGS = re.compile(rb'"[^"]*+"?')
_STEPS = bytes(1 if c in b"[{" else 255 if c in b"]}" else 0 for c in range(256))
_NO_STRUCTURE = bytes(c for c in range(256) if c not in b'[]{}"')
_NO_OPENING = bytes(c for c in range(256) if c not in b"[{")
_any_json = msgspec.json.Decoder(Raw)
_encoder = msgspec.json.Encoder()
_events: msgspec.json.Decoder[AnyEvent] = msgspec.json.Decoder(AnyEvent)
_headers = msgspec.json.Decoder(Header)


def is_json(payload: bytes) -> bool:
    """Whether the bytes are UTF-8 and one JSON value (RFC 8259), at most `MAX_DEPTH` deep.

    NaN, lone surrogates in escapes and a byte order mark are not JSON; numbers of any size and duplicate keys are.
    """
    if len(payload) > 2 * MAX_DEPTH:  # each level takes two bytes at least
        opened = len(payload.translate(None, _NO_OPENING))  # one pass: half the time of two counts
        if opened > MAX_DEPTH and _too_deep(payload):
            return False
    try:
        _any_json.decode(payload)
        if not payload.isascii():
            payload.decode()
    except (msgspec.DecodeError, UnicodeDecodeError):
        return False
    return True


def pretty(payload: bytes, indent: int = 2) -> str | None:
    """JSON as documents print it: key order and number lexemes as received; None if it is not JSON."""
    return msgspec.json.format(payload, indent=indent).decode() if is_json(payload) else None


def as_text(payload: bytes) -> str | None:
    """A payload as text; None if it is not UTF-8, which may be so inside of JSON too."""
    try:
        return payload.decode()
    except UnicodeDecodeError:
        return None


def frame(payload: bytes, **fields: Any) -> Frame:
    """The frame event of these bytes, in the payload field that keeps each of them.

    JSON that fits on one line unchanged (no newline or carriage return, nothing around it) is kept as `json`, other text
    as a string, and bytes that are not UTF-8 or were sent as binary as base64.
    """
    if fields.get("opcode", "text") != "text":
        return Frame(binary=payload, **fields)
    one_line = payload.find(b"\n") < 0 and payload.find(b"\r") < 0  # `in` takes three times as long
    if one_line and payload == payload.strip() and is_json(payload):
        return Frame(json=Raw(payload), **fields)
    try:
        return Frame(text=payload.decode(), **fields)
    except UnicodeDecodeError:
        return Frame(binary=payload, **fields)


def with_payload(like: Frame, payload: bytes) -> Frame:
    """A text frame of other bytes, JSON on one line, with all else as in this one."""
    return replace(like, opcode="text", json=Raw(payload), text=UNSET, binary=UNSET)


def in_its_place(event: Frame, payload: bytes) -> Frame:
    """A frame with another payload, in the same member."""
    if payload == event.payload:
        return event
    if event.json is not UNSET:
        return replace(event, json=Raw(payload))
    if event.text is not UNSET:
        return replace(event, text=payload.decode())
    return replace(event, binary=payload)


def dump(item: Header | AnyEvent) -> bytes:
    """One line of a capture, its newline included."""
    return _encoder.encode(item) + b"\n"


def pieces(items: Iterable[Header | AnyEvent]) -> Iterator[bytes]:
    """The lines of a capture that is made at once, some at a time: in constant memory, and fast."""
    made = bytearray()
    for item in items:
        _encoder.encode_into(item, made, len(made))
        made += b"\n"
        if len(made) >= PIECE:
            yield bytes(made)
            made.clear()
    yield bytes(made)


def dump_all(items: Sequence[Header | AnyEvent]) -> bytes:
    """Several lines, by one call: about twice as fast as joining them."""
    return _encoder.encode_lines(items)


def marks_in(events: Sequence[AnyEvent]) -> list[str]:
    """The marks in events that stand for what was masked, each as often as it is there."""
    return MARK.findall(dump_all(events).decode())


def load(
    lines: Iterable[bytes], *, file: str = "capture", torn: Callable[[int], None] = lambda _line: None
) -> tuple[Header, Iterator[AnyEvent]]:
    """Read a capture as its lines come, in constant memory.

    Args:
        lines: the lines, each with its newline; only a last one may lack it.
        file: the name that errors carry.
        torn: called with the number of an incomplete last line, which is skipped: its recorder was killed.

    Returns:
        The header, and the events in the order of the timeline (read lazily: errors are raised when they are reached).

    Raises:
        InputError: not a capture, a newer format, or a malformed line (with file and line).
    """
    numbered = enumerate(lines, 1)
    header, version = _load_header(next(numbered, (1, b""))[1], file)
    return header, _load_events(numbered, version, file, torn)


class Reader:
    """Reads lines of a capture in any order, as often as is asked for; its header is read once.

    Args:
        header_line: line 1 of the capture.
        file: the name that errors carry.

    Attributes:
        header: the header.

    Raises:
        InputError: as `load`, for the header.
    """

    def __init__(self, header_line: bytes, file: str = "capture") -> None:
        self.header, self._version = _load_header(header_line, file)
        self._file = file

    def events(self, lines: Iterable[bytes], first: int) -> Iterator[AnyEvent]:
        """The events of whole lines that follow each other.

        Args:
            lines: each with its newline.
            first: the number of the first, from 1 for the header.

        Raises:
            InputError: one is malformed (raised when it is reached).
        """
        return _load_events(enumerate(lines, first), self._version, self._file, _whole)

    def event(self, line: bytes, number: int) -> AnyEvent:
        """The event of a whole line, which has this number.

        Raises:
            InputError: it is malformed.
        """
        return next(self.events([line], number))


def _whole(_line: int) -> None:
    """Nothing is torn in whole lines."""


def load_lines(lines: Iterable[bytes], *, file: str = "capture") -> Iterator[bytes]:
    """The lines of a capture's events in the newest format; what is in them is not checked.

    Raises:
        InputError: as `load`, for the header.
    """
    rest = iter(lines)
    _header, version = _load_header(next(rest, b""), file)
    return rest if _current(version) else (_lift(line, version, CONVERTERS) + b"\n" for line in rest)


def _current(version: int) -> bool:
    """Whether events of a version are as those of the newest."""
    return CONVERTERS.keys().isdisjoint(range(version, FORMAT))


def _load_header(line: bytes, file: str) -> tuple[Header, int]:
    if not line:
        raise InputError("the file is empty, not a capture; record one with `recorder record`", file=file)
    line = line.removeprefix(BOM_UTF8)  # an editor may have put it there
    try:
        version = msgspec.json.decode(line, type=dict[str, Raw]).get("format")
        found = 0 if version is None else msgspec.json.decode(version, type=int)
    except UNREADABLE as error:
        raise InputError("not a capture; `recorder import` makes one from a transcript", file=file, line=1) from error
    if 0 < found <= FORMAT:
        try:
            return _headers.decode(_lift(line, found, HEADER_CONVERTERS)), found
        except UNREADABLE as error:
            raise InputError(f"malformed header: {error}", file=file, line=1) from error
    if found > FORMAT:
        raise InputError(
            f"format {found} is newer than this recorder reads ({FORMAT}): upgrade it (`pip install -U jsonrpc-recorder`)",
            file=file,
        )
    raise InputError("not a capture: its first line has no format version", file=file, line=1)


def _load_events(
    numbered: Iterator[tuple[int, bytes]], version: int, file: str, torn: Callable[[int], None]
) -> Iterator[AnyEvent]:
    decode = _events.decode
    same = _current(version)
    for number, line in numbered:
        try:
            event = decode(line if same else _lift(line, version, CONVERTERS))
        except UNREADABLE as error:
            if not line.endswith(b"\n"):
                torn(number)
                return
            raise InputError(f"malformed event: {error}", file=file, line=number) from error
        if type(event) is Frame and event.json is event.text is event.binary:  # all of them absent
            raise InputError("malformed event: a frame has json, text or binary", file=file, line=number)
        yield event


def _lift(line: bytes, version: int, converters: Converters) -> bytes:
    steps = [converters[step] for step in range(version, FORMAT) if step in converters]
    if not steps:
        return line
    item = msgspec.json.decode(line, type=dict[str, Raw])
    for step in steps:
        item = step(item)
    return _encoder.encode(item)


def _too_deep(payload: bytes) -> bool:
    """Whether brackets outside of strings open more than `MAX_DEPTH` deep; linear, whatever the payload."""
    if b"\\" in payload:
        payload = payload.replace(rb"\\", b"").replace(rb"\"", b"")
    structure = payload.translate(None, _NO_STRUCTURE)
    structure = structure.replace(b'""', b"")  # two adjacent quotes do not change what is inside a string
    steps = array("b", _STRINGS.sub(b"", structure).translate(_STEPS))
    return any(map(MAX_DEPTH.__lt__, accumulate(steps)))
