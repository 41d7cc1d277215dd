"""Counts a capture while it is being written, by reading it back.

Rule: never in the way. Nothing is counted while traffic passes: a turn reads for a bounded time, and none while the
capture grows quickly; what is left at the end is counted if that takes no more than a moment.
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
"""With more bytes written since the last turn than this, traffic comes first."""

LEFT = 1 << 22
"""Bytes that may be left: they are counted in less time than a person notices, when somebody asks or at the end."""

MOMENT = 1 << 25
"""Bytes that are counted at the end at the most: a second or two."""


class Counting:
    """The figures of a capture that grows.

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
        """From here on there is a capture, which begins with its header."""
        self._file = self.path.open("rb")
        self._header = self._file.readline()

    def close(self) -> None:
        """Let the capture go."""
        if self._file is not None:
            self._file.close()

    def idle(self) -> None:
        """Count for a turn, if much is left and there is nothing else to do."""
        before, self._size = self._size, self._written()
        if self._file is not None and self._size - before <= BUSY and self._size - self._file.tell() > LEFT:
            self.turn(TURN)

    def turn(self, seconds: float) -> bool:
        """Count for so long; whether no more is to be counted."""
        until = self._clock() + seconds
        try:
            for event in capture.load(chain([self._header], self._lines()))[1] if self._file is not None else ():
                self.statistics.see(event)
                if self._clock() >= until:
                    return False
        except InputError:  # a disk that was full has a part of a line
            self.close()
            self._file, self._whole = None, False
        return True

    def finish(self) -> bool:
        """Count what is left, if that is done in a moment; whether all is counted."""
        if self._file is not None and self._written() - self._file.tell() > MOMENT:
            return False
        return self.turn(math.inf) and self._whole

    def _written(self) -> int:
        return os.fstat(self._file.fileno()).st_size if self._file is not None else 0

    def _lines(self) -> Iterator[bytes]:
        return iter(self._file.readline, b"") if self._file is not None else iter(())
