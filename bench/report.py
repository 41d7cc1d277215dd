"""From samples to the table: medians of per-round ratios, their spread, and whether each target is reached.

Rule: pure; figures in, text out. A target is a line in `TARGETS`, with the number that the project set itself.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from statistics import median, quantiles
from typing import Any

from rounds import BURST, PINGPONG, PIPELINED, RENDER, RSS, Samples
from subjects import BARE, CONTROL, DIRECT, PASSTHROUGH, RECORDER

MIB = 1 << 20
SHOWN = (RECORDER, BARE, PASSTHROUGH, DIRECT)


@dataclasses.dataclass(frozen=True)
class Ratio:
    """What the rounds say of one figure against another: the middle, and the quartiles around it."""

    middle: float
    low: float
    high: float

    @classmethod
    def of(cls, ratios: list[float]) -> Ratio:
        low, _, high = quantiles(ratios, n=4, method="inclusive") if len(ratios) > 1 else ratios * 3
        return cls(median(ratios), low, high)

    def __str__(self) -> str:
        return f"{_short(self.middle)} ({_short(self.low)}-{_short(self.high)})"


@dataclasses.dataclass(frozen=True)
class Figure:
    """One kind of figure: where it stands in a sample, and how it is shown."""

    key: str
    label: str
    unit: str
    scale: float = 1


@dataclasses.dataclass(frozen=True)
class Target:
    """A bound for a figure of the recorder: on its ratio to another subject, or with none on the figure itself."""

    against: str
    bound: float
    at_least: bool = False

    def reached(self, value: float) -> bool:
        return value >= self.bound if self.at_least else value <= self.bound

    def __str__(self) -> str:
        sign = ">=" if self.at_least else "<="
        return f"{sign} {self.bound:g}" + (f"x {self.against}" if self.against else "")


@dataclasses.dataclass(frozen=True)
class Row:
    """One line of the table."""

    label: str
    unit: str
    values: dict[str, float]
    ratios: dict[str, Ratio]
    targets: list[tuple[Target, bool]]


CPU = Figure("cpu", "CPU per frame", "us", 1e6)
RATE = Figure("rate", "frames a second", "/s")
P50, P99 = Figure("p50", "round trip p50", "us", 1e6), Figure("p99", "round trip p99", "us", 1e6)
FIGURES: dict[str, tuple[Figure, ...]] = {
    PIPELINED: (CPU, RATE),
    PINGPONG: (CPU, P50, P99),
    RSS: (
        Figure("growth", "memory growth, 100,000 frames", "MiB", 1 / MIB),
        Figure("rss", "memory after that", "MiB", 1 / MIB),
    ),
    BURST: (Figure("peak", "memory peak, burst to a slow reader", "MiB", 1 / MIB),),
    RENDER: (
        Figure("rate", "transcript rendered a second", "MB", 1e-6),
        Figure("peak", "memory of that process", "MiB", 1 / MIB),
    ),
}
TARGETS: dict[tuple[str, str], list[Target]] = {
    (PIPELINED, "cpu"): [Target(BARE, 0.08), Target(PASSTHROUGH, 1)],
    (PINGPONG, "cpu"): [Target(BARE, 0.30), Target(PASSTHROUGH, 1)],
    (PINGPONG, "p50"): [Target(BARE, 0.40), Target(PASSTHROUGH, 1)],
    (f"{PIPELINED} 300", "rate"): [Target(BARE, 12, at_least=True)],
    (RSS, "growth"): [Target("", 1)],
    (BURST, "peak"): [Target("", 10)],
    (RENDER, "rate"): [Target("", 60, at_least=True)],
}


def rows(samples: Samples) -> Iterator[Row]:
    """The table, line by line."""
    for phase, subjects in samples.items():
        mode, size, sessions = (*phase.split(), "", "")[:3]
        for figure in FIGURES[mode]:
            if not subjects.get(RECORDER):
                continue
            series = {name: [sample[figure.key] for sample in taken] for name, taken in subjects.items()}
            where = f"{mode}, {size} B, {sessions} session{'s' * (sessions != '1')}: " if size else ""
            targets = TARGETS.get((mode, figure.key), []) + TARGETS.get((f"{mode} {size}", figure.key), [])
            values = {name: median(values) * figure.scale for name, values in series.items()}
            ratios = {
                name: Ratio.of(_ratios(series, name))
                for name in (BARE, PASSTHROUGH, CONTROL)
                if _loaded(mode, series, name)
            }
            reached = [
                (target, target.reached(ratios[target.against].middle if target.against else values[RECORDER]))
                for target in targets
            ]
            yield Row(where + figure.label, figure.unit, values, ratios, reached)


def _loaded(mode: str, series: dict[str, list[float]], name: str) -> bool:
    return mode in {PIPELINED, PINGPONG} and name in series


def _ratios(series: dict[str, list[float]], against: str) -> list[float]:
    return [ours / theirs for ours, theirs in zip(series[RECORDER], series[against], strict=True)]


HEADINGS = ("", *SHOWN, f"/ {BARE}", f"/ {PASSTHROUGH}", "A/A", "to reach")


def _cells(row: Row) -> list[str]:
    values = [f"{_short(row.values[name])} {row.unit}" if row.values.get(name) else "" for name in SHOWN]
    if not row.values[RECORDER]:
        values[0] = f"0 {row.unit}"
    ratios = [str(row.ratios.get(name, "")) for name in (BARE, PASSTHROUGH, CONTROL)]
    targets = ", ".join(f"{target} {'yes' if reached else 'NO'}" for target, reached in row.targets)
    return [row.label, *values, *ratios, targets]


def text(table: list[Row]) -> str:
    """The table for a terminal."""
    return _lines(
        table, lambda cells, widths: "  ".join(c.ljust(w) for c, w in zip(cells, widths, strict=True)).rstrip()
    )


def markdown(table: list[Row]) -> str:
    """The table for a document."""
    lines = _lines(table, lambda cells, _: f"| {' | '.join(cells)} |").split("\n")
    lines.insert(1, "|---|" + "---:|" * (len(HEADINGS) - 2) + "---|")
    return "\n".join(lines)


def conditions(about: dict[str, Any]) -> str:
    """What it was measured on, in words."""
    versions = about["versions"]
    return (
        f"Measured {about['date'][:10]} by `bench/run.py` in {about['seconds']} s: {about['cores']} cores "
        f"({about['processor']}), Python {about['python']}, mitmproxy {versions['mitmproxy']}, websockets "
        f"{versions['websockets']}; median of {about['plan']['rounds']} interleaved rounds, quartiles of the per-round "
        "ratios in brackets; a frame is one message in one direction; A/A is the recorder against itself, "
        "direct is without any proxy."
    )


def _lines(table: list[Row], line: Callable[[list[str], list[int]], str]) -> str:
    cells = [list(HEADINGS), *map(_cells, table)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return "\n".join(line(row, widths) for row in cells)


def _short(value: float) -> str:
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2 if abs(value) >= 1 else 3
    return f"{value:,.{digits}f}"
