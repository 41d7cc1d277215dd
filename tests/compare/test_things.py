"""What pushes are about, and what follows from it for those that come as often as a clock has it."""

import pytest

from recorder.capture import frame
from recorder.compare import compare
from recorder.compare.differences import Scripts
from recorder.compare.things import Things
from recorder.jsonrpc import json_bytes
from recorder.model import Header, Opened
from recorder.rules import Rules
from recorder.timeline import read

REPEATS = '[[rule]]\nmethod = "news"\nrepeats = true\n'
ANY = '[[rule]]\nmethod = "news"\npath = "params.about"\npresent = true\n'
OURS = ("9cef478923ff08bf67fde6c64013158d", "4a8a4c0517381924f9838102c5a4dcb7")
THEIRS = ("cd0c3e8af590364c09d0fa6a1210faf5", "b8ca1f6d9a4bd9b1b1b5c3e2d7f9a001")


def script(pushes, ids, calls=("heads", "logs"), more=(), profile="generic"):
    """Subscriptions to these, and pushes: of which (by its place), and what it says; or a call about it."""
    said = []
    for at, (what, own) in enumerate(zip(calls, ids, strict=True), 1):
        said.append(("to_node", {"id": at, "method": "subscribe", "params": [what]}))
        said.append(("from_node", {"id": at, "result": own}))
    for which, what in pushes:
        params = {"subscription": ids[which], "about": what, **dict(more)}
        said += call(what, ids[which]) if what == "renew" else [("from_node", {"method": "news", "params": params})]
    events = [frame(json_bytes({"jsonrpc": "2.0"} | one), session=1, direction=way) for way, one in said]
    opened = Opened(session=1, party="client", url="ws://n/")
    return read(Header(format=2, run="x", recorder="0", profile=profile), [opened, *events], "r.jsonl")


def call(what, own, number=9):
    """A call about something that was subscribed to, and its answer."""
    return [("to_node", {"id": number, "method": what, "params": [own]}), ("from_node", {"id": number, "result": True})]


BOTH = [(0, "a"), (1, "b"), (0, "a"), (1, "b")]


@pytest.mark.parametrize(
    ("live", "found"),
    [
        ([(0, "a"), (1, "b"), (0, "a")], []),
        ([(0, "a"), (0, "a"), (1, "b"), (1, "b"), (1, "b")], []),
        ([(0, "a"), (0, "a")], ["missing"]),
        ([(1, "b"), (1, "b")], ["missing"]),
        ([], ["missing"]),
    ],
)
def test_of_each_subscription_one_must_come(live, found):
    """Those of another one say nothing of it; how many come does not matter."""
    compared = compare(script(BOTH, OURS), script(live, THEIRS), Rules.parse(REPEATS, "r.toml"))
    assert [one.kind for one in compared.findings] == found


def test_a_subscription_that_brought_nothing_and_now_does():
    """What comes of it was not recorded."""
    compared = compare(script([(0, "a"), (0, "a")], OURS), script(BOTH, THEIRS), Rules.parse(REPEATS, "r.toml"))
    assert "extra" in [one.kind for one in compared.findings]


@pytest.mark.parametrize("live", [[(1, 7), (0, 8), (1, 9)], [(0, 7), (0, 8), (1, 9)]])
def test_what_differs_in_each_run_is_compared_with_its_own(live):
    """Not with what came of the other subscription in its place."""
    recorded = script([(0, 1), (1, 2), (0, 3), (1, 4)], OURS)
    assert compare(recorded, script(live, THEIRS), Rules.parse(REPEATS + ANY, "r.toml")).same


@pytest.mark.parametrize("ids", [(3, 4), (4, 3), (5, 6), (40_000, 50_000)])
def test_small_numbers_of_subscriptions_are_bound(ids):
    """Also where they are those of the others in the other run; what came of another one is found."""
    recorded = script(BOTH, (3, 4))
    assert compare(recorded, script(BOTH, ids)).same
    wrong = compare(recorded, script([(0, "a"), (0, "b"), (0, "a"), (1, "b")], ids))
    assert [one.kind for one in wrong.findings] == ["changed"]


def things(recorded, live):
    """The thing of each push, as a number: those of the recorded capture, and those of the live one."""
    calls = ([part for step in one.steps for part in step.parts if part.answer] for one in (recorded, live))
    about = Things(Scripts(recorded, live), Rules.parse("", "r.toml"), dict(zip(*calls, strict=True)))
    found = [
        [about.of(step) for step in one.steps if step.parts and step.parts[0].kind == "notification"]
        for one in (recorded, live)
    ]
    numbers = {thing: number for number, thing in enumerate(dict.fromkeys(thing for row in found for thing in row))}
    return [[numbers[thing] for thing in row] for row in found]


def test_a_thing_is_the_same_in_both_captures():
    """Whichever comes first, and though one of them says no more of it than once."""
    assert things(script(BOTH, OURS), script([(1, "b"), (0, "a"), (0, "a")], THEIRS)) == [[0, 1, 0, 1], [1, 0, 0]]


def test_pushes_that_share_a_thing_are_about_one():
    """As those that all name the session that they are in: nothing tells then that one has come in vain."""
    calls = ("heads", "logs", "session")
    ids = (*OURS, "f00dfeedcafe4b1d9c2a1e55aa77bb99")
    recorded, live = (script(BOTH, ids, calls, {"session": ids[2]}.items()) for _ in range(2))
    assert things(recorded, live) == [[0, 0, 0, 0], [0, 0, 0, 0]]


def test_a_word_that_a_call_has_used_says_nothing():
    """Only what is bound is a name of something."""
    recorded, live = (script(BOTH, ids, more={"kind": "heads"}.items()) for ids in (OURS, THEIRS))
    assert things(recorded, live) == [[0, 1, 0, 1], [0, 1, 0, 1]]


def test_a_thing_is_known_by_who_brought_it_first():
    """Later calls about it bring nothing new."""
    recorded, live = (script([(0, "a"), (1, "b"), (0, "renew"), (0, "a")], ids) for ids in (OURS, THEIRS))
    assert things(recorded, live) == [[0, 1, 0], [0, 1, 0]]


def test_a_protocol_that_orders_its_pushes_itself_has_no_things():
    """There all of them are in one row."""
    recorded, live = (script(BOTH, ids, profile="aeternity") for ids in (OURS, THEIRS))
    assert Things(Scripts(recorded, live), Rules.parse("", "r.toml"), {}).of(recorded.steps[-1]) is None
    recorded, live = (script(BOTH, ids) for ids in (OURS, THEIRS))
    assert Things(Scripts(recorded, live), Rules.parse("", "r.toml"), {}).of(recorded.steps[-1]) is not None
