"""How the clocks of several hosts differ, found from causes and effects alone.

Rule: the simplest clocks with which every cause precedes its effect: each clock as it is; else some that are off by a
constant; else some that also drift. Pure; times are whole numbers of nanoseconds. Of the pairs of two captures only those are
kept that can decide, whatever the clocks are: the corners of a convex hull.

That a cause precedes its effect bounds how much one clock can be ahead of the other. Through several captures the bounds add
up, and the shortest path is the narrowest bound (Floyd and Warshall): so all clocks are found together.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from recorder.gathering.pairs import Pair
from recorder.gathering.sightings import Survey

APART = 1_000
"""The least time from a cause to its effect in another capture, in nanoseconds."""

FASTEST = 500e-6
"""The greatest drift that is considered: a clock that is worse is broken."""

BETTER = 4
"""Less simple clocks, or all pairs but one, are preferred if what is wrong with them is so many times less."""

FINEST = 1e-12
"""The precision with which a drift is found."""

PRUNED = 1024
"""Further points after which they are reduced to their hull."""

Reach = list[list[float]]
"""At [i][j]: the most by which capture j may begin later than capture i; infinite if nothing bounds it."""


@dataclass(frozen=True)
class Clock:
    """The clock of a capture, compared with that of another, which counts as right.

    Args:
        reference: the number of the other capture; its own number if no pairs connect it with another.
        began: the first time in the capture, by its own clock.
        placed: the same time by the reference.
        rate: the length of a second of its own, in seconds of the reference.
        earlier: by how many nanoseconds it could be placed earlier and keep all pairs; infinite if nothing bounds it.
        later: likewise, later.
        pairs: how many pairs connect the capture with others.
    """

    reference: int
    began: int
    placed: int
    rate: float = 1.0
    earlier: float = math.inf
    later: float = math.inf
    pairs: int = 0

    @property
    def ahead(self) -> int:
        """By how many nanoseconds it was ahead when the capture began; negative if it was behind."""
        return self.began - self.placed

    @property
    def drift(self) -> float:
        """By how much it runs faster, in parts per million."""
        return (1 / self.rate - 1) * 1e6

    def corrected(self, time: int) -> int:
        """A time of its own by the reference."""
        since = time - self.began
        return self.placed + since + (round(since * (self.rate - 1)) if self.rate != 1 else 0)

    def keeps(self, pair: Pair, other: Clock) -> bool:
        """Whether a cause by this clock precedes its effect by the other."""
        return self.corrected(pair.cause.time) < other.corrected(pair.effect.time)


class _Bound:
    """A bound by the pairs with their causes in one capture and their effects in another.

    Times count from the beginnings of the captures.
    """

    def __init__(self) -> None:
        self.count = 0
        self._points: list[tuple[int, int]] = []  # time of the effect, and how much later the cause is
        self._room = PRUNED

    def add(self, cause: int, effect: int) -> None:
        self.count += 1
        self._points.append((effect, cause - effect))
        if len(self._points) >= self._room:
            self._points = _upper_hull(self._points)
            self._room = len(self._points) + PRUNED

    def least(self, cause_rate: float, effect_rate: float) -> float:
        """The least by which the capture of the effects must begin later, if the clocks have these rates."""
        if cause_rate == effect_rate == 1:
            return max((late for _effect, late in self._points), default=-math.inf)
        return max(
            (cause_rate * late + (cause_rate - effect_rate) * effect for effect, late in self._points),
            default=-math.inf,
        )

    @property
    def corners(self) -> int:
        """How many pairs can decide."""
        return len(self._points)

    def without_the_narrowest(self, cause_rate: float, effect_rate: float) -> _Bound:
        """The bound without the pair that decides `least`."""
        least = self.least(cause_rate, effect_rate)
        left = _Bound()
        left.count = self.count - 1
        left._points = [
            (effect, late)
            for effect, late in self._points
            if cause_rate * late + (cause_rate - effect_rate) * effect < least
        ]
        return left


def _upper_hull(points: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The points at which a linear function with a positive second coefficient can be greatest."""
    hull: list[tuple[int, int]] = []
    for x, y in sorted(points):
        while hull and hull[-1][0] == x:
            hull.pop()
        while len(hull) > 1:
            (ax, ay), (bx, by) = hull[-2:]
            if (bx - ax) * (y - ay) < (by - ay) * (x - ax):
                break
            hull.pop()
        hull.append((x, y))
    return hull


class Clocks:
    """Finds the clocks of several captures from their pairs.

    Args:
        surveys: a survey of each capture; its beginning must be known before its first pair is added.
    """

    def __init__(self, surveys: Sequence[Survey]) -> None:
        self._surveys = surveys
        self._bounds: dict[tuple[int, int], _Bound] = {}

    def add(self, pair: Pair) -> None:
        """Take a pair into account."""
        cause, effect = pair
        if (bound := self._bounds.get(way := (cause.capture, effect.capture))) is None:
            bound = self._bounds[way] = _Bound()
        bound.add(cause.time - self._surveys[cause.capture].began, effect.time - self._surveys[effect.capture].began)

    def found(self) -> tuple[list[Clock], bool]:
        """The clock of each capture, and whether they keep all pairs; if not, no steady clocks do."""
        clocks: dict[int, Clock] = {}
        kept = True
        for members in self._together():
            made, whole = self._fit(members)
            clocks |= zip(members, made, strict=True)
            kept = kept and whole
        return [clocks[number] for number in range(len(self._surveys))], kept

    def _together(self) -> Iterator[list[int]]:
        """The groups of captures that pairs connect, each in ascending order."""
        left = dict.fromkeys(range(len(self._surveys)))
        while left:
            group = [next(iter(left))]
            for number in group:
                left.pop(number, None)
                group += [other for other in left if self._count(number, other) and other not in group]
            yield sorted(group)

    def _count(self, one: int, other: int) -> int:
        return sum(bound.count for key, bound in self._bounds.items() if key in {(one, other), (other, one)})

    def _fit(self, members: list[int]) -> tuple[list[Clock], bool]:
        rates, short = self._model(members)
        kept = short == 0
        while short and (less := self._without_the_oddest(members, rates, short)) is not None:
            rates, short = less
        reach = self._reach(members, rates, short)
        began = [self._surveys[number].began for number in members]
        places = _placed(reach, [one - began[0] for one in began])
        return [
            Clock(
                members[0],
                began[at],
                began[0] + placed,
                rates[at],
                placed + reach[at][0] if at else math.inf,
                reach[0][at] - placed if at else math.inf,
                sum(bound.count for key, bound in self._bounds.items() if number in key),
            )
            for at, (number, placed) in enumerate(zip(members, places, strict=True))
        ], kept

    def _model(self, members: list[int]) -> tuple[list[float], int]:
        """The simplest rates that keep the pairs; and by how much all bounds must be loosened, if none do."""
        steady = [1.0] * len(members)
        if (short := self._short(members, steady)) == 0:
            return steady, 0
        rates = self._rates(members)
        drifting = self._short(members, rates)
        return (rates, drifting) if drifting * BETTER <= short else (steady, short)

    def _without_the_oddest(self, members: list[int], rates: list[float], short: int) -> tuple[list[float], int] | None:
        """Leave out the pair without which the others fit best, if they fit much better; None if no single pair is wrong."""
        rate = dict(zip(members, rates, strict=True))
        best: tuple[int, tuple[int, int], _Bound, list[float]] | None = None
        for key in self._contradictory(rate):
            bound = self._bounds[key]
            without = bound.without_the_narrowest(rate[key[0]], rate[key[1]])
            if without.corners:  # if two pairs contradict each other, neither is the wrong one
                self._bounds[key] = without
                found, less = self._model(members)
                self._bounds[key] = bound
                if best is None or less < best[0]:
                    best = less, key, without, found
        if best is None or best[0] * BETTER > short:
            return None
        less, key, self._bounds[key], found = best
        return found, less

    def _contradictory(self, rate: Mapping[int, float]) -> list[tuple[int, int]]:
        """The bounds between two captures that no offset can keep."""

        def least(one: int, other: int) -> float:
            bound = self._bounds.get((one, other))
            return -math.inf if bound is None else bound.least(rate[one], rate[other]) + APART

        return [key for key in self._bounds if key[0] in rate and least(*key) + least(*reversed(key)) > 0]

    def _reach(self, members: list[int], rates: Sequence[float], loose: int = 0) -> Reach:
        """The bounds between all captures, each loosened by so many nanoseconds."""
        size = range(len(members))
        reach: Reach = [[0 if i == j else math.inf for j in size] for i in size]
        for i, j in product(size, size):
            if (bound := self._bounds.get((members[i], members[j]))) is not None:
                least = bound.least(rates[i], rates[j])
                reach[j][i] = math.inf if math.isinf(least) else loose - math.ceil(least) - APART
        for way, i, j in product(size, size, size):
            if (through := reach[i][way] + reach[way][j]) < reach[i][j]:
                reach[i][j] = through
        return reach

    def _short(self, members: list[int], rates: Sequence[float]) -> int:
        """The least loosening with which all bounds can be kept."""
        if _holds(self._reach(members, rates)):
            return 0
        low, high = 0, 1
        while not _holds(self._reach(members, rates, high)):
            low, high = high, 2 * high
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if _holds(self._reach(members, rates, middle)) else (middle, high)
        return high

    def _rates(self, members: list[int]) -> list[float]:
        """The rates of the clocks, each from that of another: first of those that most pairs connect."""
        rates = {members[0]: 1.0}
        while len(rates) < len(members):
            ways = [(one, other) for one, other in product(rates, members) if other not in rates]
            one, other = max(ways, key=lambda way: self._count(*way))
            rates[other] = rates[one] * self._rate(one, other)
        return [rates[number] for number in members]

    def _rate(self, one: int, other: int) -> float:
        """The rate of a clock by another: 1 if that keeps their pairs, else the rate that leaves most room."""
        there, back = self._bounds.get((one, other)), self._bounds.get((other, one))
        if there is None or back is None:
            return 1.0

        def lack(rate: float) -> float:  # convex
            return there.least(1, rate) + back.least(rate, 1) + 2 * APART

        if lack(1) <= 0:
            return 1.0
        low, high = 1 - FASTEST, 1 + FASTEST
        while high - low > FINEST:
            third = (high - low) / 3
            low, high = (low, high - third) if lack(low + third) < lack(high - third) else (low + third, high)
        return (low + high) / 2


def _holds(reach: Reach) -> bool:
    """Whether the bounds can be kept: no capture must be later than itself."""
    return all(reach[at][at] >= 0 for at in range(len(reach)))


def _placed(reach: Reach, as_it_is: Sequence[int]) -> list[int]:
    """When each capture begins after the first: as its clock says, if that is within the bounds, else in their middle."""
    reach = [list(row) for row in reach]
    size = range(len(reach))
    placed = [0] * len(reach)
    for at in sorted(size[1:], key=lambda at: reach[0][at] + reach[at][0]):
        low, high = -reach[at][0], reach[0][at]
        here = placed[at] = _chosen(low, high, as_it_is[at])
        for i, j in product(size, size):  # from now on it begins here
            through = min(reach[i][0] + here + reach[at][j], reach[i][at] - here + reach[0][j])
            reach[i][j] = min(reach[i][j], through)
    return placed


def _chosen(low: float, high: float, as_it_is: int) -> int:
    if low <= as_it_is <= high:
        return as_it_is
    if math.isinf(low) or math.isinf(high):
        return int(low if math.isinf(high) else high)
    return int(low + high) // 2
