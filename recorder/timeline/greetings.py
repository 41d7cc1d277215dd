"""Checks whether sessions begin with the node's greeting: if others do, one that does not has a log that begins late.

Rule: pure, in constant memory for each session; the protocol knows the greeting. A capture in which no session begins
with it shows nothing: older nodes may not send it.
"""

from __future__ import annotations

from recorder.jsonrpc import CALLS, kind_of, value_of
from recorder.model import AnyEvent, Frame, Opened
from recorder.profiles import profile_for
from recorder.timeline.words import label_of


class Greetings:
    """Looks at the first frame from the node in each session whose opening was recorded.

    Args:
        profile: the name of the profile, or `auto`.
    """

    def __init__(self, profile: str) -> None:
        self._profile = profile
        self._waiting: dict[int, Opened] = {}
        self._greeting = ""
        self._greeted = self._others = 0

    def see(self, event: AnyEvent) -> None:
        """Look at an event; an error that refuses a session is not its beginning."""
        if isinstance(event, Opened) and event.url:
            self._waiting[event.session] = event
        elif isinstance(event, Frame) and event.direction == "from_node" and event.session in self._waiting:
            message = value_of(event.payload)
            profile = profile_for(self._profile, self._waiting.pop(event.session), [message])
            if profile.greeting and kind_of(message) in CALLS:
                greeted = label_of(message, profile.telling) == profile.greeting
                self._greeting = profile.greeting
                self._greeted += greeted
                self._others += not greeted

    @property
    def late(self) -> str:
        """How many sessions have a log that begins late, in words; empty if none."""
        if not (self._greeted and self._others):
            return ""
        return f"{self._others} of {self._greeted + self._others} sessions do not begin with {self._greeting}"
