"""The page's API for one capture: a method per request, which returns a JSON value.

Rule: docs/reference/page-api.md documents these values; handlers send them unchanged. Times are microseconds since 1970,
because JavaScript numbers cannot hold nanoseconds.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import Any
from weakref import WeakKeyDictionary

from recorder.live.comparing import MOST_ROWS, Comparing
from recorder.live.exporting import MOST_FRAMES, Exports
from recorder.live.figures import Figures, latest
from recorder.live.finding import Finding, Search, nearest
from recorder.live.frames import Frames
from recorder.live.rows import MICROSECOND, Rows
from recorder.live.source import Source
from recorder.profiles import AUTO
from recorder.rules import Rules

PATIENCE, LONG_PATIENCE = 0.1, 3.0
"""Most seconds of a search, and of counting, before the response has what is known by then."""

TURN = 0.02
"""Seconds of one turn of counting; other requests are served between turns."""


class Shown:
    """A capture that the page shows.

    Args:
        source: the capture.
        marks: whether the page can add scenarios and notes.
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
        """The state of the capture now, with parties and methods."""
        index, source = self.index, self.source
        return {
            "profile": self._profile(),
            "parties": [{"name": name, "frames": count} for name, count in index.parties().items()],
            "nodes": [*dict.fromkeys([index.header.node, *index.nodes.values()])],
            "methods": [
                {"name": name, "count": count, "errors": index.refused[index.names[name]]}
                for name, count in index.methods().most_common()
            ],
            "first": next((moment // MICROSECOND for moment in index.time if moment > 0), 0),
            "last": latest(index) // MICROSECOND,
            "following": source.following,
            "marks": self._marks,
            "trouble": source.trouble or source.torn,
            **self.now(),
        }

    def now(self) -> dict[str, Any]:
        """The counts now."""
        index = self.index
        return {
            "events": len(index),
            "errors": index.errors,
            "open": index.waiting,
            "odd": index.odd,
            "indexed": self.source.whole,
        }

    def _profile(self) -> str:
        """The names of the protocols."""
        name = self.index.header.profile
        return name if name != AUTO else ", ".join(self.index.protocols()) or AUTO

    def events(self, begin: int | None, count: int, text: str = "", *, fold: bool = False) -> dict[str, Any]:
        """Rows of a list.

        Args:
            begin: the first row; None for the last `count` rows.
            count: how many rows.
            text: the filter.
            fold: whether to fold runs of similar events.

        Raises:
            FilterError: the filter has a mistake.
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
        """The row of an event in a list, or the nearest row; of those found so far, if not all are indexed.

        Raises:
            FilterError: the filter has a mistake.
        """

        def reached(search: Search) -> bool:
            numbers = listed(search, fold=fold)
            return bool(numbers) and numbers[-1] > event

        search = self.finding.look(text, reached, PATIENCE, fold=fold)
        known = reached(search) or (self.source.whole and search.whole)
        return {"row": nearest(listed(search, fold=fold), event), "indexed": known}

    async def stats(self, text: str = "") -> dict[str, Any]:
        """The figures of a list.

        Raises:
            FilterError: the filter has a mistake.
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
            FilterError: the filter has a mistake.
        """
        count = min(count, MOST_FRAMES)

        def drawn(search: Search) -> list[int]:  # and one more, which shows that there are more
            return self.exports.drawable(search.found, begin, count + 1)

        search = self.finding.look(text, lambda one: len(drawn(one)) > count, PATIENCE)
        numbers = drawn(search)
        known = len(numbers) > count or (self.source.whole and search.whole)
        return {"indexed": known, **self.exports.diagram(numbers, count)}

    async def found(self, text: str = "") -> Sequence[int]:
        """All events of a list, among those indexed so far.

        Raises:
            FilterError: the filter has a mistake.
        """
        while True:
            search = self.finding.look(text, lambda _search: False, TURN)
            if search.whole:
                return search.found[:]
            await asyncio.sleep(0)

    def compared_with(self, other: Shown, rules: Rules) -> Comparing:
        """The comparison with another capture; hold `comparing` while it compares."""
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
    """The first event of each row."""
    return search.folded.first if fold else search.found
