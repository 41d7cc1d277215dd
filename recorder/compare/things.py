"""What pushes are about, in two captures: a subscription, a job, whatever a call or its answer has brought.

Rule: pure. What a push is about is known by its origin, so that it is the same in both captures, and known in one that says
no more of it. Pushes that share an origin are about the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any, NamedTuple

from recorder.compare.differences import Scripts, kinds_of
from recorder.compare.groups import Groups
from recorder.compare.order import may_be_apart
from recorder.difference import Path
from recorder.rules import Rules
from recorder.timeline import Part, Script, Step
from recorder.timeline.handed_out import scalars


class Origin(NamedTuple):
    """How a value came into a capture.

    Args:
        call: that brought it, or whose answer did.
        path: where it stood in that call or answer.
    """

    call: Part
    path: Path


Origins = Mapping[Step, list[Origin]]
"""Of the pushes of a capture that are about anything, where the values came from that say so."""


class Things:
    """What each push of two captures is about: the same where a call and its other have brought it.

    Args:
        scripts: both captures.
        rules: which values are bound besides those that are by themselves.
        partners: the live call of each recorded one, as far as that is known when a push is asked about.
    """

    def __init__(self, scripts: Scripts, rules: Rules, partners: Mapping[Part, Part]) -> None:
        self._scripts, self._rules, self._partners = scripts, rules, partners

    def of(self, step: Step) -> Origin | None:
        """The origin of what a push of either capture is about, in the live one where it is there; None where of nothing."""
        recorded, live = self._origins
        found = live.get(step) or [
            Origin(self._partners.get(call, call), path) for call, path in recorded.get(step, ())
        ]
        known = next(filter(self._groups.__contains__, found), None)
        return self._groups.leader(known) if known is not None else next(iter(found), None)

    @cached_property
    def _origins(self) -> tuple[Origins, Origins]:
        """Those of each capture."""
        recorded, live = self._scripts
        places = {*self._bound(recorded), *self._bound(live)}
        return _origins(recorded, places), _origins(live, places)

    def _bound(self, script: Script) -> Iterator[tuple[str, Path]]:
        """Where pushes of a capture have bound values: method and path."""
        kinds = kinds_of(script, self._rules)
        for step in script.steps:
            for part in step.parts if step.direction == "from_node" else ():
                for path, value in scalars(part.value) if part.request is None else ():
                    if kinds[step.profile.name].of(part.method, path, value):
                        yield part.method, path

    @cached_property
    def _groups(self) -> Groups[Origin]:
        """What live pushes are about together: that is one thing."""
        found: Groups[Origin] = Groups()
        _recorded, live = self._origins
        for first, *others in live.values():
            for other in (first, *others):
                found.join(first, other)
        return found


def _origins(script: Script, places: set[tuple[str, Path]]) -> Origins:
    """Those of the values that pushes have in these places, of which a call or its answer has brought them."""
    found: dict[Step, list[Origin]] = {}
    brought: dict[int, dict[Any, Origin]] = {}  # by session and value
    for step in filter(may_be_apart, script.steps):
        known = brought.setdefault(step.session, {})
        for part in step.parts:
            call = part if step.direction == "to_node" else part.request
            for path, value in scalars(part.value):
                if call is not None:
                    known.setdefault(value, Origin(call, path))
                elif value in known and (part.method, path) in places:
                    found.setdefault(step, []).append(known[value])
    return found
