"""Which masked secrets a node had told in a body before."""

import json

import pytest

from recorder.capture import frame
from recorder.model import Header, Opened
from recorder.timeline import read

TOKEN, OTHER = "LWZMlvGCntdqo5K0oXdX4L4q5IMVFH7h", "eyJvbmUiOiJ0d28ifQ-Wg_31"
BEARER = ("Authorization", "Bearer «token 1»")


def asks(*headers, exchange=2):
    """A call with these headers."""
    return frame(b'{"id":1,"method":"get"}', session=1, direction="to_node", exchange=exchange, headers=list(headers))


def tells(result, exchange=1, headers=()):
    """A node's answer."""
    body = json.dumps({"id": 1, "result": result}).encode()
    return frame(body, session=1, direction="from_node", exchange=exchange, headers=list(headers))


def found(*events, url="http://n/"):
    """What marks stand for."""
    opened = Opened(session=1, party="a", url=url)
    return read(Header(format=2, run="r", recorder="0"), [opened, asks(exchange=1), *events]).credentials


@pytest.mark.parametrize(
    ("result", "header", "value"),
    [
        ({"token": TOKEN}, BEARER, {"«token 1»": TOKEN}),
        ({"refresh_token": OTHER, "access_token": TOKEN}, BEARER, {"«token 1»": TOKEN}),
        ({"user": {"apiKey": TOKEN}}, ("X-Api-Key", "«api key 1»"), {"«api key 1»": TOKEN}),
        ({"token": TOKEN}, ("Cookie", "a=b; sid=«cookie 1»"), {"«cookie 1»": TOKEN}),
        ({"token": "short"}, BEARER, {}),
        ({"token": TOKEN}, ("Sec-WebSocket-Protocol", "bearer, «token 1»"), {"«token 1»": TOKEN}),
        ({"name": TOKEN}, BEARER, {}),
        ({"token": "«token 1»"}, BEARER, {}),
        ({"token": TOKEN}, ("X-Other", "plain"), {}),
        ([TOKEN], BEARER, {}),
    ],
)
def test_a_mark_stands_for_the_secret_that_was_told_before(result, header, value):
    """By the name of a member; a masked one is known by its mark already."""
    assert found(tells(result), asks(header)) == value


def test_each_mark_stands_for_what_was_told_last():
    """A token that is renewed is another; one that was used before anything was told is nobody's."""
    first, second = ("Authorization", "Bearer «token 1»"), ("Authorization", "Bearer «token 2»")
    events = [tells({"token": TOKEN}), asks(first), tells({}, 2), asks(first, exchange=3), tells({"token": OTHER}, 3)]
    assert found(*events, asks(second, exchange=4)) == {"«token 1»": TOKEN, "«token 2»": OTHER}
    assert found(asks(first), tells({"token": TOKEN}, 2), asks(first, exchange=3)) == {}


def test_a_cookie_that_the_node_has_set_was_told_in_a_header():
    """Though a body of the same answer tells a secret."""
    answer = tells({"csrfToken": TOKEN}, headers=[("Set-Cookie", "sid=«cookie 1»; Path=/")])
    assert found(answer, asks(("Cookie", "sid=«cookie 1»"))) == {}


def test_a_secret_may_come_back_in_a_url():
    """As clients of WebSockets send it, which cannot set headers."""
    there = Opened(session=2, party="b", url="ws://n/?token=«token 1»")
    assert found(tells({"token": TOKEN}), there) == {"«token 1»": TOKEN}


def test_what_an_answer_to_a_handshake_tells_was_told_in_a_header():
    """As what any other answer does."""
    there = Opened(session=2, party="b", url="ws://n/", answer=[("X-Token", "«token 1»")])
    assert found(tells({"token": TOKEN}), there, asks(BEARER)) == {}
