"""Finds the unit of a session in a stream.

Rule: asking again is cheap: a session that still goes on costs three small requests, however large the stream is. Only for a
session that is over are all subjects of the stream searched for the other sessions of its channel.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Iterable, Iterator
from typing import NamedTuple

from nats.aio.client import Client
from nats.js import JetStreamContext
from nats.js.api import RawStreamMsg
from nats.js.errors import NotFoundError

from recorder.fleet.connection import CONNECT_TIMEOUT
from recorder.fleet.parcels import GENERAL, names_of, pattern
from recorder.fleet.units import Member, Session, Unit
from recorder.model import SECOND
from recorder.settings import parse_moment

KNOWN = 10.0
"""Seconds for which the sessions of a channel are remembered: the other ones are asked for soon afterwards."""

MANY = 10_000
"""Most channels that are remembered."""


class _Seen(NamedTuple):
    """What the stream shows of a session; `last` and `silent` mean what they do in a `Unit`."""

    session: Session
    channel: str
    noticed: bool
    closed: bool
    ended: bool
    last: int
    silent: float

    def member(self, joined: int = 0) -> Member:
        """The session as a member of a unit."""
        return Member(self.session, joined, noticed=self.noticed, closed=self.closed, ended=self.ended)


class Finder:
    """Looks for units in a stream.

    Args:
        client: the connection.
        stream: the stream, by that connection.
        name: the name of the stream.
    """

    def __init__(self, client: Client, stream: JetStreamContext, name: str) -> None:
        self._client, self._stream, self._name = client, stream, name
        self._ahead = 0.0
        self._known: dict[str, tuple[float, Unit]] = {}

    async def compare_clocks(self) -> None:
        """Learn by how much the server's clock is ahead; 0 for a server older than 2.10, which does not tell its time."""
        answer = await self._client.request(f"$JS.API.STREAM.INFO.{self._name}", timeout=CONNECT_TIMEOUT)
        told = json.loads(answer.data).get("ts")
        moment = parse_moment(told) if told else None
        self._ahead = moment / SECOND - time.time() if moment is not None else 0.0

    async def alone(self, session: Session) -> Unit | None:
        """A session as if it were a unit, with its channel; None if the stream has nothing of it any more."""
        seen = await self._see(session)
        return Unit(seen.channel, [seen.member()], seen.last, seen.silent) if seen is not None else None

    async def whole(self, unit: Unit) -> Unit:
        """The whole unit of a session, given what `alone` has returned: with all other sessions of its channel."""
        if not unit.channel:
            return unit
        subjects = await self._subjects(pattern(self._name, channel=unit.channel))
        sessions = sorted({session for session, _channel, _kind in subjects})
        seen = [one for one in await asyncio.gather(*map(self._see, sessions)) if one is not None]
        if not seen:
            return unit
        joined = await asyncio.gather(*(self._joined(one) for one in seen))
        members = [one.member(place) for one, place in zip(seen, joined, strict=True)]
        found = Unit(unit.channel, members, max(one.last for one in seen), min(one.silent for one in seen))
        if len(self._known) >= MANY:
            self._known.clear()
        self._known[unit.channel] = time.monotonic(), found
        return found

    def known(self, unit: Unit) -> Unit | None:
        """The unit that `whole` has returned not long ago for the channel, if it has the session.

        It is enough to see that another session is responsible for the unit: that does not change any more.
        """
        asked, found = self._known.get(unit.channel, (-KNOWN, unit))
        return found if time.monotonic() - asked < KNOWN and unit.members[0].session in found.sessions else None

    async def _see(self, session: Session) -> _Seen | None:
        every = pattern(self._name, run=session.run, session=str(session.number))
        subjects, last = await asyncio.gather(self._subjects(every), self._last(every))
        if last is None:
            return None
        kinds = {kind for _session, _channel, kind in subjects}
        closed = "closed" in kinds
        return _Seen(
            session=session,
            channel=max((channel for _session, channel, _kind in subjects), default=""),
            noticed="opened" in kinds,
            closed=closed,
            ended=not closed and await self._ended_after(session.run, last.seq or 0),
            last=last.seq or 0,
            silent=max(time.time() + self._ahead - last.time.timestamp(), 0.0) if last.time is not None else 0.0,
        )

    async def _joined(self, seen: _Seen) -> int:
        """The place in the stream of its first parcel that names its channel."""
        session = seen.session
        with_it = pattern(self._name, run=session.run, session=str(session.number), channel=seen.channel)
        first = await _or_none(self._stream.get_msg(self._name, seq=1, subject=with_it, next=True))
        return first.seq or 0 if first is not None else 0

    async def _ended_after(self, run: str, place: int) -> bool:
        """Whether a run has ended after this place of the stream."""
        end = await self._last(pattern(self._name, run=run, session=str(GENERAL), kind="ended"))
        return end is not None and (end.seq or 0) > place

    async def _subjects(self, subject: str) -> list[tuple[Session, str, str]]:
        """The sessions, channels and kinds of the subjects that match."""
        found = await self._stream.stream_info(self._name, subjects_filter=subject)
        return [*_read(found.state.subjects or ())]

    async def _last(self, subject: str) -> RawStreamMsg | None:
        return await _or_none(self._stream.get_last_msg(self._name, subject))


def _read(subjects: Iterable[str]) -> Iterator[tuple[Session, str, str]]:
    for subject in subjects:
        run, session, _profile, channel, kind = names_of(subject)
        if session.isdecimal():  # else the message is not of a recorder
            yield Session(run, int(session)), channel, kind


async def _or_none(message: Awaitable[RawStreamMsg]) -> RawStreamMsg | None:
    try:
        return await message
    except NotFoundError:
        return None
