"""The openings of sessions that began before the part of a stream that is read, and the headers of their runs.

Rule: without these the rest cannot be understood. So they are requested one by one, when the first parcel that comes of a
session is not its first; a request finds one quickly, wherever it is in the stream.
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
    """Finds openings and headers.

    Args:
        stream: the stream.
        name: the name of the stream.
        since: the time of the server's clock from which on the stream is read, in nanoseconds since 1970; 0 if it is read
            from its beginning, so that nothing precedes.
    """

    def __init__(self, stream: JetStreamContext, name: str, since: int) -> None:
        self._stream, self._name, self._since = stream, name, since
        self._known: set[Session] = set()

    async def before(self, parcels: Iterable[Parcel]) -> dict[Session, Parcel]:
        """The openings and headers that the next parcels need.

        Args:
            parcels: the parcels, as they come, each once.

        Returns:
            The opening of each session that began before, once; and the header of its run, as of the session `GENERAL`.
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
            with suppress(InputError):  # a message that is not a parcel is reported by those who read the stream
                parcel = Parcel.read(found.subject or "", found.headers, found.data or b"")
                if is_whole(parcel) and (whole := pieces.add(parcel)) is not None:
                    return whole
