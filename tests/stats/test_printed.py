"""The figures as a person reads them, and as a program does."""

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import json
from pages import text_of

from recorder import capture
from recorder.model import LEFT, Closed, Opened
from recorder.stats import Statistics, as_json, lines, waiting

NOON = round(datetime(2026, 5, 1, 12).astimezone().timestamp()) * 1_000_000_000
MS = 1_000_000


def frame(payload: bytes, direction: str, after: float, session=1, **fields):
    """A frame, so many milliseconds after noon."""
    time = NOON + round(after * MS)
    return capture.frame(payload, session=session, direction=direction, time=time, **fields)


def counted(*events) -> Statistics:
    """The figures of these events."""
    found = Statistics()
    for event in events:
        found.see(event)
    return found


RUN = [
    Opened(time=NOON, session=1, party="alice", url="ws://node/rpc"),
    Opened(time=NOON, session=2, party="bob", url="http://node/rpc"),
    frame(b'{"id":1,"method":"stock.take","params":{"sku":"A-1"}}', "to_node", 1),
    frame(b'{"id":2,"method":"stock.take","params":{"sku":"A-2"}}', "to_node", 1),
    frame(b'{"id":2,"error":{"code":5}}', "from_node", 13),
    frame(b'{"method":"stock.changed"}', "from_node", 14),
    frame(b'{"id":9,"result":1}', "from_node", 15),
    frame(b'{"id":1,"method":"orders.close"}', "to_node", 20, 2, exchange=1),
    frame(b'{"id":1,"result":1}', "from_node", 1520, 2, exchange=1),
    Closed(time=NOON + 2000 * MS, session=1, code=1006, by="node", lost="reset"),
]

PAGE = text_of("docs/guides/debugging.md")


def test_the_whole():
    """Totals, methods, sessions, what was not answered, and what is out of place: the example of the guide."""
    said = "\n".join(lines(counted(*RUN)))
    assert f"```\n{said}\n```" in PAGE


def test_a_call_that_its_http_answer_leaves_without_one():
    """It is an error, a call without an answer that waits no longer, and an unexpected message."""
    called = frame(b'{"id":1,"method":"orders.close","params":{"order":7}}', "to_node", 1, 2, exchange=1)
    found = counted(RUN[1], called, frame(b"", "from_node", 13, 2, exchange=1), frame(b"x", "from_node", 5000, 2))
    said = [*lines(found)]
    assert said[0] == "1 session, 1 error"
    assert said[-5:] == [
        "1 call without an answer:",
        "  bob ---> orders.close order 7 since 12:00:00.001, for 12 ms, its HTTP answer has none",
        "",
        "1 unexpected message:",
        "  bob <--- no body left a call without an answer at 12:00:00.013: orders.close order 7 (id 1)",
    ]
    assert (found.waiting, found.methods["to_node", "orders.close"].errors) == ([], 1)


LONG = frame(b'{"method":"a.very.long.name.of.a.method.that.nobody.types"}', "to_node", 3000)

NARROW = """\
method                        calls  errors    p50
---> stock.take                   2       1  12 ms
<--- stock.changed
<--- a result
---> orders.close                 1          1.5 s
---> a.very.long.name.of.a.…

session  frames  ended
1 alice       6  closed by node, 1006, connection…"""


def test_a_narrow_terminal():
    """Columns go before names do; no line of a table is broken."""
    said = "\n".join(lines(counted(*RUN, LONG), width=50))
    assert NARROW in said
    for width in (30, 40, 60, 80, 120):
        tables = [
            line for line in lines(counted(*RUN, LONG), width=width) if not line.startswith(("  ", "to ", "from "))
        ]
        assert max(map(len, tables)) <= width


@pytest.mark.parametrize("width", [0, 80])
@pytest.mark.parametrize(
    ("method", "columns", "printed"),
    [("温度.读取", 9, "温度.读取"), ("a\x1b[31m", 9, r"a\x1b[31m"), ("é" * 4, 4, "é" * 4), ("e\u0301x", 2, "e\u0301x")],
)
def test_columns_stand_below_each_other(method, columns, printed, width):
    """By the columns of a terminal that a name takes, as it is printed: wide, escaped or accented."""
    call = capture.frame(json.encode({"id": 1, "method": method}), session=1, direction="to_node")
    plain = capture.frame(b'{"id":2,"method":"plain.name"}', session=1, direction="to_node")
    rows = [line for line in lines(counted(call, plain), width=width) if line.startswith("--->")]
    starts = {name: row.index("  1 ") - len(name) for name in (printed, "plain.name") for row in rows if name in row}
    assert starts[printed] + columns == starts["plain.name"] + len("plain.name")


def test_a_wide_name_is_cut_to_the_columns_of_the_terminal():
    """Each of its characters takes two."""
    call = capture.frame(json.encode({"id": 1, "method": "温" * 40}), session=1, direction="to_node")
    (row,) = (line for line in lines(counted(call), width=50) if line.startswith("--->"))
    assert row.startswith(f"---> {'温' * 12}…  ")


def test_long_tables_are_cut_where_somebody_asks():
    """The first rows, and how many more there are."""
    said = [*lines(counted(*RUN), most=1)]
    assert said[5:8] == [said[5], "… and 3 more; `recorder stats` shows all", ""]
    assert "… and 1 more; `recorder stats` shows all" in said[8:]


def test_nothing():
    """A recording without traffic is said to be that."""
    assert [*lines(Statistics())] == [
        "0 sessions, 0 errors",
        "to node:   0 frames, 0 bytes",
        "from node: 0 frames, 0 bytes",
    ]


def test_one_long_name_widens_no_table():
    """Where lines have no limit it is whole, and the figures of all others stand where they would without it."""
    short, long = (frame(b'{"id":1,"method":"%s"}' % name, "to_node", 1) for name in (b"m", b"x" * 300))
    alone, both = (
        [line for line in lines(counted(*some)) if line.startswith(("method", "--->"))]
        for some in ([short], [short, long])
    )
    assert max(map(len, both[:2])) <= max(map(len, alone)) + len("300")
    assert both[2].startswith(f"---> {'x' * 300} ")


@pytest.mark.parametrize("width", [0, 80])
def test_a_capture_without_times(width):
    """What nobody knows is not printed."""
    opened = Opened(session=1, party="a", url="ws://n")
    call = capture.frame(b'{"id":1,"method":"m"}', session=1, direction="to_node")
    assert [*lines(counted(opened, call), width=width)][4:] == [
        "method  calls  notifs  errors  p50  p95  p99  bytes",
        "---> m      1                                    21",
        "",
        "session  frames  lasted  ended",
        "1 a           1          not closed",
        "",
        "1 call without an answer:",
        "  a ---> m",
    ]


def test_calls_that_are_open():
    """With who asked and for how long until now; nothing where there are none."""
    found = counted(*RUN[:5])
    assert [*waiting(found, found.waiting, now=NOON + 61_000 * MS)] == [
        "1 call without an answer:",
        "  alice ---> stock.take sku A-1 since 12:00:00.001, for 61 s",
    ]
    assert [*waiting(found, [])] == []


def test_the_same_for_programs():
    """Every figure, with its unit."""
    said = as_json(counted(*RUN))
    assert said["methods"][0] == {
        "method": "stock.take",
        "direction": "to_node",
        "calls": 2,
        "notifications": 0,
        "errors": 1,
        "bytes": 133,
        **{f"p{share}_ms": pytest.approx(12, rel=0.002) for share in (50, 95, 99)},
    }
    assert said["methods"][1]["p50_ms"] is None
    assert said["sessions"][0] == {
        "session": 1,
        "party": "alice",
        "url": "ws://node/rpc",
        "frames": 5,
        "began": NOON,
        "lasted_ms": 2000.0,
        "ended": "closed by node, 1006, connection reset",
    }
    assert said["sessions"][1]["ended"] is None
    assert (said["frames"], said["bytes"], said["errors"]) == (
        {"to_node": 3, "from_node": 4},
        {"to_node": 138, "from_node": 91},
        1,
    )
    who = {"session": 1, "party": "alice"}
    assert said["unanswered"] == [who | {"direction": "to_node", "method": "stock.take", "since": NOON + MS, "left": 0}]
    what = {
        "what": "no request",
        "direction": "from_node",
        "name": "a result",
        "time": NOON + 15 * MS,
        "id": "9",
        "of": "",
    }
    assert said["odd"] == [who | what]


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["id", "method", "params", "result", "error", "data"]), inner)
    ),
    max_leaves=12,
)


@pytest.mark.untraced
@given(st.lists(st.tuples(st.booleans(), st.integers(0, 2), st.binary() | values.map(json.encode)), max_size=6))
def test_whatever_is_said_can_be_counted(frames):
    """Nothing that a peer sends ends a recording without its summary."""
    ways = (("from_node", "to_node")[out] for out, _exchange, _payload in frames)
    said = [
        frame(payload, way, 1, exchange=exchange) for way, (_out, exchange, payload) in zip(ways, frames, strict=True)
    ]
    found = counted(RUN[0], *said)
    assert [*lines(found, width=60, most=3)]
    assert json.encode(as_json(found))


@pytest.mark.parametrize(
    ("status", "words"), [(429, "1 refused with 429 Too Many Requests"), (LEFT, "1 given up by the client")]
)
def test_calls_without_a_json_rpc_answer_are_counted(status, words):
    """By the status of the node, or as given up by who had called."""
    call = frame(b'{"id":1,"method":"a"}', "to_node", 1, exchange=1)
    assert words in list(lines(counted(call, frame(b"", "from_node", 2, exchange=1, status=status))))
