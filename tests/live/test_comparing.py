"""Two captures side by side."""

import pytest
from viewing import said, traffic

from recorder.errors import InputError
from recorder.live import comparing as module
from recorder.live.comparing import Comparing
from recorder.live.rows import Rows
from recorder.live.source import Source
from recorder.rules import NO_RULES, Rules


@pytest.fixture
def compared(written):
    """The comparison of two timelines."""
    opened = []

    def compare(left, right, rules=NO_RULES):
        sources = [Source(str(written(events, f"{name}.jsonl"))) for name, events in (("a", left), ("b", right))]
        opened.extend(sources)
        for one in sources:
            while one.turn():
                pass
        found = Comparing(*((one, Rows(one)) for one in sources), rules)
        found.compare()
        return found

    yield compare
    for one in opened:
        one.close()


def rows(found):
    """Verdicts, and which events stand side by side."""
    told = found.rows(0, 100)["rows"]
    return [(one["verdict"], *(one[side] and one[side]["n"] for side in ("left", "right"))) for one in told]


def test_the_same_is_the_same(compared):
    """Equal events are paired; scenarios and notes have no pair."""
    found = compared(traffic(), traffic())
    assert rows(found) == [("same", n, n) for n in range(15) if n not in {1, 9}]
    assert found.rows(0, 10)["differences"] == []
    assert (found.rows(4, 2)["from"], len(found.rows(4, 2)["rows"]), found.rows(4, 2)["total"]) == (4, 2, 13)


def test_what_differs_stands_where_it_is(compared):
    """Changed, missing and extra events are at their place, in the words of `diff`."""
    other = traffic()
    other[3] = said({"jsonrpc": "2.0", "id": 1, "result": {"left": 8}}, 13, to_node=False)
    del other[8]
    other.insert(11, said({"jsonrpc": "2.0", "method": "stock.emptied"}, 810, to_node=False))
    found = compared(traffic(), other)
    by_row = {row: one for row, one in enumerate(found.rows(0, 100)["rows"]) if one["findings"]}
    told = [(one["verdict"], one["findings"][0]) for one in by_row.values()]
    assert ("changed", "changed") in told
    assert ("missing", "missing: it was recorded, and never came") in told
    assert ("extra", "extra: it came, and was not recorded") in told
    (changed,) = [one for one in by_row.values() if one["verdict"] == "changed"]
    assert changed["findings"][1] == "result.left: 7 expected, 8 came (they must be equal)"
    assert found.rows(0, 100)["differences"] == sorted(by_row)
    order = rows(found)
    assert order.index(("extra", None, 11)) == order.index(("same", 12, 12)) - 1


def test_rules_let_differences_pass(compared):
    """Rules allow differences, as in `diff`."""
    other = traffic()
    other[3] = said({"jsonrpc": "2.0", "id": 1, "result": {"left": 8}}, 13, to_node=False)
    rules = Rules.parse('[[rule]]\npath = "result.left"\nignore = true\n', "r.toml")
    assert compared(traffic(), other, rules).rows(0, 100)["differences"] == []


def test_what_a_session_lacks_is_missing(compared):
    """All events of a missing session are missing."""
    assert [one for one in rows(compared(traffic(), traffic()[:12])) if one[0] != "same"] == [
        ("missing", 12, None),
        ("missing", 13, None),
        ("missing", 14, None),
    ]


def test_a_batch_stands_beside_the_first_of_its_calls(compared):
    """Where clients make batches by time, calls of one may have come alone; what differs stands with the recorded batch."""

    def calls(*frames):
        asked = [{"id": at, "method": f"eth_call{at}"} for at in (1, 2)]
        answers = [{"id": at, "result": f"0x{at}"} for at in (1, 2)]
        pick = {"asked": asked, "asked 1": asked[0], "asked 2": asked[1], "answers": answers, "1": answers[0]}
        pick["9"] = {"id": 2, "result": "0x9"}
        told = [said(pick[name], 20 + at, to_node=name.startswith("asked")) for at, name in enumerate(frames)]
        return [*traffic()[:1], *told]

    found = compared(calls("asked", "answers"), calls("asked 1", "1", "asked 2", "9"))
    assert rows(found) == [
        ("same", 0, 0),
        ("same", 1, 1),
        ("changed", 2, 2),
        ("same", None, 3),
        ("same", None, 4),
    ]


def test_what_is_too_long_for_a_page_is_said(compared, monkeypatch):
    """A capture that is too long is refused, with the command to use instead."""
    monkeypatch.setattr(module, "MOST_EVENTS", 10)
    with pytest.raises(InputError, match="use `recorder diff`"):
        compared(traffic(), traffic())


def test_what_has_grown_is_compared_again(compared, tmp_path):
    """A comparison is repeated only after a capture has grown."""
    found = compared(traffic(), traffic())
    before = found._pairs
    found.compare()
    assert found._pairs is before
