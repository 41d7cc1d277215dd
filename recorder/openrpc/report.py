"""Violations of an OpenRPC document, printed: as text, for GitHub's checks, as SARIF, as JSON, as JUnit's XML.

Rule: pure. For people, the same violation at several lines is one line with their number; programs get each.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping

from recorder import reporting
from recorder.escaping import escape
from recorder.jsonrpc import json_text
from recorder.openrpc.checking import Rule, Violation
from recorder.reporting import Case, Format, Located
from recorder.wording import counted

Kind = tuple[str, str, str]
"""The method, the path without the numbers of items, and what is wrong without the value."""

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


class Kinds:
    """The kinds of violations that were found, however many there are of each.

    Attributes:
        total: how many violations there are.
    """

    def __init__(self) -> None:
        self.total = 0
        self._first: dict[Kind, Violation] = {}
        self._times: Counter[Kind] = Counter()

    def seen(self, found: Iterable[Violation]) -> Iterator[Violation]:
        """The violations, each noted when it passes."""
        for one in found:
            kind = one.method, _ITEM.sub("[]", one.path), _VALUE.sub("…", one.text)
            self._first.setdefault(kind, one)
            self._times[kind] += 1
            self.total += 1
            yield one

    def lines(self, file: str) -> Iterator[tuple[str, str]]:
        """The method of each kind, and its line."""
        for kind, first in self._first.items():
            times = f" ({self._times[kind]} times, first here)" if self._times[kind] > 1 else ""
            yield first.method, f"{file}:{first.line}: {said(first)}{times}"


def said(one: Violation) -> str:
    """A violation in a line, without its place."""
    return ": ".join(
        escape(part if len(part) <= LONG else f"{part[:LONG]}…") for part in (one.method, one.path, one.text)
    )


def summary(kinds: Kinds, methods: Mapping[str, int]) -> str:
    """How many messages there are, and how many violations.

    Args:
        kinds: of all violations.
        methods: how many messages each method has.
    """
    messages, found = sum(methods.values()), kinds.total
    what = ((messages, "message"), (len(methods), "method"), (found, "violation"))
    return "{} of {}: {}".format(*(counted(number, name, none="no") for number, name in what))


def junit(file: str, kinds: Kinds, methods: Iterable[str]) -> str:
    """A test case for each method of the capture.

    Args:
        file: the capture.
        kinds: of all violations.
        methods: those that messages have.
    """
    by_method: dict[str, list[str]] = {method: [] for method in methods}
    for method, line in kinds.lines(file):
        by_method.setdefault(method, []).append(line)
    cases = [Case(name, lines[0] if lines else "", "\n".join(lines)) for name, lines in by_method.items()]
    return reporting.junit(file, cases)


def _located(file: str, found: Iterable[Violation]) -> Iterator[Located]:
    return (Located(file, one.line, 1, one.rule, said(one)) for one in found)


def _github(file: str, found: Iterable[Violation]) -> Iterator[str]:
    return reporting.github(_located(file, found))


def _sarif(file: str, found: Iterable[Violation]) -> Iterator[str]:
    yield _log(_located(file, found))


def failed(error: str) -> str:
    """The log of a check that failed, as SARIF."""
    return _log([], error)


def _log(found: Iterable[Located], error: str = "") -> str:
    return reporting.sarif(found, "recorder check", {str(rule): meaning for rule, meaning in RULES.items()}, error)


def _json(file: str, found: Iterable[Violation]) -> Iterator[str]:
    yield json_text([{"file": file, **one._asdict()} for one in found])


FORMATS: dict[Format, Callable[[str, Iterable[Violation]], Iterator[str]]] = {
    "github": _github,
    "sarif": _sarif,
    "json": _json,
}
"""What prints each violation, for programs: from the name of the capture, and from what was found in it."""
