"""`recorder work`: workers that share the work of a stream.

Rule: a worker takes a unit from the stream, gathers its captures, checks them as the options say, and has its files written.
What is wrong with one unit stops no worker. Results last as long as their records: a worker that finds that everything has
been done reports again what was wrong.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Annotated, Any

import typer

from recorder import reporting
from recorder.api import render_split
from recorder.assessing import Assessing, Finding, assessing
from recorder.cli.ending import ending
from recorder.cli.results import JunitFile, results
from recorder.cli.streams import LOGINS, need_library
from recorder.cli.terminal import note
from recorder.errors import InputError
from recorder.escaping import escape
from recorder.fleet.address import EXAMPLE, StreamAddress
from recorder.fleet.limiting import LIMIT
from recorder.fleet.units import MOST_DEATHS, Job, Unit
from recorder.gathering import gather
from recorder.gathering.printed import held_line, impossible_line
from recorder.interchange.files import Capture, read_head
from recorder.reporting import Case
from recorder.transcript import BEFORE, suffix_of
from recorder.transcript.template import Template
from recorder.unit_files import UnitFiles
from recorder.wording import counted

ASIDE = f"put aside, because {MOST_DEATHS} workers died of it"

Stream = Annotated[str, typer.Argument(metavar="URL", help=f"The stream, as {EXAMPLE}. {LOGINS}")]
Render = Annotated[
    Path,
    typer.Option(
        "--render",
        metavar="DIR",
        help="The folder for transcripts, and for a record (JSON) of each unit that was done.",
    ),
]
TemplateName = Annotated[
    str, typer.Option("-t", "--template", help="The form of transcripts, as of `recorder render`.")
]
Lint = Annotated[bool, typer.Option("--lint", help="Check each message by the rules of JSON-RPC and of its protocol.")]
OpenRpc = Annotated[
    Path | None, typer.Option("--openrpc", metavar="FILE", help="An OpenRPC document that the traffic must obey.")
]
BaselineFolder = Annotated[
    Path | None,
    typer.Option(
        "--baseline",
        metavar="DIR",
        help="A folder of expected captures: each is compared with what has the same scenarios; one without any, with the "
        "scenario that it is named after.",
    ),
]
Verify = Annotated[
    Path | None,
    typer.Option(
        metavar="RULES",
        help="A file of rules for what may differ from a baseline (TOML); NAME.rules.toml beside it is read too.",
    ),
]
Name = Annotated[
    str,
    typer.Option(
        "--name", help="The name of the work: workers with the same name share it, those with another do it again."
    ),
]
Idle = Annotated[
    float,
    typer.Option(
        min=0.1,
        metavar="SECONDS",
        help="Take a session as over if nothing has come of it for so long; if it goes on, it is done again.",
    ),
]
Limit = Annotated[
    float,
    typer.Option(
        min=0.1,
        metavar="SECONDS",
        help="Give up what takes longer, and end this worker; what has ended three workers is put aside.",
    ),
]
Once = Annotated[
    bool,
    typer.Option(
        "--once",
        help="End when nothing is left to do, instead of at Ctrl-C; what was found wrong before is printed again.",
    ),
]


def work(
    url: Stream,
    render: Render,
    template: TemplateName = "transcript",
    lint: Lint = False,
    openrpc: OpenRpc = None,
    baseline: BaselineFolder = None,
    verify: Verify = None,
    name: Name = "work",
    idle: Idle = 60.0,
    limit: Limit = LIMIT,
    once: Once = False,
    junit_file: JunitFile = None,
) -> None:
    """Render and check the channels of a stream as they end.

    Workers of the same name share the work. Exit 1 if something is wrong.
    """
    with results(junit_file, "recorder work", openrpc, verify) as reported:
        if verify is not None and baseline is None:
            raise InputError(
                "--verify gives the rules of a comparison; name the captures to compare with by --baseline DIR"
            )
        need_library("`recorder work`")
        from recorder.fleet import working  # noqa: PLC0415 - its library is an extra

        Template(template)  # raises an InputError if something is wrong with it
        checks = assessing(lint=lint, openrpc=openrpc, baseline=baseline, rules=verify)
        if render.exists() and not render.is_dir():
            raise InputError("is not a folder; name one with --render", file=str(render))
        render.mkdir(parents=True, exist_ok=True)
        units = Units(render, template, checks)
        how = working.Working(StreamAddress.parse(url), name, idle, once, note, limit)

        async def until_stopped() -> None:
            await working.work(how, units, ending())

        asyncio.run(until_stopped())
        reported.write(reporting.junit("recorder work", [*units.cases.values()]))
    if units.cases:
        print(units.summary, flush=True)
    raise typer.Exit(int(any(case.failure for case in units.cases.values())))


class Units:
    """Does units: gathers, renders and checks each, writes its files, and prints a line about it.

    Args:
        folder: the folder for the files.
        template: the template of transcripts.
        checks: the checks.

    Attributes:
        cases: the latest result of each unit that this worker has done, or whose record it has read.
    """

    def __init__(self, folder: Path, template: str, checks: Assessing) -> None:
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
            print(escape(_line(job, findings, notes)), flush=True)

    def put_aside(self, stream: str, unit: Unit, look: str) -> None:
        """Write the record of a unit of which workers die, and print how to look at it."""
        advice = f"look at it with `{look}`"
        if self._put(stream, unit, {}, [Finding(ASIDE, [advice])], (), {}):
            print(escape(f"{unit.name}: {_sessions(unit)}: {ASIDE}; {advice}"), flush=True)

    def nothing_left(self, stream: str, first: int) -> None:
        """Read the records of other units, and report what is wrong with them."""
        for path, record in self._files.records(stream, first):
            match record.told:
                case {"unit": str(name), "findings": [*findings], "unheld": [*unheld]} if name not in self.cases:
                    self.cases[name] = case = _case(name, [*_recorded(findings)], [*map(str, unheld)])
                    if case.failure:
                        print(escape(f"{name}: {case.failure}, as recorded in {path}"), flush=True)
        if not self.cases:
            note(f"{self._folder}: has no record, and nothing is left to do; another --name does again what was done")

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
