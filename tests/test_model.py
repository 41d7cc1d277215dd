"""The vocabulary: plain values with the defaults that older captures rely on."""

import pytest
from msgspec import UNSET, Raw, json

from recorder.model import ARROWS, PRINTED, AnyEvent, Closed, Frame, Header, Note, Opened, Scenario


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        ({"json": Raw(b'{"a":1.0}')}, b'{"a":1.0}'),
        ({"text": "né"}, b"n\xc3\xa9"),
        ({"text": ""}, b""),
        ({"binary": b"\xff"}, b"\xff"),
        ({"binary": b""}, b""),
        ({}, b""),
    ],
)
def test_a_payload_is_the_bytes_on_the_wire(payload, expected):
    """Whichever field holds it, a payload reads as bytes."""
    assert Frame(session=1, direction="to_node", **payload).payload == expected


@pytest.mark.parametrize(
    "event",
    [
        Opened(session=1, party="p"),
        Frame(session=1, direction="to_node"),
        Closed(session=1),
        Note(text="n"),
        Scenario(name="s"),
    ],
)
def test_an_events_kind_is_its_name_in_lower_case(event):
    """The `event` member of a line names the kind."""
    assert json.decode(json.encode(event))["event"] == type(event).__name__.lower()


@pytest.mark.parametrize(
    ("line", "event"),
    [
        (
            b'{"event":"opened","session":1,"party":"p"}',
            Opened(session=1, party="p", role="", url="", headers=[], asked=0, partial=False),
        ),
        (
            b'{"event":"frame","session":1,"direction":"to_node"}',
            Frame(session=1, direction="to_node", opcode="text", fragments=1, exchange=0, status=200, json=UNSET),
        ),
        (b'{"event":"closed","session":1}', Closed(session=1, code=1005, reason="", by="party", lost="")),
        (b'{"event":"note","text":"n"}', Note(time=0, text="n", party="")),
        (b'{"event":"scenario","name":"s"}', Scenario(time=0, name="s")),
    ],
)
def test_the_shortest_line_of_each_kind_loads(line, event):
    """A field that a line leaves out has its default: captures written before the field existed still load."""
    assert json.decode(line, type=AnyEvent) == event


def test_an_event_cannot_be_changed():
    """Sinks share events, so none may change one."""
    with pytest.raises(AttributeError):
        Note(text="n").text = "m"


def test_headers_share_no_defaults():
    """Metadata of one capture does not leak into another."""
    first, second = Header(format=1, run="a", recorder="x"), Header(format=1, run="b", recorder="x")
    assert first.meta is not second.meta
    assert first.upstreams is not second.upstreams


def test_arrows_point_from_the_party_to_the_node():
    """The node stands on the right, as in the published documents."""
    assert ARROWS == {"to_node": "--->", "from_node": "<---"}


def test_only_messages_are_printed():
    """Control frames and bytes nobody could parse are recorded, not printed."""
    assert {"text", "binary"} == PRINTED


def test_a_stream_begins_with_a_frame_that_says_nothing():
    """It has headers and no exchange; an empty text over a WebSocket has neither, and is printed."""
    head = {"session": 1, "direction": "from_node", "headers": [("content-type", "text/event-stream")]}
    assert Frame(text="", **head).begins_stream
    assert Frame(text="", **head).bodiless
    assert not Frame(text="x", **head).begins_stream
    assert not Frame(text="", exchange=1, **head).begins_stream
    assert not Frame(text="", session=1, direction="from_node").bodiless
