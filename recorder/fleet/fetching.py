"""From a stream to captures on disk.

Rule: a capture is made of what the stream had of it when fetching began: each line once, in its order; what is missing is
reported. Memory holds a few numbers for each parcel, and the parcels that overlap; everything else is on disk.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
from array import array
from collections.abc import Iterator
from contextlib import aclosing
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from struct import Struct
from typing import BinaryIO

from nats.js import JetStreamContext

from recorder import capture
from recorder.errors import InputError
from recorder.fleet.address import StreamAddress
from recorder.fleet.connection import UNREACHED, Say, connected, opened, why
from recorder.fleet.joining import Pieces, Tally, joined
from recorder.fleet.openings import Openings
from recorder.fleet.parcels import GENERAL, Parcel, names_of, numbers, pattern, ranges, token
from recorder.fleet.reading import StreamMessage, Unpacking, read
from recorder.model import Header

SHORT = 8
"""Least characters of a run's id that are shown; more, if that does not tell it from the others."""

_record = Struct("<QIII")
"""The head of a parcel on disk: its place, its session, the length of its line numbers as text, the length of its lines."""


@dataclass(frozen=True)
class Wanted:
    """What to take out of a stream.

    Args:
        run: the id of a run, or the beginning of ids; empty for all runs.
        channel: only the sessions of this channel; empty for all.
        since: only what the stream has stored since this time of its server's clock, in nanoseconds since 1970; 0 for all.
            The opening of a session that began before comes too.
    """

    run: str = ""
    channel: str = ""
    since: int = 0


@dataclass(frozen=True)
class Fetched:
    """A capture that was fetched.

    Args:
        name: the id of its run, shortened, with the value of `--meta` if the recording has just one.
        path: the file.
        events: how many events it has.
        unsettled: how many of its lines were not in the stream yet, although later ones were.
    """

    name: str
    path: Path
    events: int
    unsettled: int


def fetch(address: StreamAddress, wanted: Wanted, folder: Path, say: Say = lambda _text: None) -> list[Fetched]:
    """Take captures out of a stream, up to the message that is its last one now.

    Args:
        address: the address of the stream.
        wanted: what to take.
        folder: an empty folder for the captures.
        say: called with one line about what is missing, and about trouble.

    Returns:
        The captures, in the order of their first parcels.

    Raises:
        InputError: there is nothing, or the stream cannot be read.
    """
    with tempfile.TemporaryFile(dir=folder) as file:
        spool = Spool(file, whole=not wanted.channel and not wanted.since)
        asyncio.run(_spooled(address, wanted, spool, say))
        for text in spool.unpacking.said():
            say(f"{address}: {text}")
        found = list(spool.captures(folder, say))
    if not found:
        raise InputError(f"the stream has nothing{_of(wanted)}", file=str(address))
    return found


def _of(wanted: Wanted) -> str:
    parts = [
        (wanted.run, f" of run {wanted.run}"),
        (wanted.channel, f" of channel {wanted.channel}"),
        (wanted.since, " that came since then"),
    ]
    return "".join(text for given, text in parts if given)


async def _spooled(address: StreamAddress, wanted: Wanted, spool: Spool, say: Say) -> None:
    """Take all parcels that are wanted."""
    async with connected(address, say=say) as client:
        try:
            stream = await opened(client, address)
            until = (await stream.stream_info(address.stream)).state.last_seq
            selected = await select(stream, address.stream, wanted)
        except UNREACHED as error:
            raise InputError(why(error), file=str(address)) from error
        openings = Openings(stream, address.stream, wanted.since)
        for subject in selected:
            async with aclosing(read(client, stream, address.stream, subject, since=wanted.since)) as batches:
                async for batch in batches:
                    came = [spool.add(message) for message in batch if message.sequence <= until]
                    for parcel in (await openings.before(filter(None, came))).values():
                        spool.add_early(parcel)
                    if batch[-1].sequence >= until:
                        break


async def select(stream: JetStreamContext, name: str, wanted: Wanted) -> list[str]:
    """The subjects of what is wanted; no two of them match the same message.

    The channel of a session is known only some frames after its beginning. So the sessions are found first whose later
    parcels have the channel, and then all of their parcels are taken.
    """
    if wanted.channel:
        info = await stream.stream_info(name, subjects_filter=pattern(name, channel=wanted.channel))
        having = {(run, session) for run, session, *_rest in map(names_of, info.state.subjects or {})}
        having = {(run, session) for run, session in having if run.startswith(wanted.run)}
        runs = {run for run, _session in having}
        return [pattern(name, run=run, session=session) for run, session in sorted(having)] + [
            pattern(name, run=run, session=str(GENERAL)) for run in sorted(runs)
        ]
    if wanted.run:
        info = await stream.stream_info(name, subjects_filter=pattern(name, session=str(GENERAL)))
        runs = {run for run, *_rest in map(names_of, info.state.subjects or {})}
        found = sorted(run for run in runs if run.startswith(wanted.run))
        return [pattern(name, run=run) for run in found or [wanted.run]]
    return [f"{name}.>"]


@dataclass
class _Run:
    """The parcels of a run."""

    tally: Tally
    firsts: array[int] = field(default_factory=lambda: array("Q"))  # the first line of each parcel
    offsets: array[int] = field(default_factory=lambda: array("Q"))  # and its place in the file
    pieces: Pieces = field(default_factory=Pieces)


class Spool:
    """Parcels on disk, in the order in which they came.

    Args:
        file: where they are put.
        whole: whether all lines of their runs come.

    Attributes:
        unpacking: makes parcels of messages.
    """

    def __init__(self, file: BinaryIO, *, whole: bool = True) -> None:
        self._file, self._whole, self._end = file, whole, 0
        self._runs: dict[str, _Run] = {}
        self.unpacking = Unpacking()

    def add(self, message: StreamMessage) -> Parcel | None:
        """Take a message; returns its parcel, or None if it is not one."""
        if (parcel := self.unpacking.parcel(message)) is not None:
            run = self._runs.setdefault(parcel.run, _Run(Tally(whole=self._whole)))
            run.tally.hear(parcel)
            if parcel.kind != "ended":
                self._keep(run, parcel)
        return parcel

    def add_early(self, parcel: Parcel) -> None:
        """Take the opening of a session that began before what is wanted, or the header of its run."""
        run = self._runs[parcel.run]
        run.tally.early[parcel.session] = parcel.place + len(parcel.numbers)
        self._keep(run, parcel)

    def _keep(self, run: _Run, parcel: Parcel) -> None:
        if (whole := run.pieces.add(parcel)) is None:
            return
        told = ranges(whole.numbers).encode()
        head = _record.pack(whole.place, whole.session, len(told), len(whole.lines))
        run.firsts.append(whole.numbers[0])
        run.offsets.append(self._end)
        self._end += self._file.write(head + told + whole.lines)

    def captures(self, folder: Path, say: Say) -> Iterator[Fetched]:
        """Write the captures, one for each run."""
        self._file.flush()
        short = short_ids(list(self._runs))
        for name, run in self._runs.items():
            path = folder / f"{token(name)}.jsonl"
            with path.open("wb") as file:
                if made_up := not run.firsts or min(run.firsts) > 1:
                    file.write(capture.dump(_made_up(name)))
                for lines in joined(self._parcels(name, run), run.tally):
                    file.write(b"".join(lines))
            with path.open("rb") as written:
                told = capture.load([written.readline()], file=f"run {name}")[0].meta
            shown = f"{short[name]} ({next(iter(told.values()))})" if len(told) == 1 and not made_up else short[name]
            for text in run.tally.said():
                say(f"run {shown}: {text}")
            yield Fetched(shown, path, run.tally.lines - (not made_up), run.tally.unsettled)

    def _parcels(self, name: str, run: _Run) -> Iterator[Parcel]:
        """The parcels of a run, ascending by their first lines."""
        firsts, offsets, handle = run.firsts, run.offsets, self._file.fileno()
        for at in sorted(range(len(firsts)), key=firsts.__getitem__):
            offset = offsets[at]
            place, session, told, size = _record.unpack(os.pread(handle, _record.size, offset))
            rest = os.pread(handle, told + size, offset + _record.size)
            yield Parcel(
                run=name,
                session=session,
                numbers=numbers(rest[:told].decode(), len(rest)),
                place=place,
                lines=rest[told:],
            )


def short_ids(runs: list[str]) -> dict[str, str]:
    """The beginning of each run's id, long enough to tell it from the others."""
    size = next(size for size in count(SHORT) if len({run[:size] for run in runs}) == len(runs))
    return {run: run[:size] for run in runs}


def _made_up(run: str) -> Header:
    """A header for a run whose own is not in the stream."""
    return Header(
        format=capture.FORMAT,
        run=run,
        recorder="unknown",
        meta={"header": "made up: the stream does not have this run's own"},
    )
