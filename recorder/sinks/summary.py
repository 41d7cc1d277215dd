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
        if frame.opcode in PRINTED and not frame.bodiless:
            payload = frame.payload
            self.frames[frame.direction] += 1
            self.bytes[frame.direction] += len(payload)
            if b'"error"' in payload:
                self.errors += sum(message.kind == "error" for message in parse(payload))

    def lines(self) -> list[str]:
        """The summary in words."""
        return [
            f"{_count(self.sessions, 'session')}, {_count(self.errors, 'JSON-RPC error')}",
            f"to node:   {_count(self.frames['to_node'], 'frame')}, {_count(self.bytes['to_node'], 'byte')}",
            f"from node: {_count(self.frames['from_node'], 'frame')}, {_count(self.bytes['from_node'], 'byte')}",
        ]


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'s' * (number != 1)}"
