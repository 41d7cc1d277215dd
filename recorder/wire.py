"""Reads WebSocket frames (RFC 6455, RFC 7692) from bytes that somebody else sends, and never disturbs them.

Rule: passive and total. Whatever the bytes are, `feed` returns what they meant and raises nothing; after a protocol
violation the rest of that direction is `raw`, because where the next frame would start is unknowable. Linear in the
number of bytes, however they were split.
"""

from __future__ import annotations

import struct
import zlib
from typing import NamedTuple

try:  # the C loop: 70 times as fast at 4 KB as Python's integers
    from websockets.speedups import apply_mask
except ImportError:  # built without a compiler
    from websockets.utils import apply_mask

from recorder.close_codes import STATUS
from recorder.journal.session import WireMessage
from recorder.model import Opcode

MAX_INFLATED = 1 << 28
"""A message may inflate to this many bytes (256 MiB); beyond it is taken for a decompression bomb."""

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
OPCODES: dict[int, Opcode | None] = {TEXT: "text", BINARY: "binary", CLOSE: None, PING: "ping", PONG: "pong"}
FINAL = MASK_BIT = 0x80
RSV1, RSV2_RSV3 = 0x40, 0x30
PLAIN_TEXT = FINAL | TEXT
LEAST = 4  # bytes that a length needs, unless it is in the first two
MAX_CONTROL = 125  # RFC 6455, section 5.5
MAX_LENGTH = (1 << 63) - 1  # RFC 6455, section 5.2
MEDIUM, LONG = 126, 127  # say that the length follows
LENGTHS = {MEDIUM: struct.Struct("!H"), LONG: struct.Struct("!Q")}
MASK_SIZE = 4
DEFLATE_TAIL = b"\x00\x00\xff\xff"  # RFC 7692, section 7.2.2


class _Head(NamedTuple):
    final: bool
    opcode: int
    compressed: bool
    length: int
    size: int  # of the header itself


class _Violation(Exception):  # noqa: N818 - not an error of ours: it never leaves this module
    pass


class Deflate:
    """The permessage-deflate of one direction, for reading only (RFC 7692).

    Args:
        takeover: whether the sender keeps its context from message to message.
    """

    def __init__(self, *, takeover: bool = True) -> None:
        self._takeover = takeover
        self._inflater = zlib.decompressobj(-zlib.MAX_WBITS)

    def inflate(self, payload: bytes) -> bytes:
        """The message that this payload compresses."""
        try:
            data = self._inflater.decompress(payload + DEFLATE_TAIL, MAX_INFLATED)
        except zlib.error as error:
            raise _Violation from error
        if self._inflater.unconsumed_tail:
            raise _Violation
        if not self._takeover or self._inflater.eof:  # a final deflate block ends the stream
            self._inflater = zlib.decompressobj(-zlib.MAX_WBITS)
        return data


class Reader:
    """One direction of a WebSocket after its handshake.

    Args:
        masked: whether frames must be masked: those to the node must, those from it must not.
        deflate: the negotiated compression of this direction, if there is one.
    """

    def __init__(self, *, masked: bool, deflate: Deflate | None = None) -> None:
        self._masked, self._deflate = masked, deflate
        self._buffer = b""  # the start of a header
        self._frame: _Head | None = None  # the frame whose payload is coming
        self._missing, self._mask = 0, b""
        self._control: list[bytes] = []
        self._begun: _Head | None = None  # the first frame of the message that is coming
        self._parts: list[bytes] = []
        self._fragments = 0
        self.broken = False

    @property
    def at_boundary(self) -> bool:
        """Whether a frame of our own could be put into the stream here."""
        return self._frame is None and not self._buffer and not self.broken

    def rest_of_frame(self, data: bytes) -> int:
        """How many of these bytes, which come next, belong to the frame that has begun."""
        if self._frame is not None:
            return min(self._missing, len(data))
        if not self._buffer:
            return 0
        try:
            head = self._head(self._buffer + data, 0)
        except _Violation:
            head = None
        return len(data) if head is None else min(head.size + head.length - len(self._buffer), len(data))

    def feed(self, data: bytes) -> list[WireMessage]:
        """The messages that these bytes complete, in the order of their last byte."""
        if self.broken:
            return [WireMessage("raw", data)]
        messages: list[WireMessage] = []
        if self._buffer:
            data, self._buffer = self._buffer + data, b""
        at = self._whole(data, messages) if self._frame is self._begun is None else 0
        try:
            while True:
                if (head := self._frame) is None:
                    if (head := self._head(data, at)) is None:
                        self._buffer = data[at:]
                        return messages
                    self._frame = head
                    self._missing = head.length
                    if self._masked:
                        self._mask = data[at + head.size - MASK_SIZE : at + head.size]
                    at += head.size
                at += self._payload(head, data[at : at + self._missing])
                if self._missing:
                    return messages
                message = self._finish(head)
                self._frame = None
                if message is not None:
                    messages.append(message)
        except _Violation:
            self.broken = True
            self._buffer = data[at:]
            return messages + self.rest()

    def _whole(self, data: bytes, messages: list[WireMessage]) -> int:
        """Take the complete, plain text frames at the start, which is nearly all there is; where they end.

        What `feed` would do with them, without the state that it needs for all others.
        """
        at, end, masked = 0, len(data), self._masked
        while end - at >= LEAST and data[at] == PLAIN_TEXT:
            second, start = data[at + 1], at + 2
            length = second & ~MASK_BIT
            if (second >= MASK_BIT) is not masked or length == LONG:  # a violation, or a large one
                break
            if length == MEDIUM:
                length, start = data[at + 2] << 8 | data[at + 3], start + 2
            if masked:
                start += MASK_SIZE
            if start + length > end:
                break
            payload, at = data[start : start + length], start + length
            messages.append(
                WireMessage("text", apply_mask(payload, data[start - MASK_SIZE : start]) if masked else payload)
            )
        return at

    def rest(self) -> list[WireMessage]:
        """What was begun and not completed, as raw bytes; nothing when the stream stands between two messages."""
        begun = b"".join((*self._parts, *self._control, self._buffer))
        self._parts, self._control, self._buffer = [], [], b""
        return [WireMessage("raw", begun)] if begun else []

    def _head(self, data: bytes, at: int) -> _Head | None:
        if len(data) < at + 2:
            return None
        first, second = data[at], data[at + 1]
        length, size = second & ~MASK_BIT, 2
        self._check(first, length, masked=second >= MASK_BIT)  # at once: the rest of a broken header may never come
        form = LENGTHS.get(length)
        if form is not None:
            size += form.size
            if len(data) < at + size:
                return None
            (length,) = form.unpack_from(data, at + 2)
            if length > MAX_LENGTH:
                raise _Violation
        if self._masked:
            size += MASK_SIZE
            if len(data) < at + size:
                return None
        return _Head(first >= FINAL, first & 0x0F, bool(first & RSV1), length, size)

    def _check(self, first: int, length: int, *, masked: bool) -> None:
        opcode, compressed = first & 0x0F, bool(first & RSV1)
        control, continued = opcode >= CLOSE, opcode == CONTINUATION
        if (
            first & RSV2_RSV3
            or masked is not self._masked
            or (compressed and (control or continued or self._deflate is None))
            or (control and (first < FINAL or length > MAX_CONTROL))
            or (not control and continued is (self._begun is None))
            or (not continued and opcode not in OPCODES)
        ):
            raise _Violation

    def _payload(self, frame: _Head, part: bytes) -> int:
        size = len(part)
        if size:
            if self._masked:
                part, self._mask = unmask(part, self._mask)
            (self._control if frame.opcode >= CLOSE else self._parts).append(part)
            self._missing -= size
        return size

    def _finish(self, frame: _Head) -> WireMessage | None:
        if frame.opcode >= CLOSE:
            payload, self._control = b"".join(self._control), []
            return WireMessage(OPCODES[frame.opcode], payload)
        begun = self._begun or frame
        self._fragments += 1
        if not frame.final:
            self._begun = begun
            return None
        payload = self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)
        if begun.compressed and self._deflate is not None:
            payload = self._deflate.inflate(payload)
        fragments, self._fragments, self._begun, self._parts = self._fragments, 0, None, []
        return WireMessage(OPCODES[begun.opcode], payload, fragments)


def unmask(part: bytes, mask: bytes) -> tuple[bytes, bytes]:
    """Bytes under a masking key (RFC 6455, section 5.3), and the key as it stands for the bytes that follow."""
    turn = len(part) % MASK_SIZE
    return apply_mask(part, mask), mask[turn:] + mask[:turn]


def close_frame(code: int, reason: str, *, masked: bool) -> bytes:
    """A Close frame of our own; to the node it is masked, with the zero key (what it hides is no secret)."""
    fitting = reason.encode()[: MAX_CONTROL - STATUS.size].decode(errors="ignore")  # no half character
    payload = STATUS.pack(code) + fitting.encode()
    mask = bytes(MASK_SIZE) if masked else b""
    return bytes((FINAL | CLOSE, (MASK_BIT if masked else 0) | len(payload))) + mask + payload


def parse_deflate(extensions: str) -> tuple[Deflate | None, Deflate | None]:
    """The compression of (to node, from node) that a `Sec-WebSocket-Extensions` answer agrees on."""
    for extension in extensions.split(","):
        name, *parameters = (part.strip().lower() for part in extension.split(";"))
        if name == "permessage-deflate":
            return (
                Deflate(takeover="client_no_context_takeover" not in parameters),
                Deflate(takeover="server_no_context_takeover" not in parameters),
            )
    return None, None
