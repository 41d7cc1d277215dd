"""The figures of any list, as `recorder stats` counts them."""

import asyncio

import pytest
from viewing import NOON, UNUSUAL, said, traffic

from recorder.api import load, statistics
from recorder.live.figures import BINS, EDGES, Rate
from recorder.live.shown import Shown
from recorder.live.source import Source
from recorder.model import SECOND, Opened
from recorder.stats import as_json
from recorder.transcript import data_folder

RECORDED = sorted(data_folder("transcripts").glob("*.jsonl"))
SHARES = ("p50", "p95", "p99")


def figures(shown, text=""):
    """The figures of a list."""
    return asyncio.run(Shown(shown).stats(text))


def same(path):
    """Assert that a capture's figures equal those of `recorder stats`."""
    shown = Source(str(path))
    while shown.turn():
        pass
    ours, theirs = figures(shown), as_json(statistics(load(path)))
    shown.close()
    counted = ("method", "direction", "calls", "notifications", "errors", "bytes")
    expected = [
        {name: one[name] for name in counted}
        | {name: None if one[f"{name}_ms"] is None else round(one[f"{name}_ms"] * 1000) for name in SHARES}
        for one in theirs["methods"]
    ]
    assert [{name: one[name] for name in (*counted, *SHARES)} for one in ours["methods"]] == expected
    assert [(one["session"], one["party"], one["frames"]) for one in ours["sessions"]] == [
        (one["session"], one["party"], one["frames"]) for one in theirs["sessions"]
    ]
    assert len(ours["open"]) == len([one for one in theirs["unanswered"] if not one["left"]])
    assert [one["odd"] for one in ours["odd"]] == [one["what"] for one in theirs["odd"]]


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.stem)
def test_recorded_examples_count_as_stats_counts_them(path):
    """Examples have the same calls, notifications, errors, bytes, latencies and sessions as in `stats`."""
    same(path)


@pytest.mark.parametrize("unusual", UNUSUAL)
def test_unusual_answers_count_as_stats_counts_them(written, unusual):
    """Further results, ids that are wrong, an error to a whole batch, and answers that leave calls without one."""
    same(written(unusual))


def test_a_tool_that_fails_counts_as_stats_counts_it(written):
    """It is an error of its method, in the counts, under the filter `error:`, and in the words of its row."""
    path = written(
        [
            Opened(session=1, party="editor", url="ws://n/"),
            said({"id": 1, "method": "tools/call", "params": {"name": "pay", "arguments": {"amount": 5000}}}, 1),
            said({"id": 1, "result": {"content": [{"type": "text", "text": "no"}], "isError": True}}, 2, to_node=False),
        ]
    )
    same(path)
    shown = Source(str(path))
    while shown.turn():
        pass
    page = Shown(shown)
    (row,) = page.events(0, 9, "error:")["rows"]
    assert (row["tone"], row["words"]) == ("error", "result of tools/call pay, amount 5000: failed: no")
    assert (
        [one["errors"] for one in page.capture()["methods"]]
        == [1]
        == [one["errors"] for one in figures(shown)["methods"]]
    )
    shown.close()


def test_other_traffic_counts_as_stats_counts_it(written):
    """So have batches, frames that are not JSON-RPC, and HTTP."""
    same(
        written(
            [
                *traffic(),
                said([{"id": 11, "method": "a"}, {"method": "b"}, {"id": 12, "method": "a"}], 1000),
                said([{"id": 12, "result": 1}, {"id": 11, "error": {"code": 1}}], 1005, to_node=False),
                said(b"no JSON", 1006),
                said(b'{"x":1}', 1007, to_node=False),
                said({"method": "told"}, 1008, exchange=4),
                said(b"", 1009, to_node=False, exchange=4, status=202),
                said({"id": 5, "error": {"code": 1}}, 1010, to_node=False),
            ]
        )
    )


def test_a_list_is_counted_alone(source):
    """Only events that match the filter count."""
    shown = source(traffic())
    (one,) = figures(shown, "method:stock.take kind:request")["methods"]
    assert (one["method"], one["calls"], one["errors"], one["p50"]) == ("stock.take", 2, 0, None)
    assert [one["session"] for one in figures(shown, "party:bob")["sessions"]] == [2]


def test_what_is_open_and_out_of_place_is_listed(source):
    """Open calls are listed with their age, and so are unexpected messages."""
    found = figures(source(traffic()))
    assert [(one["n"], one["age"]) for one in found["open"]] == [(10, 145_000), (13, 49_000)]
    assert [one["n"] for one in found["odd"]] == [11]
    assert (found["indexed"], found["linted"]) == (True, True)
    assert [one["ended"] for one in found["sessions"]] == ["not closed", "closed by node, 1006, connection reset"]


def test_a_call_of_a_session_that_ended_ages_no_more(source):
    """No answer comes after the end."""
    later = Opened(session=3, party="eve", url="ws://127.0.0.1:3014/", time=NOON + 5 * SECOND)
    assert [(one["n"], one["age"]) for one in figures(source([*traffic(), later]))["open"]] == [
        (10, 4_195_000),
        (13, 49_000),
    ]


def test_what_is_wrong_by_itself_is_listed_with_its_frame(source):
    """Violations are listed with their rule and frame."""
    (one,) = figures(source([said({"jsonrpc": "1.0", "method": "m"}, 1)]))["lint"]
    assert (one["rule"], one["row"]["n"]) == ("version", 0)


def test_durations_have_a_histogram(source):
    """The histogram has a bin per edge, and one for longer latencies."""
    (take,) = [one for one in figures(source(traffic()))["methods"] if one["method"] == "stock.take"]
    assert len(take["histogram"]) == len(EDGES) + 1
    assert {EDGES[at]: count for at, count in enumerate(take["histogram"]) if count} == {30_000: 1, 1_000_000: 1}


def test_a_rate_keeps_few_bins_however_long_it_goes_on():
    """The number of bins is bounded; each event with a time counts once."""
    rate = Rate()
    moments = [NOON + step * SECOND // 7 for step in range(5_000)] + [NOON + 86_400 * SECOND, 0, NOON - SECOND]
    for moment in moments:
        rate.see(moment)
    assert sum(rate.counts) == len(moments) - 1
    assert len(rate.counts) <= BINS
    assert rate.start == NOON
    assert rate.step * len(rate.counts) >= 86_400 * SECOND


def test_open_calls_are_those_that_are_open_now(source):
    """Answered calls are not listed, however many were open before."""
    events = []
    for number in range(12_000):
        events.append(said({"id": number, "method": "m"}, number))
        if number != 7:
            events.append(said({"id": number, "result": 1}, number, to_node=False))
    found = figures(source(events))
    assert [one["n"] for one in found["open"]] == [14]
