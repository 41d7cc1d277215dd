"""Clients with a clock of their own: slow ones, and ones that leave early."""

from __future__ import annotations

import json

import pytest

from recorder import capture
from recorder.model import Closed, Header, Opened
from recorder.replay import Close, Open, Player, PlaySettings, Send
from recorder.replay.settings import PATIENCE
from recorder.timeline import read

INITIATOR, RESPONDER = 1, 2


def message(method):
    """A frame."""
    return json.dumps({"jsonrpc": "2.0", "method": method, "params": {}}).encode()


def frame(session, direction, method):
    """A frame, as an event."""
    return capture.frame(message(method), session=session, direction=direction)


def mock(*events):
    """A mock node with both parties there."""
    opened = [Opened(session=number, party=party) for number, party in ((1, "initiator"), (2, "responder"))]
    one = Player(
        read(Header(format=1, run="r", recorder="0", profile="aeternity"), [*opened, *events]),
        PlaySettings(ends=frozenset({"node"})),
    )
    for number in (1, 2):
        one.opened(number, "ws://mock/", 1.0)
    return one


def sent(one, now=1.0):
    """Session and method of what the mock sends now."""
    return [(action.session, json.loads(action.payload)["method"]) for action in one.due(now)]


UPDATE = (
    frame(INITIATOR, "to_node", "update.new"),
    frame(RESPONDER, "from_node", "info"),
    frame(RESPONDER, "from_node", "sign"),
)


@pytest.mark.parametrize("wait", [0.0, PATIENCE, 60.0])
def test_a_client_that_takes_its_time(wait):
    """However long a client waits before it begins something, the other hears of it only afterwards."""
    one = mock(*UPDATE)
    assert sent(one, 1.0) == []
    assert sent(one, 1.0 + wait) == []
    one.received(INITIATOR, message("update.new"), 1.0 + wait)
    assert sent(one, 1.0 + wait) == [(RESPONDER, "info"), (RESPONDER, "sign")]
    assert one.outcome.notes == []


def test_waiting_in_vain():
    """When there is nothing to take instead, the player does not ask to be woken again and again."""
    one = mock(*UPDATE)
    assert one.wake(1.0) == 1.0 + PATIENCE
    assert sent(one, 1.0 + PATIENCE) == []
    assert one.wake(1.0 + PATIENCE) is None
    one.received(INITIATOR, message("update.new"), 9.0)
    assert sent(one, 9.0) != []


def test_a_frame_that_never_comes():
    """What answers a later frame is sent though an earlier one is missing, and it is said."""
    one = mock(
        frame(INITIATOR, "to_node", "forgotten"),
        frame(RESPONDER, "to_node", "asked"),
        frame(RESPONDER, "from_node", "answer"),
    )
    one.received(RESPONDER, message("asked"), 1.0)
    assert sent(one, 1.0) == []
    assert sent(one, 1.0 + PATIENCE) == [(RESPONDER, "answer")]
    assert len(one.outcome.notes) == 1


def test_a_client_that_goes_on():
    """Once a client has gone on without a request, the run does too, without the answer to what nobody asked."""
    one = mock(
        frame(INITIATOR, "to_node", "forgotten"),
        frame(INITIATOR, "from_node", "answer"),
        *UPDATE,
    )
    one.received(INITIATOR, message("update.new"), 1.0)
    assert sent(one, 1.0) == []
    assert sent(one, 1.0 + PATIENCE) == [(RESPONDER, "info"), (RESPONDER, "sign")]
    assert [line.partition(" missing")[0].split()[-1] for line in one.end().unused] == ["forgotten", "answer"]
    assert one.over


def test_a_call_that_comes_late_is_not_given_up():
    """What a client has gone on without is played as it was recorded when it comes after all, all that it causes too."""
    one = mock(
        frame(INITIATOR, "to_node", "late"),
        frame(INITIATOR, "from_node", "answer"),
        frame(RESPONDER, "from_node", "hears of it"),
        *UPDATE,
    )
    one.received(INITIATOR, message("update.new"), 1.0)
    assert sent(one, 1.0 + PATIENCE) == [(RESPONDER, "info"), (RESPONDER, "sign")]
    assert one.received(INITIATOR, message("late"), 9.0)
    assert sent(one, 9.0) == [(INITIATOR, "answer"), (RESPONDER, "hears of it")]
    assert one.end().ok


@pytest.mark.parametrize("profile", ["aeternity", "generic"])
def test_a_push_waits_for_its_session(profile):
    """However long ago another session has caused it; a session that is gone is sent nothing more."""
    events = [
        Opened(session=1, party="one"),
        Opened(session=2, party="two"),
        frame(1, "to_node", "cause"),
        frame(2, "from_node", "push"),
        frame(1, "from_node", "push"),
        Closed(session=2, by="node"),
    ]
    script = read(Header(format=1, run="r", recorder="0", profile=profile), events)
    one = Player(script, PlaySettings(ends=frozenset({"node"})))
    one.opened(1, "ws://mock/", 1.0)
    one.received(1, message("cause"), 1.0)
    one.closed(1, 1.0)
    for wait in (0.0, PATIENCE, 60.0):
        assert list(one.due(1.0 + wait)) == []
    one.opened(2, "ws://mock/", 70.0)
    assert [(action.session, type(action)) for action in one.due(70.0)] == [(2, Send), (2, Close)]
    assert [line.split(": ")[0] for line in one.end().unused] == ["capture:6"]
    assert one.over


def test_a_node_that_takes_its_time():
    """What a live node has not said yet may still come, though it has said what was recorded later."""
    events = [
        Opened(session=1, party="initiator"),
        frame(INITIATOR, "from_node", "confirmed"),
        frame(INITIATOR, "from_node", "info"),
        frame(INITIATOR, "to_node", "leave"),
    ]
    one = Player(read(Header(format=1, run="r", recorder="0"), events), PlaySettings(ends=frozenset({"initiator"})))
    assert [type(action) for action in one.due(1.0)] == [Open]
    one.received(INITIATOR, message("info"), 1.0)
    assert sent(one, 1.0 + PATIENCE) == []
    assert one.received(INITIATOR, message("confirmed"), 9.0)
    assert sent(one, 9.0) == [(INITIATOR, "leave")]
    assert one.end().ok


def test_a_client_that_leaves_early():
    """What is left of a session that its client has closed keeps no other session waiting, and counts as unused."""
    one = mock(
        frame(INITIATOR, "to_node", "shutdown"),
        frame(INITIATOR, "from_node", "died"),
        frame(INITIATOR, "to_node", "farewell"),
        frame(RESPONDER, "from_node", "died"),
        Closed(session=RESPONDER, by="node"),
    )
    one.received(INITIATOR, message("shutdown"), 1.0)
    one.closed(INITIATOR, 1.0)
    assert [(action.session, type(action)) for action in one.due(1.0)] == [(RESPONDER, Send), (RESPONDER, Close)]
    assert len(one.end().unused) == 2
    assert one.wake(1.0 + PATIENCE) is None
