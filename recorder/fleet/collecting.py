"""The capture of a unit: its lines, out of a stream.

Rule: each line once, in the order of its capture, byte for byte; what is missing is counted. What belongs to no session
(scenarios, notes) comes with it as far as it was written while the unit lasted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from heapq import merge
from operator import itemgetter
from pathlib import Path
from typing import NamedTuple

from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig

from recorder import __version__, capture
from recorder.fleet.parcels import GENERAL, Parcel, pattern, token
from recorder.fleet.units import Unit
from recorder.model import Header, Note, Scenario

PATIENCE = 5.0
"""Seconds to wait for parcels that the stream has."""

MANY = 500
"""Most parcels of one request."""

SHORT = 8
"""Characters of a run that its file is named by."""

Line = tuple[int, bytes]
"""A line, with its number in its capture."""


class Collected(NamedTuple):
    """What was collected.

    Args:
        captures: a file for each run.
        lines: how many there are.
        missing: what is missing, a line for each session.
    """

    captures: Sequence[Path]
    lines: int
    missing: Sequence[str]


async def collect(stream: JetStreamContext, name: str, unit: Unit, folder: Path) -> Collected:
    """Write the captures of a unit.

    Args:
        stream: where it is.
        name: of the stream.
        unit: what `Finder` found.
        folder: for the captures.

    Raises:
        InputError: a message of the stream is not a recorder's.
    """
    captures, missing, count = [], [], 0
    for number, run in enumerate(dict.fromkeys(member.session.run for member in unit.members)):
        sessions, lost = [], []
        for session in (member.session.number for member in unit.members if member.session.run == run):
            lines, gone = together(await _parcels(stream, name, run, session))
            sessions.append(lines)
            if gone:
                lost.append(f"{_counted(gone)} of session {session} of run {run}")
        own = [*merge(*sessions, key=itemgetter(0))]
        if not own:  # the stream has lost them meanwhile
            continue
        general, gone = together(await _parcels(stream, name, run, GENERAL))
        if gone:
            lost.append(f"{_counted(gone)} of no session of run {run}")
        path = folder / f"{number}-{token(run)[:SHORT]}.jsonl"
        with path.open("wb") as file:
            file.writelines(line for _number, line in merge(around(general, own, run), own, key=itemgetter(0)))
        captures.append(path)
        missing += lost
        count += len(own)
    return Collected(captures, count, missing)


def together(parcels: Iterable[Parcel]) -> tuple[list[Line], int]:
    """The lines of one session, each once and in order, and how many are missing between them and before them.

    Args:
        parcels: of the session, in any order, some maybe twice.
    """
    found: list[Line] = []
    place = missing = 0
    ordered = sorted(
        (parcel for parcel in parcels if parcel.kind != "ended"), key=lambda parcel: (parcel.place, parcel.piece)
    )
    for parcel in _whole(ordered):
        missing += max(parcel.place - place, 0)
        lines = parcel.lines.split(b"\n")[:-1]
        for at, (number, line) in enumerate(zip(parcel.numbers, lines, strict=False), parcel.place):
            if at >= place:
                found.append((number, line + b"\n"))
                place = at + 1
    return found, missing


def _whole(parcels: Iterable[Parcel]) -> Iterator[Parcel]:
    """Parcels in order, with those that came in pieces put together; an incomplete one is missing."""
    pieces: list[Parcel] = []
    for parcel in parcels:
        number, of = parcel.piece
        if of == 1:
            yield parcel
        elif number == 1:
            pieces = [parcel]
        elif pieces and pieces[0].place == parcel.place and number == len(pieces) + 1:
            pieces.append(parcel)
            if number == of:
                yield replace(parcel, lines=b"".join(piece.lines for piece in pieces), piece=(1, 1))


def around(general: Sequence[Line], own: Sequence[Line], run: str) -> Iterator[Line]:
    """The header, and those lines of no session that belong to what happened meanwhile.

    Args:
        general: lines of no session; where the header is missing, one is made.
        own: the lines of sessions; one at least.
        run: the name of the run.
    """
    has_header = bool(general) and general[0][0] == 1
    header = (
        general[0] if has_header else (1, capture.dump(Header(format=capture.FORMAT, run=run, recorder=__version__)))
    )
    rest = general[has_header:]
    yield header
    events = capture.load([header[1], *(line for _number, line in rest)])[1]
    before: Line | None = None
    for line, event in zip(rest, events, strict=True):
        if line[0] < own[0][0]:
            before = line if isinstance(event, Scenario) else before
            continue
        if before is not None:
            yield before
            before = None
        if line[0] < own[-1][0] and isinstance(event, Scenario | Note):
            yield line
    if before is not None:
        yield before


def _counted(lines: int) -> str:
    return f"{lines} line{'s' * (lines != 1)}"


async def _parcels(stream: JetStreamContext, name: str, run: str, session: int) -> list[Parcel]:
    """All parcels of a session that the stream has now."""
    consumer = await stream.add_consumer(
        name,
        ConsumerConfig(
            filter_subject=pattern(name, run=run, session=str(session)),
            ack_policy=AckPolicy.NONE,
            mem_storage=True,
            num_replicas=1,
            inactive_threshold=6 * PATIENCE,
        ),
    )
    subscription = await stream.pull_subscribe_bind(consumer.name, stream=name)
    found: list[Parcel] = []
    left = consumer.num_pending or 0
    try:
        while left:
            try:
                messages = await subscription.fetch(min(left, MANY), timeout=PATIENCE)
            except TimeoutError:  # the stream may have lost what it had
                left = (await subscription.consumer_info()).num_pending or 0
                continue
            found += [Parcel.read(message.subject, message.headers, message.data) for message in messages]
            left = messages[-1].metadata.num_pending
    finally:
        await subscription.unsubscribe()
        await stream.delete_consumer(name, consumer.name)
    return found
