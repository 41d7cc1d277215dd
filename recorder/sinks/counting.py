"""Counts a capture while it is written, by reading it back.

Rule: never delays the traffic. A turn reads for a bounded time, and not at all while the capture grows quickly; the rest
is counted at the end if that takes only a moment.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from recorder import capture
from recorder.errors import InputError
from recorder.model import AnyEvent
from recorder.sinks.growing import Growing
from recorder.stats import Statistics

TURN = 0.001
"""Seconds that one turn of counting may take."""

SLICE = 1 << 13
"""Bytes that are read at once."""

BUSY = 1 << 14
"""If more bytes than this were written since the last turn, nothing is counted."""

LEFT = 1 << 22
"""Bytes that may be left uncounted until the user asks, or until the end: counting them takes no noticeable time."""

MOMENT = 1 << 25
"""Most bytes that are counted at the end: one or two seconds."""


class Counting:
    """The figures of a growing capture.

    Args:
        path: the file of the capture, which this process writes.
        profile: the name of its profile, or `auto`.
        clock: a monotonic clock, in seconds.
    """

    def __init__(self, path: Path, profile: str, clock: Callable[[], float] = time.monotonic) -> None:
        self.statistics = Statistics(profile)
        self.path, self._clock = path, clock
        self._growing: Growing | None = None
        self._events: Iterator[AnyEvent | None] = iter(())
        self._size = 0
        self._whole = True

    def begin(self) -> None:
        """Start: the capture exists, and has its header."""
        self._growing = Growing.open(self.path)
        self._events = _events(self._growing)

    def close(self) -> None:
        """Close the capture."""
        if self._growing is not None:
            self._growing.close()
        self._growing = None

    def idle(self) -> None:
        """Count for a turn, if much is left and the traffic is quiet."""
        if self._growing is None:
            return
        before, self._size = self._size, self._growing.size
        if self._size - before <= BUSY and self._size - self._growing.read > LEFT:
            self.turn(TURN)

    def turn(self, seconds: float) -> bool:
        """Count for this long; returns whether everything is counted."""
        until = self._clock() + seconds
        try:
            for event in self._events:
                if event is None:
                    break
                self.statistics.see(event)
                if self._clock() >= until:
                    return False
        except InputError:  # after a full disk there may be part of a line
            self.close()
            self._whole = False
        return True

    def finish(self) -> bool:
        """Count the rest, if that takes only a moment; returns whether all is counted."""
        if self._growing is not None and self._growing.size - self._growing.read > MOMENT:
            return False
        return self.turn(math.inf) and self._whole


def _events(growing: Growing) -> Iterator[AnyEvent | None]:
    """The events after the header; None whenever there are no more so far."""
    reader, number = capture.Reader(growing.header), 2
    while True:
        lines = growing.turn(SLICE)
        if lines is None:
            yield None
        else:
            yield from reader.events(lines, number)
            number += len(lines)
