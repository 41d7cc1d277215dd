"""Calls that a client made again until it saw something else, where no rule says that they repeat.

Rule: pure, and only a hint: no step is paired or allowed because of it.
"""

from __future__ import annotations

from functools import cache

from recorder.compare.differences import Scripts
from recorder.jsonrpc import canonical
from recorder.timeline import Part, Step
from recorder.timeline.exchanges import bare


class Polled:
    """The calls of two runs that were made again in the same words.

    Args:
        scripts: of the recorded run, and of the live one.
    """

    def __init__(self, scripts: Scripts) -> None:
        self._scripts = scripts
        self._told: set[str] = set()
        self._before = cache(self._earlier)

    def hint(self, one: Step, other: Step) -> str:
        """What two answers that differ usually come from, if the live run saw once more what it had seen.

        Empty if it did not, and if that was said of this method already.

        Args:
            one: the recorded answer.
            other: the live one.
        """
        if len(one.parts) != 1 or len(other.parts) != 1 or one.parts[0].request is None:
            return ""
        recorded, live = one.parts[0], other.parts[0]
        before = [self._before(recorded.method).get(part) for part in (recorded, live)]
        if before[0] is None or before[1] is None or recorded.method in self._told:
            return ""
        if _said(before[0]) == _said(recorded) or _said(before[1]) != _said(live):
            return ""
        self._told.add(recorded.method)
        return f"{recorded.method} was called until it said this; if a rule says that it `repeats`, only its last answer counts"

    def _earlier(self, method: str) -> dict[Part, Part]:
        """Of answers to calls of a method in either run, the answer to the same call before it in its session."""
        found: dict[Part, Part] = {}
        for script in self._scripts:
            last: dict[tuple[int, bytes], Part] = {}
            for part in (part for step in script.steps for part in step.parts):
                if part.request is not None and part.method == method:
                    call = part.step.session, _said(part.request)
                    if call in last:
                        found[part] = last[call]
                    last[call] = part
        return found


def _said(part: Part) -> bytes:
    """What a message says, without its id."""
    return canonical(bare(part.value))
