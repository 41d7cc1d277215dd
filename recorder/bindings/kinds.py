"""Which values are bound, and under which kind: by the profile, the capture, or a rule.

Rule: decided by the recorded value and its place, never by the live one; the result is the same for a mock, for played
parties, and for a comparison.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from recorder.difference import Path
from recorder.profiles import GENERIC, Profile
from recorder.timeline.handed_out import HandedOut, scalars

ByRule = Callable[[str, Path], bool]
"""From a method and a path: whether a rule says `bind = true` there."""

RULED = "bound by a rule"


class Kinds:
    """The kinds of the values of one protocol in one capture.

    Args:
        profile: the protocol.
        handed: the values that were handed out in the capture.
        ruled: whether a rule binds what is in a place.

    Attributes:
        letters: all values that are bound, if none of them depends on its place.
    """

    def __init__(
        self, profile: Profile = GENERIC, handed: HandedOut | None = None, ruled: ByRule | None = None
    ) -> None:
        self.profile, self._handed, self._ruled = profile, handed or HandedOut(), ruled
        self._plain = profile is GENERIC  # it binds no values, and would be called for each one
        letters = self._plain and ruled is None and not self._handed.numbers
        self.letters: frozenset[Any] | None = self._handed.texts if letters else None

    def of(self, method: str, path: Path, value: Any) -> str:
        """The kind under which a value is bound; empty if it is compared."""
        kind = "" if self._plain else self.profile.volatile(method, path, value)
        if not kind and (self._plain or not self.profile.fixed(method, path, value)):
            kind = self._handed.kind(path, value, method)
        return kind or (RULED if self._ruled is not None and self._ruled(method, path) else "")

    def bound(self, method: str, message: Any) -> Iterator[tuple[str, Any]]:
        """What is bound in a message: each with its kind."""
        for path, value in scalars(message):
            if kind := self.of(method, path, value):
                yield kind, value
