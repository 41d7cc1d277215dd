"""Counts a capture while it is being written, by reading it back.

Rule: never in the way. Nothing is counted while traffic passes: a turn reads for a bounded time, and none while the
capture grows quickly; what is left at the end is counted if that takes no more than a moment.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from recorder import capture
from recorder.stats import Statistics

TURN = 0.001
"""Seconds that one turn of counting may take."""

BUSY = 1 << 14
"""With more bytes written since the last turn than this, traffic comes first."""

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
        self._path, self._clock = path, clock
        self._file: BinaryIO | None = None
        self._header = b""
        self._size = 0

    def __enter__(self) -> Self:
        """From here on there is a capture."""
        self._file = self._path.open("rb")
        self._header = self._file.readline()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()

    def idle(self) -> None:
        """Count for a turn, unless there is more to do."""
        size, self._size = self._size, self._path.stat().st_size
        if self._size - size <= BUSY:
            self.turn(TURN)

    def turn(self, seconds: float) -> bool:
        """Count for so long; whether all was counted that has been written."""
        until = self._clock() + seconds
        for event in capture.load(chain([self._header], self._lines()))[1]:
            self.statistics.see(event)
            if self._clock() >= until:
                return False
        return True

    def finish(self) -> bool:
        """Count what is left, if that is done in a moment; whether it was."""
        assert self._file is not None
        return self._path.stat().st_size - self._file.tell() <= MOMENT and self.turn(float("inf"))

    def _lines(self) -> Iterator[bytes]:
        assert self._file is not None
        return iter(self._file.readline, b"")
