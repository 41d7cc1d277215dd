"""Pairs the sessions of two captures.

Rule: paired are sessions of the same party, and of the same transport where both captures tell it, whose URLs and requests
are most alike; a name that the other capture does not have says nothing. Sessions are never all compared with each other.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from typing import NamedTuple

from recorder.compare.alignment import Aligned, align
from recorder.compare.differences import Scripts
from recorder.compare.shapes import Shapes
from recorder.compare.steps import asks
from recorder.timeline import Script, Step, urls

UNNAMED = re.compile(r"client-\d+")
"""A party that nobody has named: its number says nothing."""

RARE = 32
"""Sessions that may have a thing in common for it to tell which is which."""


class Paired(NamedTuple):
    """Sessions that belong together, and those that are alone."""

    pairs: list[tuple[int, int]]
    missing: list[int]
    extra: list[int]


def by_session(script: Script) -> dict[int, list[Step]]:
    """The steps of each session, sessions in the order in which they begin."""
    found: dict[int, list[Step]] = {}
    for step in script.steps:
        found.setdefault(step.session, []).append(step)
    return found


class Course:
    """What is said in a part of a capture, as far as it tells which part of the other capture it is.

    Attributes:
        marks: how often each thing is said, by its shape.
    """

    def __init__(self) -> None:
        self.marks: Counter[int] = Counter()


class _Session(Course):
    """A session as far as it tells which of the other capture's it is."""

    def __init__(self, script: Script, shapes: Shapes, number: int, steps: list[Step]) -> None:
        super().__init__()
        party = script.parties.get(number, "")
        self.number = number
        self.party = "" if UNNAMED.fullmatch(party) else party
        url = script.urls.get(number, "")
        self.over_http = urls.is_http(url) or any(step.exchange for step in steps)
        self.told = bool(url) or self.over_http  # how it was carried: a transcript does not tell
        said = [shapes.of(step) for step in steps if asks(step)]
        opening = [mark for step in steps if step.kind == "open" for mark in shapes.marks(step)]
        self.whole = hash((*opening, *said))
        self.marks.update(opening + said)


def pair_sessions(scripts: Scripts, shapes: tuple[Shapes, Shapes]) -> Paired:
    """Pair the sessions of two captures."""
    ours, theirs = (
        [_Session(script, shape, number, steps) for number, steps in by_session(script).items()]
        for script, shape in zip(scripts, shapes, strict=True)
    )
    known = {one.party for one in ours} & {one.party for one in theirs}
    for one in (*ours, *theirs):
        one.party = one.party if one.party in known else ""  # it may have another name there, or none
    pairs, missing, extra = _grouped(ours, theirs, lambda one: (one.over_http, one.party))
    if not all(any(one.told for one in side) for side in (missing, extra)):  # any transport will do
        more, missing, extra = _grouped(missing, extra, lambda one: one.party)
        pairs += more
    places = {one.number: at for at, one in enumerate(ours)}
    others = {one.number: at for at, one in enumerate(theirs)}
    return Paired(
        sorted((one.number, other.number) for one, other in pairs),
        [one.number for one in sorted(missing, key=lambda one: places[one.number])],
        [one.number for one in sorted(extra, key=lambda one: others[one.number])],
    )


def _grouped(ours: list[_Session], theirs: list[_Session], key: Callable[[_Session], Hashable]) -> Aligned[_Session]:
    """Pair the sessions that have a key in common: those that are the same, then the nearest, then in order."""
    groups: dict[Hashable, tuple[list[_Session], list[_Session]]] = {}
    for side, sessions in enumerate((ours, theirs)):
        for one in sessions:
            groups.setdefault(key(one), ([], []))[side].append(one)
    total: Aligned[_Session] = Aligned([], [], [])
    for left, right in groups.values():
        found = align(left, right, ([one.whole for one in left], [one.whole for one in right]), None)
        near = alike(found.missing, found.extra)
        used, taken = {at for at, _there in near}, {there for _at, there in near}
        total.pairs.extend(found.pairs)
        total.pairs.extend((found.missing[at], found.extra[there]) for at, there in near)
        total.missing.extend(one for at, one in enumerate(found.missing) if at not in used)
        total.extra.extend(one for there, one in enumerate(found.extra) if there not in taken)
    return total


def alike(left: Sequence[Course], right: Sequence[Course]) -> list[tuple[int, int]]:
    """Pair those that have most in common, by place, and the rest in order; the fewer have a thing, the more it says."""
    holders: dict[int, list[int]] = {}
    for there, one in enumerate(right):
        for mark in one.marks:
            holders.setdefault(mark, []).append(there)
    likely: list[tuple[float, int, int, int]] = []
    for at, one in enumerate(left):
        common: dict[int, float] = {}
        for mark, count in one.marks.items():
            holding = holders.get(mark, [])
            if len(holding) <= RARE:
                for there in holding:
                    common[there] = common.get(there, 0) + min(count, right[there].marks[mark]) / len(holding)
        likely.extend((-score, abs(at - there), at, there) for there, score in common.items())
    pairs: dict[int, int] = {}
    taken: set[int] = set()
    for _score, _apart, at, there in sorted(likely):
        if at not in pairs and there not in taken:
            pairs[at] = there
            taken.add(there)
    rest, others = ([at for at in range(len(row)) if at not in used] for row, used in ((left, pairs), (right, taken)))
    return [*pairs.items(), *zip(rest, others, strict=False)]
