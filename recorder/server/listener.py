"""One port for both protocols: HTTP/1.1 with h11, and the WebSockets that its requests upgrade to.

Rule: only bytes and framing; the owner decides what to answer. A connection is answered in the order of its requests,
each answer in one write (two would wait for each other: Nagle's algorithm, and delayed acknowledgements).
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from http import HTTPStatus
from typing import Protocol

import h11
from websockets.datastructures import Headers as HandshakeHeaders
from websockets.http11 import Request as Handshake
from websockets.server import ServerProtocol
from websockets.typing import Subprotocol

from recorder.headers import WEBSOCKET, Headers, Pairs, header_value
from recorder.journal.coding import decoded
from recorder.server.answers import SAME_HEADS
from recorder.server.websocket import CLOSE_TIMEOUT, WebSocket, half_close, logger, reset
from recorder.timeline.urls import request_target

MAX_HEAD = 1 << 16  # bytes of a request's line and headers
MAX_AHEAD = 1 << 20  # bytes taken of a connection's next requests while one is being answered
BACKLOG = 1024  # connections that wait to be accepted: two hundred clients may come at once
LAST_ANSWERS = 1.0  # seconds that a listener that ends waits for them
OK, BAD_REQUEST = 200, 400
BODILESS = frozenset({204, 304})
FINAL = range(200, 1000)  # statuses that an answer may have
REASONS = {status.value: status.phrase.encode() for status in HTTPStatus}
UPGRADE = frozenset({"host", "upgrade", "connection"})
"""What websockets looks at in a handshake, besides `sec-websocket-…`."""


@dataclass(frozen=True, slots=True)
class Request:
    """An HTTP request, whole; its body as it came."""

    method: str
    target: str
    headers: Headers
    body: bytes
    client: tuple[str, int]

    @property
    def said(self) -> bytes:
        """Its body as it is read, content coding undone."""
        return decoded(self.body, header_value(self.headers, "content-encoding"))


class Owner(Protocol):
    """Who answers."""

    def requested(self, request: Request, answer: Answer) -> None:
        """A request is there; its answer may be given now or later."""
        ...

    def refuses(self, request: Request, answer: Answer) -> bool:
        """A WebSocket is asked for; whether that is answered with a refusal."""
        ...

    def opened(self, wire: WebSocket) -> None:
        """A WebSocket is there."""
        ...

    def left(self, client: tuple[str, int]) -> None:
        """A connection has ended, or become a WebSocket."""
        ...

    def subprotocol(self, offered: Iterable[str]) -> str:
        """The one to agree on; empty for none."""
        ...

    def handshake(self, target: str) -> Headers:
        """The headers of the answer to a handshake that asks for this, besides its own."""
        ...


class Listener:
    """Listens, and knows who is connected.

    Args:
        owner: who answers.
    """

    def __init__(self, owner: Owner) -> None:
        self.owner = owner
        self.connections: set[HttpConnection] = set()
        self._server: asyncio.Server
        self.port = 0

    async def start(self, host: str, port: int) -> None:
        """Listen.

        Raises:
            OSError: the address cannot be listened on.
        """
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: HttpConnection(self), host, port, backlog=BACKLOG)
        self.port = int(self._server.sockets[0].getsockname()[1])

    async def close(self) -> None:
        """Listen no more; what has been answered still arrives."""
        self._server.close()
        for connection in list(self.connections):
            connection.end()
        until = asyncio.get_running_loop().time() + LAST_ANSWERS
        while self.connections and (left := until - asyncio.get_running_loop().time()) > 0:
            await asyncio.wait({connection.gone for connection in self.connections}, timeout=left)
        for connection in list(self.connections):
            connection.drop()


class Answer:
    """The way back for one request."""

    def __init__(self, connection: HttpConnection) -> None:
        self._connection: HttpConnection | None = connection
        self._begun = False

    @property
    def wanted(self) -> bool:
        """Whether there is still somebody to answer, and not all has been said."""
        return self._connection is not None

    def send(self, status: int, headers: Pairs, body: bytes, *, last: bool = True, sized: bool = True) -> None:
        """Answer, or go on answering: the first call brings status and headers, `last` ends it.

        Args:
            status: of the answer.
            headers: of the answer, but for those of its length.
            body: all of it, or its next piece.
            last: whether it is the last.
            sized: whether to send its length if it is known; streams have none.
        """
        if (connection := self._connection) is None:
            return
        events: list[h11.Event] = []
        if not self._begun:
            self._begun = True
            events.append(_head(status, tuple(headers), len(body) if last and sized else None))
        if body and connection.takes_body(status):
            events.append(h11.Data(data=body))
        if last:
            self._connection = None
            events.append(h11.EndOfMessage())
        connection.write(events)

    def drop(self, *, with_reset: bool = False) -> None:
        """End the connection without an answer, or without the rest of it."""
        if self._connection is not None:
            self._connection.drop(with_reset=with_reset)

    def nobody(self) -> None:
        """Hear that the client is gone."""
        self._connection = None


class HttpConnection(asyncio.Protocol):
    """One client's connection, until it ends or turns into a WebSocket."""

    def __init__(self, listener: Listener) -> None:
        self._listener, self._loop = listener, asyncio.get_running_loop()
        self._http = h11.Connection(h11.SERVER, max_incomplete_event_size=MAX_HEAD)
        self._transport: asyncio.Transport
        self._request: h11.Request | None = None
        self._body: list[bytes] = []
        self._answer: Answer | None = None
        self._reading = self._over = self._finished = False
        self._next = False  # whether the next request is read in a moment
        self._ahead = 0  # bytes that came while a request was being answered
        self.gone: asyncio.Future[None] = self._loop.create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._client: tuple[str, int] = (transport.get_extra_info("peername") or ("", 0))[:2]
        self._listener.connections.add(self)

    def data_received(self, data: bytes) -> None:
        """Take what came, and answer what is whole."""
        if self._over:
            return
        self._http.receive_data(data)
        if self._answer is not None:
            self._ahead += len(data)
            if self._ahead > MAX_AHEAD:
                self._transport.pause_reading()
        else:
            self._read()

    def eof_received(self) -> bool:
        """Hear that no more requests come; one that is being answered still is."""
        if self._over:
            return False
        self._finished = True
        self._http.receive_data(b"")
        return self._next or (self._answer is not None and not self._streaming)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - however it ended
        """End, with nobody left to answer."""
        self._over = True
        if self._answer is not None:
            self._answer.nobody()
        self._leave()

    def end(self) -> None:
        """End when the answers that are on their way have been written."""
        if self._answer is None or self._streaming:
            self._over = True
            self._transport.close()

    def drop(self, *, with_reset: bool = False) -> None:
        """End now, without an answer."""
        self._over = True
        if with_reset:
            reset(self._transport)
        else:
            self._transport.close()
            self._loop.call_later(CLOSE_TIMEOUT, self._transport.abort)

    def takes_body(self, status: int) -> bool:
        """Whether an answer of this status to this request may have one."""
        return status not in BODILESS and (self._request is None or self._request.method != b"HEAD")

    def write(self, events: Iterable[h11.Event]) -> None:
        """Write parts of an answer, all at once; then go on with the next request, if it was the last part."""
        if self._over:
            return
        self._transport.write(b"".join(filter(None, map(self._http.send, events))))
        if self._http.our_state is h11.SEND_BODY:
            return
        self._answer = None
        if self._http.our_state is h11.DONE and self._http.their_state is h11.DONE:
            self._http.start_next_cycle()
            if not self._reading:
                self._next = True
                self._loop.call_soon(self._read)  # the next may be here; who answers now is not to be asked meanwhile
        else:
            self._part()

    @property
    def _streaming(self) -> bool:
        """Whether an answer has begun that may never end by itself."""
        return self._http.our_state is h11.SEND_BODY

    def _read(self) -> None:
        self._next = False
        if self._over or self._reading:
            return
        self._reading = True
        try:
            while not self._over and self._answer is None and self._take(self._http.next_event()):
                pass
        except h11.RemoteProtocolError as error:
            self._refuse(error)
        finally:
            self._reading = False
        if self._answer is None and self._ahead:
            self._ahead = 0
            self._transport.resume_reading()

    def _take(self, event: type[h11.NEED_DATA | h11.PAUSED] | h11.Event) -> bool:
        """One step further; whether there may be another."""
        if event is h11.NEED_DATA or event is h11.PAUSED:
            return False
        if isinstance(event, h11.Request):
            self._request = event
            if self._http.they_are_waiting_for_100_continue:
                self._transport.write(self._http.send(h11.InformationalResponse(status_code=100, headers=[])) or b"")
        elif isinstance(event, h11.Data):
            self._body.append(bytes(event.data))
        elif isinstance(event, h11.EndOfMessage):
            self._whole()
        elif isinstance(event, h11.ConnectionClosed):
            self._over = True
            self._transport.close()
            return False
        return True

    def _whole(self) -> None:
        """A request is whole: it is answered, or becomes a WebSocket."""
        assert self._request is not None
        head, body = self._request, b"".join(self._body)
        self._body.clear()
        headers = tuple((name.decode("ascii"), value.decode("latin-1")) for name, value in head.headers)
        target = head.target.decode("ascii")
        if not target.startswith("/"):  # clients that take this for their proxy say whom they mean
            target = request_target(target)
        request = Request(head.method.decode("ascii"), target, headers, body, self._client)
        answer = self._answer = Answer(self)
        if request.method != "GET" or header_value(headers, "upgrade").lower() != "websocket":
            self._listener.owner.requested(request, answer)
        elif not self._listener.owner.refuses(request, answer):
            self._answer = None
            self._upgrade(request)

    def _upgrade(self, request: Request) -> None:
        """Let websockets answer the handshake, and leave the transport to it if it agrees."""
        owner = self._listener.owner

        def choose(_protocol: ServerProtocol, offered: Iterable[Subprotocol]) -> Subprotocol | None:
            return Subprotocol(owner.subprotocol(offered)) or None

        protocol = ServerProtocol(select_subprotocol=choose, max_size=None, logger=logger)
        shown = ((n, v) for n, v in request.headers if n in UPGRADE or n.startswith(WEBSOCKET))
        protocol.receive_data(Handshake("/", HandshakeHeaders(shown)).serialize())  # it does not look at the path
        given: Headers = ()
        for handshake in protocol.events_received():
            assert isinstance(handshake, Handshake)
            response = protocol.accept(handshake)
            if response.status_code == HTTPStatus.SWITCHING_PROTOCOLS:
                given = owner.handshake(request.target)
                response.headers.update(given)
            protocol.send_response(response)
        if protocol.handshake_exc is not None:
            self._transport.write(b"".join(protocol.data_to_send()))
            self._part()
            return
        self._over = True
        rest, _ = self._http.trailing_data
        wire = WebSocket(protocol, request.target)
        wire.answer = given
        self._transport.set_protocol(wire)
        wire.connection_made(self._transport)
        self._leave()
        owner.opened(wire)
        if rest:
            wire.data_received(rest)

    def _refuse(self, error: h11.RemoteProtocolError) -> None:
        """Say what is wrong with a request that is none."""
        if self._http.our_state in {h11.IDLE, h11.SEND_RESPONSE}:
            text = f"{error}\n".encode("ascii", "replace")
            status = error.error_status_hint or BAD_REQUEST
            headers = [("content-type", "text/plain"), ("connection", "close")]
            events = [_head(status, tuple(headers), len(text)), h11.Data(data=text), h11.EndOfMessage()]
            self._transport.write(b"".join(filter(None, map(self._http.send, events))))
        self._part()

    def _part(self) -> None:
        """End after the last word: the other end is to read it before it hears that we read no more of its own."""
        self._over = True
        if self._finished or not half_close(self._transport):
            self._transport.close()
        else:
            self._loop.call_later(CLOSE_TIMEOUT, self._transport.abort)

    def _leave(self) -> None:
        self._listener.connections.discard(self)
        if not self.gone.done():
            self.gone.set_result(None)
        self._listener.owner.left(self._client)


@lru_cache(SAME_HEADS)
def _head(status: int, headers: Headers, length: int | None) -> h11.Response:
    """The head of an answer; its length, where that is known."""
    status = status if status in FINAL else OK
    lines = [(name.encode("ascii"), value.strip().encode("latin-1", "replace")) for name, value in headers]
    if length is not None and status not in BODILESS:
        lines.append((b"content-length", b"%d" % length))
    return h11.Response(status_code=status, headers=lines, reason=REASONS.get(status, b""))
