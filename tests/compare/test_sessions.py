"""Pairing the sessions of two captures."""

import random

import pytest

from recorder.capture import frame
from recorder.compare.differences import Scripts, kinds_of
from recorder.compare.sessions import pair_sessions
from recorder.compare.shapes import Shapes
from recorder.model import Header, Opened
from recorder.rules import NO_RULES
from recorder.timeline import read

HEADER = Header(format=1, run="x", recorder="0", profile="auto")


def script(*sessions, first=1):
    """A script of sessions, each a party, its URL, and the methods that it calls."""
    events = []
    for number, (party, url, *methods) in enumerate(sessions, first):
        events.append(Opened(session=number, party=party.replace("#", str(number)), url=url))
        events += [
            frame(b'{"id":%d,"method":"%s"}' % (at, method.encode()), session=number, direction="to_node")
            for at, method in enumerate(methods)
        ]
    return read(HEADER, events)


def paired(recorded, live):
    """What is paired, what is missing and what is extra."""
    scripts = Scripts(recorded, live)
    return pair_sessions(scripts, tuple(Shapes(one, kinds_of(one, NO_RULES), "origin") for one in scripts))


def named(party, value):
    """A session of a channel, with a parameter in its URL."""
    return party, f"ws://node/channel?role={party}&x={value}" if value else ""


A, B, A2 = named("a", "1"), named("b", "1"), named("a", "2")


@pytest.mark.parametrize(
    ("recorded", "live", "pairs", "missing", "extra"),
    [
        ([A, B], [A, B], [(1, 1), (2, 2)], [], []),
        ([A, B], [B, A], [(1, 2), (2, 1)], [], []),
        ([A, A2], [A2, A], [(1, 2), (2, 1)], [], []),
        ([A, A], [A, A], [(1, 1), (2, 2)], [], []),
        ([A, A2], [A2], [(2, 1)], [1], []),
        ([A], [A, B], [(1, 1)], [], [2]),
        ([A], [("other", A[1])], [(1, 1)], [], []),
        ([A, B], [A, A2], [(1, 1)], [2], [2]),
        ([named("a", "")], [A], [(1, 1)], [], []),
    ],
)
def test_parties(recorded, live, pairs, missing, extra):
    """By party, then by URL and order; parties of other names only where all that are left have them."""
    assert paired(script(*recorded), script(*live)) == (pairs, missing, extra)


WS, OTHER_WS, HTTP = ("client-#", "ws://n/a"), ("client-#", "ws://n/b"), ("client-#", "http://n/a")


@pytest.mark.parametrize(
    ("recorded", "live", "pairs", "missing", "extra"),
    [
        ([WS, HTTP], [HTTP, WS], [(1, 2), (2, 1)], [], []),
        ([WS], [HTTP], [], [1], [1]),
        ([WS, OTHER_WS], [OTHER_WS, WS], [(1, 2), (2, 1)], [], []),
        ([WS], [OTHER_WS], [(1, 1)], [], []),
        ([(*WS, "x"), (*WS, "y")], [(*WS, "y"), (*WS, "x")], [(1, 2), (2, 1)], [], []),
        ([(*WS, "x", "y", "z"), (*WS, "u")], [(*WS, "u", "v"), (*WS, "y", "x")], [(1, 2), (2, 1)], [], []),
        ([WS, WS], [WS, WS], [(1, 1), (2, 2)], [], []),
        ([("client-#", ""), WS], [WS, WS], [(1, 1), (2, 2)], [], []),
    ],
)
def test_clients_without_names(recorded, live, pairs, missing, extra):
    """By transport, never over another; by the path of the URL, and by what they ask: their numbers say nothing."""
    assert paired(script(*recorded), script(*live)) == (pairs, missing, extra)


def test_a_name_may_be_new_where_others_have_none():
    """What a recorder calls its clients is no party's name: a session that somebody has named is still the same one."""
    mine, other = ("ada", "ws://n/a", "x"), (*WS, "y")
    assert paired(script(mine, other), script((*WS, "y"), (*WS, "x"))) == ([(1, 2), (2, 1)], [], [])


def test_a_transcript_does_not_tell_the_transport():
    """A session without a URL is one over HTTP, where no WebSocket is left that it could be."""
    recorded = script(
        ("client-#", "ws://node/rpc", "a"), ("client-#", "http://node/rpc", "b"), ("x", "http://node/rpc", "c")
    )
    transcript = script(("client-#", "ws://node/rpc", "a"), ("client-#", "", "b"), ("x", "", "c"))
    assert paired(recorded, transcript) == ([(1, 1), (2, 2), (3, 3)], [], [])
    assert paired(script(("x", "http://node/rpc", "a")), script(("x", "ws://node/rpc", "a"))) == ([], [1], [1])


def test_numbers_of_clients_say_nothing():
    """A client that came first in one run may come last in the other."""
    found = paired(script((*WS, "x"), (*WS, "y")), script((*WS, "y"), (*WS, "x"), first=8))
    assert found.pairs == [(1, 9), (2, 8)]


def test_a_session_that_changed_is_not_taken_for_its_neighbour():
    """The others are where they were."""
    same, other = ("a", "ws://n/", "x"), ("a", "ws://n/", "z")
    assert paired(script(same, same, same), script(other, same, same)).pairs == [(1, 1), (2, 2), (3, 3)]


@pytest.mark.untraced
@pytest.mark.timeout(20)
@pytest.mark.parametrize("party", ["alice", "client-#"])
@pytest.mark.parametrize("changed", [False, True])
def test_thousands_of_sessions(party, changed):
    """Of one party, or of as many: each is found by what is said in it, though in each something else differs."""
    sessions = [(party, "ws://n/", f"of {number}", "all", f"recorded {number}") for number in range(2000)]
    moved = random.Random(2).sample(range(2000), 2000)
    live = [(*sessions[number][:4], f"live {number}" if changed else f"recorded {number}") for number in moved]
    found = paired(script(*sessions), script(*live))
    assert found.pairs == sorted((number + 1, at + 1) for at, number in enumerate(moved))


def test_clients_are_told_apart_by_what_they_say_though_each_was_given_an_id_of_its_own():
    """Which of them came first, and so got its id first, depends on a clock."""

    def welcomed(*words):
        events = []
        for number, word in enumerate(words, 1):
            given = f"2df0289f-ef92-47ad-b77b-c1b88ef7{number}{words.index(word)}fd"
            events.append(Opened(session=number, party=f"client-{number}", url="ws://node/"))
            for way, said in (("from_node", '"method":"welcome"'), ("to_node", '"id":1,"method":"echo"')):
                text = f'{{{said},"params":{{"session":"{given}","word":"{word if way == "to_node" else ""}"}}}}'
                events.append(frame(text.encode(), session=number, direction=way))
        return read(HEADER, events)

    pairs, missing, extra = paired(welcomed("a", "b", "c"), welcomed("c", "b", "a"))
    assert (sorted(pairs), missing, extra) == ([(1, 3), (2, 2), (3, 1)], [], [])
