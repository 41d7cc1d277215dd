"""What a page asks of a capture, as JSON values: one method each.

Rule: this is the API (docs/guides/live.md); handlers only fetch parameters and send what comes back. Times are
microseconds since 1970, for JavaScript holds no nanoseconds.
"""

from __future__ import annotations

from typing import Any

from recorder.live.frames import Frames
from recorder.live.rows import MICROSECOND, Rows
from recorder.live.source import Source
from recorder.profiles import AUTO

MOST_ROWS = 1_000
"""Of one answer."""


class Shown:
    """A capture as a page shows it.

    Args:
        source: the capture.
        marks: whether scenarios and notes can be written.
    """

    def __init__(self, source: Source, *, marks: bool = False) -> None:
        self.source, self.index, self._marks = source, source.index, marks
        self.rows = Rows(source)
        self.frames = Frames(source, self.rows)

    def capture(self) -> dict[str, Any]:
        """What is known of the whole, at this moment."""
        index, source = self.index, self.source
        names = index.names.texts
        times = index.time
        return {
            "profile": self._profile(),
            "parties": [{"name": name, "frames": count} for name, count in index.frames.items()],
            "nodes": [*dict.fromkeys([index.header.node, *index.nodes.values()])],
            "methods": [
                {"name": names[number], "count": count, "errors": index.refused[number]}
                for number, count in index.methods.most_common()
            ],
            "first": next((time // MICROSECOND for time in times if time > 0), 0),
            "last": next((time // MICROSECOND for time in reversed(times) if time > 0), 0),
            "following": source.following,
            "marks": self._marks,
            "trouble": source.trouble or source.torn,
            **self.now(),
        }

    def now(self) -> dict[str, Any]:
        """How much there is at this moment."""
        index = self.index
        return {
            "events": len(index),
            "errors": index.errors,
            "open": index.waiting,
            "odd": index.odd,
            "indexed": self.source.whole,
        }

    def _profile(self) -> str:
        """The protocols that are spoken."""
        name = self.index.header.profile
        return name if name != AUTO else ", ".join(self.index.protocols()) or AUTO

    def events(self, begin: int, count: int) -> dict[str, Any]:
        """Rows of a list."""
        total = len(self.index)
        numbers = range(min(begin, total), min(begin + min(count, MOST_ROWS), total))
        return {"from": begin, "total": total, "indexed": self.source.whole, "rows": self.rows.rows(numbers)}
