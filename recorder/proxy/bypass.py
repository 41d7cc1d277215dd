"""The chunks of a stream of events on a way of their own: past mitmproxy, whose way of each costs more than all else.

Rule: beside `takeover` and `http1` the only module that rests on mitmproxy's (and asyncio's) private parts, and only
where nobody else looks at flows. mitmproxy reads the head and the end of an answer, and never knows what was between
them: a chunk is taken only where it has nothing in its hands, and all from the last one on is its own again. Where
anything is not as expected, nothing is changed. tests/proxy/test_bypass.py pins the parts used: those of `takeover`,
`HttpLayer.connections`, `HttpClient.child_layer`, `Http1Client.buf`, `.state` and `.body_reader`, h11's `ChunkedReader`.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from mitmproxy import ctx, http
from mitmproxy.proxy.layers.http import HttpLayer
from mitmproxy.proxy.layers.http._http1 import Http1Client

from recorder.proxy.takeover import TransportEnd, Unsupported, walk

HEAD = re.compile(rb"([0-9A-Fa-f]{1,8})[ \t]*(?:;[^\r\n]*)?\r\n")
"""The line before a chunk (RFC 9112, section 7.1)."""

LONGEST = 256
"""Bytes of such a line; mitmproxy says what it thinks of longer ones."""

END = 2  # bytes behind a chunk


class Bypass:
    """The way from a node to its client for the chunks of an answer.

    Args:
        flow: that an answer is streamed in, at its first piece.
        record: takes what a chunk holds; whether it may pass.
    """

    def __init__(self, flow: http.HTTPFlow, record: Callable[[bytes], bool]) -> None:
        self._record = record
        self._held = b""  # of a line that is not whole
        self._left = self._end = 0  # bytes of the chunk that is passing, and of its end
        self._taken = False
        self._waiting: asyncio.Task[None] | None = None  # for a slow client
        if not _is_plain(flow):
            return
        try:
            self._handler: Any = ctx.master.addons.get("proxyserver").connections[flow.client_conn.id]
            layer: Any = next(one for one in walk(self._handler.layer) if isinstance(one, HttpLayer))
            self._http: Any = layer.connections[flow.server_conn].child_layer
            node, client = (self._handler.transports[one] for one in (flow.server_conn, flow.client_conn))
            self._end_of = TransportEnd(node.reader, node.writer.transport, None)
            self._writer, self._response = client.writer, flow.response
            if not isinstance(self._http, Http1Client):
                return
            _ = self._idle(), self._is_slow  # where a part is missing that these need, nothing is changed
        except (AttributeError, KeyError, StopIteration, Unsupported):
            return
        self._reader, self._node, self._client = node.reader, node.writer.transport, client.writer.transport
        self._feed, self._feed_eof = self._reader.feed_data, self._reader.feed_eof
        self._reader.feed_data, self._reader.feed_eof = self._fed, self._fed_eof

    def _idle(self) -> bool:
        """Whether mitmproxy waits for a chunk with nothing in its hands."""
        body = self._http.body_reader
        chunks = getattr(body, "_reader", body)
        return (
            self._end_of.parked
            and self._http.response is self._response
            and not len(self._http.buf)
            and self._http.state == self._http.read_body
            and not (chunks._bytes_in_chunk or chunks._bytes_to_discard or chunks._reading_trailer)
        )

    @property
    def _is_slow(self) -> bool:
        """Whether the client has not taken what was written to it before."""
        return bool(self._writer.transport.get_protocol()._paused)

    def _fed(self, data: bytes) -> None:
        if not (self._taken or self._idle()):
            if self._http.response is not self._response:  # the next is there already
                self._give_back()
            self._feed(data)
            return
        self._taken = True
        self._handler.timeout_watchdog.register_activity()
        data, self._held = self._held + data, b""
        at, said, rest = self._split(data)
        if rest:
            self._give_back()
        else:
            self._held = data[at:]
        if at and not self._client.is_closing() and self._record(b"".join(said)):
            self._client.write(data[:at])
            if self._is_slow and self._waiting is None:
                self._waiting = asyncio.ensure_future(self._wait())
        if rest:
            self._feed(data[at:])

    def _split(self, data: bytes) -> tuple[int, list[bytes], bool]:
        """How many bytes may pass, what chunks hold in them, and whether the rest is mitmproxy's."""
        at, said, size = 0, [], len(data)
        while at < size:
            if self._left:
                part = data[at : at + self._left]
                said.append(part)
                at += len(part)
                self._left -= len(part)
                self._end = 0 if self._left else END
            elif self._end:
                passed = min(self._end, size - at)
                at += passed
                self._end -= passed
            elif (head := HEAD.match(data, at)) is not None and int(head[1], 16):
                self._left, at = int(head[1], 16), head.end()
            else:
                return at, said, head is not None or b"\n" in data[at:] or size - at > LONGEST
        return at, said, False

    def _fed_eof(self) -> None:
        held = self._held
        self._give_back()
        if held:
            self._feed(held)
        self._feed_eof()

    def _give_back(self) -> None:
        self._held = b""
        self._taken = False
        del self._reader.feed_data, self._reader.feed_eof

    async def _wait(self) -> None:
        """The node is not read while its client is slow."""
        self._node.pause_reading()
        with suppress(OSError):  # mitmproxy hears of it too
            await self._writer.drain()
        self._waiting = None
        if not self._node.is_closing():
            self._node.resume_reading()


def _is_plain(flow: http.HTTPFlow) -> bool:
    """Whether an answer's bytes are the same to its node and its client."""
    response = flow.response
    return (
        response is not None
        and response.headers.get("transfer-encoding", "").lower() == "chunked"
        and flow.request.http_version == response.http_version == "HTTP/1.1"
        and not flow.client_conn.tls
        and not flow.server_conn.tls
    )
