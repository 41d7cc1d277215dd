"""The private parts that the relay rests on: when one of these fails, a new mitmproxy or Python has moved them."""

from __future__ import annotations

import asyncio
import inspect

import pytest
from mitmproxy.addons.proxyserver import Proxyserver
from mitmproxy.connection import Server
from mitmproxy.proxy import layer
from mitmproxy.proxy.layers.http import HttpLayer, HttpStream
from mitmproxy.proxy.layers.tls import TLSLayer
from mitmproxy.proxy.layers.websocket import WebsocketLayer
from mitmproxy.proxy.server import ConnectionHandler, TimeoutWatchdog
from mitmproxy.test import taddons, tflow, tutils

from recorder.proxy.takeover import Tap, TransportEnd, Unsupported


def test_mitmproxys_parts_are_where_they_were():
    """The attributes that the take-over walks along exist in this mitmproxy."""
    assert isinstance(Proxyserver().connections, dict)
    assert {"transports", "timeout_watchdog", "layer"} <= ConnectionHandler.__annotations__.keys()
    assert {"timeout", "can_timeout", "blocker"} <= TimeoutWatchdog.__annotations__.keys()
    assert inspect.iscoroutinefunction(ConnectionHandler.on_timeout)
    assert "tls" in TLSLayer.__annotations__
    assert {"connections", "streams"} <= HttpLayer.__annotations__.keys()
    assert "child_layer" in HttpStream.__annotations__
    assert "layer" in layer.NextLayer.__annotations__


def test_the_websocket_layer_begins_and_relays_as_before():
    """After `websocket_start` the layer handles events with what stands under `relay_messages` of the instance."""
    source = inspect.getsource(WebsocketLayer.start)
    assert source.rstrip().endswith(
        "yield WebsocketStartHook(self.flow)\n\n        self._handle_event = self.relay_messages"
    )
    assert inspect.isgeneratorfunction(inspect.unwrap(WebsocketLayer.relay_messages))


def test_asyncios_parts_are_where_they_were():
    """A StreamReader still has the parts that tell whether somebody waits for data with nothing in its buffer."""

    async def look():
        reader = asyncio.StreamReader()
        protocol = asyncio.StreamReaderProtocol(reader)
        assert (reader._waiter, bytes(reader._buffer), reader._eof) == (None, b"", False)
        assert protocol._paused is False
        end = TransportEnd(reader, None, None)
        assert not end.parked
        waiting = asyncio.create_task(reader.read(1))
        await asyncio.sleep(0)
        assert end.parked
        reader.feed_data(b"x")
        assert not end.parked
        await waiting

    asyncio.run(look())


def test_another_stream_reader_is_unsupported():
    """Where Python's StreamReader has other parts, that is said, and nothing is taken over."""
    with pytest.raises(Unsupported, match="StreamReader"):
        TransportEnd(object(), None, None)


def test_another_mitmproxy_is_unsupported():
    """Where the flow's session is not found in mitmproxy's parts, that is said with what was missing."""

    async def look():
        flow = tflow.twebsocketflow()
        with taddons.context(Proxyserver()) as context, pytest.raises(Unsupported, match="not built as expected"):
            Tap(flow)
        with taddons.context() as context:
            del context
            with pytest.raises(Unsupported):
                Tap(flow)

    asyncio.run(look())


def test_the_kit_is_there():
    """The kit that these tests rest on makes the flows that they need."""
    assert isinstance(tflow.tflow(req=tutils.treq()).server_conn, Server)
