"""The rules that would make two good runs the same."""

import tomllib

import channel
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import json

from recorder.capture import frame
from recorder.compare import Rules, compare, suggest
from recorder.model import SECOND, Closed, Header, Opened
from recorder.timeline import read

HEADER = Header(format=1, run="x", recorder="0")
NOON = 1_795_000_000
KEY, OTHER = "8f14e45fceea167a5a36dedd4bea2543", "c4ca4238a0b923820dcc509a6f75849b"


def run(*said, url="ws://n/", close=1000):
    """A script of a session: methods and what they are asked with and answered."""
    events = [Opened(session=1, party="client", url=url, time=1)]
    for number, (method, params, result) in enumerate(said, 1):
        asked = json.encode({"id": number, "method": method, "params": params})
        answered = json.encode({"id": number, "result": result})
        events.append(frame(asked, session=1, direction="to_node"))
        events.append(frame(answered, session=1, direction="from_node"))
    return read(HEADER, [*events, Closed(session=1, code=close, time=1)])


def suggested(recorded, live):
    """The rules as they stand in their file, and their comments; with them the two runs are the same."""
    lines = suggest(recorded, live)
    text = "\n".join(lines)
    found = compare(recorded, live, Rules.parse(text, "r.toml"))
    assert found.same, (text, found.findings)
    rules = tomllib.loads(text).get("rule", [])
    comments = [line for line in lines if line.startswith("#")]
    assert len(comments) == len(rules)
    return rules, comments


@pytest.mark.parametrize("unit", [1, 1_000, 1_000_000, SECOND])
@pytest.mark.parametrize("part", [0, 0.25])
@pytest.mark.parametrize(("before", "rule"), [(60, {"present": True}), (10**6, {"tolerance": "0.001%"})])
def test_a_number_that_tells_the_time_may_be_any(unit, before, rule, part):
    """A share of it would soon be too little; a number that is far from the time of its frame tells no time."""
    runs = []
    for began, started in ((NOON, NOON - before), (NOON + 3600, NOON - before + 1800)):
        value = started * unit + part
        said = [frame(b'{"id":1,"method":"now"}', session=1, direction="to_node", time=began * SECOND)]
        answer = json.encode({"id": 1, "result": {"at": value}})
        said.append(frame(answer, session=1, direction="from_node", time=began * SECOND))
        runs.append(read(HEADER, [Opened(session=1, party="client", url="ws://n/"), *said]))
    assert suggested(*runs)[0] == [{"method": "now", "path": "result.at", **rule}]


@pytest.mark.parametrize(
    ("recorded", "live"), [("23736.81", "23767.63"), ("100", "100.5"), ("1" * 400, f"{'1' * 399}2")]
)
def test_numbers_of_any_size_are_held_against_the_time(recorded, live):
    """Decimals, and what no floating-point number holds: an uptime, a price, a key."""
    runs = []
    for value in (recorded, live):
        said = [frame(b'{"id":1,"method":"now"}', session=1, direction="to_node", time=NOON * SECOND)]
        answer = f'{{"id":1,"result":{{"up":{value}}}}}'.encode()
        said.append(frame(answer, session=1, direction="from_node", time=NOON * SECOND))
        runs.append(read(HEADER, [Opened(session=1, party="client", url="ws://n/"), *said]))
    assert [rule["path"] for rule in suggested(*runs)[0]] == ["result.up"]


def test_two_runs_that_are_the_same_need_no_rule():
    """Nor a line."""
    assert suggest(run(("a", 1, 2)), run(("a", 1, 2))) == []


@pytest.mark.parametrize(
    ("recorded", "live", "rules"),
    [
        ([("a", [], "x")], [("a", [], "y")], [{"method": "a", "path": "result", "present": True}]),
        ([("a", [], 1000)], [("a", [], 1040)], [{"method": "a", "path": "result", "tolerance": "10%"}]),
        ([("a", [], 0.1234567)], [("a", [], 0.1234568)], [{"method": "a", "path": "result", "tolerance": "0.001%"}]),
        (
            [("a", [], 1000), ("a", [], 5000)],
            [("a", [], 1001), ("a", [], 4980)],
            [{"method": "a", "path": "result", "tolerance": "1%"}],
        ),
        ([("a", [], 1000)], [("a", [], 2000)], [{"method": "a", "path": "result", "present": True}]),
        ([("a", [], {"key": KEY})], [("a", [], {"key": OTHER})], [{"method": "a", "path": "result.key", "present": True}]),
        (
            [("a", [], {"key": KEY}), ("b", [], {"of": KEY})],
            [("a", [], {"key": OTHER}), ("b", [], {"of": OTHER})],
            [{"method": "a", "path": "result.key", "bind": True}, {"method": "b", "path": "result.of", "bind": True}],
        ),
        (
            [("a", [], {"key": KEY}), ("b", [], {"of": KEY})],
            [("a", [], {"key": KEY}), ("b", [], {"of": OTHER})],
            [{"method": "b", "path": "result.of", "bind": True}],
        ),
        ([("a", {"pid": 1}, 0)], [("a", {"pid": 9}, 0)], [{"method": "a", "path": "params.pid", "present": True}]),
        (
            [("a", [], [{"n": "x"}, {"n": "y"}])],
            [("a", [], [{"n": "z"}, {"n": "w"}])],
            [{"method": "a", "path": "result[*].n", "present": True}],
        ),
        ([("a", [], {"n": 1})], [("a", [], {})], [{"method": "a", "path": "result.n", "ignore": True}]),
        ([("a", [], {})], [("a", [], {"n": 1})], [{"method": "a", "path": "result.n", "ignore": True}]),
        ([("a", [], [1])], [("a", [], [1, 2])], [{"method": "a", "path": "result", "present": True}]),
        ([("a", [], 1)], [("a", [], "1")], [{"method": "a", "path": "result", "present": True}]),
        ([("p", [], 1), ("p", [], 1)], [("p", [], 1)], [{"method": "p", "repeats": True}]),
        ([("a", [], 1)], [("a", [], 1), ("p", [], 1)], [{"method": "p", "optional": True}]),
        ([("a", [], 1), ("p", [], 1)], [("a", [], 1)], [{"method": "p", "optional": True}]),
        ([("a", [], 1), ("b", [], 1)], [("b", [], 1), ("a", [], 1)], [{"method": "b", "unordered": True}]),
        ([("a", [], {"a.b": {"c": "x"}})], [("a", [], {"a.b": {"c": "y"}})], [{"method": "a", "path": 'result["a.b"].c', "present": True}]),
    ],
)  # fmt: skip
def test_a_rule_lets_pass_no_more_than_it_must(recorded, live, rules):
    """An id that is used again is bound, a number may differ a little, polls are counted by a clock."""
    assert suggested(run(*recorded), run(*live))[0] == rules


def job(number, *states):
    """A job that is added, and polled until it is done."""
    return [("add", [], {"job": number}), *(("status", {"job": number}, {"state": one}) for one in states)]


def test_what_a_poll_saw_on_the_way_needs_no_rule():
    """A rule for it would let pass a job that failed."""
    recorded, live = run(*job(4, "queued", "running", "done")), run(*job(7, "running", "running", "running", "done"))
    assert suggested(recorded, live)[0] == [
        {"method": "status", "repeats": True},
        bound("add", "result.job"),
        bound("status", "params.job"),
    ]


def bound(method, path):
    """A rule that binds what is in a place."""
    return {"method": method, "path": path, "bind": True}


@pytest.mark.parametrize(
    ("recorded", "live", "rules"),
    [
        (
            [("add", [], {"number": 4}), ("status", [4], "ok")],
            [("add", [], {"number": 7}), ("status", [7], "ok")],
            [bound("add", "result.number"), bound("status", "params[*]")],
        ),
        (
            [("add", [], 1000), ("add", [], 1001), ("status", [1001], "ok")],
            [("add", [], 1003), ("add", [], 1004), ("status", [1004], "ok")],
            [bound("add", "result"), bound("status", "params[*]")],
        ),
        (
            [("open", [], "a1"), ("read", {"from": "a1"}, 0)],
            [("open", [], "b7"), ("read", {"from": "b7"}, 0)],
            [bound("open", "result"), bound("read", "params.from")],
        ),
        (
            [("who", [], "x"), ("who", [], "x"), ("who", [], "z")],
            [("who", [], "y"), ("who", [], "y"), ("who", [], "w")],
            [bound("who", "result")],
        ),
        (
            [("who", [], "x"), ("who", [], "x")],
            [("who", [], "y"), ("who", [], "w")],
            [{"method": "who", "path": "result", "present": True}],
        ),
        (
            [("add", [], 4), ("count", [], 4), ("status", [4], "ok")],
            [("add", [], 7), ("count", [], 9), ("status", [7], "ok")],
            [bound("add", "result"), bound("status", "params[*]"), {"method": "count", "path": "result", "present": True}],
        ),
        (
            [("gas", [], 1000), ("gas", [], 1000)],
            [("gas", [], 1040), ("gas", [], 1040)],
            [{"method": "gas", "path": "result", "tolerance": "10%"}],
        ),
    ],
    ids=["number", "near numbers", "short text", "several times", "not one to one", "a count beside it", "an amount"],
)  # fmt: skip
def test_a_value_that_is_used_again_is_bound_though_it_does_not_look_handed_out(recorded, live, rules):
    """Where the other end sends it back, or the same one comes for it every time."""
    assert suggested(run(*recorded), run(*live))[0] == rules


def heights(first, *, steps):
    """A chain that tells each new height of its own, and one of them once more."""
    told = [("head", [], {"height": first + step}) for step in steps]
    return [*told, ("tip", [], first + steps[-1])]


@pytest.mark.parametrize(
    ("recorded", "live", "rules"),
    [
        (
            heights(761_397, steps=(0, 1, 2)),
            heights(747_626, steps=(0, 1, 2)),
            [bound("head", "result.height"), bound("tip", "result")],
        ),
        (
            heights(761_397, steps=(0, 1, 2)),
            heights(747_626, steps=(0, 1, 3)),
            [
                {"method": "head", "path": "result.height", "tolerance": "10%"},
                {"method": "tip", "path": "result", "tolerance": "10%"},
            ],
        ),
        (
            [("gas", [], 1000), ("gas", [], 2000)],
            [("gas", [], 1010), ("gas", [], 2010)],
            [{"method": "gas", "path": "result", "tolerance": "10%"}],
        ),
    ],
    ids=["counts", "does not", "too few to tell"],
)
def test_a_number_that_counts_from_another_beginning_is_bound(recorded, live, rules):
    """A month later it is no longer nearly the same."""
    assert suggested(run(*recorded), run(*live))[0] == rules


def test_each_rule_says_why():
    """With the values that were seen."""
    found = suggested(run(("a", [], {"n": "x"}), ("p", [], 1)), run(("a", [], {"n": "y"}), ("p", [], 1), ("p", [], 1)))
    assert found[1] == [
        "# p came 1 and 2 times: its number depends on a clock",
        '# result.n: "x", then "y": any value may come',
    ]


def test_a_rule_that_does_not_help_is_made_wider():
    """Two recorded ids that are the same became two: then any may come."""
    recorded = run(("a", [], {"key": KEY}), ("a", [], {"key": KEY}))
    live = run(("a", [], {"key": OTHER}), ("a", [], {"key": "1" * 32}))
    assert suggested(recorded, live)[0] == [{"method": "a", "path": "result.key", "present": True}]


def test_openings_and_closings():
    """By what they are."""
    rules, _comments = suggested(run(("a", [], 1), url="ws://n/?x=1"), run(("a", [], 1), url="ws://n/?x=2", close=1001))
    assert rules == [
        {"method": "open", "path": "url.x", "present": True},
        {"method": "close", "path": "code", "present": True},
    ]


def test_messages_of_a_batch():
    """By their own methods."""

    def batch(result):
        events = [Opened(session=1, party="a", url="ws://n/")]
        events.append(frame(b'[{"id":1,"method":"a"},{"id":2,"method":"b"}]', session=1, direction="to_node"))
        answers = json.encode([{"id": 1, "result": 1}, {"id": 2, "result": {"n": result}}])
        return read(
            Header(format=1, run="x", recorder="0"), [*events, frame(answers, session=1, direction="from_node")]
        )

    rules, _comments = suggested(batch("x"), batch("y"))
    assert rules == [{"method": "b", "path": "result.n", "present": True}]


def test_rules_that_there_are_already_are_not_suggested_again():
    """They are taken with the others."""
    rules = Rules.parse('[[rule]]\nmethod = "a"\npath = "result"\npresent = true', "r.toml")
    assert suggest(run(("a", [], 1)), run(("a", [], 9)), rules) == []


def test_a_session_that_is_missing_is_a_comment():
    """No rule lets that pass."""
    assert suggest(run(("a", [], 1)), read(Header(format=1, run="x", recorder="0"), [])) == [
        "# client: a whole session (open first) is missing; no rule can allow that"
    ]


@pytest.mark.untraced
@pytest.mark.parametrize("volatile", [{"amount": 56}, {"jump": 5}, {"amount": 56, "name": "other", "nonce": 400}])
def test_lives_of_a_channel(volatile):
    """What is inside of transactions is named by its path too."""
    rules, _comments = suggested(channel.live().script(), channel.live(**volatile).script())
    assert rules
    assert all("ignore" not in rule for rule in rules)


results = st.recursive(
    st.integers(-5, 5) | st.sampled_from(["x", "y\x7f", "\u00e9\n", KEY, OTHER, "0" * 32, None, True]),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["a", "a.b", 'q"]', "id", ""]), inner, max_size=2)
    ),
    max_leaves=4,
)
runs = st.lists(st.tuples(st.sampled_from(["a", "b", 'c "d"']), results, results), max_size=4)


@pytest.mark.untraced
@settings(max_examples=60, deadline=None)
@given(runs, runs)
def test_with_what_is_suggested_any_two_runs_are_the_same(one, other):
    """Whatever they say: the file is read, and lets everything pass."""
    suggested(run(*one), run(*other))
