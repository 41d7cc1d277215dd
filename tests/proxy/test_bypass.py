"""The chunks of a stream pass by mitmproxy, and its ends do not; the parts of mitmproxy that this rests on."""

from __future__ import annotations

import asyncio
import inspect
import itertools

import h11
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mitmproxy.proxy.layers.http import HttpClient, HttpLayer
from mitmproxy.proxy.layers.http._http1 import Http1Client, Http1Connection
from mitmproxy.proxy.server import TimeoutWatchdog
from mitmproxy.test import tflow

from recorder.proxy.bypass import Bypass

END = b"0\r\n\r\n"


def chunk(piece: bytes, line: bytes = b"%x\r\n") -> bytes:
    """A piece as a chunk."""
    return line % len(piece) + piece + b"\r\n"


class Way(Bypass):
    """What is split, without a mitmproxy around it."""

    def __init__(self):
        self._held, self._left, self._end = b"", 0, 0

    def take(self, data: bytes) -> tuple[bytes, bytes, bytes]:
        """What passes, what is said in it, and what is mitmproxy's."""
        data, self._held = self._held + data, b""
        at, said, rest = self._split(data)
        if not rest:
            self._held = data[at:]
        return data[:at], b"".join(said), data[at:] if rest else b""


@given(
    st.lists(st.binary(min_size=1, max_size=40)),
    st.sampled_from([b"%x\r\n", b"%X\r\n", b"00%x ;a=b\r\n"]),
    st.lists(st.integers(0, 300)),
)
def test_chunks_pass_as_they_are_however_they_are_cut(pieces, line, cuts):
    """All that they say is said once, all before the last passes, and all from there on is handed over."""
    whole = b"".join(chunk(piece, line) for piece in pieces) + END
    places = [0, *sorted(min(cut, len(whole)) for cut in cuts), len(whole)]
    way, passed, said, rest = Way(), b"", b"", b""
    for start, end in itertools.pairwise(places):
        if rest:  # the end has begun: it goes to mitmproxy at once
            rest += whole[start:end]
            continue
        more, words, rest = way.take(whole[start:end])
        passed, said = passed + more, said + words
    assert (passed, said, rest) == (whole[: -len(END)], b"".join(pieces), END)


@pytest.mark.parametrize("wrong", [b"zz\r\n", b"\r\n", b"-1\r\n", b"5" * 300])
def test_what_is_no_chunk_is_handed_over(wrong):
    """For mitmproxy to say what it thinks of it."""
    assert Way().take(chunk(b"abc") + wrong) == (chunk(b"abc"), b"abc", wrong)


def test_an_answer_that_has_no_chunks_stays_with_mitmproxy():
    """As does one over TLS, or in another version of HTTP: nothing is asked of it."""
    Bypass(tflow.tflow(resp=True), lambda _piece: pytest.fail("it was taken"))


def test_mitmproxys_parts_are_where_they_were():
    """The attributes that the way goes along, and the state in which a body is read."""
    assert "connections" in HttpLayer.__annotations__
    assert "child_layer" in HttpClient.__annotations__ or "child_layer" in inspect.getsource(HttpClient)
    assert {"buf", "body_reader", "response"} <= Http1Connection.__annotations__.keys()
    assert "self.state = self.read_body" in inspect.getsource(Http1Client)
    assert hasattr(TimeoutWatchdog, "register_activity")
    assert {"_bytes_in_chunk", "_bytes_to_discard", "_reading_trailer"} <= vars(h11._readers.ChunkedReader()).keys()
    assert "feed_data" in inspect.getsource(asyncio.StreamReaderProtocol.data_received)
