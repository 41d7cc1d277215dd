"""Which headers are written down, and which are sent again."""

import pytest

from recorder.headers import (
    beside,
    cookies_set,
    credentials_of,
    header_value,
    merged,
    of_answer,
    playable,
    revealed,
    stand_in,
    telling,
)

SESSION = [("Host", "node"), ("Accept", "a"), ("Content-Length", "5"), ("Authorization", "s"), ("X-Two", "1")]


def test_an_answer_keeps_what_its_client_may_need():
    """Neither what is of the connection, nor of the body's length, nor when and by whom."""
    given = [
        ("Content-Type", "application/json"),
        ("Date", "now"),
        ("Server", "x"),
        ("Content-Length", "2"),
        ("Transfer-Encoding", "chunked"),
        ("Content-Encoding", "gzip"),
        ("Connection", "keep-alive"),
        ("Mcp-Session-Id", "7"),
        ("Set-Cookie", "s"),
    ]
    assert of_answer(given) == [("Content-Type", "application/json"), ("Mcp-Session-Id", "7"), ("Set-Cookie", "s")]


@pytest.mark.parametrize(
    ("request_", "own"),
    [
        (SESSION, []),
        ([("host", "node"), ("ACCEPT", "a"), ("content-length", "9"), ("authorization", "s"), ("x-two", "1")], []),
        ([*SESSION[:1], ("Accept", "b"), *SESSION[3:]], [("Accept", "b")]),
        ([*SESSION, ("mcp-session-id", "7")], [("mcp-session-id", "7")]),
        ([*SESSION, ("X-Two", "2")], [("X-Two", "1"), ("X-Two", "2")]),
        ([*SESSION[:4]], [("X-Two", "")]),
    ],
    ids=["the same", "other words for it", "changed", "added", "a value more", "one less"],
)
def test_a_request_keeps_what_its_session_has_not(request_, own):
    """And both together are the request's, as far as it is sent again."""
    assert beside(request_, SESSION) == own
    again = {(name.lower(), value) for name, value in playable(merged(SESSION, own))}
    assert again == {(name.lower(), value) for name, value in playable(request_)}


def test_what_is_sent_again():
    """What is masked, malformed, of the handshake, the connection or the body is made anew, or not sent."""
    given = [
        ("Origin", "http://page"),
        ("Cookie", "***"),
        ("Authorization", "Bearer «token 1»"),
        ("bad name", "x"),
        ("X-Bad", "a\nb"),
        ("Sec-WebSocket-Key", "k"),
        ("Upgrade", "websocket"),
        ("Connection", "X-Hop, close"),
        ("X-Hop", "1"),
        ("Host", "node"),
        ("Accept-Encoding", "br"),
    ]
    assert playable(given) == (("Origin", "http://page"),)


def test_later_headers_take_the_place_of_earlier_ones():
    """Of the same name, all of them; an empty value takes it away."""
    assert merged([("A", "1"), ("a", "2"), ("b", "3")], [("A", "4")]) == [("b", "3"), ("A", "4")]
    assert merged([("A", "1"), ("b", "3")], [("a", "")]) == [("b", "3")]


def test_the_value_of_a_header():
    """The first, by its name in small letters; nothing where there is none."""
    assert header_value([("A", "1"), ("a", "2")], "a") == "1"
    assert header_value([], "a") == ""


def test_cookies_are_set_one_by_one():
    """Each by a header of its own; attributes are none of theirs, and a value may hold what stands between both."""
    given = [
        ("Set-Cookie", "a=1=2; Path=/; Max-Age=3"),
        ("set-cookie", " b = x"),
        ("Cookie", "c=1"),
        ("Set-Cookie", "d"),
    ]
    assert cookies_set(given) == {"a": "1=2", "b": "x", "d": ""}


@pytest.mark.parametrize(
    ("name", "value", "parts"),
    [
        ("Authorization", "Bearer a", ("Bearer ", "a")),
        ("proxy-authorization", "Basic a=", ("Basic ", "a=")),
        ("Authorization", "a", ("", "a")),
        ("Accept", "Bearer a", ("", "Bearer a")),
    ],
)
def test_credentials_stand_behind_their_scheme(name, value, parts):
    """In the headers that have one."""
    assert credentials_of(name, value) == parts


def test_what_tells_a_request_from_others_of_its_session():
    """No credentials, and nothing that says which of many it is."""
    asked = [("Room", "7"), ("Last-Event-ID", "3"), ("traceparent", "00-1"), ("Authorization", "Bearer «token 1»")]
    assert telling(asked) == {("room", "7")}


def test_a_text_that_may_be_sent_stands_in_the_place_of_each_mark():
    """What is around it stays."""
    assert stand_in("sid=«session cookie 12»; Path=/") == "sid=session-cookie-12; Path=/"


@pytest.mark.parametrize(
    ("recorded", "live", "secrets"),
    [
        ("a.«token 1»", "a.b.c", {"«token 1»": "b.c"}),
        ("«user 1»:«password 1»", "me:it", {"«user 1»": "me", "«password 1»": "it"}),
        ("a.«token 1»", "b.c", {}),
        ("a", "a", {}),
    ],
)
def test_a_mark_is_what_a_live_value_has_in_its_place(recorded, live, secrets):
    """Where all else is the same."""
    assert revealed(recorded, live) == secrets
