"""What was found in documents: as text, for GitHub's checks, as SARIF, as JSON.

Rule: pure; made of results, a line a finding. A block has one verdict, and one line.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Literal

from recorder import reporting
from recorder.difference import path_text
from recorder.documents.blocks import Position
from recorder.documents.verdicts import Result
from recorder.jsonrpc import json_text
from recorder.reporting import Format, Located

MEANINGS = {
    "broken": "is no JSON, holds an encoded text that is none, or has a pin that leads nowhere",
    "wrong direction": "is sent by the other end",
    "stale": "is not what was recorded",
    "unseen": "is in no recording",
}
UNPROVEN = "unseen"
"""The verdict that is no error: nothing proves the example wrong."""

MOST = 6
"""Most reasons that are printed in a line."""


def summary(results: Sequence[Result]) -> str:
    """How many examples there are, and what they are: `137 examples: 120 true, 1 stale, 11 broken, 5 unseen`."""
    found = Counter(result.verdict for result in results if result.left is None)
    left = sum(result.left is not None and result.is_example for result in results)
    parts = [f"{found[one]} {one}" for one in ("true", "stale", "broken", "wrong direction", "unseen") if found[one]]
    parts += [f"{left} left alone"] if left else []
    unread = sum(bool(result.block.unread) for result in results)
    parts += [f"{unread} not looked into"] if unread else []
    count = found.total()
    return f"{count} example{'' if count == 1 else 's'}{': ' if parts else ''}{', '.join(parts)}"


def _message(result: Result) -> str:
    """Why a block has its verdict, in one line; of a true one, what it is about."""
    worst = result.worst
    whats = list(dict.fromkeys(reason.what for reason in result.reasons))
    more = [f"and {len(whats) - MOST} more"] if len(whats) > MOST else []
    reasons = "; ".join([*whats[:MOST], *more])
    several = len(result.judged) > 1 and result.verdict != "true"
    about = f"{worst.name}: " if result.verdict in {"stale", "broken"} else ""
    which = f"{result.judged.index(worst) + 1} of {len(result.judged)}, " if several else ""
    if result.verdict == "true":
        return ", ".join(one.name for one in result.judged)
    return f"{which}{about}{reasons}"


def _frame(result: Result) -> str:
    """The recorded frame that a block is, or is nearest to; empty where there is none."""
    at = result.worst.at
    return "" if at is None or result.verdict == "unseen" else str(at)


def text(results: Sequence[Result], *, verbose: bool = False) -> Iterator[str]:
    """A line a finding; with `verbose` one for what is true, what is left alone and what is no example too."""
    for result in results:
        if result.left is not None:
            if verbose:
                what = "left alone" if result.is_example else "no example"
                yield f"{_where(result.file, result.block.position)}: {what}: {result.left or 'no reason given'}"
        elif result.verdict != "true" or verbose:
            yield finding(result)
            if verbose:
                yield from (f"  {one.name}: {remark}" for one in result.judged for remark in one.remarks)
    yield summary(results)


def finding(result: Result) -> str:
    """A block in a line: where, its verdict, why, and the recorded frame."""
    return f"{_where(result.file, _position(result))}: {result.verdict}: {_message(result)}{_beside(result)}"


def _beside(result: Result) -> str:
    """The recorded frame, as it is put behind a finding; empty where there is none."""
    near = _frame(result)
    return f" ({'' if result.verdict == 'true' else 'nearest: '}{near})" if near else ""


def _where(file: str, position: Position) -> str:
    return f"{file}:{position.line}:{position.column}"


def _position(result: Result) -> Position:
    """That of the first reason; of a true block, that of its fence."""
    reasons = result.reasons
    return result.block.position_of(reasons[0].offset) if reasons else result.block.position


def _github(results: Sequence[Result]) -> Iterator[str]:
    return reporting.github(_located(results))


def _json(results: Sequence[Result]) -> Iterator[str]:
    """A list with every example, true ones too."""
    yield json_text([_value(result) for result in results if result.left is None])


def _value(result: Result) -> dict[str, Any]:
    return {
        "file": result.file,
        **result.block.position._asdict(),
        "verdict": result.verdict,
        "message": _message(result),
        "paths": list(dict.fromkeys(path_text(one.path) for one in result.reasons if one.path is not None)),
        "frame": _frame(result) or None,
    }


def _sarif(results: Sequence[Result]) -> Iterator[str]:
    rules = {verdict: f"The example {said}." for verdict, said in MEANINGS.items()}
    yield reporting.sarif(_located(results), "recorder docs", rules)


def _located(results: Sequence[Result]) -> Iterator[Located]:
    for result in results:
        if result.verdict != "true":
            level: Literal["error", "warning"] = "warning" if result.verdict == UNPROVEN else "error"
            said = f"{_message(result)}{_beside(result)}"
            yield Located(result.file, *_position(result), result.verdict, said, level)


FORMATS: dict[Format, Callable[[Sequence[Result]], Iterator[str]]] = {
    "github": _github,
    "sarif": _sarif,
    "json": _json,
}
"""What prints results for programs."""
