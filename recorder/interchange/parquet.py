"""Captures as tables for analysis: Apache Parquet, a row for each message, and for each event without messages.

Rule: written only, in row groups of bounded size. Which request an answer belongs to is for `timeline` to say, and what is
decoded for the protocol's annotator. A member of an event without a column of its own is kept in the column `more`.
Source: https://parquet.apache.org/docs/file-format/
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from copy import copy
from operator import attrgetter
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
from msgspec import UNSET, Struct
from msgspec.structs import astuple, fields

from recorder.capture import as_text
from recorder.errors import InputError
from recorder.interchange.files import STDIN, Capture, Stage
from recorder.jsonrpc import json_text, value_of
from recorder.model import MESSAGE, AnyEvent, Closed, Frame, Note, Opened, Refused, Scenario, unnamed
from recorder.profiles.annotation import Annotation
from recorder.profiles.remembered import Remembered
from recorder.timeline.annotating import Annotations
from recorder.timeline.followed import MANY_SESSIONS, Followed, Look, Request
from recorder.timeline.refusals import has_error_status, refused
from recorder.timeline.words import described, described_message, ended, with_meaning

ROWS, BYTES = 1 << 16, 1 << 24
"""Rows, and bytes of payloads, after which a row group ends."""

FEW = 1 << 13
"""Most rows that are held before they become columns, which take a tenth of the memory."""


class Row(Struct, gc=False):
    """The columns, in their order; what a row does not have is null."""

    line: int  # of the event, in the capture
    event: str
    time: int | None = None
    scenario: str | None = None
    session: int | None = None
    party: str | None = None
    role: str | None = None
    profile: str | None = None
    direction: str | None = None
    opcode: str | None = None
    member: int | None = None  # the place of the message in its frame, from 0
    kind: str | None = None
    method: str | None = None  # of an answer, that of its request
    id: str | None = None  # as JSON
    answers: int | None = None  # the line of the request
    answers_member: int | None = None
    latency_ns: int | None = None
    error_code: int | None = None
    error_message: str | None = None
    bytes: int | None = None
    words: str | None = None
    payload: str | None = None
    channel: str | None = None
    decoded: dict[str, str] | None = None  # of a whole frame, in the row of its first message; so are the contents
    contents: str | None = None  # as JSON
    exchange: int | None = None
    status: int | None = None
    url: str | None = None
    close_code: int | None = None
    close_reason: str | None = None
    closed_by: str | None = None
    lost: str | None = None
    more: str | None = None  # as JSON


NUMBER, TEXT = pa.int64(), pa.string()

KINDS: dict[Any, pa.DataType] = {
    **dict.fromkeys([int, int | None], NUMBER),
    **dict.fromkeys([str, str | None], TEXT),
    dict[str, str] | None: pa.map_(TEXT, TEXT),
}
"""By the type of a member of a row."""

COLUMNS: dict[str, pa.DataType] = {field.name: KINDS[field.type] for field in fields(Row)} | {
    "time": pa.timestamp("ns", tz="UTC")
}

UNIQUE = {"id", "payload", "contents", "more"}
"""Texts that seldom repeat; each of the others is written once in a row group."""

_DICTIONARY = [name for name, kind in COLUMNS.items() if kind == TEXT and name not in UNIQUE]


FAR = 1 << 63
"""The first number that does not fit into a column."""

MORE: dict[type, dict[str, Any]] = {
    Opened: {"headers": [], "subprotocol": "", "answer": [], "asked": 0, "partial": False},
    Frame: {
        "headers": [],
        "request_headers": [],
        "stream": 0,
        "fragments": 1,
        "query": "",
        "event_id": "",
        "event_type": MESSAGE,
        "binary": UNSET,
    },
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
        size += row.bytes or 0
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
    columns = zip(*map(astuple, group), strict=True)
    try:
        return pa.Table.from_arrays(
            [_column(values, kind) for values, kind in zip(columns, schema.types, strict=True)], schema=schema
        )
    except (pa.ArrowException, OverflowError) as error:
        if len(group) > 1:  # the row by itself that is to blame
            return pa.concat_tables([_arrow([row], schema, file) for row in group])
        what = f"a number does not fit into a table: {error}"
        raise InputError(what, file=file, line=group[0].line) from error


def _column(values: tuple[Any, ...], kind: pa.DataType) -> pa.Array:
    """A column; most are empty, which is told in a tenth of the time."""
    return pa.nulls(len(values), kind) if values.count(None) == len(values) else pa.array(values, kind)


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
        row = Row(line, type(event).__name__.lower(), event.time or None, self._scenario, more=_more(event))
        if isinstance(event, Opened):
            self._annotations.see(event)
            self._parties.keep(event.session, (event.party, event.role or None))
            self._seat(row, event.session)
            row.url, row.words = event.url, f"opens {event.url}".rstrip()
        elif isinstance(event, Closed):
            self._seat(row, event.session)
            row.words, row.close_code, row.close_reason = ended(event), event.code, event.reason
            row.closed_by, row.lost = event.by or None, event.lost or None
        elif isinstance(event, Refused):
            row.party, row.url, row.status, row.words = event.party or None, event.url, event.status, refused(event)
        elif isinstance(event, Note):
            row.party, row.words = event.party or None, event.text
        else:
            row.words = event.name
        return row

    def _seat(self, row: Row, session: int) -> None:
        row.session = session
        row.party, row.role = self._parties.recall(session) or (unnamed(session), None)

    def _frame(self, line: int, frame: Frame) -> list[Row]:
        """The rows of a frame; the first has what is not of one message alone."""
        look, payload = self._followed.look(frame, line), frame.payload
        items, profile = look.items, look.profile
        row = Row(line, "frame", frame.time or None, self._scenario)
        self._seat(row, frame.session)
        row.profile, row.direction, row.opcode = profile.name, frame.direction, frame.opcode
        if frame.exchange:
            row.exchange, row.status = frame.exchange, frame.status if frame.direction == "from_node" else None
        rows = [row]
        others = [*look.instead, *look.left]
        while len(rows) < max(len(items), len(others)):
            rows.append(copy(row))
        row.words = described(frame, look)
        if _BESIDE(frame) != _NOTHING:
            row.more = _more(frame)
        if profile.encoded is not None:
            self._decode(row, frame, look)
        if items:
            self._messages(rows, frame, payload, look)
        else:
            row.bytes, row.payload = len(payload), as_text(payload) if frame.binary is UNSET else None
            for place, (row, request) in enumerate(zip(rows, others, strict=False)):
                row.member, row.method = place, request.method
                _answer_otherwise(row, frame, request)
        return rows

    def _decode(self, row: Row, frame: Frame, look: Look) -> None:
        """Add what the protocol's annotator says of a frame."""
        row.channel = look.profile.channel(frame) or None
        annotation = self._annotations.see(frame, look)
        if annotation is None:
            return
        row.words = with_meaning(row.words or "", annotation)
        row.decoded = annotation.columns or None
        row.contents = _contents(annotation)

    def _messages(self, rows: list[Row], frame: Frame, payload: bytes, look: Look) -> None:
        """Add what is of each message alone."""
        bodies = [payload]
        if payload.lstrip()[:1] == b"[":
            bodies = look.texts(payload)
            if strays := len(value_of(payload, bodies)) - len(bodies):
                self.lost[STRAY] += strays
            for row, item in zip(rows, look.items, strict=True):
                row.words = described_message(item, look)
        for place, (row, item, text) in enumerate(zip(rows, look.items, bodies, strict=True)):
            identity, request = item.message.get("id"), item.request
            row.member, row.kind = place, look.kind(item, frame.direction)
            row.method = item.answered or item.method or None
            row.id = None if identity is None else json_text(identity)
            row.bytes, row.payload = len(text), as_text(text)
            if item.kind == "error":
                _fail(row, item.message["error"])
            if request is not None:
                _answer(row, frame, request)


def _more(event: AnyEvent) -> str | None:
    """The members of an event that have no column, as a JSON object; None if they say nothing."""
    members = MORE.get(type(event), {})
    told = {name: value for name, nothing in members.items() if (value := getattr(event, name)) != nothing}
    return msgspec.json.encode(told).decode() if told else None


def _contents(annotation: Annotation) -> str | None:
    """The decoded texts of a frame as a JSON array, each with its path."""
    found = [f'{{"path": {json_text(item.path)}, "text": {item.for_programs()}}}' for item in annotation.carrying]
    return f"[{', '.join(found)}]" if found else None


def _answer_otherwise(row: Row, frame: Frame, request: Request) -> None:
    """Add what a status says of a call; what has no error's answers nothing."""
    if has_error_status(frame):
        row.kind = "error"
        _answer(row, frame, request)


def _answer(row: Row, frame: Frame, request: Request) -> None:
    row.answers, row.answers_member = request.mark, request.place
    if request.time and frame.time >= request.time:
        row.latency_ns = frame.time - request.time


def _fail(row: Row, error: Any) -> None:
    if not isinstance(error, dict):
        row.error_message = json_text(error)
        return
    code, message = error.get("code"), error.get("message")
    row.error_code = code if type(code) is int and -FAR <= code < FAR else None
    row.error_message = message if isinstance(message, str) else None
