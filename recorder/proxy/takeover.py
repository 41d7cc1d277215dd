"""Takes the two transports of an upgraded WebSocket out of mitmproxy's hands.

Rule: beside `http1` and `bypass` the only module that rests on mitmproxy's (and asyncio's) private parts. Whatever it
needs and does not find, it says with `Unsupported`, and the session is recorded by hooks instead.
tests/proxy/test_takeover.py pins the parts used:
`proxyserver.connections`, `ConnectionHandler.transports`, `.timeout_watchdog`, the layers' `layer`, `child_layer`,
`streams`, `connections`, `WebsocketLayer.relay_messages`, `TLSLayer.tls`, and asyncio's `StreamReader`.
"""

from __future__ import annotations

import asyncio
import math
import socket
import struct
import time
from collections.abc import Generator, Iterator
from contextlib import suppress
from typing import Any, Protocol

from mitmproxy import ctx, http
from mitmproxy.connection import Connection
from mitmproxy.proxy import commands, events
from mitmproxy.proxy.layers.tls import TLSLayer
from mitmproxy.proxy.layers.websocket import WebsocketEndHook, WebsocketLayer
from OpenSSL import SSL

from recorder.proxy.states import GONE, HOLDING, TAKING, Holding, HoldingEvent, Say
from recorder.wire import close_frame

GRACE = 1.0  # seconds the peers have to answer a Close frame of ours
RETRY = 0.001  # seconds between two looks whether mitmproxy has handed on all that it had read
CHUNK = 1 << 16
LINGER_ZERO = struct.pack("ii", 1, 0)  # close() then sends RST


class Unsupported(Exception):  # noqa: N818 - a condition, handled where it is raised for
    """This mitmproxy, or this kind of session, does not have what the relay needs."""


class Owner(Protocol):
    """Whoever forwards the traffic of a session: what it must answer to."""

    def received(self, end: TransportEnd, data: bytes) -> None:
        """Bytes came from this end, decrypted."""
        ...

    def half_closed(self, end: TransportEnd) -> None:
        """This end sends no more."""
        ...

    def lost(self, end: TransportEnd, *, reset: bool) -> None:
        """This end's transport is gone."""
        ...


class TransportEnd(asyncio.Protocol):
    """One end of a session: a TCP transport, and the TLS on it if there is any."""

    def __init__(self, reader: Any, transport: Any, tls: SSL.Connection | None) -> None:
        self.owner: Owner
        self.peer: TransportEnd
        self._reader, self.transport, self._tls = reader, transport, tls
        self._before: asyncio.Protocol | None = None
        self._state, self._taking = Holding.LENT, True
        if not all(hasattr(reader, name) for name in ("_waiter", "_buffer", "_eof")):
            raise Unsupported("this Python's StreamReader has other private parts")

    @property
    def gone(self) -> bool:
        """Whether this end is over for us."""
        return self._state is GONE

    @property
    def parked(self) -> bool:
        """Whether mitmproxy waits for data with nothing in its hands, so that nothing can be overtaken."""
        reader = self._reader
        return reader._waiter is not None and not reader._waiter.done() and not reader._buffer and not reader._eof

    @property
    def ending(self) -> bool:
        """Whether mitmproxy knows that this end has ended: such a session stays with mitmproxy."""
        return self.gone or bool(self._reader._eof) or self.broken

    @property
    def broken(self) -> bool:
        """Whether mitmproxy found the transport broken: by a reset, most likely."""
        return bool(self._reader.exception())

    def take_over(self) -> None:
        """From here on the transport's data comes to this object."""
        if self._happens(HoldingEvent.TAKE_OVER) is not Say.TAKE_OVER:
            return
        before: Any = self.transport.get_protocol()
        self._before = before
        self.transport.set_protocol(self)
        if before._paused:  # mitmproxy has written more than this end takes
            self.pause_writing()

    def send(self, data: bytes) -> None:
        """Send bytes to this end, if it still takes any."""
        if not self._taking:
            return
        if self._tls is not None:
            with suppress(SSL.Error):
                self._tls.sendall(data)
            data = self._encrypted()
        self.transport.write(data)

    def finish(self) -> None:
        """Send no more to this end (TCP half-close), everything before it first."""
        if self._happens(HoldingEvent.FINISH) is Say.FINISH:
            if self._tls is not None:
                with suppress(SSL.Error):
                    self._tls.shutdown()
                self.transport.write(self._encrypted())
            self.transport.write_eof()

    def close(self) -> None:
        """Close the transport when all is sent."""
        self.transport.close()
        self._say(HoldingEvent.CLOSE)

    def abort(self) -> None:
        """End the transport as a crash does, with RST."""
        connection = self.transport.get_extra_info("socket")
        if connection is not None:
            with suppress(OSError):
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_ZERO)
        self.transport.abort()
        self._say(HoldingEvent.CLOSE)

    def _happens(self, event: HoldingEvent) -> Say:
        self._state, said = HOLDING[self._state, event]
        self._taking = self._state in TAKING  # at hand for every chunk
        return said

    def _say(self, event: HoldingEvent, *, reset: bool = False) -> None:
        """Let the owner know what an event means to it."""
        said = self._happens(event)
        if said is Say.LOST:
            self.owner.lost(self, reset=reset)
        elif said is Say.HALF_CLOSED:
            self.owner.half_closed(self)

    def data_received(self, data: bytes) -> None:
        """Decrypt what came, and hand it to the owner."""
        if self._tls is None:
            self.owner.received(self, data)
            return
        self._tls.bio_write(data)
        plain, ended = self._decrypted()
        if answer := self._encrypted():  # of TLS itself: key updates, tickets
            self.transport.write(answer)
        if plain:
            self.owner.received(self, plain)
        if ended:
            self.owner.half_closed(self)

    def eof_received(self) -> bool:
        """Keep the other half open: it is for the peers to close it."""
        self.owner.half_closed(self)
        return True

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell the owner, and mitmproxy that this end is over."""
        self._say(HoldingEvent.LOSS, reset=isinstance(exc, OSError))
        assert self._before is not None
        self._before.connection_lost(exc)

    def closed_by_layer(self) -> None:
        """Hear from mitmproxy that this end sends no more; after the take-over that is an echo of our own word."""
        over = self.broken or self.transport.is_closing()
        self._say(HoldingEvent.LAYER_LOSS if over else HoldingEvent.LAYER_HALF_CLOSE, reset=self.broken)

    def pause_writing(self) -> None:
        """Back-pressure: this end is slow, so the other is not read."""
        self.peer.transport.pause_reading()

    def resume_writing(self) -> None:
        """This end has caught up."""
        self.peer.listen()

    def listen(self) -> None:
        """Read this end (again)."""
        if not self.gone and not self.transport.is_closing():
            self.transport.resume_reading()

    def _decrypted(self) -> tuple[bytes, bool]:
        assert self._tls is not None
        parts = []
        try:
            while True:
                parts.append(self._tls.recv(CHUNK))
        except SSL.WantReadError:
            return b"".join(parts), False
        except SSL.Error:  # close_notify, or an alert: no more will come
            return b"".join(parts), True

    def _encrypted(self) -> bytes:
        assert self._tls is not None
        parts = []
        try:
            while True:
                parts.append(self._tls.bio_read(CHUNK))
        except SSL.Error:
            return b"".join(parts)


class Tap:
    """A WebSocket session inside mitmproxy, and the way to its transports.

    Args:
        flow: the flow whose `websocket_start` hook runs now.

    Raises:
        Unsupported: this mitmproxy differs, or the session runs over something else than TCP.
    """

    def __init__(self, flow: http.HTTPFlow) -> None:
        self._flow = flow
        try:
            self._handler: Any = ctx.master.addons.get("proxyserver").connections[flow.client_conn.id]
            stack = list(walk(self._handler.layer))
            self._layer: Any = next(item for item in stack if isinstance(item, WebsocketLayer) and item.flow is flow)
            self.client = self._end(flow.client_conn, stack)
            self.node = self._end(flow.server_conn, stack)
        except (AttributeError, KeyError, StopIteration) as error:
            raise Unsupported(f"mitmproxy is not built as expected ({error!r})") from error
        self.client.peer, self.node.peer = self.node, self.client

    def _end(self, connection: Connection, stack: list[Any]) -> TransportEnd:
        streams = self._handler.transports[connection]
        if not isinstance(streams.writer, asyncio.StreamWriter):
            raise Unsupported("the session does not run over TCP")
        tls = next(
            (item.tls for item in stack if isinstance(item, TLSLayer) and item.conn is connection and item.tls),
            None,
        )
        return TransportEnd(streams.reader, streams.writer.transport, tls)

    def keep_alive(self) -> None:
        """Let mitmproxy never close this session for being idle.

        The watchdog may be asleep already, and looks at its timeout (nothing else) when it wakes.
        """
        watchdog = self._handler.timeout_watchdog
        watchdog.timeout = math.inf
        watchdog.blocker += 1
        watchdog.can_timeout.clear()

    def ended(self, code: int, reason: str, *, by_client: bool) -> None:
        """Let mitmproxy's own views know how the session ended, before their `websocket_end` comes."""
        if (websocket := self._flow.websocket) is not None:
            websocket.close_code, websocket.close_reason = code, reason
            websocket.closed_by_client, websocket.timestamp_end = by_client, time.time()

    def was_reset(self, *, from_client: bool) -> bool:
        """Whether this end's transport broke, rather than ended."""
        return (self.client if from_client else self.node).broken

    def refuse(self, code: int, reason: str) -> None:
        """Close a session that is not relayed: a Close frame to both ends, and a moment for their answers.

        Closing at once would discard what they sent meanwhile, and TCP answers that with a reset that overtakes the
        Close frame. Both are closed in one go: mitmproxy sends a Close frame of its own to one that outlives the other.
        """
        for end in (self.client, self.node):
            end.send(close_frame(code, reason, masked=end is self.node))
        asyncio.get_running_loop().call_later(GRACE, self._close)

    def _close(self) -> None:
        self.client.transport.close()
        self.node.transport.close()

    def start(self, owner: Owner) -> None:
        """Give the session's bytes to the owner: by the layer first, from the transports as soon as that is safe."""
        self.client.owner = self.node.owner = owner
        self._layer.relay_messages = self._relay
        self.keep_alive()
        asyncio.get_running_loop().call_soon(self._take_over)

    def _take_over(self) -> None:
        if self.client.parked and self.node.parked and self._layer._handle_event == self._relay:
            self.client.take_over()
            self.node.take_over()
        elif not (self.client.ending or self.node.ending):
            asyncio.get_running_loop().call_later(RETRY, self._take_over)

    def _relay(self, event: events.Event) -> Generator[commands.Command, Any, None]:
        """Take the place of `WebsocketLayer.relay_messages`."""
        end = self.client if getattr(event, "connection", None) is self._flow.client_conn else self.node
        if isinstance(event, events.DataReceived):
            end.owner.received(end, event.data)
        elif isinstance(event, events.ConnectionClosed):
            end.closed_by_layer()
            if self.client.gone and self.node.gone:
                self._flow.live = False
                yield WebsocketEndHook(self._flow)
                yield commands.CloseConnection(self._flow.client_conn)
                yield commands.CloseConnection(self._flow.server_conn)


def walk(layer: Any) -> Iterator[Any]:
    """Every layer below this one, and itself."""
    yield layer
    children = [getattr(layer, "layer", None), getattr(layer, "child_layer", None)]
    for name in ("streams", "connections"):
        children += getattr(layer, name, {}).values()
    for child in children:
        if child is not None:
            yield from walk(child)
