"""A WebSocket over an asyncio transport, at either end: websockets' sans-IO protocol, and the socket that it speaks to.

Rule: nothing here blocks: messages go out and come in by calls, and what a slow end does not take stays in memory. A
session is closed as asked: with a code, with a Close frame without one, or without a Close frame.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
import struct
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Literal
from urllib.parse import urlsplit

from websockets.client import ClientProtocol
from websockets.frames import Frame as WireFrame
from websockets.frames import Opcode
from websockets.http11 import Response
from websockets.protocol import OPEN, SEND_EOF
from websockets.server import ServerProtocol
from websockets.typing import Subprotocol
from websockets.uri import parse_uri

from recorder.close_codes import ABNORMAL, GOING_AWAY, NO_CODE, NORMAL, SENDABLE
from recorder.headers import Headers
from recorder.replay.actions import Send
from recorder.server.run import Lost, Received
from recorder.settings import port_of
from recorder.timeline.urls import is_secure

MAX_REASON = 123  # bytes that a Close frame has for it
CLOSE_TIMEOUT = 2.0  # seconds that the other end has to agree to a close
OPEN_TIMEOUT = 10.0  # seconds that a node has to answer a handshake
PING_EVERY = 10.0  # seconds; nodes end sessions whose client says nothing, an æternity node after 60 s
LINGER_ZERO = struct.pack("ii", 1, 0)  # close() then sends RST

logger = logging.getLogger(__name__)
logger.setLevel(logging.CRITICAL)  # errors of peers are answered with a Close frame


def reset(transport: asyncio.Transport) -> None:
    """End a transport as a crash does, with RST."""
    connection: socket.socket | None = transport.get_extra_info("socket")
    if connection is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_ZERO)
    transport.abort()


def half_close(transport: asyncio.Transport) -> bool:
    """Say that no more comes; whether that was possible: it is not over TLS, nor where the other end is gone already."""
    if transport.can_write_eof():
        with suppress(OSError):
            transport.write_eof()
            return True
    return False


class WebSocket(asyncio.Protocol):
    """A live session.

    Args:
        protocol: this end of it.
        path: what the party asked for.

    Attributes:
        answer: the headers of the answer to its handshake; of a node, those that were recorded.
    """

    def __init__(self, protocol: ServerProtocol | ClientProtocol, path: str) -> None:
        self._protocol, self.path = protocol, path
        self.answer: Headers = ()
        loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport
        self._received: Received | None = None
        self._lost: Lost = lambda _code, _reason: None
        self._early: list[tuple[bytes, bool]] = []  # what came before anybody listened
        self._greeted: list[bytes] = []  # what was sent before it was known who sends it
        self._pieces: list[bytes] = []  # of a message in fragments
        self._binary = False
        self._timer: asyncio.TimerHandle | None = None  # until the other end must have agreed to a close
        self._pinging: asyncio.TimerHandle | None = None
        self._ready: asyncio.Future[None] = loop.create_future()
        self._gone: asyncio.Future[None] = loop.create_future()

    @property
    def subprotocol(self) -> str:
        """What both ends agreed on; empty where on none."""
        return self._protocol.subprotocol or ""

    def listen(self, received: Received, lost: Lost) -> None:
        """From here on messages, and at last the end, go to these two."""
        self._received, self._lost = received, lost
        early, self._early = self._early, []
        for payload, binary in early:
            received(payload, binary)
        if self._gone.done():
            self._say_lost()

    def put_back(self, payload: bytes, *, binary: bool) -> None:
        """Let the next that listens hear this message first."""
        self._early.append((payload, binary))

    def keep_alive(self, every: float) -> None:
        """Ping the other end from now on, so many seconds after each other, until the session ends."""
        self._pinging = asyncio.get_running_loop().call_later(every, self._ping, every)

    def greet(self, greeting: Sequence[Send]) -> None:
        """Send messages that are to be sent in any case, before it is known who does; who does so then sends nothing."""
        for action in greeting:
            self._say(action)
        self._greeted.extend(action.payload for action in greeting)

    def send(self, action: Send) -> None:
        """Send a message; nothing, where the session is ending, or what has been sent before it was known who sends it."""
        if action.payload in self._greeted:
            self._greeted.remove(action.payload)
        else:
            self._say(action)

    def _say(self, action: Send) -> None:
        if self._protocol.state is not OPEN:
            return
        if action.binary:
            self._protocol.send_binary(action.payload)
        else:
            self._protocol.send_text(action.payload)
        self._flush()

    def close(self, code: int = NORMAL, reason: str = "", lost: Literal["", "eof", "reset"] = "") -> None:
        """End the session; a code that no Close frame may have is left out of it."""
        if self._gone.done():
            return
        if lost == "reset":
            reset(self._transport)
        elif lost or code == ABNORMAL:
            self._transport.close()  # what was sent before still arrives
            self._expect_end()
        elif self._protocol.state is OPEN:
            if code == NO_CODE or code not in SENDABLE:
                self._protocol.send_close()
            else:
                self._protocol.send_close(code, reason.encode()[:MAX_REASON].decode(errors="ignore"))
            self._flush()

    def leave(self) -> None:
        """End the session because we go."""
        self.close(GOING_AWAY)

    async def closed(self) -> None:
        """Wait until the transport is gone, which it soon is after `close`."""
        await asyncio.shield(self._gone)

    async def opened(self) -> None:
        """Wait for the answer to our handshake.

        Raises:
            InvalidHandshake: it is a refusal, or none.
            OSError: there is none.
        """
        try:
            await self._ready
        except BaseException:
            self._transport.abort()
            raise

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin: a client with its handshake, which waits in its protocol."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._flush()

    def data_received(self, data: bytes) -> None:
        """Read what came, and answer what the protocol itself answers."""
        self._protocol.receive_data(data)
        self._flush()
        for event in self._protocol.events_received():
            if isinstance(event, WireFrame):
                self._take(event)
            elif isinstance(event, Response):
                self.answer = tuple(event.headers.raw_items())
                self._shake_hands()

    def eof_received(self) -> bool:
        """Hear that the other end sends no more: the transport closes itself when all is written."""
        self._protocol.receive_eof()
        self._flush()
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell how the session ended."""
        for timer in (self._timer, self._pinging):
            if timer is not None:
                timer.cancel()
        self._protocol.receive_eof()
        if not self._ready.done():
            self._refuse(exc or ConnectionResetError("the connection was closed during the handshake"))
        self._gone.set_result(None)
        if self._received is not None:
            self._say_lost()

    def _ping(self, every: float) -> None:
        if self._protocol.state is OPEN:
            self._protocol.send_ping(b"")
            self._flush()
            self.keep_alive(every)

    def _say_lost(self) -> None:
        """Tell how the first end that closed it did so: the other only agrees."""
        protocol = self._protocol
        first = protocol.close_rcvd
        if first is not None and not protocol.close_rcvd_then_sent:
            first = protocol.close_sent
        self._lost(*((first.code, first.reason) if first is not None else (ABNORMAL, "")))

    def _shake_hands(self) -> None:
        if (error := self._protocol.handshake_exc) is None:
            self._ready.set_result(None)
        else:
            self._refuse(error)

    def _refuse(self, error: Exception) -> None:
        self._ready.set_exception(error)
        self._ready.exception()  # a server has nobody who waits for it

    def _take(self, frame: WireFrame) -> None:
        """Put a message together; the protocol has seen to it that its fragments follow each other."""
        if frame.opcode not in {Opcode.TEXT, Opcode.BINARY, Opcode.CONT}:
            return
        if frame.opcode is not Opcode.CONT:
            self._binary = frame.opcode is Opcode.BINARY
        payload = bytes(frame.data)
        if self._pieces or not frame.fin:
            self._pieces.append(payload)
            if not frame.fin:
                return
            payload = b"".join(self._pieces)
            self._pieces.clear()
        if self._received is None:
            self._early.append((payload, self._binary))
        else:
            self._received(payload, self._binary)

    def _flush(self) -> None:
        for data in self._protocol.data_to_send():
            if data is SEND_EOF or not data:
                self._finish()
            else:
                self._transport.write(data)
        if self._protocol.close_expected():
            self._expect_end()

    def _finish(self) -> None:
        if self._transport.is_closing():
            return
        if not half_close(self._transport):
            self._transport.close()

    def _expect_end(self) -> None:
        if self._timer is None and not self._gone.done():
            self._timer = asyncio.get_running_loop().call_later(CLOSE_TIMEOUT, self._transport.abort)


async def connect(
    url: str,
    headers: Iterable[tuple[str, str]] = (),
    subprotocols: Iterable[str] = (),
    tls: ssl.SSLContext | None = None,
    *,
    ping_every: float = PING_EVERY,
) -> WebSocket:
    """Open a session with a node, and keep it open while neither end has anything to say.

    Args:
        url: the node's, with path and parameters.
        headers: of the handshake, besides its own.
        subprotocols: those to offer.
        tls: how a `wss://` node's certificate is verified.
        ping_every: seconds between pings.

    Raises:
        OSError: the node cannot be reached.
        InvalidHandshake: it refuses.
    """
    parts = urlsplit(url)
    offered = [*map(Subprotocol, subprotocols)]
    protocol = ClientProtocol(parse_uri(url), subprotocols=offered or None, max_size=None, logger=logger)
    request = protocol.connect()
    request.headers.update(headers)
    protocol.send_request(request)
    wire = WebSocket(protocol, request.path)
    host, secure = parts.hostname or "", is_secure(url)
    try:
        async with asyncio.timeout(OPEN_TIMEOUT):
            await asyncio.get_running_loop().create_connection(
                lambda: wire,
                host,
                port_of(parts),
                ssl=tls if secure else None,
                server_hostname=host if secure else None,
            )
            await wire.opened()
    except TimeoutError:
        raise OSError("it does not answer the handshake") from None
    wire.keep_alive(ping_every)
    return wire
