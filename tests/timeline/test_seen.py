"""All values of a capture, in the order in which they were said."""

from recorder.capture import frame
from recorder.model import Header, Opened
from recorder.timeline import read


def test_values_are_seen_in_messages_urls_and_headers_in_their_order():
    """Those of the requests for streams where these began."""
    events = [
        Opened(
            session=1,
            party="a",
            url="http://n/x?room=1",
            headers=[("Authorization", "Bearer t")],
            answer=[("Set", "2")],
        ),
        frame(b"", session=1, direction="from_node", headers=[("a", "b")], request_headers=[("Topic", "3")]),
        frame(b'[{"id":1},4]', session=1, direction="to_node", exchange=1, headers=[("h", "5")]),
    ]
    script = read(Header(format=2, run="r", recorder="0"), events)
    assert [(one.to_node, one.path, one.value) for one in script.seen()] == [
        (True, ("url", "room"), "1"),
        (True, ("path",), ""),
        (True, ("path",), "x"),
        (False, ("headers", "set"), "2"),
        (True, ("headers", "authorization"), "t"),
        (True, ("headers", "authorization"), "t"),
        (True, ("headers", "topic"), "3"),
        (True, ("headers", "h"), "5"),
        (True, (), {"id": 1}),
        (True, (), 4),
    ]


def test_values_of_a_message_have_its_method():
    """Those of an answer that of its request."""
    said = [
        ("to_node", b'{"id":1,"method":"a"}'),
        ("from_node", b'{"id":1,"result":2}'),
        ("from_node", b'{"method":"b"}'),
    ]
    script = read(Header(format=2, run="r", recorder="0"), [frame(one, session=1, direction=way) for way, one in said])
    assert [one.method for one in script.seen()] == ["a", "a", "b"]


def test_what_an_endpoint_names_is_said_by_both_ends():
    """Its node tells it, and the party sends it with all that it posts there."""
    told = frame(b"/p?id=7", session=1, direction="from_node", event_type="endpoint")
    opened = Opened(session=1, party="a", url="http://n")
    script = read(Header(format=2, run="r", recorder="0", profile="mcp"), [opened, told])
    named = [(one.to_node, one.path, one.value) for one in script.seen() if one.value in {"7", "p"}]
    assert named == [(to_node, *one) for one in ((("url", "id"), "7"), (("path",), "p")) for to_node in (False, True)]
