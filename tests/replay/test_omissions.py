"""What a run goes on without."""

from __future__ import annotations

import pytest
from recorder.replay.omissions import Waiting, leave_out

from recorder.model import Frame
from recorder.timeline.script import Step


def step(index, session=1, direction="to_node", **more):
    """A frame's step."""
    return Step(index, index + 2, "frame", session, direction, Frame(session=session, direction=direction), **more)


ASKED, OTHER = step(0), step(1, 2)
ANSWER = step(2, direction="from_node", trigger=0)
ELSEWHERE = step(3, 2, "from_node", trigger=0)
UNRELATED = step(4, direction="from_node", trigger=1)


def waiting(*steps):
    """These steps, by session."""
    return Waiting(steps)


def test_a_frame_and_its_consequences():
    """With a frame goes what the node would have done about it, in all sessions, and nothing else."""
    left = waiting(ASKED, OTHER, ANSWER, ELSEWHERE, UNRELATED)
    assert leave_out(left, ASKED) == [ASKED, ANSWER, ELSEWHERE]
    assert left == {1: [UNRELATED], 2: [OTHER]}


@pytest.mark.parametrize("pongs", [0, 1, 2])
def test_a_ping(pongs):
    """With a ping goes one answer of its session, and neither is missed."""
    ping, foreign = step(5, keeps_alive=True), step(6, 2, "from_node", keeps_alive=True)
    answers = [step(7 + number, direction="from_node", keeps_alive=True) for number in range(pongs)]
    left = waiting(ping, ANSWER, *answers, foreign)
    assert leave_out(left, ping) == []
    assert left == {1: [ANSWER, *answers[1:]], 2: [foreign]}


def test_a_session_with_nothing_left():
    """A session is gone with its last step."""
    left = waiting(ASKED, OTHER)
    left.remove(ASKED)
    assert left == {2: [OTHER]}


def test_the_first_that_is_possible():
    """In recorded order, whatever session it is in, and whatever is not possible yet."""
    left = waiting(ASKED, OTHER, ANSWER)
    assert left.first(lambda one: one.session == 2) is OTHER
    left.remove(ASKED)
    assert left.first(lambda _one: True) is OTHER
    left.remove(OTHER)
    left.remove(ANSWER)
    assert left.first(lambda _one: True) is None
    assert left.pending == set()
