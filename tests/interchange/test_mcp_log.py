"""Lines in which tools keep MCP: each as its tool writes it."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from otherfiles import imported, shown

from recorder.capture import FORMAT, dump, frame
from recorder.errors import InputError
from recorder.interchange.formats import FORMATS, Source, format_of
from recorder.model import Frame, Header, Opened

ASK = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
RESULT = {"jsonrpc": "2.0", "id": 1, "result": {"tools": []}}
READY = {"jsonrpc": "2.0", "method": "notifications/initialized"}
S = 1_000_000_000
SPOKEN = [(">", ASK), ("<", RESULT)]

DIALECTS = {
    "mcp-rec": (
        [
            {"ts": 1750000001.25, "dir": "client->server", "msg": ASK},
            {"ts": 1750000001.5, "dir": "server->client", "msg": RESULT},
        ],
        "stdio:",
        [1750000001_250_000_000, 1750000001_500_000_000],
    ),
    "mcp-cassette": (
        [
            {
                "type": "header",
                "cassetteVersion": 2,
                "startedAt": "2026-01-02T03:04:05Z",
                "command": ["npx", "-y", "a b"],
            },
            {"type": "frame", "t": 12, "dir": "c2s", "frame": ASK},
            {"type": "frame", "t": 38, "dir": "s2c", "frame": RESULT},
        ],
        "stdio:npx -y 'a b'",
        [1767323045_012_000_000, 1767323045_038_000_000],
    ),
    "mcp-trace/1": (
        [
            {
                "format": "mcp-trace/1",
                "run_id": "01J",
                "server": "python mock.py",
                "started_at": "2026-01-02T03:04:05Z",
            },
            {"dir": "c2s", "elapsed_ms": 3, "method": "tools/list", "body": json.dumps(ASK)},
            {"dir": "s2c", "elapsed_ms": 9, "method": "tools/list", "body": json.dumps(RESULT)},
        ],
        "stdio:python mock.py",
        [1767323045_003_000_000, 1767323045_009_000_000],
    ),
    "mcporter": (
        [
            {"_meta": {"dir": "lifecycle", "server": "linear", "ts": "2026-01-02T03:04:05.000Z"}, "event": "start"},
            {**ASK, "_meta": {"dir": "send", "server": "linear", "ts": "2026-01-02T03:04:05.000Z"}},
            {**RESULT, "_meta": {"dir": "recv", "server": "linear", "ts": "2026-01-02T03:04:05.100Z"}},
        ],
        "stdio:",
        [1767323045 * S, 1767323045_100_000_000],
    ),
    "a line that is the message": (
        [
            {"direction": "client→server", **ASK, "ts": "2026-01-02T03:04:05.123+00:00"},
            {"direction": "server→client", **RESULT, "method": "tools/list", "ts": "2026-01-02T03:04:06"},
        ],
        "stdio:",
        [1767323045_123_000_000, 1767323046 * S],
    ),
    "a server's own view": (
        [
            {"timestamp": 1767323045123, "direction": "Inbound", "payload": ASK},
            {"timestamp": 1767323045124, "direction": "Outbound", "payload": RESULT},
        ],
        "stdio:",
        [1767323045_123_000_000, 1767323045_124_000_000],
    ),
    "the inspector of language servers": (
        [
            {"isLSPMessage": True, "type": "send-request", "message": ASK, "timestamp": 1767323045123},
            {"isLSPMessage": True, "type": "receive-response", "message": RESULT, "timestamp": 1767323045124},
        ],
        "stdio:",
        [1767323045_123_000_000, 1767323045_124_000_000],
    ),
    "arrows": (
        [{"dir": "->", "data": json.dumps(ASK)}, {"dir": "<-", "data": json.dumps(RESULT)}],
        "stdio:",
        [0, 0],
    ),
    "streams": ([{"source": "stdin", "line": ASK}, {"source": "stdout", "line": RESULT}], "stdio:", [0, 0]),
    "no times": (
        [{"direction": "client_to_server", "message": ASK}, {"direction": "server_to_client", "message": RESULT}],
        "stdio:",
        [0, 0],
    ),
}


def written(path, lines):
    """A file of JSON lines."""
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


def frames(events):
    """Arrows and values."""
    return [(line[0], json.loads(line[2:])) for line in shown(event for event in events if isinstance(event, Frame))]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_tool_is_understood(tmp_path, dialect):
    """Its message, direction and time; the command of the server where it tells it. On lines, or in a list."""
    lines, url, times = DIALECTS[dialect]
    made = [written(tmp_path / "a.jsonl", lines), tmp_path / "b.json", tmp_path / "c.json"]
    made[1].write_text(json.dumps(lines))
    made[2].write_text(json.dumps(lines, indent=2))
    for path in made:
        assert format_of(Source(path)) is FORMATS["mcp"]
        events = imported(path)
        assert [event.url for event in events if isinstance(event, Opened)] == [url]
        assert frames(events) == SPOKEN
        assert [event.time for event in events if isinstance(event, Frame)] == times


def test_sessions_are_told_apart(tmp_path):
    """Their ids may be the same."""
    lines = [
        {"dir": "c2s", "session": name, "msg": message} for message in (ASK, READY) for name in ("one", "two", "one")
    ]
    events = imported(written(tmp_path / "a", lines))
    assert [event.session for event in events if isinstance(event, Frame)] == [1, 2, 1] * 2


def test_a_text_that_is_no_message_is_kept(tmp_path):
    """A server may print something else; a line without a direction is said to be left out."""
    lines = [
        {"dir": "client->server", "msg": ASK},
        {"dir": "server->client", "msg": {"_raw": "Starting …", "_unparsed": True}},
        {"type": "raw", "dir": "s2c", "data": "Started"},
        {"type": "summary", "messages": 3},
    ]
    warned = []
    events = imported(written(tmp_path / "a", lines), warned=warned)
    assert shown(events)[2:] == ["< Starting …", "< Started"]
    assert warned == [f"{tmp_path}/a: 1 line left out: no message with a direction"]


def test_an_unknown_direction_is_said_with_its_line(tmp_path):
    """It is not guessed."""
    path = written(tmp_path / "a", [{"dir": "c2s", "msg": ASK}, {"dir": "sideways", "msg": RESULT}])
    with pytest.raises(InputError, match=r"a:2: 'sideways' is no direction; it says who sends, as in `client->server`"):
        imported(path)


@pytest.mark.parametrize("more", [{}, {"source": "my-app"}, {"type": "rpc", "session": 7}])
def test_where_no_line_tells_a_direction_the_messages_do(tmp_path, more):
    """Who calls is the client, and an answer goes the other way; `--sent` and `--received` say it for all of them."""
    asks = {"jsonrpc": "2.0", "id": 1, "method": "roots/list"}
    messages = [ASK, asks, {"jsonrpc": "2.0", "id": 1, "result": {"roots": []}}, RESULT]
    lines = [{"note": "begins"}, *({"ts": 1767323045 + at, "message": one, **more} for at, one in enumerate(messages))]
    path, warned = written(tmp_path / "a", lines), []
    assert [text[0] for text in shown(imported(path, warned=warned))[1:]] == [">", "<", ">", "<"]
    assert warned == [f"{path}: 1 line left out: no message with a direction"]
    assert {event.direction for event in imported(path, sent=True) if isinstance(event, Frame)} == {"to_node"}


@pytest.mark.parametrize(
    "text",
    [
        dump(Header(format=FORMAT, run="r", recorder="0")) + dump(frame(b'{"id":1}', session=1, direction="to_node")),
        json.dumps(ASK).encode(),
        b'{"direction":"north","message":{"method":"x"}}',
        b'{"direction":"in","message":"hello"}',
        b"[" * 10_000,
        b"\xff\xfe",
        b"",
    ],
)
def test_what_is_none_is_not_taken(tmp_path, text):
    """A capture, bare messages, other lines."""
    (tmp_path / "a").write_bytes(text)
    assert not FORMATS["mcp"].load().recognises(Source(tmp_path / "a"))


@given(st.dictionaries(st.sampled_from(["ts", "t", "time", "elapsed_ms"]), st.none() | st.booleans() | st.text(max_size=4) | st.sampled_from(["0001-01-01T00:00:00", "9999-12-31T23:59:59Z"]) | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.lists(st.integers(), max_size=1)))  # fmt: skip
def test_no_time_is_a_fault(tmp_path_factory, told):
    """A strange one is unknown."""
    path = written(tmp_path_factory.mktemp("m") / "a", [{"dir": "c2s", "msg": ASK, **told}])
    (event,) = (event for event in imported(path) if isinstance(event, Frame))
    assert event.time >= 0
    assert dump(event)
