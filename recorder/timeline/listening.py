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
        self._opened: dict[int, Sequence[tuple[str, str]]] = {}  # by session, the headers that it began with
        self._posted: dict[int, Frame] = {}  # by session, the last
        self._names: dict[int, tuple[str, str]] = {}  # by session, the header in which its node has named it

    def take(self, step: Step) -> None:
        """Look at a step: what was posted, and told, before a stream begins; or where to post."""
        event, session = step.event, step.session
        if isinstance(event, Opened):
            self._opened[session] = event.headers
        elif isinstance(event, Frame) and step.direction == "to_node":
            self._posted[session] = event
        elif isinstance(event, Frame):
            name = step.profile.session_header if event.headers else ""
            if name and (told := header_value(event.headers, name.lower())):
                self._names[session] = name, told
            known = self.found.get(session, {})
            if event.stream in known and (endpoint := step.endpoint):
                known[event.stream] = known[event.stream]._replace(endpoint=endpoint)

    def begins(self, line: int, head: Frame) -> None:
        """A stream begins at a line, with this answer; one that is there already is only asked for again."""
        known = self.found.setdefault(head.session, {})
        if head.stream not in known:
            asks_first = head.session in self._posted
            known[head.stream] = Stream(head, self._headers(head), line, asks_first)

    def _headers(self, head: Frame) -> Sequence[tuple[str, str]]:
        """The headers of the request; in an older capture, those of the last post, with what the node had added."""
        opened, posted = self._opened.get(head.session, []), self._posted.get(head.session)
        if head.request_headers or posted is None:
            return merged(opened, head.request_headers)
        kept = merged(merged(opened, posted.headers), [OF_THE_BODY, ("accept", CONTENT_TYPE)])
        named = self._names.get(head.session)
        return merged(kept, [] if named is None else [named])


def in_order(streams: Mapping[int, Mapping[int, Stream]]) -> deque[Stream]:
    """The streams of all sessions, in the order in which they began."""
    return deque(sorted(chain.from_iterable(one.values() for one in streams.values()), key=lambda one: one.line))
