"""HAR files: what tools write is read as they mean it, and what is written brings the same events back."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recorder.capture import FORMAT, dump_all, frame
from recorder.errors import InputError
from recorder.interchange import har
from recorder.interchange.files import Capture, staging
from recorder.interchange.formats import FORMATS, Source, format_of
from recorder.model import Closed, Frame, Header, Note, Opened, Refused, Scenario

ASK = b'{"jsonrpc":"2.0","id":1,"method":"sum","params":[1]}'
TELL = b'{"jsonrpc":"2.0","method":"told"}'
RESULT = b'{"jsonrpc":"2.0","id":1,"result":1}'
NOON = 1_769_860_800_123_456_789
JSON = [("Content-Type", "application/json")]
STREAM = [("content-type", "text/event-stream")]
LISTENS = [("accept", "text/event-stream")]


def written(folder, events):
    """What is written of these events: the file, and what it cannot hold."""
    (folder / "run.jsonl").write_bytes(dump_all([Header(format=FORMAT, run="r", recorder="0"), *events]))
    with staging() as stage:
        lost = har.write(Capture(folder / "run.jsonl"), folder / "run.har", stage)
    return folder / "run.har", lost


def returned(folder, events):
    """What comes back of these events."""
    return [*har.read(Source(written(folder, events)[0]))]


def entry(*messages, url="wss://n/rpc", **others):
    """A WebSocket as Chrome writes it."""
    return {
        "_resourceType": "websocket",
        "startedDateTime": "2026-01-31T12:00:00.123Z",
        "time": 250.5,
        "request": {"method": "GET", "url": url, "headers": [{"name": "Origin", "value": "http://n"}]},
        "response": {"status": 101, "headers": [], "content": {"size": 0, "mimeType": "x-unknown"}},
        "_webSocketMessages": [dict(zip(("type", "time", "opcode", "data"), one, strict=True)) for one in messages],
    } | others


def post(body, answer, **others):
    """A call as a browser writes it."""
    text, kind = (answer, "application/json") if isinstance(answer, str) else answer
    return {
        "startedDateTime": "2026-01-31T13:00:00+01:00",
        "time": 30,
        "timings": {"blocked": -1, "send": 1, "wait": 9, "receive": 20},
        "request": {
            "method": "POST",
            "url": "http://n/rpc",
            "headers": [{"name": ":method", "value": "POST"}, {"name": "content-type", "value": "application/json"}],
            "postData": {"mimeType": "application/json", "text": body},
        },
        "response": {
            "status": 200,
            "headers": [{"name": "Content-Type", "value": kind}],
            "content": {"mimeType": kind, "text": text},
        },
    } | others


def saved(path, *entries, bom=b"", **log):
    """A file of these entries."""
    document = {"log": {"version": "1.2", "creator": {"name": "x", "version": "1"}, "entries": entries} | log}
    path.write_bytes(bom + json.dumps(document).encode())
    return path


def read(path, **how):
    """Its events, and the warnings."""
    said = []
    return [*har.read(Source(path, warn=said.append, **how))], said


def frames(events):
    """Time, direction and payload of each."""
    return [(one.time, one.direction, one.payload) for one in events if isinstance(one, Frame)]


def test_a_websocket_of_chrome_is_a_session(tmp_path):
    """Times are exact, however many digits they have; what is binary is base64."""
    path = tmp_path / "a.har"
    text = json.dumps({"log": {"entries": [entry(("send", 0, 1, ASK.decode()), ("receive", 0, 2, "AP8="))]}})
    path.write_text(
        text.replace('"time": 0', '"time": 1769860800.1999998', 1).replace('"time": 0', '"time": 1769860801')
    )
    events, said = read(path)
    assert events[0] == Opened(
        time=1_769_860_800_123_000_000, session=1, party="client-1", url="wss://n/rpc", headers=[("Origin", "http://n")]
    )
    assert frames(events) == [
        (1_769_860_800_199_999_800, "to_node", ASK),
        (1_769_860_801_000_000_000, "from_node", b"\x00\xff"),
    ]
    assert said == []


def test_milliseconds_of_playwright_are_times_too(tmp_path):
    """And a time that is none is that of the message before."""
    path = saved(tmp_path / "a.har", entry(("send", 1769860800200.5, 1, "a"), ("receive", -1, 1, "b")))
    assert [time for time, *_ in frames(read(path)[0])] == [1_769_860_800_200_500_000] * 2


def test_the_url_of_a_handshake_is_that_of_a_websocket(tmp_path):
    """Mitmproxy writes `https`."""
    assert read(saved(tmp_path / "a.har", entry(url="https://n/rpc")))[0][0].url == "wss://n/rpc"


def test_a_websocket_without_messages_is_told(tmp_path):
    """Firefox keeps none; one whose list is empty said nothing."""
    silent = entry()
    del silent["_webSocketMessages"]
    events, said = read(saved(tmp_path / "a.har", silent, entry()))
    assert [type(one) for one in events] == [Opened, Opened]
    assert said == [f"{tmp_path}/a.har: 1 WebSocket without messages: the tool that wrote the file kept none"]


def test_a_handshake_that_failed_is_refused_or_left_out(tmp_path):
    """By the status of its answer, if one came; errors are no messages."""
    refused, failed = entry(response={"status": 403}), entry(response={"status": 0})
    del refused["_webSocketMessages"], failed["_webSocketMessages"]
    events, said = read(saved(tmp_path / "a.har", refused, failed, entry(("error", 1769860800, -1, "gone"))))
    assert [type(one) for one in events] == [Refused, Opened]
    assert events[0].status == 403
    assert said == [f"{tmp_path}/a.har: 2 failed WebSocket or messages left out"]


@pytest.mark.parametrize(
    ("ending", "closed"),
    [
        ({"code": 1001, "reason": "bye", "timestamp": 1769860801.5}, (1_769_860_801_500_000_000, 1001, "bye", "")),
        ("aborted", (1_769_860_800_373_500_000, 1006, "", "reset")),
    ],
)
def test_the_end_that_http_toolkit_writes_is_known(tmp_path, ending, closed):
    """With its code, or that it was aborted."""
    *_opened, end = read(saved(tmp_path / "a.har", entry(_webSocketClose=ending)))[0]
    assert (end.time, end.code, end.reason, end.lost) == closed


def test_close_frames_among_messages_end_it(tmp_path):
    """Of each end one, whose data are its bytes."""
    path = saved(
        tmp_path / "a.har", entry(("send", 1769860801, 8, "A+g="), ("receive", 1769860802, 8, "not base64, a reason"))
    )
    assert read(path)[0][-1] == Closed(time=1_769_860_801_000_000_000, session=1, code=1000)


def test_calls_over_http_are_exchanges(tmp_path):
    """At the times that their timings say; one without an answer stays open."""
    unanswered = post(ASK.decode(), "", startedDateTime="2026-01-31T12:00:01Z", response=None)
    events, said = read(saved(tmp_path / "a.har", unanswered, post(ASK.decode(), RESULT.decode())))
    start = 1_769_860_800_000_000_000
    assert frames(events) == [
        (start, "to_node", ASK),
        (start + 30_000_000, "from_node", RESULT),
        (start + 1_000_000_000, "to_node", ASK),
    ]
    assert events[0].headers == [("content-type", "application/json")]
    assert said == []


def test_what_is_no_json_rpc_is_told(tmp_path):
    """A browser's file is full of it."""
    events, said = read(saved(tmp_path / "a.har", post("a=1", "{}")))
    assert events == []
    assert said == [f"{tmp_path}/a.har: 1 other HTTP request left out: no JSON-RPC"]


def test_an_answer_may_be_base64_and_headers_may_be_pairs(tmp_path):
    """Firefox writes the one, Slack the other."""
    call = post(ASK.decode(), "")
    call["request"]["headers"] = [["content-type", "application/json"], ["x"]]
    call["response"]["content"] |= {"text": "eyJqc29ucnBjIjoiMi4wIiwiaWQiOjEsInJlc3VsdCI6MX0=", "encoding": "base64"}
    events, _said = read(saved(tmp_path / "a.har", call))
    assert frames(events)[1][2] == RESULT
    assert events[0].headers == [("content-type", "application/json"), ("x", "")]


def test_an_event_stream_is_read_event_by_event(tmp_path):
    """At the times that are said, or when it was whole."""
    stream = f"data: {TELL.decode()}\n\ndata: {RESULT.decode()}\n\n", "text/event-stream"
    told = [{"time": 1769860800.02, "eventName": "message", "eventId": "7", "data": TELL.decode()}] * 2
    path = saved(tmp_path / "a.har", post(ASK.decode(), stream), post(ASK.decode(), stream, _eventSourceMessages=told))
    events = [one for one in read(path)[0] if isinstance(one, Frame)]
    assert [(one.exchange, one.time % 1_000_000_000, one.event_id) for one in events] == [
        (1, 0, ""),
        (2, 0, ""),
        (2, 20_000_000, "7"),
        (2, 20_000_000, ""),
        (1, 30_000_000, ""),
        (1, 30_000_000, ""),
    ]


@pytest.mark.parametrize(("name", "count"), [("devtools.har", 11), ("embedded.har", 11), ("firefox.har", 2)])
def test_a_file_that_a_browser_wrote_is_read(name, count):
    """Chromium's DevTools, Playwright, and Firefox, which keeps no messages of WebSockets."""
    path = Path(__file__).parent / "browsers" / name
    assert format_of(Source(path)) is FORMATS["har"]
    assert len(frames(read(path)[0])) == count


def test_bodies_of_playwright_may_stand_beside(tmp_path):
    """Only beside: no name leads elsewhere."""
    (tmp_path / "abc.json").write_bytes(RESULT)
    near, far = post(ASK.decode(), ""), post(ASK.decode(), "")
    near["response"]["content"] = {"_file": "abc.json"}
    far["response"]["content"] = {"_file": f"../{tmp_path.name}/abc.json"}
    assert [one[2] for one in frames(read(saved(tmp_path / "a.har", near, far))[0]) if one[1] == "from_node"] == [
        RESULT,
        b"",
    ]


def test_an_answer_whose_body_was_not_kept_is_told(tmp_path):
    """The call stays open: nobody knows what came of it."""
    call = post(ASK.decode(), "")
    call["response"]["content"] = {"size": 99, "mimeType": "application/json"}
    events, said = read(saved(tmp_path / "a.har", call))
    assert [type(one) for one in events] == [Opened, Frame]
    assert said == [f"{tmp_path}/a.har: 1 answer left out: the tool that wrote the file kept no body"]


def test_a_byte_order_mark_is_no_part_of_it(tmp_path):
    """Fiddler writes one."""
    path = saved(tmp_path / "a", entry(), bom=b"\xef\xbb\xbf")
    assert format_of(Source(path)) is FORMATS["har"]
    assert len(read(path)[0]) == 1


@pytest.mark.parametrize("head", [b"", b'{"logs": {}}', b'[{"log": {}}]', b'{"jsonrpc":"2.0","method":"log"}', b"PK"])
def test_another_file_is_not_taken(tmp_path, head):
    """Whatever it is."""
    (tmp_path / "a").write_bytes(head)
    assert not har.recognises(Source(tmp_path / "a"))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('{"log":{"entries":[', "is no whole HAR file; save it again: Input data was truncated"),
        ('{"log":{"entries":[{"request":1}]}}', r"Expected `object`, got `int` - at `\$.log.entries\[0\].request`"),
        ('{"log":{"entries":[NaN]}}', "invalid character"),
        ('{"log":{"entries":[{"x":' + "[" * 100_000, "recursion"),
        ('{"log":{"entries":[{"request":{"method":"GET","url":"\udcff"}}]}}', "UTF-8|utf-8"),
        (json.dumps({"log": {"entries": [entry(startedDateTime="soon")]}}), "entry 1: not a time: 'soon'"),
        (
            json.dumps({"log": {"entries": [entry(startedDateTime="9999-01-01T00:00:00Z")]}}),
            "entry 1: not a time: '9999",
        ),
        (json.dumps({"log": {"entries": [entry(("send", 1, 2, "%")), entry()]}}), "entry 1: its data should be base64"),
    ],
)
def test_a_bad_file_is_one_line(tmp_path, text, why):
    """With what is wrong."""
    (tmp_path / "a.har").write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(InputError, match=rf"a.har: .*(?:{why})") as caught:
        read(tmp_path / "a.har")
    assert "\n" not in str(caught.value)


def test_numbers_out_of_all_proportion_are_no_times(tmp_path):
    """Nor do they take forever."""
    path = tmp_path / "a.har"
    text = json.dumps({"log": {"entries": [entry(("send", 0, 1, "a"), ("send", "NaN", 1, "b"), _webSocketClose={})]}})
    path.write_text(text.replace('"time": 0', '"time": 1e999999').replace('"time": 250.5', '"time": 1e999999'))
    events = read(path)[0]
    assert frames(events) == [(events[0].time, "to_node", b"a"), (events[0].time, "to_node", b"b")]
    assert dump_all(events)


def test_a_file_that_is_too_large_is_refused(tmp_path, monkeypatch):
    """It would be held whole."""
    monkeypatch.setattr(har, "MOST", 1 << 20)
    (tmp_path / "a.har").write_bytes(b'{"log":{' + b" " * (1 << 20))
    with pytest.raises(InputError, match="has more than 1 MiB, and is held whole"):
        read(tmp_path / "a.har")


def test_a_session_whose_beginning_is_not_there_comes_back_with_one(tmp_path):
    """Somebody has cut the capture."""
    sent = frame(ASK, time=NOON, session=7, direction="to_node")
    assert returned(tmp_path, [sent]) == [Opened(time=NOON, session=7, party="client-7"), sent]


def test_a_session_of_each_kind_comes_back(tmp_path):
    """With its scenarios, its streams, its end and its names."""
    opened = Opened(time=NOON, session=1, party="shop", role="shop", url="ws://n/", subprotocol="x", asked=NOON - 5)
    http = Opened(time=NOON + 1, session=3, party="client-3", url="http://n/rpc", headers=JSON)
    named, topic = [("mcp-session-id", "s")], ("topic", "b")
    events = [
        Scenario(name="one", time=NOON),
        opened,
        frame(ASK, time=NOON, session=1, direction="to_node", fragments=2),
        http,
        frame(ASK, time=NOON + 2, session=3, direction="to_node", exchange=1),
        frame(b"\xff", time=NOON + 3, session=1, direction="from_node", opcode="text"),
        frame(b"\xff", time=NOON + 3, session=1, direction="from_node", opcode="ping"),
        frame(TELL, time=NOON + 4, session=3, direction="from_node", exchange=1, headers=STREAM + named, event_id="1"),
        Scenario(name="two", time=NOON + 4),
        Closed(time=NOON + 2, session=1, code=1001, reason="bye", by="node"),
        frame(RESULT, time=NOON + 9, session=3, direction="from_node", exchange=1),
        frame(b"", time=NOON + 9, session=3, direction="from_node", headers=STREAM, request_headers=named),
        frame(TELL, time=NOON + 9, session=3, direction="from_node"),
        frame(
            b"",
            time=NOON + 9,
            session=3,
            stream=1,
            direction="from_node",
            headers=STREAM,
            request_headers=[*named, topic],
        ),
        frame(TELL, time=NOON + 9, session=3, stream=1, direction="from_node"),
        frame(b"\xff", time=NOON + 10, session=3, direction="to_node", exchange=2, headers=named),
        frame(b"", time=NOON + 10, session=3, direction="from_node", exchange=2, status=202),
        frame(ASK, time=NOON + 11, session=3, direction="to_node", exchange=3, headers=named),
        Closed(time=NOON + 12, session=3),
        Opened(time=NOON + 12, session=4, party="client-4", url="http://n/sse", headers=LISTENS),
        frame(b"", time=NOON + 12, session=4, direction="from_node", headers=STREAM),
        frame(b"/p?id=7", time=NOON + 12, session=4, direction="from_node", event_type="endpoint"),
        frame(ASK, time=NOON + 12, session=4, direction="to_node", headers=JSON),
        frame(RESULT, time=NOON + 13, session=4, direction="from_node", event_type="told"),
        frame(ASK, time=NOON + 13, session=4, direction="to_node", headers=JSON),
        frame(b"gone", time=NOON + 13, session=4, direction="from_node", status=404, headers=[("x", "y")]),
        Refused(time=NOON + 13, status=401, url="ws://n/", headers=[("X", "y")]),
    ]
    assert returned(tmp_path, events) == events


def test_what_it_cannot_hold_is_counted(tmp_path):
    """Notes, and pipes."""
    pipe = Opened(session=1, party="client-1", url="stdio:x")
    path, lost = written(tmp_path, [Note(text="x"), pipe, frame(ASK, session=1, direction="to_node")])
    assert lost == {"notes": 1, "events of stdio": 1}
    assert json.loads(path.read_bytes())["log"]["entries"] == []


PAYLOADS = st.one_of(
    st.sampled_from([ASK, TELL, RESULT]),
    st.text(st.characters(codec="utf-8")).map(str.encode),
    st.binary(max_size=20),
)


@st.composite
def timelines(draw):
    """Two WebSockets and two clients over HTTP, at the same time."""
    time = draw(st.sampled_from([0, NOON]))
    events, number, open_ = [], 0, set()
    exchanges = {}
    for _ in range(draw(st.integers(0, 20))):
        time += draw(st.sampled_from([0, 1, 999, 10**9]))
        session = draw(st.integers(1, 4))
        if session not in open_:
            number += 1
            url = "ws://n/a" if session % 2 else "http://n/b"
            headers = draw(st.sampled_from([[], JSON]))
            events.append(Opened(time=time, session=number, party=f"client-{number}", url=url, headers=headers))
            open_.add(session)
            exchanges[session] = (number, 0)
            if session % 2:
                continue
        known, last = exchanges[session]
        if session % 2:
            if draw(st.integers(0, 9)) == 0:
                open_.discard(session)
                by = draw(st.sampled_from(["party", "node", "recorder", ""]))
                events.append(Closed(time=time, session=known, code=draw(st.integers(0, 4999)), reason="r", by=by))
                continue
            opcode = draw(st.sampled_from(["text", "binary", "ping", "pong", "raw"]))
            way = draw(st.sampled_from(["to_node", "from_node"]))
            events.append(frame(draw(PAYLOADS), time=time, session=known, direction=way, opcode=opcode))
        else:
            last += 1
            exchanges[session] = (known, last)
            body = draw(PAYLOADS) if last > 1 else ASK
            events.append(frame(body, time=time, session=known, direction="to_node", exchange=last))
            if draw(st.booleans()):
                how = {"session": known, "direction": "from_node", "exchange": last, "headers": JSON}
                events.append(frame(draw(PAYLOADS), time=time + draw(st.integers(0, 99)), **how))
    return events


@settings(max_examples=60, deadline=None)
@given(timelines())
def test_any_timeline_comes_back(tmp_path_factory, events):
    """Event by event, to the nanosecond and the byte."""
    assert returned(tmp_path_factory.mktemp("har"), events) == events


def test_what_is_written_is_a_har_with_all_its_fields(tmp_path):
    """Those that the specification requires; no tool needs to guess."""
    opened = Opened(time=NOON, session=1, party="client-1", url="http://n/rpc", headers=JSON)
    ask = frame(ASK, time=NOON, session=1, direction="to_node", exchange=1)
    answer = frame(RESULT, time=NOON + 1_500_000, session=1, direction="from_node", exchange=1, headers=JSON)
    (one,) = json.loads(written(tmp_path, [opened, ask, answer])[0].read_bytes())["log"]["entries"]
    assert one["startedDateTime"] == "2026-01-31T12:00:00.123456789Z"
    assert (one["time"], one["timings"]) == (1.5, {"send": 0, "wait": 1.5, "receive": 0})
    assert one["request"]["postData"] == {
        "mimeType": "application/json",
        "text": ASK.decode(),
        "size": 52,
        "params": [],
    }
    assert one["response"]["content"] == {"mimeType": "application/json", "text": RESULT.decode(), "size": 35}
    assert one.keys() >= {"cache", "request", "response"}
    assert one["request"].keys() >= {"httpVersion", "cookies", "headers", "queryString", "headersSize", "bodySize"}
    assert one["response"].keys() >= {"statusText", "httpVersion", "cookies", "headers", "redirectURL", "bodySize"}
