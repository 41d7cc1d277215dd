"""Which recorded handshake a live one is."""

import pytest

from recorder.capture import frame
from recorder.model import Header, Opened, Refused
from recorder.replay import Player, PlaySettings
from recorder.timeline import read


def player(*events, ends=("node",), profile="generic", **settings):
    """A player of sessions and refusals, each by its URL; of refusals, the status."""
    made = [
        Refused(status=one[0], url=f"ws://n{one[1]}") if isinstance(one, tuple) else
        Opened(session=number, party=f"client {number}", url=f"ws://n{one}")
        for number, one in enumerate(events, 1)
    ]  # fmt: skip
    script = read(Header(format=2, run="r", recorder="0", profile=profile), made, "r.jsonl")
    return Player(script, PlaySettings(ends=frozenset(ends), **settings))


def shakes(one, *urls):
    """What handshakes get, one after the other: the status of a refusal, `open`, or nothing."""
    found = []
    for url in urls:
        if (refused := one.refuses(f"ws:{url}", 1.0)) is not None:
            found.append(refused.status)
        elif session := one.wants(f"ws:{url}"):
            one.opened(session, url, 1.0)
            found.append("open")
        else:
            found.append(None)
    return found


def test_handshakes_with_one_url_are_answered_in_their_order():
    """Each refusal once; those with other paths have an order of their own."""
    one = player((401, "/"), "/", (503, "/"), "/", (404, "/x"))
    assert shakes(one, "/", "/", "/x", "/", "/", "/", "/x") == [401, "open", 404, 503, "open", None, None]


@pytest.mark.parametrize("mode", ["strict", "shape", "lenient"])
def test_the_parameters_of_a_url_tell_handshakes_apart(mode):
    """The nearest is meant, whichever was first; of those that are as near, the first recorded."""
    one = player((401, "/?key=bad&v=1"), "/?key=good&v=1", (400, "/?key=good&v=0"), mode=mode)
    assert shakes(one, "/?key=good&v=1", "/?key=good&v=0", "/?key=other&v=1") == ["open", 400, 401]


def test_a_refusal_is_its_own_party_s():
    """Where a URL names the party, another is not refused in its place."""
    one = player((404, "/channel?role=initiator"), "/channel?role=responder", profile="aeternity")
    assert shakes(one, "/channel?role=responder", "/channel?role=responder", "/channel?role=initiator") == [
        None,
        None,
        404,
    ]


def test_a_run_is_over_when_nothing_is_left_to_refuse():
    """A refusal that nobody has asked for is missed, as a session is."""
    one = player((404, "/x"))
    assert not one.over
    assert one.end().unused == [
        "r.jsonl:2: a party is refused a WebSocket: 404 Not Found, ws://n/x missing: it was recorded, and never came"
    ]
    assert shakes(one, "/x") == [404]
    assert one.started
    assert one.over
    assert one.end().ok


def test_who_plays_parties_refuses_nobody():
    """The refusals are then the live node's affair."""
    one = player((404, "/"), "/", ends=["client 2"])
    assert shakes(one, "/") == [None]
    assert not any("refused" in text for text in one.end().unused)


@pytest.mark.parametrize("user", ["ana", "ben", "zoe"])
def test_of_sessions_that_begin_almost_so_the_nearest_is_meant(user):
    """A client that says another version of itself is still the one with its name; of those as near, the first."""
    events = []
    for number, name in enumerate(["ana", "ben"], 1):
        said = b'{"id":1,"method":"login","params":{"user":"%s","app":"1.0"}}' % name.encode()
        events.append(Opened(session=number, party=f"client {number}", url="ws://n/"))
        events.append(frame(said, session=number, direction="to_node"))
    script = read(Header(format=2, run="r", recorder="0"), events)
    one = Player(script, PlaySettings(ends=frozenset({"node"})))
    first = b'{"id":7,"method":"login","params":{"user":"%s","app":"1.1"}}' % user.encode()
    assert one.wants("ws:/", first) == (2 if user == "ben" else 1)


def test_a_session_whose_opening_is_not_in_the_capture_holds_up_no_other():
    """As one has that was cut out of a longer one."""
    beside = frame(b'{"method":"push"}', session=9, direction="from_node")
    opened = Opened(session=1, party="a", url="ws://n/x")
    script = read(Header(format=2, run="r", recorder="0", profile="generic"), [beside, opened], "r.jsonl")
    assert shakes(Player(script, PlaySettings(ends=frozenset({"node"}))), "/x") == ["open"]
