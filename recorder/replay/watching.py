"""The looks of parties that are played: who waits for something looks again, as a client does by its clock.

Rule: a look is repeated while it sees nothing, or what the look before it saw, and something else was recorded; the last
look of a call that a rule repeats, while it sees anything else. Never for longer than a node is waited for. What came at
last is taken for what was recorded.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import Any

from recorder.replay.hearing import Hearing
from recorder.replay.matching import digest
from recorder.replay.plan import Plan
from recorder.timeline import Part, Step

INTERVAL = 0.1
"""Seconds between two looks."""


class Watch:
    """What parties have seen, and which of their looks are repeated.

    Args:
        plan: knows which calls may be repeated, and for how many seconds one is.
        hearing: knows which answer is as recorded.
    """

    def __init__(self, plan: Plan, hearing: Hearing) -> None:
        self._plan, self._hearing = plan, hearing
        self._saw: dict[tuple[int, bytes], bytes] = {}  # the last answer of each look
        self._until: dict[int, float] = {}  # of each look that is repeated, how long it is
        self._again: dict[int, tuple[float, Step]] = {}

    def looks_again(self, answers: Sequence[Part | None], values: Sequence[Any], now: float) -> bool:
        """Whether a party looks again, rather than to take these answers to its look for the recorded ones.

        So it does if one of them says nothing yet, or what the last look of its kind saw, and was recorded otherwise.
        """
        looks = [one for one in answers if one is not None and self._looks(one.request)]
        if not looks or len(looks) < len(values) or not any(map(self._awaits, looks, values)):
            return False
        assert looks[0].request is not None
        step = looks[0].request.step
        if now >= self._until.setdefault(step.index, now + self._plan.settings.patience):
            return False
        self._again[step.index] = now + INTERVAL, step
        return True

    def _awaits(self, answer: Part, value: Any) -> bool:
        if self._is_as_recorded(answer, value):
            return False
        asked = answer.request
        assert asked is not None
        if not value.get("result") or digest(value) == self._saw.get(_kind(answer)):
            return True
        return self._plan.may_repeat(self._plan.label(asked), asked.value) and self._is_last(asked)

    def _is_as_recorded(self, answer: Part, value: Any) -> bool:
        rules, names = self._plan.settings.rules, answer.step.names
        differences = self._hearing.as_it_is(answer, value)[0].nearest[0].differences
        return all(rules.allowing(names, one) is not None for one in differences)

    def _looks(self, part: Part | None) -> bool:
        """Whether a call is a look: by its protocol, or by a rule that it repeats."""
        return part is not None and (part.looks or self._plan.may_repeat(self._plan.label(part), part.value))

    def _is_last(self, look: Part) -> bool:
        """Whether a party looks no more in just these words before it does anything else."""
        for step in islice(self._plan.script.steps, look.step.index + 1, None):
            if step.session == look.step.session and step.direction == "to_node" and not step.keeps_alive:
                if not step.parts or not all(map(self._looks, step.parts)):
                    return True
                if any(digest(part.value) == digest(look.value) for part in step.parts):
                    return False
        return True

    def saw(self, answer: Part, value: Any) -> None:
        """A live message was taken for a recorded answer."""
        if self._looks(answer.request):
            self._saw[_kind(answer)] = digest(value)

    def will_look(self, session: int, exchange: int) -> bool:
        """Whether a look over HTTP is to be repeated, so that what is recorded of its answer is still to come."""
        looks = (step for _then, step in self._again.values())
        return bool(exchange) and any((step.session, step.exchange) == (session, exchange) for step in looks)

    def due(self, now: float) -> list[Step]:
        """The looks that are repeated now."""
        found = [index for index, (then, _step) in self._again.items() if then <= now]
        return [self._again.pop(index)[1] for index in found]

    @property
    def times(self) -> list[float]:
        """When to ask what is due."""
        return [then for then, _step in self._again.values()]


def _kind(answer: Part) -> tuple[int, bytes]:
    """What makes two looks the same."""
    assert answer.request is not None
    return answer.step.session, digest(answer.request.value)
