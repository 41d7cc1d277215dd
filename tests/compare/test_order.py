"""What depends on what."""

import pytest

from recorder.capture import frame
from recorder.compare.alignment import Pair
from recorder.compare.order import out_of_order
from recorder.model import Closed, Header, Opened
from recorder.timeline import read

HEADER = Header(format=1, run="x", recorder="0")
TO, FROM = "to_node", "from_node"


def found(events, order, stream=lambda _step: ""):
    """The findings when steps came in this order, as places in the recorded one."""
    script = read(HEADER, events)
    places = {index: place for place, index in enumerate(order)}
    pairs = [Pair(step, script.steps[places[step.index]], clean=True) for step in script.steps if step.index in places]
    return [(pair.recorded.index, other.index) for pair, other, _more in out_of_order(script, pairs, stream)]


def put(session, direction, text):
    """A frame."""
    return frame(text.encode(), session=session, direction=direction)


ASK = put(1, TO, '{"id":1,"method":"a"}')
ANSWER = put(1, FROM, '{"id":1,"result":1}')
REPLY = put(1, FROM, '{"method":"a.reply"}')
ERROR = put(1, FROM, '{"id":null,"error":{"request":{"method":"a"}}}')
SIGN = put(1, FROM, '{"method":"x.sign.deposit_tx"}')
DEPOSIT = put(1, TO, '{"method":"x.deposit"}')
PUSH = put(1, FROM, '{"method":"push"}')
OTHER = put(2, FROM, '{"method":"push"}')
BATCH = put(1, TO, '[{"id":1,"method":"a"}]')


@pytest.mark.parametrize(
    "events",
    [[ASK, ANSWER], [ASK, REPLY], [ASK, ERROR], [DEPOSIT, SIGN], [PUSH, SIGN], [ASK, DEPOSIT], [BATCH, ANSWER]],
)
def test_dependent_steps_have_an_order(events):
    """Two of one direction of a session; a reply and its request, by id, method, or the request it quotes."""
    assert found(events, [0, 1]) == []
    assert found(events, [1, 0]) == [(1, 0)]


@pytest.mark.parametrize("events", [[PUSH, OTHER], [ASK, PUSH], [put(2, TO, '{"id":1,"method":"a"}'), ANSWER]])
def test_others_have_none(events):
    """Frames of two sessions, and of two directions that do not answer each other."""
    assert found(events, [1, 0]) == []


def test_a_partys_next_session_comes_after_the_last():
    """It cannot come back before it has left."""
    events = [
        Opened(session=1, party="a"),
        Closed(session=1),
        Opened(session=2, party="a"),
    ]
    assert found(events, [2, 0, 1]) == [(2, 1)]


def test_one_frame_in_another_place_is_one_finding():
    """However many it has overtaken."""
    events = [put(1, FROM, f'{{"method":"{name}"}}') for name in "abcde"]
    assert found(events, [4, 0, 1, 2, 3]) == [(4, 0)]
    assert found(events, [1, 2, 3, 0, 4]) == [(0, 1)]


def test_rows_of_their_own():
    """What has another stream, or none, may come at any time."""
    events = [PUSH, SIGN]
    assert found(events, [1, 0], lambda step: "chain" if step.name == "push" else "") == []
    assert found(events, [1, 0], lambda step: None if step.name == "push" else "") == []


@pytest.mark.timeout(20)
def test_a_session_that_came_backwards_takes_no_longer_than_it_must():
    """Half a million pairs are in another order, and all of them are one finding."""
    pushes = [put(1, FROM, f'{{"method":"push {number}"}}') for number in range(1000)]
    assert len(found(pushes, [*reversed(range(1000))])) == 1
