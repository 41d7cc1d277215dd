"""What a page asks of a capture, as JSON values: one method each.

Rule: this is the API (docs/reference/page-api.md); handlers only fetch parameters and send what comes back. Times are
microseconds since 1970, for JavaScript holds no nanoseconds.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import Any
from weakref import WeakKeyDictionary

from recorder.live.comparing import Comparing
from recorder.live.exporting import Exports
from recorder.live.figures import Figures, latest
from recorder.live.finding import Finding, Search, nearest
from recorder.live.frames import Frames
from recorder.live.rows import MICROSECOND, Rows
from recorder.live.source import Source
from recorder.profiles import AUTO
from recorder.rules import Rules

MOST_ROWS = 1_000
"""Of one answer."""

PATIENCE, LONG_PATIENCE = 0.1, 3.0
"""Seconds that a search may take before what was found by then is the answer; and counting, in turns."""

TURN = 0.02
"""Seconds of such a turn."""


class Shown:
    """A capture as a page shows it.

    Args:
        source: the capture.
        marks: whether scenarios and notes can be written.
    """

    def __init__(self, source: Source, *, marks: bool = False) -> None:
        self.source, self.index, self._marks = source, source.index, marks
        self.rows, self.finding = Rows(source), Finding(source)
        self.frames = Frames(source, self.rows)
        self.exports = Exports(source, self.rows)
        self.comparing = asyncio.Lock()
        self._compared: Comparing | None = None
        self._counted: WeakKeyDictionary[Search, tuple[int, Figures]] = WeakKeyDictionary()

    def capture(self) -> dict[str, Any]:
        """What is known of the whole, at this moment."""
        index, source = self.index, self.source
        times = index.time
        return {
            "profile": self._profile(),
            "parties": [{"name": name, "frames": count} for name, count in index.parties().items()],
            "nodes": [*dict.fromkeys([index.header.node, *index.nodes.values()])],
            "methods": [
                {"name": name, "count": count, "errors": index.refused[index.names.number(name)]}
                for name, count in index.methods().most_common()
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

    def events(self, begin: int | None, count: int, text: str = "", *, fold: bool = False) -> dict[str, Any]:
        """Rows of a list.

        Args:
            begin: the first of them; None for the last ones that there are, wherever that is by now.
            count: how many.
            text: the filter.
            fold: whether runs of like events are one row.

        Raises:
            FilterError: the filter is none.
        """
        count = min(count, MOST_ROWS)

        def reached(search: Search) -> bool:
            return begin is not None and len(listed(search, fold=fold)) >= begin + count

        search = self.finding.look(text, reached, PATIENCE, fold=fold)
        numbers = listed(search, fold=fold)
        begin = max(0, len(numbers) - count) if begin is None else begin
        some = numbers[begin : begin + count]
        folded = search.folded
        times = [*zip(folded.times[begin : begin + count], folded.last[begin : begin + count], strict=True)]
        return {
            "from": begin,
            "total": len(numbers),
            "indexed": self.source.whole and search.whole,
            "rows": self.rows.rows(some, times if fold else None),
        }

    def position(self, event: int, text: str = "", *, fold: bool = False) -> dict[str, Any]:
        """The row of a list in which an event stands, or the nearest.

        Raises:
            FilterError: the filter is none.
        """

        def reached(search: Search) -> bool:
            numbers = listed(search, fold=fold)
            return bool(numbers) and numbers[-1] > event

        search = self.finding.look(text, reached, PATIENCE, fold=fold)
        return {"row": nearest(listed(search, fold=fold), event)}

    async def stats(self, text: str = "") -> dict[str, Any]:
        """The figures of a list; others are answered meanwhile.

        Raises:
            FilterError: the filter is none.
        """
        until = time.monotonic() + LONG_PATIENCE
        while time.monotonic() < until:
            search = self.finding.look(text, lambda _search: False, TURN)
            figures = self._figures(search)
            if figures.see(search.found, time.monotonic() + TURN) and search.whole:
                break
            await asyncio.sleep(0)
        counted = figures.see(search.found, 0) and search.whole and self.source.whole
        linted = figures.lint(search.found, time.monotonic() + PATIENCE)
        now = time.time_ns() if self.source.following else latest(self.index)
        return {"indexed": counted, "linted": linted and counted, **figures.value(now)}

    def diagram(self, begin: int, count: int, text: str = "") -> dict[str, Any]:
        """A sequence diagram of a part of a list.

        Raises:
            FilterError: the filter is none.
        """
        search = self.finding.look(text, lambda one: len(one.found) >= begin + count, PATIENCE)
        return self.exports.diagram(self.exports.drawable(search.found[begin : begin + count]))

    async def found(self, text: str = "") -> Sequence[int]:
        """All events of a list, as far as there are any by now; others are answered meanwhile.

        Raises:
            FilterError: the filter is none.
        """
        while True:
            search = self.finding.look(text, lambda _search: False, TURN)
            if search.whole:
                return search.found[:]
            await asyncio.sleep(0)

    def compared_with(self, other: Shown, rules: Rules) -> Comparing:
        """The comparison with another capture; to be made with `comparing` held, by one at a time."""
        if self._compared is None:
            self._compared = Comparing((self.source, self.rows), (other.source, other.rows), rules)
        return self._compared

    def _figures(self, search: Search) -> Figures:
        generation, figures = self._counted.get(search, (-1, None))
        if figures is None or generation != search.generation:
            figures = Figures(self.source, self.rows)
            self._counted[search] = search.generation, figures
        return figures


def listed(search: Search, *, fold: bool) -> Sequence[int]:
    """The events that have a row."""
    return search.folded.first if fold else search.found
