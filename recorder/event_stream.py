"""Bodies that say one message after the other: bytes in, events out, and the other way.

Rule: event streams (`text/event-stream`) are read as the HTML standard says (section 9.2.6), and of lines of JSON
(https://github.com/ndjson/ndjson-spec) each is an event, in whatever pieces the bytes come; data are not changed. Pure,
and linear in the number of bytes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple, Protocol

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


class Reader(Protocol):
    """Reads a body as it comes."""

    def feed(self, piece: bytes) -> list[ServerEvent]:
        """The events that these bytes complete."""
        ...

    def end(self) -> list[ServerEvent]:
        """The events that the end of the body completes."""
        ...


class JsonLines:
    """Reads lines of JSON as they come; the last may lack its end."""

    def __init__(self) -> None:
        self._line: list[bytes] = []  # pieces of an incomplete line

    def feed(self, piece: bytes) -> list[ServerEvent]:
        """The lines that these bytes complete, but for empty ones."""
        *ended, rest = piece.split(b"\n")
        if ended:
            ended[0] = b"".join([*self._line, ended[0]])
            self._line.clear()
        self._line.append(rest)
        return [ServerEvent(line) for line in map(bytes.strip, ended) if line]

    def end(self) -> list[ServerEvent]:
        """The last line, if it lacks its end."""
        return self.feed(b"\n")


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
        lines = piece.splitlines()  # of bytes, which it splits at these three ends alone
        rest = b"" if piece.endswith((b"\n", b"\r")) else lines.pop()
        if lines and self._line:
            lines[0] = b"".join([*self._line, lines[0]])
            self._line.clear()
        if rest:
            self._line.append(rest)
        return [event for line in lines if (event := self._take(line)) is not None]

    def end(self) -> list[ServerEvent]:
        """Nothing: an event ends with an empty line."""
        return []

    def _take(self, line: bytes) -> ServerEvent | None:
        if self._first:
            self._first = False
            line = line.removeprefix(BOM)
        if not line:
            data, kind = self._data, self._type
            self._data, self._type = [], ""
            return ServerEvent(b"\n".join(data), kind or MESSAGE, self._id) if data else None
        name, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if name == b"data":
            self._data.append(value)
        elif name == b"event":
            self._type = value.decode(errors="replace")
        elif name == b"id" and b"\0" not in value:
            self._id = value.decode(errors="replace")
        return None  # a comment, which has no name, or an unknown name


class NewIds:
    """Which ids of a stream's events are new: one that was given counts for all that follow."""

    def __init__(self) -> None:
        self._last = ""

    def only(self, event: ServerEvent) -> ServerEvent:
        """The next event; without its id if the one before had that already."""
        known, self._last = self._last, event.id
        return event if event.id != known or not known else event._replace(id="")


def encode(data: bytes, event_type: str = MESSAGE, event_id: str = "") -> bytes:
    """An event as bytes of a stream, with one `data` line for each line of its data."""
    lines: Iterable[bytes] = (b"data: " + line for line in _END_OF_LINE.split(data))
    named = [b"id: " + event_id.encode()] if event_id else []
    return b"\n".join([b"event: " + event_type.encode(), *named, *lines, b"", b""])


def encode_line(data: bytes, *_named: str) -> bytes:
    """An event as a line, which has no type and no id."""
    return data + b"\n"


class StreamForm(NamedTuple):
    """How a body says one message after the other.

    Args:
        reader: makes what reads one.
        encode: makes bytes of an event: its data, its type and its id.
    """

    reader: Callable[[], Reader]
    encode: Callable[[bytes, str, str], bytes]

    def parse(self, body: bytes) -> list[ServerEvent]:
        """The events of a whole body."""
        reader = self.reader()
        return [*reader.feed(body), *reader.end()]


EVENTS, LINES = StreamForm(EventStream, encode), StreamForm(JsonLines, encode_line)
FORMS: Mapping[str, StreamForm] = {CONTENT_TYPE: EVENTS} | dict.fromkeys(
    (f"application/{name}" for name in ("x-ndjson", "ndjson", "jsonl", "x-jsonlines", "jsonlines", "stream+json")),
    LINES,
)
"""By content type."""


def form_of(content_type: str) -> StreamForm | None:
    """How a body of this content type says one message after the other; None where it is one."""
    return FORMS.get(content_type.partition(";")[0].strip().lower())


def streams(content_type: str) -> bool:
    """Whether a body of this content type says one message after the other."""
    return form_of(content_type) is not None
