"""Two captures side by side, as `recorder diff` aligns them.

Rule: pairs, findings and their words come from `compare`; this module only puts them in a list. Both captures are
compared as far as they are indexed, in a thread of its own, and again only when one has grown.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from recorder.compare.comparison import Examined, examine
from recorder.compare.findings import Finding
from recorder.compare.report import SAYS, finding_lines
from recorder.errors import InputError
from recorder.escaping import escape
from recorder.live.rows import Rows
from recorder.live.source import Source
from recorder.rules import Rules
from recorder.timeline import Script, read

MOST_EVENTS = 100_000
"""Most events of each capture: aligning them takes time, and memory for both."""

MOST_ROWS = 1_000
"""Most rows of a response."""

MOST_LINES = 100
"""Most lines of the findings of one row."""


class Pair(NamedTuple):
    """A row of the list.

    Args:
        left: the event of the first capture, from 0; None if there is none.
        right: the event of the second.
        verdict: `same`, or the kind of the first finding.
        findings: the findings, line by line.
    """

    left: int | None
    right: int | None
    verdict: str = "same"
    findings: tuple[str, ...] = ()


class Comparing:
    """Compares two captures.

    Args:
        left: the expected one, with its rows.
        right: the other.
        rules: for differences that are allowed.
    """

    def __init__(self, left: tuple[Source, Rows], right: tuple[Source, Rows], rules: Rules) -> None:
        self._sides, self._rules = (left, right), rules
        self._of = (-1, -1)
        self._pairs: list[Pair] = []
        self._places: tuple[dict[int | None, int], ...] = ()

    def compare(self) -> None:
        """Align the events indexed so far, unless that is done.

        Raises:
            InputError: a capture is too long for a page.
        """
        held = len(self._sides[0][0].index), len(self._sides[1][0].index)
        if held == self._of:
            return
        if max(held) > MOST_EVENTS:
            raise InputError(f"more than {MOST_EVENTS:,} events are too many to compare on a page; use `recorder diff`")
        left, right = (_script(source, count) for (source, _rows), count in zip(self._sides, held, strict=True))
        self._pairs = aligned(left, right, examine(left, right, self._rules))
        self._places = (
            {pair.left: row for row, pair in enumerate(self._pairs)},
            {pair.right: row for row, pair in enumerate(self._pairs)},
        )
        self._of = held

    def row_of(self, side: int, number: int) -> int | None:
        """The row of an event of the first capture (0) or the second (1); None if it is in no row, as notes are."""
        return self._places[side].get(number)

    def rows(self, begin: int, count: int) -> dict[str, Any]:
        """A part of the list; and the numbers of all rows that differ, of the whole list."""
        some = self._pairs[begin : begin + min(count, MOST_ROWS)]
        (_one, ours), (_other, theirs) = self._sides
        left = ours.by_number([pair.left for pair in some])
        right = theirs.by_number([pair.right for pair in some])
        return {
            "from": begin,
            "total": len(self._pairs),
            "differences": [row for row, pair in enumerate(self._pairs) if pair.findings],
            "rows": [
                {
                    "verdict": pair.verdict,
                    "left": left.get(pair.left),
                    "right": right.get(pair.right),
                    "findings": list(pair.findings),
                }
                for pair in some
            ],
        }


def _script(source: Source, count: int) -> Script:
    return read(source.index.header, source.again(count), source.name)


def aligned(left: Script, right: Script, examined: Examined) -> list[Pair]:
    """All events of both as one list, in the order of the first; one of the second alone goes after its predecessor.

    Messages of a batch may be paired with several events: it stands beside the first of them, and the others alone.
    """
    found = _Found(examined)
    others, taken = found.others, {*found.others.values()}
    places = {step.line: place for place, step in enumerate(right.steps)}
    alone = [step.line for step in right.steps if step.line not in taken]
    pairs: list[Pair] = []
    for line in (step.line for step in left.steps):
        beside = others.get(line)
        if beside is not None:
            while alone and places[alone[0]] < places[beside]:
                pairs.append(found.row(None, alone.pop(0)))
        pairs.append(found.row(line, beside))
    return pairs + [found.row(None, line) for line in alone]


class _Found:
    """What was found, by the lines of the events.

    Attributes:
        others: the event of the second capture that stands beside one of the first.
    """

    def __init__(self, examined: Examined) -> None:
        self.others: dict[int, int] = {}
        self._paired: tuple[set[int], set[int]] = ({one.line for one, _ in examined.pairs}, set())
        for one, other in examined.pairs:
            if other.line not in self._paired[1]:
                self.others.setdefault(one.line, other.line)
            self._paired[1].add(other.line)
        self._findings: tuple[dict[int, list[Finding]], dict[int, list[Finding]]] = ({}, {})
        for finding, (ours, theirs) in zip(examined.comparison.findings, examined.steps, strict=True):
            step = ours or theirs
            assert step is not None
            self._findings[ours is None].setdefault(step.line, []).append(finding)

    def row(self, one: int | None, other: int | None) -> Pair:
        """A row of two events."""
        findings = [
            finding
            for line, known in zip((one, other), self._findings, strict=True)
            for finding in (known.get(line, ()) if line is not None else ())
        ]
        alone = any(
            line is not None and line not in paired for line, paired in zip((one, other), self._paired, strict=True)
        )
        verdict = findings[0].kind if findings else "same" if not alone else "missing" if other is None else "extra"
        lines = [escape(line) for finding in findings for line in _lines(finding)]
        left, right = (None if line is None else line - 2 for line in (one, other))
        return Pair(left, right, verdict, tuple(lines[:MOST_LINES]))


def _lines(finding: Finding) -> Sequence[str]:
    """The lines of a finding, without its place."""
    _where, *more = finding_lines(finding)
    return [SAYS.get(finding.kind, finding.kind), *(line.strip() for line in more)]
