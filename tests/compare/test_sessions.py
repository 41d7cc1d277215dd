"""Pairing the sessions of two captures."""

import pytest
from recorder.compare.pairing import pair_sessions

from recorder.capture import frame
from recorder.model import Header, Opened
from recorder.timeline import read

HEADER = Header(format=1, run="x", recorder="0", profile="aeternity")


def script(*sessions):
    """A script of sessions, each a party and a parameter of its URL."""
    events = []
    for number, (party, value) in enumerate(sessions, 1):
        url = f"ws://node/channel?role={party}&x={value}" if value else ""
        events.append(Opened(session=number, party=party, url=url))
        events.append(frame(b"{}", session=number, direction="to_node"))
    return read(HEADER, events)


A, B, A2 = ("a", "1"), ("b", "1"), ("a", "2")


@pytest.mark.parametrize(
    ("recorded", "live", "pairs", "missing", "extra"),
    [
        ([A, B], [A, B], [(1, 1), (2, 2)], [], []),
        ([A, B], [B, A], [(1, 2), (2, 1)], [], []),
        ([A, A2], [A2, A], [(1, 2), (2, 1)], [], []),
        ([A, A], [A, A], [(1, 1), (2, 2)], [], []),
        ([A, A2], [A2], [(2, 1)], [1], []),
        ([A], [A, B], [(1, 1)], [], [2]),
        ([A], [("other", "1")], [(1, 1)], [], []),
        ([A, B], [A, A2], [(1, 1)], [2], [2]),
        ([("a", "")], [A], [(1, 1)], [], []),
    ],
)
def test_pair_sessions(recorded, live, pairs, missing, extra):
    """By party, then by URL and order; parties of other names only where all that are left have them."""
    assert pair_sessions(script(*recorded), script(*live)) == (pairs, missing, extra)
