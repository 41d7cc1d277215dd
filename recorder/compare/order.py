"""Which steps depend on which, and which of them came in another order.

Rule: only dependent steps have an order. A request comes after those whose answers its end had seen before; what was in
flight together, in one of the captures, was concurrent, and the threads of a session are. A notification keeps its place
among what its end says over a WebSocket, and a push among the pushes of its row that are about the same things; an answer
needs its request alone. In a protocol that goes in lockstep, all that an end says in a session has an order.
"""

from __future__ import annotations

import heapq
import itertools
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from recorder.bindings import Kinds
from recorder.compare.groups import Groups
from recorder.compare.steps import asks
from recorder.jsonrpc import ANSWERS
from recorder.model import Direction
from recorder.timeline import Script, Step

Pair = tuple[Step, Step]
"""A recorded step and the live one that it is."""

Edge = tuple[int, int]
"""Recorded steps by index, the second of which depends on the first."""

Row = Callable[[Step], Hashable | None]
"""Of a frame, the row of its session and direction in which it has its place; None where it has none."""

Subject = frozenset[tuple[str, Any]]
"""Kinds and values: the things that a push is about, such as a job or a subscription, or the call that it answers again."""

Turned = Callable[[int, int], bool]
"""Whether two recorded steps, by index, are in another order because of what had brought them."""

NEVER = float("inf")

MANY = 1000
"""Most steps in another order that are looked at pair by pair; where there are more, it is one finding in any case."""


def _never(_one: int, _other: int) -> bool:
    return False


class _Item(NamedTuple):
    """A step among those of its lane.

    Args:
        start: its place in the recorded capture.
        end: where it was answered there; what came after that depends on it.
        strict: whether it has its place among all others, answered or not.
        live: its place in the live capture.
        over: where it was answered there; its own place where it was not.
    """

    start: int
    end: float
    strict: bool
    live: int
    over: int

    def overtaken(self, other: _Item) -> bool:
        """Whether the other was after it, and is before it now; who overlaps in one of the captures has no order."""
        if self.strict or other.strict:
            return self.start < other.start and other.live < self.live
        return self.end < other.start and other.over < self.live

    @property
    def place(self) -> _Item:
        """As if it had its place among all others."""
        return self._replace(end=self.start, over=self.live)


@dataclass
class _Knots:
    """Groups of steps that are in another order; each group is one deviation."""

    counts: Counter[int] = field(default_factory=Counter)
    _groups: Groups[int] = field(default_factory=Groups)

    def join(self, one: int, other: int) -> None:
        """Two steps are in another order."""
        self._groups.join(one, other)

    def __iter__(self) -> Iterator[list[int]]:
        groups: dict[int, list[int]] = {}
        for step in sorted(self.counts):
            groups.setdefault(self._groups.leader(step), []).append(step)
        return iter(groups.values())


def by_subject(scripts: tuple[Script, Script], pairs: Sequence[Pair], kinds: Mapping[str, Kinds], row: Row) -> Row:
    """Rows in which pushes have their places only among those about the same things.

    One that may be of any of several calls has none.

    Args:
        scripts: what was recorded, and what came.
        pairs: recorded and live steps.
        kinds: which recorded values are bound, by the name of the protocol.
        row: the row of a step, whatever it is about.
    """
    about = _subjects(scripts[0], kinds)
    amid, amid_live = map(_amid_calls, scripts)
    free = {one.index for one, live in pairs if one.index in amid or live.index in amid_live} - about.keys()

    def own(step: Step) -> Hashable | None:
        place = row(step)
        if place is None or (step.index in free and may_be_apart(step)):
            return None
        return place, about.get(step.index)

    return own


def may_be_apart(step: Step) -> bool:
    """Whether its protocol does not say itself which pushes have an order."""
    return step.profile.in_one_row and not step.profile.lockstep


def _subjects(script: Script, kinds: Mapping[str, Kinds]) -> dict[int, Subject]:
    """What each push is about, by its index: the bound values in it that a call of any session, or its answer, has brought.

    What happens to one thing has an order; to two things it happens at the same time. A push may come to whoever listens,
    also before the answer comes to whoever has asked. A further result of a call is about that call, too.
    """
    brought: set[tuple[str, Any]] = set()
    said: dict[int, set[tuple[str, Any]]] = {}
    for step in filter(may_be_apart, script.steps):
        for part in step.parts:
            bound = kinds[step.profile.name].bound(part.method, part.value)
            if step.direction == "to_node" or part.request is not None:
                brought.update(bound)
            else:
                further = [("call", part.subscribed)] if part.subscribed is not None else []
                brought.update(further)
                said.setdefault(step.index, set()).update(bound, further)
    return {index: frozenset(about) for index, bound in said.items() if (about := bound & brought)}


def _amid_calls(script: Script) -> set[int]:
    """The pushes that came while several calls of their session were open, by index: nothing tells of which they are."""
    open_: dict[int, set[int]] = {}
    found: set[int] = set()
    for step in script.steps:
        calls = open_.setdefault(step.session, set())
        if step.direction == "to_node":
            calls.update(id(part) for part in step.parts if part.kind == "request" and part.answer is not None)
        elif len(calls) > 1 and not step.exchange and asks(step):
            found.add(step.index)
        calls.difference_update(map(id, step.answers))
    return found


def out_of_order(
    script: Script, pairs: Sequence[Pair], row: Row, turned: Turned = _never
) -> list[tuple[Pair, Step, int]]:
    """Pairs whose live step came too early or too late.

    Each with a step that it should have come after or before, and how many more have come in another order with it.

    Args:
        script: what was recorded.
        pairs: recorded and live steps, all sessions together.
        row: of a push, the row in which it has its place.
        turned: which of those in a lane may be in another order.
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
    for group in knots:
        many = len(group) > MANY
        apart = _Apart(lane_of, edges, _never if many else turned)
        for knot, counts in [(group, knots.counts)] if many else apart.knots(group):
            worst = max(knot, key=lambda index: (counts[index], index))
            other = next(index for index in knot if apart.inverted(worst, index))
            found.append((by_index[worst], by_index[other][0], len(knot) - 2))
    return found


class _Apart(NamedTuple):
    """Which steps are in another order, pair by pair.

    Args:
        lane_of: of each step in a lane, the items of that lane.
        edges: of each step, those that it depends on, or that depend on it, and that came the other way round.
        turned: which may be in another order, of those in a lane.
    """

    lane_of: Mapping[int, Mapping[int, _Item]]
    edges: Mapping[int, Collection[int]]
    turned: Turned

    def inverted(self, one: int, other: int) -> bool:
        """Whether two steps should have come the other way round."""
        if other in self.edges.get(one, ()):
            return True
        items = self.lane_of.get(one, {})
        return other in items and _inverted(items[one], items[other]) and not self.turned(*sorted((one, other)))

    def knots(self, group: Sequence[int]) -> Iterator[tuple[list[int], Counter[int]]]:
        """Those of a group that belong together, each with how often its steps are in another order."""
        left = _Knots()
        for one, other in itertools.combinations(group, 2):
            if self.inverted(one, other):
                left.counts.update((one, other))
                left.join(one, other)
        yield from ((knot, left.counts) for knot in left)


def _inverted(one: _Item, other: _Item) -> bool:
    return one.overtaken(other) or other.overtaken(one)


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
        if step.profile.lockstep and not _answers_by_id(step):
            item = _Item(index, index, strict=True, live=live.index, over=live.index)
            lanes.setdefault((step.session, step.direction, own), []).append(item)
        elif asks(step):
            asked = any(part.kind == "request" for part in step.parts)
            over_http = step.direction == "to_node" and step.exchange
            strict = not asked and not over_http
            end = index if strict else _end(step, back)
            over = by_index[int(end)][1].index if end in by_index else live.index
            item = _Item(index, end, strict=strict, live=live.index, over=max(over, live.index))
            exchange = step.exchange if step.direction == "from_node" else 0
            lanes.setdefault((step.session, step.thread, step.direction, own, exchange), []).append(item)
    return list(lanes.values())


def _answers_by_id(step: Step) -> bool:
    """Whether a frame only answers, by ids: it needs its requests, and no place among what came of something else."""
    return all(part.kind in ANSWERS and part.request is not None for part in step.parts)


def _end(step: Step, back: dict[tuple[int, int], int]) -> float:
    """Where a request was answered; what is not JSON-RPC answers it too, in its exchange over HTTP."""
    ends = [
        part.answer.step.index if part.answer is not None else NEVER for part in step.parts if part.kind == "request"
    ]
    end = max(ends, default=NEVER)
    if end != NEVER or step.direction == "from_node":
        return end
    told = back.get((step.session, step.exchange), NEVER)
    return told if told > step.index else NEVER  # what came before it answers another


def _inversions(lane: list[_Item], knots: _Knots) -> None:
    """Note which items came the other way round, and how many each has overtaken; there may be very many."""
    free = [item for item in lane if not item.strict]
    counts = _overtaken(free)
    if len(free) < len(lane):
        counts.update(_overtaken([item.place for item in lane]))
        counts.subtract(_overtaken([item.place for item in free]))
    knots.counts.update({start: count for start, count in counts.items() if count})
    ending = sorted(free, key=lambda item: item.end)
    ended: list[tuple[int, int]] = []  # live places that lead, the last first: of those that were answered
    begun: list[tuple[int, int]] = []  # of all that have begun
    placed: list[tuple[int, int]] = []  # of those of them that have a place among all
    at = 0
    for item in lane:
        while at < len(ending) and ending[at].end < item.start:
            heapq.heappush(ended, (-ending[at].live, ending[at].start))
            at += 1
        if item.strict:
            _join(item.start, item.live, begun, knots)
            heapq.heappush(placed, (-item.live, item.start))
        else:
            _join(item.start, item.over, ended, knots)
            _join(item.start, item.live, placed, knots)
        heapq.heappush(begun, (-item.live, item.start))


def _join(start: int, live: int, led: list[tuple[int, int]], knots: _Knots) -> None:
    """Join an item with those before it that came later than this; the one that leads most stays to stand for them."""
    leading = led[0] if led else None
    while led and -led[0][0] > live:
        knots.join(heapq.heappop(led)[1], start)
    if leading is not None and leading not in led[:1]:
        heapq.heappush(led, leading)


class _Tally:
    """Counts places, and says how many are before one (a Fenwick tree).

    Args:
        places: all that may be counted.
    """

    def __init__(self, places: Iterable[int]) -> None:
        self._places = sorted(places)
        self._sums = [0] * (len(self._places) + 1)
        self.total = 0

    def add(self, place: int) -> None:
        self.total += 1
        at = bisect_left(self._places, place) + 1
        while at < len(self._sums):
            self._sums[at] += 1
            at += at & -at

    def before(self, place: int) -> int:
        found, at = 0, bisect_left(self._places, place)
        while at:
            found += self._sums[at]
            at -= at & -at
        return found


def _overtaken(items: list[_Item]) -> Counter[int]:
    """How many each item has overtaken, or was overtaken by, where all are in order of their recorded places."""
    counts: Counter[int] = Counter()
    ending = sorted(items, key=lambda item: item.end)
    ended, begun = _Tally(item.live for item in items), _Tally(item.over for item in items)
    at = 0
    for item in items:
        while ending[at].end < item.start:
            ended.add(ending[at].live)
            at += 1
        counts[item.start] += ended.total - ended.before(item.over + 1)
    at = len(items) - 1
    for item in reversed(ending):
        while at >= 0 and items[at].start > item.end:
            begun.add(items[at].over)
            at -= 1
        counts[item.start] += begun.before(item.live)
    return counts


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
