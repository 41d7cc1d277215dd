"""Finds which values that stand without a name are ids: a whole result, and a number that is a parameter by position.

Rule: a whole result is an id if its end goes on with it under the name of one. A number below `LEAST_NUMBER` may be a count,
and an id the same by chance. It is an id only if its end brings it under that name for the first time in a push after the
result, if it answers one call alone, and if this holds for all such numbers that answer its method. A parameter by position is
one if its method ends what it names: all numbers in its place are ids of one name that the other end had given, each is sent
once, and no push has it afterwards.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, NamedTuple

from recorder.difference import Path

RESULT: Path = ("result",)

LEAST_NUMBER = 10_000
"""A smaller number may well be a count, and the same as an id by chance."""

Place = tuple[str, Path]
"""A method, and a place in its messages or in what answers it."""


class Message(NamedTuple):
    """A message in which a value stands; no two are the same object.

    Args:
        to_node: whether a party sent it.
        method: its method, or that of the request that it answers.
    """

    to_node: bool
    method: str


class Unnamed:
    """The values of a capture that stand without a name, as far as they may be ids."""

    def __init__(self) -> None:
        self._given_by: dict[Any, bool] = {}  # of whole results, whether a party gave it
        self._results: dict[str, set[int]] = {}  # the numbers that answer each method
        self._again: set[int] = set()  # what answers several calls
        self._names: dict[Any, str] = {}  # of what its end goes on with
        self._sent: dict[Place, set[int]] = {}  # the parameters in each place, but for those that are mixed
        self._mixed: set[Place] = set()  # where something is sent twice, or was not given
        self._ended: set[int] = set()  # what no push has after it was sent

    def result(self, message: Message, value: Any) -> None:
        """Take a whole result: a number, or a text that may be an id."""
        if isinstance(value, int):
            if value in self._given_by:
                self._again.add(value)
            self._results.setdefault(message.method, set()).add(value)
        self._given_by.setdefault(value, message.to_node)

    def parameter(self, message: Message, path: Path, number: int) -> None:
        """Take a number that is a parameter by position."""
        place = message.method, path
        if place in self._mixed:
            return
        sent = self._sent.setdefault(place, set())
        if number in sent or self._given_by.get(number, message.to_node) is message.to_node:
            self._mixed.add(place)
            del self._sent[place]
        else:
            sent.add(number)
            self._ended.add(number)

    def named(self, message: Message, path: Path, name: str, value: Any, *, first: bool) -> bool:
        """Take a value that has the name of an id: whether it makes a whole result an id by itself.

        Args:
            message: the message.
            path: its place.
            name: the canonical name.
            value: a number or a text.
            first: of a number, whether it is the first one with this name.
        """
        if value not in self._given_by:
            return False
        if path[:1] != RESULT and message.to_node is self._given_by[value]:
            self._ended.discard(value)
            if first:
                self._names.setdefault(value, name)
        if isinstance(value, str) or value >= LEAST_NUMBER:
            self._names[value] = name
            return True
        return False

    def ids(self, known: Collection[Any]) -> dict[tuple[Place, int], str]:
        """By place and number, the names of the numbers that are ids.

        Args:
            known: what is an id wherever it stands.
        """
        found: dict[tuple[Place, int], str] = {}
        for method, numbers in self._results.items():
            small = {number for number in numbers if number < LEAST_NUMBER and number not in known}
            alike = small.isdisjoint(self._again) and len({self._names.get(number) for number in small}) == 1
            ids = (numbers if alike else numbers - small) & self._names.keys()
            found |= {((method, RESULT), number): self._names[number] for number in ids}
        names = {number: name for (_place, number), name in found.items()}
        for place, numbers in self._sent.items():
            if numbers <= self._ended and len({names.get(number) for number in numbers}) == 1:
                found |= {(place, number): names[number] for number in numbers & names.keys()}
        return found
