"""Which recorded methods, events and errors documents show, and which they show that were never recorded.

Rule: pure; computed from recordings and the results of a check, so that both agree on what an example is about.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from recorder.documents.recordings import Group, Recordings
from recorder.documents.verdicts import Result

CALL, ERROR = "call", "error"


@dataclass(frozen=True)
class Row:
    """A method, an event or an error.

    Args:
        kind: `method`, `event` (a method's, told by its data) or `error`.
        name: as an example of it is called.
        recorded: how many messages of it were recorded.
        shown: how many examples of it there are.
    """

    kind: str
    name: str
    recorded: int
    shown: int


@dataclass(frozen=True)
class Coverage:
    """How much documents show of what was recorded.

    Args:
        rows: everything that was recorded or is shown, in the order of its names.
    """

    rows: tuple[Row, ...]

    @property
    def share(self) -> float:
        """How many percent of what was recorded are shown; 100 where nothing was."""
        recorded = [row for row in self.rows if row.recorded]
        return 100 * sum(row.shown > 0 for row in recorded) / len(recorded) if recorded else 100.0


def coverage(recordings: Recordings, results: Sequence[Result]) -> Coverage:
    """How much documents show of the recordings.

    Args:
        recordings: what was recorded.
        results: of a check against them.
    """
    recorded: Counter[tuple[str, str]] = Counter()
    for group in recordings.groups():
        if name := _named(group):
            recorded[name] += group.count
    shown = Counter(name for result in results for name in _shown(result))
    return Coverage(tuple(Row(*name, recorded[name], shown[name]) for name in sorted(recorded.keys() | shown.keys())))


def _named(group: Group) -> tuple[str, str] | None:
    kind, about = group.key
    if kind == ERROR:
        return ERROR, f"error {'/'.join(map(str, about))}".rstrip()
    return _called(group.label, group.method) if kind == CALL else None


def _called(label: str, method: str) -> tuple[str, str]:
    return ("method" if label == method else "event", label)


def _shown(result: Result) -> Iterator[tuple[str, str]]:
    """The methods, events and errors that a block shows, also by a template; results and unnamed messages do not count."""
    groups = [*result.rendered, *(judged.match.group for judged in result.judged if judged.match is not None)]
    yield from filter(None, map(_named, groups))
    for judged in result.judged:
        if judged.unseen_call:
            yield _called(judged.name, judged.method)


def lines(found: Coverage, *, verbose: bool = False) -> Iterator[str]:
    """A table of what is missing on either side (with `verbose`, of everything), and a last line with the share."""
    rows = [row for row in found.rows if verbose or not row.recorded or not row.shown]
    width = max((len(row.name) for row in rows), default=0)
    if rows:
        yield f"{'':{width}}  {'':6}  recorded  shown"
    for row in rows:
        yield f"{row.name:{width}}  {row.kind:6}  {row.recorded:8}  {row.shown:5}"
    recorded = [row for row in found.rows if row.recorded]
    shown = sum(row.shown > 0 for row in recorded)
    strange = len(found.rows) - len(recorded)
    more = f"; {strange} shown {'is' if strange == 1 else 'are'} not recorded" if strange else ""
    yield f"{shown} of {len(recorded)} recorded are shown ({found.share:.0f} %){more}"
