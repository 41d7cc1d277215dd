"""Pings: played and answered, but never waited for."""

from __future__ import annotations

import json

import pytest

from recorder import capture
from recorder.model import Closed, Frame, Header, Opened
from recorder.replay import Open, Player, PlaySettings, Send
from recorder.replay.actions import Close
from recorder.replay.settings import PATIENCE
from recorder.timeline import read

CHANNEL = "ch_2oQ3eDYGKUCzVmYDTp2CRhZPkFZLJgZ1y4nHvnGbNGfEuPSRcN"
PING = b'{"jsonrpc":"2.0","method":"channels.system","params":{"action":"ping"}}'
LEAVE = b'{"jsonrpc":"2.0","method":"channels.leave","params":{}}'
STOP = b'{"jsonrpc":"2.0","id":1,"method":"channels.system","params":{"action":"stop"}}'


def said(method, channel=CHANNEL):
    """A message of the node."""
    return json.dumps({"jsonrpc": "2.0", "method": method, "params": {"channel_id": channel}}).encode()


PONG, INFO, LEFT = said("channels.system.pong"), said("channels.info"), said("channels.leave")
RECORDED = [("from_node", INFO), ("to_node", PING), ("from_node", PONG), ("to_node", LEAVE), ("from_node", LEFT)]


def player(frames, *ends):
    """A player of these ends of a session with these frames."""
    events = [Opened(session=1, party="initiator", url="ws://node/channel?role=initiator")]
    events += [capture.frame(payload, session=1, direction=direction) for direction, payload in frames]
    script = read(Header(format=1, run="r", recorder="0", profile="aeternity"), events)
    return Player(script, PlaySettings(ends=frozenset(ends)))


def node(frames):
    """A mock node, its client's session open."""
    one = player(frames, "node")
    one.opened(1, "ws://mock/channel?role=initiator", 1.0)
    return one


def sent(one, now=1.0):
    """What the player sends now."""
    return [action.payload for action in one.due(now) if isinstance(action, Send)]


def test_a_recorded_ping_that_comes():
    """A ping is answered as it was recorded."""
    one = node(RECORDED)
    assert sent(one) == [INFO]
    assert one.received(1, PING, 1.0)
    assert sent(one) == [PONG]


def test_a_recorded_ping_that_does_not_come():
    """The run goes on without a ping and its answer, at once, and misses neither."""
    one = node(RECORDED)
    sent(one)
    one.received(1, LEAVE, 1.0)
    assert sent(one) == [LEFT]
    assert one.over
    assert one.end().ok


def test_pings_at_the_end():
    """A run is over when nothing but pings is left."""
    one = node(RECORDED[:3])
    assert sent(one) == [INFO]
    assert one.end().ok
    assert sent(one, 1.0 + PATIENCE) == []
    assert one.over


@pytest.mark.parametrize("times", [1, 3])
def test_a_ping_that_nobody_recorded(times):
    """Any number of pings is answered in the session's channel, and none is unexpected."""
    one = node([RECORDED[0], *RECORDED[3:]])
    sent(one)
    for _ in range(times):
        assert one.received(1, PING, 2.0)
        [answer] = map(json.loads, sent(one, 2.0))
        assert (answer["method"], answer["params"]["channel_id"]) == ("channels.system.pong", CHANNEL)
    assert one.outcome.unexpected == []


def test_a_ping_before_there_is_a_channel():
    """Where no frame names a channel, the pong has none."""
    one = node([("to_node", LEAVE)])
    one.received(1, PING, 1.0)
    assert json.loads(sent(one)[0])["params"]["channel_id"] is None


def test_a_request_of_the_same_method():
    """What is no ping though its method is the same is a frame like any other."""
    one = node([("to_node", STOP)])
    assert one.received(1, STOP, 1.0)
    assert not one.received(1, STOP, 1.0)
    assert len(one.outcome.unexpected) == 1


@pytest.mark.parametrize("pongs", [0, 1, 3])
def test_parties_ping(pongs):
    """A played party sends the recorded pings, goes on at once, and does not mind a pong more or less."""
    one = player(RECORDED, "initiator")
    assert [type(action) for action in one.due(1.0)] == [Open]
    one.received(1, INFO, 1.0)
    assert sent(one) == [PING, LEAVE]
    for _ in range(pongs):
        assert one.received(1, PONG, 1.3)
    assert sent(one, 1.3) == []
    assert one.received(1, LEFT, 1.3)
    assert one.over is (pongs > 0)
    assert sent(one, 1.3 + PATIENCE) == []
    assert one.over
    assert one.end().ok


@pytest.mark.parametrize("code", [1000, None])
def test_a_party_hears_the_answer_to_its_ping_before_it_leaves(code):
    """It closes its session when the pong is there, or when it has waited for as long as it may."""
    events = [Opened(session=1, party="initiator", url="ws://node/channel?role=initiator")]
    events += [capture.frame(PING, session=1, direction="to_node")]
    events += [capture.frame(PONG, session=1, direction="from_node")]
    events += [Closed(session=1, code=code)] if code else []
    script = read(Header(format=1, run="r", recorder="0", profile="aeternity"), events)
    for pong, now in ((True, 1.1), (False, 1.0 + PATIENCE)):
        one = Player(script, PlaySettings(ends=frozenset({"initiator"})))
        assert [type(action) for action in one.due(1.0)] == [Open, Send]
        assert not one.over
        if pong:
            one.received(1, PONG, now)
        else:
            assert one.wake(1.0) == now
        assert [type(action) for action in one.due(now)] == ([Close] if code else [])
        assert one.over
        assert one.end().ok


def test_other_protocols_have_none():
    """A protocol without pings has frames only."""
    events = [Opened(session=1, party="client"), Frame(session=1, direction="to_node", text=PING.decode())]
    script = read(Header(format=1, run="r", recorder="0"), events)
    one = Player(script, PlaySettings(ends=frozenset({"node"})))
    one.opened(1, "ws://mock/", 1.0)
    assert one.received(1, PING, 1.0)
