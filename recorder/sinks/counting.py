"""Counts a capture while it is written, by reading it back.

Rule: never delays the traffic. A turn reads for a bounded time, and not at all while the capture grows quickly; the rest
is counted at the end if that takes only a moment.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path
from typing import BinaryIO

from recorder import capture
from recorder.errors import InputError
from recorder.stats import Statistics

TURN = 0.001
"""Seconds that one turn of counting may take."""

BUSY = 1 << 14
"""If more bytes than this were written since the last turn, nothing is counted."""

LEFT = 1 << 22
"""Bytes that may be left uncounted until the user asks, or until the end: counting them takes no noticeable time."""

MOMENT = 1 << 25
"""Most bytes that are counted at the end: one or two seconds."""


class Counting:
    """The figures of a growing capture.

    Args:
        path: of the capture, which somebody in this process writes.
        profile: the name of its profile, or `auto`.
        clock: a monotonic clock, in seconds.
    """

    def __init__(self, path: Path, profile: str, clock: Callable[[], float] = time.monotonic) -> None:
        self.statistics = Statistics(profile)
        self.path, self._clock = path, clock
        self._file: BinaryIO | None = None
        self._header = b""
        self._size = 0
        self._whole = True

    def begin(self) -> None:
        """Start: the capture exists, and has its header."""
        self._file = self.path.open("rb")
        self._header = self._file.readline()

    def close(self) -> None:
        """Close the capture."""
        if self._file is not None:
            self._file.close()

    def idle(self) -> None:
        """Count for a turn, if much is left and the traffic is quiet."""
        before, self._size = self._size, self._written()
        if self._file is not None and self._size - before <= BUSY and self._size - self._file.tell() > LEFT:
            self.turn(TURN)

    def turn(self, seconds: float) -> bool:
        """Count for this long; returns whether everything is counted."""
        until = self._clock() + seconds
        try:
            for event in capture.load(chain([self._header], self._lines()))[1] if self._file is not None else ():
                self.statistics.see(event)
                if self._clock() >= until:
                    return False
        except InputError:  # after a full disk there may be part of a line
            self.close()
            self._file, self._whole = None, False
        return True

    def finish(self) -> bool:
        """Count the rest, if that takes only a moment; returns whether all is counted."""
        if self._file is not None and self._written() - self._file.tell() > MOMENT:
            return False
        return self.turn(math.inf) and self._whole

    def _written(self) -> int:
        return os.fstat(self._file.fileno()).st_size if self._file is not None else 0

    def _lines(self) -> Iterator[bytes]:
        return iter(self._file.readline, b"") if self._file is not None else iter(())
