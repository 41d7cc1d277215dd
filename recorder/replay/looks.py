"""Which recorded look a live one is: a client looks as often as its clock has it, and sees how things are by then.

Rule: what a party sees follows from what it has done, never from how often it has looked. Between the last thing that it
has done and the next that it will do, it sees one thing after the other, as recorded; then it sees the last again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from recorder.replay.progress import Progress
from recorder.timeline import Part

NEVER = 1 << 62


class Looks:
    """How far each party has come.

    Args:
        deeds: in each session, what its party says but for looks, by index.
        steps: of the run.
    """

    def __init__(self, deeds: Mapping[int, Sequence[int]], steps: Progress) -> None:
        self._deeds, self._steps = deeds, steps
        self._done: Counter[int] = Counter()  # in each session, how many of its deeds have all come

    def now(self, session: int, same: Iterable[Part]) -> Part | None:
        """Which of these looks, all with the same words and in their order, is the next; None if all are too early."""
        deeds = self._deeds.get(session, [])
        done = self._done[session]
        while done < len(deeds) and not self._steps.pending_at(session, deeds[done]):
            done += 1
        self._done[session] = done
        after, before = deeds[done - 1] if done else -1, deeds[done] if done < len(deeds) else NEVER
        past: Part | None = None
        for part in same:
            if part.step.index > before:
                break
            if part.step.index > after or not part.looks:
                return part
            past = part
        return past
