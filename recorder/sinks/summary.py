"""Counts what went over the timeline, for the line that ends a recording.

Rule: cheap enough for the hot path; a message is decoded only where its bytes say that it may be an error.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from recorder.jsonrpc import parse
from recorder.model import PRINTED, AnyEvent, Direction, Frame, Opened


class Summary:
    """Sessions, frames and bytes a direction, and errors; a `Sink`."""

    def __init__(self) -> None:
        self.sessions = 0
        self.errors = 0
        self.frames: Counter[Direction] = Counter()
        self.bytes: Counter[Direction] = Counter()

    def write(self, events: Sequence[AnyEvent]) -> None:
        """Count a batch."""
        for event in events:
            if isinstance(event, Frame):
                self._count(event)
            elif isinstance(event, Opened):
                self.sessions += 1

    def _count(self, frame: Frame) -> None:
        if frame.opcode in PRINTED:
            payload = frame.payload
            self.frames[frame.direction] += 1
            self.bytes[frame.direction] += len(payload)
            if b'"error"' in payload:
                self.errors += sum(message.kind == "error" for message in parse(payload))

    def lines(self) -> list[str]:
        """The summary in words."""
        return [
            f"{self.sessions} session{'s' * (self.sessions != 1)}, {self.errors} JSON-RPC error{'s' * (self.errors != 1)}",
            f"to node:   {self.frames['to_node']} frames, {self.bytes['to_node']:,} bytes",
            f"from node: {self.frames['from_node']} frames, {self.bytes['from_node']:,} bytes",
        ]
