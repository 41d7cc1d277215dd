"""The private parts that HTTP/1.1 rests on; what is made of them is tested with sockets, in tests/e2e/test_http_unharmed."""

from __future__ import annotations

import inspect
import sys

from mitmproxy.proxy.layers.http import HttpClient, HttpLayer, HttpStream

from recorder.proxy import http1


def test_mitmproxys_parts_are_where_they_were():
    """What is replaced exists, and works as generators; the layer still knows its streams and connections."""
    assert all(hasattr(owner, name) for owner, name, _make in http1.PARTS)
    assert {"connections", "streams"} <= HttpLayer.__annotations__.keys()
    assert "flow" in HttpStream.__annotations__
    assert "child_layer" in HttpClient.__annotations__
    source = inspect.getsource(sys.modules["mitmproxy.proxy.layers.http._http1"])
    assert "self.body_reader = make_body_reader(" in source
    assert 'commands.SendData(self.conn, b"0\\r\\n\\r\\n")' in source


def test_a_mitmproxy_without_these_parts_is_left_as_it_is(monkeypatch):
    """What is not there cannot be passed on; everything else is."""
    before = [getattr(owner, name) for owner, name, _make in http1.PARTS]
    monkeypatch.setattr(http1, "PARTS", (*http1.PARTS, (http1.Server, "no such part", None)))
    http1.install.__wrapped__()
    assert before == [getattr(owner, name) for owner, name, _make in http1.PARTS[:-1]]
