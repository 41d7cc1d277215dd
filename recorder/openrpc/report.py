"""Violations of an OpenRPC document, printed: as text, for GitHub's checks, as SARIF, as JSON, as JUnit's XML.

Rule: pure. As text, the same violation at several lines is one line with their number; programs get each.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Literal, NamedTuple

from recorder import reporting
from recorder.escaping import escape
from recorder.jsonrpc import json_text
from recorder.openrpc.checking import Rule, Violation
from recorder.reporting import Case, Located

Format = Literal["text", "github", "sarif", "json"]

RULES: Mapping[Rule, str] = {
    "method": "The method is not in the document.",
    "params": "Params are not as the document says.",
    "result": "A result is not as the document says.",
    "error": "An error is not one that the document names.",
}
LONG = 200
"""Most characters of each part of a line; names in traffic may be of any length."""

_ITEM = re.compile(r"\[\d+\]")
_VALUE = re.compile(r"^(?:'[^']*'|\"[^\"]*\"|[-\d.e+]+|[{\[].*[}\]])(?= )")


class Checked(NamedTuple):
    """A capture that was held against a document.

    Args:
        file: the capture.
        found: the violations, in the order of the timeline.
        methods: how many messages each method has.
    """

    file: str
    found: Sequence[Violation]
    methods: Mapping[str, int]


def text(checked: Checked) -> Iterator[str]:
    """A line for each kind of violation, and how many there are."""
    groups: dict[tuple[str, str, str], list[Violation]] = {}
    for one in checked.found:
        key = (one.method, _ITEM.sub("[]", one.path), _VALUE.sub("…", one.text))
        groups.setdefault(key, []).append(one)
    for several in groups.values():
        times = f" ({len(several)} times, first here)" if len(several) > 1 else ""
        yield f"{checked.file}:{several[0].line}: {said(several[0])}{times}"
    yield summary(checked)


def said(one: Violation) -> str:
    """A violation in a line, without its place."""
    return ": ".join(
        escape(part if len(part) <= LONG else f"{part[:LONG]}…") for part in (one.method, one.path, one.text)
    )


def summary(checked: Checked) -> str:
    """How many messages there are, and how many violations."""
    messages, found = sum(checked.methods.values()), len(checked.found)
    return f"{messages} message{'s' * (messages != 1)} of {len(checked.methods)} methods: {found or 'no'} violation{'s' * (found != 1)}"


def _located(checked: Checked) -> Iterator[Located]:
    return (Located(checked.file, one.line, 1, one.rule, said(one)) for one in checked.found)


def _github(checked: Checked) -> Iterator[str]:
    return reporting.github(_located(checked))


def _sarif(checked: Checked) -> Iterator[str]:
    yield reporting.sarif(_located(checked), "recorder check", {str(rule): meaning for rule, meaning in RULES.items()})


def _json(checked: Checked) -> Iterator[str]:
    yield json_text([{"file": checked.file, **one._asdict()} for one in checked.found])


def junit(checked: Checked) -> str:
    """A test case for each method of the capture."""
    by_method: dict[str, list[str]] = {method: [] for method in checked.methods}
    for one in checked.found:
        by_method.setdefault(one.method, []).append(f"{checked.file}:{one.line}: {said(one)}")
    cases = [Case(name, lines[0] if lines else "", "\n".join(lines)) for name, lines in by_method.items()]
    return reporting.junit(checked.file, cases)


FORMATS: dict[Format, Callable[[Checked], Iterator[str]]] = {
    "text": text,
    "github": _github,
    "sarif": _sarif,
    "json": _json,
}
