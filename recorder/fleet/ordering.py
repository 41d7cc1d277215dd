"""The lines of several runs as one timeline while they come.

Rule: a line is given when it is certain that no other line of its lane comes before it: when the stream has had all lines
before it, or when it follows the last one. A lane is a run, or a session if only some sessions of runs are read. Lanes are
merged by the times of their lines, corrected to the clock of the stream's server. Pure: the time is passed in.

How far a sender's clock is behind is estimated by the least time between the sending and the storing of a parcel.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from heapq import heappop, heappush
from io import BytesIO
from typing import NamedTuple

from recorder import capture
from recorder.fleet.joining import SKIPPED, Block, Joining, Pieces, Tally
from recorder.fleet.parcels import Parcel
from recorder.model import SECOND, Header

WINDOW = 64
"""Parcels from which the clock of a sender is estimated: the latest."""

STEP = SECOND // 20
"""A clock is corrected anew only when it is wrong by more than this, because durations across a correction are wrong."""

HEADER = 1
"""The number of the header's line, which is left out: the timeline has its own."""

_time = re.compile(rb'\{"event":"[a-z]+","time":([1-9][0-9]*)[,}]').match
"""The beginning of an event's line as recorders write it."""


class Line(NamedTuple):
    """A line that is due.

    Args:
        run: the id of its run.
        session: the number of its session in that run; 0 for none.
        behind: by how much its sender's clock is behind that of the stream's server, in nanoseconds.
        text: the line.
    """

    run: str
    session: int
    behind: int
    text: bytes


_newest = capture.Reader(capture.dump(Header(format=capture.FORMAT, run="", recorder="")))


class _Clock:
    """By how much a sender's clock is behind, in nanoseconds."""

    def __init__(self) -> None:
        self._seen: deque[int] = deque(maxlen=WINDOW)
        self.behind = 0

    def see(self, stored: int, sent: int) -> None:
        first = not self._seen
        self._seen.append(stored - sent)
        if first or abs(min(self._seen) - self.behind) > STEP:
            self.behind = min(self._seen)


@dataclass
class _Lane:
    """Lines whose order is fixed: of a whole run, or of a session."""

    joining: Joining
    whole: bool
    key: int = 0  # the corrected time of its last line
    pieces: Pieces = field(default_factory=Pieces)

    @property
    def certain(self) -> tuple[Block, int] | None:
        """The next lines, and the index up to which they are certain; None if others may come before them."""
        block, tally = self.joining.next, self.joining.tally
        if block is None:
            return None
        parcel, _lines, first, after = block
        numbers = parcel.numbers
        if self.whole:
            last = max(tally.given, tally.taken)
            end = first
            while end < after and numbers[end] <= last + 1:
                last = max(last, numbers[end])
                end += 1
            return (block, end) if end > first else None
        place = tally.place(parcel.session)
        follows = place == SKIPPED or parcel.place + first <= place
        return (block, after) if follows or numbers[first] <= tally.taken + 1 else None


class Ordering:
    """Orders the lines of parcels.

    Args:
        whole: whether all parcels of the runs come, in the order of the stream; if not, those of each session do.
        midway: whether the runs have begun before.
    """

    def __init__(self, *, whole: bool, midway: bool = False) -> None:
        self._whole, self._midway = whole, midway
        self._clocks: dict[str, _Clock] = {}
        self._lanes: dict[tuple[str, int], _Lane] = {}
        self._ended: dict[str, int] = {}  # by run, how many lines it has; 0 as long as it goes on
        self._due: list[tuple[int, int, Line]] = []
        self._count = 0

    def add(self, parcel: Parcel, stored: int, opening: Parcel | None = None) -> None:
        """Take a parcel.

        Args:
            parcel: the parcel.
            stored: when the stream stored it, by its server's clock.
            opening: the opening of its session, if that is not among the parcels that come: it is given first.
        """
        run = parcel.run
        clock = self._clocks.setdefault(run, _Clock())
        clock.see(stored, parcel.sent)
        key = run, 0 if self._whole else parcel.session
        if (lane := self._lanes.get(key)) is None:
            whole = self._whole and not self._midway  # else the slice in which it begins has lines from before
            tally = Tally(whole=whole, midway=self._midway, given=parcel.taken * self._midway)
            lane = self._lanes[key] = _Lane(Joining(tally), self._whole)
        if opening is not None:
            for number, text in zip(opening.numbers, BytesIO(opening.lines).readlines(), strict=True):
                if number != HEADER:
                    self._put(lane, Line(run, parcel.session, clock.behind, text))
        tally = lane.joining.tally
        tally.hear(parcel)
        if parcel.kind == "ended":
            self._ended[run] = parcel.numbers[0]
        elif parcel.numbers[-1] > self._ended.setdefault(run, 0):
            self._ended[run] = 0
        if parcel.kind != "ended" and (joined := lane.pieces.add(parcel)) is not None:
            lane.joining.add(joined)
        while (found := lane.certain) is not None:
            self._give(run, lane, found[0], found[1], clock.behind, stored)

    def _give(self, run: str, lane: _Lane, block: Block, after: int, behind: int, stored: int) -> None:
        numbers, session = block.parcel.numbers, block.parcel.session
        first = block.first
        for number, text in zip(numbers[first:after], lane.joining.take(block, after), strict=True):
            if number == HEADER:
                continue
            found = _time(text)
            time = int(found[1]) if found is not None else _newest.event(text, number).time
            if time:
                lane.key = max(lane.key, min(time + behind, stored))
            self._put(lane, Line(run, session, behind, text))

    def _put(self, lane: _Lane, line: Line) -> None:
        self._count += 1
        heappush(self._due, (lane.key, self._count, line))

    def due(self, until: int) -> Iterator[Line]:
        """The lines up to a time, by the clock of the stream's server."""
        due = self._due
        while due and due[0][0] <= until:
            yield heappop(due)[2]

    def rest(self, until: int) -> Iterator[Line]:
        """All lines that are left, certain or not: no more parcels come.

        Args:
            until: the time, by the clock of the stream's server.
        """
        for (run, _session), lane in self._lanes.items():
            while (block := lane.joining.next) is not None:
                self._give(run, lane, block, block.after, self._clocks[run].behind, until)
            lane.joining.tally.end()
        while self._due:
            yield heappop(self._due)[2]

    @property
    def ended(self) -> bool:
        """Whether there are runs, all have ended, and no line of them is held."""
        return (
            bool(self._ended)
            and all(self._ended.values())
            and not self._due
            and not any(lane.joining.next for lane in self._lanes.values())
        )

    def said(self) -> Iterator[tuple[str, str]]:
        """A line about each thing that is missing, with its run."""
        for (run, _session), lane in self._lanes.items():
            for text in lane.joining.tally.said():
                yield run, text
