"""JSON-RPC on a stream of bytes, such as a pipe: bytes in, messages out, and the other way.

Rule: the first bytes of a message show how it is framed: by headers with a `Content-Length`, else by itself. An object, or
a list of objects, ends where its JSON does, whether a line ends there or not; it may be printed over several lines, between
brackets that stand at their beginnings. Bytes that are not a message are a line. Pure, linear, and independent of the pieces
in which the bytes come.
Source: the Language Server Protocol's base protocol; the Model Context Protocol's stdio transport; RFC 7047, section 4, for
JSON values without anything between them.
"""

from __future__ import annotations

import json
import re
from typing import NamedTuple

from recorder.capture import is_json

LENGTH = "Content-Length"

_BEGINS = re.compile(rb"content-(?:length|type)[ \t]*:", re.IGNORECASE)
"""The names that begin headers; a line of a log may have a colon after its first word too."""

_HEADER = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+)[ \t]*:(.*)")
_NUMBER = re.compile(r"[0-9]{1,18}")

_VALUE = re.compile(rb"[ \t\r]*+(?=\{|\[[ \t\r]*+\{)")
"""Before what may be a message by itself."""

_APART = re.compile(rb"[}\]][ \t\r]*+[{\[]")
"""Between two values without anything between them; else in texts alone."""

OPENING, CLOSING, SET_IN, BLANKS = (b"{", b"["), (b"}", b"]"), (b" ", b"\t"), b" \t\r"

LONG, GROWS = 1 << 18, 1.25
"""Of a longer line it is not tried after each piece whether it is whole, but only when it has grown by so much."""

_json = json.JSONDecoder()

Headers = tuple[tuple[str, str], ...]


class PipeMessage(NamedTuple):
    """A complete message, or a complete line that is not a message.

    Args:
        payload: its bytes, without the framing.
        headers: the headers before it; none if it has no length.
    """

    payload: bytes
    headers: Headers = ()


class Framing:
    """Reads one direction of a stream as it comes."""

    def __init__(self) -> None:
        self._line: list[bytes] = []  # pieces of one that has no end yet
        self._size = self._tried = 0  # of that line, and what it was when it was tried last in vain
        self._printed: list[bytes] = []  # the lines, as received, of JSON that is printed over several
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
                self._size += len(part)
                found += self._take() if end else self._whole_already()
            at += len(part)
        return found

    def end(self) -> tuple[list[PipeMessage], bytes]:
        """The rest when no more bytes come: an unterminated line, or the bytes of an incomplete message."""
        lines = [] if self._head else [*self._take(), *self._not_printed()]
        rest = b"".join([*self._head, *self._line, *self._body])
        self._missing = 0
        for pieces in (self._head, self._line, self._body):
            pieces.clear()
        return lines, rest

    def _take(self) -> list[PipeMessage]:
        """Take a complete line."""
        line = b"".join(self._line)
        self._line.clear()
        self._size = self._tried = 0
        if self._printed or (not self._head and line.rstrip() in OPENING):
            return self._print(line)
        text = _without_end(line)
        if self._head and not text and line:
            return self._begin(line)
        if _BEGINS.match(text) or (self._head and _HEADER.fullmatch(text)):
            self._head.append(line)
            return []
        messages = self._no_head()
        values, rest = _values(line)
        if values:
            self._line.append(rest)
            return [*messages, *map(PipeMessage, values), *self._take()]
        return [*messages, *([PipeMessage(text)] if text.strip() else [])]

    def _whole_already(self) -> list[PipeMessage]:
        """The messages of a line that has no end yet, if it ends with one."""
        if self._head or self._line[-1].rstrip(BLANKS)[-1:] not in CLOSING or self._size < GROWS * self._tried:
            return []
        line = b"".join(self._line)
        if self._printed:
            values, rest = ([whole], line[1:]) if (whole := self._closed(line.rstrip(BLANKS))) else ([], line)
        elif _APART.search(line) or (_VALUE.match(line) and is_json(line)):
            values, rest = _values(line)
        else:
            values, rest = [], line
        if not values or rest.strip(BLANKS):
            self._tried = self._size if self._size > LONG else 0
            return []
        self._printed.clear()
        self._line, self._size, self._tried = [rest], len(rest), 0
        return [*map(PipeMessage, values)]

    def _print(self, line: bytes) -> list[PipeMessage]:
        """Take a line of JSON that is printed over several: what is in its brackets is set in."""
        if whole := self._closed(line[:1]):
            self._printed.clear()
            self._line.append(line[1:])
            return [PipeMessage(whole), *self._take()]
        if not self._printed or line[:1] in SET_IN:
            self._printed.append(line)
            return []
        lines = self._not_printed()
        self._line.append(line)
        return [*lines, *self._take()]

    def _closed(self, bracket: bytes) -> bytes:
        """The JSON that is printed over several lines, with its last bracket; empty if that does not make it whole."""
        whole = b"".join([*self._printed, bracket]) if self._printed and bracket in CLOSING else b""
        return whole if whole and is_json(whole) else b""

    def _not_printed(self) -> list[PipeMessage]:
        """Treat what looked like JSON over several lines as plain lines."""
        lines = [PipeMessage(text) for line in self._printed if (text := _without_end(line)).strip()]
        self._printed.clear()
        return lines

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


def _values(line: bytes) -> tuple[list[bytes], bytes]:
    """The objects and lists of objects with which a line begins, and the rest of it."""
    if _VALUE.match(line) is not None and is_json(line):
        return [line.strip()], line[len(line.rstrip()) :]
    text, at = line.decode("latin-1"), 0  # a byte is a letter, so that places are the same
    found: list[bytes] = []
    while (begins := _VALUE.match(line, at)) is not None:
        try:
            _value, end = _json.raw_decode(text, begins.end())
        except (ValueError, RecursionError):
            break
        if not is_json(line[begins.end() : end]):
            break
        found.append(line[begins.end() : end])
        at = end
    return found, line[at:]


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
