"""A comparison as text, as a JSON value, as a table by scenario, and as JUnit's test cases.

Rule: pure; a finding is one block of text: what, where in both captures, and both values.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from recorder.compare.findings import Comparison, Finding
from recorder.difference import EXTRA, MISSING, Difference, path_text
from recorder.reporting import Case
from recorder.wording import counted

SAYS = {
    "changed": "changed",
    "missing": MISSING,
    "extra": EXTRA,
    "order": "came in another order",
}
PARTED = "the runs parted earlier"


def lines(comparison: Comparison, *, explain: bool = False, most: int | None = None) -> Iterator[str]:
    """A comparison as text.

    Args:
        comparison: the comparison.
        explain: whether to add the decisions.
        most: most findings; all by default.
    """
    for finding in comparison.findings[:most]:
        yield from finding_lines(finding)
    if most is not None and len(comparison.findings) > most:
        yield f"and {counted(len(comparison.findings) - most, 'more difference')}"
    if explain:
        yield from (f"{decision.what}: {decision.text}" for decision in comparison.decisions)
    yield f"{counted(len(comparison.findings), 'difference')} in {counted(sum(comparison.frames.values()), 'frame')}"


def finding_lines(finding: Finding) -> Iterator[str]:
    """A finding as text: a heading, and a line for each detail."""
    arrow = f" {finding.arrow}" if finding.arrow else ""
    where = " | ".join(place for place in (finding.recorded, finding.live) if place)
    if finding.kind == "parted":
        yield f"{where}: the runs part here: {finding.step} was recorded, {finding.than} came"
    else:
        after = f", with {counted(finding.more, 'frame')} after it," if finding.more else ""
        yield f"{where}: {finding.party}{arrow} {finding.step}{after} {SAYS[finding.kind]}"
    if finding.reason:
        yield f"  {finding.reason}"
    if finding.cause:
        yield f"  usually: {finding.cause}"
    if finding.kind == "parted":
        yield f"  {_afterwards(finding)}"
    elif finding.than:
        yield f"  should have come {finding.than}"
    for detail in finding.details:
        yield f"  {detail}"


def _afterwards(finding: Finding) -> str:
    """What followed from a parting, in a line."""
    told = [f"{counted(finding.more, 'frame')} after it did not happen"] if finding.more else []
    if finding.others:
        told.append(f"{counted(finding.others, 'frame')} {'' if told else 'after it '}went another way")
    return ", ".join(told)


def value(comparison: Comparison) -> dict[str, Any]:
    """A comparison as a JSON value."""
    return {
        "same": comparison.same,
        "frames": comparison.frames,
        "findings": [
            finding._asdict() | {"details": [_detail(detail) for detail in finding.details]}
            for finding in comparison.findings
        ],
        "unreached": sorted(comparison.unreached),
        "astray": sorted(comparison.astray),
        "decisions": [decision._asdict() for decision in comparison.decisions],
    }


def _detail(detail: Difference) -> dict[str, Any]:
    return {
        "path": path_text(detail.path),
        "inside": path_text(detail.path[detail.inside :]) if detail.inside else "",
        "type": detail.type,
        "rule": detail.rule,
        "recorded": detail.recorded,
        "live": detail.live,
    }


class Row(NamedTuple):
    """A scenario, or the stretch that has none.

    Args:
        name: it.
        frames: how many were recorded.
        findings: what went another way in it.
        verdict: `differs`, also where it went another way because the runs parted earlier; `not run`, where it was not
            reached because of a finding elsewhere; or `same`.
    """

    name: str
    frames: int
    findings: list[Finding]
    verdict: str


def scenarios(comparison: Comparison, name: str) -> list[Row]:
    """Each scenario in its order; `name` is that of the stretch that has none."""
    names = dict.fromkeys([*comparison.frames, *(finding.scenario for finding in comparison.findings)])
    if not comparison.frames.get("") and not any(finding.scenario == "" for finding in comparison.findings):
        names.pop("", None)
    rows = []
    for one in names:
        findings = [item for item in comparison.findings if item.scenario == one]
        if findings or one in comparison.astray:
            verdict = "differs"
        else:
            verdict = "not run" if one in comparison.unreached else "same"
        rows.append(Row(one or name, comparison.frames.get(one, 0), findings, verdict))
    return rows


def table(comparisons: Mapping[str, Comparison]) -> Iterator[str]:
    """A line for each scenario: frames, differences, verdict; and its capture, where there are several.

    Args:
        comparisons: by the names of the recorded captures; where there is none, there is no table.
    """
    if not comparisons:
        return
    rows = [(name, row) for name, comparison in comparisons.items() for row in scenarios(comparison, name)]
    width = max([len("scenario"), *(len(row.name) for _name, row in rows)])
    several = max([len("capture"), *map(len, comparisons)]) + 2 if len(comparisons) > 1 else 0
    yield f"{'capture' if several else '':{several}}{'scenario':{width}}  frames  differences  verdict"
    for name, row in rows:
        capture = name if several else ""
        yield f"{capture:{several}}{row.name:{width}}  {row.frames:6}  {len(row.findings):11}  {row.verdict}"


def cases(comparison: Comparison, name: str) -> list[Case]:
    """A test case for each scenario, for those who read JUnit's XML; `name` is that of the recorded capture."""
    return [_case(row, name) for row in scenarios(comparison, name)]


def _case(row: Row, group: str) -> Case:
    if row.verdict == "same":
        return Case(row.name, group=group)
    if row.verdict == "not run":
        return Case(row.name, skipped="it was not reached", group=group)
    text = "\n".join(line for finding in row.findings for line in finding_lines(finding)) or PARTED
    told = next(filter(None, (finding.reason for finding in row.findings[:1])), "") or text.partition("\n")[0]
    return Case(row.name, told, text, group=group)
