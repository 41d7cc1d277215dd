"""What a run goes on without: a ping that does not come, a frame whose party has gone on, and what would follow.

Rule: pure. What is left out is taken from what is waited for, and given back, so that it can be said.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from recorder.replay.script import Step


class Waiting(dict[int, list[Step]]):
    """What has not happened yet, by session; a session of which nothing is left is not in it.

    Args:
        steps: all of them, in recorded order.
    """

    def __init__(self, steps: Iterable[Step]) -> None:
        super().__init__()
        self._order = list(steps)
        self._front = 0  # nothing before it in that order is waited for
        self.pending = {step.index for step in self._order}
        for step in self._order:
            self.setdefault(step.session, []).append(step)

    def remove(self, step: Step) -> None:
        """Wait for a step no longer."""
        self.pending.discard(step.index)
        steps = self[step.session]
        steps.remove(step)
        if not steps:
            del self[step.session]

    def first(self, possible: Callable[[Step], bool]) -> Step | None:
        """The step recorded first among those that are possible; as fast for a thousand sessions as for one."""
        order, pending = self._order, self.pending
        while self._front < len(order) and order[self._front].index not in pending:
            self._front += 1
        rest = (order[at] for at in range(self._front, len(order)))
        return next((step for step in rest if step.index in pending and possible(step)), None)


def leave_out(waiting: Waiting, missing: Step) -> list[Step]:
    """Wait no longer for a party's frame, nor for what the node does about it.

    Returns:
        What will not happen: the frame and its consequences; of a ping nothing, for a run is the same without.
    """
    steps = [step for steps in waiting.values() for step in steps]
    if missing.keeps_alive:
        answers = [one for one in steps if one.session == missing.session and one.keeps_alive]
        consequences = [one for one in answers if one.direction != missing.direction][:1]
    else:
        consequences = [one for one in steps if one.trigger == missing.index]
    for step in [missing, *consequences]:
        waiting.remove(step)
    return [] if missing.keeps_alive else [missing, *consequences]


def next_of_each(waiting: Waiting, actor: Callable[[Step], str]) -> list[Step]:
    """The next step of each end, over all its sessions: where nobody waits for what the others have left out."""
    steps = sorted((step for steps in waiting.values() for step in steps), key=lambda step: step.index, reverse=True)
    return list({actor(step): step for step in steps}.values())
