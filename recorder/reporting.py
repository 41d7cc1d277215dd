"""Findings as other programs read them: GitHub's workflow commands, SARIF, JUnit's XML.

Rule: pure; what is found, and its words, come from elsewhere.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple

from recorder import __version__
from recorder.jsonrpc import json_text

Format = Literal["text", "github", "sarif", "json"]
"""How a command prints findings: for people, or for programs."""

SARIF = "https://json.schemastore.org/sarif-2.1.0.json"


class Located(NamedTuple):
    """A finding at a place of a file.

    Args:
        file: its path.
        line: from 1.
        column: from 1.
        rule: the name of what is broken.
        text: what is wrong, in one line.
        level: whether it is proven.
    """

    file: str
    line: int
    column: int
    rule: str
    text: str
    level: Literal["error", "warning"] = "error"


class Case(NamedTuple):
    """A test case of JUnit's.

    Args:
        name: its name.
        failure: what is wrong, in one line; empty where nothing is.
        details: all that is wrong.
        skipped: why it was not run; empty where it was.
        error: why nobody knows; empty where it is known.
        group: the name of its class, in a suite of several; empty for that of the suite.
    """

    name: str
    failure: str = ""
    details: str = ""
    skipped: str = ""
    error: str = ""
    group: str = ""


def github(found: Iterable[Located]) -> Iterator[str]:
    """A command of GitHub's workflows for each finding, which shows it beside the line."""
    for one in found:
        where = f"file={_property(one.file)},line={one.line},col={one.column},title={one.rule}"
        yield f"::{one.level} {where}::{_data(one.text)}"


def _data(value: str) -> str:
    return value.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(value: str) -> str:
    return _data(value).replace(":", "%3A").replace(",", "%2C")


def sarif(found: Iterable[Located], tool: str, rules: Mapping[str, str], error: str = "") -> str:
    """A log in the format that editors and code scanning read (SARIF 2.1.0).

    Args:
        found: the findings.
        tool: the name of what found them.
        rules: what each rule means, as a sentence.
        error: why nobody knows what there is to find; empty where it is known.
    """
    driver = {
        "name": tool,
        "version": __version__,
        "rules": [{"id": _id(rule), "shortDescription": {"text": said}} for rule, said in rules.items()],
    }
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": [_result(one) for one in found]}
    if error:
        said = [{"level": "error", "message": {"text": error}}]
        run["invocations"] = [{"executionSuccessful": False, "toolExecutionNotifications": said}]
    return json_text({"$schema": SARIF, "version": "2.1.0", "runs": [run]})


def _id(rule: str) -> str:
    return rule.replace(" ", "-")


def _result(one: Located) -> dict[str, Any]:
    location = {
        "artifactLocation": {"uri": one.file.replace("\\", "/")},
        "region": {"startLine": one.line, "startColumn": one.column},
    }
    return {
        "ruleId": _id(one.rule),
        "level": one.level,
        "message": {"text": one.text},
        "locations": [{"physicalLocation": location}],
    }


def junit(suite: str, cases: Sequence[Case]) -> str:
    """A test suite, for those who read JUnit's XML."""
    failures = sum(bool(case.failure) for case in cases)
    skipped = sum(bool(case.skipped) for case in cases)
    errors = sum(bool(case.error) for case in cases)
    written = "".join(_case(suite, case) for case in cases)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<testsuite name={_quoted(suite)} tests="{len(cases)}" failures="{failures}" errors="{errors}"'
        f' skipped="{skipped}">\n{written}</testsuite>\n'
    )


def _case(suite: str, case: Case) -> str:
    head = f"  <testcase classname={_quoted(case.group or suite)} name={_quoted(case.name)}"
    if case.skipped:
        return f"{head}>\n    <skipped message={_quoted(case.skipped)}/>\n  </testcase>\n"
    if case.error:
        return f"{head}>\n    <error message={_quoted(case.error)}/>\n  </testcase>\n"
    if not case.failure:
        return f"{head}/>\n"
    details = html.escape(_printable(case.details or case.failure), quote=False)
    return f"{head}>\n    <failure message={_quoted(case.failure)}>{details}</failure>\n  </testcase>\n"


def _quoted(text: str) -> str:
    """As the value of an attribute; a line break in it is kept as one (XML 1.0, section 3.3.3)."""
    return f'"{html.escape(_printable(text))}"'.replace("\n", "&#10;")


def _printable(text: str) -> str:
    """Without the characters that XML cannot hold."""
    return "".join(char if char.isprintable() or char == "\n" else "\N{REPLACEMENT CHARACTER}" for char in text)
