"""The row of an event has the words of its console line, anywhere in the capture."""

import pytest
from viewing import UNUSUAL, said, traffic

from recorder.interchange.files import Capture
from recorder.live.rows import Rows
from recorder.live.source import Source
from recorder.model import Frame, Opened
from recorder.timeline.followed import Followed
from recorder.timeline.words import described
from recorder.transcript import data_folder

RECORDED = sorted(data_folder("transcripts").glob("*.jsonl"))


def test_rows_say_what_is_known(source):
    """A row has its parties, direction, words, latency and call."""
    rows = Rows(source(traffic())).rows(range(15))
    assert [row["words"] for row in rows] == [
        "opens ws://127.0.0.1:3014/",
        "stock",
        "stock.take sku A-1",
        "result of stock.take",
        "stock.take sku B-2",
        "error of stock.take sku B-2: 3 Sold out",
        "stock.changed 1",
        "stock.changed 2",
        "stock.changed 3",
        "now it hangs",
        "orders.close",
        "result without a request, id 99",
        "opens ws://127.0.0.1:3015/",
        "stock.list",
        "closed by node, 1006, connection reset",
    ]
    refused = rows[5]
    assert {name: refused[name] for name in ("n", "line", "kind", "tone", "party", "node", "direction", "method")} == {
        "n": 5,
        "line": 7,
        "kind": "frame",
        "tone": "error",
        "party": "alice",
        "node": "node",
        "direction": "from_node",
        "method": "stock.take",
    }
    assert (refused["took"], refused["slow"], refused["answers"], refused["open"]) == (780_000, True, 4, False)
    assert (rows[10]["open"], rows[11]["odd"], rows[13]["node"]) == (True, "no request", "node 127.0.0.1:3015")
    assert rows[2]["time"] == 1_795_000_000_001_000
    assert (rows[10]["ended"], rows[13]["ended"], rows[2]["ended"]) == (None, 1_795_000_000_950_000, None)


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.stem)
def test_words_are_those_of_live_lines(path):
    """The words of each frame equal those of the console, although rows are made one by one."""
    shown = Source(str(path))
    while shown.turn():
        pass
    rows = Rows(shown)
    with Capture(path) as capture:
        followed = Followed(capture.header.profile)
        for number, event in enumerate(capture):
            followed.see(event)
            if isinstance(event, Frame):
                assert described(event, rows.look(number, event)) == described(event, followed.look(event))
    shown.close()


def test_what_a_transaction_says_stands_in_its_row():
    """A row says what its transaction does, as on the console."""
    shown = Source(str(data_folder("transcripts") / "two_withdrawals.jsonl"))
    while shown.turn():
        pass
    (row,) = Rows(shown).rows([7])
    assert row["words"] == "channels.withdraw_tx withdraw 1 → initiator · round 2 · 1/2 signed"
    shown.close()


def test_a_crowded_answer_says_which_call_it_answers(source):
    """If several calls of a method were open, the answer says which one it answers."""
    events = [
        said({"id": 1, "method": "m", "params": {"who": "one"}}, 1),
        said({"id": 2, "method": "m", "params": {"who": "two"}}, 2),
        said({"id": 2, "result": 1}, 3, to_node=False),
    ]
    assert Rows(source(events)).rows([2])[0]["words"] == "result of m who two"


@pytest.mark.parametrize(
    ("traffic", "words"),
    [
        *zip(
            UNUSUAL,
            (
                "another result of m",
                'result of m (id 1), under another id: "1"',
                "error of m, n: 1",
                "no body, no answer to m who one (id 1)",
                "result of m, no answer to n (id 2)",
                "result of m (id 1), without its id",
            ),
            strict=True,
        )
    ],
)
def test_words_of_unusual_answers(source, traffic, words):
    """They are those of live lines, though a row is made from the index alone."""
    assert Rows(source(traffic)).rows([len(traffic) - 1])[0]["words"] == words


def test_a_row_is_one_short_line(source):
    """A row is one short line without control characters, whatever a peer sent."""
    events = [Opened(session=1, party="a", url="ws://n/"), said({"method": "m\x1b[2J\u202e\n" + "x" * 5_000}, 1)]
    (row,) = Rows(source(events)).rows([1])
    assert row["words"].isprintable()
    assert len(row["words"]) <= 200


def test_a_large_frame_costs_little(source):
    """Large frames are not decoded for their row."""
    events = [said({"id": 1, "method": "m", "params": ["x" * (1 << 22)]}, 1)]
    (row,) = Rows(source(events)).rows([0])
    assert (row["words"], row["bytes"]) == ("m", len(events[0].payload))


def test_rows_in_any_order_are_found_by_number(source):
    """Rows can be requested in any order; each is made once."""
    rows = Rows(source(traffic()))
    assert sorted(rows.by_number([5, 2, None, 5])) == [2, 5]
