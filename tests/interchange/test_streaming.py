"""What is told in its order becomes events at once."""

from pathlib import Path

from recorder.interchange.formats import Source
from recorder.interchange.streaming import Timeline
from recorder.model import Opened


def test_what_is_told_is_there_at_once_and_only_once():
    """With the time that the reader gives, and nothing is held."""
    timeline = Timeline(Source(Path("a")))
    session = timeline.session("ws://node/")
    assert [type(event) for event in timeline.told()] == [Opened]
    timeline.now = 5
    event = session.frame("to_node", b'{"id":1}')
    assert (event.time, event.session, event.direction, event.payload) == (5, 1, "to_node", b'{"id":1}')
    assert list(timeline.told()) == []


def test_secrets_are_masked_as_in_live_traffic():
    """By the masking of the source."""
    timeline = Timeline(Source(Path("a")))
    timeline.session("ws://node/?token=secret")
    (event,) = timeline.told()
    assert event.url == "ws://node/?token=«token 1»"
