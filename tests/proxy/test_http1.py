"""The private parts that HTTP/1.1 rests on; what is made of them is tested with sockets, in tests/e2e/test_http_unharmed."""

from __future__ import annotations

import inspect
import sys

import h11
import pytest
from h11._readers import ChunkedReader
from h11._receivebuffer import ReceiveBuffer
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


@pytest.mark.parametrize("step", [1, 2, 3, 7, 1000])
def test_a_chunked_body_is_read_whatever_its_pieces(step):
    """As h11 reads it, trailers set aside."""
    sent = b"3\r\nabc\r\n1;x=y\r\nd\r\nA\r\n0123456789\r\n2\r\n\r\n\r\n0\r\nX-T: 1\r\n\r\n"
    body, buffer, read, over = http1._Body(ChunkedReader()), ReceiveBuffer(), [], False
    for at in range(0, len(sent), step):
        buffer += sent[at : at + step]
        while (event := body(buffer)) is not None and not over:
            over = isinstance(event, h11.EndOfMessage)
            read.append(b"" if over else bytes(event.data))
    assert (b"".join(read), over) == (b"abcd0123456789\r\n", True)
    assert dict(body.trailers) == {"x-t": "1"} or dict(body.trailers) == {"X-T": "1"}
