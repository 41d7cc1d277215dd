"""The streams that clients over HTTP open to listen to their nodes, as a capture has them.

Rule: pure. A stream is known by its session and its number in it; what one began with is its first beginning.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from itertools import chain

from recorder.event_stream import CONTENT_TYPE
from recorder.headers import header_value, merged
from recorder.model import Frame, Opened
from recorder.timeline.steps import Step, Stream

OF_THE_BODY = ("content-type", "")
"""What a request for a stream has not of a post: it has no body."""


class Streams:
    """The streams of a capture that is read step by step.

    Attributes:
        found: by session, and by number.
    """

    def __init__(self) -> None:
        self.found: dict[int, dict[int, Stream]] = {}

    def begins(self, line: int, head: Frame, steps: Sequence[Step]) -> None:
        """A stream begins behind these steps, with this answer; one that is there already is only asked for again."""
        known = self.found.setdefault(head.session, {})
        if head.stream in known:
            return
        own = [step for step in steps if step.session == head.session]
        posts = [step.event for step in own if step.direction == "to_node" and isinstance(step.event, Frame)]
        known[head.stream] = Stream(head, _headers(head, own, posts), line, asks_first=bool(posts))

    def names_endpoint(self, step: Step) -> None:
        """A step may tell the client of a stream where to post."""
        assert isinstance(step.event, Frame)
        known, number = self.found.get(step.session, {}), step.event.stream
        if number in known and (endpoint := step.endpoint):
            known[number] = known[number]._replace(endpoint=endpoint)


def in_order(streams: Mapping[int, Mapping[int, Stream]]) -> deque[Stream]:
    """The streams of all sessions, in the order in which they began."""
    return deque(sorted(chain.from_iterable(one.values() for one in streams.values()), key=lambda one: one.line))


def _headers(head: Frame, own: Sequence[Step], posts: Sequence[Frame]) -> Sequence[tuple[str, str]]:
    """The headers of the request for a stream; in an older capture, those of the last post with what its answer adds."""
    opened = next((step.event.headers for step in own if isinstance(step.event, Opened)), [])
    if head.request_headers or not posts:
        return merged(opened, head.request_headers)
    name = own[0].profile.session_header
    answers = (step.event for step in own if isinstance(step.event, Frame) and step.exchange == posts[-1].exchange)
    told = next(filter(None, (header_value(event.headers, name.lower()) for event in answers)), "") if name else ""
    kept = merged(merged(opened, posts[-1].headers), [OF_THE_BODY, ("accept", CONTENT_TYPE)])
    return merged(kept, [(name, told)] if told else [])
