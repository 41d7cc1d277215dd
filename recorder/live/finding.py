"""Finds the events that match a filter, a stretch at a time, so that the first are known before the search ends.

Rule: cheap terms go first and use only the index; the file is read only for events that they leave, searched as raw
bytes first, and decoded only after a hit. The results of the latest filters are kept.
"""

from __future__ import annotations

import time
from array import array
from bisect import bisect_left, bisect_right
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence

from recorder.live.filters import Term, parse
from recorder.live.index import FRAME, ODD, VERBATIM, WAITS, WRONG, Index
from recorder.live.source import Source
from recorder.model import AnyEvent, Closed, Frame, Note, Opened, Refused

STRETCH = 4_096
"""Most events of one step of a search."""

FEW = 64
"""Up to so many events of a stretch are read one by one, more of them in one go."""

KEPT = 8
"""Filters whose results are kept."""

TURN = 0.008
"""Seconds of one turn in the background."""

Numbers = Sequence[int]


class Search:
    """The search for one filter in a capture.

    Args:
        source: the capture.
        terms: the terms of the filter.

    Attributes:
        folded: the results with runs of similar events folded.
        generation: how often results were removed or replaced, and not only added.
    """

    def __init__(self, source: Source, terms: Sequence[Term]) -> None:
        self._index = source.index
        self._sieves = [_SIEVES[term.name](source, term) for term in terms]
        self._bytes = min((READING[term.name] for term in terms if term.name in READING), default=0)
        self._all = not terms
        self._found = array("I")
        self._next = 0  # the first event that has not been checked
        self._opens = [term.negated for term in terms if term.name == "open"]
        self._settled = self.generation = 0
        self.folded = Folded(self._index)

    @property
    def found(self) -> Numbers:
        """The events found so far."""
        return range(len(self._index)) if self._all else self._found

    @property
    def whole(self) -> bool:
        """Whether all indexed events have been checked."""
        return self._all or self._next >= len(self._index)

    def refresh(self) -> None:
        """Update the results after open calls have been answered."""
        if not self._opens or self._settled == self._index.settled:
            return
        self._settled = self._index.settled
        if any(self._opens):
            self._found, self._next = array("I"), 0
        else:
            flags = self._index.flags
            self._found = array("I", [number for number in self._found if flags[number] & WAITS])
        self.folded = Folded(self._index)
        self.generation += 1

    def turn(self) -> None:
        """Check one more stretch."""
        begin, end = self._next, min(self._next + STRETCH, len(self._index))
        if self._bytes:
            room = bisect_right(self._index.at, self._index.at[begin] + self._bytes) - 1
            end = min(end, max(room, begin + 1))
        left: Numbers = range(begin, end)
        for sieve in self._sieves:
            left = sieve(left)
            if not left:
                break
        self._found.extend(left)
        self._next = end

    def fold(self, until: float) -> bool:
        """Fold the results until that time (monotonic); True if all are folded."""
        return self.folded.see(self.found, until)


class Folded:
    """Results with each run of three or more similar events as one row: its first event, its length, its last event."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self.first, self.times, self.last = array("I"), array("I"), array("I")
        self._next = 0

    def see(self, found: Numbers, until: float) -> bool:
        """Fold more results until that time (monotonic); True if all are folded."""
        while self._next < len(found):
            stretch = found[self._next : self._next + STRETCH]
            for number in stretch:
                self._see(number)
            self._next += len(stretch)
            if time.monotonic() > until:
                return self._next >= len(found)
        return True

    def _see(self, number: int) -> None:
        like, first, times, last = self._index.like, self.first, self.times, self.last
        again = bool(last) and like(last[-1], number)
        if again and times[-1] > 1:
            times[-1] += 1
            last[-1] = number
        elif again and len(last) > 1 and times[-2] == 1 and like(last[-2], number):  # the third of its kind
            for column in (first, times, last):
                column.pop()
            times[-1], last[-1] = 3, number
        else:
            first.append(number)
            times.append(1)
            last.append(number)


class Finding:
    """Finds events of one capture, for any filter.

    Args:
        source: the capture.
    """

    def __init__(self, source: Source) -> None:
        self._source = source
        self._searches: OrderedDict[str, Search] = OrderedDict()

    def search(self, text: str) -> Search:
        """The search for a filter, a new one or a kept one.

        Raises:
            FilterError: the filter has a mistake.
        """
        text = text.strip()
        found = self._searches.get(text)
        if found is None:
            found = self._searches[text] = Search(self._source, parse(text))
            if len(self._searches) > KEPT:
                self._searches.popitem(last=False)
        self._searches.move_to_end(text)
        found.refresh()
        return found

    def look(self, text: str, enough: Callable[[Search], bool], seconds: float, *, fold: bool = False) -> Search:
        """Search until there are enough results, or the time is over.

        Args:
            text: the filter.
            enough: whether there are enough results.
            seconds: the time.
            fold: whether to fold the results, too.
        """
        search, until = self.search(text), time.monotonic() + seconds
        while True:
            if fold:
                search.fold(until)
            if enough(search) or search.whole or time.monotonic() > until:
                return search
            search.turn()

    def idle(self) -> bool:
        """Continue the latest unfinished search for one turn; False if there is none."""
        search = next((one for one in reversed(self._searches.values()) if not one.whole), None)
        if search is None:
            return False
        until = time.monotonic() + TURN
        while not search.whole and time.monotonic() < until:
            search.turn()
        return True


# One sieve per term: the events of a stretch that match it

Sieve = Callable[[Numbers], Numbers]


def _flagged(bits: int) -> Callable[[Source, Term], Sieve]:
    def make(source: Source, term: Term) -> Sieve:
        flags, wanted = source.index.flags, not term.negated
        return lambda left: [number for number in left if bool(flags[number] & bits) is wanted]

    return make


def _kinds(source: Source, term: Term) -> Sieve:
    tones, tone = source.index.tone, term.value
    if term.negated:
        return lambda left: [number for number in left if tones[number] != tone]
    return lambda left: [number for number in left if tones[number] == tone]


def _seats(source: Source, term: Term) -> Sieve:
    """By the number of the session, or the name of the party."""
    index, right = source.index, bytearray()
    session = term.name == "session"

    def known() -> bytearray:
        for seat in index.seats[len(right) :]:
            holds = seat.number == term.value if session else term.value.fullmatch(seat.party) is not None
            right.append(holds is not term.negated)
        return right

    def sieve(left: Numbers) -> Numbers:
        seat, holds = index.seat, known()
        return [number for number in left if holds[seat[number]]]

    return sieve


def _methods(source: Source, term: Term) -> Sieve:
    index, right = source.index, bytearray()
    pattern, wanted = term.value, not term.negated

    def known() -> bytearray:
        right.extend(bool(text) and pattern.fullmatch(text) is not None for text in index.names.texts[len(right) :])
        return right

    def holds(number: int) -> bool:
        parts = index.parts.get(number)
        if parts is None:
            return bool(right[index.method[number]])
        return any(part.method and pattern.fullmatch(part.method) for part in parts)

    def sieve(left: Numbers) -> Numbers:
        method, right = index.method, known()
        if not index.parts and wanted:
            return [number for number in left if right[method[number]]]
        return [number for number in left if holds(number) is wanted]

    return sieve


def _slow(source: Source, term: Term) -> Sieve:
    index, seconds, wanted = source.index, term.value, not term.negated
    return lambda left: [number for number in left if index.slow(number, seconds) is wanted]


def _texts(source: Source, term: Term) -> Sieve:
    def sieve(left: Numbers) -> Numbers:
        hits = set(_with_text(source, left, term.value))
        return [number for number in left if (number in hits) is not term.negated]

    return sieve


def _with_text(source: Source, left: Numbers, text: bytes) -> Iterator[int]:
    """The events among these that contain a text."""
    index = source.index
    some = left
    if len(left) > FEW:
        flags, candidates = index.flags, set(_candidates(source, left[0], left[-1], text))
        some = [number for number in left if number in candidates or not flags[number] & VERBATIM]
    for number, event in zip(some, source.events(some), strict=True):
        if text in said(event).lower():
            yield number


def _candidates(source: Source, first: int, last: int, text: bytes) -> Iterator[int]:
    """The events of a stretch whose lines hold a text."""
    at = source.index.at
    begin = at[first]
    data = source.read(begin, at[last + 1]).lower()
    place = data.find(text)
    while place >= 0:
        number = bisect_right(at, begin + place, first, last + 1) - 1
        yield number
        place = data.find(text, at[number + 1] - begin)


def said(event: AnyEvent) -> bytes:
    """The bytes of an event that are searched for text: the payload, the URL, the reason, the text or the name."""
    if isinstance(event, Frame):
        return event.payload
    if isinstance(event, Opened | Refused):
        return event.url.encode()
    text = event.reason if isinstance(event, Closed) else event.text if isinstance(event, Note) else event.name
    return text.encode()


def _paths(source: Source, term: Term) -> Sieve:
    test, flags = term.value, source.index.flags

    def sieve(left: Numbers) -> Numbers:
        frames = [number for number in left if flags[number] & FRAME]
        hits = {
            number
            for number, event in zip(frames, source.events(frames), strict=True)
            if isinstance(event, Frame) and test.holds(event.payload)
        }
        return [number for number in left if (number in hits) is not term.negated]

    return sieve


READING = {"text": 1 << 19, "path": 1 << 15}
"""Terms that need the file, with the bytes that are read in one step: some ten milliseconds."""

_SIEVES: dict[str, Callable[[Source, Term], Sieve]] = {
    "session": _seats,
    "party": _seats,
    "kind": _kinds,
    "error": _flagged(WRONG),
    "open": _flagged(WAITS),
    "odd": _flagged(ODD),
    "method": _methods,
    "slow": _slow,
    "text": _texts,
    "path": _paths,
}


def nearest(found: Numbers, event: int) -> int:
    """The row of an event in a list; if it is not in the list, the row before its place."""
    if isinstance(found, range):
        return max(min(event, len(found) - 1), 0)
    row = bisect_left(found, event)
    return row if row < len(found) and found[row] == event else max(row - 1, 0)
