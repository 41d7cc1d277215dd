"""The queue of our actions: what each waits for, and which may go out now.

Rule: pure. An action that needs nothing goes out at once, in recorded order; at the recorded speed, with the recorded
delay after the step that it follows.
"""

from __future__ import annotations

import heapq
import itertools
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from recorder.model import SECOND
from recorder.replay.patience import BEHIND

T = TypeVar("T")


@dataclass
class Waiting(Generic[T]):
    """Something of ours that goes out when what it needs has happened.

    Args:
        index: its place among the steps.
        what: what goes out.
        needed: what must have happened, by index.
        wanted: what should have; it is waited for only so long.
        after: the recorded time of what it follows, in nanoseconds; 0 where nobody knows it.
        recorded: its own recorded time.
        due: when it should go out, as soon as that is known; 0 for at once. It goes out a little later: what follows it is
            due so long after this time, or the delays would add up.
        hoped: of what it wants, what comes of something that may be on its way; it is waited for only briefly.
    """

    index: int
    what: T
    needed: set[int]
    wanted: set[int]
    after: int = 0
    recorded: int = 0
    due: float = 0.0
    hoped: frozenset[int] = frozenset()


class Queue(Generic[T]):
    """What waits and what is ready.

    Args:
        speed: 0 for as fast as it goes, 1 for the recorded gaps, 2 for half of them.
        possible: whether something can go out at all: its session is open.
    """

    def __init__(self, speed: float, possible: Callable[[T], bool]) -> None:
        self._speed, self._possible = speed, possible
        self._early: list[Waiting[T]] = []  # ready, but not possible yet
        self._ready: list[tuple[float, int, int, Waiting[T]]] = []
        self._dependents: dict[int, list[Waiting[T]]] = {}
        self._hoping: deque[tuple[float, Waiting[T]]] = deque()  # each until when
        self._count = itertools.count()

    def put(self, waiting: Waiting[T], now: float) -> None:
        """Let something wait for what it needs."""
        if not waiting.needed and not waiting.wanted:
            self._make_ready(waiting, now)
        if waiting.hoped:
            self._hoping.append((now + BEHIND, waiting))
        for index in waiting.needed | waiting.wanted:
            self._dependents.setdefault(index, []).append(waiting)

    def release(self, index: int, now: float) -> None:
        """A step has happened: what waited for it waits for it no longer."""
        for waiting in self._dependents.pop(index, ()):
            self._without(waiting, index, now)

    def give_up(self, index: int, now: float, comes_of_it: Callable[[T], bool]) -> list[T]:
        """A step is not waited for any more: what only wanted it goes out without it.

        Args:
            index: of the step.
            now: the time.
            comes_of_it: whether what needs a step would be said because of it, and so waits on.

        Returns:
            What waits on.
        """
        kept: list[Waiting[T]] = []
        others: list[Waiting[T]] = []
        for waiting in self._dependents.pop(index, ()):
            (kept if index in waiting.needed and comes_of_it(waiting.what) else others).append(waiting)
        if kept:
            self._dependents[index] = kept
        for waiting in others:
            self._without(waiting, index, now)
        return [waiting.what for waiting in kept]

    def opened(self, now: float) -> None:
        """A session has opened: what was ready for it goes out."""
        early, self._early = self._early, []
        for waiting in early:
            self._make_ready(waiting, now)

    def force(self, waiting: Waiting[T], now: float) -> None:
        """Let something go out without what it only wants."""
        self._without_these(waiting, {*waiting.wanted}, now)

    def in_vain(self, now: float) -> list[T]:
        """Let what has hoped for long enough go out without that; what it was."""
        found = []
        while self._hoping and self._hoping[0][0] <= now:
            _until, waiting = self._hoping.popleft()
            if left := waiting.hoped & waiting.wanted:
                self._without_these(waiting, left, now)
                found.append(waiting.what)
        return found

    def pop(self, now: float, before: int | None = None) -> Waiting[T] | None:
        """What goes out now, if it was recorded before the step of this index; None where nothing does."""
        while self._ready and not self._possible(self._ready[0][-1].what):
            heapq.heappop(self._ready)
        if not self._ready or self._ready[0][0] > now or (before is not None and before < self._ready[0][1]):
            return None
        return heapq.heappop(self._ready)[-1]

    def late(self) -> Waiting[T] | None:
        """The first recorded of what lacks only what it wants, and can go out."""
        waiting: Iterable[Waiting[T]] = (one for several in self._dependents.values() for one in several)
        found = (one for one in waiting if not one.needed and self._possible(one.what))
        return min(found, key=lambda one: one.index, default=None)

    @property
    def busy(self) -> bool:
        """Whether something goes out by itself, now or later."""
        return bool(self._ready)

    @property
    def waits(self) -> bool:
        """Whether something waits."""
        return bool(self._dependents)

    @property
    def times(self) -> list[float]:
        """When the next goes out, and when the first has hoped for long enough."""
        times = [self._ready[0][0]] if self._ready else []
        return [*times, self._hoping[0][0]] if self._hoping else times

    def _without_these(self, waiting: Waiting[T], indices: Iterable[int], now: float) -> None:
        for index in indices:
            self._dependents[index].remove(waiting)
            if not self._dependents[index]:
                del self._dependents[index]
            self._without(waiting, index, now)

    def _without(self, waiting: Waiting[T], index: int, now: float) -> None:
        waiting.needed.discard(index)
        waiting.wanted.discard(index)
        if not waiting.needed and not waiting.wanted:
            self._make_ready(waiting, now)

    def _make_ready(self, waiting: Waiting[T], now: float) -> None:
        if not self._possible(waiting.what):
            self._early.append(waiting)
            return
        if self._speed and waiting.after and waiting.recorded:
            waiting.due = now + max(0, waiting.recorded - waiting.after) / SECOND / self._speed
        heapq.heappush(self._ready, (waiting.due, waiting.index, next(self._count), waiting))
