"""Ids that an end makes anew in each run: any will do, where no other frame goes on with the one that was recorded.

Rule: pure. What shows it are the ids of the same name that the same end made: at least two in each run, and none in both.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Any

from recorder.compare.differences import Scripts, in_member
from recorder.difference import Difference, Path, name_of
from recorder.model import Direction
from recorder.timeline import Script, Step
from recorder.timeline.handed_out import canonical, opaque, random_uuid, scalars

LEAST = 2
"""So many ids of a name show whether they are others in each run."""

Name = tuple[Direction, str]
"""The name of ids, and the direction in which the end that makes them sends."""


class MadeAnew:
    """The ids of two runs that nobody knew before.

    Args:
        scripts: of the recorded run, and of the live one.
    """

    def __init__(self, scripts: Scripts) -> None:
        self._scripts = scripts

    def alike(self, step: Step, item: Difference) -> bool:
        """Whether two values are ids that the end which sent them makes anew in each run.

        Args:
            step: the recorded frame.
            item: a difference of it and the live one.
        """
        one, other = item.recorded, item.live
        if not (isinstance(one, str) and isinstance(other, str)):
            return False
        path = in_member(step, item).path
        name = id_name(path, one)
        return bool(name) and name == id_name(path, other) and (step.direction, name) in self.names

    @cached_property
    def names(self) -> set[Name]:
        """Under which names an end makes ids anew in each run."""
        recorded, live = map(_made, self._scripts)
        return {
            name
            for name in recorded.keys() & live.keys()
            if min(len(recorded[name]), len(live[name])) >= LEAST and recorded[name].isdisjoint(live[name])
        }


def _made(script: Script) -> dict[Name, set[str]]:
    """The ids of a run; what the other end had sent before was not made."""
    first: dict[str, Direction] = {}
    found: dict[Name, set[str]] = {}
    for step in script.steps:
        for path, value in _texts(step):
            name = id_name(path, value)
            if name and first.setdefault(value, step.direction) == step.direction:
                found.setdefault((step.direction, name), set()).add(value)
    return found


def _texts(step: Step) -> Iterator[tuple[Path, str]]:
    for part in step.parts:
        value: Any = part.value
        yield from ((path, text) for path, text in scalars(value) if isinstance(text, str))


def id_name(path: Path, text: str) -> str:
    """The name of an id; empty if it is none: a text is one that nobody would choose, if a name says so, or a random UUID."""
    if not opaque(text):
        return ""
    return canonical(path) or (name_of(path) if random_uuid(text) else "")
