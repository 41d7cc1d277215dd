"""Event streams (`text/event-stream`): bytes in, events out, and the other way.

Rule: reads as the HTML standard says (section 9.2.6), in whatever pieces the bytes come; data are not changed.
Pure, and linear in the number of bytes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from recorder.model import MESSAGE

CONTENT_TYPE = "text/event-stream"
RESUMED = "last-event-id"
"""The header of a request to resume a stream."""

BOM = b"\xef\xbb\xbf"

_END_OF_LINE = re.compile(rb"\r\n|\r|\n")


class ServerEvent(NamedTuple):
    """One event of a stream.

    Args:
        data: its data, lines joined by line feeds.
        type: its name; `message` if it has none.
        id: the last id given in the stream so far.
    """

    data: bytes
    type: str = MESSAGE
    id: str = ""


class EventStream:
    """Reads a stream as it comes; an incomplete event at its end is dropped."""

    def __init__(self) -> None:
        self._line: list[bytes] = []  # pieces of an incomplete line
        self._first = True  # the first line has not been read: it may begin with a byte order mark
        self._after_return = False  # the last line ended with a carriage return: a line feed next belongs to it
        self._data: list[bytes] = []
        self._type = self._id = ""

    def feed(self, piece: bytes) -> list[ServerEvent]:
        """The events that these bytes complete."""
        if self._after_return and piece:
            piece = piece.removeprefix(b"\n")
            self._after_return = False
        if not piece:
            return []
        self._after_return = piece.endswith(b"\r")
        *ended, rest = _END_OF_LINE.split(piece)
        if ended:
            ended[0] = b"".join([*self._line, ended[0]])
            self._line.clear()
        self._line.append(rest)
        return [event for line in ended if (event := self._take(line)) is not None]

    def _take(self, line: bytes) -> ServerEvent | None:
        if self._first:
            self._first = False
            line = line.removeprefix(BOM)
        if not line:
            return self._dispatch()
        name, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if name == b"data":
            self._data.append(value)
        elif name == b"event":
            self._type = value.decode(errors="replace")
        elif name == b"id" and b"\0" not in value:
            self._id = value.decode(errors="replace")
        return None  # a comment, which has no name, or an unknown name

    def _dispatch(self) -> ServerEvent | None:
        data, kind = self._data, self._type
        self._data, self._type = [], ""
        return ServerEvent(b"\n".join(data), kind or MESSAGE, self._id) if data else None


class NewIds:
    """Which ids of a stream's events are new: one that was given counts for all that follow."""

    def __init__(self) -> None:
        self._last = ""

    def only(self, event: ServerEvent) -> ServerEvent:
        """The next event; without its id if the one before had that already."""
        known, self._last = self._last, event.id
        return event if event.id != known or not known else event._replace(id="")


def parse(stream: bytes) -> list[ServerEvent]:
    """The events of a whole stream."""
    return EventStream().feed(stream)


def encode(data: bytes, event_type: str = MESSAGE, event_id: str = "") -> bytes:
    """An event as bytes of a stream, with one `data` line for each line of its data."""
    lines: Iterable[bytes] = (b"data: " + line for line in _END_OF_LINE.split(data))
    named = [b"id: " + event_id.encode()] if event_id else []
    return b"\n".join([b"event: " + event_type.encode(), *named, *lines, b"", b""])


def is_event_stream(content_type: str) -> bool:
    """Whether a body of this content type is a stream of events."""
    return content_type.partition(";")[0].strip().lower() == CONTENT_TYPE
