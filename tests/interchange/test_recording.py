"""What another tool recorded, as the events of a capture: the same as if it had been recorded live."""

from pathlib import Path

from recorder.event_stream import ServerEvent
from recorder.interchange.formats import Source
from recorder.interchange.recording import Passed, Recording, Said
from recorder.journal.requests import Answer, Request
from recorder.journal.session import WireMessage
from recorder.model import Closed, Frame, Opened, Refused

ASK = b'{"jsonrpc":"2.0","id":1,"method":"sum","params":[1]}'
TELL = b'{"jsonrpc":"2.0","method":"told"}'
RESULT = b'{"jsonrpc":"2.0","id":1,"result":1}'
JSON = [("Content-Type", "application/json")]
STREAM = [("content-type", "text/event-stream")]


def recording(warn=print):
    """One of nothing yet."""
    return Recording(Source(Path("x"), warn=warn))


def shown(events):
    """Time, session and payload of each frame; the type of what is none."""
    return [
        (one.time, one.session, one.exchange, one.payload) if isinstance(one, Frame) else type(one) for one in events
    ]


def test_two_websockets_are_one_timeline():
    """Whatever the order in which they are told."""
    made = recording()
    made.websocket(5, "ws://n/", [Passed(9, "to_node", WireMessage("text", ASK))])
    made.websocket(4, "ws://n/", [Passed(6, "from_node", WireMessage("text", TELL))])
    assert shown(made.events()) == [Opened, Opened, (6, 1, 0, TELL), (9, 2, 0, ASK)]


def test_a_websocket_is_closed_by_its_close_frames_or_as_its_reader_says():
    """A Close frame of each end, or a transport that is gone."""
    made = recording()
    frame = WireMessage(None, b"\x03\xe8")
    made.websocket(1, "ws://n/", [Passed(2, "from_node", frame), Passed(3, "to_node", frame)])
    made.websocket(4, "ws://n/", [], closed=Closed(time=5, session=0, code=1006, by="node", lost="eof"))
    assert [one for one in made.events() if isinstance(one, Closed)] == [
        Closed(time=2, session=1, code=1000, by="node"),
        Closed(time=5, session=2, code=1006, by="node", lost="eof"),
    ]


def test_a_refused_handshake_is_no_session():
    """Its status, and the headers that matter."""
    made = recording()
    made.websocket(1, "ws://n/", [], status=401, answer=[("Date", "now"), ("X", "y")])
    assert [*made.events()] == [Refused(time=1, status=401, url="ws://n/", headers=[("X", "y")])]


def test_secrets_are_masked_as_in_what_is_recorded():
    """A file of another tool is full of them."""
    made = recording()
    made.websocket(1, "ws://n/?token=abc", [], headers=[("Authorization", "Bearer abc")])
    (opened,) = made.events()
    assert opened.url == "ws://n/?token=«token 1»"
    assert opened.headers == [("Authorization", "Bearer «token 1»")]


def test_an_exchange_is_recorded_if_it_is_json_rpc():
    """Calls of one client are exchanges of one session; everything else is left out, and counted."""
    said = []
    made = recording(said.append)
    for time in (1, 3):
        made.exchange(
            time,
            Request("POST", "http://n/", JSON, ASK),
            Answer(200, JSON),
            time + 1,
            [Said(time + 1, ServerEvent(RESULT))],
        )
    made.exchange(4, Request("GET", "http://n/style.css", []), Answer(200, []), 5, [Said(5, ServerEvent(b"a {}"))])
    assert shown(made.events()) == [
        Opened,
        (1, 1, 1, ASK),
        (2, 1, 1, RESULT),
        (3, 1, 2, ASK),
        (4, 1, 2, RESULT),
    ]
    assert said == ["x: 1 other HTTP request left out: no JSON-RPC"]


def test_an_event_stream_is_recorded_event_by_event():
    """At the time of each; one that a client opened to listen begins with its head."""
    made = recording()
    made.exchange(
        1,
        Request("POST", "http://n/", JSON, ASK),
        Answer(200, STREAM),
        2,
        [Said(3, ServerEvent(TELL)), Said(5, ServerEvent(RESULT))],
    )
    listening = Request("GET", "http://n/", [("accept", "text/event-stream")])
    made.exchange(2, listening, Answer(200, STREAM), 2, [Said(4, ServerEvent(TELL, id="7"))])
    assert shown(made.events()) == [
        Opened,
        (1, 1, 1, ASK),
        (2, 1, 0, b""),
        (3, 1, 1, TELL),
        (4, 1, 0, TELL),
        (5, 1, 1, RESULT),
    ]


def test_a_call_without_an_answer_stays_open():
    """Nothing is known of what came of it."""
    made = recording()
    made.exchange(1, Request("POST", "http://n/", JSON, ASK))
    assert shown(made.events()) == [Opened, (1, 1, 1, ASK)]


def test_what_a_capture_said_is_as_it_was():
    """Sessions keep their numbers and parties, and events their order, whatever the clock said; no number is taken twice."""
    made = recording()
    known = Opened(time=7, session=9, party="shop", role="r", asked=3)
    made.websocket(5, "ws://n/", [Passed(4, "to_node", WireMessage("text", ASK), 2)], places=(1, 3), opened=known)
    made.websocket(5, "ws://n/", [], places=(4, 0), opened=known)
    post = Request("POST", "http://n/", JSON, ASK)
    made.exchange(
        1,
        post,
        Answer(200, JSON),
        1,
        [Said(1, ServerEvent(RESULT))],
        places=(5, 6),
        opened=Opened(time=0, session=4, party="x"),
    )
    events = [*made.events()]
    assert shown(events) == [Opened, (4, 9, 0, ASK), Opened, Opened, (1, 4, 1, ASK), (1, 4, 1, RESULT)]
    assert events[0] == Opened(time=7, session=9, party="shop", role="r", url="ws://n/", asked=3)
    assert events[2].session == 10
    assert (events[3].time, events[3].party) == (0, "x")


def test_a_log_that_may_begin_late_is_partial():
    """What its node sent before is unknown, not missing."""
    made = Recording(Source(Path("x"), partial=True))
    made.websocket(1, "ws://n/", [])
    assert [one.partial for one in made.events()] == [True]
