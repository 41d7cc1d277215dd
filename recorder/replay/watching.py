"""The looks of parties that are played: who waits for something looks again, as a client does by its clock.

Rule: a look is repeated while it sees nothing, or what the look before it saw, and something else was recorded; never for
longer than a node is waited for. What came at last is taken for what was recorded.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from recorder.replay.hearing import Hearing
from recorder.replay.matching import digest
from recorder.timeline import Part, Step

INTERVAL = 0.1
"""Seconds between two looks."""


class Watch:
    """What parties have seen, and which of their looks are repeated.

    Args:
        hearing: knows which answer is as recorded.
        patience: seconds for which one look is repeated at most.
    """

    def __init__(self, hearing: Hearing, patience: float) -> None:
        self._hearing, self._patience = hearing, patience
        self._saw: dict[tuple[int, bytes], bytes] = {}  # the last answer of each look
        self._until: dict[int, float] = {}  # of each look that is repeated, how long it is
        self._again: dict[int, tuple[float, Step]] = {}

    def looks_again(self, answers: Sequence[Part | None], values: Sequence[Any], now: float) -> bool:
        """Whether a party looks again, rather than to take these answers to its look for the recorded ones.

        So it does if one of them says nothing yet, or what the last look of its kind saw, and was recorded otherwise.
        """
        looks = [one for one in answers if one is not None and one.request is not None and one.request.looks]
        if not looks or len(looks) < len(values) or not any(map(self._awaits, looks, values)):
            return False
        assert looks[0].request is not None
        step = looks[0].request.step
        if now >= self._until.setdefault(step.index, now + self._patience):
            return False
        self._again[step.index] = now + INTERVAL, step
        return True

    def _awaits(self, answer: Part, value: Any) -> bool:
        as_recorded = not self._hearing.as_it_is(answer, value)[0].nearest[0].differences
        return not as_recorded and (not value.get("result") or digest(value) == self._saw.get(_kind(answer)))

    def saw(self, answer: Part, value: Any) -> None:
        """A live message was taken for a recorded answer."""
        if answer.request is not None and answer.request.looks:
            self._saw[_kind(answer)] = digest(value)

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
