"""What a step says by itself; how steps are made is in test_script.py."""

import pytest

from recorder.capture import frame
from recorder.model import Closed, Opened
from recorder.profiles import GENERIC, PROFILES
from recorder.timeline import Part, Step


def step(event, profile="mcp"):
    """A step of its own."""
    return Step(0, 2, "frame", 1, "from_node", event, PROFILES.get(profile, GENERIC))


@pytest.mark.parametrize(
    ("event", "profile", "endpoint"),
    [
        (frame(b"/p?id=1", session=1, direction="from_node", event_type="endpoint"), "mcp", "/p?id=1"),
        (frame(b"/p?id=1", session=1, direction="from_node", event_type="endpoint"), "generic", ""),
        (frame(b"/p?id=1", session=1, direction="from_node"), "generic", ""),
        (frame(b"/p?id=1", session=1, direction="from_node"), "mcp", ""),
        (Opened(session=1, party="a"), "mcp", ""),
        (Closed(session=1), "generic", ""),
    ],
)
def test_an_endpoint_is_named_by_the_event_that_the_protocol_has_for_it(event, profile, endpoint):
    """Most protocols have none, and most events are of no type."""
    assert step(event, profile).endpoint == endpoint


def test_the_messages_of_a_batch_are_parsed_once_however_often_they_are_asked_for():
    """A batch of some thousand calls would be parsed as many times."""
    batch = step(frame(b'[{"a":1},{"b":2}]', session=1, direction="to_node"))
    batch.parts = tuple(Part(batch, number, None) for number in range(2))
    assert [part.value for part in batch.parts] == [{"a": 1}, {"b": 2}]
    assert batch.parts[0].value is batch.parts[0].value
