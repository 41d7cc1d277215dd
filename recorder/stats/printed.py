"""The figures of a timeline as tables for a terminal, and as JSON for programs.

Rule: each line fits the given width: columns are left out and names are cut. The JSON has every figure. Tables escape
what a peer chose, because its width counts as it is printed; whoever prints the other lines escapes them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from typing import Any, NamedTuple
from unicodedata import category, east_asian_width

from recorder.escaping import escape
from recorder.model import ARROWS, LEFT, Closed, Direction
from recorder.stats.figures import Statistics, by_use
from recorder.timeline.followed import Request
from recorder.timeline.refusals import status_of
from recorder.timeline.urls import is_http
from recorder.timeline.words import MICROSECOND, ODDITIES, called_by, clock, ended, lasting
from recorder.wording import counted

SHARES = {"p50": 0.5, "p95": 0.95, "p99": 0.99}

LEAST_NAME, MOST_NAME = 24, 60
"""Width of the names: a column is left out before they get less than the first, and they never get more than the second."""

NOTIFICATIONS = "notifs"

SPARE = ("p99", "p95", "bytes", NOTIFICATIONS, "lasted")
"""Columns to leave out on a narrow terminal, in this order."""

GAP = "  "

WIDE, MARKS = frozenset("WF"), frozenset({"Mn", "Me"})
"""Characters that take two columns of a terminal, by their width; those that take none, by their category."""

SENDS: dict[Direction, str] = {"to_node": "to node:  ", "from_node": "from node:"}


class Table(NamedTuple):
    """Rows of texts, with one cell for each column.

    Args:
        columns: the headings; the first column holds names.
        rows: the cells.
        words: columns that hold words and are aligned to the left.
    """

    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    words: frozenset[str] = frozenset()

    def lines(self, width: int) -> Iterator[str]:
        """The table, with at most `width` columns of a terminal a line; 0 for no limit: then long names stand out."""
        kept, longest = [*self.columns], self._width(self.columns[0], 0 if width else MOST_NAME)
        least = min(LEAST_NAME, longest)
        spare = [name for name in SPARE if name in kept]
        while width and spare and self._others(kept) + least > width:
            kept.remove(spare.pop(0))
        room = max(least, min(MOST_NAME, width - self._others(kept)))
        for row in [self.columns, *self.rows]:
            cells = dict(zip(self.columns, row, strict=True))
            name = cells.pop(kept[0])
            name = _cut(name, room) if width else name
            name += " " * ((min(room, longest) if width else longest) - _wide(name))
            line = GAP.join([name, *(self._cell(column, cells[column]) for column in kept[1:])]).rstrip()
            yield _cut(line, width) if width else line

    def _others(self, kept: Sequence[str]) -> int:
        return sum(len(GAP) + self._width(column) for column in kept[1:])

    def _width(self, column: str, most: int = 0) -> int:
        """The width of a column; if a most is given, of the cells that are no wider."""
        at = self.columns.index(column)
        return max(wide for row in [self.columns, *self.rows] if (wide := _wide(row[at])) <= most or not most)

    def _cell(self, column: str, text: str) -> str:
        space = " " * (self._width(column) - _wide(text))
        return text + space if column in self.words else space + text


def _wide(text: str) -> int:
    """How many columns of a terminal a text takes."""
    return len(text) if text.isascii() else sum(map(_columns, text))


def _columns(char: str) -> int:
    return 2 if east_asian_width(char) in WIDE else 0 if category(char) in MARKS else 1


def _cut(text: str, room: int) -> str:
    """A text that fits into a number of columns."""
    if _wide(text) <= room:
        return text
    return "".join(char for char, end in zip(text, accumulate(map(_columns, text)), strict=True) if end < room) + "…"


def lines(statistics: Statistics, *, width: int = 0, most: int | None = None) -> Iterator[str]:
    """The figures in words.

    Args:
        statistics: of a timeline.
        width: most characters of a line; 0 for no limit.
        most: rows of each table, and lines of each list; None for all.
    """
    yield f"{counted(statistics.opened, 'session')}, {counted(statistics.errors, 'error')}"
    for direction, said in SENDS.items():
        frames, size = statistics.frames[direction], statistics.bytes[direction]
        yield f"{said} {counted(frames, 'frame')}, {counted(size, 'byte')}"
    for status, count in sorted(statistics.refused.items()):
        yield f"{count:,} given up by the client" if status == LEFT else f"{count:,} refused with {status_of(status)}"
    parts = (
        _table(_methods(statistics), width, most),
        _table(_sessions(statistics), width, most),
        waiting(statistics, statistics.unanswered, most=most),
        _oddities(statistics, most),
    )
    for part in map(list, parts):
        if part:
            yield ""
            yield from part


def waiting(
    statistics: Statistics, requests: Sequence[Request], *, most: int | None = None, now: int = 0
) -> Iterator[str]:
    """Calls without an answer, each with its party and since when; no lines if there are none.

    Args:
        statistics: of their timeline.
        requests: the calls.
        most: most lines; None for all.
        now: the time to count to; by default that of the last event.
    """
    if requests:
        yield f"{counted(len(requests), 'call')} without an answer:"
    yield from _first([_waits(statistics, one, now or statistics.now) for one in requests], most)


def as_json(statistics: Statistics) -> dict[str, Any]:
    """All figures: durations in milliseconds, times in nanoseconds since 1970 as captures have them."""
    return {
        "sessions": [
            {
                "session": number,
                "party": one.party,
                "url": one.url,
                "frames": one.frames,
                "began": one.began,
                "lasted_ms": _milliseconds(one.last - one.began if one.began else None),
                "ended": ended(one.closed) if one.closed else None,
            }
            for number, one in statistics.sessions.items()
        ],
        "frames": dict(statistics.frames),
        "bytes": dict(statistics.bytes),
        "errors": statistics.errors,
        "refused": {str(status): count for status, count in sorted(statistics.refused.items())},
        "methods": [
            {
                "method": name,
                "direction": direction,
                **one.counts,
                **{f"{name}_ms": _milliseconds(one.took.within(share)) for name, share in SHARES.items()},
            }
            for (direction, name), one in by_use(statistics.methods)
        ],
        "unanswered": [
            {"session": one.session, "party": statistics.party(one.session), "direction": one.direction}
            | {"method": one.method, "since": one.time, "left": one.left}
            for one in statistics.unanswered
        ],
        "odd": [one._asdict() | {"party": statistics.party(one.session)} for one in statistics.odd],
    }


def _milliseconds(nanoseconds: int | None) -> float | None:
    return None if nanoseconds is None else nanoseconds // MICROSECOND / 1000


def _methods(statistics: Statistics) -> Table:
    rows = []
    for (direction, name), one in by_use(statistics.methods):
        took = [lasting(time) if (time := one.took.within(share)) is not None else "" for share in SHARES.values()]
        figures = [f"{number:,}" if number else "" for number in (one.calls, one.notifications, one.errors)]
        rows.append([escape(f"{ARROWS[direction]} {name}"), *figures, *took, f"{one.bytes:,}"])
    return Table(("method", "calls", NOTIFICATIONS, "errors", *SHARES, "bytes"), rows)


def _sessions(statistics: Statistics) -> Table:
    rows = [
        [
            escape(f"{number} {one.party}"),
            f"{one.frames:,}",
            lasting(one.last - one.began) if one.began else "",
            escape(end_of(one.closed, one.url)),
        ]
        for number, one in statistics.sessions.items()
    ]
    return Table(("session", "frames", "lasted", "ended"), rows, frozenset({"ended"}))


def end_of(closed: Closed | None, url: str) -> str:
    """How a session ended; if that is not recorded, whether it could be, by the node's URL."""
    if closed is not None:
        return ended(closed)
    return "over HTTP" if is_http(url) else "not closed"


def _table(table: Table, width: int, most: int | None) -> Iterator[str]:
    if table.rows:
        head, *rows = table.lines(width)
        yield head
        yield from _first(rows, most)


def _first(found: Sequence[str], most: int | None) -> Iterator[str]:
    """The first lines of a list, and how many more there are."""
    yield from found[:most]
    if most is not None and len(found) > most:
        yield f"… and {len(found) - most:,} more; `recorder stats` shows all"


def _waits(statistics: Statistics, request: Request, now: int) -> str:
    since = f" since {clock(request.time)}, for {lasting((request.left or now) - request.time)}" if request.time else ""
    closed = (known := statistics.sessions.get(request.session)) is not None and known.closed is not None
    over = ", its HTTP answer has none" if request.left else ", the session has ended" if closed else ""
    party, arrow = statistics.party(request.session), ARROWS[request.direction]
    return f"{GAP}{party} {arrow} {called_by(request)}{since}{over}"


def _oddities(statistics: Statistics, most: int | None) -> Iterator[str]:
    total = statistics.oddities.total()
    if total:
        yield f"{counted(total, 'unexpected message')}:"
    yield from _first([*_odd(statistics)], most)


def _odd(statistics: Statistics) -> Iterable[str]:
    for one in statistics.odd:
        at = f" at {clock(one.time)}" if one.time else ""
        name, of = f"{one.name}, id {one.id}," if one.id else one.name, f": {one.of}" if one.of else ""
        yield f"{GAP}{statistics.party(one.session)} {ARROWS[one.direction]} {name} {ODDITIES[one.what]}{at}{of}"
