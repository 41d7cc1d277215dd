"""What a step says by itself; how steps are made is in test_script.py."""

import pytest

from recorder.capture import frame
from recorder.model import Closed, Opened
from recorder.profiles import GENERIC, PROFILES
from recorder.timeline import Step


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
