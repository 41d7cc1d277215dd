"""Which pushes report on a call that is still open: progress, partial results.

Rule: pure, made once from a script. A push reports on the call that first brought a bound value which it carries, such as
a token. It needs that call alone, and the answer to the call comes after it. Over HTTP the exchange shows it already, and
in a lockstep protocol the order of everything does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from recorder.bindings import Kinds
from recorder.timeline import Part, Step
from recorder.timeline.handed_out import scalars

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
                self._follow(part, [brought.setdefault(token, part) for token in _tokens(part, kinds(step.session))])

    def on(self, call: int) -> list[int]:
        """The reports on a call, in order; all by index."""
        return self._reports.get(call, [])

    def _follow(self, part: Part, brought_by: list[Part]) -> None:
        """A message whose values these messages brought."""
        index = part.step.index
        if part.step.direction == "to_node" or not part.asks:
            return
        for call in brought_by:
            open_ = call.answer is not None and call.answer.step.index > index
            if call.step.direction == "to_node" and open_ and index not in self.calls:
                self.calls[index] = call.step.index
                self._reports.setdefault(call.step.index, []).append(index)


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


def _tokens(part: Part, kinds: Kinds) -> Iterator[Token]:
    for path, value in scalars(part.value):
        if kind := kinds.of(part.method, path, value):
            yield part.step.session, kind, value
