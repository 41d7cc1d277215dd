"""Steps without a counterpart: which of them may be missing or extra, and which belong together.

Rule: each allowed step is reported as a decision, with the reason. What depends on a clock, on frames that crossed with
the end of a session, or on events that were not recorded, is not a difference; what a user's rule allows is not either.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from recorder.compare.alignment import Aligned
from recorder.compare.differences import Scripts
from recorder.model import UNRECORDED, Closed
from recorder.rules import Rule, Rules
from recorder.timeline import Part, Script, Step


class Repeated(NamedTuple):
    """What comes as often as a clock has it.

    Args:
        rule: that says so.
        thing: what it is about; None where that is unknown.
    """

    rule: str
    thing: Hashable


@dataclass
class Frames:
    """The rules for whole frames, looked up once for each name.

    Args:
        rules: all of them.
        thing: what a push is about.
    """

    rules: Rules
    thing: Callable[[Step], Hashable] = lambda _step: None
    _names: dict[int, tuple[str, ...]] = field(default_factory=dict)
    _known: dict[tuple[str, tuple[str, ...]], Rule | None] = field(default_factory=dict)

    def names(self, step: Step) -> tuple[str, ...]:
        """What a rule may call a step."""
        found = self._names.get(id(step))
        if found is None:
            found = self._names[id(step)] = step.names
        return found

    def about(self, passes: str, step: Step) -> Rule | None:
        """The rule that allows this for a step, if there is one."""
        if not self.rules.rules:
            return None
        key = passes, self.names(step)
        if key not in self._known:
            self._known[key] = self.rules.about(*key)
        return self._known[key]

    @property
    def used(self) -> set[str]:
        """The rules that concerned any frame that they were asked about."""
        return {rule.source for rule in self._known.values() if rule is not None}

    def repeated(self, step: Step) -> Repeated | None:
        """What of a step may come any number of times; None for most steps."""
        rule = self.about("repeats", step)
        return None if rule is None else Repeated(rule.source, self.thing(step))


class Unpaired:
    """Missing and extra steps.

    Args:
        scripts: of the recorded run, and of the live one.
        sessions: the recorded session that each live one is.
        frames: what rules say of whole frames.
        decide: called with the kind and the reason of each allowed step.
    """

    def __init__(
        self, scripts: Scripts, sessions: Mapping[int, int], frames: Frames, decide: Callable[[str, str], None]
    ) -> None:
        self._scripts, self._frames, self._decide = scripts, frames, decide
        self._recorded = sessions
        self._live = {one: other for other, one in sessions.items()}

    def not_come(self, aligned: Aligned[Step], partners: Mapping[Part, Part]) -> list[Step]:
        """The recorded steps that should have come."""
        recorded, live = self._scripts
        late = self._crossed(aligned.missing, partners, live)
        late |= self._too_late(aligned.missing, recorded, live, self._live)
        came = self._repeated(aligned)
        return [
            step
            for step in self._without_pings(aligned.missing, recorded)
            if step.index not in late
            and not self._optional(step, recorded, came, step.session)
            and not self._untold(step)
            and not self._unshown(step, live, self._live)
        ]

    def not_recorded(self, aligned: Aligned[Step], partners: Mapping[Part, Part]) -> list[Step]:
        """The live steps that should have been recorded."""
        recorded, live = self._scripts
        asked = {there: here for here, there in partners.items()}
        late = self._crossed(aligned.extra, asked, recorded)
        late |= self._too_late(aligned.extra, live, recorded, self._recorded)
        came = self._repeated(aligned)
        ended = {step.session for step in recorded.steps if step.kind == "close"}
        return [
            step
            for step in self._without_pings(aligned.extra, live)
            if step.index not in late
            and not self._optional(step, live, came, self._recorded[step.session])
            and not self._unfinished(step, ended=self._recorded[step.session] in ended)
            and not self._unshown(step, recorded, self._recorded)
        ]

    def _repeated(self, aligned: Aligned[Step]) -> set[tuple[int, Repeated]]:
        """By session, what has come of that which is repeated."""
        return {(one.session, said) for one, _other in aligned.pairs if (said := self._frames.repeated(one))}

    def _untold(self, step: Step) -> bool:
        """Whether a closing is one of which a transcript says nothing: that of the recorded run, or that of the other.

        The sessions of a transcript have no URL. It says of WebSockets that they ended, and nothing of HTTP and pipes.
        """
        if not isinstance(step.event, Closed):
            return False
        recorded, live = self._scripts
        if step.event.code == UNRECORDED:
            where = f"{recorded.file}:{step.line}"
        elif (session := self._live.get(step.session)) is not None and not live.urls.get(session):
            where = live.file
        else:
            return False
        self._decide("end", f"{where}: a transcript does not record how it ended")
        return True

    def _unshown(self, step: Step, other: Script, sessions: Mapping[int, int]) -> bool:
        """Whether it is a refused call of which the transcript that is compared with it shows nothing."""
        session = sessions.get(step.session)
        if session is None or other.urls.get(session) or not step.refuses:
            return False
        self._decide("untold", f"{other.file}: a transcript does not show what refuses a call")
        return True

    def _unfinished(self, step: Step, *, ended: bool) -> bool:
        """Whether a closing is of a session that was still open when the recording ended."""
        unknown = step.kind == "close" and not ended
        if unknown:
            where = f"{self._scripts.live.file}:{step.line}"
            self._decide("end", f"{where}: the recording stopped before the session ended, so it may end in any way")
        return unknown

    def _optional(self, step: Step, script: Script, came: set[tuple[int, Repeated]], session: int) -> bool:
        """Whether a step may be missing or extra: a rule or its protocol says so; of what is repeated one has come."""
        if step.index in script.untimely:
            self._decide(
                "late", f"{script.file}:{step.line} {step.label}: it depends on a clock whether this comes in time"
            )
            return True
        if script.is_unwanted(step):
            self._decide("late", f"{script.file}:{step.line} {step.label}: its call was called off")
            return True
        rule = self._frames.about("optional", step)
        if rule is None and (said := self._frames.repeated(step)) is not None:
            if (session, said) in came:
                rule = self._frames.about("repeats", step)
            came.add((session, said))  # a missing one is reported once
        if rule is not None:
            self._decide("rule", f"{script.file}:{step.line} {step.name}: allowed ({rule.source}, {rule.passes})")
        return rule is not None or step.bodiless

    def _too_late(self, steps: list[Step], script: Script, other: Script, sessions: Mapping[int, int]) -> set[int]:
        """Steps that were sent after the node had ended the session, or to end a session that was over in the other run.

        They need not be sent or answered.
        """
        sent = [step for step in steps if step.kind == "frame" and step.direction == "to_node"]
        over = _ends(script, {step.session for step in sent})
        late = [step for step in sent if step.session in over and _came_before(over[step.session], step)]
        asking = [step for step in sent if step not in late and step.profile.asks_end(step.label)]
        there = _ends(other, {sessions[step.session] for step in asking if step.session in sessions})
        late += [step for step in asking if sessions.get(step.session) in there]
        for step in late:
            self._decide("late", f"{script.file}:{step.line} {step.label} was sent after its session had ended")
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
                self._decide("late", f"{where} was sent after its session had ended, and so nothing answered it")
                found.add(index)
        return found

    def _without_pings(self, steps: list[Step], script: Script) -> Iterator[Step]:
        """The steps without pings, of which a run has any number, and as many answers to them."""
        pings = Counter(step.session for step in steps if step.keeps_alive and step.direction == "to_node")
        answers = Counter[int]()
        for step in steps:
            answers[step.session] += step.keeps_alive and step.direction == "from_node"
            if step.keeps_alive and answers[step.session] <= pings[step.session]:
                self._decide("ping", f"{script.file}:{step.line} {step.name}: their number depends on a clock")
            else:
                yield step


def tails(steps: Iterable[Step], came: Iterable[Step]) -> Iterator[tuple[Step, list[Step]]]:
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
        asked = next((request.step.index for request in step.answers if request.step.index in alone), None)
        if asked is None and step.kind == "frame" and step.index > last.get(step.session, -1):
            tails.setdefault(step.session, []).append(step)
        else:
            alone.setdefault(step.index if asked is None else asked, []).append(step)
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
