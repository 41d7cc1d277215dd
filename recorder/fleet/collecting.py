"""Takes the captures of a unit out of a stream.

Rule: see `fetching`. Events without a session (scenarios, notes) belong to a unit if they were written while the unit lasted;
the others are about something else.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path

from nats.aio.client import Client
from nats.js import JetStreamContext

from recorder import capture
from recorder.errors import InputError
from recorder.fleet.fetching import Spool
from recorder.fleet.parcels import GENERAL, pattern
from recorder.fleet.reading import read
from recorder.fleet.units import Session, Unit
from recorder.model import Note, Refused, Scenario

FRAME = b'{"event":"frame"'
"""How the lines of frames begin, which are most of all."""


@dataclass(frozen=True)
class Collected:
    """The captures of a unit.

    Args:
        captures: a file for each run.
        events: how many events of the unit's sessions they have.
        said: a line about each thing that is missing, and about messages that are not parcels.
        unsettled: how many lines were not in the stream yet, although later ones were.
    """

    captures: Sequence[Path]
    events: int
    said: Sequence[str]
    unsettled: int


async def spooled(client: Client, stream: JetStreamContext, name: str, unit: Unit, spool: Spool) -> None:
    """Read all parcels of a unit into a spool.

    Args:
        client: the connection.
        stream: the stream, by that connection.
        name: the name of the stream.
        unit: the unit.
        spool: takes the parcels.

    Raises:
        InputError: the stream cannot be read.
    """
    general = dict.fromkeys(Session(run, GENERAL) for run, _number in unit.sessions)
    for run, number in [*unit.sessions, *general]:
        subject = pattern(name, run=run, session=str(number))
        async with aclosing(read(client, stream, name, subject)) as batches:
            async for batch in batches:
                for message in batch:
                    spool.add(message)


def collected(spool: Spool, folder: Path) -> Collected:
    """Make the captures of a unit from its parcels.

    Args:
        spool: has the parcels.
        folder: an empty folder for the captures.

    Raises:
        InputError: the header of a run is malformed.
    """
    captures: list[Path] = []
    said = list(spool.unpacking.said())
    events = unsettled = 0
    (whole := folder / "whole").mkdir()
    for found in spool.captures(whole, said.append):
        target = folder / found.path.name
        count = 0
        with found.path.open("rb") as lines, target.open("wb") as file:
            for line, own in narrowed(lines):
                file.write(line)
                count += own
        if count:
            captures.append(target)
        events += count
        unsettled += found.unsettled
    return Collected(captures, events, said, unsettled)


def narrowed(lines: Iterable[bytes]) -> Iterator[tuple[bytes, bool]]:
    """The lines of a capture of some sessions, without the events of no session that are not about them.

    Left out are those before their first event, except the scenario in which that is; those after their last event; and
    refused handshakes.

    Args:
        lines: the lines of the capture, which begins with its header.

    Returns:
        Each line that is kept, and whether it is of a session.
    """
    rest = iter(lines)
    header = next(rest, b"")
    reader = capture.Reader(header)
    yield header, False
    held: list[bytes] = []
    begun = False
    for line in rest:
        event = None if line.startswith(FRAME) else _event(reader, line)
        if not isinstance(event, Scenario | Note | Refused):
            yield from ((one, False) for one in held)
            yield line, True
            held, begun = [], True
        elif isinstance(event, Scenario) and not begun:
            held = [line]
        elif begun and not isinstance(event, Refused):
            held.append(line)


def _event(reader: capture.Reader, line: bytes) -> object:
    try:
        return reader.event(line, 0)
    except InputError:  # reported where the capture is read
        return None
