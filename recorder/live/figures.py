"""The figures of a list of events, as `recorder stats` counts them, taken from the index.

Rule: each event is counted once, in order, a stretch at a time; the figures equal those of `stats` (a test compares
them). Lists of frames are bounded.
"""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Iterator
from typing import Any

from recorder.live.finding import STRETCH, Numbers
from recorder.live.index import (
    ANSWER,
    ERROR,
    FRAME,
    NOBODY,
    ODD,
    REQUEST,
    WAITS,
    Index,
)
from recorder.live.rows import MICROSECOND, Row, Rows
from recorder.live.source import Source
from recorder.model import OPPOSITE, Closed, Direction, Frame, Opened
from recorder.stats import SHARES, Method, Named, by_use, end_of
from recorder.stats.lint import violations
from recorder.timeline.words import name_of

EDGES = (100, 300, 1_000, 3_000, 10_000, 30_000, 100_000, 300_000, 1_000_000, 3_000_000, 10_000_000)
"""Upper edges of a histogram's bins, in microseconds: 0.1 ms to 10 s."""

BINS = 300
"""Most bins of the rate."""

SHORTEST = 1_000_000
"""Least nanoseconds of a bin."""

MANY, MANY_SESSIONS, MANY_OPEN = 200, 1_000, 10_000
"""Most rows of each list; most sessions; most open calls that are remembered."""

NAMELESS = {ANSWER: "a result", ERROR: "an error"}


class Rate:
    """The number of events over time, in bins; when there are too many bins, each becomes twice as long."""

    def __init__(self) -> None:
        self.start, self.step = 0, SHORTEST
        self.counts: list[int] = []

    def see(self, moment: int) -> None:
        """Count an event, by its time in nanoseconds (0 if unknown)."""
        if moment <= 0:
            return
        self.start = self.start or moment
        place = max(moment - self.start, 0) // self.step
        while place >= BINS:
            even, odd = self.counts[::2], self.counts[1::2]
            self.counts = [one + other for one, other in zip(even, [*odd, 0], strict=False)]
            self.step *= 2
            place //= 2
        if place >= len(self.counts):
            self.counts += [0] * (place + 1 - len(self.counts))
        self.counts[place] += 1


class Figures:
    """The figures of one list of events.

    Args:
        source: the capture.
        rows: its rows.
    """

    def __init__(self, source: Source, rows: Rows) -> None:
        self._source, self._index, self._rows = source, source.index, rows
        self._next = self._linted = 0
        self._methods: dict[Named, Method] = {}
        self._frames: Counter[int] = Counter()  # by seat
        self._last: dict[int, int] = {}
        self._rate = Rate()
        self._open: list[int] = []
        self._odd: deque[int] = deque(maxlen=MANY)
        self._wrong: list[tuple[int, str, str]] = []

    def see(self, found: Numbers, until: float) -> bool:
        """Count more events until that time (monotonic); True if all are counted."""
        while self._next < len(found) and time.monotonic() < until:
            stretch = found[self._next : self._next + STRETCH // 4]
            for number in stretch:
                self._see(number)
            self._next += len(stretch)
        return self._next >= len(found)

    def lint(self, found: Numbers, until: float) -> bool:
        """Check more events for violations until that time (monotonic); True if all are checked, or enough are found."""
        while self._linted < len(found) and len(self._wrong) < MANY and time.monotonic() < until:
            stretch = found[self._linted : self._linted + STRETCH // 64]
            for number, event in zip(stretch, self._source.events(stretch), strict=True):
                if isinstance(event, Frame):
                    self._wrong += [(number, *one) for one in violations(event, self._index.spoken_in(number))]
            self._linted += len(stretch)
        return self._linted >= len(found) or len(self._wrong) >= MANY

    def _see(self, number: int) -> None:
        index = self._index
        self._rate.see(index.time[number])
        flags, seat = index.flags[number], index.seat[number]
        if index.time[number]:
            self._last[seat] = max(index.time[number], self._last.get(seat, 0))
        if not flags & FRAME:
            return
        if flags & (WAITS | ODD):
            self._note(number, flags)
        if index.shows(number):
            self._frames[seat] += 1
        for part in index.messages(number):
            took = index.between(part.answers, number) if part.timed else None
            self._count(index.direction(number), part.method, part.tone, took, part.bytes)

    def _note(self, number: int, flags: int) -> None:
        if flags & ODD:
            self._odd.append(number)
        if flags & WAITS:
            self._open.append(number)
            if len(self._open) > MANY_OPEN:
                self._open = self._still_open()[-MANY_OPEN // 2 :]

    def _count(self, direction: Direction, name: str, tone: int, took: int | None, size: int) -> None:
        if tone in NAMELESS and name:
            method = self._method(OPPOSITE[direction], name)
            method.errors += tone == ERROR
            if took is not None:
                method.took.add(took)
        else:
            method = self._method(direction, name or NAMELESS.get(tone) or name_of({}))
            method.calls += tone == REQUEST
            method.notifications += tone != REQUEST
        method.bytes += size

    def _method(self, direction: Direction, name: str) -> Method:
        found = self._methods.get((direction, name))
        if found is None:
            found = self._methods[direction, name] = Method()
        return found

    def _still_open(self) -> list[int]:
        return [number for number in self._open if self._index.flags[number] & WAITS]

    # As JSON

    def value(self, now: int) -> dict[str, Any]:
        """All figures; times and durations in microseconds.

        Args:
            now: the time from which the age of open calls is counted, in nanoseconds since 1970; of a session that has
                ended, its end.
        """
        waiting = self._still_open()[:MANY]
        return {
            "methods": [*self._method_values()],
            "edges": list(EDGES),
            "rate": {
                "start": self._rate.start // MICROSECOND,
                "step": self._rate.step // MICROSECOND,
                "counts": self._rate.counts,
            },
            "sessions": [*self._sessions()],
            "open": [row | {"age": _age(row, now)} for row in self._rows.rows(waiting)],
            "odd": self._rows.rows([*self._odd]),
            "lint": self._lint(),
            "looked_at": self._linted,
        }

    def _method_values(self) -> Iterator[dict[str, Any]]:
        edges = [edge * MICROSECOND for edge in EDGES]
        for (direction, name), one in by_use(self._methods):
            yield {
                "method": name,
                "direction": direction,
                **one.counts,
                **{share: _microseconds(one.took.within(part)) for share, part in SHARES.items()},
                "histogram": one.took.histogram(edges),
            }

    def _sessions(self) -> Iterator[dict[str, Any]]:
        for number in [*self._frames][:MANY_SESSIONS]:
            seat, closing = self._index.seats[number], self._index.closings.get(number)
            opened = None if seat.opening == NOBODY else self._source.event(seat.opening)
            closed = None if closing is None else self._source.event(closing)
            began = opened.time if isinstance(opened, Opened) else 0
            last = max(self._last.get(number, 0), closed.time if closed is not None else 0)
            url = opened.url if isinstance(opened, Opened) else ""
            yield {
                "session": seat.number,
                "party": seat.party,
                "url": url,
                "frames": self._frames[number],
                "lasted": max(last - began, 0) // MICROSECOND if began else None,
                "ended": end_of(closed if isinstance(closed, Closed) else None, url),
            }

    def _lint(self) -> list[dict[str, Any]]:
        some = self._wrong[:MANY]
        numbers = [*dict.fromkeys(number for number, _rule, _text in some)]
        rows = dict(zip(numbers, self._rows.rows(numbers), strict=True))
        return [{"rule": rule, "text": text, "row": rows[number]} for number, rule, text in some]


def _age(row: Row, now: int) -> int | None:
    until = now // MICROSECOND if row["ended"] is None else row["ended"]
    return max(until - row["time"], 0) if row["time"] and until else None


def _microseconds(nanoseconds: int | None) -> int | None:
    return None if nanoseconds is None else nanoseconds // MICROSECOND


def latest(index: Index) -> int:
    """The time of the last event that has one, in nanoseconds since 1970; 0 if none has."""
    return next((moment for moment in reversed(index.time) if moment > 0), 0)
