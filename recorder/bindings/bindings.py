"""Pairs of a recorded value and the live one that stands for it.

Rule: a binding never changes once it holds (but for request ids, which are used again). What is tried out (is this the
frame we wait for?) is bound in a trial, and holds only when the trial is kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Key = tuple[str, Any]
"""Kind and recorded value: `("handed out", "8f14e45f…")`, `("round", 3)`."""


class Bindings:
    """What stands for what.

    Args:
        below: bindings that hold already, which this trial adds to.
        one_to_one: kinds of which two recorded values may not have the same live one.
    """

    def __init__(self, below: Bindings | None = None, one_to_one: frozenset[str] = frozenset()) -> None:
        self._below, self._one_to_one = below, one_to_one
        self._live: dict[Key, Any] = {}
        self._recorded: dict[Key, Any] = {}
        self.version = 0  # how often something was bound: what was made of these bindings stands as long as it does

    def get(self, kind: str, recorded: Any) -> Any:
        """The live value; None where nothing stands for the recorded one yet."""
        found = self._live.get((kind, recorded))
        return found if found is not None or self._below is None else self._below.get(kind, recorded)

    def recorded(self, kind: str, live: Any) -> Any:
        """The recorded value that a live one stands for; None where it stands for none."""
        found = self._recorded.get((kind, live))
        return found if found is not None or self._below is None else self._below.recorded(kind, live)

    def bind(self, kind: str, recorded: Any, live: Any) -> Any:
        """Let the live value stand for the recorded one.

        Returns:
            None where it does from now on, or did already; else the value that should have come.
        """
        bound = self.get(kind, recorded)
        if bound is not None:
            return None if bound == live else bound
        if kind in self._one_to_one and self.recorded(kind, live) not in {None, recorded}:
            return recorded
        self.rebind(kind, recorded, live)
        return None

    def rebind(self, kind: str, recorded: Any, live: Any) -> None:
        """Let the live value stand for the recorded one from now on, whatever did before."""
        self._live[kind, recorded] = live
        self._recorded[kind, live] = recorded
        self.version += 1

    def shift(self, kind: str) -> int:
        """How far the live numbers of a kind are from the recorded ones, by the last that was bound; 0 if none was."""
        last = next((live - recorded for (one, recorded), live in reversed(self._live.items()) if one == kind), None)
        return last if last is not None else 0 if self._below is None else self._below.shift(kind)

    def trial(self) -> Bindings:
        """Bindings to try out, on top of these."""
        return Bindings(self, self._one_to_one)

    @property
    def others(self) -> int:
        """How many live values of this trial are not the recorded ones: none, where what came is just what was."""
        return sum(recorded != live for (_kind, recorded), live in self._live.items())

    def keep(self) -> None:
        """Let a trial hold."""
        assert self._below is not None
        self._below.version += len(self._live)
        self._below._live |= self._live  # noqa: SLF001 - the same class
        self._below._recorded |= self._recorded  # noqa: SLF001

    def changed(self) -> Iterator[tuple[str, Any, Any]]:
        """Kind, recorded and live value, where they differ."""
        return ((kind, recorded, live) for (kind, recorded), live in self._live.items() if recorded != live)
