"""Follows a stream: gives the lines of its runs as one timeline, while they come.

Rule: what the stream has comes first, then what is added. A line is held back for a moment, so that earlier lines of other
runs can come before it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import aclosing, suppress

from nats.aio.client import Client
from nats.js import JetStreamContext

from recorder.errors import InputError
from recorder.fleet.address import StreamAddress
from recorder.fleet.connection import UNREACHED, Say, connected, opened, why
from recorder.fleet.fetching import SHORT, Wanted, select
from recorder.fleet.openings import Openings
from recorder.fleet.ordering import Line, Ordering
from recorder.fleet.parcels import Parcel
from recorder.fleet.reading import Unpacking, read
from recorder.fleet.units import Session
from recorder.model import SECOND

HELD = 3 * SECOND // 2
"""Nanoseconds for which lines are held back: lines that reach the stream within this time are in order."""

EVERY = 0.2
"""Seconds between two times at which due lines are given."""

LOOK = 2.0
"""Seconds between two searches for further sessions of a channel."""

Give = Callable[[list[Line]], None]


async def follow(
    address: StreamAddress, wanted: Wanted, give: Give, say: Say, until: asyncio.Event, *, endless: bool = False
) -> None:
    """Give the lines of a stream as they come.

    Args:
        address: the address of the stream.
        wanted: what to take.
        give: called with the next lines, in order, without headers of captures; first with an empty list, as soon as the
            stream is there.
        say: called with one line about trouble, and at the end about what is missing.
        until: set to end it; what is held back is given then.
        endless: whether to go on when all runs have ended.

    Raises:
        InputError: the stream cannot be read.
    """
    async with connected(address, say=say) as client:
        try:
            stream = await opened(client, address)
        except UNREACHED as error:
            raise InputError(why(error), file=str(address)) from error
        give([])
        following = _Following(client, stream, address.stream, wanted, give)
        try:
            await following.run(until, endless=endless)
        finally:
            await following.end()
        for line in following.said():
            say(line)


class _Following:
    """A reader for each subject that is wanted, and the order of what they read."""

    def __init__(self, client: Client, stream: JetStreamContext, name: str, wanted: Wanted, give: Give) -> None:
        self._client, self._stream, self._name, self._wanted, self._give = client, stream, name, wanted, give
        self._ordering = Ordering(whole=not wanted.channel, midway=bool(wanted.since))
        self._openings = Openings(stream, name, wanted.since)
        self._readers: dict[str, asyncio.Task[None]] = {}
        self._read: dict[str, int] = {}  # by subject, the time up to which it has been read; 0 if that is now
        self._ahead: int | None = None  # how much this clock is ahead of the server's at most
        self._unpacking = Unpacking()

    async def run(self, until: asyncio.Event, *, endless: bool) -> None:
        """Read until it is ended, or all runs have."""
        look = 0.0
        while not until.is_set():
            if (self._wanted.channel and time.monotonic() >= look) or not self._readers:
                with suppress(*UNREACHED):
                    await self._look()
                look = time.monotonic() + LOOK
            for reader in self._readers.values():
                if reader.done():
                    reader.result()
            self._give_due()
            if not endless and self._ordering.ended and not any(self._read.values()):
                return
            with suppress(TimeoutError):
                async with asyncio.timeout(EVERY):
                    await until.wait()

    async def _look(self) -> None:
        for subject in await select(self._stream, self._name, self._wanted):
            if subject not in self._readers:
                self._read[subject] = 1
                self._readers[subject] = asyncio.create_task(self._follow(subject))

    async def _follow(self, subject: str) -> None:
        reading = read(self._client, self._stream, self._name, subject, since=self._wanted.since, follow=True)
        async with aclosing(reading) as batches:
            async for batch in batches:
                came: list[tuple[Parcel, int]] = []
                for message in batch:
                    if (parcel := self._unpacking.parcel(message)) is None:
                        continue
                    ahead = time.monotonic_ns() - message.stored
                    self._ahead = ahead if self._ahead is None else min(self._ahead, ahead)
                    came.append((parcel, message.stored))
                early = await self._openings.before(parcel for parcel, _stored in came)
                for parcel, stored in came:
                    self._ordering.add(parcel, stored, early.pop(Session(parcel.run, parcel.session), None))
                self._read[subject] = batch[-1].stored if batch and batch[-1].left else 0
                self._give_due()

    def _now(self) -> int:
        """The time of the server's clock, or a little less."""
        return time.monotonic_ns() - (self._ahead or 0)

    def _give_due(self) -> None:
        until = min([self._now(), *filter(None, self._read.values())]) - HELD
        if lines := list(self._ordering.due(until)):
            self._give(lines)

    async def end(self) -> None:
        """End the readers, and give what is held back."""
        for reader in self._readers.values():
            reader.cancel()
        await asyncio.gather(*self._readers.values(), return_exceptions=True)
        self._give(list(self._ordering.rest(self._now())))

    def said(self) -> Iterator[str]:
        """A line about each thing that is missing."""
        yield from (f"run {run[:SHORT]}: {text}" for run, text in self._ordering.said())
        yield from self._unpacking.said()
