"""Logs of Chrome's DevTools protocol, however they are wrapped."""

import json
from pathlib import Path

import pytest

from recorder.errors import InputError
from recorder.interchange import devtools_log
from recorder.interchange.formats import FORMATS, Source, format_of
from recorder.model import UNRECORDED, Closed, Frame, Opened, Refused

HERE = Path(__file__).parent / "browsers"
ASK = '{"jsonrpc":"2.0","id":1,"method":"sum","params":[1]}'
TELL = '{"jsonrpc":"2.0","method":"told"}'
RESULT = '{"jsonrpc":"2.0","id":1,"result":1}'
WALL, CLOCK = 1_769_860_800, 71_865.25


def event(name, request="1.2", at=0.0, /, **params):
    """An event of the domain, so many seconds after the first."""
    return {"method": f"Network.{name}", "params": {"requestId": request, "timestamp": CLOCK + at, **params}}


def frame(way, data, at, opcode=1):
    """A frame of a WebSocket."""
    return event(
        f"webSocketFrame{way}", "1.2", at, response={"opcode": opcode, "mask": way == "Sent", "payloadData": data}
    )


SOCKET = [
    event("webSocketCreated", url="ws://n/rpc"),
    event("webSocketWillSendHandshakeRequest", wallTime=WALL, request={"headers": {"Origin": "a\nb", ":path": "/"}}),
    event(
        "webSocketHandshakeResponseReceived",
        "1.2",
        1,
        response={"status": 101, "headers": {"Sec-WebSocket-Protocol": "x"}},
    ),
    frame("Sent", ASK, 1.125),
    frame("Received", "AP8=", 2, opcode=2),
    event("webSocketClosed", "1.2", 3),
]


def called(method="POST", mime="application/json", **request):
    """A call over HTTP, whose answer has come."""
    return [
        event(
            "requestWillBeSent",
            "7",
            wallTime=WALL,
            request={"method": method, "url": "http://n/rpc", "headers": {"A": "b"}, **request},
        ),
        event(
            "responseReceived", "7", 1, response={"status": 200, "headers": {"content-type": mime}, "mimeType": mime}
        ),
        event("loadingFinished", "7", 2),
    ]


def log(path, *messages, before="", after=""):
    """A log with a message a line."""
    path.write_text("".join(f"{before}{json.dumps(one)}{after}\n" for one in messages))
    return path


def read(path):
    """Its events, and the warnings."""
    said = []
    return [*devtools_log.read(Source(path, warn=said.append))], said


def frames(events):
    """Milliseconds, direction and payload of each."""
    return [(one.time // 10**6 - WALL * 1000, one.direction, one.payload) for one in events if isinstance(one, Frame)]


def test_a_websocket_is_a_session(tmp_path):
    """At the wall clock's times, although the browser has one of its own; how it was closed is not said."""
    opened, *said, closed = read(log(tmp_path / "a", *SOCKET))[0]
    assert opened == Opened(
        time=WALL * 10**9,
        session=1,
        party="client-1",
        url="ws://n/rpc",
        headers=[("Origin", "a"), ("Origin", "b")],
        subprotocol="x",
    )
    assert frames(said) == [(1125, "to_node", ASK.encode()), (2000, "from_node", b"\x00\xff")]
    assert closed == Closed(time=(WALL + 3) * 10**9, session=1, code=UNRECORDED, by="")


WRAPPED = {
    "lines among others": lambda path: log(path, *SOCKET, before="pw:protocol RECV "),
    "a list": lambda path: path.write_text(json.dumps([{"type": "x", **one} for one in SOCKET], indent=1)),
    "what ChromeDriver logs": lambda path: path.write_text(
        json.dumps([{"level": "INFO", "message": json.dumps({"message": one, "webview": "w"})} for one in SOCKET])
    ),
}


@pytest.mark.parametrize("wrap", WRAPPED)
def test_how_messages_are_wrapped_does_not_matter(tmp_path, wrap):
    """Nor what stands beside them."""
    path = tmp_path / "a"
    WRAPPED[wrap](path)
    with path.open("a") as more:
        more.write("\n" if wrap != "lines among others" else 'some text\nRECV {"a": \n{"id":1,"result":{}}\n')
    assert format_of(Source(path)) is FORMATS["devtools"]
    assert len(frames(read(path)[0])) == 2


def test_several_clients_of_the_protocol_are_told_the_same(tmp_path):
    """It has passed once."""
    both = [one | {"sessionId": name} for one in SOCKET for name in "AB"]
    assert len(frames(read(log(tmp_path / "a", *both))[0])) == 2


def test_a_call_is_an_exchange_if_its_body_was_asked_for(tmp_path):
    """By whoever drives the browser; in the Protocol monitor, call and answer are one."""
    bodies = [
        [
            {"id": 5, "method": "Network.getResponseBody", "params": {"requestId": "7"}, "sessionId": "A"},
            {"id": 5, "result": {"body": "wrong"}, "sessionId": "B"},
            {"id": 5, "result": {"body": "eyJqc29ucnBjIjoiMi4wIn0=", "base64Encoded": True}, "sessionId": "A"},
        ],
        [
            {
                "id": 5,
                "method": "Network.getResponseBody",
                "params": {"requestId": "7"},
                "result": {"body": '{"jsonrpc":"2.0"}'},
            }
        ],
    ]
    for body in bodies:
        events, said = read(log(tmp_path / "a", *called(postData=ASK, hasPostData=True), *body))
        assert frames(events) == [(0, "to_node", ASK.encode()), (2000, "from_node", b'{"jsonrpc":"2.0"}')]
        assert said == []


def test_a_call_whose_body_nobody_asked_for_stays_open(tmp_path):
    """And that is told."""
    entries = [{"bytes": "eyJqc29ucnBjIjoiMi4wIiw="}, {"bytes": "Im1ldGhvZCI6ImEifQ=="}]
    path = log(tmp_path / "a", *called(postDataEntries=entries, hasPostData=True))
    events, said = read(path)
    assert frames(events) == [(0, "to_node", b'{"jsonrpc":"2.0","method":"a"}')]
    assert said == [f"{path}: 1 answer left out: no `Network.getResponseBody` asked for the body"]


def test_events_of_a_stream_have_their_times(tmp_path):
    """A page listens with an EventSource."""
    told = event("eventSourceMessageReceived", "7", 1.5, eventName="message", eventId="9", data=TELL)
    listening = called("GET", "text/event-stream", headers={"Accept": "text/event-stream"})
    events = read(log(tmp_path / "a", *listening, told))[0]
    assert frames(events)[-1] == (1500, "from_node", TELL.encode())
    assert events[-1].event_id == "9"


def test_the_headers_that_were_really_sent_count(tmp_path):
    """A second event tells them."""
    extra = {"method": "Network.requestWillBeSentExtraInfo", "params": {"requestId": "7", "headers": {"Cookie": "a=b"}}}
    path = log(tmp_path / "a", *called(postData=ASK), extra)
    assert [name for name, _value in read(path)[0][0].headers] == ["Cookie"]


def test_a_log_that_begins_late_has_what_came_then(tmp_path):
    """Its URL is unknown; and a handshake that was refused is no session."""
    events = read(log(tmp_path / "a", *SOCKET[3:]))[0]
    assert [type(one) for one in events] == [Opened, Frame, Frame, Closed]
    assert events[0].url == ""
    refused = event("webSocketHandshakeResponseReceived", response={"status": 403})
    assert isinstance(read(log(tmp_path / "a", *SOCKET[:2], refused))[0][0], Refused)
    assert read(log(tmp_path / "a", *SOCKET[:2]))[0] == []


def test_a_netlog_has_no_messages(tmp_path):
    """What to save instead is said."""
    (tmp_path / "a").write_text('{"constants":{"activeFieldTrialGroups":[]},"events":[]}')
    assert format_of(Source(tmp_path / "a")) is FORMATS["devtools"]
    with pytest.raises(InputError, match="a: is a NetLog, which holds no messages; save a HAR file"):
        read(tmp_path / "a")


def test_another_file_is_not_taken(tmp_path):
    """A capture of a browser that was driven is one, and messages of other protocols are none."""
    for text in ('{"format":1,"run":"r"}\n' + json.dumps(SOCKET[0]), TELL, '{"method":"Page.navigate"}'):
        (tmp_path / "a").write_text(text)
        assert not devtools_log.recognises(Source(tmp_path / "a"))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (json.dumps(SOCKET[0])[:-2], "a:1: this message is not whole; remove the line"),
        (json.dumps(event("webSocketCreated", url=1)), "a:1: a message that cannot be read: Expected `str`, got `int`"),
        (json.dumps(frame("Sent", "%", 1, opcode=2)), "a:1: its data should be base64"),
        (json.dumps(SOCKET)[:-3], "a: is no whole list of messages: Input data was truncated"),
        ('{"x":' + "[" * 100_000 + '"method":"Network.webSocketCreated"', "a:1: this message is not whole"),
        ('[{"method":"Network.webSocketCreated","params":NaN}]', "a: is no whole list of messages: .*invalid"),
    ],
)
def test_a_bad_log_is_one_line(tmp_path, text, why):
    """With where it stands."""
    (tmp_path / "a").write_text(text)
    with pytest.raises(InputError, match=why) as caught:
        read(tmp_path / "a")
    assert "\n" not in str(caught.value)


def test_a_log_that_a_tool_wrote_is_read():
    """By a client that did not ask for bodies."""
    events, said = read(HERE / "protocol.log")
    assert len(frames(events)) == 6 + 1 + 1
    assert len(said) == 2
