"""What was gathered, in words: one line for each capture, and one for each thing that is wrong.

Rule: pure; figures in, text out.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from recorder.gathering.clocks import Clock
from recorder.gathering.merging import Impossible
from recorder.gathering.pairs import Pair
from recorder.timeline.words import lasting


def clock_line(number: int, names: Sequence[str], clocks: Sequence[Clock]) -> str:
    """What was found of the clock of a capture; of one that others are held against, that it is taken as it is."""
    clock = clocks[number]
    if clock.reference == number:
        return "its clock is taken as it is"
    other = names[clock.reference]
    return f"{_how(clock, other)}{_drift(clock)}, from {clock.pairs} pair{'s' * (clock.pairs != 1)}"


def lines(names: Sequence[str], clocks: Sequence[Clock]) -> Iterator[str]:
    """A line for each capture but the first."""
    for number, (name, clock) in enumerate(zip(names, clocks, strict=True)):
        if clock.reference == number and number:
            others = names[0] if len(names) == 2 else "the captures before it"
            yield f"{name}: no frame depends on one of {others}: {clock_line(number, names, clocks)}"
        elif number:
            yield f"{name}: {clock_line(number, names, clocks)}"


def held_line(names: Sequence[str], held: Sequence[Pair], clocks: Sequence[Clock]) -> str:
    """What is said of pairs that no steady clocks keep."""
    def early(pair: Pair) -> int:
        cause, effect = pair
        return clocks[cause.capture].corrected(cause.time) - clocks[effect.capture].corrected(effect.time)

    worst = max(held, key=early)
    many = f"{len(held)} frames come" if len(held) > 1 else "1 frame comes"
    return (
        f"{many} before what caused them by any steady clocks, at most {lasting(max(early(worst), 0))}, and "
        f"{'were' if len(held) > 1 else 'was'} put behind it; the first: {_place(names, worst.effect[:2])} after {_place(names, worst.cause[:2])}"
    )


def impossible_line(names: Sequence[str], pair: Impossible) -> str:
    """What is said of a pair that no order keeps."""
    cause, effect = _place(names, pair.cause), _place(names, pair.effect)
    return f"{effect}: comes before its cause {cause} in any order that keeps each capture's own"


def _place(names: Sequence[str], place: tuple[int, int]) -> str:
    return f"{names[place[0]]}:{place[1]}"


def _how(clock: Clock, other: str) -> str:
    ahead = clock.ahead
    side = "ahead of" if ahead > 0 else "behind"
    if math.isinf(clock.earlier) or math.isinf(clock.later):
        return f"clock as {other}'s" if not ahead else f"clock at least {_exact(abs(ahead))} {side} {other}'s"
    if not ahead:
        return f"clock as {other}'s (- {lasting(clock.later)}, + {lasting(clock.earlier)})"
    return f"clock {_exact(abs(ahead))} {side} {other} (± {lasting(max(clock.earlier, clock.later))})"


def _exact(nanoseconds: int) -> str:
    return f"{nanoseconds / 1e9:.3f} s"


def _drift(clock: Clock) -> str:
    return f", drift {clock.drift:+.0f} ppm" if clock.rate != 1 else ""
