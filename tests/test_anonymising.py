"""What a published capture tells of the one that it was made of, and what it does not."""

import json
import re

import pytest

from recorder import capture
from recorder.anonymising import Anonymised
from recorder.compare import compare
from recorder.masking import Masking
from recorder.model import Closed, Frame, Header, Note, Opened, Refused, Scenario
from recorder.timeline import read

SESSION = "7d3f9a52-1c4b-4e8a-9f10-5b6c7d8e9fa0"
CURSOR = "aGVsbG8gd29ybGQx"
STARTED = 1_795_000_000_000_000_000
HEADER = Header(
    format=2, run="r", recorder="0", started=STARTED, upstreams=["https://node.acme.com:8545"], meta={"who": "me"}
)
EVENTS = [
    Scenario(name="first", time=STARTED),
    Opened(
        session=1,
        party="client-1",
        url=f"https://node.acme.com:8545/s/{SESSION}?token=hunter2&session={SESSION}",
        headers=[("Host", "node.acme.com:8545"), ("Origin", "https://node.acme.com"), ("Authorization", "Bearer s")],
        asked=STARTED + 500,
        time=STARTED + 1000,
    ),
    capture.frame(
        b'{"id":1, "method":"open","params":{"amount":5,"url":"https://node.acme.com/x"}}',
        session=1, direction="to_node", exchange=1, time=STARTED + 2000,
    ),
    capture.frame(
        b'{"id":1,"result":{"session":"%s","nextCursor":"%s"}}' % (SESSION.encode(), CURSOR.encode()),
        session=1, direction="from_node", exchange=1, headers=[("X-Session", SESSION)],
    ),
    capture.frame(
        b'{"id":2,"method":"next","params":{"cursor":"%s","password":"pw","text":"%s!"}}' % ((CURSOR.encode(),) * 2),
        session=1, direction="to_node", exchange=2,
    ),
    capture.frame(b'{"id":2,"error":{"message":"no such page"}}', session=1, direction="from_node", exchange=2),
    capture.frame(b"\x00\xff", session=1, direction="from_node", opcode="binary"),
    Note(text="node.acme.com says no", time=STARTED + 3000),
    Closed(session=1, reason="node.acme.com stops"),
]  # fmt: skip


@pytest.fixture
def made():
    """It as it may be published."""
    return Anonymised(HEADER, EVENTS, Masking(["password"]), "a.jsonl")


def test_nothing_is_left_that_tells_who_it_was(made):
    """Neither host nor secret nor what was handed out, wherever it stands."""
    text = capture.dump_all([made.header, *made]).decode()
    for secret in ("acme", "hunter2", "Bearer s", SESSION, '"pw"', "me", str(STARTED)):
        assert re.search(rf"(?<!\w){re.escape(secret)}(?!\w)", text) is None, secret
    assert "hunter2" in capture.dump_all(EVENTS).decode()


def test_one_value_has_one_other_form(made):
    """In URLs, headers, results and params: it is bound there."""
    _scenario, opened, _call, answer, call, *_ = made
    session = capture.pretty(answer.payload) and dict(answer.headers)["X-Session"]
    assert session != SESSION
    assert opened.url == f"https://node-1.example:8545/s/{session}?token=«token 1»&session={session}"
    assert answer.payload.count(session.encode()) == 1
    cursor = re.search(rb'"nextCursor":"([^"]*)"', answer.payload)[1]
    assert b'"cursor":"%s"' % cursor in call.payload
    assert dict(opened.headers) == {
        "Host": "node-1.example:8545",
        "Origin": "https://node-1.example",
        "Authorization": "Bearer «token 2»",
    }


def test_all_else_is_as_it_was(made):
    """Words, amounts, spaces, what was handed out to nobody, and sizes."""
    events = [*made]
    assert events[2].payload == b'{"id":1, "method":"open","params":{"amount":5,"url":"https://node-1.example/x"}}'
    assert events[5] == EVENTS[5]
    assert events[6] == EVENTS[6]
    assert len(events[3].payload) == len(EVENTS[3].payload)
    assert events[7].text == "node-1.example says no"
    assert events[8].reason == "node-1.example stops"


def test_times_are_relative(made):
    """To the first event, which is a second after the beginning of time; what has none has none."""
    assert [event.time for event in made][:4] == [10**9, 10**9 + 1000, 10**9 + 2000, 0]
    assert next(event for event in made if isinstance(event, Opened)).asked == 10**9 + 500
    assert (made.header.started, made.header.meta, made.header.upstreams) == (0, {}, ["https://node-1.example:8545"])


def test_it_is_made_the_same_again(made):
    """So that a fixture changes only where its capture does."""
    assert [*made] == [*Anonymised(HEADER, EVENTS, Masking(["password"]), "b.jsonl")]


def test_it_is_the_same_to_a_comparison():
    """What was masked only now stands for what it was; a host in somebody's words is another."""
    plain = [event for event in EVENTS[:-1] if not (isinstance(event, Frame) and b"acme" in event.payload)]
    made = Anonymised(HEADER, plain, Masking(["password"]))
    assert compare(read(HEADER, plain, "a.jsonl"), read(made.header, made, "b.jsonl")).same


def test_a_refused_handshake_and_the_answer_to_another_tell_nothing_either():
    """Neither the host that refused it, nor what the node hands out in a header."""
    events = [
        Refused(status=401, url="ws://shop.internal/rpc?token=abc", party="a", headers=[("Set-Cookie", "s=1")]),
        Opened(session=1, party="a", url="ws://shop.internal/rpc", answer=[("X-Session", SESSION)]),
        capture.frame(json.dumps({"method": "a", "params": [SESSION]}).encode(), session=1, direction="to_node"),
    ]
    refused, opened, said = Anonymised(HEADER, events, Masking())
    assert (refused.url, refused.status) == ("ws://node-2.example/rpc?token=«token 1»", 401)
    assert refused.headers == [("Set-Cookie", "s=«cookie 1»")]
    assert opened.answer[0][1] == json.loads(said.payload)["params"][0] != SESSION


def test_the_command_of_a_server_is_no_host():
    """Its name may be a word of its messages."""
    events = [
        Opened(session=1, party="a", url="stdio:pylsp"),
        capture.frame(b'{"method":"log","params":["pylsp is here"]}', session=1, direction="from_node"),
    ]
    header = Header(format=2, run="r", recorder="0", upstreams=["stdio:pylsp"])
    assert [*Anonymised(header, events, Masking())][1] == events[1]


def test_this_machines_names_stay_in_bodies():
    """They may be the node's own words, and tell nothing; in URLs a node has a name as all have."""
    events = [
        Opened(session=1, party="a", url="ws://localhost:3014/?host=127.0.0.1"),
        capture.frame(b'{"method":"a","params":["localhost"]}', session=1, direction="to_node"),
    ]
    opened, frame = Anonymised(HEADER, events, Masking())
    assert opened.url == "ws://node-2.example:3014/?host=node-3.example"
    assert frame == events[1]


def test_an_endpoint_to_post_to_keeps_its_form():
    """What its client sends back with each post is another value, in whatever place of it."""
    header = Header(format=2, run="r", recorder="0", profile="mcp")
    head = capture.frame(b"", session=1, direction="from_node", headers=[("content-type", "text/event-stream")])
    named = f"/p/{SESSION}/?session_id={SESSION}&way=in".encode()
    events = [
        Opened(session=1, party="client-1", url="http://127.0.0.1:9/sse"),
        head,
        capture.frame(named, session=1, direction="from_node", event_type="endpoint"),
        capture.frame(b'{"jsonrpc":"2.0","id":1,"method":"tools/list"}', session=1, direction="to_node"),
    ]
    made = Anonymised(header, events, Masking([]), "a.jsonl")
    (endpoint,) = (event for event in made if isinstance(event, Frame) and event.event_type == "endpoint")
    found = re.fullmatch(r"/p/([0-9a-f-]{36})/\?session_id=([0-9a-f-]{36})&way=in", endpoint.text)
    assert found is not None, endpoint.text
    assert found[1] == found[2] != SESSION
    assert compare(read(header, events), read(made.header, list(made))).same


def test_what_a_protocol_says_is_volatile_is_replaced():
    """Though one end alone says it, and once; words and numbers stay."""
    loader = "8F2CCF7936AF6C9492E2FC010E5627D0"
    said = {"method": "Page.frameNavigated", "params": {"loaderId": loader, "timestamp": 12.5, "url": "about:blank"}}
    events = [
        Opened(session=1, party="client-1", url="ws://localhost:9222/", answer=[("X-Loader", loader)]),
        capture.frame(json.dumps(said).encode(), session=1, direction="from_node"),
    ]
    header = Header(format=2, run="r", recorder="0", profile="devtools")
    opened, frame = Anonymised(header, events, Masking(), "a.jsonl")
    params = json.loads(frame.payload)["params"]
    assert opened.answer == [("X-Loader", params["loaderId"])] != [("X-Loader", loader)]
    assert (params["timestamp"], params["url"]) == (12.5, "about:blank")
    assert compare(read(header, events), read(header, [opened, frame])).same
