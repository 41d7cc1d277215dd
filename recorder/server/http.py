"""An HTTP client: a party's requests to its node, and the answers, event by event if one is an event stream.

Rule: each answer is reported, an empty one too. A connection is reused after a complete answer.
"""

from __future__ import annotations

import asyncio
import ssl
import zlib
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any, Protocol
from urllib.parse import urlsplit

import h11

from recorder.errors import InputError
from recorder.event_stream import CONTENT_TYPE, RESUMED, ServerEvent, form_of, streams
from recorder.headers import Headers, header_value, merged
from recorder.journal.coding import decoded, undoing
from recorder.jsonrpc import ANSWERS, parse
from recorder.model import DONE, LEFT, MESSAGE
from recorder.replay.actions import Send
from recorder.settings import port_of
from recorder.timeline.get_calls import with_call
from recorder.timeline.urls import joined, request_target

CHUNK = 1 << 16
BEGINS = 2.0  # seconds that a party waits for a stream to begin: a node may answer with its first event only
AGAIN = 0.25  # seconds until a party tries again to reach a node that is not there
SOON = 0.02  # seconds until a party looks again whether it has heard what it had heard before it left
RETRY = 0.1  # seconds until a party asks for the rest of a stream that has ended without an answer
MAX_HEAD = 1 << 16  # bytes of an answer's line and headers
OWN = frozenset({"host", "content-length", "transfer-encoding", "connection", "accept-encoding", "expect"})
"""Headers of a request that are made anew for it."""


class Received(Protocol):
    """Takes a body, or one event of a stream, and at its end an empty one."""

    def __call__(
        self,
        payload: bytes,
        *,
        exchange: int,
        status: int,
        headers: Headers,
        event_type: str = MESSAGE,
        ends: bool = False,
    ) -> object:
        """Take it; `ends`, if it only says that the answer before it was all."""
        ...


@dataclass(frozen=True)
class Response:
    """The head of an answer, and its body as it comes; a connection is free again when that has been read."""

    status: int
    headers: Headers
    pieces: AsyncIterator[bytes]

    @property
    def is_stream(self) -> bool:
        """Whether it says one message after the other."""
        return streams(header_value(self.headers, "content-type"))

    async def body(self) -> bytes:
        """All of it."""
        return decoded(b"".join([piece async for piece in self.pieces]), self._coding)

    async def decoded_pieces(self) -> AsyncIterator[bytes]:
        """It as it comes, where that can be read; else all of it at its end.

        Raises:
            InputError: it is not in the coding that it claims.
        """
        undo = undoing(self._coding)
        if undo is None:
            yield await self.body()
            return
        try:
            async for piece in self.pieces:
                yield undo(piece)
        except zlib.error as error:
            raise InputError(f"an answer is not in its content coding, {self._coding}: {error}") from error

    @property
    def _coding(self) -> str:
        return header_value(self.headers, "content-encoding")


class _Connection:
    """One connection to a node, for one exchange at a time."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._http = h11.Connection(h11.CLIENT, max_incomplete_event_size=MAX_HEAD)

    @property
    def usable(self) -> bool:
        """Whether another exchange may begin, as far as we know."""
        return self._http.our_state is h11.IDLE and not self._reader.at_eof() and not self._writer.is_closing()

    async def exchange(self, request: h11.Request, body: bytes) -> h11.Response:
        """Send a request, and read the head of its answer."""
        parts = [request, *([h11.Data(data=body)] if body else []), h11.EndOfMessage()]
        self._writer.write(b"".join(filter(None, map(self._http.send, parts))))
        with suppress(ConnectionError):  # it may have answered before it has read everything
            await self._writer.drain()
        while not isinstance(event := await self._next(), h11.Response):
            if isinstance(event, h11.ConnectionClosed):
                raise ConnectionResetError("the connection was closed without an answer")
        return event

    async def pieces(self) -> AsyncIterator[bytes]:
        """The body of the answer."""
        while not isinstance(event := await self._next(), h11.EndOfMessage):
            if isinstance(event, h11.Data):
                yield bytes(event.data)
        with suppress(h11.LocalProtocolError):  # one of both ends wants to be done with it
            self._http.start_next_cycle()

    async def _next(self) -> h11.Event | type[h11.PAUSED]:
        while (event := self._http.next_event()) is h11.NEED_DATA:
            self._http.receive_data(await self._reader.read(CHUNK))
        return event  # type: ignore[return-value]

    def close(self) -> None:
        """End it now."""
        self._writer.transport.abort()


class HttpClient:
    """A client of one node, with connections that it keeps.

    Args:
        url: the node's, as `http://127.0.0.1:3014`.
        tls: how a `https://` node's certificate is verified.
    """

    def __init__(self, url: str, tls: ssl.SSLContext | None = None) -> None:
        self.url, self._base, self._tls = url, urlsplit(url), tls
        self._idle: list[_Connection] = []
        self._all: set[_Connection] = set()

    async def request(self, method: str, target: str, headers: Iterable[tuple[str, str]], body: bytes) -> Response:
        """Ask, and read the head of the answer.

        Raises:
            InputError: there was none.
        """
        own = [("host", self._base.netloc), ("accept-encoding", "identity"), ("content-length", str(len(body)))]
        given = ((name, value) for name, value in headers if name.lower() not in OWN)
        connection: _Connection | None = None
        try:
            lines = [(name.encode("ascii"), value.encode("latin-1")) for name, value in (*own, *given)]
            asked = h11.Request(method=method, target=target, headers=lines)
            connection = await self._connection()
            head = await connection.exchange(asked, body)
        except (OSError, h11.ProtocolError, UnicodeEncodeError) as error:
            raise self._no_answer(target, error) from error
        except asyncio.CancelledError:
            if connection is not None:
                self._forget(connection)
            raise
        answered = tuple((name.decode("ascii"), value.decode("latin-1")) for name, value in head.headers)
        return Response(head.status_code, answered, self._pieces(connection, target))

    def close(self) -> None:
        """End all connections, whatever is on its way."""
        for connection in self._all:
            connection.close()
        self._all.clear()
        self._idle.clear()

    async def _connection(self) -> _Connection:
        while self._idle:
            if (kept := self._idle.pop()).usable:
                return kept
            self._forget(kept)
        secure = self._base.scheme == "https"
        reader, writer = await asyncio.open_connection(
            self._base.hostname,
            port_of(self._base),
            ssl=self._tls if secure else None,
            server_hostname=self._base.hostname if secure else None,
        )
        connection = _Connection(reader, writer)
        self._all.add(connection)
        return connection

    async def _pieces(self, connection: _Connection, target: str) -> AsyncIterator[bytes]:
        try:
            async for piece in connection.pieces():
                yield piece
        except (OSError, h11.ProtocolError) as error:
            raise self._no_answer(target, error) from error
        finally:
            if connection.usable:
                self._idle.append(connection)
            else:
                self._forget(connection)

    def _forget(self, connection: _Connection) -> None:
        connection.close()
        self._all.discard(connection)

    def _no_answer(self, target: str, error: Exception) -> InputError:
        return InputError(f"no answer from {self._base.scheme}://{self._base.netloc}{target}: {error}")


class HttpWire:
    """A party's session with a node over HTTP: what it sends is posted, what is answered has been received.

    Args:
        client: of the node.
        target: the path and parameters to post to.
        agent: what the client calls itself instead of what was recorded, if anything.
        received: takes each body and each event of an answer.
        start: does work beside the run.
        has_heard: whether all has come that was told in an exchange: no client leaves before it has heard what it heard.
        endpoint_event: the type of the event that names where it posts what is answered in the stream.
    """

    def __init__(
        self,
        client: HttpClient,
        target: str,
        agent: str,
        received: Received,
        start: Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]],
        has_heard: Callable[[int], bool],
        endpoint_event: str = "",
    ) -> None:
        self._client, self._target, self._received, self._start = client, target, received, start
        self._agent, self._endpoint_event, self._has_heard = agent, endpoint_event, has_heard
        self._endpoint, self._in_order = "", asyncio.Lock()
        self._exchanges: set[asyncio.Task[None]] = set()
        self._ending: asyncio.Task[None] | None = None
        self._listening: list[asyncio.Task[None]] = []
        self._last: Headers = ()  # headers of the last request

    async def listen(self, headers: Headers) -> None:
        """Listen to what the node tells by itself; returns as soon as the node answers, or does not for a moment.

        What is asked next may be answered in the stream.
        """
        answered = asyncio.Event()
        self._listening.append(self._start(self._listen(self._headers(headers), answered)))
        with suppress(TimeoutError):
            await asyncio.wait_for(answered.wait(), BEGINS)

    def send(self, action: Send) -> None:
        """Post a body; its answer comes in when it comes. What nobody recorded has the headers of the last request."""
        self._last = self._headers(action.headers or self._last)
        action = replace(action, headers=self._last)
        self._begin(self._exchange(action) if action.exchange else self._deliver(action))

    def close(self, *_how: object) -> None:
        """Ask the node to end the session; over HTTP there is no more to say."""
        self._ending = self._begin(self._delete())

    def leave(self) -> None:
        """End what is on its way."""
        self._listen_no_more()
        for task in self._exchanges:
            task.cancel()
        self._client.close()

    def _begin(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = self._start(work)
        self._exchanges.add(task)
        task.add_done_callback(self._exchanges.discard)
        return task

    def _listen_no_more(self) -> None:
        for task in self._listening:
            task.cancel()

    async def closed(self) -> None:
        """Wait until the node has ended the session, where it was asked to; else for the answers that are still to come."""
        awaited = self._exchanges if self._ending is None else [self._ending]
        await asyncio.gather(*awaited, return_exceptions=True)

    def _headers(self, recorded: Headers) -> Headers:
        kept = tuple(pair for pair in recorded if not (self._agent and pair[0].lower() == "user-agent"))
        agent = (("user-agent", self._agent),) if self._agent else ()
        return (*kept, *agent)

    async def _exchange(self, action: Send) -> None:
        """Post, and take the answer; or leave, where that was recorded, and all is heard that had been heard by then."""
        asking = asyncio.ensure_future(self._ask(action))
        try:
            await asyncio.wait([asking], timeout=action.leaves or None)
            while not (asking.done() or self._has_heard(action.exchange)):
                await asyncio.wait([asking], timeout=SOON)
        finally:
            left = asking.cancel()
        if left:
            await asyncio.wait([asking])
            self._received(b"", exchange=action.exchange, status=LEFT, headers=())
        else:
            asking.result()

    async def _ask(self, action: Send) -> None:
        answer = await self._answer(action)
        how: dict[str, Any] = {"exchange": action.exchange, "status": answer.status, "headers": answer.headers}
        body = b""
        if answer.is_stream:
            await self._hear_all(answer, self._without_body(), how)
        elif body := await answer.body():
            self._received(body, **how)
        self._received(b"", **how, ends=bool(body))

    async def _answer(self, action: Send) -> Response:
        """The head of the answer to a request; where its node is not there, it is made again for as long as it insists."""
        headers, method, target, body = action.headers, "POST", self._target, action.payload
        if action.query:
            method, target, body = "GET", with_call(self._target, action.payload, action.query), b""
        until = asyncio.get_running_loop().time() + action.insists
        while True:
            again = asyncio.get_running_loop().time() < until
            try:
                answer = await self._client.request(method, target, headers, body)
            except InputError:
                if not again:
                    raise
            else:
                if not again or answer.status != HTTPStatus.BAD_GATEWAY:
                    return answer
                await answer.body()
            await asyncio.sleep(AGAIN)

    async def _deliver(self, action: Send) -> None:
        """Post to the endpoint, one after the other; what only acknowledges it has nothing to say."""
        async with self._in_order:
            target = self._endpoint or self._target
            answer = await self._client.request("POST", target, action.headers, action.payload)
            body = await answer.body()
        if answer.status not in DONE or parse(body):
            self._received(body, exchange=0, status=answer.status, headers=answer.headers)

    async def _hear_all(self, answer: Response, headers: Headers, how: dict[str, Any]) -> None:
        """Take what a stream says, and where it ends too early what the node says when it is asked for the rest."""
        while answer.is_stream and (last := await self._hear(answer, how)):
            await asyncio.sleep(RETRY)
            resuming = tuple(merged(headers, ((RESUMED, last),)))
            answer = await self._client.request("GET", self._target, resuming, b"")

    async def _hear(self, answer: Response, how: dict[str, Any]) -> str:
        """Take what a stream says, until it ends or breaks off.

        Returns:
            The id of its last event, where they have ids and nothing among them was the answer to its own exchange.
        """
        form = form_of(header_value(answer.headers, "content-type"))
        assert form is not None, "it is a stream"
        reader, last, answered = form.reader(), "", False

        def take(events: Iterable[ServerEvent]) -> None:
            nonlocal last, answered
            for event in events:
                last = event.id
                if self._endpoint_event and event.type == self._endpoint_event:
                    there = joined(self._client.url + self._target, event.data.decode(errors="replace"))
                    self._endpoint = request_target(there)
                if event.data:
                    answered = answered or any(one.kind in ANSWERS for one in parse(event.data))
                    self._received(event.data, **how, event_type=event.type)

        with suppress(InputError):
            async for piece in answer.decoded_pieces():
                take(reader.feed(piece))
            take(reader.end())
        return "" if answered and how["exchange"] else last

    async def _listen(self, headers: Headers, answered: asyncio.Event) -> None:
        """Hear what the node tells by itself, as long as it does; where nothing was asked before, it has to.

        Args:
            headers: of the request.
            answered: set when its answer begins.
        """
        first = not self._last
        try:
            answer = await self._client.request("GET", self._target, headers, b"")
        except InputError:
            if first:
                raise
            return
        finally:
            answered.set()
        if first and not answer.is_stream:
            raise InputError(f"{self._client.url}{self._target} gives no event stream, but status {answer.status}")
        with suppress(InputError):  # it may end that when it likes
            await self._hear_all(answer, headers, {"exchange": 0, "status": answer.status, "headers": ()})

    async def _delete(self) -> None:
        answer = await self._client.request("DELETE", self._target, self._without_body(), b"")
        await answer.body()
        self._listen_no_more()

    def _without_body(self) -> Headers:
        """The headers of the last request, but for what they say of its body; of the answer, any stream will do."""
        kept = tuple(pair for pair in self._last if pair[0].lower() not in {"accept", "content-type"})
        return (*kept, ("accept", CONTENT_TYPE))
