"""Which step of a session is which of the other's.

Rule: directions are aligned each by itself, for frames that cross may do so anywhere. Steps of the same shape go
first, in order, then out of order; of what is left between two of them, the nearest are taken as changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from difflib import SequenceMatcher
from typing import NamedTuple

from recorder.replay import Step

Lane = tuple[str, str, str | None]
"""Kind, direction and row: `("frame", "to_node", "")`, `("open", "", "")`."""

Row = Callable[[Step], str | None]
"""The row of its session and direction in which a frame has its place."""

Cost = Callable[[Step, Step], int | None]
"""How much two steps differ; None where they cannot be the same thing."""

MANY = 64
"""Steps left over between two aligned ones that are still tried against each other."""


class Pair(NamedTuple):
    """A recorded step and the live one that it is; `clean` if both have the same shape."""

    recorded: Step
    live: Step
    clean: bool


class Aligned(NamedTuple):
    """The steps of two sessions."""

    pairs: list[Pair]
    missing: list[Step]
    extra: list[Step]


def align(
    recorded: list[Step], live: list[Step], shapes: tuple[dict[int, int], dict[int, int]], cost: Cost, row: Row
) -> Aligned:
    """Align the steps of two sessions.

    Args:
        recorded: of one.
        live: of the other.
        shapes: of the steps of each capture, by index.
        cost: tells how much two steps of different shape differ.
        row: tells which frames are aligned together.
    """
    total = Aligned([], [], [])
    ours, theirs = _lanes(recorded, row), _lanes(live, row)
    for lane in ours | theirs:
        _align_lane(ours.get(lane, []), theirs.get(lane, []), shapes, cost, total)
    return total


def _lanes(steps: list[Step], row: Row) -> dict[Lane, list[Step]]:
    found: dict[Lane, list[Step]] = {}
    for step in steps:
        lane = ("frame", step.direction, row(step)) if step.kind == "frame" else (step.kind, "", "")
        found.setdefault(lane, []).append(step)
    return found


def _align_lane(
    recorded: list[Step], live: list[Step], shapes: tuple[dict[int, int], dict[int, int]], cost: Cost, total: Aligned
) -> None:
    ours, theirs = [shapes[0][step.index] for step in recorded], [shapes[1][step.index] for step in live]
    gaps: list[tuple[list[Step], list[Step]]] = []
    at = there = 0
    for one, other, size in [*_blocks(ours, theirs), (len(ours), len(theirs), 0)]:
        gaps.append((recorded[at:one], live[there:other]))
        total.pairs.extend(
            map(Pair._make, zip(recorded[one : one + size], live[other : other + size], _always(), strict=False))
        )
        at, there = one + size, other + size
    _moved(gaps, shapes, total)
    for left, right in gaps:
        _changed(left, right, cost, total)
        total.missing.extend(left)
        total.extra.extend(right)


def _always() -> Iterator[bool]:
    while True:
        yield True


def _blocks(ours: list[int], theirs: list[int]) -> Iterator[tuple[int, int, int]]:
    """Runs of the same shapes; what is the same at the beginning and the end is not searched."""
    head = next(
        (at for at, (one, other) in enumerate(zip(ours, theirs, strict=False)) if one != other),
        min(len(ours), len(theirs)),
    )
    most = min(len(ours), len(theirs)) - head
    tail = next(
        (
            at
            for at, (one, other) in enumerate(zip(reversed(ours), reversed(theirs), strict=False))
            if one != other or at == most
        ),
        most,
    )
    yield 0, 0, head
    middle = SequenceMatcher(None, ours[head : len(ours) - tail], theirs[head : len(theirs) - tail], autojunk=False)
    for one, other, size in middle.get_matching_blocks():
        yield head + one, head + other, size
    yield len(ours) - tail, len(theirs) - tail, tail


def _moved(
    gaps: list[tuple[list[Step], list[Step]]], shapes: tuple[dict[int, int], dict[int, int]], total: Aligned
) -> None:
    """Pair what has the same shape and another place."""
    places: dict[int, list[tuple[list[Step], Step]]] = {}
    for _left, right in gaps:
        for step in right:
            places.setdefault(shapes[1][step.index], []).append((right, step))
    for left, _right in gaps:
        for step in list(left):
            if found := places.get(shapes[0][step.index]):
                where, other = found.pop(0)
                where.remove(other)
                left.remove(step)
                total.pairs.append(Pair(step, other, clean=True))


def _changed(left: list[Step], right: list[Step], cost: Cost, total: Aligned) -> None:
    """Pair what stands in the same gap and differs least."""
    costs = sorted(
        (found, abs(at - there), at, there)
        for at, step in enumerate(left[:MANY])
        for there, other in enumerate(right[:MANY])
        if (found := cost(step, other)) is not None
    )
    ours, theirs = list(left), list(right)
    for _cost, _apart, at, there in costs:
        if ours[at] in left and theirs[there] in right:
            left.remove(ours[at])
            right.remove(theirs[there])
            total.pairs.append(Pair(ours[at], theirs[there], clean=False))
