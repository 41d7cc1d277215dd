"""The bytes of a connection are read as HTTP and WebSockets, however they were cut into pieces."""

from itertools import pairwise
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from recorder.interchange.connections import Connection, Piece
from recorder.interchange.formats import Source
from recorder.interchange.recording import Recording
from recorder.model import Closed, Frame, Opened
from recorder.wire import close_frame

ENDS = {0: ("10.0.0.1", "5000"), 1: ("10.0.0.2", "80")}
ASK = b'{"jsonrpc":"2.0","id":%d,"method":"sum"}'
RESULT = b'{"jsonrpc":"2.0","id":%d,"result":1}'
UPGRADE = b"GET /c?role=initiator HTTP/1.1\r\nHost: n\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: x\r\n\r\n"
SWITCH = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"


SURE = len(b"POST ")
"""Bytes by which it is known who is the client."""


def post(number):
    """A call over HTTP."""
    body = ASK % number
    return b"POST /rpc HTTP/1.1\r\nHost: n\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (
        len(body),
        body,
    )


def ok(body, *headers):
    """An answer, in one chunk."""
    lines = b"".join(one + b"\r\n" for one in headers)
    return b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n%b\r\n%x\r\n%b\r\n0\r\n\r\n" % (lines, len(body), body)


def frame(payload, *, masked):
    """A text frame."""
    return bytes((0x81, (0x80 if masked else 0) | len(payload))) + (bytes(4) if masked else b"") + payload


def told(said, cuts=(), secure=False):
    """The events of what both ends said in turn, and the warnings; the bytes cut at these places."""
    warnings, pieces = [], []
    for time, (end, data) in enumerate(said, 1):
        places = [0, *sorted({min(SURE + cut, len(data)) for cut in cuts}), len(data)]
        pieces += [Piece(time, end, data[a:b]) for a, b in pairwise(places) if a < b]
    recording = Recording(Source(Path("x"), warn=warnings.append))
    Connection(recording, ENDS, secure=secure, called="x", warn=warnings.append).tell(pieces)
    return [*recording.events()], warnings


def frames(events):
    """Time, direction and payload of each frame."""
    return [(one.time, one.direction, one.payload) for one in events if isinstance(one, Frame)]


WEBSOCKET = [
    (0, UPGRADE),
    (1, SWITCH + frame(RESULT % 0, masked=False)),
    (0, frame(ASK % 1, masked=True)),
    (1, frame(RESULT % 1, masked=False) + close_frame(1001, "bye", masked=False)),
    (0, close_frame(1001, "bye", masked=True)),
]


@given(st.lists(st.integers(0, 300), max_size=6))
def test_a_websocket_is_read_from_any_pieces(cuts):
    """Also what came with the answer to the handshake."""
    events, warnings = told(WEBSOCKET, cuts)
    assert warnings == []
    (opened,) = [one for one in events if isinstance(one, Opened)]
    assert (opened.url, opened.role, opened.asked) == ("ws://n/c?role=initiator", "initiator", 1)
    assert [one[1:] for one in frames(events)] == [
        ("from_node", RESULT % 0),
        ("to_node", ASK % 1),
        ("from_node", RESULT % 1),
    ]
    assert events[-1] == Closed(time=4, session=1, code=1001, reason="bye", by="node")


def test_exchanges_follow_each_other():
    """On one connection, also where the next request does not wait for the answer."""
    events, warnings = told(
        [(0, post(1)), (1, ok(RESULT % 1)), (0, post(2) + post(3)), (1, ok(RESULT % 2) + ok(RESULT % 3))]
    )
    assert warnings == []
    assert [(one.exchange, one.payload) for one in events if isinstance(one, Frame)] == [
        (1, ASK % 1),
        (1, RESULT % 1),
        (2, ASK % 2),
        (2, RESULT % 2),
        (3, ASK % 3),
        (3, RESULT % 3),
    ]


def test_events_of_a_stream_have_their_own_times():
    """Each that of its packet."""
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
    said = [(0, post(1)), (1, head), (1, b"data: " + RESULT % 7 + b"\n\n"), (1, b"data: " + RESULT % 1 + b"\n\n")]
    events, _warnings = told(said)
    assert frames(events) == [(1, "to_node", ASK % 1), (3, "from_node", RESULT % 7), (4, "from_node", RESULT % 1)]


def test_over_tls_the_url_says_so():
    """The host is that of the request."""
    assert told(WEBSOCKET, secure=True)[0][0].url == "wss://n/c?role=initiator"


def test_a_connection_whose_beginning_is_missing_is_named():
    """Nobody can read frames from their middle."""
    events, warnings = told([(0, frame(ASK % 1, masked=True))])
    assert events == []
    assert warnings == ["x: connection of 10.0.0.1:5000 and 10.0.0.2:80: left out, because its beginning is not there"]


def test_what_is_no_http_ends_the_reading():
    """What came before is kept."""
    events, warnings = told([(0, post(1)), (1, ok(RESULT % 1)), (0, post(2)), (1, b"\x00\xff no HTTP\r\n\r\n")])
    assert [one[2] for one in frames(events)] == [ASK % 1, RESULT % 1, ASK % 2]
    assert len(warnings) == 1
    assert "cannot be read on: " in warnings[0]
