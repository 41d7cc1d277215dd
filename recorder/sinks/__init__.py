"""Where events go as they happen.

Rule: a sink gets events in the order of the timeline, in batches, and must not change them. The capture file is the first
sink: only after it has written a batch do the others get it, and only then may the traffic pass.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from recorder.model import AnyEvent


class Sink(Protocol):
    """Takes events as they happen."""

    def write(self, events: Sequence[AnyEvent]) -> None:
        """Take a batch; it is stored or queued when this returns.

        Raises:
            CaptureWriteError: only from the capture file; every other sink drops what it cannot take.
        """
        ...


__all__ = ["Sink"]
