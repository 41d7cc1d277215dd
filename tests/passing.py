"""What may pass between clients and a node, in any order: the captures that formats of other tools are tried with."""

import json
from itertools import count
from pathlib import Path

from hypothesis import strategies as st

from recorder.event_stream import CONTENT_TYPE, ServerEvent
from recorder.interchange.formats import Source
from recorder.interchange.recording import Passed, Recording, Said
from recorder.journal.requests import Answer, Request
from recorder.journal.session import WireMessage
from recorder.model import MESSAGE, Closed, Note, Scenario

HOSTS = ("n", "127.0.0.1:3014", "[::1]:80", "node.example:8443")
START = 1_700_000_000_123_456_789

words = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), max_size=9)
values = st.one_of(st.none(), st.integers(), words, st.lists(st.integers(), max_size=3))
calls = st.builds(
    lambda method, params, number: json.dumps(
        {"jsonrpc": "2.0", "id": number, "method": method or "m", "params": params}, ensure_ascii=False
    ).encode(),
    words,
    st.lists(values, max_size=3),
    st.integers(0, 99),
)
directions = st.sampled_from(["to_node", "from_node"])
messages = st.one_of(
    st.builds(WireMessage, st.just("text"), st.one_of(calls, words.map(str.encode)), st.integers(1, 3)),
    st.builds(WireMessage, st.just("binary"), st.binary(max_size=9), st.integers(1, 3)),
    st.builds(WireMessage, st.sampled_from(["ping", "pong"]), st.binary(max_size=9), st.just(1)),
)
pairs = st.lists(st.tuples(st.sampled_from(["X-A", "x-b", "Cookie"]), words.filter(bool)), max_size=3)


class Timeline(Recording):
    """What is told of has times of its own: no two conversations do anything at once."""

    def __init__(self):
        super().__init__(Source(Path("x")))
        self._numbers = count()

    def times(self, draw, least, most):
        """Moments, in their order."""
        drawn = draw(st.lists(st.integers(0, 10**10), min_size=least, max_size=most, unique=True))
        return [START + (one << 6) + next(self._numbers) % (1 << 6) for one in sorted(drawn)]


@st.composite
def websockets(draw, made):
    """A WebSocket, or a handshake that is refused."""
    url = f"{draw(st.sampled_from(['ws', 'wss']))}://{draw(st.sampled_from(HOSTS))}/{draw(st.sampled_from(['', 'a?b=c']))}"
    *at, end = made.times(draw, 3, 6)
    asked, opened, *rest = at
    passed = [Passed(time, draw(directions), draw(messages)) for time in rest]
    status = draw(st.sampled_from([101, 101, 401]))
    ends = [
        None,
        Closed(time=end, session=0, code=1006, by=draw(st.sampled_from(["party", "node"])), lost="reset"),
        Closed(time=end, session=0, code=1006, by=draw(st.sampled_from(["party", "node"])), lost="eof"),
        Closed(time=end, session=0, code=draw(st.sampled_from([0, 1005])), by=""),
        Closed(time=end, session=0, code=1000, reason=draw(words), by=draw(st.sampled_from(["party", "recorder"]))),
    ]
    made.websocket(
        opened,
        url,
        passed if status == 101 else [],
        asked=asked,
        headers=draw(pairs),
        subprotocol=draw(st.sampled_from(["", "json"])),
        answer=draw(pairs),
        status=status,
        closed=draw(st.sampled_from(ends)) if status == 101 else None,
    )


@st.composite
def exchanges(draw, made):
    """A call over HTTP: unanswered, answered, or by a stream."""
    time, begun, *rest = made.times(draw, 3, 5)
    body, peer = draw(calls), draw(st.sampled_from(["", "10.0.0.1"]))
    url = f"http://{draw(st.sampled_from(HOSTS))}/rpc"
    request = Request("POST", url, [("content-type", "application/json"), *draw(pairs)], body, peer)
    kind = draw(st.sampled_from([None, "application/json", CONTENT_TYPE]))
    answer = None if kind is None else Answer(draw(st.sampled_from([200, 202, 500])), [("content-type", kind)])
    event_types = st.sampled_from([MESSAGE, "told"]) if kind == CONTENT_TYPE else st.just(MESSAGE)
    times = rest if kind == CONTENT_TYPE else rest[:1]
    said = [Said(at, ServerEvent(draw(calls), draw(event_types))) for at in times]
    made.exchange(time, request, answer, begun if kind == CONTENT_TYPE else said[0].time, said)


@st.composite
def captures(draw):
    """The events of some conversations, as the journal tells them."""
    made = Timeline()
    for _one in range(draw(st.integers(1, 4))):
        draw(st.one_of(websockets(made), exchanges(made)))
    for event in draw(st.lists(st.sampled_from([Note, Scenario]), max_size=2)):
        (time,) = made.times(draw, 1, 1)
        made.event(event(time=time, **{"text" if event is Note else "name": draw(words) or "x"}))
    return list(made.events())
