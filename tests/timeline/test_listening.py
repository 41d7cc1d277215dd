"""The streams of a capture that clients opened to listen."""

from recorder.capture import frame
from recorder.model import Header, Opened
from recorder.timeline import read
from recorder.timeline.listening import in_order

SSE = [("content-type", "text/event-stream")]


def put(text, direction="to_node", **fields):
    """A frame."""
    return frame(text.encode(), session=1, direction=direction, **fields)


def streams(*frames, profile="auto"):
    """The streams of a session of these frames, in order."""
    opened = Opened(session=1, party="a", url="http://n/", headers=[("x", "y"), ("content-type", "application/json")])
    made = read(Header(format=1, run="x", recorder="0", profile=profile), [opened, *frames])
    return [*in_order(made.streams)]


def begins(number=0, *own):
    """A stream begins."""
    return put("", "from_node", stream=number, headers=SSE, request_headers=[*own])


def test_each_stream_has_its_number_and_the_headers_of_its_request():
    """Those of its session, changed by its own; where it is asked for again it is the one that it was."""
    found = streams(begins(0, ("content-type", "")), begins(1, ("room", "1")), begins(0, ("room", "2")))
    assert [(one.head.stream, one.line, one.asks_first) for one in found] == [(0, 3, False), (1, 4, False)]
    assert [one.headers for one in found] == [
        [("x", "y")],
        [("x", "y"), ("content-type", "application/json"), ("room", "1")],
    ]


def test_in_an_older_capture_a_stream_is_asked_for_as_what_was_posted_before_it():
    """With the name that the answer gave to the session, and without a body."""
    asked = put('{"id":1,"method":"initialize"}', exchange=1, headers=[("user", "me")])
    answer = put('{"id":1,"result":{}}', "from_node", exchange=1, headers=[("Mcp-Session-Id", "s")])
    (found,) = streams(asked, answer, begins(), profile="mcp")
    assert (found.asks_first, found.headers) == (
        True,
        [("x", "y"), ("user", "me"), ("accept", "text/event-stream"), ("Mcp-Session-Id", "s")],
    )


def test_a_stream_that_names_an_endpoint_is_the_one_that_it_came_in():
    """And no other of its session."""
    endpoint = put("/p", "from_node", stream=1, event_type="endpoint")
    assert [one.endpoint for one in streams(begins(), begins(1, ("a", "b")), endpoint, profile="mcp")] == ["", "/p"]
