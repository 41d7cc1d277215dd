"""Streams that clients open to listen: which one a live request is for, and when a party asks for one."""

import pytest

from recorder.bindings import Bindings
from recorder.capture import frame
from recorder.model import Header, Opened
from recorder.replay import PlaySettings
from recorder.replay.actions import Listen, Open, Send
from recorder.replay.listening import likeliest
from recorder.replay.player import Player
from recorder.timeline import read
from recorder.timeline.handed_out import HANDED

SSE = [("content-type", "text/event-stream")]
ROOM = "8f14e45f-ceea-467a-9a36-dedd4bea2543"


def put(text, direction="to_node", **fields):
    """A frame."""
    return frame(text.encode(), session=1, direction=direction, **fields)


def begins(number=0, *own):
    """A stream begins."""
    return put("", "from_node", stream=number, headers=SSE, request_headers=[("accept", "*/*"), *own])


SCRIPT = read(
    Header(format=1, run="x", recorder="0"),
    [
        Opened(session=1, party="a", url="http://n/", headers=[("x", "y")]),
        put('{"id":1,"method":"enter"}', exchange=1),
        begins(),
        put(f'{{"id":1,"result":{{"room":"{ROOM}"}}}}', "from_node"),
        begins(1, ("Room", ROOM), ("TraceParent", "00-1")),
        begins(2, ("Room", "lobby")),
        put('{"method":"hello"}', exchange=2),
    ],
)


@pytest.mark.parametrize(
    ("asked", "begun", "number"),
    [
        ([], [], 0),
        ([("room", "live")], [], 1),
        ([("ROOM", ROOM)], [], 1),
        ([("room", "lobby")], [], 2),
        ([("room", "lobby")], [2], 2),
        ([("room", "cellar")], [0, 1], 2),
    ],
)
def test_a_live_request_is_for_the_stream_whose_own_differs_least(asked, begun, number):
    """With the live value of what tells them apart; where nothing tells, for one that nobody listens to."""
    bindings = Bindings()
    bindings.bind(HANDED, ROOM, "live")
    assert likeliest(SCRIPT.streams[1], [("accept", "*/*"), ("traceparent", "00-2"), *asked], begun, bindings) == number


def test_a_party_asks_for_a_stream_when_all_before_it_has_happened():
    """With what the node has handed out by then; and before it says what it said behind it."""
    player = Player(SCRIPT, PlaySettings(ends=frozenset({"a"})))
    opened, asked, first = player.due(0)
    assert (type(opened), type(asked), first) == (Open, Send, Listen(1, (("x", "y"), ("accept", "*/*"))))
    player.received(1, b"", 1, 1)  # it is only accepted
    player.received(1, b'{"id":1,"result":{"room":"0d480d2f-2b57-4abc-a9e3-a17d7a24486a"}}', 1)
    named, other, said = player.due(1)
    assert ("Room", "0d480d2f-2b57-4abc-a9e3-a17d7a24486a") in named.headers
    assert ("Room", "lobby") in other.headers
    assert type(said) is Send
    assert [*player.due(2)] == []


def test_a_node_asks_for_no_stream():
    """It gives them."""
    assert [*Player(SCRIPT, PlaySettings(ends=frozenset({"node"}))).due(0)] == []
