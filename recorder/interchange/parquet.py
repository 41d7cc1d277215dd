"""Captures as tables for analysis: Apache Parquet, a row for each message, and for each event without messages.

Rule: written only, in row groups of bounded size. Which request an answer belongs to is for `timeline` to say, and what is
decoded for the protocol's annotator. A member of an event without a column of its own is kept in the column `more`.
Source: https://parquet.apache.org/docs/file-format/
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from operator import attrgetter
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
from msgspec import UNSET

from recorder.capture import as_text
from recorder.errors import InputError
from recorder.interchange.files import STDIN, Capture, Stage
from recorder.jsonrpc import json_text, texts, value_of
from recorder.model import AnyEvent, Closed, Frame, Note, Opened, Refused, Scenario, unnamed
from recorder.profiles.annotation import Annotation
from recorder.profiles.remembered import Remembered
from recorder.timeline.annotating import Annotations
from recorder.timeline.followed import MANY_SESSIONS, Followed, Look, Request
from recorder.timeline.refusals import has_error_status, refused
from recorder.timeline.words import described, described_message, ended, with_meaning

Row = dict[str, Any]
"""Values by column; those that are absent are null."""

ROWS, BYTES = 1 << 16, 1 << 24
"""Rows, and bytes of payloads, after which a row group ends."""

FEW = 1 << 13
"""Most rows that are held before they become columns, which take a tenth of the memory."""

NUMBER, TEXT, TEXTS = pa.int64(), pa.string(), pa.map_(pa.string(), pa.string())

COLUMNS: dict[str, pa.DataType] = {
    "line": NUMBER,  # of the event, in the capture
    "event": TEXT,
    "time": pa.timestamp("ns", tz="UTC"),
    "scenario": TEXT,
    "session": NUMBER,
    "party": TEXT,
    "role": TEXT,
    "profile": TEXT,
    "direction": TEXT,
    "opcode": TEXT,
    "member": NUMBER,  # the place of the message in its frame, from 0
    "kind": TEXT,
    "method": TEXT,  # of an answer, that of its request
    "id": TEXT,  # as JSON
    "answers": NUMBER,  # the line of the request
    "answers_member": NUMBER,
    "latency_ns": NUMBER,
    "error_code": NUMBER,
    "error_message": TEXT,
    "bytes": NUMBER,
    "words": TEXT,
    "payload": TEXT,
    "channel": TEXT,
    "decoded": TEXTS,  # of a whole frame, in the row of its first message; so are the contents
    "contents": TEXT,  # as JSON
    "exchange": NUMBER,
    "status": NUMBER,
    "url": TEXT,
    "close_code": NUMBER,
    "close_reason": TEXT,
    "closed_by": TEXT,
    "lost": TEXT,
    "more": TEXT,  # as JSON
}

UNIQUE = {"id", "payload", "contents", "more"}
"""Texts that seldom repeat; each of the others is written once in a row group."""

_DICTIONARY = [name for name, kind in COLUMNS.items() if kind == TEXT and name not in UNIQUE]


FAR = 1 << 63
"""The first number that does not fit into a column."""

MORE: dict[type, dict[str, Any]] = {
    Opened: {"headers": [], "subprotocol": "", "answer": [], "asked": 0, "partial": False},
    Frame: {"headers": [], "fragments": 1, "query": "", "event_id": "", "binary": UNSET},
    Refused: {"headers": []},
}
"""Members of events without a column of their own, each with the value that says nothing."""

_BESIDE, _NOTHING = attrgetter(*MORE[Frame]), tuple(MORE[Frame].values())

STRAY = "members of batches that are no messages"


def write(capture: Capture, target: Path, stage: Stage) -> Counter[str]:
    """Write a capture as a table."""
    schema = pa.schema([*COLUMNS.items()], {"recorder.header": msgspec.json.encode(capture.header)})
    table = _Table(capture)
    with (
        stage.open(target) as file,
        pq.ParquetWriter(file, schema, compression="zstd", use_dictionary=_DICTIONARY) as writer,
    ):
        for group in _groups(table.rows(capture), schema, capture.path):
            writer.write_table(group)
    return table.lost


def _groups(rows: Iterable[Row], schema: pa.Schema, file: str) -> Iterator[pa.Table]:
    """The row groups."""
    some: list[Row] = []
    parts: list[pa.Table] = []
    size = 0
    for row in rows:
        some.append(row)
        size += row.get("bytes", 0)
        full = size >= BYTES or len(parts) * FEW + len(some) >= ROWS
        if full or len(some) >= FEW:
            parts.append(_arrow(some, schema, file))
            some = []
        if full:
            yield pa.concat_tables(parts)
            parts, size = [], 0
    if some or parts:
        yield pa.concat_tables([*parts, _arrow(some, schema, file)])


def _arrow(group: list[Row], schema: pa.Schema, file: str) -> pa.Table:
    try:
        return pa.Table.from_pylist(group, schema)
    except (pa.ArrowException, OverflowError) as error:
        lines = f"lines {group[0]['line']} to {group[-1]['line']}"
        raise InputError(f"{lines} have a number that does not fit into a table: {error}", file=file) from error


class _Table:
    """Makes the rows of a capture.

    Attributes:
        lost: what is in no row, counted.
    """

    def __init__(self, capture: Capture) -> None:
        self.lost: Counter[str] = Counter()
        self._followed = Followed(capture.header.profile)
        self._annotations = Annotations(capture.header.profile, node=capture.header.node)
        if capture.path != STDIN:  # which can be read but once
            self._annotations.scan(capture)
        self._parties: Remembered[int, tuple[str, str | None]] = Remembered(MANY_SESSIONS)
        self._scenario: str | None = None

    def rows(self, events: Iterable[AnyEvent]) -> Iterator[Row]:
        """The rows of all events, in their order."""
        for line, event in enumerate(events, 2):
            if isinstance(event, Frame):
                yield from self._frame(line, event)
            else:
                yield self._event(line, event)

    def _event(self, line: int, event: Opened | Closed | Refused | Note | Scenario) -> Row:
        self._followed.see(event)
        if isinstance(event, Scenario):
            self._scenario = event.name
        row: Row = {"line": line, "event": type(event).__name__.lower(), "scenario": self._scenario}
        row |= {"time": event.time or None, "more": _more(event)}
        if isinstance(event, Opened):
            self._annotations.see(event)
            self._parties.keep(event.session, (event.party, event.role or None))
            row |= self._seat(event.session) | {"url": event.url, "words": f"opens {event.url}".rstrip()}
        elif isinstance(event, Closed):
            row |= self._seat(event.session) | {"words": ended(event), "close_code": event.code}
            row |= {"close_reason": event.reason, "closed_by": event.by or None, "lost": event.lost or None}
        elif isinstance(event, Refused):
            row |= {"party": event.party or None, "url": event.url, "status": event.status, "words": refused(event)}
        elif isinstance(event, Note):
            row |= {"party": event.party or None, "words": event.text}
        else:
            row["words"] = event.name
        return row

    def _seat(self, session: int) -> Row:
        party, role = self._parties.recall(session) or (unnamed(session), None)
        return {"session": session, "party": party, "role": role}

    def _frame(self, line: int, frame: Frame) -> list[Row]:
        """The rows of a frame; the first has what is not of one message alone."""
        look, payload = self._followed.look(frame, line), frame.payload
        row = self._seat(frame.session)
        row["line"], row["event"], row["time"], row["scenario"] = line, "frame", frame.time or None, self._scenario
        row["profile"], row["direction"], row["opcode"] = look.profile.name, frame.direction, frame.opcode
        if frame.exchange:
            row["exchange"], row["status"] = frame.exchange, frame.status if frame.direction == "from_node" else None
        rows = [row, *(row.copy() for _ in range(1, max(len(look.items), len(look.instead))))]
        row["words"] = described(frame, look)
        if _BESIDE(frame) != _NOTHING:
            row["more"] = _more(frame)
        if look.profile.encoded is not None:
            self._decode(row, frame, look)
        if look.items:
            self._messages(rows, frame, payload, look)
        else:
            row["bytes"], row["payload"] = len(payload), as_text(payload) if frame.binary is UNSET else None
            for place, request in enumerate(look.instead):
                rows[place] |= {"member": place, "method": request.method} | _otherwise(frame, request)
        return rows

    def _decode(self, row: Row, frame: Frame, look: Look) -> None:
        """Add what the protocol's annotator says of a frame."""
        row["channel"] = look.profile.channel(frame) or None
        annotation = self._annotations.see(frame, look)
        if annotation is None:
            return
        row["words"] = with_meaning(row["words"], annotation)
        row["decoded"] = annotation.columns or None
        row["contents"] = _contents(annotation)

    def _messages(self, rows: list[Row], frame: Frame, payload: bytes, look: Look) -> None:
        """Add what is of each message alone."""
        bodies = [payload]
        if payload.lstrip()[:1] == b"[":
            bodies = texts(payload)
            if strays := len(value_of(payload, bodies)) - len(bodies):
                self.lost[STRAY] += strays
            for row, item in zip(rows, look.items, strict=True):
                row["words"] = described_message(item, look.profile)
        for place, (row, item, text) in enumerate(zip(rows, look.items, bodies, strict=True)):
            identity, request = item.message.get("id"), item.request
            row["member"], row["kind"] = place, look.kind(item, frame.direction)
            row["method"] = item.answered or item.method or None
            row["id"] = None if identity is None else json_text(identity)
            row["bytes"], row["payload"] = len(text), as_text(text)
            if item.kind == "error":
                row.update(_error(item.message["error"]))
            if request is not None:
                row.update(_answer(frame, request))


def _more(event: AnyEvent) -> str | None:
    """The members of an event that have no column, as a JSON object; None if they say nothing."""
    members = MORE.get(type(event), {})
    told = {name: value for name, nothing in members.items() if (value := getattr(event, name)) != nothing}
    return msgspec.json.encode(told).decode() if told else None


def _contents(annotation: Annotation) -> str | None:
    """The decoded texts of a frame as a JSON array, each with its path."""
    found = [f'{{"path": {json_text(item.path)}, "text": {item.for_programs()}}}' for item in annotation.carrying]
    return f"[{', '.join(found)}]" if found else None


def _otherwise(frame: Frame, request: Request) -> Row:
    """What an answer that is not JSON-RPC has; an empty one to a notification is none."""
    if has_error_status(frame):
        return {"kind": "error"} | _answer(frame, request)
    return {"kind": "result"} | _answer(frame, request) if request.waits else {}


def _answer(frame: Frame, request: Request) -> Row:
    known = request.time and frame.time >= request.time
    return {
        "answers": request.mark,
        "answers_member": request.place,
        "latency_ns": frame.time - request.time if known else None,
    }


def _error(error: Any) -> Row:
    if not isinstance(error, dict):
        return {"error_message": json_text(error)}
    code, message = error.get("code"), error.get("message")
    return {
        "error_code": code if type(code) is int and -FAR <= code < FAR else None,
        "error_message": message if isinstance(message, str) else None,
    }
