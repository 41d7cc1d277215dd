"""What an end had heard of the things that it calls about."""

import pytest

from recorder.capture import frame
from recorder.compare.differences import kinds_of
from recorder.compare.news import News
from recorder.model import Header, Opened
from recorder.rules import NO_RULES
from recorder.timeline import read

A, B, BOTH = "0b2f6e8e-5f8b-4a39-9c5e-1f1f5d1a0001", "0b2f6e8e-5f8b-4a39-9c5e-1f1f5d1a0002", "s-7f3a9c21e8"


def say(direction, text):
    """A frame."""
    return frame(text.encode(), session=1, direction=direction)


def push(job):
    """A push about a job, with what all have in common."""
    return say("from_node", f'{{"method":"done","params":{{"job":"{job}","session":"{BOTH}"}}}}')


def call(identity, job):
    """A call about it."""
    params = f'{{"job":"{job}","session":"{BOTH}"}}'
    return say("to_node", f'{{"id":{identity},"method":"m","params":{params}}}')


def answer(identity):
    """Its answer, which does not name it."""
    return say("from_node", f'{{"id":{identity},"result":true}}')


def turned(events, came, one, other):
    """Whether these calls may be in another order when the recorded events came in this one."""
    opened = Opened(session=1, party="a", url="ws://n")
    script = read(Header(format=1, run="x", recorder="0", profile="generic"), [opened, *events])
    pairs = [(script.steps[at + 1], script.steps[place + 1]) for place, at in enumerate(came)]
    return News(script, pairs, kinds_of(script, NO_RULES)).turned(one + 1, other + 1)


@pytest.mark.parametrize(
    ("events", "came", "expected"),
    [
        ([push(A), push(B), call(1, A), call(2, B)], [1, 0, 3, 2], True),
        ([push(A), push(B), call(1, A), call(2, B)], [0, 1, 3, 2], False),
        ([push(A), push(B), call(1, A), call(2, B)], [0, 3, 2], False),
        ([push(A), push(B), call(1, A), call(2, A)], [1, 0, 3, 2], False),
    ],
)
def test_pushes_that_came_in_another_order_turn_the_calls_about_them(events, came, expected):
    """What both calls are about says nothing, nor does what has not come."""
    assert turned(events, came, 2, 3) is expected


def test_an_answer_tells_of_what_its_call_was_about():
    """It need not name it again."""
    events = [push(A), push(B), call(1, A), call(2, B), answer(1), answer(2), call(3, A), call(4, B)]
    assert turned(events, [0, 1, 2, 3, 5, 4, 7, 6], 6, 7)
    assert not turned(events, [1, 0, 2, 3, 4, 5, 7, 6], 6, 7)
