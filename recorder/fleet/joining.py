"""From parcels back to the lines of a capture.

Rule: each line once, in the order of its capture, whatever came twice, in other slices or in another order; and what did
not come is counted. Pure; held are the parcels that overlap, and a number for each session.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from heapq import heappop, heappush
from io import BytesIO

from recorder.fleet.parcels import GENERAL, Parcel

NAMED = 5
"""Most sessions that are named with what is missing of each."""

SKIPPED = -1
"""The place of a session whose next lines were not asked for."""

UNKNOWN = -1
"""The number of sessions of which nothing came."""


@dataclass(slots=True)
class Tally:
    """What came of a run, and what did not.

    Args:
        taken: up to which line the stream has had all of it.
        last: the number of its last line that is known of.
        whole: whether all of its lines were asked for.
        early: by session, how many of its first lines came although they precede what was asked for; what lies between
            them and the next is not missing.

    Attributes:
        lines: how many came.
        missing: lines that the stream has no longer, by session.
        unsettled: lines that were not in the stream yet.
    """

    taken: int = 0
    last: int = 0
    whole: bool = True
    early: dict[int, int] = field(default_factory=dict)
    lines: int = 0
    unsettled: int = 0
    missing: Counter[int] = field(default_factory=Counter)
    _settled: int = 0  # lines that came, up to the one that is taken
    _places: dict[int, int] = field(default_factory=dict)

    def see(self, parcel: Parcel, first: int, after: int) -> None:
        """Count lines of a parcel: from one index up to another."""
        numbers, session, count = parcel.numbers, parcel.session, after - first
        self.lines += count
        self._settled += bisect_right(numbers, self.taken, first, after) - first
        place = parcel.place + first
        known = self._places.get(session, 0)
        if (gap := place - known) > 0 and known != SKIPPED:
            if numbers[first] <= self.taken + 1:
                self.missing[session] += gap
            elif not self.whole:
                self.unsettled += gap
        self._places[session] = place + count if place + count > self.early.get(session, 0) else SKIPPED

    def end(self) -> None:
        """All has been seen: count what is missing of sessions of which nothing follows, or nothing came."""
        if self.whole:
            self.unsettled = max(self.last - self.taken, 0) - (self.lines - self._settled)
            self.missing[UNKNOWN] += max(self.taken - self._settled - self.missing.total(), 0)


def joined(parcels: Iterable[Parcel], tally: Tally) -> Iterator[list[bytes]]:
    """The lines of a run, some at a time.

    Args:
        parcels: of it, no pieces; ascending by their first lines.
        tally: counts.
    """
    coming = iter(parcels)
    following = next(coming, None)
    heap: list[
        tuple[int, int, int, Parcel, list[bytes]]
    ] = []  # the next line's number, the parcel's, the index of the line
    order = given = 0
    while heap or following is not None:
        while following is not None and (not heap or following.numbers[0] <= heap[0][0]):
            heappush(heap, (following.numbers[0], order, 0, following, BytesIO(following.lines).readlines()))
            order += 1
            following = next(coming, None)
        _number, mine, at, parcel, lines = heappop(heap)
        numbers = parcel.numbers
        end = len(numbers)
        if heap:
            end = bisect_left(numbers, heap[0][0], at + 1)
        if following is not None:
            end = bisect_left(numbers, following.numbers[0], at + 1, end)
        if (first := bisect_right(numbers, given, at, end)) < end:
            tally.see(parcel, first, end)
            given = numbers[end - 1]
            yield lines[first:end]
        if end < len(numbers):
            heappush(heap, (numbers[end], mine, end, parcel, lines))
    tally.end()


class Pieces:
    """Pieces of long lines, until a line is whole."""

    def __init__(self) -> None:
        self._waiting: dict[tuple[str, int, int], dict[int, Parcel]] = {}

    def add(self, parcel: Parcel) -> Parcel | None:
        """Take a parcel; it is given back if it is no piece, or as the whole line with the last piece."""
        number, of = parcel.piece
        if of == 1:
            return parcel
        key = (parcel.run, parcel.numbers[0], of)
        pieces = self._waiting.setdefault(key, {})
        pieces[number] = parcel
        if len(pieces) < of:
            return None
        del self._waiting[key]
        return replace(parcel, lines=b"".join(pieces[at].lines for at in range(1, of + 1)), piece=(1, 1))


def is_whole(parcel: Parcel) -> bool:
    """Whether it has the lines that it says, each with its newline; a piece, a part of its line."""
    number, of = parcel.piece
    if parcel.kind == "ended":
        return not parcel.lines
    return parcel.lines.count(b"\n") == len(parcel.numbers) * (number == of) and parcel.lines.endswith(
        b"\n"[number < of :]
    )


def said(tally: Tally) -> Iterator[str]:
    """What did not come, in words."""
    if total := tally.missing.total():
        known = [(session, count) for session, count in tally.missing.most_common() if session != UNKNOWN]
        parts = [
            f"{count:,} of {f'session {session}' if session != GENERAL else 'no session'}"
            for session, count in known[:NAMED]
        ]
        if rest := total - sum(count for _session, count in known[:NAMED]):
            parts.append(f"{rest:,} of other sessions" if parts else f"{rest:,} of sessions of which nothing is left")
        yield f"{_lines(total)} missing: the stream no longer has them ({', '.join(parts)})"
    if tally.unsettled > 0:
        yield f"{_lines(tally.unsettled)} not in the stream yet, though later ones are; fetch again when they have been shipped"


def _lines(count: int) -> str:
    return f"{count:,} line is" if count == 1 else f"{count:,} lines are"
