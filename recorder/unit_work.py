"""What a worker does with a unit: gathers its captures, renders and checks them, and has its files written.

Rule: what is wrong with one unit stops no worker. Results last as long as their records: a worker that finds that everything
has been done reports again what was wrong.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from recorder.api import render_split
from recorder.assessing import Assessing, Finding
from recorder.errors import InputError
from recorder.fleet.units import MOST_DEATHS, Job, Unit
from recorder.gathering import gather
from recorder.gathering.printed import held_line, impossible_line
from recorder.interchange.files import Capture, read_head
from recorder.reporting import Case
from recorder.transcript import BEFORE, suffix_of
from recorder.unit_files import UnitFiles
from recorder.wording import counted

ASIDE = f"put aside, because {MOST_DEATHS} workers died of it"


class Units:
    """Does units: gathers, renders and checks each, writes its files, and says a line about it.

    Args:
        folder: the folder for the files.
        template: the template of transcripts.
        checks: the checks.
        say: called with one line about each unit.
        note: called with one line where there is none.

    Attributes:
        cases: the latest result of each unit that this worker has done, or whose record it has read.
    """

    def __init__(
        self, folder: Path, template: str, checks: Assessing, say: Callable[[str], None], note: Callable[[str], None]
    ) -> None:
        self._say, self._note = say, note
        self._folder, self._template, self._checks = folder, template, checks
        own = hashlib.sha256(read_head(template, -1)).hexdigest()[:12] if template.endswith(".j2") else ""
        self.what = " ".join(filter(None, [Path(template).name, own, checks.identity]))
        self._files = UnitFiles(folder, self.what)
        self.cases: dict[str, Case] = {}

    @property
    def summary(self) -> str:
        """How many units there are, and with how many something is wrong."""
        failures = [case.failure for case in self.cases.values() if case.failure]
        aside = failures.count(ASIDE)
        parts = [(len(failures) - aside, "with something wrong"), (aside, "put aside")]
        said = ", ".join(f"{number} {what}" for number, what in parts if number)
        return f"{counted(len(self.cases), 'unit')}: {said or 'nothing wrong'}"

    def done(self, stream: str, unit: Unit) -> int:
        """The place in the stream that the record in the folder names."""
        return self._files.done(stream, unit)

    def trying(self, stream: str, unit: Unit) -> AbstractContextManager[int]:
        """A block whose attempts are marked in the folder."""
        return self._files.trying(stream, unit)

    def do(self, job: Job) -> None:
        """Make the files of a unit, and report what is wrong with it."""
        made: dict[str, Path] = {}
        notes = [*job.said]
        findings: list[Finding] = []
        unheld: Sequence[str] = ()
        try:
            capture, wrong = _gathered(job, notes)
            findings += wrong
            made[f"{job.unit.name}.jsonl"] = capture
            rendered = self._rendered(capture, job)
            found = self._checks.of(capture)
            made |= rendered
            findings += found.findings
            notes += (unheld := found.notes)
        except Exception as error:  # noqa: BLE001 - whatever it is, this unit must not be tried for ever, and the others are next
            said = str(error) if isinstance(error, InputError) else f"{type(error).__name__}: {error}"
            findings.append(Finding("it cannot be read", [said.replace(f"{job.folder}/", "")]))
            notes = notes if job.captures else []
        told = {"events": job.events, "notes": notes}
        if self._put(job.stream, job.unit, made, findings, unheld, told):
            self._say(_line(job, findings, notes))

    def put_aside(self, stream: str, unit: Unit, look: str) -> None:
        """Write the record of a unit of which workers die, and say how to look at it."""
        advice = f"look at it with `{look}`"
        if self._put(stream, unit, {}, [Finding(ASIDE, [advice])], (), {}):
            self._say(f"{unit.name}: {_sessions(unit)}: {ASIDE}; {advice}")

    def nothing_left(self, stream: str, first: int) -> None:
        """Read the records of other units, and report what is wrong with them."""
        for path, record in self._files.records(stream, first):
            match record.told:
                case {"unit": str(name), "findings": [*findings], "unheld": [*unheld]} if name not in self.cases:
                    self.cases[name] = case = _case(name, [*_recorded(findings)], [*map(str, unheld)])
                    if case.failure:
                        self._say(f"{name}: {case.failure}, as recorded in {path}")
        if not self.cases:
            self._note(
                f"{self._folder}: has no record, and nothing is left to do; another --name does again what was done"
            )

    def _put(
        self,
        stream: str,
        unit: Unit,
        made: Mapping[str, Path],
        findings: Sequence[Finding],
        unheld: Sequence[str],
        told: Mapping[str, object],
    ) -> bool:
        """Write the files of a unit; False if another worker has done it before."""
        found = {"findings": [finding._asdict() for finding in findings], "unheld": unheld}
        if not self._files.put(stream, unit, made, {**told, **found}):
            return False
        self.cases[unit.name] = _case(unit.name, findings, unheld)
        return True

    def _rendered(self, capture: Path, job: Job) -> dict[str, Path]:
        """The transcript of each scenario, by the name that it will have."""
        made: dict[str, Path] = {}
        suffix = suffix_of(self._template)
        with Capture(capture) as opened:
            for scenario, pieces in render_split(opened, "scenario", self._template):
                path = job.folder / f"{len(made)}{suffix}"
                with path.open("w", encoding="utf-8", newline="") as file:
                    file.writelines(pieces)
                made[job.unit.name + (f".{scenario}" if scenario != BEFORE else "") + suffix] = path
        return made


def _gathered(job: Job, notes: list[str]) -> tuple[Path, list[Finding]]:
    """The runs of a unit as one timeline, and what is wrong with their order."""
    if not job.captures:
        raise InputError("; ".join(job.said) or "the stream has nothing of it any more")
    if len(job.captures) == 1:
        return job.captures[0], []
    target = job.folder / "gathered.jsonl"
    made = gather(job.captures, target)
    names = [path.name for path in job.captures]
    if made.held:
        notes.append(held_line(names, made.held, made.clocks))
    wrong = [impossible_line(names, pair) for pair in made.impossible]
    return target, [Finding(f"{counted(len(wrong), 'effect')} before the cause", wrong)] if wrong else []


def _case(name: str, findings: Sequence[Finding], unheld: Sequence[str]) -> Case:
    if not findings:
        return Case(name, skipped="; ".join(unheld))
    said = "; ".join(finding.what for finding in findings)
    return Case(name, said, "\n".join(line for finding in findings for line in finding.lines))


def _recorded(findings: Sequence[Any]) -> Iterator[Finding]:
    """The findings of a record, which may have been changed by anybody."""
    for one in findings:
        match one:
            case {"what": str(what), "lines": [*lines]}:
                yield Finding(what, [*map(str, lines)])


def _line(job: Job, findings: Sequence[Finding], notes: Sequence[str]) -> str:
    said = "; ".join([*(finding.what for finding in findings), *notes]) or "well"
    return f"{job.unit.name}: {_sessions(job.unit)}, {counted(job.events, 'event')}: {said}"


def _sessions(unit: Unit) -> str:
    runs = len({session.run for session in unit.sessions})
    said = counted(len(unit.sessions), "session")
    return f"{said} of {runs} runs" if runs > 1 else said
