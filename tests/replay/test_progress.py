"""How far a run has come."""

import pytest

from recorder.capture import frame
from recorder.model import Closed, Frame, Header, Opened
from recorder.replay.progress import PlayedSteps, Progress
from recorder.timeline import read

HEADER = Header(format=2, run="r", recorder="0", profile="generic")
PING = b'{"method":"channels.system","params":{"action":"ping"}}'


def said(session, way, payload, **more):
    """A frame."""
    direction = {">": "to_node", "<": "from_node"}[way]
    return frame(payload, session=session, direction=direction, **more)


EVENTS = [
    Opened(session=1, party="a", url="ws://n/"),  # 0
    said(1, ">", b'{"id":1,"method":"x"}'),  # 1
    Opened(session=2, party="b", url="ws://n/"),  # 2
    said(2, ">", b'{"method":"y"}'),  # 3
    said(1, "<", b'[{"id":1,"result":0},{"method":"push"}]'),  # 4
    said(3, "<", b'{"method":"push"}'),  # 5, of a session that was open before
    Closed(session=1, by="node"),  # 6
]
SCRIPT = read(HEADER, EVENTS)


def numbers(steps):
    """Their places."""
    return [step.index for step in steps]


@pytest.mark.parametrize(
    ("ends", "theirs", "node", "left"),
    [
        ({"node"}, [0, 1, 2, 3], [4, 5, 6], [0, 1, 2, 3, 4, 5, 6]),
        ({"a"}, [4, 6], [], [0, 1, 4, 6]),
        ({"a", "b"}, [4, 6], [], [0, 1, 2, 3, 4, 6]),
        ({"node", "a"}, [2, 3], [4, 5, 6], [0, 1, 2, 3, 4, 5, 6]),
        (set(), [], [], []),
    ],
)
def test_whose_steps_are_whose(ends, theirs, node, left):
    """What happens between two ends that are not played is none of a run's."""
    played = PlayedSteps(SCRIPT, ends)
    progress = Progress(SCRIPT, ends, played)
    assert (numbers(played.theirs), numbers(played.node), numbers(progress.left())) == (theirs, node, left)
    assert [progress.ours(step) for step in played.theirs] == [False] * len(theirs)


def test_a_session_may_be_opened_once():
    """Its opening comes first; one that was open before the capture began is free until all of it has come."""
    progress = Progress(SCRIPT, {"node"})
    assert (progress.free, progress.openings) == ([1, 2, 3], 2)
    assert progress.opening(1) is SCRIPT.steps[0]
    assert (progress.opening(3), progress.recorded_opening(3)) == (None, None)
    assert progress.recorded_opening(1) is SCRIPT.steps[0].event
    progress.done(SCRIPT.steps[0])
    progress.done(SCRIPT.steps[0])
    assert (progress.free, progress.openings, progress.opening(1)) == ([2, 3], 1, None)
    progress.done(SCRIPT.steps[5])
    assert progress.free == [2]


def test_a_batch_has_come_when_all_of_it_has():
    """Each of its messages counts."""
    progress = Progress(SCRIPT, {"a"})
    assert [progress.came(SCRIPT.steps[4]) for _ in range(2)] == [False, True]
    progress.done(SCRIPT.steps[4])
    assert not progress.came(SCRIPT.steps[4])


def test_what_is_given_up_may_still_come():
    """It is waited for no longer, and is missing at the end."""
    progress = Progress(SCRIPT, {"node"})
    progress.give_up(SCRIPT.steps[3])
    assert progress.pending(SCRIPT.steps[3])
    assert not progress.waits(3)
    assert progress.before(SCRIPT.steps[6]) == {0, 1, 4}
    for step in SCRIPT.steps:
        if step.index != 3:
            assert not progress.over
            progress.done(step)
    assert progress.over
    assert numbers(progress.left()) == [3]


def test_where_parties_stand():
    """At the first step that has not happened: theirs, or one of the node that they wait for."""
    progress = Progress(SCRIPT, {"a", "b"})
    found = []
    while (head := progress.head) is not None:
        found.append(head.index)
        progress.done(head)
    assert found == [0, 1, 2, 3, 4, 6]
    assert Progress(SCRIPT, {"node"}).head is None


def test_parties_go_on_without_what_is_overdue():
    """The next step of each party, and what they have waited for before it."""
    progress = Progress(SCRIPT, {"a", "b"})
    for index in (0, 1):
        progress.done(SCRIPT.steps[index])
    assert numbers(progress.next_of_each_party()) == [2]
    for index in (2, 3):
        progress.done(SCRIPT.steps[index])
    assert progress.head is SCRIPT.steps[4]
    assert numbers(progress.awaited_before(SCRIPT.steps[6])) == [4]
    progress.overdue(SCRIPT.steps[4])
    assert progress.head is SCRIPT.steps[6]
    assert not progress.waits(4)


def test_what_a_live_party_has_gone_on_without():
    """Of what came before the step that its session has reached."""
    progress = Progress(SCRIPT, {"node"})
    assert progress.overtaken({}) == []
    progress.done(SCRIPT.steps[0])
    assert numbers(progress.overtaken({1: 6})) == [1]
    progress.give_up(SCRIPT.steps[1])
    assert progress.overtaken({1: 6}) == []


def test_what_keeps_a_session_open_is_never_waited_for():
    """Nor is it missing."""
    script = read(Header(format=2, run="r", recorder="0", profile="aeternity"), [EVENTS[0], said(1, ">", PING)])
    progress = Progress(script, {"node"})
    progress.done(script.steps[0])
    assert progress.over
    assert progress.left() == []
    assert progress.pending(script.steps[1])


def test_exchanges_over_http():
    """What a node said in each, which of it has no body, and whether it was over."""
    events = [
        Opened(session=1, party="a", url="http://n/"),
        said(1, ">", b'{"method":"x"}', exchange=1),
        said(1, ">", b'{"id":2,"method":"y"}', exchange=2),
        Frame(session=1, direction="from_node", exchange=1, status=202, text=""),
        said(1, ">", b'{"id":3,"method":"z"}', exchange=3),
        said(1, "<", b'{"id":2,"result":0}', exchange=2),
    ]
    script = read(HEADER, events)
    progress = Progress(script, {"a"})
    assert numbers(progress.in_exchange(1, 1)) == numbers(progress.bodiless(script.steps[1])) == [3]
    assert numbers(progress.in_exchange(1, 2)) == [5]
    assert progress.bodiless(script.steps[2]) == progress.in_exchange(1, 3) == []
    third = script.steps[4]
    assert [progress.answered_before(1, number, third) for number in (1, 2, 3)] == [True, False, True]


def test_a_session_has_moved_where_something_happened_or_is_not_waited_for():
    """Since that was asked last; at first each session has."""
    progress = Progress(SCRIPT, {"node"})
    assert progress.moved() == {1, 2}
    progress.done(SCRIPT.steps[0])
    progress.give_up(SCRIPT.steps[3])
    assert (progress.moved(), progress.moved()) == ({1, 2}, set())
    progress.overdue(SCRIPT.steps[1])
    assert progress.moved() == {1}


def test_what_has_not_happened_is_told_by_its_place():
    """With the party and what it is."""
    told = Progress(SCRIPT, {"node"}).missing(SCRIPT.steps[1])
    assert told == "capture:3: a x missing: it was recorded, and never came"
