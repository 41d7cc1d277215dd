"""The progress of a run: which steps are still to happen, which are not awaited, and which is next.

Rule: pure bookkeeping over the steps of a script; the player decides what a step means. A step that was given up is not
awaited any more, but may still come.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from itertools import takewhile

from recorder.difference import MISSING
from recorder.model import Opened
from recorder.timeline import Script, Step
from recorder.timeline.script import NODE


class PlayedSteps:
    """The steps of a script that concern the ends that are played: the same in every run, and not to be changed.

    Args:
        script: what was recorded.
        ends: who is played; steps between two ends that are not are none of ours.
    """

    def __init__(self, script: Script, ends: Container[str]) -> None:
        self._script = script
        self.ours = frozenset(step.index for step in script.steps if script.sender(step) in ends)
        steps = [step for step in script.steps if step.index in self.ours or self._hearer(step) in ends]
        self.theirs = [step for step in steps if step.index not in self.ours]
        self.node = [step for step in steps if step.index in self.ours and step.direction == "from_node"]
        self.of: dict[int, dict[int, Step]] = {}  # by session, in order
        self.exchanges: dict[tuple[int, int], list[Step]] = {}
        self.bodiless: dict[tuple[int, int], list[Step]] = {}
        for step in steps:
            self.of.setdefault(step.session, {})[step.index] = step
            if step.exchange and step.direction == "from_node":
                self.exchanges.setdefault((step.session, step.exchange), []).append(step)
                if step.bodiless:
                    self.bodiless.setdefault((step.session, step.exchange), []).append(step)
        self.questions: dict[int, set[Step]] = {}  # of each step of a party, what it answers
        self.replies: dict[int, set[Step]] = {}  # and the other way round
        for step in steps:
            for asked in step.answers if step.direction == "to_node" and not step.keeps_alive else ():
                self.questions.setdefault(step.index, set()).add(asked.step)
                self.replies.setdefault(asked.step.index, set()).add(step)
        self.parts = {step.index: len(step.parts) for step in steps if step.parts}
        self.awaited = frozenset(step.index for step in steps if not step.keeps_alive)
        played = any(party in ends for party in script.parties.values())
        closings = {step.session: step.index for step in steps if step.kind == "close"}
        last = len(script.steps)
        self.pongs = {
            step.index: closings.get(step.session, last) for step in steps if played and self._answers_ping(step)
        }
        self.order = [step for step in steps if played and self._in_order(step)]
        self.order.sort(key=lambda step: (self.pongs.get(step.index, step.index), step.index))
        self.openings = sum(step.kind == "open" for step in steps)
        self.opened = {step.session: step.event for step in script.steps if isinstance(step.event, Opened)}

    def _hearer(self, step: Step) -> str:
        return NODE if step.direction == "to_node" else self._script.parties.get(step.session, "")

    def _in_order(self, step: Step) -> bool:
        """Whether parties that are played take their steps around it: all of theirs, and what a node says."""
        if step.index in self.ours or step.index in self.pongs:
            return True
        return step.direction == "from_node" and not step.keeps_alive

    def _answers_ping(self, step: Step) -> bool:
        """Whether it answers a ping of a party that is played."""
        return step.keeps_alive and any(part.step.index in self.ours for part in step.answers)


class Progress:
    """The steps of one run.

    Args:
        script: what was recorded.
        ends: who is played.
        played: the steps of the same script and ends, where there are other runs.
    """

    def __init__(self, script: Script, ends: Container[str], played: PlayedSteps | None = None) -> None:
        self._script, steps = script, played or PlayedSteps(script, ends)
        self._ours, self._exchanges, self._order, self._opened = steps.ours, steps.exchanges, steps.order, steps.opened
        self._bodiless, self._questions, self._replies = steps.bodiless, steps.questions, steps.replies
        self._pending = {session: {**pending} for session, pending in steps.of.items()}  # in order
        self._missing, self._waits, self._pongs = {**steps.parts}, {*steps.awaited}, {**steps.pongs}
        self._overdue: set[int] = set()
        self._moved = {*script.parties}
        self._front = 0
        self.openings = steps.openings

    def ours(self, step: Step) -> bool:
        """Whether an end that is played does it."""
        return step.index in self._ours

    def pending(self, step: Step) -> bool:
        """Whether it is still to happen."""
        return self.pending_at(step.session, step.index)

    def pending_at(self, session: int, index: int) -> bool:
        """Whether the step of a session with this index is still to happen."""
        return index in self._pending.get(session, ())

    def waits(self, index: int) -> bool:
        """Whether it is still waited for."""
        return index in self._waits

    def waits_before(self, session: int, line: int) -> bool:
        """Whether a session is to be opened, or something in it is waited for, that stands before this line."""
        before = takewhile(lambda step: step.line < line, self._pending.get(session, {}).values())
        return any(step.kind == "open" or self.waits(step.index) for step in before)

    def moved(self) -> set[int]:
        """The sessions in which something has happened, or is waited for no longer, since this was asked last: at first all."""
        moved, self._moved = self._moved, set()
        return moved

    @property
    def over(self) -> bool:
        """Whether nothing is waited for any more."""
        return not self._waits and self.head is None

    @property
    def free(self) -> list[int]:
        """The sessions that may be opened: those whose opening is to come, or was not recorded and of which all is."""
        return [
            session
            for session, steps in self._pending.items()
            if steps and (next(iter(steps.values())).kind == "open" or not self._script.urls.get(session))
        ]

    def of(self, session: int) -> list[Step]:
        """What is still to happen in a session, in order."""
        return list(self._pending.get(session, {}).values())

    def next_of(self, session: int) -> Step | None:
        """The next that its node is to say in a session."""
        return next((step for step in self.of(session) if step.direction == "from_node" and not step.keeps_alive), None)

    def opening(self, session: int) -> Step | None:
        """The opening of a session, if it is to come."""
        return next((step for step in self.of(session)[:1] if step.kind == "open"), None)

    def goes_on(self, session: int) -> bool:
        """Whether a session has been opened, and more is to happen in it."""
        first = next(iter(self._pending.get(session, {}).values()), None)
        return first is not None and first.kind != "open"

    def recorded_opening(self, session: int) -> Opened | None:
        """How a session was opened; None where it was open before the capture began."""
        return self._opened.get(session)

    def left(self) -> list[Step]:
        """What has not happened, in order, but for what only keeps sessions open."""
        steps = (step for steps in self._pending.values() for step in steps.values() if not step.keeps_alive)
        return sorted(steps, key=lambda step: step.index)

    def missing(self, step: Step) -> str:
        """What is said of a step that has not happened."""
        return f"{self._script.file}:{step.line}: {self._script.parties.get(step.session, '')} {step.label} {MISSING}"

    def before(self, step: Step) -> frozenset[int]:
        """What is to happen before it in its session."""
        return frozenset(index for index in self._pending.get(step.session, {}) if index < step.index)

    def came(self, step: Step) -> bool:
        """One more of its messages has come, or gone out; whether that was the last."""
        if not self.pending(step):
            return False
        self._missing[step.index] -= 1
        return self._missing[step.index] <= 0

    def done(self, step: Step) -> None:
        """It has happened."""
        if self._pending.get(step.session, {}).pop(step.index, None) is not None:
            if step.index in self._replies and step.index not in self._waits:
                self._front = 0  # it is answered late
            self._waits.discard(step.index)
            self._moved.add(step.session)
            self.openings -= step.kind == "open"

    def give_up(self, step: Step) -> None:
        """Wait for it no longer."""
        self._waits.discard(step.index)
        self._moved.add(step.session)
        self._pongs.pop(step.index, None)

    def overdue(self, step: Step) -> None:
        """Let parties go on without it: nobody waits for it at the end either."""
        self._overdue.add(step.index)
        self.give_up(step)
        for reply in self._replies.get(step.index, ()):
            for one in (reply, *self.bodiless(reply)):
                self.give_up(one)

    @property
    def head(self) -> Step | None:
        """Where parties are played: the first of their steps, and those that they wait for.

        Of what only keeps a session open that is the answer to a ping, and only before the session is closed: a node
        answers nothing behind a Close frame.
        """
        order, waits = self._order, self._waits
        while self._front < len(order):
            step = order[self._front]
            if (
                self.pending(step)
                and (step.index in waits or step.index in self._ours or step.index in self._pongs)
                and step.index not in self._overdue
                and not any(asked.index not in waits for asked in self.unasked(step))
            ):
                return step
            self._front += 1
        return None

    def unasked(self, step: Step) -> Iterator[Step]:
        """What a step of a party answers, of what has not come."""
        return filter(self.pending, self._questions.get(step.index, ()))

    @property
    def awaited(self) -> Step | None:
        """What parties that are played wait for first; None if it is their turn."""
        head = self.head
        return head if head is not None and not self.ours(head) else None

    def awaited_before(self, step: Step | None) -> list[Step]:
        """What parties wait for before a step of theirs; without one, all that they still wait for."""
        rest = (self._order[at] for at in range(self._front, len(self._order)))
        return [
            one
            for one in rest
            if (step is None or one.index < step.index)
            and not self.ours(one)
            and self.pending(one)
            and one.index not in self._overdue
        ]

    def left_behind(self, step: Step) -> list[Step]:
        """What parties wait for no longer when this step is taken before it.

        In a session that is what stands before their own next step: the rest comes of that, or after it.
        """
        own: dict[int, int] = {}
        for at in range(self._front, len(self._order)):
            one = self._order[at]
            if self.ours(one) and self.pending(one) and not any(self.unasked(one)):
                own.setdefault(one.session, one.index)
        return [one for one in self.awaited_before(step) if one.index < own.get(one.session, step.index)]

    def next_of_each_party(self) -> Iterator[Step]:
        """The next step of each party that is played, the first recorded first; nobody answers what was not asked."""
        seen: set[str] = set()
        for at in range(self._front, len(self._order)):
            step = self._order[at]
            party = self._script.parties.get(step.session, "")
            if step.direction == "to_node" and self.ours(step) and self.pending(step) and party not in seen:
                if any(self.unasked(step)):
                    continue
                seen.add(party)
                yield step

    def overtaken(self, reached: Mapping[int, int]) -> list[Step]:
        """What live parties have gone on without, by how far each session has come; only frames are left out so."""
        found = []
        for session, index in reached.items():
            for step in self._pending.get(session, {}).values():
                if step.index > index:
                    break
                if step.index in self._waits and step.index not in self._ours:
                    found.append(step)
        return found

    def in_exchange(self, session: int, exchange: int) -> list[Step]:
        """What a node answered in an exchange over HTTP."""
        return self._exchanges.get((session, exchange), [])

    def bodiless(self, step: Step) -> list[Step]:
        """Of a request over HTTP, its answer where that has no body: it is given by answering at all."""
        return self._bodiless.get((step.session, step.exchange), [])

    def answered_before(self, session: int, exchange: int, step: Step) -> bool:
        """Whether an exchange was over before a step was taken; yes, where nobody knows."""
        answers = self.in_exchange(session, exchange)
        return not answers or answers[-1].index < step.index
