"""Which pushes report on a call that is still open: progress, partial results.

Rule: pure, made once from a script. A push reports on the call that first brought a bound value which it carries, such as
a token, or on the one whose answer carries a value that the push was the first to bring. It needs that call alone, and the
answer to the call comes after it. Over HTTP the exchange shows it already, and in a lockstep protocol the order of
everything does.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from recorder.bindings import Kinds
from recorder.timeline import Part, Step

Token = tuple[int, str, Any]
"""Session, kind and value."""


class Reports:
    """The reports of a script.

    Args:
        steps: of the script.
        kinds: which values of a session are bound.

    Attributes:
        calls: by the index of a report, the index of its call.
    """

    def __init__(self, steps: Sequence[Step], kinds: Callable[[int], Kinds]) -> None:
        self.calls: dict[int, int] = {}
        self._reports: dict[int, list[int]] = {}  # by the index of a call
        brought: dict[Token, Part] = {}  # with the message that first carried it
        unclear = _unclear(steps)
        for step in steps:
            for part in step.parts if step.session in unclear else ():
                bound = kinds(step.session).bound(part.method, part.value)
                self._follow(part, [brought.setdefault((step.session, *one), part) for one in bound])

    def on(self, call: int) -> list[int]:
        """The reports on a call, in order; all by index."""
        return self._reports.get(call, [])

    def _follow(self, part: Part, brought_by: list[Part]) -> None:
        """A message whose values these messages brought."""
        if part.step.direction == "to_node":
            return
        for other in brought_by:
            if part.asks:
                self._reports_on(other, part)
            elif part.request is not None and other.asks:
                self._reports_on(part.request, other)

    def _reports_on(self, call: Part, push: Part) -> None:
        """A push may report on a call, if that was open."""
        index = push.step.index
        was_open = call.answer is not None and call.step.index < index < call.answer.step.index
        if (
            push.step.direction == "from_node"
            and call.step.direction == "to_node"
            and was_open
            and index not in self.calls
        ):
            self.calls[index] = call.step.index
            insort(self._reports.setdefault(call.step.index, []), index)


def _unclear(steps: Iterable[Step]) -> set[int]:
    """The sessions in which a push came while a call was open that was not the last thing that its party had sent."""
    found: set[int] = set()
    open_: dict[int, dict[int, None]] = {}  # in each session, the calls by index
    last: dict[int, int] = {}
    for step in steps:
        if step.exchange or step.profile.lockstep:
            continue
        calls = open_.setdefault(step.session, {})
        if step.direction == "to_node":
            last[step.session] = step.index
            calls |= dict.fromkeys([step.index] if any(part.answer is not None for part in step.parts) else [])
        elif any(part.asks for part in step.parts) and next(iter(calls), step.index) < last.get(step.session, -1):
            found.add(step.session)
        for request in step.answers:
            calls.pop(request.step.index, None)
    return found
