"""What answers of a mock node carry, so that a page may read them."""

import pytest

from recorder.server.answers import allowed_origin, answer, permission

JSON = ("content-type", "application/json")
ANYBODY = ("access-control-allow-origin", "*")


@pytest.mark.parametrize(
    ("recorded", "body", "headers"),
    [
        ((), True, (JSON, ANYBODY)),
        ((), False, (ANYBODY,)),
        ((("Content-Type", "text/event-stream"),), True, (("Content-Type", "text/event-stream"), ANYBODY)),
        (
            (JSON, ("Access-Control-Allow-Origin", "http://p")),
            True,
            (JSON, ("Access-Control-Allow-Origin", "http://p")),
        ),
        (
            (JSON, ("Mcp-Session-Id", "7")),
            True,
            (JSON, ("Mcp-Session-Id", "7"), ANYBODY, ("access-control-expose-headers", "mcp-session-id")),
        ),
        (
            (JSON, ("x-a", "1"), ("Access-Control-Expose-Headers", "x-b")),
            True,
            (JSON, ("x-a", "1"), ("Access-Control-Expose-Headers", "x-b"), ANYBODY),
        ),
        ((JSON, ("Set-Cookie", "***"), ("Vary", "origin")), True, (JSON, ("Vary", "origin"), ANYBODY)),
    ],
    ids=["none", "no body", "a stream", "an origin", "to be exposed", "exposed", "masked"],
)
def test_what_was_recorded_is_played_and_what_is_missing_is_added(recorded, body, headers):
    """A type for a body, a permission to read it, and one for each header that is not simple."""
    assert answer(recorded, "*", body=body) == headers


def test_the_origin_is_that_of_the_recorded_answers():
    """The first that says one; anybody where none does."""
    assert allowed_origin([(), (("Access-Control-Allow-Origin", "http://p"),)]) == "http://p"
    assert allowed_origin([()]) == "*"


def test_a_preflight_gets_what_it_asks_for():
    """The headers that it names, and a page of the outside may speak to this machine."""
    asked = (
        ("access-control-request-headers", "content-type, x-a"),
        ("access-control-request-private-network", "true"),
    )
    given = dict(permission(asked, "*"))
    assert given["access-control-allow-origin"] == "*"
    assert "POST" in given["access-control-allow-methods"]
    assert given["access-control-allow-headers"] == "content-type, x-a"
    assert given["access-control-allow-private-network"] == "true"
    assert "access-control-allow-credentials" not in given


def test_a_preflight_of_a_page_that_was_recorded():
    """It may send its cookies, which anybody's may not."""
    given = dict(permission((), "http://p"))
    assert given["access-control-allow-origin"] == "http://p"
    assert given["access-control-allow-credentials"] == "true"
    assert "access-control-allow-private-network" not in given
