"""Who opened sessions that began before the moment from which on a stream is read; and of their runs the headers.

Rule: without these the rest cannot be read, so they are asked for, one by one, when the first parcel of a session comes
that is not its first. A request finds one in the stream however much lies between.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import timedelta

from nats.js import JetStreamContext
from nats.js.errors import NotFoundError

from recorder.errors import InputError
from recorder.fleet.connection import AGAIN, UNREACHED
from recorder.fleet.joining import Pieces, is_whole
from recorder.fleet.parcels import GENERAL, Parcel, pattern
from recorder.fleet.reading import EPOCH
from recorder.fleet.units import Session


class Openings:
    """Finds what precedes parcels.

    Args:
        stream: what `opened` gave.
        name: of the stream.
        since: when the reading begins, by the server's clock, in nanoseconds since 1970; 0 for the beginning, before which
            there is nothing.
    """

    def __init__(self, stream: JetStreamContext, name: str, since: int) -> None:
        self._stream, self._name, self._since = stream, name, since
        self._known: set[Session] = set()

    async def before(self, parcels: Iterable[Parcel]) -> dict[Session, Parcel]:
        """What precedes the next parcels.

        Args:
            parcels: as they come, each once.

        Returns:
            Of each session that began before, its opening, once; and of its run the header, as of session `GENERAL`.
            What the stream no longer has is left out.
        """
        wanted = [*self._unknown(parcels)] if self._since else []
        found = await asyncio.gather(*map(self._first, wanted))
        return {session: parcel for session, parcel in zip(wanted, found, strict=True) if parcel is not None}

    def _unknown(self, parcels: Iterable[Parcel]) -> Iterator[Session]:
        for parcel in parcels:
            for number in {GENERAL, parcel.session}:
                if (session := Session(parcel.run, number)) not in self._known:
                    self._known.add(session)
                    if parcel.place or parcel.session != number:
                        yield session

    async def _first(self, session: Session) -> Parcel | None:
        kind = "opened" if session.number != GENERAL else ""
        subject = pattern(self._name, run=session.run, session=str(session.number), kind=kind)
        pieces, after = Pieces(), 0
        while True:
            try:
                found = await self._stream.get_msg(self._name, seq=after + 1, subject=subject, next=True)
            except NotFoundError:
                return None
            except UNREACHED:
                await asyncio.sleep(AGAIN)
                continue
            after = found.seq or 0
            if found.time is None or (found.time - EPOCH) // timedelta(microseconds=1) * 1000 >= self._since:
                return None  # it comes by itself
            with suppress(InputError):  # what is no parcel, who reads on finds and says
                parcel = Parcel.read(found.subject or "", found.headers, found.data or b"")
                if is_whole(parcel) and (whole := pieces.add(parcel)) is not None:
                    return whole
