"""What depends on what, and which steps came in another order than those they depend on.

Rule: only dependent steps have an order. A request comes after those whose answers its end had seen before; what was
in flight together was concurrent. A notification keeps its place among what its end says over a WebSocket, and a push
among the pushes of its row; an answer needs its request alone. In a protocol that goes in lockstep, all that an end says
in a session has an order.
"""

from __future__ import annotations

import heapq
import itertools
from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from recorder.compare.steps import asks
from recorder.model import Direction
from recorder.timeline import Script, Step

Pair = tuple[Step, Step]
"""A recorded step and the live one that it is."""

Edge = tuple[int, int]
"""Recorded steps by index, the second of which depends on the first."""

Row = Callable[[Step], str | None]
"""Of a frame, the row of its session and direction in which it has its place; None where it has none."""

NEVER = float("inf")


class _Item(NamedTuple):
    """A step among those of its lane.

    Args:
        start: its place in the recorded capture.
        end: where it was answered there; what came after that depends on it.
        strict: whether it has its place among all others, answered or not.
        live: its place in the live capture.
    """

    start: int
    end: float
    strict: bool
    live: int

    def before(self, other: _Item) -> bool:
        """Whether the other depends on it."""
        return self.start < other.start and (self.strict or other.strict or self.end < other.start)


@dataclass
class _Knots:
    """Steps that are in another order, in groups: what went wrong once is in one of them."""

    counts: Counter[int] = field(default_factory=Counter)
    _leads: dict[int, int] = field(default_factory=dict)  # from each step towards the one its group is known by

    def leader(self, step: int) -> int:
        """The step by which a group is known."""
        while (ahead := self._leads.setdefault(step, step)) != step:
            self._leads[step] = step = self._leads[ahead]
        return step

    def join(self, one: int, other: int) -> None:
        """Two steps are in another order."""
        self._leads[self.leader(one)] = self.leader(other)

    def __iter__(self) -> Iterator[list[int]]:
        groups: dict[int, list[int]] = {}
        for step in sorted(self.counts):
            groups.setdefault(self.leader(step), []).append(step)
        return iter(groups.values())


def out_of_order(script: Script, pairs: Sequence[Pair], row: Row) -> list[tuple[Pair, Step, int]]:
    """Pairs whose live step came too early or too late.

    Each with a step that it should have come after or before, and how many more have come in another order with it.

    Args:
        script: what was recorded.
        pairs: recorded and live steps, all sessions together.
        row: of a push, the row in which it has its place.
    """
    by_index = {one.index: (one, other) for one, other in pairs}
    knots = _Knots()
    lane_of: dict[int, dict[int, _Item]] = {}
    for lane in _lanes(script, by_index, row):
        if any(one.live > other.live for one, other in itertools.pairwise(lane)):
            _inversions(lane, knots)
            items = {item.start: item for item in lane}
            lane_of |= dict.fromkeys(items, items)
    edges: dict[int, set[int]] = {}
    for one, other in _edges(script, by_index, row):
        if by_index[one][1].index > by_index[other][1].index and other not in edges.get(one, ()):
            edges.setdefault(one, set()).add(other)
            edges.setdefault(other, set()).add(one)
            knots.counts.update((one, other))
            knots.join(one, other)
    found = []
    for knot in knots:
        worst = max(knot, key=lambda index: (knots.counts[index], index))
        items = lane_of.get(worst, {})
        other = next(
            index
            for index in knot
            if index in edges.get(worst, ()) or (index in items and _inverted(items[worst], items[index]))
        )
        found.append((by_index[worst], by_index[other][0], len(knot) - 2))
    return found


def _inverted(one: _Item, other: _Item) -> bool:
    return (one.before(other) and one.live > other.live) or (other.before(one) and other.live > one.live)


def _lanes(script: Script, by_index: dict[int, Pair], row: Row) -> list[list[_Item]]:
    """The steps that have an order among each other, as recorded."""
    lanes: dict[Hashable, list[_Item]] = {}
    back: dict[tuple[int, int], int] = {}
    for step in script.steps:
        if step.direction == "from_node" and step.exchange:
            back.setdefault((step.session, step.exchange), step.index)
    for index in sorted(by_index):
        step, live = by_index[index]
        if step.kind != "frame" or (own := row(step)) is None:
            continue
        if step.profile.lockstep:
            item = _Item(index, index, strict=True, live=live.index)
            lanes.setdefault((step.session, step.direction, own), []).append(item)
        elif asks(step):
            asked = any(part.kind == "request" for part in step.parts)
            over_http = step.direction == "to_node" and step.exchange
            strict = not asked and not over_http
            item = _Item(index, index if strict else _end(step, back), strict=strict, live=live.index)
            exchange = step.exchange if step.direction == "from_node" else 0
            lanes.setdefault((step.session, step.direction, own, exchange), []).append(item)
    return list(lanes.values())


def _end(step: Step, back: dict[tuple[int, int], int]) -> float:
    """Where a request was answered; what is not JSON-RPC answers it too, in its exchange over HTTP."""
    ends = [
        part.answer.step.index if part.answer is not None else NEVER for part in step.parts if part.kind == "request"
    ]
    end = max(ends, default=NEVER)
    return end if end != NEVER or step.direction == "from_node" else back.get((step.session, step.exchange), NEVER)


def _inversions(lane: list[_Item], knots: _Knots) -> None:
    """Note which items came the other way round, and how many each has overtaken; there may be very many."""
    places = sorted(item.live for item in lane)
    rank = {live: at for at, live in enumerate(places)}
    _count_earlier(lane, rank, knots)
    _count_later(lane, rank, knots)
    ending = sorted(lane, key=lambda item: item.end)
    ended: list[tuple[int, int]] = []  # live places that lead, the last first, of those that were answered
    begun: list[tuple[int, int]] = []  # and of all that have begun
    at = 0
    for item in lane:
        while ending[at].end < item.start:
            heapq.heappush(ended, (-ending[at].live, ending[at].start))
            at += 1
        _join(item, begun if item.strict else ended, knots)
        heapq.heappush(begun, (-item.live, item.start))


def _join(item: _Item, led: list[tuple[int, int]], knots: _Knots) -> None:
    """Join an item with those before it that came later; the one that leads most stays to stand for them."""
    leading = led[0] if led else None
    while led and -led[0][0] > item.live:
        knots.join(heapq.heappop(led)[1], item.start)
    if leading is not None and leading not in led[:1]:
        heapq.heappush(led, leading)


class _Tally:
    """Counts ranks, and says how many are below one (a Fenwick tree)."""

    def __init__(self, size: int) -> None:
        self._sums = [0] * (size + 1)
        self.total = 0

    def add(self, rank: int) -> None:
        self.total += 1
        at = rank + 1
        while at < len(self._sums):
            self._sums[at] += 1
            at += at & -at

    def below(self, rank: int) -> int:
        found, at = 0, rank
        while at:
            found += self._sums[at]
            at -= at & -at
        return found


def _count_earlier(lane: list[_Item], rank: dict[int, int], knots: _Knots) -> None:
    """How many of those that an item depends on came after it."""
    ending = sorted(lane, key=lambda item: item.end)
    ended, begun = _Tally(len(lane)), _Tally(len(lane))
    at = 0
    for item in lane:
        while ending[at].end < item.start:
            ended.add(rank[ending[at].live])
            at += 1
        seen = begun if item.strict else ended
        if above := seen.total - seen.below(rank[item.live]):
            knots.counts[item.start] += above
        begun.add(rank[item.live])


def _count_later(lane: list[_Item], rank: dict[int, int], knots: _Knots) -> None:
    """How many of those that depend on an item came before it."""
    every, strict = _Tally(len(lane)), _Tally(len(lane))
    asked = [(item.end, item, every, 1) for item in lane]
    for item in lane:
        if not item.strict:  # those that keep their place depend on it though it was not answered
            asked += [(item.start, item, strict, 1), (item.end, item, strict, -1)]
    counts: Counter[int] = Counter()
    at = len(lane) - 1
    for after, item, tally, sign in sorted(asked, key=lambda one: -one[0]):
        while at >= 0 and lane[at].start > after:
            every.add(rank[lane[at].live])
            if lane[at].strict:
                strict.add(rank[lane[at].live])
            at -= 1
        counts[item.start] += sign * tally.below(rank[item.live])
    knots.counts.update({start: count for start, count in counts.items() if count})


def _edges(script: Script, matched: dict[int, Pair], row: Row) -> Iterator[Edge]:
    """What else each step depends on, of the steps that came."""
    carriers: dict[Hashable, dict[tuple[int, Direction], int]] = {}
    ended: dict[str, int] = {}
    for step in script.steps:
        causes: set[int] = set()
        for item in step.carries:
            seen = carriers.setdefault(item, {})
            causes |= {index for (session, direction), index in seen.items() if _caused(step, session, direction)}
            seen[step.session, step.direction] = step.index
        causes.update(part.request.step.index for part in step.parts if part.request is not None)
        causes.update(part.caused_by.step.index for part in step.parts if part.caused_by is not None)
        party = script.parties.get(step.session, "")
        if step.kind == "open" and party in ended:
            causes.add(ended[party])
        elif step.kind == "close":
            ended[party] = step.index
        if causes and step.index in matched and row(step) is not None:
            yield from ((cause, step.index) for cause in causes if cause in matched)


def _caused(step: Step, session: int, direction: Direction) -> bool:
    """Whether a step can be caused by one that carries the same: the node passes on, a party answers its own node."""
    return direction != step.direction and (step.direction == "from_node" or session == step.session)
