"""What a run goes on without: a ping that does not come, a frame whose party has gone on, and what would follow.

Rule: pure. What is left out is taken from what is waited for, and given back, so that it can be said.
"""

from __future__ import annotations

from recorder.replay.script import Step

Waiting = dict[int, list[Step]]
"""What has not happened yet, by session; a session of which nothing is left is not in it."""


def remove(waiting: Waiting, step: Step) -> None:
    """Wait for a step no longer."""
    steps = waiting[step.session]
    steps.remove(step)
    if not steps:
        del waiting[step.session]


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
        remove(waiting, step)
    return [] if missing.keeps_alive else [missing, *consequences]
