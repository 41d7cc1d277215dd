"""Gathers captures on disk into one capture on disk.

Rule: a file is read several times, but never further than the first time, because a recorder may still be writing it. The
gathered capture is written as a whole, or not at all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import TypeVar

from recorder import capture
from recorder.errors import InputError
from recorder.forked import worthwhile
from recorder.gathering.clocks import Clock, Clocks
from recorder.gathering.merging import Merging
from recorder.gathering.pairs import Pair, pairs
from recorder.gathering.printed import clock_line
from recorder.gathering.sightings import Sighting, Survey, seen, seen_elsewhere
from recorder.interchange.files import STDIN, Capture, read_lines, same_file, staging
from recorder.memory import gc_paused
from recorder.model import Header
from recorder.profiles import AUTO
from recorder.sinks.capture_file import new_header

NAME = "node"

LARGE = 4_000_000
"""Bytes of captures from which another process is worth its beginning."""

T = TypeVar("T")


@dataclass(frozen=True)
class Gathered:
    """What was gathered.

    Args:
        names: the names of the captures.
        clocks: the clock of each.
        events: how many events there are in all.
        held: the pairs that no steady clocks keep: their effects were put after their causes.
        impossible: the pairs of those that no order keeps.
    """

    names: Sequence[str]
    clocks: Sequence[Clock]
    events: int
    held: Sequence[Pair]
    impossible: Sequence[Pair]


def gather(
    paths: Sequence[Path],
    output: Path,
    warn: Callable[[str], None] = lambda _text: None,
    names: Sequence[str] = (),
) -> Gathered:
    """Gather the captures of several hosts into one.

    Args:
        paths: the captures, plain or zstd-compressed; times are those of the first one's clock.
        output: the capture to write; what is there is replaced.
        warn: called with one line about each incomplete last line, which is left out.
        names: their names in what is printed and in the header; by default their paths.

    Raises:
        InputError: there are fewer than two, one is given twice, is not a capture, or has no times; the output cannot be
            written.
    """
    files = [str(path) for path in paths]
    _check(files, output)
    with ExitStack() as stack:
        warnings: list[str] = []
        captures = [stack.enter_context(Capture(file, warnings.append)) for file in files]
        headers = [one.header for one in captures]
        _check_runs(files, headers)
        surveys, clocks, kept = _surveyed(captures, warnings, warn)
        held = [] if kept else _held(captures, surveys, clocks)
    header = _header(names or _short(files), headers, clocks)
    merging = Merging([_lines(file, known.events) for file, known in zip(files, surveys, strict=True)], clocks, held)
    with staging() as stage, stage.open(output) as file:
        file.write(capture.dump(header))
        file.writelines(merging)
    return Gathered(names or files, clocks, sum(known.events for known in surveys), held, merging.impossible)


def _check(names: Sequence[str], output: Path) -> None:
    if len(names) <= 1:
        raise InputError("is one capture: give two or more to gather", file=names[0] if names else "")
    if STDIN in names:
        raise InputError("standard input can be read only once; give a file")
    for number, name in enumerate(names):
        if same_file(output, Path(name)):
            raise InputError("is one of the captures; name another file with -o", file=name)
        if any(same_file(Path(name), Path(other)) for other in names[:number]):
            raise InputError("is given twice; give each capture once", file=name)


def _check_runs(names: Sequence[str], headers: Sequence[Header]) -> None:
    known: dict[str, str] = {}
    for name, header in zip(names, headers, strict=True):
        if header.run in known:
            raise InputError(f"is the same run as {known[header.run]}; give each run once", file=name)
        known[header.run] = name


def _surveyed(
    captures: Sequence[Capture], warnings: list[str], warn: Callable[[str], None]
) -> tuple[list[Survey], list[Clock], bool]:
    """What the captures are, their clocks, and whether these keep all pairs."""
    surveys = [Survey() for _ in captures]
    found = Clocks(surveys)

    def sightings() -> Iterator[list[Sighting]]:
        large = sum(Path(one.path).stat().st_size for one in captures) >= LARGE
        see = seen_elsewhere if large and worthwhile() else seen
        for read in see([(one.header, one) for one in captures], warnings):
            surveys[:] = read.surveys
            for text in read.warnings:
                warn(text)
            yield read.sightings

    with gc_paused():
        for pair in pairs(sightings()):
            found.add(pair)
    for one, survey in zip(captures, surveys, strict=True):
        if survey.events and not survey.began:
            raise InputError("its events have no times: it cannot be put beside other captures", file=one.path)
    return surveys, *found.found()


def _held(captures: Sequence[Capture], surveys: Sequence[Survey], clocks: Sequence[Clock]) -> list[Pair]:
    """The pairs that the clocks do not keep."""
    known = [(one.header, islice(one, survey.events)) for one, survey in zip(captures, surveys, strict=True)]
    with gc_paused():
        found = pairs(read.sightings for read in seen(known))
        return [pair for pair in found if not clocks[pair.cause.capture].keeps(pair, clocks[pair.effect.capture])]


def _lines(name: str, events: int) -> Iterator[bytes]:
    lines = capture.load_lines(read_lines(name), file=name)
    return chain(islice(lines, max(events - 1, 0)), (line.rstrip(b"\n") + b"\n" for line in islice(lines, 1)))


def _header(names: Sequence[str], headers: Sequence[Header], clocks: Sequence[Clock]) -> Header:
    meta: dict[str, str] = {}
    for header in reversed(headers):
        meta |= header.meta
    meta |= {
        name: f"run {header.run}: {clock_line(number, names, clocks)}"
        for number, (name, header) in enumerate(zip(names, headers, strict=True))
    }
    return new_header(
        mitmproxy=_common([header.mitmproxy for header in headers], ""),
        started=min(
            (clock.corrected(header.started) for clock, header in zip(clocks, headers, strict=True) if header.started),
            default=0,
        ),
        profile=_common([header.profile for header in headers], AUTO),
        node=_common([header.node for header in headers], NAME),
        upstreams=list(dict.fromkeys(upstream for header in headers for upstream in header.upstreams)),
        meta=meta,
    )


def _short(names: Sequence[str]) -> Sequence[str]:
    """The names without their folders, which may be private, if these names differ."""
    short = [Path(name).name for name in names]
    return short if len({*short}) == len(short) else names


def _common(values: Sequence[T], otherwise: T) -> T:
    """The value that all have, if they have the same."""
    return values[0] if all(value == values[0] for value in values) else otherwise
