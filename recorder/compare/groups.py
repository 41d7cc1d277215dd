"""Things that are joined, in groups.

Rule: knows nothing of what it joins.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Generic, TypeVar

T = TypeVar("T", bound=Hashable)


class Groups(Generic[T]):
    """Groups of things; each is known by one of its own."""

    def __init__(self) -> None:
        self._leads: dict[T, T] = {}  # from each thing towards the one its group is known by

    def __contains__(self, thing: T) -> bool:
        return thing in self._leads

    def leader(self, thing: T) -> T:
        """The thing by which a group is known."""
        while (ahead := self._leads.setdefault(thing, thing)) != thing:
            self._leads[thing] = thing = self._leads[ahead]
        return thing

    def join(self, one: T, other: T) -> None:
        """Let the groups of two things be one."""
        self._leads[self.leader(one)] = self.leader(other)
