"""The messages of a stream in its order, each once, whatever happens to its servers meanwhile.

Rule: a consumer is asked for as many messages as may be held, and never for more: memory is bounded, and a slow reader slows
nobody. The consumer has no name and acknowledges nothing. If it fails, another one goes on after the last message.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy
from nats.js.errors import APIError

from recorder.errors import InputError
from recorder.fleet.connection import AGAIN, UNREACHED
from recorder.fleet.joining import is_whole
from recorder.fleet.parcels import Parcel
from recorder.model import SECOND

MOST, ROOM = 64, 1 << 23
"""Most messages that are under way, and most bytes of them, estimated by the largest one so far."""

EXPIRES, BEAT = 10, 1
"""Seconds for which a request waits for messages, and between the server's signs of life meanwhile."""

PATIENCE = 4
"""Seconds without a sign of life after which a consumer is given up."""

FORGOTTEN = 60
"""Seconds after which the server removes a consumer that nobody asks."""

REFUSED = frozenset({400, 403, 404})
"""Codes of the server's errors that do not pass by themselves."""

OLD = 9
"""Tokens of a reply subject in its old form; the new form has two more before them, and may have one more at the end."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class StreamMessage(NamedTuple):
    """A message of a stream.

    Args:
        subject: its subject.
        headers: its headers.
        data: its payload.
        sequence: its number in the stream.
        stored: when the stream stored it, by the server's clock: UTC in nanoseconds since 1970.
        left: how many messages of the subject followed it when it was delivered.
    """

    subject: str
    headers: dict[str, str]
    data: bytes
    sequence: int
    stored: int
    left: int


class Unpacking:
    """Makes parcels of messages, and counts messages that are not parcels."""

    def __init__(self) -> None:
        self._others, self._first = 0, ""

    def parcel(self, message: StreamMessage) -> Parcel | None:
        """The parcel of a message; None if it is not one, or not a whole one."""
        with suppress(InputError):
            parcel = Parcel.read(message.subject, message.headers, message.data)
            if is_whole(parcel):
                return parcel
        self._others += 1
        self._first = self._first or f"number {message.sequence}, {message.subject}"
        return None

    def said(self) -> Iterator[str]:
        """A line about messages that are not parcels, if there were any."""
        if self._others:
            are = "message is" if self._others == 1 else "messages are"
            yield (
                f"{self._others:,} {are} not of a recorder, and left out (first {self._first}); "
                "give recorders a stream of their own"
            )


class _Failed(Exception):  # noqa: N818 - it ends a consumer, and never leaves this module
    """A consumer cannot be used any more."""


async def read(
    client: Client, stream: JetStreamContext, name: str, subject: str, *, since: int = 0, follow: bool = False
) -> AsyncGenerator[list[StreamMessage]]:
    """Messages of a stream, some at a time.

    Args:
        client: the connection.
        stream: the stream, by that connection.
        name: the name of the stream.
        subject: the subject of the messages, which may have wildcards.
        since: only messages that were stored since this time of the server's clock, in nanoseconds since 1970; 0 for all.
        follow: whether to go on after the last one. Then an empty list is given when everything that is there has been
            given, and every second afterwards while nothing comes.

    Raises:
        InputError: the stream does not exist any more, or may not be read.
    """
    after = 0
    while True:
        consumer = _Consumer(client, stream, name)
        try:
            await consumer.begin(subject, after, since)
            while (batch := await consumer.batch(follow=follow)) or follow:
                yield batch
                after = batch[-1].sequence if batch else after
        except APIError as error:
            if error.code not in REFUSED:
                await asyncio.sleep(AGAIN)
                continue
            raise InputError(f"the stream cannot be read: {error.description}", file=name) from error
        except (_Failed, *UNREACHED):
            await asyncio.sleep(AGAIN)
        else:
            return
        finally:
            await consumer.end()


class _Consumer:
    """A consumer, and what it has delivered."""

    def __init__(self, client: Client, stream: JetStreamContext, name: str) -> None:
        self._client, self._stream, self._name = client, stream, name
        self._consumer = ""
        self._subscription: Subscription | None = None
        self._asked = 0  # messages that are still to come
        self._delivered = 0
        self._left = 0
        self._largest = 1  # bytes
        self._caught_up = False  # whether an empty list has said that everything was given
        self._failed = ""
        self._got: list[StreamMessage] = []
        self._stirred = asyncio.Event()

    async def begin(self, subject: str, after: int, since: int) -> None:
        """Have the server create it."""
        config = ConsumerConfig(
            ack_policy=AckPolicy.NONE,
            deliver_policy=DeliverPolicy.ALL,
            filter_subject=subject,
            inactive_threshold=FORGOTTEN,
            mem_storage=True,
        )
        if after:
            config = config.evolve(deliver_policy=DeliverPolicy.BY_START_SEQUENCE, opt_start_seq=after + 1)
        elif since:
            moment = EPOCH + timedelta(microseconds=since // 1000)
            config = config.evolve(deliver_policy=DeliverPolicy.BY_START_TIME, opt_start_time=moment)
        made = await self._stream.add_consumer(self._name, config)
        self._consumer, self._left = made.name, made.num_pending or 0
        self._inbox = self._client.new_inbox()
        self._subscription = await self._client.subscribe(
            self._inbox, cb=self._take, pending_msgs_limit=0, pending_bytes_limit=0
        )

    async def end(self) -> None:
        """Have the server remove it; if that fails, the server does so after some time."""
        if self._subscription is not None:
            with suppress(*UNREACHED):
                await self._subscription.unsubscribe()
                if not self._failed:
                    await self._stream.delete_consumer(self._name, self._consumer)

    async def batch(self, *, follow: bool) -> list[StreamMessage]:
        """The next messages; none if there are none.

        Raises:
            _Failed: it cannot be used any more.
        """
        while not self._got:
            if self._failed:
                raise _Failed(self._failed)
            if not self._left and not (follow and self._caught_up):
                self._caught_up = True
                return []
            await self._ask(follow=follow)
            self._stirred.clear()
            try:
                async with asyncio.timeout(PATIENCE):
                    await self._stirred.wait()
            except TimeoutError:
                self._failed = "no sign of life"
            if self._caught_up and follow and not self._got and not self._failed:
                return []
        found, self._got = self._got, []
        await self._ask(follow=follow)  # so that the next come while these are used
        return found

    async def _ask(self, *, follow: bool) -> None:
        most = max(min(MOST, ROOM // self._largest), 1)
        wanted = most if follow else min(most, self._left)
        if self._failed or self._asked > most // 2 or self._asked >= wanted:
            return
        more = wanted - self._asked
        self._asked += more
        request = {"batch": more, "expires": EXPIRES * SECOND, "idle_heartbeat": round(BEAT * SECOND)}
        await self._client.publish(
            f"$JS.API.CONSUMER.MSG.NEXT.{self._name}.{self._consumer}", json.dumps(request).encode(), self._inbox
        )

    async def _take(self, message: Msg) -> None:
        headers = message.headers or {}
        if (status := headers.get("Status")) is not None and not message.reply:
            self._heed(status, headers)
        elif not self._failed:
            tokens = message.reply.split(".")
            sequence, delivered, stored, left = map(int, tokens[5:9] if len(tokens) == OLD else tokens[7:11])
            if delivered != self._delivered + 1:
                self._failed = "a message is missing"
            else:
                self._delivered, self._left = delivered, left
                self._asked -= 1
                self._largest = max(self._largest, len(message.data))
                self._got.append(StreamMessage(message.subject, headers, message.data, sequence, stored, left))
        self._stirred.set()

    def _heed(self, status: str, headers: dict[str, str]) -> None:
        """Handle a status that the server sends instead of a message."""
        if status == "408":  # a request has expired
            self._asked -= int(headers.get("Nats-Pending-Messages", 0))
        elif status != "100":
            self._failed = headers.get("Description") or status
