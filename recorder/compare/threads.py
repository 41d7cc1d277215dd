"""Pairs the threads of two captures: the parts of their sessions that know nothing of each other.

Rule: a thread is known by what is said in it and of it, never by its own name, nor by the order in which threads begin:
those that have most in common are each other's, then those that are left in order.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from recorder.bindings import Kinds
from recorder.compare.differences import Scripts, kinds_of
from recorder.compare.sessions import Course, alike, pair_sessions
from recorder.compare.shapes import Shapes
from recorder.compare.steps import asks
from recorder.rules import NO_RULES, Rules
from recorder.timeline import Script

Numbers = Mapping[str, int]
"""Of each thread of a capture, by its name, a number that it shares with its other alone."""


class Threads(NamedTuple):
    """The threads of the recorded capture, and those of the live one."""

    recorded: Numbers
    live: Numbers

    def part(self, recorded: Any, live: Any) -> bool:
        """Whether a recorded and a live value name threads that are not each other's."""
        return recorded in self.recorded and self.recorded[recorded] != self.live.get(str(live))


NO_THREADS = Threads({}, {})


def pair_threads(scripts: Scripts, rules: Rules = NO_RULES) -> Threads:
    """Pair the threads of the sessions that are each other's.

    Args:
        scripts: both captures.
        rules: which values are bound besides those that are by themselves.
    """
    if not all(any(step.thread for step in script.steps) for script in scripts):
        return NO_THREADS
    kinds = kinds_of(scripts.recorded, rules), kinds_of(scripts.live, rules)
    shapes = Shapes(scripts.recorded, kinds[0], "blank"), Shapes(scripts.live, kinds[1], "blank", live=True)
    sessions = {other: one for one, other in pair_sessions(scripts, shapes).pairs}
    ours, theirs = map(_courses, scripts, kinds, shapes)
    numbers: tuple[dict[str, int], dict[str, int]] = {}, {}
    for session, there in theirs.items():
        here = ours.get(sessions.get(session, -1), {})
        names, others = list(here), list(there)
        for at, where in alike(list(here.values()), list(there.values())):
            numbers[0][names[at]] = numbers[1][others[where]] = len(numbers[0]) + 1
    for side, courses in enumerate((ours, theirs)):
        for name in (name for course in courses.values() for name in course):
            numbers[side].setdefault(name, -len(numbers[0]) - len(numbers[1]))
    return Threads(*numbers)


def _courses(script: Script, kinds: Mapping[str, Kinds], shapes: Shapes) -> dict[int, dict[str, Course]]:
    """What is said in each thread of each session, and of it elsewhere in its session, by its name.

    An answer that names a thread says of it what it was asked.
    """
    found: dict[int, dict[str, Course]] = {}
    for step in script.steps:
        if step.thread:
            found.setdefault(step.session, {}).setdefault(step.thread, Course())
    for step in script.steps:
        threads = found.get(step.session)
        said = [step] if asks(step) else [request.step for request in step.answers]
        if threads and said:
            bound = kinds[step.profile.name].bound
            named = {value for part in step.parts for _kind, value in bound(part.method, part.value)}
            for name in {step.thread, *named} & threads.keys():
                threads[name].marks.update(map(shapes.of, said))
    return found
