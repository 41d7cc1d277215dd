"""Finds events: a growing list of numbers, a stretch at a time, so that the first are there before the last.

Rule: cheap terms go first, over columns; only for what they leave are bytes read. What is read is searched as it stands
in the file, and decoded only where something was found. What has been found is kept for a few filters.
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
"""Events that are gone through at once."""

FEW = 64
"""Where of a stretch no more than so many events are left, they are read one by one."""

KEPT = 8
"""Filters whose findings are remembered."""

TURN = 0.008
"""Seconds of a turn in the background."""

Numbers = Sequence[int]


class Search:
    """What one filter finds in a capture.

    Args:
        source: the capture.
        terms: that all must hold.

    Attributes:
        folded: its findings, runs of like ones as one.
        generation: how often they have become others, and not only more.
    """

    def __init__(self, source: Source, terms: Sequence[Term]) -> None:
        self._source, self._index = source, source.index
        self._sieves = [_SIEVES[term.name](source, term) for term in terms]
        self._bytes = min((READING[term.name] for term in terms if term.name in READING), default=0)
        self._all = not terms
        self._found = array("I")
        self._next = 0  # the first event that has not been looked at
        self._opens = [term.negated for term in terms if term.name == "open"]
        self._settled = self.generation = 0
        self.folded = Folded(self._index)

    @property
    def found(self) -> Numbers:
        """The events, as far as they have been looked at."""
        return range(len(self._index)) if self._all else self._found

    @property
    def whole(self) -> bool:
        """Whether all events that are known have been looked at."""
        return self._all or self._next >= len(self._index)

    def refresh(self) -> None:
        """Forget what has changed since: calls that were open, and have been answered."""
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
        """Look at one stretch more."""
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
        """Fold what has been found; whether that was all before that time."""
        return self.folded.see(self.found, until)


class Folded:
    """Runs of three like events or more as one row each: where each begins, how many there are, and the last."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self.first, self.times, self.last = array("I"), array("I"), array("I")
        self._next = 0

    def see(self, found: Numbers, until: float) -> bool:
        """Go on with what has been found; whether there was time for all of it."""
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
        """The search for a filter.

        Raises:
            FilterError: it is none.
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
        """A search that has gone on until there is enough, or for so long.

        Args:
            text: the filter.
            enough: whether what was found is enough.
            seconds: how long at most.
            fold: whether it is folded, too.
        """
        search, until = self.search(text), time.monotonic() + seconds
        while True:
            if fold:
                search.fold(until)
            if enough(search) or search.whole or time.monotonic() > until:
                return search
            search.turn()

    def idle(self) -> bool:
        """Go on for a turn with what was asked last; whether there was anything to do."""
        search = next((one for one in reversed(self._searches.values()) if not one.whole), None)
        if search is None:
            return False
        until = time.monotonic() + TURN
        while not search.whole and time.monotonic() < until:
            search.turn()
        return True


# Of a stretch, what one term leaves

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
    """By who sits where: a session's number, or a party's name."""
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
    """The events among these in which a text stands."""
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
    """What a text is looked for in: a payload, or what else an event says."""
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
"""Terms for which events are read, and of how many bytes at once: some ten milliseconds."""

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
    """The row of a list in which an event stands, or before which it would."""
    if isinstance(found, range):
        return max(min(event, len(found) - 1), 0)
    row = bisect_left(found, event)
    return row if row < len(found) and found[row] == event else max(row - 1, 0)
