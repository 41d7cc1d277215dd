"""The steps of parties that are played: which is next, and when it may be taken.

Rule: pure and without a clock. Parties take their steps in recorded order: each when what had come before it has come, and
over HTTP when what was answered by then is answered.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from recorder.replay.patience import Patience
from recorder.replay.plan import Plan
from recorder.replay.progress import Progress
from recorder.timeline import Step


class Turns:
    """The turns of the parties in one run.

    Args:
        plan: what is played, and how.
        steps: how far the run has come.
        patience: when a step may be taken at the speed that is wanted.
        possible: whether the session of a step is open, or need not be.
    """

    def __init__(self, plan: Plan, steps: Progress, patience: Patience, possible: Callable[[Step], bool]) -> None:
        self._plan, self._steps, self._patience, self._possible = plan, steps, patience, possible
        self._posted: set[tuple[int, int]] = set()  # exchanges of ours over HTTP that are not answered

    @property
    def unanswered(self) -> bool:
        """Whether anything that was posted is not answered."""
        return bool(self._posted)

    @property
    def next(self) -> Step | None:
        """The next step; None while something is awaited before it."""
        head = self._steps.head
        return head if head is not None and head.direction == "to_node" else None

    @property
    def stuck(self) -> bool:
        """Whether a step is left, and none may be taken."""
        step = self.next
        return self._steps.head is not None and (step is None or not self.may_take(step))

    def due(self, now: float) -> Step | None:
        """The step that is taken now."""
        step = self.next
        return step if step is not None and self.may_take(step) and now >= self._time(step) else None

    @property
    def times(self) -> list[float]:
        """When to ask what is due."""
        step = self.next
        return [] if step is None else [self._time(step)]

    def may_take(self, step: Step) -> bool:
        """Whether a step may be taken: what it passes on has come, and what it posted is answered."""
        if not self._possible(step):
            return False
        if any(self._steps.pending(self._plan.script.steps[index]) for index in step.after):
            return False
        if step.carries and any(
            one.index < step.index and one.carries & step.carries for one in self._steps.of(step.session)
        ):
            return False
        return not step.exchange or all(
            session != step.session or not self._steps.answered_before(session, posted, step)
            for session, posted in self._posted - self._plan.back.not_awaited(step)
        )

    def of_each_party(self) -> Iterator[Step]:
        """The next step of each party, where it may be taken; the first recorded first."""
        return filter(self.may_take, self._steps.next_of_each_party())

    def posted(self, step: Step) -> None:
        """A step has gone out over HTTP; who called before it has left, where that was recorded."""
        self._posted.add((step.session, step.exchange))
        self._posted.discard((step.session, self._plan.back.leaves(step)))

    def answered(self, session: int, exchange: int) -> None:
        """An exchange over HTTP is over."""
        self._posted.discard((session, exchange))

    def wait_no_longer(self) -> None:
        """No answer over HTTP is awaited any longer, though it may still come."""
        self._posted.clear()

    def _time(self, step: Step) -> float:
        return self._patience.not_before(step, self._posted)
