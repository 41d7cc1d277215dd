"""What mitmproxy does not pass on of HTTP/1.1: interim answers, trailers, and requests whose client has half-closed.

Rule: beside `takeover` and `bypass` the only module that rests on mitmproxy's private parts, and only inside `recorder record`. Where
they are not as expected nothing is changed. tests/proxy/test_http1.py pins the parts used: the states and `send` of
`Http1Server` and `Http1Client`, `make_body_reader` and h11's `ChunkedReader`, `HttpLayer.streams` and `.connections`, `HttpClient.child_layer`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import h11
from mitmproxy.connection import Connection, ConnectionState
from mitmproxy.http import Headers
from mitmproxy.proxy import commands, events
from mitmproxy.proxy.layers.http import HttpLayer, _http1
from mitmproxy.proxy.layers.http._base import ReceiveHttp
from mitmproxy.proxy.layers.http._events import (
    RequestEndOfMessage,
    RequestTrailers,
    ResponseData,
    ResponseEndOfMessage,
    ResponseTrailers,
)

Client, Server = _http1.Http1Client, _http1.Http1Server
Work = Callable[[Any, Any], Iterator[Any]]

INTERIM = re.compile(rb"HTTP/1\.[01] 1(?!01)(\d\d)[^\r\n]*\r?\n(?:[^\r\n]+\r?\n)*\r?\n")
"""An interim answer (RFC 9110, section 15.2): all of them but the one that ends HTTP."""

CHUNK = re.compile(rb"([0-9A-Fa-f]{1,8})\r\n")
"""The plain beginning of a chunk, which nearly all have."""

CRLF = b"\r\n"
CONTINUE = b"00"
LAST_CHUNK = b"0\r\n\r\n"
TRAILERS = {RequestEndOfMessage: RequestTrailers, ResponseEndOfMessage: ResponseTrailers}


class _Body:
    """Reads a chunked body, and sets its trailers aside, of which mitmproxy does not know what to do."""

    def __init__(self, reader: Any) -> None:
        self._reader, self.trailers = reader, Headers()

    def __call__(self, buffer: Any) -> Any:
        """The next part of it: all chunks that are whole, or what h11 makes of the others."""
        self._end_chunk(buffer)
        reader = self._reader
        if not (reader._bytes_in_chunk or reader._bytes_to_discard or reader._reading_trailer) and (
            whole := _whole(bytes(buffer))
        ):
            data, size = whole
            buffer.maybe_extract_at_most(size)
            return h11.Data(data=data)
        event = self._reader(buffer)
        if isinstance(event, h11.EndOfMessage) and event.headers:
            self.trailers = Headers([(bytes(name), bytes(value)) for name, value in event.headers.raw_items()])
            return h11.EndOfMessage()
        return event

    def _end_chunk(self, buffer: Any) -> None:
        """Take the end of a chunk that h11 has read; it would stand before it until it reads the next."""
        left = self._reader._bytes_to_discard  # a number of bytes in older ones
        if left in {2, CRLF} and bytes(buffer)[:2] == CRLF:
            buffer.maybe_extract_at_most(2)
            self._reader._bytes_to_discard = type(left)()

    def read_eof(self) -> Any:
        """The end, where nothing more comes."""
        return self._reader.read_eof()


def _whole(data: bytes) -> tuple[bytes, int] | None:
    """What is in the chunks at the start that are whole, and how many bytes they are; None where there is none."""
    parts, at = [], 0
    while (head := CHUNK.match(data, at)) is not None:
        end = head.end() + int(head[1], 16)
        if end == head.end() or data[end : end + 2] != CRLF:
            break
        parts.append(data[head.end() : end])
        at = end + 2
    return (b"".join(parts), at) if parts else None


def _reads_trailers(make: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda size: _Body(make(size)) if size is None else make(size)


def _says_trailers(read_body: Work) -> Work:
    """Of the pieces that come at once one is made: mitmproxy's way of each costs more than that of its bytes."""

    def read(self: Any, event: events.Event) -> Iterator[Any]:
        for command in _joined(read_body(self, event)):
            body = self.body_reader
            if isinstance(command, ReceiveHttp) and isinstance(body, _Body) and type(command.event) in TRAILERS:
                said, body.trailers = body.trailers, Headers()
                if said:
                    yield ReceiveHttp(TRAILERS[type(command.event)](command.event.stream_id, said))
            yield command

    return read


def _joined(said: Iterator[Any]) -> Iterator[Any]:
    """The same, with what follows one another of an answer's body in one."""
    pieces: list[bytes] = []
    whose = 0
    for command in said:
        if isinstance(command, ReceiveHttp) and isinstance(command.event, ResponseData):
            pieces.append(command.event.data)
            whose = command.event.stream_id
            continue
        if pieces:
            yield ReceiveHttp(ResponseData(whose, b"".join(pieces)))
            pieces.clear()
        yield command
    if pieces:
        yield ReceiveHttp(ResponseData(whose, b"".join(pieces)))


def _sends_trailers(send: Work) -> Work:
    def sent(self: Any, event: Any) -> Iterator[Any]:
        if isinstance(event, RequestTrailers | ResponseTrailers):
            self.recorder_trailers = event.trailers
            return
        for command in send(self, event):
            said = getattr(self, "recorder_trailers", None)
            if said and isinstance(command, commands.SendData) and command.data == LAST_CHUNK:
                self.recorder_trailers = None
                yield commands.SendData(command.connection, b"0\r\n" + bytes(said) + b"\r\n")
            else:
                yield command

    return sent


def _passes_interim(read_headers: Work) -> Work:
    def read(self: Any, event: events.Event) -> Iterator[Any]:
        while self.request is not None and (found := INTERIM.match(bytes(self.buf))):
            said = bytes(self.buf.maybe_extract_at_most(len(found[0])))
            if found[1] != CONTINUE and self.request.is_http11:  # mitmproxy itself lets clients go on
                yield commands.SendData(self.context.client, said)
        if self.buf or not isinstance(event, events.DataReceived):
            yield from read_headers(self, event)

    return read


def _half_closed(client: Connection, server: Connection) -> bool:
    """Whether a client sends no more and may still hear; over TLS nobody can tell."""
    return client.state is ConnectionState.CAN_WRITE and not client.tls and not server.tls


def _waits_on(wait: Work) -> Work:
    """A client that sends no more waits for its answer, and its node hears that it sends no more."""

    def waits(self: Any, event: events.Event) -> Iterator[Any]:
        layer = next(one for one in reversed(self.context.layers) if isinstance(one, HttpLayer))
        flow = getattr(layer.streams.get(self.stream_id), "flow", None)
        if isinstance(event, events.DataReceived) or flow is None or not _half_closed(self.conn, flow.server_conn):
            yield from wait(self, event)
            return
        asked = getattr(layer.connections.get(flow.server_conn), "child_layer", None)
        if isinstance(asked, Client) and asked.request_done:
            yield commands.CloseTcpConnection(flow.server_conn, half_close=True)

    return waits


def _ends_request(send: Work) -> Work:
    """A node hears of a client that has ended before its request was sent."""

    def sent(self: Any, event: Any) -> Iterator[Any]:
        yield from send(self, event)
        if isinstance(event, RequestEndOfMessage) and _half_closed(self.context.client, self.conn):
            yield commands.CloseTcpConnection(self.conn, half_close=True)

    return sent


def _ends_after_answer(mark_done: Callable[..., Iterator[Any]]) -> Callable[..., Iterator[Any]]:
    """A client that sends no more has no further requests."""

    def done(self: Any, *, request: bool = False, response: bool = False) -> Iterator[Any]:
        yield from mark_done(self, request=request, response=response)
        if response and self.conn.state is ConnectionState.CAN_WRITE and self.state != self.passthrough:
            yield commands.CloseConnection(self.conn)

    return done


PARTS: tuple[tuple[Any, str, Callable[[Any], Any]], ...] = (
    (_http1, "make_body_reader", _reads_trailers),
    (_http1.Http1Connection, "read_body", _says_trailers),
    (Client, "read_headers", _passes_interim),
    (Client, "send", lambda send: _ends_request(_sends_trailers(send))),
    (Server, "send", _sends_trailers),
    (Server, "wait", _waits_on),
    (Server, "mark_done", _ends_after_answer),
)
"""What is replaced, and what makes the new of the old."""


@cache
def install() -> None:
    """Have the mitmproxy of this process pass these on, once; nothing, where one part is missing."""
    if all(hasattr(owner, name) for owner, name, _make in PARTS):
        for owner, name, make in PARTS:
            setattr(owner, name, make(getattr(owner, name)))
