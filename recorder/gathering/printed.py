"""The result of gathering in words: a line for each capture, and one for each thing that is wrong.

Rule: pure.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from recorder.gathering.clocks import Clock
from recorder.gathering.pairs import Pair
from recorder.gathering.sightings import Place
from recorder.model import SECOND
from recorder.timeline.words import lasting
from recorder.wording import counted


def clock_line(number: int, names: Sequence[str], clocks: Sequence[Clock]) -> str:
    """How the clock of a capture differs from that of its reference, and how exactly this is known."""
    clock = clocks[number]
    if clock.reference == number:
        return "its clock is taken as it is"
    other = names[clock.reference]
    pairs = f"from {counted(clock.pairs, 'pair')}"
    if math.isinf(clock.earlier) or math.isinf(clock.later):
        return f"clock {_side(clock, other, 'at least ')}{_drift(clock)}, {pairs} in one direction"
    if not clock.ahead:
        room = f"+ {lasting(clock.earlier)}, - {lasting(clock.later)}"
    else:
        room = f"± {lasting(max(clock.earlier, clock.later))}"
    return f"clock {_side(clock, other)} ({room}){_drift(clock)}, {pairs}"


def lines(names: Sequence[str], clocks: Sequence[Clock]) -> Iterator[str]:
    """A line for each capture but the first."""
    for number, (name, clock) in enumerate(zip(names, clocks, strict=True)):
        if clock.reference == number and number:
            others = names[0] if number == 1 else "those before it"
            yield (
                f"{name}: no frame depends on one of {others}, or the other way round: "
                f"{clock_line(number, names, clocks)}"
            )
        elif number:
            yield f"{name}: {clock_line(number, names, clocks)}"


def held_line(names: Sequence[str], held: Sequence[Pair], clocks: Sequence[Clock]) -> str:
    """The line about pairs that no steady clocks keep."""

    def early(pair: Pair) -> int:
        cause, effect = pair
        return clocks[cause.capture].corrected(cause.time) - clocks[effect.capture].corrected(effect.time)

    worst = max(held, key=early)
    many = len(held) > 1
    return (
        f"{len(held)} {'frames come' if many else 'frame comes'} before what caused {'them' if many else 'it'}, whatever "
        f"steady clocks are tried, and {'were' if many else 'was'} put behind it; the worst by {lasting(early(worst))}: "
        f"{_place(names, worst.effect)} after {_place(names, worst.cause)}"
    )


def impossible_line(names: Sequence[str], pair: Pair) -> str:
    """The line about a pair that no order keeps."""
    cause, effect = _place(names, pair.cause), _place(names, pair.effect)
    return f"{effect}: stands before {cause}, which caused it: no order keeps both captures' own"


def _place(names: Sequence[str], place: Place) -> str:
    return f"{names[place.capture]}:{place.line}"


def _side(clock: Clock, other: str, least: str = "") -> str:
    ahead = clock.ahead
    if not ahead:
        return f"as {other}"
    return f"{least}{abs(ahead) / SECOND:.3f} s {'ahead of' if ahead > 0 else 'behind'} {other}"


def _drift(clock: Clock) -> str:
    return f", drift {clock.drift:+.0f} ppm" if clock.rate != 1 else ""
