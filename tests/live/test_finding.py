"""A filter finds the same events as a check of every event."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from viewing import said, traffic

from recorder.capture import dump
from recorder.live import finding as module
from recorder.live.finding import Finding, nearest
from recorder.model import Closed, Frame, Note, Opened, Scenario


def found(source, text):
    """The numbers of all events that match a filter."""
    finding = Finding(source)
    search = finding.search(text)
    while finding.idle():
        pass
    return [*search.found]


def everything(source):
    """Every event, decoded."""
    return [*enumerate(source.events(range(len(source.index))))]


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("", list(range(15))),
        ("method:stock.take", [2, 3, 4, 5]),
        ("method:stock.* -method:stock.take", [6, 7, 8, 13]),
        ("party:bob", [12, 13, 14]),
        ("session:1 kind:request", [2, 4, 10]),
        ("error:", [5]),
        ("open:", [10, 13]),
        ("odd:", [11]),
        ("slow:", [5]),
        ("slow:>10ms", [3, 5]),
        ("slow:>13ms", [5]),
        ("path:params.count>10", [4]),
        ("path:sku~b-", [4]),
        ("SOLD", [5]),
        ('"hangs"', [9]),
        ("3015", [12]),
        ("kind:scenario", [1]),
        ("-kind:push -stock", [0, 3, 5, 9, 10, 11, 12, 14]),
        ("party:nobody", []),
    ],
)
def test_a_filter_gives_its_events(source, text, numbers):
    """Each term finds its events."""
    assert found(source(traffic()), text) == numbers


METHODS = ["a.one", "a.two", "b", "ünïcode"]
EVENTS = st.lists(
    st.one_of(
        st.builds(
            lambda method, number, session, to_node: said(
                {"id": number, "method": method, "params": {"n": number, "t": f"Text {number}"}},
                number,
                session=session,
                to_node=to_node,
            ),
            st.sampled_from(METHODS),
            st.integers(0, 3),
            st.integers(1, 3),
            st.booleans(),
        ),
        st.builds(
            lambda number, session, to_node: said(
                {"id": number, "result": [number]}, 9, session=session, to_node=to_node
            ),
            st.integers(0, 3),
            st.integers(1, 3),
            st.booleans(),
        ),
        st.sampled_from([Note(text="Text 1"), Scenario(name="n"), said(b"no JSON,\nTEXT 2", 1), said(b"\xff", 1)]),
        st.builds(lambda session: Opened(session=session, party=f"p{session % 2}", url="ws://n/"), st.integers(1, 3)),
        st.builds(lambda session: Closed(session=session), st.integers(1, 3)),
    ),
    max_size=40,
)


def brute(event, text):
    """Whether an event contains a text."""
    if isinstance(event, Frame):
        return text.encode() in event.payload.lower()
    values = [getattr(event, name, "") for name in ("text", "name", "url", "reason")]
    return any(text in value.lower() for value in values)


@pytest.mark.parametrize("few", [0, module.FEW])
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
@given(EVENTS)
def test_what_is_found_is_what_looking_at_each_gives(source, monkeypatch, few, events):
    """Every way of reading finds the same events as a check of each one; a negated term finds the others."""
    monkeypatch.setattr(module, "FEW", few)
    shown = source(events)
    all_events = everything(shown)

    def message(event):
        try:
            return json.loads(event.payload) if isinstance(event, Frame) else {}
        except ValueError:
            return {}

    expected = {
        "text": [number for number, event in all_events if brute(event, "text")],
        '"json,\ntext"': [number for number, event in all_events if brute(event, "json,\ntext")],
        "path:params.n>1": [n for n, event in all_events if message(event).get("params", {}).get("n", 0) > 1],
        "session:2": [n for n, event in all_events if getattr(event, "session", 0) == 2],
        "kind:note": [n for n, event in all_events if isinstance(event, Note)],
    }
    for text, numbers in expected.items():
        assert found(shown, text) == numbers
        assert found(shown, f"-{text}") == [n for n, _event in all_events if n not in numbers]
    called = [n for n, event in all_events if message(event).get("method") in {"a.one", "a.two"}]
    assert [n for n in found(shown, "method:a.*") if "method" in message(all_events[n][1])] == called


def test_a_filter_shows_the_rows_that_a_method_counts(source):
    """Of batches too, whatever their first method is."""
    batch = [{"id": 7, "method": "stock.take"}, {"id": 8, "method": "stock.list"}, {"id": 9, "method": "stock.list"}]
    shown = source([*traffic(), said(batch, 1000), said([{"id": 8, "result": 1}], 1001, to_node=False)])
    counted = shown.index.methods()
    assert {name: len(found(shown, f"method:{name}")) for name in counted} == counted


def test_an_answer_ends_what_was_open(source, written):
    """An answered call leaves the results of `open:`."""
    path = written(traffic())
    shown = source(path, follow=True)
    finding = Finding(shown)
    assert [*finding.look("open:", lambda _search: False, 1).found] == [10, 13]
    rest = finding.look("-open: kind:request", lambda _search: False, 1).found
    assert [*rest] == [2, 4]
    with path.open("ab") as file:
        file.write(dump(said({"jsonrpc": "2.0", "id": 3, "result": 1}, 990, to_node=False)))
    while shown.turn():
        pass
    assert [*finding.look("open:", lambda _search: False, 1).found] == [13]
    assert [*finding.look("-open: kind:request", lambda _search: False, 1).found] == [2, 4, 10]


def test_like_pushes_are_one_row(source):
    """Similar pushes in a row are one row, also within a filter."""
    finding = Finding(source(traffic()))
    folded = finding.look("", lambda _search: False, 1, fold=True).folded
    assert 6 in folded.first
    assert not {7, 8} & {*folded.first}
    at = folded.first.index(6)
    assert (folded.times[at], folded.last[at]) == (3, 8)
    assert len(folded.first) == 13
    assert sum(folded.times) == 15


@pytest.mark.parametrize(("count", "rows"), [(1, 1), (2, 2), (3, 1), (4, 1), (50, 1)])
def test_two_of_a_kind_are_no_run(source, count, rows):
    """Two similar events are not folded."""
    pushes = [said({"method": "m", "params": [number]}, number, to_node=False) for number in range(count)]
    events = [*pushes, said({"method": "other"}, 99), *pushes]
    folded = Finding(source(events)).look("", lambda _search: False, 1, fold=True).folded
    assert len(folded.first) == 2 * rows + 1
    assert sum(folded.times) == len(events)
    assert folded.last[-1] == len(events) - 1


def test_calls_are_not_folded(source):
    """Calls are never folded: each may be the one that hangs."""
    calls = [said({"id": number, "method": "m"}, number) for number in range(5)]
    assert len(Finding(source(calls)).look("", lambda _search: False, 1, fold=True).folded.first) == 5


def test_few_filters_are_remembered(source):
    """Only the results of the latest filters are kept."""
    finding = Finding(source(traffic()))
    searches = [finding.search(f"text{number}") for number in range(20)]
    assert finding.search("text19") is searches[-1]
    assert finding.search("text0") is not searches[0]


@pytest.mark.parametrize(("event", "row"), [(0, 0), (2, 0), (3, 1), (4, 1), (5, 2), (9, 2)])
def test_the_nearest_row_is_told(event, row):
    """For an event outside the list, the row before it is given."""
    assert nearest([2, 3, 5], event) == row
