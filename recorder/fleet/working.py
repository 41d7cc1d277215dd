"""A worker: gets a notice of each session that begins in a stream, and has its unit done when that is over.

Rule: a notice is acknowledged after the results of its unit have been written. If a worker dies before that, another one gets
the notice; a worker that gets it again finds by the written results that the unit is done. One unit at a time: for more work,
start more workers. A unit of which several workers have died is put aside, and that is reported; how often its notice was
delivered says nothing about that, because it is delivered again while its session lasts. A worker that needs too long for a
unit ends itself, as if it had been killed.
"""

from __future__ import annotations

import asyncio
import re
import shlex
import tempfile
from collections.abc import AsyncIterator
from contextlib import AbstractContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig, ConsumerInfo
from nats.js.errors import APIError, NotFoundError

from recorder.errors import InputError
from recorder.fleet.address import StreamAddress
from recorder.fleet.collecting import Collected, collected, spooled
from recorder.fleet.connection import AGAIN, CONNECT_TIMEOUT, UNREACHED, Say, connected, opened, why
from recorder.fleet.fetching import Spool
from recorder.fleet.finding import Finder
from recorder.fleet.limiting import LIMIT, Limit
from recorder.fleet.parcels import Parcel, pattern
from recorder.fleet.units import MOST_DEATHS, Decision, Job, Session, Unit, decide, pause

GIVEN_UP = 30.0
"""Seconds after which a worker that gives no sign of life counts as dead, and another one gets its notice."""

ALIVE = 3
"""How many signs of life a worker gives in this time."""

LOOK = 0.5
"""Seconds for which a worker waits for a notice before it checks whether it is to end."""

UNLIMITED = -1

_NAME = re.compile(r"[A-Za-z0-9_-]+")


class Doing(Protocol):
    """What is done with units."""

    @property
    def what(self) -> str:
        """A text that identifies what is done: another one for other options or files."""

    def done(self, stream: str, unit: Unit) -> int:
        """The place in the stream up to which a unit has been done; 0 if it has not been done."""

    def trying(self, stream: str, unit: Unit) -> AbstractContextManager[int]:
        """A block in which a unit is done; gives how many workers have died in it since it was last done."""

    def do(self, job: Job) -> None:
        """Do a unit; called in a thread."""

    def put_aside(self, stream: str, unit: Unit, look: str) -> None:
        """Report that a unit is not done because workers die of it, and record it as done.

        Args:
            stream: as in `Job`.
            unit: the unit.
            look: the command that shows the unit to the user.
        """

    def nothing_left(self, stream: str, first: int) -> None:
        """Report the results of all units that were done; called when a worker ends because nothing is left.

        Args:
            stream: as in `Job`.
            first: the first place that the stream still has.
        """


@dataclass(frozen=True)
class Working:
    """The settings of a worker.

    Args:
        address: the address of the stream.
        name: the name of the work, which the workers that share it have in common.
        idle: seconds of silence after which a session counts as over.
        once: whether to end when nothing is left; sessions that were not closed are then done as they are.
        say: called with one line about the connection, and about a message that is not a notice.
        limit: seconds after which a unit is given up, and this process ends.
    """

    address: StreamAddress
    name: str
    idle: float
    once: bool
    say: Say
    limit: float = LIMIT


async def work(how: Working, doing: Doing, stop: asyncio.Event) -> None:
    """Work until told to stop, or until nothing is left.

    Args:
        how: the settings.
        doing: does the units.
        stop: set to end after the present unit.

    Raises:
        InputError: the stream cannot be used, the name cannot be that of a consumer or is that of other work, or results
            cannot be written.
    """
    if not _NAME.fullmatch(how.name):
        raise InputError(f"--name {how.name!r}: write it with letters, digits, - and _")
    async with connected(how.address, say=how.say) as client:
        with Limit(how.limit) as limit:
            worker, quiet = _Worker(how, doing, client, limit), False
            while not stop.is_set():
                try:
                    if await worker.turn():
                        break
                    quiet = False
                except UNREACHED as error:  # the connection comes back by itself, and so does the notice
                    if client.is_connected and not quiet:
                        quiet = True
                        how.say(f"{how.address}: {why(error)}; trying again")
                    await asyncio.sleep(AGAIN)
                    await worker.check()
        await client.flush()


class _Worker:
    """One worker, connected."""

    def __init__(self, how: Working, doing: Doing, client: Client, limit: Limit) -> None:
        self._how, self._doing, self._client, self._limit = how, doing, client, limit
        self._name = how.address.stream
        self._stream = client.jetstream(timeout=CONNECT_TIMEOUT)
        self._finder = Finder(client, self._stream, self._name)
        self._id = ""
        self._patience = GIVEN_UP
        self._notices: JetStreamContext.PullSubscription | None = None

    async def _begun(self) -> JetStreamContext.PullSubscription:
        """Take part in the work of this name; begin it if nobody has."""
        await opened(self._client, self._how.address)
        found = await self._stream.stream_info(self._name)
        self._id = f"{self._name} of {found.created}"
        consumer = await self._consumer()
        self._patience = consumer.config.ack_wait or GIVEN_UP
        await self._finder.compare_clocks()
        return await self._stream.pull_subscribe_bind(self._how.name, stream=self._name)

    async def _consumer(self) -> ConsumerInfo:
        what = f"recorder work: {self._doing.what}"
        try:
            found: ConsumerInfo = await self._stream.consumer_info(self._name, self._how.name)
        except NotFoundError:
            try:
                return await self._stream.add_consumer(
                    self._name,
                    ConsumerConfig(
                        durable_name=self._how.name,
                        description=what,
                        filter_subject=pattern(self._name, kind="opened"),
                        ack_policy=AckPolicy.EXPLICIT,
                        ack_wait=GIVEN_UP,
                        max_ack_pending=UNLIMITED,  # a notice waits while its session lasts
                    ),
                )
            except APIError as error:
                raise InputError(
                    f"the consumer {self._how.name} cannot be made: {error.description}", file=str(self._how.address)
                ) from error
        if found.config.description != what:
            raise InputError(
                f"workers named {self._how.name} do something else here (other options, or files that changed); "
                f"use another --name, or end that work with `nats consumer rm {self._name} {self._how.name}`",
                file=str(self._how.address),
            )
        return found

    async def check(self) -> None:
        """Check that the consumer for this work still exists, if the servers can be asked.

        Raises:
            InputError: it does not.
        """
        if self._notices is None:
            return
        try:
            await self._notices.consumer_info()
        except NotFoundError as error:
            raise InputError(
                "the stream, or the consumer for this work, is gone; begin again", file=str(self._how.address)
            ) from error
        except UNREACHED:
            return

    async def turn(self) -> bool:
        """Look at one notice, if there is one; True if nothing is left."""
        notices = self._notices = self._notices or await self._begun()
        try:
            (notice,) = await notices.fetch(1, timeout=LOOK)
        except TimeoutError:
            if not self._how.once:
                return False
            known = await notices.consumer_info()
            if known.num_pending or known.num_ack_pending:
                return False
            found = await self._stream.stream_info(self._name)
            self._doing.nothing_left(self._id, found.state.first_seq)
            return True
        async with _said_alive(notice, self._patience / ALIVE):
            again = await self._look(notice)
        if again is None:
            await notice.ack()
        else:
            await notice.nak(delay=again)
        return False

    async def _look(self, notice: Msg) -> float | None:
        """Do what a notice asks for; returns in how many seconds to look again, None for never."""
        try:
            parcel = Parcel.read(notice.subject, notice.headers, notice.data)
        except InputError as error:
            self._how.say(str(error))
            return None
        session, idle = Session(parcel.run, parcel.session), self._how.idle
        unit = await self._finder.alone(session)
        if unit is None:
            return None
        decision: Decision = "wait"
        if unit.over(idle):
            known = self._finder.known(unit)
            unit = known if known and not known.responsible(session) else await self._finder.whole(unit)
            decision = decide(unit, session, idle, self._doing.done(self._id, unit))
        if decision == "do" and not await self._do(unit):
            decision = "wait"
        if decision == "wait":
            return pause(notice.metadata.num_delivered, unit.silent)
        finished = decision == "leave" or unit.closed or self._how.once
        return None if finished else pause(notice.metadata.num_delivered, max(unit.silent, idle))

    async def _do(self, unit: Unit) -> bool:
        """Have a unit done or put aside; False if lines of it are still on their way."""
        with self._doing.trying(self._id, unit) as died:
            if died < MOST_DEATHS:
                return await self._tried(unit)
            what = (
                f"--channel {shlex.quote(unit.channel)}"
                if unit.channel
                else f"--run {shlex.quote(unit.sessions[0].run)}"
            )
            self._doing.put_aside(
                self._id, unit, f"recorder gather {self._how.address} {what} -o {shlex.quote(f'{unit.name}.jsonl')}"
            )
        return True

    async def _tried(self, unit: Unit) -> bool:
        with tempfile.TemporaryDirectory(prefix="recorder-work-") as name, tempfile.TemporaryFile(dir=name) as file:
            folder, spool = Path(name), Spool(file, whole=False)
            await spooled(self._client, self._stream, self._name, unit, spool)
            with self._limit.of(self._given_up(unit)):
                try:
                    found = await asyncio.to_thread(collected, spool, folder)
                except InputError as error:
                    found = Collected((), 0, [str(error)], 0)
                if found.unsettled and unit.silent < self._how.idle:
                    return False
                await asyncio.to_thread(
                    self._doing.do, Job(self._id, unit, found.captures, found.events, found.said, folder)
                )
        return True

    def _given_up(self, unit: Unit) -> str:
        return (
            f"{unit.name}: given up, because it takes longer than {self._how.limit:g} s (--limit); this worker ends, and "
            f"after {MOST_DEATHS} of them the unit is put aside"
        )


@asynccontextmanager
async def _said_alive(notice: Msg, every: float) -> AsyncIterator[None]:
    """Say now and then that a notice is being worked on."""

    async def tell() -> None:
        while True:
            await asyncio.sleep(every)
            await notice.in_progress()

    telling = asyncio.ensure_future(tell())
    try:
        yield
    finally:
        telling.cancel()
        await asyncio.gather(telling, return_exceptions=True)
