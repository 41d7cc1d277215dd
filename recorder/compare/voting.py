"""What stands for what, decided from all frames together.

Rule: the most frames decide, not the first one: a single wrong value is then found where it stands, and nowhere else.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator
from typing import Any

from recorder.aliases.bindings import ONE_TO_ONE, Bindings, Key
from recorder.aliases.texts import UNSIGNED

CLEAN = 2
"""The weight of a frame that has its recorded shape; of others, 1."""

BY_CONTENT = frozenset({"tx", "cb", "cv", "sg", UNSIGNED})
"""Kinds that are compared by what is in them, or by whose they are: never bound."""


class Votes(Bindings):
    """Counts, frame by frame, which live value stands in the place of a recorded one."""

    def __init__(self) -> None:
        super().__init__()
        self._counts: dict[Key, Counter[Any]] = {}
        self._frame: set[tuple[str, Any, Any]] = set()

    def bind(self, kind: str, recorded: Any, live: Any) -> bool:
        """Note a pair of this frame; it always fits."""
        if kind not in BY_CONTENT:
            self._frame.add((kind, recorded, live))
        return True

    def count(self, *, clean: bool) -> None:
        """Count what was noted of a frame, and begin the next."""
        for kind, recorded, live in self._frame:
            self._counts.setdefault((kind, recorded), Counter())[live] += CLEAN if clean else 1
        self._frame.clear()

    def settled(self, counters: frozenset[str]) -> Settled:
        """The outcome: a recorded value's live one has the most votes; the same value wins a tie."""
        chosen: dict[Key, Any] = {}
        taken: dict[Key, Any] = {}
        ranked = sorted(
            ((votes, recorded == live, kind, recorded, live) for (kind, recorded), votes, live in self._candidates()),
            key=lambda one: (-one[0], not one[1]),
        )
        for _votes, _same, kind, recorded, live in ranked:
            if (kind, recorded) in chosen or (kind in ONE_TO_ONE and (kind, live) in taken):
                continue
            chosen[kind, recorded] = live
            taken[kind, live] = recorded
        return Settled(chosen, _jumps(chosen, counters))

    def _candidates(self) -> Iterator[tuple[Key, int, Any]]:
        return ((key, votes, live) for key, lives in self._counts.items() for live, votes in lives.items())


class Settled(Bindings):
    """Bindings that are decided.

    Args:
        chosen: the live value of each recorded one.
        jumps: recorded values of counters whose live ones leave the row, and what the row would have: told once.
    """

    def __init__(self, chosen: dict[Key, Any], jumps: dict[Key, Any]) -> None:
        super().__init__()
        self._live = chosen
        self._jumps = dict(jumps)
        self._told: dict[Key, Any] = {}

    def get(self, kind: str, recorded: Any) -> Any:
        """The live value; of a counter that has just jumped, what it should have been."""
        return self._told.pop((kind, recorded), self._live.get((kind, recorded)))

    def recorded(self, _kind: str, _live: Any) -> Any:
        """Nothing: these bindings are asked in one direction only."""
        return

    def bind(self, kind: str, recorded: Any, live: Any) -> bool:
        """Whether this is the live value that was decided on."""
        if kind in BY_CONTENT:
            return True
        key = (kind, recorded)
        if key in self._jumps and live == self._live[key]:
            self._told[key] = self._jumps.pop(key)
            return False
        return bool(self._live.get(key) == live)


def _jumps(chosen: dict[Key, Any], counters: frozenset[str]) -> dict[Key, Any]:
    """Counters may begin anywhere, but then count as recorded: where one does not, and what it should have been."""
    jumps: dict[Key, Any] = {}
    for kind in {kind for kind, _value in chosen} & counters:
        rows = sorted((value, chosen[kind, value]) for one, value in chosen if one == kind)
        for (before, live_before), (value, live) in itertools.pairwise(rows):
            if live - value != live_before - before:
                jumps[kind, value] = value + live_before - before
    return jumps
