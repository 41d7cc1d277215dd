"""The differences of two steps, and the values that would have to be bound to each other.

Rule: comparing two steps binds nothing. All pairs together decide the bindings (`Votes`): the majority of frames decides,
not the first one, so that a single wrong value is found at its place, and nowhere else.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from recorder.bindings import Bindings, Comparator, Kinds
from recorder.bindings.bindings import Key
from recorder.difference import Difference, Path
from recorder.model import UNRECORDED, Closed, Frame, Opened
from recorder.profiles.parts import Comparison
from recorder.rules import Rules
from recorder.timeline import Part, Script, Step, urls
from recorder.timeline.exchanges import bare, id_key
from recorder.timeline.handed_out import HANDED, opaque, scalars

CLEAN = 2
"""The weight of a frame that differs in nothing but what is bound; of others, 1."""


class Scripts(NamedTuple):
    """The capture that was recorded, and the one that is compared with it."""

    recorded: Script
    live: Script


class Binding(NamedTuple):
    """Two values of which the live one would stand for the recorded one.

    Args:
        kind: under which they are bound.
        difference: of both, where another value does.
        at: how many differences stand before it in its step.
        written: makes of a value what is written in this place, where that is another form of it.
    """

    kind: str
    difference: Difference
    at: int = 0
    written: Callable[[Any], Any] | None = None

    @property
    def key(self) -> tuple[str, Any, Any]:
        """Its kind, its recorded and its live value."""
        return self.kind, self.difference.recorded, self.difference.live

    def instead_of(self, expected: Any) -> Difference:
        """The difference, where another value should have come."""
        if self.written is None:
            return self.difference._replace(recorded=expected)
        return self.difference._replace(recorded=self.written(expected), live=self.written(self.difference.live))


@dataclass
class Found:
    """What there is to say of two steps.

    Args:
        differences: whatever stands for what.
        bound: where values must stand for each other.
        asked: whether it depends on what stands for what elsewhere.
    """

    differences: list[Difference] = field(default_factory=list)
    bound: list[Binding] = field(default_factory=list)
    asked: bool = False

    def add(self, other: Found, member: int) -> None:
        """Add what was found in a member of a batch."""
        known = len(self.differences)
        self.asked |= other.asked
        self.differences += [_in_member(one, member) for one in other.differences]
        self.bound += [
            one._replace(difference=_in_member(one.difference, member), at=known + one.at) for one in other.bound
        ]

    def under(self, settled: Settled, pair: int) -> list[Difference]:
        """All differences where it is decided what stands for what.

        Args:
            settled: what stands for what.
            pair: the number of the pair that this was found of.
        """
        jumps = {key: jump.expected for key, jump in settled.jumps.items() if jump.pair == pair}
        found: list[Difference] = []
        done = 0
        for one in self.bound:
            key = one.kind, one.difference.recorded
            expected = settled.live.get(key, one.difference.recorded)
            if expected == one.difference.live:
                if key not in jumps:
                    continue
                expected = jumps.pop(key)  # a jump is reported once, although the value may be there several times
            found += [*self.differences[done : one.at], one.instead_of(expected)]
            done = max(done, one.at)
        return [*found, *self.differences[done:]]


def _in_member(difference: Difference, member: int) -> Difference:
    return difference._replace(
        path=(member, *difference.path), inside=difference.inside + 1 if difference.inside else 0
    )


class _Known(Bindings):
    """What stands for what, as far as it is decided: any two values fit, for what is met here is noted elsewhere."""

    def __init__(self, live: Mapping[Key, Any], by_content: frozenset[str]) -> None:
        super().__init__()
        self._decided, self._by_content = live, by_content
        self.asked = False

    def get(self, kind: str, recorded: Any) -> Any:
        if kind in self._by_content:
            return None
        self.asked = True
        return self._decided.get((kind, recorded))

    def bind(self, _kind: str, _recorded: Any, _live: Any) -> Any:
        return None


class _Looking(Comparator):
    """Compares, and notes what it would bind."""

    def __init__(self, kinds: Kinds, method: str, live: Mapping[Key, Any], found: Found) -> None:
        self._by_content = kinds.profile.by_content
        self.known = _Known(live, self._by_content)
        super().__init__(self.known, kinds, method)
        self.differences, self._bound = found.differences, found.bound

    def bind(
        self, kind: str, recorded: Any, live: Any, path: Path, written: Callable[[Any], Any] | None = None
    ) -> None:
        if kind not in self._by_content:
            expected = Difference(path, "bound", recorded, live, self._outside, self._type)
            self._bound.append(Binding(kind, expected, len(self.differences), written))


class Differences:
    """Finds what there is to say of two steps.

    Args:
        scripts: both captures.
        rules: which values are bound besides those that are by themselves.

    Attributes:
        partners: the live message of each recorded one, as far as it is known.
        decided: the live value of each recorded one, as far as it is decided: what a protocol compares by them.
    """

    def __init__(self, scripts: Scripts, rules: Rules) -> None:
        self._scripts, self._kinds = scripts, kinds_of(scripts.recorded, rules)
        self._comparisons = {
            profile.name: profile.comparison(*(script.identities_of(profile) for script in scripts))
            for profile in scripts.recorded.protocols
        }
        self.partners: dict[Part, Part] = {}
        self.decided: Mapping[Key, Any] = {}

    def at(self, one: Step, other: Step) -> Found:
        """All that there is to say of a recorded and a live step."""
        found = Found()
        if isinstance(one.event, Opened) and isinstance(other.event, Opened):
            self._urls(one, other, found)
            found.differences += _agreed(one.event, other.event)
        elif isinstance(one.event, Closed) and isinstance(other.event, Closed):
            parted = one.session in self._scripts.recorded.parted and other.session in self._scripts.live.parted
            found.differences += [] if parted else _closings(one.event, other.event)
        elif self._is_copy(one, other):
            found.bound += self._copied(one)
        elif isinstance(one.event, Frame) and isinstance(other.event, Frame):
            found.differences += _transport(one.event, other.event)
            if not (one.bodiless and other.bodiless) and not (one.endpoint and other.endpoint):
                self._frames(one, other, found)
        return found

    def protocol(self, step: Step) -> Comparison:
        """What a recorded step's protocol has to say."""
        return self._comparisons[step.profile.name]

    def _is_copy(self, one: Step, other: Step) -> bool:
        """Whether two frames are the same byte for byte, as very many are: nothing differs in them."""
        ours, theirs = one.event, other.event
        return (
            isinstance(ours, Frame)
            and isinstance(theirs, Frame)
            and self._kinds[one.profile.name].letters is not None
            and ours.payload == theirs.payload
            and not _transport(ours, theirs)
            and all(map(self._fits, one.parts, other.parts))
        )

    def _fits(self, ours: Part, theirs: Part) -> bool:
        """Whether two messages answer the same, or nothing."""
        asked = _asked(ours)
        return (None if asked is None else self.partners.get(asked)) is _asked(theirs)

    def _copied(self, step: Step) -> list[Binding]:
        """What is bound in a frame that came just as it was recorded."""
        letters = self._kinds[step.profile.name].letters
        if not letters:
            return []
        found = ((path, value) for path, value in scalars(step.message) if value in letters)
        return [Binding(HANDED, Difference(path, "bound", value, value)) for path, value in found]

    def _urls(self, one: Step, other: Step, found: Found) -> None:
        assert isinstance(one.event, Opened)
        assert isinstance(other.event, Opened)
        ours, theirs = one.event.url, other.event.url
        if not ours or not theirs:  # it was open before the capture began
            return
        if urls.path(ours) != urls.path(theirs):
            self._paths(urls.path(ours), urls.path(theirs), one, found)
        recorded, live = ({"url": urls.compared(urls.query(url))} for url in (ours, theirs))
        self._values(one, recorded, live, "", found)

    def _paths(self, ours: str, theirs: str, step: Step, found: Found) -> None:
        """What is opaque in an address was handed out with it, before anybody asked there."""
        recorded, live = ours.split("/"), theirs.split("/")
        kinds = self._kinds[step.profile.name]
        changed = [pair for pair in zip(recorded, live, strict=False) if pair[0] != pair[1]]
        if len(recorded) == len(live) and all(
            (opaque(one) or kinds.of("", ("path",), one)) and opaque(other) for one, other in changed
        ):
            found.bound += [Binding(HANDED, Difference(("path",), "bound", *pair)) for pair in changed]
        else:
            found.differences.append(Difference(("path",), "value", ours, theirs))

    def _frames(self, one: Step, other: Step, found: Found) -> None:
        recorded, live = content(one), content(other)
        if recorded and live and isinstance(recorded, list) and isinstance(live, list):
            self._batches(one, other, (recorded, live), found)
            return
        method = one.parts[0].method if len(one.parts) == 1 else ""
        if len(one.parts) == len(other.parts) == 1 and isinstance(live, dict):
            found.differences += self._ids(one.parts[0], other.parts[0], recorded, live)
        self._values(one, bare(recorded), bare(live), method, found)

    def _batches(self, one: Step, other: Step, values: tuple[list[Any], list[Any]], found: Found) -> None:
        recorded, live = values
        for at, there in members(one, other, self.partners):
            if there is None:
                assert at is not None
                found.differences.append(Difference((at,), "missing", recorded[at], None))
            elif at is None:
                found.differences.append(Difference((there,), "added", None, live[there]))
            else:
                ours, theirs = one.parts[at], other.parts[there]
                part = Found(self._ids(ours, theirs, recorded[at], live[there]))
                self._values(one, bare(recorded[at]), bare(live[there]), ours.method, part)
                found.add(part, member=at)

    def _values(self, step: Step, recorded: Any, live: Any, method: str, found: Found) -> None:
        """Find what there is to say of two messages, or of the parameters of two URLs."""
        looking = _Looking(self._kinds[step.profile.name], method, self.decided, found)
        looking.value(recorded, live, ())
        found.asked |= looking.known.asked
        found.differences += self.protocol(step).further(recorded, live)

    def _ids(self, ours: Part, theirs: Part, recorded: Any, live: Any) -> list[Difference]:
        """Ids are whatever the end that asks makes them; an answer has that of its request."""
        if not (isinstance(recorded, dict) and isinstance(live, dict)):
            return []
        one, other = recorded.get("id"), live.get("id")
        if one is None or other is None:
            if one is other and ("id" in recorded) == ("id" in live):
                return []
            rule = "added" if "id" not in recorded else "missing" if "id" not in live else "value"
            return [Difference(("id",), rule, one, other)]
        request = _asked(ours)
        asked = self.partners.get(request) if request is not None else None
        if request is None or asked is None or not (isinstance(request.value, dict) and isinstance(asked.value, dict)):
            return []
        expected = asked.value.get("id")
        if asked is _asked(theirs):  # over HTTP also one with another id answers the request of its exchange
            right = [
                id_key(given) == id_key(wanted) for given, wanted in ((one, request.value.get("id")), (other, expected))
            ]
            if right[0] is right[1]:
                return []
            expected = expected if right[0] else one
        return [] if expected == other else [Difference(("id",), "bound", expected, other)]


def _agreed(one: Opened, other: Opened) -> list[Difference]:
    """The subprotocol, where both openings are known to have one or none: only a recorder tells when it was asked for."""
    known = all(event.subprotocol or event.asked for event in (one, other))
    if not known or one.subprotocol == other.subprotocol:
        return []
    return [Difference(("subprotocol",), "value", one.subprotocol, other.subprotocol)]


def _transport(one: Frame, other: Frame) -> list[Difference]:
    """How two frames differ in how they came. A frame without a time was written down by who did not tell its opcode."""
    if one.exchange and other.exchange:
        return [Difference(("status",), "value", one.status, other.status)] if one.status != other.status else []
    if one.opcode != other.opcode and one.time and other.time:
        return [Difference(("opcode",), "value", one.opcode, other.opcode)]
    return []


def _asked(part: Part) -> Part | None:
    """The request that a message answers, for the first time or again."""
    return part.request or part.subscribed


def members(one: Step, other: Step, partners: Mapping[Part, Part]) -> Iterator[tuple[int | None, int | None]]:
    """Which members of two batches are each other's, by place: as they ask, or as what they answer does; else in order.

    Args:
        one: the recorded batch.
        other: the live one.
        partners: the live message of each recorded one that is known.
    """
    left = dict.fromkeys(range(len(other.parts)))
    places = {part: at for at, part in enumerate(other.parts)}
    answered = {part.request: at for at, part in enumerate(other.parts) if part.request is not None}
    found: dict[int, int] = {}
    for at, part in enumerate(one.parts):
        partner = partners.get(part.request or part)
        there = None if partner is None else (answered if part.request is not None else places).get(partner)
        if there in left:
            found[at] = there
            del left[there]
    rest = iter(list(left))
    for at in range(len(one.parts)):
        if at in found:
            yield at, found[at]
        else:
            yield at, next(rest, None)
    yield from ((None, there) for there in rest)


def content(step: Step) -> Any:
    """What a step says: a frame's JSON value, or its bytes; an opening's parameters."""
    event = step.event
    if isinstance(event, Opened):
        return {"url": urls.query(event.url)}
    if isinstance(event, Closed):
        return None
    message = step.message
    return event.payload if message is None else message


def in_member(step: Step, item: Difference) -> Difference:
    """A difference as one of the message of a batch that it is in; as it is, where it is in none."""
    if len(step.parts) > 1 and item.path and isinstance(item.path[0], int):
        return item._replace(path=item.path[1:], inside=max(item.inside - 1, 0))
    return item


def kinds_of(script: Script, rules: Rules) -> dict[str, Kinds]:
    """Which values of a capture are bound, by protocol."""
    return {profile.name: Kinds(profile, script.handed, rules.binding) for profile in script.protocols}


def _closings(one: Closed, other: Closed) -> Iterator[Difference]:
    if UNRECORDED in {one.code, other.code}:
        return  # one of the two is of a transcript, which tells no more than that it was closed
    for name in ("code", "reason", "by"):
        ours, theirs = getattr(one, name), getattr(other, name)
        if ours != theirs:
            yield Difference((name,), "value", ours, theirs)


class Votes:
    """Counts, pair by pair, which live value stands in the place of a recorded one."""

    def __init__(self) -> None:
        self._counts: dict[tuple[str, Any, Any], int] = {}
        self._pairs: dict[tuple[str, Any, Any], list[int]] = {}

    def count(self, pair: int, found: Found) -> None:
        """Count what was found of a pair; it has one vote, however often a value stands in it."""
        weight = 1 if found.differences else CLEAN
        for key in {one.key for one in found.bound}:
            self._counts[key] = self._counts.get(key, 0) + weight
            self._pairs.setdefault(key, []).append(pair)

    def settled(self, script: Script) -> Settled:
        """The outcome: a recorded value's live one has the most votes; the same value wins a tie.

        Args:
            script: the recorded capture, whose protocols say what may stand for what.
        """
        one_to_one = frozenset[str]().union(*(profile.one_to_one for profile in script.protocols))
        counters = frozenset[str]().union(*(profile.counters for profile in script.protocols))
        live: dict[Key, Any] = {}
        taken: set[Key] = set()
        ranked = sorted(self._counts.items(), key=lambda one: (-one[1], one[0][1] != one[0][2]))
        wrong: set[int] = set()
        for (kind, recorded, other), _votes in ranked:
            single = kind in one_to_one or kind.startswith(HANDED)
            if (kind, recorded) not in live and not (single and (kind, other) in taken):
                live[kind, recorded] = other
                taken.add((kind, other))
            elif live.get((kind, recorded)) != other:
                wrong.update(self._pairs[kind, recorded, other])
        jumps = {}
        for (kind, recorded), expected in _jumps(live, counters).items():
            jumps[kind, recorded] = Jump(expected, min(self._pairs[kind, recorded, live[kind, recorded]]))
        return Settled(live, frozenset(wrong), jumps)


class Jump(NamedTuple):
    """Where a counter leaves its row.

    Args:
        expected: what it would be in the row.
        pair: the pair of steps in which it does.
    """

    expected: int
    pair: int


@dataclass(frozen=True)
class Settled:
    """What stands for what.

    Args:
        live: the live value of each recorded one.
        wrong: the pairs in which another value stands somewhere.
        jumps: recorded values of counters whose live ones leave the row.
    """

    live: Mapping[Key, Any]
    wrong: frozenset[int] = frozenset()
    jumps: Mapping[Key, Jump] = field(default_factory=dict)

    @property
    def changed(self) -> Iterator[tuple[str, Any, Any]]:
        """Kind, recorded and live value, where they differ."""
        return ((kind, recorded, live) for (kind, recorded), live in self.live.items() if recorded != live)


def _jumps(live: Mapping[Key, Any], counters: frozenset[str]) -> dict[Key, int]:
    """Counters may begin anywhere, but then count as recorded: where one does not, and what it should have been."""
    found: dict[Key, int] = {}
    for kind in {kind for kind, _value in live} & counters:
        rows = sorted((value, live[kind, value]) for one, value in live if one == kind)
        for (before, live_before), (value, other) in itertools.pairwise(rows):
            if other - value != live_before - before:
                found[kind, value] = value + live_before - before
    return found
