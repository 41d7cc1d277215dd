"""What sessions of one URL have in common at their beginning."""

import pytest
from dialogues import answers, asks, closed, down, opened, pushes, script, up

from recorder.replay import PlaySettings
from recorder.replay.plan import Plan
from recorder.server.beginnings import LONGEST, Beginnings
from recorder.timeline.script import NODE

URL = "ws:/rpc"
HELLO, HI = asks("hello"), answers("hi")


def beginning(*sessions):
    """That of sessions which say these."""
    events = []
    for number, said in enumerate(sessions, 1):
        events += [opened(number), *(say(payload, number) for say, payload in said), closed(number)]
    return Beginnings(Plan(script(*events), PlaySettings(ends=frozenset({NODE})))).at(URL)


def heard(found, *payloads):
    """What is told to these messages, each; None from the first on that not all sessions have."""
    return [[one.payload for one in found.told()] if found.hears(payload) else None for payload in payloads]


def test_it_ends_where_one_session_parts():
    """What is said up to there is answered under the live id, and the first that differs is not heard."""
    said = [(up, HELLO), (down, HI), (up, asks("chain", 2)), (down, answers(1, 2))]
    found = beginning([*said, (up, asks("a", 3))], [*said[:3], (down, answers(2, 2))], said)
    assert found.told() == []
    assert heard(found, asks("hello", "x"), asks("chain", "y"), asks("a", 3)) == [[answers("hi", "x")], [], None]


def test_another_message_is_not_heard():
    """Its client parts here, though all recorded ones went on together."""
    found = beginning([(up, HELLO), (down, HI), (up, asks("a", 2))], [(up, HELLO), (down, HI)])
    assert heard(found, asks("other"), asks("hello", 5)) == [None, [answers("hi", 5)]]


def test_sessions_that_never_part_are_told_apart_by_nothing():
    """Whoever speaks first is the first of them."""
    found = beginning([(up, HELLO), (down, HI)], [(up, HELLO), (down, HI)])
    assert heard(found, HELLO) == [None]


@pytest.mark.parametrize(
    "then",
    [
        (down, pushes("told")),  # whatever came of what somebody else said, perhaps
        (up, b"[" + asks("one") + b"," + asks("two", 2) + b"]"),
        (up, b"no JSON"),
    ],
)
def test_it_ends_where_it_is_no_turn(then):
    """After a call and its answer, anything but another."""
    found = beginning(*[[(up, HELLO), (down, HI), then]] * 2, [(up, HELLO), (down, HI)])
    assert heard(found, HELLO, then[1]) == [[HI], None]


def test_it_ends_where_something_is_handed_out():
    """That names its session."""
    token = "8f14e45fceea167a5a36dedd4bea2543"
    login = [
        (up, HELLO),
        (down, HI),
        (up, asks("login", 2)),
        (down, answers(token, 2)),
        (up, asks("use", 3, params=[token])),
    ]
    found = beginning(login, [*login, (up, asks("bye", 4))])
    assert heard(found, HELLO, asks("login", 2), asks("use", 3, params=[token])) == [[HI], [], None]


def test_a_greeting_is_part_of_it():
    """If it is the same for all; else there is none."""
    greeted = [(down, pushes("welcome")), (up, HELLO), (down, HI)]
    found = beginning(greeted, greeted[:-1], greeted)
    assert [one.payload for one in found.told()] == [pushes("welcome")]
    assert heard(found, HELLO) == [[]]
    assert beginning(greeted, greeted[1:]) is None
    assert beginning(greeted) is None


def test_it_is_bounded():
    """Sessions that part very late are taken in their order."""
    said = [(way, say("ping", number)) for number in range(LONGEST) for way, say in ((up, asks), (down, answers))]
    found = beginning(said, [*said[:-2], (up, asks("bye"))])
    assert heard(found, asks("ping", 0)) == [None]


def test_it_goes_on_for_those_that_a_client_may_still_be():
    """Those that have said something else, or no more, are none of them any longer."""
    x, y = asks("x", 2), answers("y", 2)
    said = [(up, HELLO), (down, HI)]
    found = beginning(
        [*said, (up, x), (down, y), (up, asks("a", 3))], said, [*said, (up, x), (down, y)], [(up, asks("b"))]
    )
    assert (found.may_be, found.over) == ({1, 2, 3, 4}, set())
    assert heard(found, HELLO) == [[HI]]
    assert (found.may_be, found.over) == ({1, 2, 3}, {2})
    assert heard(found, x) == [[y]]
    assert (found.may_be, found.over) == ({1, 3}, {3})
    assert heard(found, asks("a", 3)) == [None]


def test_it_ends_where_those_that_are_left_are_answered_otherwise():
    """Nothing but the answer tells then which it is: the first of them."""
    said = [(up, HELLO), (down, HI)]
    found = beginning(*[[*said, (up, asks("x", 2)), (down, answers(at, 2)), (up, HELLO)] for at in (1, 2)], said)
    assert heard(found, HELLO, asks("x", 2)) == [[HI], None]
    assert found.may_be == {1, 2, 3}
