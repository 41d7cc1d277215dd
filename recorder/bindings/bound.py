"""The texts of a capture that a comparison binds, wherever they stand: what is another value in each run.

Rule: pure; what is bound is decided by `kinds` alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from recorder.bindings.kinds import Kinds
from recorder.difference import Path
from recorder.model import Closed, Opened
from recorder.profiles import GENERIC
from recorder.timeline import Script, urls
from recorder.timeline.handed_out import scalars
from recorder.timeline.steps import Step


class Bound(NamedTuple):
    """The texts of a capture, by what a comparison does with them.

    Args:
        texts: those that are bound at some place.
        compared: those that are compared at some place, and numbers as they are written.
    """

    texts: frozenset[str]
    compared: frozenset[str]


def bound(script: Script) -> Bound:
    """What a comparison of a capture binds, and what it compares."""
    kinds = {profile.name: Kinds(profile, script.handed) for profile in (*script.protocols, GENERIC)}
    texts, compared = set[str](), set[str]()
    for step in script.steps:
        of = kinds[step.profile.name].of
        for method, path, value in _compared(step):
            if not of(method, path, value):
                compared.add(str(value))
            elif isinstance(value, str):
                texts.add(value)
        texts.update(value for path, value in _headers(step) if of("", path, value))
    return Bound(frozenset(texts), frozenset(compared))


def _compared(step: Step) -> Iterator[tuple[str, Path, Any]]:
    """The values in the messages of a frame, and in the parameters of an opening, each with its method."""
    if isinstance(step.event, Opened):
        yield from (("", ("url", name), value) for name, value in urls.query(step.event.url).items())
    for part in step.parts:
        yield from ((part.method, path, value) for path, value in scalars(part.value))


def _headers(step: Step) -> Iterator[tuple[Path, str]]:
    """The headers of a step: no comparison looks at them, but they say what messages say too."""
    event = step.event
    pairs = [] if isinstance(event, Closed) else [*event.headers, *(event.answer if isinstance(event, Opened) else ())]
    return ((("headers", name), value) for name, value in pairs)
