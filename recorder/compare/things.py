"""What pushes are about, in two captures: a subscription, a job, whatever a call or its answer has brought.

Rule: pure. A thing is known by the call that brought it, and by the place where it stood then; so it is the same in both
captures, and known in one that says no more of it. Pushes that share one are about the same.
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


class Thing(NamedTuple):
    """How a value came into a capture.

    Args:
        call: that brought it, or whose answer did.
        path: where it stood in that call or answer.
    """

    call: Part
    path: Path


class Things:
    """The thing that each push of two captures is about: the same where a call and its other have brought it.

    Args:
        scripts: both captures.
        rules: which values are bound besides those that are by themselves.
        partners: the live call of each recorded one, as far as that is known when a push is asked about.
    """

    def __init__(self, scripts: Scripts, rules: Rules, partners: Mapping[Part, Part]) -> None:
        self._scripts, self._rules, self._partners = scripts, rules, partners

    def of(self, step: Step) -> Thing | None:
        """The thing that a push is about; None where it is about none."""
        recorded, live = self._about
        about = live.get(id(step)) or [
            Thing(self._partners.get(call, call), path) for call, path in recorded.get(id(step), ())
        ]
        known = next(filter(self._groups.__contains__, about), None)
        return self._groups.leader(known) if known is not None else next(iter(about), None)

    @cached_property
    def _about(self) -> list[dict[int, list[Thing]]]:
        """Of each capture the pushes that are about anything, by the `id` of their step."""
        places = {place for script in self._scripts for place in self._bound(script)}
        return [dict(_about(script, places)) for script in self._scripts]

    def _bound(self, script: Script) -> Iterator[tuple[str, Path]]:
        """Where pushes of a capture have bound values: method and path."""
        kinds = kinds_of(script, self._rules)
        for step in script.steps:
            for part in step.parts if step.direction == "from_node" else ():
                for path, value in scalars(part.value) if part.request is None else ():
                    if kinds[step.profile.name].of(part.method, path, value):
                        yield part.method, path

    @cached_property
    def _groups(self) -> Groups[Thing]:
        """What live pushes are about together: that is one thing."""
        found: Groups[Thing] = Groups()
        for first, *others in self._about[1].values():
            for other in (first, *others):
                found.join(first, other)
        return found


def _about(script: Script, places: set[tuple[str, Path]]) -> Iterator[tuple[int, list[Thing]]]:
    """Of each push with a value in one of these places that a call or its answer has brought: how that was."""
    brought: dict[int, dict[Any, Thing]] = {}
    for step in filter(may_be_apart, script.steps):
        known = brought.setdefault(step.session, {})
        about: list[Thing] = []
        for part in step.parts:
            call = part if step.direction == "to_node" else part.request
            for path, value in scalars(part.value):
                if call is not None:
                    known.setdefault(value, Thing(call, path))
                elif value in known and (part.method, path) in places:
                    about.append(known[value])
        if about:
            yield id(step), about
