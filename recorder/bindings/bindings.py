"""Pairs of a recorded value and the live value that is bound to it.

Rule: a binding never changes once it is made, except for request ids, which are reused, and for what a push has bound: it
may have been about a thing of somebody else, and an answer says whose things are whose. A trial (is this the frame that
is awaited?) has its own bindings, which hold only when the trial is kept.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from typing import Any

Key = tuple[str, Any]
"""Kind and recorded value: `("handed out", "8f14e45f…")`, `("round", 3)`."""


class Bindings:
    """Which live value is bound to which recorded one.

    Args:
        below: for a trial, the bindings that it adds to.
        one_to_one: kinds of which two recorded values may not have the same live one.

    Attributes:
        plain: whether every value is bound to itself.
        version: changes with each binding: what was made from these bindings is valid while it stays the same.
    """

    def __init__(self, below: Bindings | None = None, one_to_one: frozenset[str] = frozenset()) -> None:
        self._below, self._one_to_one = below, one_to_one
        self._live: dict[Key, Any] = {}
        self._recorded: dict[Key, Any] = {}
        self._last: dict[Any, Any] = {}  # by the recorded value alone
        self._guessed: dict[Any, Key] = {}  # by the live value, what pushes alone have bound
        self.plain: bool = below is None or below.plain
        self.version = 0

    def get(self, kind: str, recorded: Any) -> Any:
        """The live value; None if nothing is bound to the recorded one yet."""
        found = self._live.get((kind, recorded))
        return found if found is not None or self._below is None else self._below.get(kind, recorded)

    def of_any_kind(self, recorded: Any) -> Any:
        """The live value that was bound last to a recorded one, under whatever kind; None if there is none."""
        found = self._last.get(recorded)
        return found if found is not None or self._below is None else self._below.of_any_kind(recorded)

    def recorded(self, kind: str, live: Any) -> Any:
        """The recorded value that a live one is bound to; None if there is none."""
        found = self._recorded.get((kind, live))
        return found if found is not None or self._below is None else self._below.recorded(kind, live)

    def bind(self, kind: str, recorded: Any, live: Any) -> Any:
        """Bind the live value to the recorded one.

        Returns:
            None if they are bound now, or were already; else the value that should have come.
        """
        bound = self.get(kind, recorded)
        if bound is not None:
            return None if bound == live else bound
        if kind in self._one_to_one and self.recorded(kind, live) not in {None, recorded}:
            return recorded
        self.rebind(kind, recorded, live)
        return None

    def rebind(self, kind: str, recorded: Any, live: Any) -> None:
        """Bind the live value to the recorded one, in place of any other."""
        self._live[kind, recorded] = self._last[recorded] = live
        self._recorded[kind, live] = recorded
        self.plain = self.plain and bool(recorded == live)
        self.version += 1

    def shift(self, kind: str) -> int:
        """How far the live numbers of a kind are from the recorded ones, by the last that was bound; 0 if none was."""
        last = next((live - recorded for (one, recorded), live in reversed(self._live.items()) if one == kind), None)
        return last if last is not None else 0 if self._below is None else self._below.shift(kind)

    def trial(self) -> Bindings:
        """Bindings for a trial, on top of these."""
        return Bindings(self, self._one_to_one)

    def alike(self, other: Bindings) -> Bindings | None:
        """A trial that has bound what others, plain as these, have; None where all of it is bound already."""
        if other._live.keys() <= self._live.keys():
            return None
        trial = self.trial()
        trial._take(other)  # noqa: SLF001
        return trial

    @property
    def others(self) -> int:
        """How many live values of this trial differ from the recorded ones."""
        return sum(recorded != live for (_kind, recorded), live in self._live.items())

    def keep(self, *, guessed: bool = False) -> None:
        """Keep the bindings of a trial.

        Args:
            guessed: whether an answer may overrule them.
        """
        assert self._below is not None
        self._below.version += len(self._live)
        self._below.plain = self.plain
        self._below._take(self)  # noqa: SLF001 - the same class
        if guessed:
            self._below._guessed.update((live, (kind, recorded)) for kind, recorded, live in self.changed())  # noqa: SLF001

    def overrule(self, live: Iterable[Any]) -> bool:
        """Undo the guesses that have bound these live values; whether there were any."""
        found = False
        for one in live:
            kind, recorded = self._guessed.pop(one, ("", None)) if isinstance(one, Hashable) else ("", None)
            if kind and self._live.get((kind, recorded)) == one:
                del self._live[kind, recorded]
                self._recorded.pop((kind, one), None)
                self._last.pop(recorded, None)
                self.version += 1
                found = True
        return found

    def _take(self, other: Bindings) -> None:
        self._live |= other._live
        self._recorded |= other._recorded
        self._last |= other._last

    def changed(self) -> Iterator[tuple[str, Any, Any]]:
        """Kind, recorded and live value, where they differ."""
        return ((kind, recorded, live) for (kind, recorded), live in self._live.items() if recorded != live)
