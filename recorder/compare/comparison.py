"""The comparison itself: pair sessions and steps, decide what stands for what, find what differs.

Rule: where several ways to pair are possible, the one with the fewest findings is the truth.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from recorder.compare.alignment import Aligned, Likeness
from recorder.compare.differences import Differences, Scripts, Settled, Votes, content, is_empty, kinds_of
from recorder.compare.findings import Comparison, Decision, Finding, Kind
from recorder.compare.order import out_of_order
from recorder.compare.parting import SOME, Runs, merged
from recorder.compare.sessions import by_session, pair_sessions
from recorder.compare.shapes import Keeping, Shapes
from recorder.compare.steps import Pairing, Ways, logged
from recorder.difference import Difference, text_of
from recorder.model import ARROWS, UNTOLD, Closed
from recorder.profiles.sentences import refusal
from recorder.rules import NO_RULES, Rule, Rules
from recorder.timeline import Part, Script, Step
from recorder.timeline.followed import quoted_method
from recorder.timeline.script import NODE

WAYS: tuple[tuple[Keeping, bool], ...] = (("told", False), ("blank", False), ("blank", True))
"""What shapes keep of bound values, and whether pushes that something outside causes are paired by themselves; tried
until nothing differs."""

LIKE = 2
"""Steps of different names are the same, changed, if no more than one in so many of their values differs."""

WHOLE = 1000
"""Characters of a reason: all of any that people write."""

Pair = tuple[Step, Step]


def compare(recorded: Script, live: Script, rules: Rules = NO_RULES, *, streams: bool = False) -> Comparison:
    """Compare a capture with a recorded one.

    Args:
        recorded: the script of the recorded capture.
        live: the script of the other.
        rules: what may differ.
        streams: whether pushes that something outside of the session causes may come at any time, only their own order
            told; as it is between two runs of a live node.
    """
    return _best(recorded, live, rules, streams=streams).parted()


class Examined(NamedTuple):
    """A comparison, and the steps that its findings are of.

    Args:
        comparison: what was found.
        steps: of each finding, the recorded step and the live one.
    """

    comparison: Comparison
    steps: tuple[tuple[Step | None, Step | None], ...]


def examine(recorded: Script, live: Script, rules: Rules = NO_RULES, *, streams: bool = False) -> Examined:
    """Compare as `compare` does, each finding by itself, for those who ask which steps were meant."""
    return _best(recorded, live, rules, streams=streams).examined


def _best(recorded: Script, live: Script, rules: Rules, *, streams: bool) -> _Comparing:
    found: list[_Comparing] = []
    for keeping, apart in WAYS if streams else WAYS[:-1]:
        found.append(_Comparing(Scripts(recorded, live), rules, keeping, streams=streams, apart=apart))
        if not any(map(_may_follow_from_pairing, found[-1].examined.comparison.findings)):
            break
    return min(found, key=lambda one: sum(1 + finding.more for finding in one.examined.comparison.findings))


def _may_follow_from_pairing(finding: Finding) -> bool:
    """Whether another pairing may do without a finding: nothing may where each has its other, and they say otherwise."""
    return finding.kind != "changed" or any(item.inside or item.rule == "bound" for item in finding.details)


@dataclass
class _Frames:
    """What rules say of whole frames, asked once for each of their names."""

    rules: Rules
    _names: dict[int, tuple[str, ...]] = field(default_factory=dict)
    _known: dict[tuple[str, tuple[str, ...]], Rule | None] = field(default_factory=dict)

    def names(self, step: Step) -> tuple[str, ...]:
        """What a rule may call a step."""
        found = self._names.get(id(step))
        if found is None:
            found = self._names[id(step)] = (step.name, *step.methods)
        return found

    def about(self, passes: str, step: Step) -> Rule | None:
        """The rule that lets this pass of a step, if one does."""
        if not self.rules.rules:
            return None
        key = passes, self.names(step)
        if key not in self._known:
            self._known[key] = self.rules.about(*key)
        return self._known[key]

    def repeated(self, step: Step) -> str:
        """The rule by which a step may come any number of times; empty for most."""
        rule = self.about("repeats", step)
        return "" if rule is None else rule.source


class _Comparing:
    def __init__(self, scripts: Scripts, rules: Rules, keeping: Keeping, *, streams: bool, apart: bool) -> None:
        self._scripts, self._rules, self._streams, self._apart = scripts, rules, streams, apart
        self._frames = _Frames(rules)
        self._differences = Differences(scripts, rules)
        recorded, live = scripts
        self._shapes = (
            Shapes(recorded, kinds_of(recorded, rules), keeping),
            Shapes(live, kinds_of(live, rules), keeping, live=True),
        )
        self._sessions = by_session(recorded), by_session(live)
        self._paired = pair_sessions(scripts, self._shapes)
        self._findings: list[tuple[int, Finding, tuple[Step | None, Step | None]]] = []
        self._decisions: dict[Decision, None] = {}
        self._carried: set[Any] = set()
        self._unreached: set[str] = set()
        self._unpaired: list[Step] = []  # of what is missing or extra, all that is told
        self._aligned = self._align()
        self.examined = self._outcome(self._aligned)

    def parted(self) -> Comparison:
        """What the comparison comes to; all that follows from one parting of the runs is one finding."""
        comparison, steps = self.examined
        if len(comparison.findings) < SOME:
            return comparison
        refused = {other for one, (_, other) in zip(comparison.findings, steps, strict=True) if one.reason and other}
        sessions = {other: one for one, other in self._paired.pairs}
        runs = Runs(self._scripts, sessions, self._aligned.pairs, self._unpaired, refused)
        return merged(comparison, steps, runs.partings(steps), self._scripts)

    def _outcome(self, aligned: Aligned[Step]) -> Examined:
        """What was found, each by itself."""
        aligned.pairs.sort(key=lambda pair: pair[0].index)
        settled = self._look(aligned.pairs)
        self._left(aligned)
        self._alone()
        self._order(aligned.pairs)
        for kind, recorded, live in settled.changed:
            self._decide("bound", f"{kind}: {recorded} recorded, {live} stands for it")
        frames: Counter[str] = Counter()
        for step in self._scripts.recorded.steps:
            frames[step.scenario] += step.kind == "frame" and not is_empty(step)
        self._findings.sort(key=lambda one: (not one[1].reason, one[0]))
        comparison = Comparison(
            dict(frames),
            tuple(finding for _place, finding, _steps in self._findings),
            tuple(self._decisions),
            frozenset(self._unreached),
        )
        return Examined(comparison, tuple(steps for _place, _finding, steps in self._findings))

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
            part = Pairing(ways, self._differences.partners).of(left, right)
            part, early = logged(part, self._scripts, (one, other))
            for text in early:
                self._decide("partial", text)
            total.pairs.extend(part.pairs)
            total.missing.extend(part.missing)
            total.extra.extend(part.extra)
        return total

    def _ignored(self, step: Step, script: Script) -> bool:
        rule = self._frames.about("ignore", step)
        if rule is not None:
            self._decide("rule", f"{script.file}:{step.line} {step.name}: ignored ({rule.source})")
        return rule is not None

    def _cost(self, one: Step, other: Step) -> int | None:
        if (_refuses(one) or _refuses(other)) and one.label != other.label:
            return None  # what refuses one thing is no refusal of another
        found = len(self._differences.at(one, other).differences)
        if one.kind != "frame" or one.label == other.label:
            return found
        return found + 1 if found * LIKE <= max(_leaves(one.message), _leaves(other.message)) else None

    def _look(self, pairs: list[Pair]) -> Settled:
        """Look at each pair, decide what stands for what, and tell what differs."""
        votes = Votes()
        differing: set[int] = set()
        asking: list[int] = []
        for at, pair in enumerate(pairs):
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
        for at in sorted(differing | settled.wrong | {jump.pair for jump in settled.jumps.values()}):
            found = self._differences.at(*pairs[at])
            self._changed(*pairs[at], found.under(settled, at))
        return settled

    def _changed(self, one: Step, other: Step, details: list[Difference]) -> None:
        protocol, recorded, live = self._differences.protocol(one), content(one), content(other)
        where = f"{self._scripts.recorded.file}:{one.line}"
        follows = {id(item): why for item, why in protocol.follows(recorded, live, details).items()}
        left: list[Difference] = []
        for item in details:
            path = text_of(item.path)
            if why := follows.get(id(item)):
                self._decide("follows", f"{where} {path}: {item.recorded} recorded, {item.live} came: {why}")
            elif rule := self._allowing(one, item):
                self._decide("rule", f"{where} {path}: let pass ({rule.source}, {rule.passes})")
            else:
                left.append(item)
        carriers = [protocol.carried(recorded, live, item) for item in left]
        kept = []
        for item, carrier in zip(left, carriers, strict=True):
            if carrier is not None and carrier in self._carried:
                path = text_of(item.path)
                self._decide("carried", f"{where} {path} has been reported of a frame that carried it before")
            else:
                kept.append(item)
        self._carried.update(carrier for carrier in carriers if carrier is not None)
        if kept:
            self._find("changed", one, other, details=tuple(kept))

    def _allowing(self, step: Step, item: Difference) -> Rule | None:
        """The rule that lets a difference pass; in a batch its path may begin with the message."""
        if not self._rules.rules:
            return None
        names = self._frames.names(step)
        found = self._rules.allowing(names, item)
        if found is None and len(step.parts) > 1 and item.path and isinstance(item.path[0], int):
            inner = item._replace(path=item.path[1:], inside=max(item.inside - 1, 0))
            found = self._rules.allowing(names, inner)
        return found

    def _left(self, aligned: Aligned[Step]) -> None:
        """Tell what is missing, and what is extra."""
        recorded, live = self._scripts
        asked = self._differences.partners
        missed = self._crossed(aligned.missing, asked, live) | self._too_late(aligned.missing, recorded)
        untold = self._crossed(aligned.extra, {there: here for here, there in asked.items()}, recorded)
        untold |= self._too_late(aligned.extra, live)
        sessions = {other: one for one, other in self._paired.pairs}
        came = {(one.session, self._frames.repeated(one)) for one, _other in aligned.pairs}
        missing = (step for step in self._waited_for(aligned.missing, recorded) if step.index not in missed)
        missing = (step for step in missing if not self._optional(step, recorded, came, step.session))
        timed = any(step.event.time for step in live.steps)
        missing = (step for step in missing if not self._only_written(step, timed=timed))
        for step, others in _tails(self._telling(missing), (one for one, _other in aligned.pairs)):
            self._find("missing", step, None, more=len(others))
            self._unreached.update(one.scenario for one in others)
        extra = (step for step in self._waited_for(aligned.extra, live) if step.index not in untold)
        extra = (step for step in extra if not self._optional(step, live, came, sessions[step.session]))
        ended = {step.session for step in recorded.steps if step.kind == "close"}
        for step, others in _tails(self._telling(extra), (other for _one, other in aligned.pairs)):
            if step.kind == "close" and sessions[step.session] not in ended:
                where = f"{live.file}:{step.line}"
                self._decide("end", f"{where}: how the session ended was not recorded, so it may end in any way")
            else:
                self._find("extra", None, step, more=len(others))

    def _only_written(self, step: Step, *, timed: bool) -> bool:
        """Whether a closing is of a transcript, which says only that there was no more: the other run was cut off."""
        event = step.event
        written = isinstance(event, Closed) and (event.code == UNTOLD or (timed and not event.time))
        if written:
            self._decide("end", f"{self._scripts.recorded.file}:{step.line}: a transcript does not tell how it ended")
        return written

    def _telling(self, steps: Iterable[Step]) -> list[Step]:
        told = list(steps)
        self._unpaired += told
        return told

    def _optional(self, step: Step, script: Script, came: set[tuple[int, str]], session: int) -> bool:
        """Whether a step may be missing or extra: a rule or its protocol says so; of what is repeated one has come."""
        if step.kind == "frame" and step.profile.may_be_missing(step.label):
            self._decide("late", f"{script.file}:{step.line} {step.label}: whether it comes in time depends on a clock")
            return True
        rule = self._frames.about("optional", step)
        if rule is None and (source := self._frames.repeated(step)):
            if (session, source) in came:
                rule = self._frames.about("repeats", step)
            came.add((session, source))  # that there was none is told once
        if rule is not None:
            self._decide("rule", f"{script.file}:{step.line} {step.name}: let pass ({rule.source}, {rule.passes})")
        return rule is not None or is_empty(step)

    def _too_late(self, steps: list[Step], script: Script) -> set[int]:
        """What was sent when its node had ended the session already, and so may not be sent at all."""
        sent = [step for step in steps if step.kind == "frame" and step.direction == "to_node"]
        over = _ends(script, {step.session for step in sent})
        late = [step for step in sent if step.session in over and _came_before(over[step.session], step)]
        for step in late:
            self._decide("late", f"{script.file}:{step.line} {step.label} was sent when its session had ended")
        answers = (part.answer.step for step in late for part in step.parts if part.answer is not None)
        return {step.index for step in (*late, *answers)}

    def _crossed(self, steps: list[Step], partners: Mapping[Part, Part], other: Script) -> set[int]:
        """Answers whose requests were sent in the other capture when its node had ended the session already."""
        asked = {
            step.index: [partners[request].step for request in step.answers if request in partners] for step in steps
        }
        over = _ends(other, {request.session for requests in asked.values() for request in requests})
        found: set[int] = set()
        for index, requests in asked.items():
            late = [one for one in requests if one.session in over and _came_before(over[one.session], one)]
            if late and len(late) == len(requests):
                where = f"{other.file}:{late[0].line} {late[0].label}"
                self._decide("late", f"{where} was sent when its session had ended, and so nobody answered it")
                found.add(index)
        return found

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

    def _alone(self) -> None:
        """Sessions that have no other: one finding each, whatever was said in them."""
        ours, theirs = self._sessions
        for session in self._paired.missing:
            self._find("missing", ours[session][0], None, whole=True)
            self._unreached.update(one.scenario for one in ours[session])
        for session in self._paired.extra:
            self._find("extra", None, theirs[session][0], whole=True)

    def _order(self, pairs: list[Pair]) -> None:
        for (one, live), other, more in out_of_order(self._scripts.recorded, pairs, self._stream):
            late = one.index < other.index
            than = f"{'before' if late else 'after'} {self._scripts.recorded.file}:{other.line} {other.label}"
            than += f" ({more} more with it)" if more else ""
            self._find("order", one, live, than=than)

    def _stream(self, step: Step) -> str | None:
        if step.keeps_alive or self._frames.about("unordered", step) or self._frames.about("repeats", step):
            return None
        if step.direction == "to_node" or (not self._streams and step.profile.slow(step.label)):
            return ""
        return step.profile.stream(step.label)

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
        )
        self._findings.append((step.index, finding, (one, other)))

    def _reason(self, one: Step | None, other: Step | None) -> str:
        """Of an error that came, what it says, where no error with the same words was recorded."""
        if other is None or (one is not None and one.message == other.message):
            return ""
        party = self._scripts.live.parties.get(other.session, "")
        who, whom = (NODE, party) if other.direction == "from_node" else (party, NODE)
        errors = ((part.method, part.value["error"]) for part in other.parts if part.kind == "error")
        return "; ".join(
            refusal(error, who, whom, method or quoted_method({"error": error}), long=WHOLE) for method, error in errors
        )

    def _decide(self, what: str, text: str) -> None:
        self._decisions[Decision(what, text)] = None


def _tails(steps: Iterable[Step], came: Iterable[Step]) -> Iterator[tuple[Step, list[Step]]]:
    """Steps without another, each with those that follow from it.

    After the last frame of a session that has another, nothing has: that went wrong once. Elsewhere an answer went with
    its request.
    """
    last: dict[int, int] = {}
    for step in came:
        if step.kind == "frame":
            last[step.session] = max(step.index, last.get(step.session, -1))
    tails: dict[int, list[Step]] = {}
    alone: dict[int, list[Step]] = {}
    for step in sorted(steps, key=lambda one: one.index):
        if step.kind == "frame" and step.index > last.get(step.session, -1):
            tails.setdefault(step.session, []).append(step)
            continue
        asked = next((request.step.index for request in step.answers if request.step.index in alone), step.index)
        alone.setdefault(asked, []).append(step)
    yield from ((first, others) for first, *others in (*alone.values(), *tails.values()))


def _ends(script: Script, sessions: Collection[int]) -> dict[int, Step]:
    """Where the node ended each of these sessions, by the last that it said or by closing it."""
    found: dict[int, Step] = {}
    theirs = (one for one in script.steps if one.session in sessions and one.direction == "from_node")
    for step in theirs if sessions else ():
        if step.kind == "close" or (step.kind == "frame" and step.profile.ends(step.label)):
            found.setdefault(step.session, step)
        elif not any(True for _request in step.answers):
            found.pop(step.session, None)  # it went on: documents do not tell a session from the next
    return found


def _came_before(end: Step, request: Step) -> bool:
    """Whether a node had ended a session when a request was sent: it is not said when its Close frame came."""
    return end.index < request.index or 0 < end.event.time < request.event.time


def _refuses(step: Step) -> bool:
    return any(part.kind == "error" for part in step.parts)


def _leaves(value: Any) -> int:
    """How many values a JSON value holds."""
    if isinstance(value, dict):
        return sum(map(_leaves, value.values()))
    return sum(map(_leaves, value)) if isinstance(value, list) else 1
