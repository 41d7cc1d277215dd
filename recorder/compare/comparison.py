"""The comparison itself: pair sessions, align frames, decide what stands for what, find what differs.

Rule: where several ways to align are possible, the one with the fewest findings is the truth.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from recorder.compare.alignment import Aligned, Pair, align
from recorder.compare.details import Scripts, differences, follows_from_size, same_transactions
from recorder.compare.order import out_of_order
from recorder.compare.pairing import by_session, pair_sessions
from recorder.compare.rules import NO_RULES, Rules
from recorder.compare.shapes import Numbers, Shapes
from recorder.compare.terms import Comparison, Decision, Detail, Finding, Kind
from recorder.compare.voting import Settled, Votes
from recorder.model import ARROWS, Frame
from recorder.replay import Script, Step
from recorder.replay.script import label_of

WAYS: tuple[tuple[Numbers, bool], ...] = (("counted", False), ("blank", False), ("blank", True))
"""What shapes keep of numbers, and whether what the chain causes is aligned by itself; tried until nothing differs."""

LIKE = 2
"""Steps of different names are the same, changed, if no more than one in so many of their values differs."""


def compare(recorded: Script, live: Script, rules: Rules = NO_RULES, *, streams: bool = False) -> Comparison:
    """Compare a capture with a recorded one.

    Args:
        recorded: the script of the recorded capture.
        live: the script of the other.
        rules: what may differ.
        streams: whether pushes that the chain causes may come at any time, only their own order told; as it is
            between two runs of a live node.
    """
    found: list[Comparison] = []
    for numbers, apart in WAYS if streams else WAYS[:-1]:
        found.append(_Comparing(Scripts(recorded, live), rules, numbers, streams=streams, apart=apart).outcome())
        if found[-1].same:
            break
    return min(found, key=lambda one: sum(1 + finding.more for finding in one.findings))


class _Comparing:
    def __init__(self, scripts: Scripts, rules: Rules, numbers: Numbers, *, streams: bool, apart: bool) -> None:
        self._scripts, self._rules, self._streams, self._apart = scripts, rules, streams, apart
        shapes = Shapes(numbers)
        self._shapes = shapes.of(scripts.recorded), shapes.of(scripts.live)
        self._paired = pair_sessions(*scripts)
        self._findings: list[tuple[float, Finding]] = []
        self._decisions: dict[Decision, None] = {}
        self._carried: set[tuple[bytes, bytes, str]] = set()

    def outcome(self) -> Comparison:
        aligned = self._align()
        aligned.pairs.sort(key=lambda pair: pair.recorded.index)
        bindings = self._vote(aligned.pairs)
        for pair in aligned.pairs:
            self._changed(pair, bindings)
        missing = self._waited_for(aligned.missing, self._scripts.recorded)
        for step, more in _tails(missing, (pair.recorded for pair in aligned.pairs)):
            self._find("missing", step, None, more=more)
        extra = self._waited_for(aligned.extra, self._scripts.live)
        for step, more in _tails(extra, (pair.live for pair in aligned.pairs)):
            self._extra(step, aligned, more)
        self._sessions()
        self._order(aligned.pairs)
        for kind, recorded, live in bindings.changed():
            self._decide("bound", f"{kind}: {recorded} recorded, {live} stands for it")
        frames: dict[str, int] = {}
        for step in self._scripts.recorded.steps:
            frames[step.scenario] = frames.get(step.scenario, 0) + (step.kind == "frame")
        findings = [finding for _place, finding in sorted(self._findings, key=lambda one: one[0])]
        return Comparison(frames, tuple(findings), tuple(self._decisions))

    def _align(self) -> Aligned:
        total = Aligned([], [], [])
        ours, theirs = by_session(self._scripts.recorded), by_session(self._scripts.live)
        for one, other in self._paired.pairs:
            left = [step for step in ours[one] if not self._ignored(step, self._scripts.recorded)]
            right = [step for step in theirs[other] if not self._ignored(step, self._scripts.live)]
            part = align(left, right, self._shapes, self._cost, self._stream if self._apart else lambda _step: None)
            total.pairs.extend(part.pairs)
            total.missing.extend(part.missing)
            total.extra.extend(part.extra)
        return total

    def _ignored(self, step: Step, script: Script) -> bool:
        if isinstance(step.event, Frame) and step.event.bodiless:
            return True  # a transcript and older captures do not tell that there was an answer
        rule = self._rules.ignoring(_names(step))
        if rule is not None:
            self._decide("rule", f"{script.file}:{step.line} {step.name}: ignored ({rule.source})")
        return rule is not None

    def _cost(self, one: Step, other: Step) -> int | None:
        found = len(differences(self._scripts, one, other, Votes()))
        if one.kind != "frame" or self._label(one) == self._label(other):
            return found
        return found + 1 if found * LIKE <= max(leaves(one.message), leaves(other.message)) else None

    def _label(self, step: Step) -> str:
        return label_of(step.message, self._scripts.recorded.profile.telling) if step.kind == "frame" else step.name

    def _vote(self, pairs: list[Pair]) -> Settled:
        votes = Votes()
        for pair in pairs:
            differences(self._scripts, pair.recorded, pair.live, votes)
            votes.count(clean=pair.clean)
        return votes.settled(self._scripts.recorded.profile.volatile.counters)

    def _changed(self, pair: Pair, bindings: Settled) -> None:
        one, other = pair.recorded, pair.live
        details = differences(self._scripts, one, other, bindings)
        where = f"{self._scripts.recorded.file}:{one.line}"
        for item in follows_from_size(one, other, details):
            details.remove(item)
            self._decide("fee", f"{where} {item.path}: {item.recorded} recorded, {item.live} came: another size")
        for item in list(details):
            if rule := self._rules.allowing(_names(one), item):
                details.remove(item)
                self._decide("rule", f"{where} {item.path}: let pass ({rule.source}, {rule.passes})")
        if details := self._once(one, other, details):
            self._find("changed", one, other, details=tuple(details))

    def _once(self, one: Step, other: Step, details: list[Detail]) -> list[Detail]:
        """The differences without those of a transaction that have been found in an earlier frame."""
        inside = same_transactions(one, other, details)
        kept = [item for item in details if inside.get(item.path) not in self._carried]
        for item in details:
            if item not in kept:
                where = f"{self._scripts.recorded.file}:{one.line}"
                self._decide("carried", f"{where} {item.path} differs in a transaction that has been reported")
        self._carried.update(inside.values())
        return kept

    def _waited_for(self, steps: list[Step], script: Script) -> Iterator[Step]:
        """The steps without pings, of which a run has any number, and as many answers to them."""
        pings = Counter(step.session for step in steps if step.keeps_alive and step.direction == "to_node")
        answers = Counter[int]()
        for step in steps:
            answers[step.session] += step.keeps_alive and step.direction == "from_node"
            if step.keeps_alive and answers[step.session] <= pings[step.session]:
                self._decide("ping", f"{script.file}:{step.line} {step.name}: how many there are depends on a clock")
            else:
                yield step

    def _extra(self, step: Step, aligned: Aligned, more: int) -> None:
        recorded = {other: one for one, other in self._paired.pairs}[step.session]
        if step.kind == "close" and not any(
            one.kind == "close" and one.session == recorded
            for one in [*aligned.missing, *(pair.recorded for pair in aligned.pairs)]
        ):
            where = f"{self._scripts.live.file}:{step.line}"
            self._decide("end", f"{where}: how the session ended was not recorded, so it may end in any way")
        else:
            self._find("extra", None, step, more=more)

    def _sessions(self) -> None:
        """Sessions that have no other: one finding each, whatever was said in them."""
        ours, theirs = map(by_session, self._scripts)
        for session in self._paired.missing:
            self._find("missing", ours[session][0], None, whole=True)
        for session in self._paired.extra:
            self._find("extra", None, theirs[session][0], whole=True)

    def _order(self, pairs: list[Pair]) -> None:
        for pair, other, more in out_of_order(self._scripts.recorded, pairs, self._stream):
            late = pair.recorded.index < other.index
            than = f"{'before' if late else 'after'} {self._scripts.recorded.file}:{other.line} {self._label(other)}"
            than += f" ({more} more with it)" if more else ""
            self._find("order", pair.recorded, pair.live, than=than)

    def _stream(self, step: Step) -> str | None:
        if step.keeps_alive or self._rules.freeing(_names(step)) is not None:
            return None
        return self._scripts.recorded.profile.stream(self._label(step)) if self._streams else ""

    def _find(
        self,
        kind: Kind,
        one: Step | None,
        other: Step | None,
        *,
        details: tuple[Detail, ...] = (),
        than: str = "",
        whole: bool = False,
        more: int = 0,
    ) -> None:
        script, step = (self._scripts.recorded, one) if one is not None else (self._scripts.live, other)
        assert step is not None
        name = self._label(step)
        finding = Finding(
            kind,
            step.scenario,
            script.parties.get(step.session, ""),
            f"a whole session ({name} first)" if whole else name,
            ARROWS[step.direction] if step.kind == "frame" and not whole else "",
            f"{self._scripts.recorded.file}:{one.line}" if one is not None else "",
            f"{self._scripts.live.file}:{other.line}" if other is not None else "",
            details,
            than,
            more,
        )
        self._findings.append((step.index, finding))

    def _decide(self, what: str, text: str) -> None:
        self._decisions[Decision(what, text)] = None


def _tails(steps: Iterable[Step], came: Iterable[Step]) -> Iterator[tuple[Step, int]]:
    """Steps without another, each with how many more follow it.

    After the last frame of a session that has another, nothing of a scenario has: that went wrong once.
    """
    last: dict[int, int] = {}
    for step in came:
        if step.kind == "frame":
            last[step.session] = max(step.index, last.get(step.session, -1))
    tails: dict[tuple[int, str], list[Step]] = {}
    for step in sorted(steps, key=lambda one: one.index):
        if step.kind == "frame" and step.index > last.get(step.session, -1):
            tails.setdefault((step.session, step.scenario), []).append(step)
        else:
            yield step, 0
    yield from ((first, len(others)) for first, *others in tails.values())


def _names(step: Step) -> tuple[str, ...]:
    """What a rule may call a step."""
    return (step.name, *step.methods)


def leaves(value: Any) -> int:
    """How many values a JSON value holds."""
    if isinstance(value, dict):
        return sum(leaves(item) for item in value.values())
    return sum(leaves(item) for item in value) if isinstance(value, list) else 1
