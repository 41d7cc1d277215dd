"""Parcels on their way to a stream: sent, and sent again until the stream has them.

Rule: a parcel is held until it is acknowledged; no more than `MOST_HELD` bytes are held. A parcel that is refused, or gets no
answer, is sent again; sending twice is harmless, because a server knows the ids of parcels. While something is wrong, only
the first parcel is tried.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from nats.aio.client import Client
from nats.errors import MaxPayloadError
from nats.js import JetStreamContext
from nats.js.api import PubAck
from nats.js.errors import NoStreamResponseError, NotFoundError

from recorder.fleet.connection import AGAIN, UNREACHED, why
from recorder.fleet.parcels import Parcel

MOST_HELD, MOST_PARCELS = 1 << 23, 2_000
"""Bytes, and parcels, that are on their way."""

ANSWER = 5.0
"""Seconds until a parcel without an answer is sent again."""


class Gone(Exception):  # noqa: N818 - what has happened
    """The stream does not exist any more, or accepts only smaller messages: what it has must be asked again."""


class Another(Gone):
    """Another stream has this name, or the stream has lost its messages: everything must be sent again."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in a capture.

    Args:
        line: the number of a line; the header is 1.
        offset: how many bytes the capture has up to the end of that line.
    """

    line: int
    offset: int


@dataclass(slots=True)
class _Held:
    parcel: Parcel
    end: Mark | None  # for the last parcel of some lines: where they end
    answer: asyncio.Future[PubAck] | None = None
    sent: float = 0.0


class Window:
    """The parcels of a capture that are on their way.

    Args:
        client: the connection.
        stream: the stream, by that connection.
        name: the name of the stream.
        taken: up to where the stream has the capture.
        emptied: see `Parcel`.
        had: how many messages the stream has had.

    Attributes:
        taken: up to where the stream has the capture now.
        trouble: why a parcel was not accepted; empty while all goes well.
    """

    def __init__(
        self, client: Client, stream: JetStreamContext, name: str, taken: Mark, emptied: int, had: int
    ) -> None:
        self._client, self._stream, self._name, self._emptied = client, stream, name, emptied
        self.taken, self.trouble = taken, ""
        self._held: deque[_Held] = deque()
        self._bytes = 0
        self._had = self._highest = had

    @property
    def room(self) -> bool:
        """Whether there is room for more parcels."""
        return self._bytes < MOST_HELD and len(self._held) < MOST_PARCELS

    @property
    def empty(self) -> bool:
        """Whether nothing is on its way."""
        return not self._held

    def put(self, parcels: Sequence[Parcel], end: Mark) -> None:
        """Send more parcels.

        Args:
            parcels: parcels of the next lines of the capture.
            end: where those lines end.
        """
        for parcel in parcels:
            self._held.append(_Held(parcel, None))
            self._bytes += len(parcel.lines)
        if self._held:
            self._held[-1].end = end
        else:
            self.taken = end

    def forget(self) -> None:
        """Wait for no more answers: what has not been acknowledged is sent again."""
        for held in self._held:
            if held.answer is not None and (held.answer.cancel() or held.answer.exception() is not None):
                held.answer = None

    async def turn(self, seconds: float, or_until: Iterable[asyncio.Future[Any]] = ()) -> None:
        """Send what can be sent, wait for answers, and handle them.

        Args:
            seconds: the longest wait.
            or_until: the wait ends sooner if one of these is done.

        Raises:
            Gone: the stream does not exist any more.
        """
        awaited = {*or_until}
        if not self._client.is_connected:
            self.trouble = self.trouble or "the connection is lost"
            self.forget()
            await _first(awaited, seconds)
            return
        self._send()
        if self._held and (answer := self._held[0].answer) is not None:
            awaited.add(answer)
        await _first(awaited, seconds)
        if not await self._take():
            self.forget()
            await asyncio.sleep(AGAIN)

    def _send(self) -> None:
        for held in self._held:
            if held.answer is None:
                parcel = replace(held.parcel, taken=self.taken.line, sent=time.time_ns(), emptied=self._emptied)
                publishing = self._stream.publish(
                    parcel.subject(self._name), parcel.lines, timeout=ANSWER, headers=parcel.headers
                )
                held.answer = asyncio.ensure_future(publishing)  # not `publish_async`, which misses some refusals
                held.sent = time.monotonic()
            if self.trouble:
                return

    async def _take(self) -> bool:
        """Remove what was acknowledged; False if the first parcel that is left was refused, or got no answer."""
        while self._held:
            first = self._held[0]
            if first.answer is None:
                return True
            if not first.answer.done():
                if time.monotonic() - first.sent < ANSWER:
                    return True
                self.trouble = "no answer in time"
                return False
            error = first.answer.exception()
            if isinstance(error, Exception):
                await self._refused(error)
                return False
            self._check(first.answer.result())
            self._held.popleft()
            self._bytes -= len(first.parcel.lines)
            self.taken, self.trouble = first.end or self.taken, ""
        self._had = self._highest
        return True

    def _check(self, answer: PubAck) -> None:
        """Check that the numbers of the stream's messages go on."""
        if answer.duplicate:
            return
        if answer.seq <= self._had:  # its number when nothing was under way
            raise Another("another stream has its name, or it lost what it had")
        self._highest = max(self._highest, answer.seq)

    async def _refused(self, error: Exception) -> None:
        if isinstance(error, MaxPayloadError):
            raise Gone("its servers take smaller messages only") from error
        if isinstance(error, NoStreamResponseError):
            self.trouble = "no server takes it"
            try:
                await self._stream.stream_info(self._name)
            except NotFoundError as gone:
                raise Gone("the stream is gone") from gone
            except UNREACHED:
                pass  # as before: asked again, with the parcel
        else:
            self.trouble = why(error)


async def _first(awaited: Collection[asyncio.Future[Any]], seconds: float) -> None:
    """Return when one of these is done, or after some seconds."""
    if awaited:
        await asyncio.wait(awaited, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    else:
        await asyncio.sleep(seconds)
