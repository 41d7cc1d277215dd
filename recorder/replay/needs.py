"""What each frame of the node waits for, when the node is played.

Rule: pure, made once from a script. A frame needs what it answers, or what caused it, and what carried before what it
carries; what usually stands before it too (the push before it; in a protocol that goes in lockstep all that the node
and the parties did before) is wanted, and waited for only so long.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass

from recorder.timeline import Part, Step

NODE = 0
"""Instead of a session's number: the node itself."""


@dataclass(frozen=True)
class Needs:
    """What a step waits for, by index.

    Args:
        needed: what must have happened.
        wanted: what should have.
    """

    needed: frozenset[int]
    wanted: frozenset[int] = frozenset()

    def among(self, pending: Iterable[int]) -> Needs:
        """Those that are still to happen."""
        left = frozenset(pending)
        return Needs(self.needed & left, (self.wanted & left) - self.needed)


def needs_of(steps: Iterable[Step]) -> dict[int, Needs]:
    """What each frame of the node waits for, by its index."""
    found: dict[int, Needs] = {}
    last_push: dict[tuple[int, int], int] = {}
    last: dict[int, int] = {}  # of each session's party, and (0) of the node
    for step in steps:
        if step.direction == "to_node":
            if not step.keeps_alive:
                last[step.session] = step.index
            continue
        if step.kind != "frame":
            continue
        wanted = set(last.values()) if step.profile.lockstep else set()
        if asked := frozenset(part.step.index for part in step.answers):
            found[step.index] = Needs(asked, frozenset(wanted))
        else:
            place = step.session, step.exchange
            wanted |= {last_push[place]} if place in last_push else set()
            cause = {step.cause} if step.cause >= 0 else set()
            found[step.index] = Needs(frozenset({*cause, *step.after}), frozenset(wanted))
            last_push[place] = step.index
        if not step.keeps_alive:
            last[NODE] = step.index
    return found


class AskedBack:
    """What the node asks its parties before it answers them: an answer waits for what it asked meanwhile.

    Args:
        steps: of the script.
    """

    def __init__(self, steps: Iterable[Step]) -> None:
        self._asked: dict[int, list[tuple[int, int]]] = {}  # in each session: question and answer, by index
        self._pushed: dict[tuple[int, int], list[int]] = {}  # in each exchange over HTTP
        for step in steps:
            if step.direction == "from_node":
                for part in step.parts:
                    if part.kind == "request" and part.answer is not None:
                        self._asked.setdefault(step.session, []).append((step.index, part.answer.step.index))
                    if step.exchange and part.request is None:
                        self._pushed.setdefault((step.session, step.exchange), []).append(step.index)

    def before(self, answer: Part) -> frozenset[int]:
        """What must have happened before an answer is given, besides its request."""
        assert answer.request is not None
        step, asked = answer.step, answer.request.step.index
        questions = self._asked.get(step.session, [])
        meanwhile = questions[bisect_left(questions, (asked + 1,)) : bisect_left(questions, (step.index,))]
        pushed = self._pushed.get((step.session, step.exchange), [])
        replies = (reply for _question, reply in meanwhile if reply < step.index)
        return frozenset({*replies, *pushed[: bisect_left(pushed, step.index)]})
