"""Aligns two rows of items: which item of one row is which of the other.

Rule: items of the same shape are paired first, in order, then out of order; of those left between two pairs, the nearest
are paired as changed. The time is that of a sort; searches that would look at every pair are bounded.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Sequence
from difflib import SequenceMatcher
from typing import Generic, NamedTuple, TypeVar

T = TypeVar("T")

MANY = 16
"""Most items of different names, left between two pairs, that are compared with each other."""

AROUND = 4
"""Of more than `FEW` things of one name that are left over, those that stand nearest are tried."""

FEW = 8

SEARCHED = 1_000_000
"""Pairs of the same shape among which the longest runs are searched; of more, the first goes with the first."""


class Aligned(NamedTuple, Generic[T]):
    """Two rows: pairs, and what is left of each."""

    pairs: list[tuple[T, T]]
    missing: list[T]
    extra: list[T]


class Likeness(NamedTuple, Generic[T]):
    """How things are compared that have not the same shape.

    Args:
        label: the name of a thing: those of one name are tried first.
        cost: how much a recorded and a live one differ; None where they cannot be the same thing.
        anywhere: whether things of one name may be each other's though others stand between them.
    """

    label: Callable[[T], Hashable]
    cost: Callable[[T, T], int | None]
    anywhere: bool = False


def align(
    recorded: Sequence[T], live: Sequence[T], shapes: tuple[Sequence[int], Sequence[int]], likeness: Likeness[T] | None
) -> Aligned[T]:
    """Align two rows.

    Args:
        recorded: one.
        live: the other.
        shapes: of the things in each.
        likeness: how those of different shape are compared; None where they are not.
    """
    gaps: list[tuple[list[int], list[int]]] = []
    pairs: list[tuple[int, int]] = []
    at = there = 0
    for one, other, size in [*_runs(*shapes), (len(recorded), len(live), 0)]:
        gaps.append((list(range(at, one)), list(range(there, other))))
        pairs += zip(range(one, one + size), range(other, other + size), strict=True)
        at, there = one + size, other + size
    moved = _moved(gaps, shapes)
    pairs = _in_order([*pairs, *moved], shapes[0]) if moved else pairs
    used, taken = {one for one, _other in moved}, {other for _one, other in moved}
    gaps = [([x for x in left if x not in used], [y for y in right if y not in taken]) for left, right in gaps]
    if likeness is not None:
        nearest = _Nearest(recorded, live, likeness)
        for left, right in gaps:
            pairs += nearest.among(left, right)
        if likeness.anywhere:
            pairs += nearest.of_one_name(
                *nearest.left([x for gap in gaps for x in gap[0]], [y for gap in gaps for y in gap[1]])
            )
    ours, theirs = {one for one, _other in pairs}, {other for _one, other in pairs}
    return Aligned(
        [(recorded[one], live[other]) for one, other in pairs],
        [thing for index, thing in enumerate(recorded) if index not in ours],
        [thing for index, thing in enumerate(live) if index not in theirs],
    )


def _runs(ours: Sequence[int], theirs: Sequence[int]) -> Iterator[tuple[int, int, int]]:
    """Runs of the same shapes; what is the same at the beginning and the end is not searched."""
    least = min(len(ours), len(theirs))
    head = next((at for at in range(least) if ours[at] != theirs[at]), least)
    most = least - head
    tail = next((at for at in range(most) if ours[-1 - at] != theirs[-1 - at]), most)
    yield 0, 0, head
    left, right = ours[head : len(ours) - tail], theirs[head : len(theirs) - tail]
    yield from ((head + one, head + other, size) for one, other, size in _middle(left, right))
    yield len(ours) - tail, len(theirs) - tail, tail


def _middle(left: Sequence[int], right: Sequence[int]) -> list[tuple[int, int, int]]:
    here, there = Counter(left), Counter(right)
    straight = [(at, at, 1) for at, (one, other) in enumerate(zip(left, right, strict=False)) if one == other]
    if sum(count * there[shape] for shape, count in here.items()) > SEARCHED:
        return straight
    found = SequenceMatcher(None, left, right, autojunk=False).get_matching_blocks()[:-1]
    if len(left) == len(right) and len(straight) >= sum(size for _one, _other, size in found):
        return straight  # what stands in the place of another has changed, rather than gone and come
    return [(one, other, size) for one, other, size in found]


def _moved(
    gaps: list[tuple[list[int], list[int]]], shapes: tuple[Sequence[int], Sequence[int]]
) -> list[tuple[int, int]]:
    """Pair what has the same shape and another place."""
    places: dict[int, list[int]] = {}
    for _left, right in reversed(gaps):
        for there in reversed(right):
            places.setdefault(shapes[1][there], []).append(there)
    return [(at, found.pop()) for left, _right in gaps for at in left if (found := places.get(shapes[0][at]))]


def _in_order(pairs: list[tuple[int, int]], shapes: Sequence[int]) -> list[tuple[int, int]]:
    """Pair those of one shape in order: the first with the first, whatever stands between them."""
    alike: dict[int, list[tuple[int, int]]] = {}
    for pair in pairs:
        alike.setdefault(shapes[pair[0]], []).append(pair)
    return [
        pair for some in alike.values() for pair in zip(*(sorted(row) for row in zip(*some, strict=True)), strict=True)
    ]


class _Nearest(Generic[T]):
    """Pairs what differs least."""

    def __init__(self, recorded: Sequence[T], live: Sequence[T], likeness: Likeness[T]) -> None:
        self._recorded, self._live = recorded, live
        self._label, self._cost = likeness.label, likeness.cost
        self._used: set[int] = set()
        self._taken: set[int] = set()

    def left(self, left: list[int], right: list[int]) -> tuple[list[int], list[int]]:
        """Those that have no other yet."""
        return [at for at in left if at not in self._used], [there for there in right if there not in self._taken]

    def among(self, left: list[int], right: list[int]) -> Iterator[tuple[int, int]]:
        """Those that stand in the same gap: first of one name, then of others."""
        if not left or not right:
            return
        yield from self.of_one_name(left, right)
        ours, theirs = self.left(left, right)
        yield from self._cheapest(
            (x, y, at, there) for x, at in enumerate(ours[:MANY]) for y, there in enumerate(theirs[:MANY])
        )

    def of_one_name(self, left: list[int], right: list[int]) -> Iterator[tuple[int, int]]:
        """Those of one name, wherever they stand."""
        ours, theirs = self._by_label(left, self._recorded), self._by_label(right, self._live)
        for label, here in ours.items():
            there = theirs.get(label, [])
            if len(here) == len(there) == 1:
                yield self._taken_together(here[0], there[0])
            else:
                yield from self._cheapest(_near(here, there))

    def _taken_together(self, at: int, there: int) -> tuple[int, int]:
        self._used.add(at)
        self._taken.add(there)
        return at, there

    def _by_label(self, places: list[int], things: Sequence[T]) -> dict[Hashable, list[int]]:
        found: dict[Hashable, list[int]] = {}
        for place in places:
            found.setdefault(self._label(things[place]), []).append(place)
        return found

    def _cheapest(self, tried: Iterator[tuple[int, int, int, int]]) -> Iterator[tuple[int, int]]:
        costs = sorted(
            (cost, abs(x - y), at, there)
            for x, y, at, there in tried
            if (cost := self._cost(self._recorded[at], self._live[there])) is not None
        )
        for _cost, _apart, at, there in costs:
            if at not in self._used and there not in self._taken:
                yield self._taken_together(at, there)


def _near(here: list[int], there: list[int]) -> Iterator[tuple[int, int, int, int]]:
    """Which are tried against each other, each with its place among its own."""
    few = len(here) <= FEW and len(there) <= FEW
    for x, at in enumerate(here):
        nearest = range(len(there)) if few else range(max(0, x - AROUND), min(len(there), x + AROUND + 1))
        yield from ((x, y, at, there[y]) for y in nearest)
