"""Joins parcels to the lines of a capture.

Rule: each line once, in the order of the capture, even if parcels came twice, overlap or came in another order; lines that
did not come are counted. Pure; it holds the parcels that overlap, and a number for each session.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from heapq import heappop, heappush
from io import BytesIO
from typing import NamedTuple

from recorder.fleet.parcels import GENERAL, Parcel

NAMED = 5
"""Most sessions that are named when lines are missing."""

SKIPPED = -1
"""The place of a session if it is unknown, because its next lines were not asked for."""


@dataclass(slots=True)
class Tally:
    """Counts which lines of a run came, and which did not.

    Args:
        whole: whether all lines of the run were asked for.
        taken: the number of the line up to which the stream has had every line.
        last: the greatest number of a line that any parcel has told of.
        midway: whether sessions may begin anywhere; what precedes their first line is not missing.
        early: by session, how many of its first lines came although they precede what was asked for; what lies between
            them and the next is not missing.

    Attributes:
        lines: how many lines came.
        given: the number of the last line that came.
        gone: how many lines the stream no longer has.
        unsettled: how many lines were not in the stream yet.
        missing: by session, how many lines are gone that precede others which came.
    """

    whole: bool = True
    taken: int = 0
    last: int = 0
    midway: bool = False
    early: dict[int, int] = field(default_factory=dict)
    lines: int = 0
    given: int = 0
    gone: int = 0
    unsettled: int = 0
    missing: Counter[int] = field(default_factory=Counter)
    _places: dict[int, int] = field(default_factory=dict)

    def place(self, session: int) -> int:
        """How many lines of a session have been given or are known to be missing; `SKIPPED` if that is not known."""
        return self._places.get(session, SKIPPED if self.midway else 0)

    def hear(self, parcel: Parcel) -> None:
        """Learn from a parcel how far its run goes, whether its lines are used or not."""
        self.taken, self.last = max(self.taken, parcel.taken), max(self.last, parcel.numbers[-1])

    def see(self, parcel: Parcel, first: int, after: int) -> None:
        """Count the lines of a parcel from one index up to another."""
        numbers, session = parcel.numbers, parcel.session
        begin, end = numbers[first], numbers[after - 1]
        if self.whole:
            self._hole(self.given, begin)
            if end - begin != after - first - 1:
                for at in range(first + 1, after):
                    self._hole(numbers[at - 1], numbers[at])
        known, place = self.place(session), parcel.place + first
        if (gap := place - known) > 0 and known != SKIPPED:
            settled = begin <= self.taken + 1
            self.missing[session] += gap * settled
            if not self.whole:
                self.gone += gap * settled
                self.unsettled += gap * (not settled)
        place += after - first
        self._places[session] = place if place > self.early.get(session, 0) else SKIPPED
        self.lines += after - first
        self.given = end

    def end(self) -> None:
        """Everything has been seen: count what is missing after it."""
        if self.whole:
            self._hole(self.given, max(self.last, self.taken) + 1)

    def _hole(self, before: int, after: int) -> None:
        gone = max(min(after - 1, self.taken) - before, 0)
        self.gone += gone
        self.unsettled += max(after - before - 1 - gone, 0)

    def said(self) -> Iterator[str]:
        """A line for lines that are gone, and one for lines that are not in the stream yet, if there are any."""
        if self.gone:
            known = [(session, missed) for session, missed in self.missing.most_common(NAMED) if missed]
            parts = [
                f"{missed:,} of {f'session {session}' if session != GENERAL else 'no session'}"
                for session, missed in known
            ]
            if (rest := self.gone - sum(missed for _session, missed in known)) > 0:
                parts.append(f"{rest:,} of {'other sessions' if parts else 'sessions of which nothing later is left'}")
            yield f"{_lines(self.gone)} missing, which the stream no longer has ({', '.join(parts)})"
        if self.unsettled:
            yield f"{_lines(self.unsettled)} not in the stream yet, though later ones are: they have not been shipped"


class Block(NamedTuple):
    """The lines of a parcel that come next, from index `first` up to `after`."""

    parcel: Parcel
    lines: list[bytes]
    first: int
    after: int


class Joining:
    """Joins the parcels of a run.

    Args:
        tally: counts the lines.
    """

    def __init__(self, tally: Tally) -> None:
        self.tally = tally
        # the number of the next line, the order of coming, the index of that line, the parcel, its lines
        self._heap: list[tuple[int, int, int, Parcel, list[bytes]]] = []
        self._order = 0

    def add(self, parcel: Parcel) -> None:
        """Take a parcel of whole lines."""
        self._order += 1
        heappush(self._heap, (parcel.numbers[0], self._order, 0, parcel, BytesIO(parcel.lines).readlines()))

    @property
    def next(self) -> Block | None:
        """The next lines of one parcel, up to where those of another come; None if there are none."""
        heap, given = self._heap, self.tally.given
        while heap:
            _number, order, at, parcel, lines = heap[0]
            numbers = parcel.numbers
            end = min((other[0] for other in heap[1:3]), default=math.inf)
            after = bisect_left(numbers, end, at + 1)
            if (first := bisect_right(numbers, given, at, after)) < after:
                return Block(parcel, lines, first, after)
            heappop(heap)
            self._again(order, after, parcel, lines)
        return None

    def take(self, block: Block, after: int) -> list[bytes]:
        """Take the next lines, up to an index."""
        _number, order, _at, parcel, lines = heappop(self._heap)
        self.tally.see(parcel, block.first, after)
        self._again(order, after, parcel, lines)
        return lines[block.first : after]

    def _again(self, order: int, at: int, parcel: Parcel, lines: list[bytes]) -> None:
        if at < len(parcel.numbers):
            heappush(self._heap, (parcel.numbers[at], order, at, parcel, lines))


def joined(parcels: Iterable[Parcel], tally: Tally) -> Iterator[list[bytes]]:
    """The lines of a run, some at a time.

    Args:
        parcels: its parcels of whole lines, ascending by the number of their first line.
        tally: counts the lines.
    """
    joining = Joining(tally)
    for parcel in parcels:
        first = parcel.numbers[0]
        while (block := joining.next) is not None:
            numbers = block.parcel.numbers
            if numbers[block.first] >= first:
                break
            yield joining.take(block, bisect_left(numbers, first, block.first, block.after))
        joining.add(parcel)
    while (block := joining.next) is not None:
        yield joining.take(block, block.after)
    tally.end()


class Pieces:
    """Pieces of long lines, until a line is whole."""

    def __init__(self) -> None:
        self._waiting: dict[tuple[str, int, int], dict[int, Parcel]] = {}

    def add(self, parcel: Parcel) -> Parcel | None:
        """Take a parcel; returns it if it is not a piece, the whole line if it is the last piece, or else None."""
        number, of = parcel.piece
        if of == 1:
            return parcel
        key = (parcel.run, parcel.numbers[0], of)
        pieces = self._waiting.setdefault(key, {})
        pieces[number] = parcel
        if len(pieces) < of:
            return None
        del self._waiting[key]
        return replace(parcel, lines=b"".join(pieces[at].lines for at in sorted(pieces)), piece=(1, 1))


def is_whole(parcel: Parcel) -> bool:
    """Whether a parcel has as many lines as it says, each with its newline; or, as a piece, a part of one line."""
    number, of = parcel.piece
    if parcel.kind == "ended":
        return not parcel.lines
    if number < of:
        return b"\n" not in parcel.lines and len(parcel.numbers) == 1
    return parcel.lines.endswith(b"\n") and parcel.lines.count(b"\n") == len(parcel.numbers)


def _lines(many: int) -> str:
    return f"{many:,} line is" if many == 1 else f"{many:,} lines are"
