"""Where events go as they happen.

Rule: a sink gets events in the order of the timeline, in batches, and owns no event. The capture file is the first of
all sinks: only after it has written a batch may the others see it, and only then may the traffic pass.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from recorder.model import AnyEvent


class Sink(Protocol):
    """Takes events as they happen."""

    def write(self, events: Sequence[AnyEvent]) -> None:
        """Take a batch; it is on its way when this returns.

        Raises:
            CaptureWriteError: by the capture file alone; every other sink drops what it cannot take.
        """
        ...


__all__ = ["Sink"]
