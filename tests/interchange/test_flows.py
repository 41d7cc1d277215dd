"""What passed, in mitmproxy's flows, both ways."""

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from mitmproxy import http
from mitmproxy.test import tflow
from mitmproxy.websocket import WebSocketMessage
from passing import captures
from wsproto.frame_protocol import Opcode

from recorder.capture import frame
from recorder.interchange.flows import KEY, flows_of, tell
from recorder.interchange.formats import Source
from recorder.interchange.recording import Recording
from recorder.model import Closed, Frame, Note, Opened, Refused, Scenario

ASK = b'{"jsonrpc":"2.0","id":1,"method":"sum","params":[1]}'
RESULT = b'{"jsonrpc":"2.0","id":1,"result":1}'
SOCKET = Opened(time=10**9, session=1, party="client-1", url="ws://n/")


def told(*flows, warn=print):
    """The events of flows, and what is left out of them."""
    recording, others = Recording(Source(Path("x"), warn=warn)), Counter()
    for flow in flows:
        tell(recording, http.HTTPFlow.from_state(flow.get_state()) if isinstance(flow, http.HTTPFlow) else flow, others)
    return [*recording.events()], others


def websocket(*messages):
    """A flow of a WebSocket that mitmproxy made, with these messages."""
    flow = tflow.twebsocketflow()
    flow.websocket.messages[:] = messages
    return flow


def post(body=ASK, answer=RESULT, kind="application/json"):
    """A flow of a call over HTTP that mitmproxy made."""
    flow = tflow.tflow(resp=True)
    flow.request.method, flow.request.url = "POST", "http://node:3014/rpc"
    flow.request.headers["content-type"] = "application/json"
    flow.request.content = body
    flow.response.headers["content-type"] = kind
    flow.response.content = answer
    return flow


def payloads(events):
    """Of all frames."""
    return [event.payload for event in events if isinstance(event, Frame)]


@pytest.mark.untraced
@given(captures())
def test_a_capture_is_the_same_when_it_is_read_back(events):
    """Whatever passed; nothing is lost."""
    lost = Counter()
    back, others = told(*flows_of(events, lost))
    assert back == events
    assert lost == others == {}


def test_a_websocket_of_mitmproxy_is_a_session():
    """Its URL is the node's, its times are mitmproxy's, and its end is who closed it."""
    (opened, one, two, closed), others = told(
        websocket(
            WebSocketMessage(Opcode.TEXT, True, ASK, 946681203.5),
            WebSocketMessage(Opcode.BINARY, False, b"\xff", 946681204.25),
        )
    )
    assert (opened.url, opened.party) == ("ws://example.com/ws", "client-1")
    assert (one.direction, one.opcode, one.payload, one.time) == ("to_node", "text", ASK, 946681203_500_000_000)
    assert (two.direction, two.opcode, two.payload, two.time) == ("from_node", "binary", b"\xff", 946681204_250_000_000)
    assert closed == Closed(time=946681205_000_000_000, session=1, code=1000, reason="", by="node")
    assert others == {}


def test_what_mitmproxy_did_not_pass_on_is_left_out():
    """Its node never got it; it is counted."""
    dropped = WebSocketMessage(Opcode.TEXT, True, ASK, 946681203, True)
    events, others = told(websocket(dropped), tflow.ttcpflow())
    assert payloads(events) == []
    assert others == {"messages that mitmproxy did not pass on": 1, "flows that are no HTTP": 1}


def test_a_lost_connection_and_an_open_one():
    """Mitmproxy says 1006 for one that was cut off, and nothing for one that is open."""
    cut, going = websocket(), websocket()
    cut.websocket.close_code, cut.websocket.closed_by_client = 1006, True
    going.websocket.close_code = going.websocket.closed_by_client = going.websocket.timestamp_end = None
    events, _others = told(cut, going)
    assert [(one.session, one.lost, one.by) for one in events if isinstance(one, Closed)] == [(1, "eof", "party")]


def test_a_handshake_that_is_refused_or_has_no_answer():
    """The first is on the timeline, the second is counted."""
    refused, alone = tflow.tflow(resp=True), tflow.tflow()
    for flow in (refused, alone):
        flow.request.headers["Upgrade"] = "WebSocket"
    refused.response.status_code = 403
    (event,), others = told(refused, alone)
    assert isinstance(event, Refused)
    assert event.status == 403
    assert others == {"handshakes without an answer": 1}


def test_clients_are_told_apart_by_address():
    """As in what is recorded live."""
    one, two, three = post(), post(), post()
    two.client_conn.peername = ("10.0.0.2", 1)
    three.client_conn.peername = ("127.0.0.1", 2)
    events, _others = told(one, two, three)
    assert [event.session for event in events if isinstance(event, Frame) and event.payload == ASK] == [1, 2, 1]


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd"])
def test_bodies_are_read_as_their_receivers_read_them(coding):
    """And are in that coding again where a capture says so."""
    flow = post()
    flow.request.headers["content-encoding"] = coding
    flow.request.content = ASK
    events, _others = told(flow)
    assert payloads(events) == [ASK, RESULT]
    (back,) = flows_of(events, Counter())
    assert back.request.raw_content != ASK
    assert back.request.headers["content-length"] == str(len(back.request.raw_content))
    assert told(back)[0] == events


def test_a_stream_is_its_events():
    """Each a frame, with its id where that is a new one."""
    events, _others = told(post(answer=b"id: 7\ndata: 1\n\ndata: 2\n\n", kind="text/event-stream"))
    assert [(one.payload, one.event_id) for one in events if isinstance(one, Frame)][1:] == [(b"1", "7"), (b"2", "")]


def test_what_mitmproxy_did_not_keep_is_an_answer_all_the_same():
    """Of what it streams it has no body."""
    flow = post()
    flow.response.raw_content = None
    assert payloads(told(flow)[0]) == [ASK, b""]


def test_a_comment_is_a_note():
    """Somebody wrote it in mitmweb."""
    flow = websocket()
    flow.comment = "look here"
    assert Note(time=946681200_000_000_000, text="look here") in told(flow)[0]


def test_what_a_flow_cannot_hold_is_counted():
    """Raw bytes, and that a log begins late; notes and scenarios, where there is no flow to have them."""
    lost = Counter()
    late = Opened(time=1, session=1, party="client-1", url="ws://n/", partial=True)
    raw = frame(b"\xff", time=2, session=1, direction="to_node", opcode="raw")
    [*flows_of([late, raw], lost)]
    assert lost == {"marks of a log that begins late": 1, "pieces of raw bytes": 1}
    lost = Counter()
    assert [*flows_of([Note(text="x"), Scenario(name="y")], lost)] == []
    assert lost == {"notes and scenarios": 2}


def test_a_session_without_a_url_or_a_time_keeps_what_it_has():
    """As transcripts have them."""
    events = [
        Opened(session=1, party="client-1", url=""),
        frame(ASK, session=1, direction="to_node"),
        Closed(session=1, code=0, by=""),
    ]
    assert told(*flows_of(events, Counter()))[0] == events


@pytest.mark.parametrize(
    "kept", [7, {"times": ["x"]}, {"times": [-1]}, {"times": [1, 2, 3]}, {"between": [{"event": "x"}]}]
)
def test_metadata_that_do_not_fit_count_for_nothing(kept):
    """They are another tool's, or the flow was changed."""
    (flow,) = flows_of([SOCKET, frame(ASK, time=2 * 10**9, session=1, direction="to_node")], Counter())
    flow.metadata[KEY] = kept
    flow.websocket.messages.append(WebSocketMessage(Opcode.TEXT, False, RESULT, 4.0))
    assert payloads(told(flow)[0]) == [ASK, RESULT]


@pytest.mark.parametrize("seconds", [float("inf"), float("nan"), -1.0])
def test_a_time_that_no_clock_shows_is_unknown(seconds):
    """It is no reason not to read the rest."""
    flow = post()
    flow.request.timestamp_start = seconds
    assert told(flow)[0][0].time == 0


def test_a_node_at_an_ipv6_address_has_brackets_in_its_url():
    """Which mitmproxy leaves out."""
    flow = post()
    flow.request.url = "http://[::1]:3014/rpc"
    events, _ = told(flow)
    assert events[0].url == "http://[::1]:3014/rpc"
