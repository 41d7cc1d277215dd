"""One event in detail, for the panel of the page.

Rule: computed on request, and bounded: a long payload is cut, and annotators see only the frames shortly before it.
"""

from __future__ import annotations

from base64 import b64encode
from typing import Any

from recorder.escaping import escape
from recorder.live.copies import copies
from recorder.live.index import FRAME, NOBODY, Seat
from recorder.live.rows import BEFORE_ONE, MICROSECOND, MUCH, Row, Rows
from recorder.live.source import Source
from recorder.live.story import Chapter, Stories, differences
from recorder.model import AnyEvent, Frame, Opened, Refused
from recorder.profiles.annotation import Annotation

SHOWN = 1 << 18
"""Most bytes of a payload that are shown."""

DECODED = 1 << 20
"""Most bytes of a frame that is decoded."""


class Frames:
    """Makes the details of events of one capture.

    Args:
        source: the capture.
        rows: its rows.
    """

    def __init__(self, source: Source, rows: Rows) -> None:
        self._source, self._index, self._rows = source, source.index, rows
        self._stories = Stories(source)

    def opened(self, number: int) -> dict[str, Any]:
        """The details of an event."""
        event, index = self._source.event(number), self._index
        annotation = self._annotation(number, event)
        seat = index.seats[index.seat[number]]
        frame = event if isinstance(event, Frame) else None
        before = NOBODY if frame is None else self._stories.before(number)
        return {
            "row": self._row(number),
            "event": members(event),
            **payload_of(event),
            "sentence": "" if annotation is None else annotation.sentence,
            "decoded": decoded(annotation),
            "story": [] if frame is None else [self._chapter(one) for one in self._stories.of(number, frame)],
            "opening": self._row(seat.opening) if NOBODY < seat.opening != number else None,
            "headers": headers_of(event),
            "before": self._row(before) if before != NOBODY else None,
            "difference": self._difference(frame, before),
            "copies": self._copies(number, event, seat),
        }

    def _row(self, number: int) -> Row:
        return self._rows.rows([number])[0]

    def _chapter(self, chapter: Chapter) -> dict[str, Any]:
        return {"why": escape(chapter.why), "rows": self._rows.rows(chapter.events), "text": chapter.text}

    def _difference(self, frame: Frame | None, before: int) -> list[dict[str, Any]]:
        other = self._source.event(before) if before != NOBODY and self._index.bytes[before] <= SHOWN else None
        if frame is None or not isinstance(other, Frame) or len(frame.payload) > SHOWN:
            return []
        return differences(frame.payload, other.payload)

    def _copies(self, number: int, event: AnyEvent, seat: Seat) -> dict[str, str]:
        line = self._source.line(number)
        if not isinstance(event, Frame):
            return {"fixture": line.decode(errors="replace").rstrip("\n")} if len(line) <= SHOWN else {}
        opened = self._source.event(seat.opening) if seat.opening != NOBODY else None
        return copies(event, opened if isinstance(opened, Opened) else None, line)

    def _annotation(self, number: int, event: AnyEvent) -> Annotation | None:
        if not isinstance(event, Frame):
            return self._rows.annotations([number]).see(event)
        if len(event.payload) > DECODED:
            return None
        return self._rows.annotations([number], BEFORE_ONE, MUCH).see(event, self._rows.look(number, event))

    def payload(self, number: int) -> bytes:
        """The whole payload of a frame; empty for other events."""
        event = self._source.event(number) if self._index.flags[number] & FRAME else None
        return event.payload if isinstance(event, Frame) else b""


def members(event: AnyEvent) -> dict[str, Any]:
    """The members of an event, named as in the capture, without payload and headers; times in microseconds."""
    found: dict[str, Any] = {"event": type(event).__name__.lower()}
    for name in event.__struct_fields__:
        if name not in {"json", "text", "binary", "headers", "request_headers", "answer"} or (
            name == "text" and not isinstance(event, Frame)
        ):
            value = getattr(event, name)
            found[name] = value // MICROSECOND if name in {"time", "asked"} else value
    return found


def payload_of(event: AnyEvent) -> dict[str, Any]:
    """A payload as text, or as base64 if it is not UTF-8; `cut` is the full length if only the first part is here."""
    if not isinstance(event, Frame):
        return {"payload": "", "cut": None, "base64": False}
    payload = event.payload
    cut = len(payload) if len(payload) > SHOWN else None
    part = payload[:SHOWN]
    try:
        text = part.decode() if cut is None else decoded_start(part)
    except UnicodeDecodeError:
        return {"payload": b64encode(part).decode(), "cut": cut, "base64": True}
    return {"payload": text, "cut": cut, "base64": False}


def decoded_start(part: bytes) -> str:
    """Decode the first bytes of a text; the last character may be incomplete.

    Raises:
        UnicodeDecodeError: they are not UTF-8.
    """
    try:
        return part.decode()
    except UnicodeDecodeError as error:
        if error.start >= len(part) - 3 and error.reason == "unexpected end of data":
            return part[: error.start].decode()
        raise


def headers_of(event: AnyEvent) -> list[list[str]]:
    """The headers of an event; where a session or a stream begins those of the request, then those of the response."""
    if isinstance(event, Opened):
        return [[name, value] for name, value in [*event.headers, *event.answer]]
    if isinstance(event, Frame) and event.request_headers:
        return [[name, value] for name, value in [*event.request_headers, *event.headers]]
    return [[*pair] for pair in event.headers] if isinstance(event, Frame | Refused) else []


def decoded(annotation: Annotation | None) -> list[dict[str, str]]:
    """The decoded texts of a frame, with their paths; if there are none, the tree of its annotation."""
    if annotation is None:
        return []
    found = [
        {
            "path": item.path,
            "text": item.tree if item.transaction is None else f"{item.transaction.line}\n\n{item.tree}",
        }
        for item in annotation.carrying
    ]
    return found or ([{"path": "", "text": annotation.tree}] if annotation.tree else [])
