"""The comparison itself: pair sessions and steps, decide what stands for what, find what differs.

Rule: if several ways to pair are possible, the one with the fewest findings is used.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any, NamedTuple

from recorder.compare.alignment import Aligned, Likeness
from recorder.compare.differences import Differences, Scripts, Settled, Votes, content, in_member, kinds_of
from recorder.compare.findings import Comparison, Decision, Finding, Kind
from recorder.compare.news import News
from recorder.compare.of_each_run import OfEachRun
from recorder.compare.order import by_subject, out_of_order
from recorder.compare.parting import SOME, Runs, merged
from recorder.compare.polled import Polled
from recorder.compare.sessions import by_session, pair_sessions
from recorder.compare.shapes import NO_NAMES, Keeping, Shapes
from recorder.compare.steps import Pairing, Ways, logged
from recorder.compare.things import Things
from recorder.compare.threads import Threads, pair_threads
from recorder.compare.unpaired import Frames, Unpaired, tails
from recorder.difference import Difference, path_text
from recorder.model import ARROWS, Direction, Frame
from recorder.profiles.sentences import refusal
from recorder.rules import NO_RULES, Rule, Rules
from recorder.timeline import Script, Step
from recorder.timeline.followed import quoted_method
from recorder.timeline.refusals import by_node, status_of
from recorder.timeline.script import NODE

WAYS: tuple[tuple[Keeping, bool], ...] = (("origin", False), ("blank", False), ("blank", True))
"""What shapes keep of bound values, and whether pushes that something outside causes are paired by themselves; tried
until nothing differs."""

LIKE = 2
"""Steps of different names are the same, changed, if no more than one in so many of their values differs."""

WHOLE = 1000
"""Most characters of a reason."""

Pair = tuple[Step, Step]


def compare(recorded: Script, live: Script, rules: Rules = NO_RULES, *, streams: bool = False) -> Comparison:
    """Compare a capture with a recorded one.

    Args:
        recorded: the script of the recorded capture.
        live: the script of the other.
        rules: what may differ.
        streams: whether pushes with a cause outside of the session may come at any time, in their own order; as between
            two runs of a live node.
    """
    return _best(recorded, live, rules, streams=streams).parted()


class Examined(NamedTuple):
    """A comparison, and the steps that its findings are of.

    Args:
        comparison: what was found.
        steps: of each finding, the recorded step and the live one.
        pairs: the steps that were taken for the same, in the order of the recorded ones.
    """

    comparison: Comparison
    steps: tuple[tuple[Step | None, Step | None], ...]
    pairs: tuple[Pair, ...]


def examine(recorded: Script, live: Script, rules: Rules = NO_RULES, *, streams: bool = False) -> Examined:
    """Compare as `compare` does, but keep each finding with its steps."""
    return _best(recorded, live, rules, streams=streams).examined


def _best(recorded: Script, live: Script, rules: Rules, *, streams: bool) -> _Comparing:
    found: list[_Comparing] = []
    scripts = Scripts(recorded.unbatched, live.unbatched)
    threads, own = pair_threads(scripts, rules), OfEachRun(scripts)
    for keeping, apart in WAYS if streams else WAYS[:-1]:
        found.append(_Comparing(scripts, rules, threads, own, keeping, streams=streams, apart=apart))
        if not any(map(_may_follow_from_pairing, found[-1].examined.comparison.findings)):
            break
    return min(found, key=lambda one: sum(1 + finding.more for finding in one.examined.comparison.findings))


def _may_follow_from_pairing(finding: Finding) -> bool:
    """Whether another pairing might avoid a finding: not if all steps are paired and their values differ."""
    return finding.kind != "changed" or any(item.inside or item.rule == "bound" for item in finding.details)


class _Comparing:
    def __init__(
        self,
        scripts: Scripts,
        rules: Rules,
        threads: Threads,
        own: OfEachRun,
        keeping: Keeping,
        *,
        streams: bool,
        apart: bool,
    ) -> None:
        self._scripts, self._rules, self._streams, self._apart, self._own = scripts, rules, streams, apart, own
        self._threads, self._polled = threads, Polled(scripts)
        self._differences = Differences(scripts, rules)
        self._frames = Frames(rules, Things(scripts, rules, self._differences.partners).of)
        recorded, live = scripts
        self._kinds = kinds_of(recorded, rules)
        names = own.names if keeping == "blank" else NO_NAMES
        self._shapes = (
            Shapes(recorded, self._kinds, keeping, threads.recorded, names),
            Shapes(live, kinds_of(live, rules), keeping, threads.live, names, live=True),
        )
        self._sessions = by_session(recorded), by_session(live)
        self._paired = pair_sessions(scripts, self._shapes)
        self._live_sessions = {other: one for one, other in self._paired.pairs}
        self._findings: list[tuple[int, Finding, tuple[Step | None, Step | None]]] = []
        self._decisions: dict[Decision, None] = {}
        self._allowed: set[str] = set()  # the rules that allowed a difference
        self._carried: set[Any] = set()
        # What stands for a value and should not, by who said it.
        self._said_wrong: dict[tuple[Any, Any], Direction] = {}
        self._unreached: set[str] = set()
        self._unpaired: list[Step] = []  # the missing or extra steps that are reported
        self._aligned = self._align()
        self.examined = self._outcome(self._aligned)

    def parted(self) -> Comparison:
        """The result of the comparison; everything that follows from one parting of the runs is one finding."""
        comparison, steps, _pairs = self.examined
        if len(comparison.findings) < SOME:
            return comparison
        refused = {other for one, (_, other) in zip(comparison.findings, steps, strict=True) if one.reason and other}
        runs = Runs(self._scripts, self._live_sessions, self._aligned.pairs, self._unpaired, refused)
        return merged(comparison, steps, runs.partings(steps), self._scripts)

    def _outcome(self, aligned: Aligned[Step]) -> Examined:
        """The findings, each by itself."""
        aligned.pairs.sort(key=lambda pair: pair[0].index)
        settled = self._look(aligned.pairs)
        self._left(aligned)
        self._alone()
        self._order(aligned.pairs)
        for kind, recorded, live in settled.changed:
            self._decide("bound", f"{kind}: {live} stands for {recorded}")
        for rule in self._rules.rules:
            if rule.passes != "bind" and rule.source not in self._allowed | self._frames.used:
                self._decide("unused", f"{rule.source} ({rule.passes}) allowed nothing")
        lines = {
            (step.scenario, step.line)
            for step in self._scripts.recorded.steps
            if step.kind == "frame" and not step.bodiless
        }
        frames = Counter({step.scenario: 0 for step in self._scripts.recorded.steps})
        frames.update(scenario for scenario, _line in lines)
        self._findings.sort(key=lambda one: (not one[1].reason, one[0]))
        comparison = Comparison(
            dict(frames),
            tuple(finding for _place, finding, _steps in self._findings),
            tuple(self._decisions),
            frozenset(self._unreached),
        )
        return Examined(comparison, tuple(steps for _place, _finding, steps in self._findings), tuple(aligned.pairs))

    def _align(self) -> Aligned[Step]:
        total: Aligned[Step] = Aligned([], [], [])
        ours, theirs = self._sessions
        for one, other in self._paired.pairs:
            left = [step for step in ours[one] if not self._ignored(step, self._scripts.recorded)]
            right = [step for step in theirs[other] if not self._ignored(step, self._scripts.live)]
            free = not self._scripts.recorded.profile(one).lockstep
            ways = Ways(
                self._shapes,
                Likeness(lambda step: step.label, self._cost, anywhere=free),
                self._stream if self._apart else lambda _step: None,
                self._frames.repeated,
            )
            part = self._paired_by_thread(left, right, ways)
            part, early = logged(part, self._scripts, (one, other))
            for text in early:
                self._decide("partial", text)
            total.pairs.extend(part.pairs)
            total.missing.extend(part.missing)
            total.extra.extend(part.extra)
        return total

    def _paired_by_thread(self, recorded: list[Step], live: list[Step], ways: Ways) -> Aligned[Step]:
        """Pair the steps of two sessions, each thread by itself."""
        threads: dict[int, tuple[list[Step], list[Step]]] = {}
        for side, steps in enumerate((recorded, live)):
            for step in steps:
                threads.setdefault(self._threads[side].get(step.thread, 0), ([], []))[side].append(step)
        total: Aligned[Step] = Aligned([], [], [])
        for ours, theirs in threads.values():
            pairing = Pairing(ways, self._differences.partners)
            found = pairing.of(ours, theirs)
            for script, spare in zip(self._scripts, pairing.spare, strict=True):
                for step in spare:
                    self._decide("look", f"{script.file}:{step.line} {step.label}: clients look as often as they like")
            total.pairs.extend(found.pairs)
            total.missing.extend(found.missing)
            total.extra.extend(found.extra)
        return total

    def _ignored(self, step: Step, script: Script) -> bool:
        rule = self._frames.about("ignore", step)
        if rule is not None:
            self._decide("rule", f"{script.file}:{step.line} {step.name}: ignored ({rule.source})")
        return rule is not None

    def _cost(self, one: Step, other: Step) -> int | None:
        if (_refuses(one) or _refuses(other)) and one.label != other.label:
            return None  # an error for one request does not answer another
        looked = self._differences.at(one, other)
        found = len(looked.differences) + sum(
            self._threads.part(item.difference.recorded, item.difference.live) for item in looked.bound
        )
        if one.kind != "frame" or one.label == other.label:
            return found
        return found + 1 if found * LIKE <= max(_leaves(one.message), _leaves(other.message)) else None

    def _look(self, pairs: list[Pair]) -> Settled:
        """Look at each pair, decide the bindings, and find the differences."""
        votes = Votes()
        differing: set[int] = set()
        asking: list[int] = []
        for at, pair in enumerate(pairs):
            if pair[0].keeps_alive:
                continue  # its content depends on the time
            found = self._differences.at(*pair)
            if found.asked:
                asking.append(at)
            else:
                votes.count(at, found)
                if found.differences:
                    differing.add(at)
        settled = votes.settled(self._scripts.recorded)
        if asking:
            self._differences.decided = settled.live
            for at in asking:
                found = self._differences.at(*pairs[at])
                votes.count(at, found)
            settled = votes.settled(self._scripts.recorded)
            differing.update(asking)
        self._differences.decided = settled.live
        wrong = differing | settled.wrong | {jump.pair for jump in settled.jumps.values()}
        for at in sorted(wrong, key=lambda at: pairs[at][0].index):  # what others pass on comes behind it
            found = self._differences.at(*pairs[at])
            self._changed(*pairs[at], found.under(settled, at))
        return settled

    def _changed(self, one: Step, other: Step, details: list[Difference]) -> None:
        protocol, recorded, live = self._differences.protocol(one), content(one), content(other)
        where = f"{self._scripts.recorded.file}:{one.line}"
        if self._scripts.recorded.is_unwanted(one) and self._scripts.live.is_unwanted(other):
            self._decide("late", f"{where} {one.label}: its call was called off")
            return
        left = self._unexplained(one, other, details, protocol.follows(recorded, live, details))
        carriers = [protocol.carried(recorded, live, item) for item in left]
        kept = []
        for item, carrier in zip(left, carriers, strict=True):
            if (carrier is not None and carrier in self._carried) or self._passes_on(one, item):
                path = path_text(item.path)
                self._decide("carried", f"{where} {path} is reported for the frame that carried it first")
            else:
                kept.append(item)
        self._carried.update(carrier for carrier in carriers if carrier is not None)
        for item in kept:
            if item.rule == "bound":
                self._said_wrong.setdefault((item.recorded, item.live), one.direction)
        if kept:
            cause = "" if self._frames.about("repeats", one) else self._polled.hint(one, other)
            self._find("changed", one, other, details=tuple(kept), cause=cause)

    def _unexplained(
        self, one: Step, other: Step, details: list[Difference], follows: Mapping[Difference, str]
    ) -> list[Difference]:
        """The differences that follow from no others, are not of their own run, and are allowed by no rule."""
        why = {id(item): reason for item, reason in follows.items()}
        where = f"{self._scripts.recorded.file}:{one.line}"
        left: list[Difference] = []
        for item in details:
            path, values = path_text(item.path), f"{item.recorded} recorded, {item.live} came"
            if reason := why.get(id(item)):
                self._decide("follows", f"{where} {path}: {values}: {reason}")
            elif (natural := self._own.why(one, other, item)) is not None:
                self._decide(natural[0], f"{where} {path}: {values}: {natural[1]}")
            elif rule := self._allowing(one, item):
                self._decide("rule", f"{where} {path}: allowed ({rule.source}, {rule.passes})")
            else:
                left.append(item)
        return left

    def _passes_on(self, step: Step, item: Difference) -> bool:
        """Whether a value is another because the other end had said it so, which is reported there."""
        by = self._said_wrong.get((item.recorded, item.live)) if item.rule == "bound" else None
        return by is not None and by != step.direction

    def _allowing(self, step: Step, item: Difference) -> Rule | None:
        """The rule that allows a difference; in a batch its path may begin with the message."""
        if not self._rules.rules:
            return None
        names = self._frames.names(step)
        found = self._rules.allowing(names, item)
        if found is None and (inner := in_member(step, item)) is not item:
            found = self._rules.allowing(names, inner)
        if found is not None:
            self._allowed.add(found.source)
        return found

    def _left(self, aligned: Aligned[Step]) -> None:
        """Find what is missing, and what is extra."""
        unpaired = Unpaired(self._scripts, self._live_sessions, self._frames, self._decide)
        partners = self._differences.partners
        missing = unpaired.not_come(aligned, partners)
        for step, others in tails(missing, (one for one, _other in aligned.pairs)):
            self._find("missing", step, None, more=len(others))
            self._unreached.update(one.scenario for one in others)
        extra = unpaired.not_recorded(aligned, partners)
        for step, others in tails(extra, (other for _one, other in aligned.pairs)):
            self._find("extra", None, step, more=len(others))
        self._unpaired = [*missing, *extra]

    def _alone(self) -> None:
        """Sessions without a counterpart: one finding each."""
        ours, theirs = self._sessions
        for session in self._paired.missing:
            self._find("missing", ours[session][0], None, whole=True)
            self._unreached.update(one.scenario for one in ours[session])
        for session in self._paired.extra:
            self._find("extra", None, theirs[session][0], whole=True)

    def _order(self, pairs: list[Pair]) -> None:
        recorded = self._scripts.recorded
        found = out_of_order(recorded, pairs, self._stream)
        if found:  # seldom: only then it matters what each push is about
            row = by_subject(self._scripts, pairs, self._kinds, self._stream)
            found = out_of_order(recorded, pairs, row, News(recorded, pairs, self._kinds).turned)
        for (one, live), other, more in found:
            late = one.index < other.index
            than = f"{'before' if late else 'after'} {self._scripts.recorded.file}:{other.line} {other.label}"
            than += f" ({more} more with it)" if more else ""
            self._find("order", one, live, than=than)

    def _stream(self, step: Step) -> str | None:
        if step.keeps_alive or self._frames.about("unordered", step) or self._frames.about("repeats", step):
            return None
        if any(part.looks for part in step.parts):
            return None
        row = "" if step.profile.in_one_row else step.profile.stream(step.label, step.message)
        apart = step.direction == "from_node" and (self._streams or not step.profile.slow(step.label))
        return row if row is None or apart else ""

    def _find(
        self,
        kind: Kind,
        one: Step | None,
        other: Step | None,
        *,
        details: tuple[Difference, ...] = (),
        than: str = "",
        whole: bool = False,
        more: int = 0,
        cause: str = "",
    ) -> None:
        script, step = (self._scripts.recorded, one) if one is not None else (self._scripts.live, other)
        assert step is not None
        name = step.label
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
            self._reason(one, other) if kind in {"changed", "extra"} and not whole else "",
            cause,
        )
        self._findings.append((step.index, finding, (one, other)))

    def _reason(self, one: Step | None, other: Step | None) -> str:
        """The texts of live errors, or of the status that refuses a call, without those that were recorded."""
        if other is None:
            return ""
        recorded = [part.value["error"] for part in one.parts if part.kind == "error"] if one is not None else []
        party = self._scripts.live.parties.get(other.session, "")
        who, whom = (NODE, party) if other.direction == "from_node" else (party, NODE)
        if other.refuses:
            known = one is not None and one.refuses
            asked = self._scripts.live.steps[other.cause].methods if other.cause >= 0 else ()
            return "" if known else _status_reason(other, ", ".join(asked), party)
        errors = ((part.method, part.value["error"]) for part in other.parts if part.kind == "error")
        return "; ".join(
            f"{who} " + refusal(error, whom, method or quoted_method({"error": error}), long=WHOLE)
            for method, error in errors
            if error not in recorded
        )

    def _decide(self, what: str, text: str) -> None:
        self._decisions[Decision(what, text)] = None


def _refuses(step: Step) -> bool:
    return step.refuses or any(part.kind == "error" for part in step.parts)


def _status_reason(step: Step, asked: str, party: str) -> str:
    """Who refuses a party, or the methods that it asked for, by a status; or that nobody answers it."""
    assert isinstance(step.event, Frame)
    whom, status = f"{party}'s {asked}" if asked else party, status_of(step.event.status)
    return f"{NODE} refuses {whom}: {status}" if by_node(step.event) else f"no answer to {whom}: {status}"


def _leaves(value: Any) -> int:
    """How many values a JSON value holds."""
    if isinstance(value, dict):
        return sum(map(_leaves, value.values()))
    return sum(map(_leaves, value)) if isinstance(value, list) else 1
