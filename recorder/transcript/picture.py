"""Where the steps of a diagram stand in a picture of it: row by row.

Rule: pure; sizes and colours stand in the template that draws it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from recorder.profiles.sentences import shortened
from recorder.transcript.diagram import Step

REFUSES = ": error "
"""What stands in the words of a refusal before its code."""


@dataclass
class PlacedStep:
    """A step that has a row.

    Args:
        step: an arrow, a note, or a loop.
        row: its row, from 0.
        until: of a loop the last row in it.
    """

    step: Step
    row: int
    until: int = 0


@dataclass
class Picture:
    """One part of a diagram.

    Args:
        names: of its lifelines, from left to right.
        places: its steps; a loop before what is in it.
        rows: how many there are.
    """

    names: list[str] = field(default_factory=list)
    places: list[PlacedStep] = field(default_factory=list)
    rows: int = 0


def pictures(steps: Iterable[Step]) -> list[Picture]:
    """The pictures of a diagram, one of each part; boxes are left to the page, which has sections for scenarios."""
    made: list[Picture] = []
    around: list[PlacedStep | None] = []
    for step in steps:
        if step.kind == "begin":
            made.append(Picture())
        elif step.kind == "lifeline":
            made[-1].names.append(step.text)
        elif step.kind == "box":
            around.append(None)
        elif step.kind == "close":
            if (loop := around.pop()) is not None:
                loop.until = made[-1].rows - 1
        elif step.kind != "end":
            place = PlacedStep(step, made[-1].rows)
            made[-1].places.append(place)
            made[-1].rows += 1
            if step.kind == "loop":
                around.append(place)
    return made


def fitted(text: str, room: int) -> str:
    """A label that fits into so many characters: of an error its code, for its arrow shows already whom it is to."""
    at = text.find(REFUSES) if len(text) > room else -1
    return shortened(text if at < 0 else text[at:].removeprefix(": "), room)
