"""Finds the recorded message for a live one, in one run: by the request it answers, else by its content.

Rule: a live answer is matched to the recorded answer of its request, whatever its content, and a cancellation to that of
its request; all other messages are looked up among those that are expected in the session.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from recorder.jsonrpc import ANSWERS, CALLS, json_bytes, kind_of, value_of
from recorder.model import Direction
from recorder.replay.live_urls import differences, distance
from recorder.replay.looks import Looks
from recorder.replay.matching import (
    EXACTLY,
    FULL_FITNESS,
    NO_FITNESS,
    NOT,
    Candidate,
    Expected,
    Fitness,
    Match,
    compared,
    forgiven,
    match,
)
from recorder.replay.plan import Plan
from recorder.replay.progress import Progress
from recorder.replay.voice import Voice
from recorder.timeline import Exchanges, Part, Step
from recorder.timeline.exchanges import scope_of
from recorder.timeline.script import NODE
from recorder.timeline.words import label_of


def members(payload: bytes) -> list[Any]:
    """The messages of a frame; its bytes if they are not JSON."""
    value = value_of(payload)
    return value if isinstance(value, list) and value else [payload if value is None else value]


class Hearing:
    """The messages that are expected from the other ends.

    Args:
        plan: what is played, and how.
        voice: knows what is bound.
        steps: how far the run has come.
    """

    def __init__(self, plan: Plan, voice: Voice, steps: Progress) -> None:
        self._plan, self._voice, self._steps = plan, voice, steps
        self._asking: Direction = "from_node" if NODE in plan.settings.ends else "to_node"  # how our requests go
        self._asked: Exchanges[Part] = Exchanges(limit=None)  # by us, and not answered
        self._expected: dict[int, Expected] = {}
        self._looks = Looks(plan.deeds, steps)
        for step in plan.steps.theirs:
            for part in step.parts:
                if part.request is None:
                    self.expects(step.session).add(part, plan.label(part))

    def expects(self, session: int) -> Expected:
        """What may come in a session."""
        found = self._expected.get(session)
        if found is None:
            found = self._expected[session] = Expected(self._plan.digest)
        return found

    def sent(self, step: Step, payload: bytes) -> None:
        """A frame of ours has gone out, in this live form: what it asks may be answered."""
        for part, value in zip(step.parts, members(payload), strict=True):
            known = value if isinstance(value, dict) else {}
            if part.asks or (part.kind is None and part.answer is not None):
                here, in_batch = scope_of(step.session, step.direction, step.exchange), part.number is not None
                self._asked.asked(here, known, step.profile, part, in_batch=in_batch)

    def answer(self, session: int, value: Any, exchange: int, *, in_batch: bool) -> Part | None:
        """The recorded answer for a live message, by the request of ours that it answers."""
        if not isinstance(value, dict):
            return None
        profile = self._plan.script.profile(session)
        scope = scope_of(session, self._asking, exchange)
        if kind_of(value) not in ANSWERS and not profile.answers(value):
            self._asked.caused(scope, value, profile)
            return None
        found = self._asked.answered(scope, value, profile, in_batch=in_batch)
        found = found or self._asked.answered_again(scope, value)
        answers = (*found.before, found.answer) if found is not None else ()
        return next((one for one in answers if one is not None and self._steps.pending(one.step)), None)

    def as_it_is(self, part: Part, value: Any) -> tuple[Match, bool]:
        """A live message matched to a given recorded one, and whether the mode allows its differences."""
        bindings, kinds = self._voice.bindings, self._plan.kinds(part.step.session)
        found = compared(part, value, bindings, kinds)
        if bindings.overrule(one.recorded for one in found.differences if one.rule == "bound"):
            found = compared(part, value, bindings, kinds)
        return Match(part, found.bindings, [found], NOT), forgiven(found.differences, self._plan.settings.mode)

    def find(self, session: int, value: Any, exchange: int = 0, *, patient: bool = True) -> Match:
        """The expected message for a live one.

        Args:
            session: in which it came.
            value: it.
            exchange: of an answer over HTTP, the recorded exchange that it belongs to.
            patient: whether a look that has come too early is none, where one has come before.
        """
        kinds, mode = self._plan.kinds(session), self._plan.settings.mode
        named = kinds.profile.calls_off(value) if isinstance(value, dict) else None
        expected = self.expects(session)
        if named is not None:
            expected = self._calling_off(session, value, json_bytes(named))
        elif exchange and kind_of(value) not in CALLS:
            expected = self._answering(session, exchange)
        elif (call := self._answered_before(session, value)) is not None:
            expected = self._further(call)
        found = match(value, expected, self._voice.bindings, kinds, mode, self._plan.own)
        if found.part is None or found.fit != EXACTLY or not found.part.step.polls:
            return found
        label = self._plan.label(found.part)
        part = self._looks.now(session, expected.same(label, value))
        if part is None:
            return Match(None, None, [], NOT) if patient and self.had(session, value) else found
        return found._replace(part=part)

    def changed(self, session: int, value: Any, nearest: Sequence[Candidate]) -> Match | None:
        """The awaited message that an unexpected one is, changed; None where it is another, or comes at any time.

        Args:
            session: in which it came.
            value: it.
            nearest: the recorded ones that it is most like.
        """
        profile = self._plan.script.profile(session)
        label = label_of(value, profile.telling)
        if not nearest or self._plan.label(nearest[0].part) != label:
            return None
        if label in profile.untimely and profile.may_be_missing(label, value, ()):
            return None
        return Match(nearest[0].part, nearest[0].bindings, [], NOT)

    def _answering(self, session: int, exchange: int) -> Expected:
        """What may still come in an exchange: it answers no other."""
        steps = self._steps.in_exchange(session, exchange)
        return self._still_expected(session, (part for step in steps for part in step.parts))

    def _answered_before(self, session: int, value: Any) -> Part | None:
        """The call of ours, over a WebSocket, of which a message is a further result; None if it is none."""
        if not isinstance(value, dict) or kind_of(value) not in ANSWERS:
            return None
        return self._asked.answered_again(scope_of(session, self._asking, 0), value)

    def _further(self, call: Part) -> Expected:
        """The further results of a call that may still come."""
        return self._still_expected(call.step.session, self._plan.further.get(call, ()))

    def _still_expected(self, session: int, parts: Iterable[Part]) -> Expected:
        """Those of these that are expected in a session, and nothing else."""
        found = Expected()
        for part in filter(self.expects(session).__contains__, parts):
            found.add(part, self._plan.label(part))
        return found

    def _calling_off(self, session: int, value: Any, live_id: bytes) -> Expected:
        """The cancellations that may come in a session, without those of requests that have other ids."""
        found = Expected()
        for part in self.expects(session).of_label(label_of(value, self._plan.script.profile(session).telling)):
            request = self._plan.back.calls_off(part.step)
            if request is None or self._voice.may_be(request, live_id):
                found.add(part, self._plan.label(part))
        return found

    def had(self, session: int, value: Any) -> bool:
        """Whether a call has come as often as just this was recorded."""
        return self.expects(session).had(label_of(value, self._plan.script.profile(session).telling), value)

    def knows(self, session: int, payload: bytes) -> bool:
        """Whether a frame with a message of just this content is expected in a session now."""
        telling, expected = self._plan.script.profile(session).telling, self.expects(session)
        return any(expected.exactly(label_of(value, telling), value) is not None for value in members(payload))

    def has_heard(self, session: int, exchange: int) -> bool:
        """Whether all that was told in an exchange over HTTP has come, or is awaited no longer."""
        told = (step for step in self._steps.in_exchange(session, exchange) if not step.bodiless)
        return not any(self._steps.waits(step.index) for step in told)

    def fitness(self, session: int, payload: bytes) -> Fitness:
        """How well a frame would be expected in a session now."""
        return max(self._fitness(session, value) for value in members(payload))

    def likeliest(self, sessions: Sequence[int], url: str, first: bytes) -> int:
        """Which of these recorded sessions a live one with this URL and first frame is; 0 if there is none."""
        fitting = list(sessions)
        if first:
            fits = {session: self.fitness(session, first) for session in fitting}
            best = max(fits.values(), default=NO_FITNESS)
            fitting = [session for session, fit in fits.items() if fit == best]
        trial, kinds, urls = self._voice.bindings.trial, self._plan.kinds, self._plan.script.urls
        differ = {one: len(differences(urls.get(one, ""), url, trial(), kinds(one))) for one in fitting}
        return min(fitting, key=lambda one: (differ[one], distance(urls.get(one, ""), url), one), default=0)

    def only_keeps_alive(self, session: int, value: Any) -> bool:
        """Whether a message is a ping (or its answer) and none is recorded for now."""
        keeps_alive = self._plan.script.profile(session).keeps_alive(value)
        return keeps_alive and not any(part.step.keeps_alive for part in self.expects(session))

    def before_the_log(self, session: int, value: Any) -> bool:
        """Whether a push may have come before the log of its session begins, so that it was not recorded."""
        first = self._plan.script.partial.get(session)
        if first is None or not self._steps.pending(first) or kind_of(value) not in CALLS:
            return False
        return not self.expects(session).of_label(label_of(value, first.profile.telling))

    def _fitness(self, session: int, value: Any) -> Fitness:
        answers = isinstance(value, dict) and kind_of(value) in ANSWERS
        if answers and self._asked.knows(scope_of(session, "from_node", 0), value):
            return FULL_FITNESS
        return self.find(session, value).fitness
