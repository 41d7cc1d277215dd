"""JSON-RPC on a stream of bytes, such as a pipe: bytes in, messages out, and the other way.

Rule: the first bytes of a message show how it is framed: by headers with a `Content-Length`, else as one line. Bytes that
are not a message are a line too. Pure, linear, and independent of the pieces in which the bytes come.
Source: the Language Server Protocol's base protocol; the Model Context Protocol's stdio transport.
"""

from __future__ import annotations

import re
from typing import NamedTuple

LENGTH = "Content-Length"

_BEGINS = re.compile(rb"content-(?:length|type)[ \t]*:", re.IGNORECASE)
"""The names that begin headers; a line of a log may have a colon after its first word too."""

_HEADER = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+)[ \t]*:(.*)")
_NUMBER = re.compile(r"[0-9]{1,18}")

Headers = tuple[tuple[str, str], ...]


class PipeMessage(NamedTuple):
    """A complete message, or a complete line that is not a message.

    Args:
        payload: its bytes, without the framing.
        headers: the headers before it; none if it is a line.
    """

    payload: bytes
    headers: Headers = ()


class Framing:
    """Reads one direction of a stream as it comes."""

    def __init__(self) -> None:
        self._line: list[bytes] = []  # pieces of one that has no end yet
        self._head: list[bytes] = []  # the header lines, as received
        self._headers: Headers = ()  # the same parsed, once they are complete
        self._body: list[bytes] = []  # pieces of an incomplete body
        self._missing = 0  # bytes of the body that are missing

    def feed(self, piece: bytes) -> list[PipeMessage]:
        """The messages that these bytes complete."""
        found: list[PipeMessage] = []
        at = 0
        while at < len(piece):
            if self._missing:
                part = piece[at : at + self._missing]
                self._body.append(part)
                self._missing -= len(part)
                found += [] if self._missing else [self._whole()]
            else:
                end = piece.find(b"\n", at) + 1
                part = piece[at : end or len(piece)]
                self._line.append(part)
                found += self._take() if end else []
            at += len(part)
        return found

    def end(self) -> tuple[list[PipeMessage], bytes]:
        """The rest when no more bytes come: an unterminated line, or the bytes of an incomplete message."""
        lines = [] if self._head else self._take()
        rest = b"".join([*self._head, *self._line, *self._body])
        self._missing = 0
        for pieces in (self._head, self._line, self._body):
            pieces.clear()
        return lines, rest

    def _take(self) -> list[PipeMessage]:
        """Take a complete line."""
        line = b"".join(self._line)
        self._line.clear()
        text = _without_end(line)
        if self._head and not text and line:
            return self._begin(line)
        if _BEGINS.match(text) or (self._head and _HEADER.fullmatch(text)):
            self._head.append(line)
            return []
        return [*self._no_head(), *([PipeMessage(text)] if text.strip() else [])]

    def _begin(self, line: bytes) -> list[PipeMessage]:
        """Take the complete headers."""
        matches = [found for line in self._head if (found := _HEADER.fullmatch(_without_end(line))) is not None]
        headers = tuple((one[1].decode("ascii"), one[2].strip().decode("latin-1")) for one in matches)
        length = next((value for name, value in headers if name.lower() == LENGTH.lower()), "")
        if _NUMBER.fullmatch(length) is None:
            return self._no_head()
        self._head.append(line)
        self._headers, self._missing = headers, int(length)
        return [] if self._missing else [self._whole()]

    def _whole(self) -> PipeMessage:
        message = PipeMessage(b"".join(self._body), self._headers)
        self._head.clear()
        self._body.clear()
        return message

    def _no_head(self) -> list[PipeMessage]:
        """Treat what looked like headers as plain lines."""
        lines = [PipeMessage(_without_end(line)) for line in self._head]
        self._head.clear()
        return lines


def begins_framed(text: bytes) -> bool:
    """Whether a stream begins with the headers of a message."""
    return _BEGINS.match(text) is not None


def encode(payload: bytes, *, with_length: bool) -> bytes:
    """A message as bytes of a stream: as one line, or after a `Content-Length` header."""
    if not with_length:
        return payload + b"\n"
    return b"%s: %d\r\n\r\n%s" % (LENGTH.encode(), len(payload), payload)


def _without_end(line: bytes) -> bytes:
    return line.removesuffix(b"\n").removesuffix(b"\r")
