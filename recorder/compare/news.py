"""What an end had heard of the things that it calls about: a job, a subscription, a message of somebody else.

Rule: pure. A call about a thing goes on from the last that was heard of it: a push, or an answer to a call about the same.
Where two of these came in another order, so may the calls.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from recorder.bindings import Kinds
from recorder.compare.order import may_be_apart
from recorder.timeline import Part, Script, Step

Thing = tuple[str, Any]
"""A kind, and a bound value of it."""


class News:
    """What was heard before each call.

    Args:
        script: what was recorded.
        pairs: recorded and live steps.
        kinds: which recorded values are bound, by the name of the protocol.
    """

    def __init__(self, script: Script, pairs: Sequence[tuple[Step, Step]], kinds: Mapping[str, Kinds]) -> None:
        self._live = {one.index: live.index for one, live in pairs}
        self._before: dict[int, dict[Thing, int]] = {}  # by call: of each thing in it, what was heard last
        heard: dict[int, dict[Thing, int]] = {}  # in each session
        asked: dict[Part, set[Thing]] = {}
        for step in filter(may_be_apart, script.steps):
            known = heard.setdefault(step.session, {})
            for part in step.parts:
                things = set(kinds[step.profile.name].bound(part.method, part.value))
                if step.direction == "from_node":
                    known.update(dict.fromkeys(things | asked.get(part.request or part, set()), step.index))
                else:
                    asked[part] = things
                    here = self._before.setdefault(step.index, {})
                    here.update({thing: known[thing] for thing in things & known.keys()})

    def turned(self, one: int, other: int) -> bool:
        """Whether what two calls go on about, apart from each other, came the other way round.

        Args:
            one: the call that was recorded first, by index.
            other: the other.
        """
        ours, theirs = self._before.get(one, {}), self._before.get(other, {})
        first = max((index for thing, index in ours.items() if thing not in theirs), default=-1)
        then = max((index for thing, index in theirs.items() if thing not in ours), default=-1)
        if first < 0 or then < first or not {first, then} <= self._live.keys():
            return False
        return self._live[first] > self._live[then]
