"""Whether sessions begin with what their node says first: one that does not, where others do, was logged too late.

Rule: pure, in constant memory a session; what a node says first is its protocol's to know. Nothing follows from a capture
in which no session begins so, for older nodes may not say it.
"""

from __future__ import annotations

from recorder.jsonrpc import value_of
from recorder.model import AnyEvent, Frame, Opened
from recorder.profiles import profile_for
from recorder.timeline.exchanges import kind_of
from recorder.timeline.words import label_of


class Greetings:
    """Looks at the first frame from the node in each session whose opening is there.

    Args:
        profile: the name of the profile, or `auto`.
    """

    def __init__(self, profile: str) -> None:
        self._profile = profile
        self._waiting: dict[int, Opened] = {}
        self._greeting = ""
        self._greeted = self._others = 0

    def see(self, event: AnyEvent) -> None:
        """Look at an event; what refuses a session is no beginning of it."""
        if isinstance(event, Opened) and event.url:
            self._waiting[event.session] = event
        elif isinstance(event, Frame) and event.direction == "from_node" and event.session in self._waiting:
            message = value_of(event.payload)
            profile = profile_for(self._profile, self._waiting.pop(event.session), [message])
            if profile.greeting and kind_of(message) in {"request", "notification"}:
                greeted = label_of(message, profile.telling) == profile.greeting
                self._greeting = profile.greeting
                self._greeted += greeted
                self._others += not greeted

    @property
    def late(self) -> str:
        """That some were logged too late, in words; empty where nothing says so."""
        if not (self._greeted and self._others):
            return ""
        return f"{self._others} of {self._greeted + self._others} sessions do not begin with {self._greeting}"
