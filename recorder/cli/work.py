"""`recorder work`: workers that share the work of a stream.

Rule: reads settings, has a worker started (`fleet.working`) that does units (`unit_work`), and prints what they say.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from recorder import reporting
from recorder.assessing import assessing
from recorder.cli.ending import ending
from recorder.cli.results import JunitFile, results
from recorder.cli.streams import LOGINS, need_library
from recorder.cli.terminal import note
from recorder.errors import InputError
from recorder.escaping import escape
from recorder.fleet.address import EXAMPLE, StreamAddress
from recorder.fleet.limiting import LIMIT
from recorder.transcript.template import Template
from recorder.unit_work import Units

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
        units = Units(render, template, checks, _say, note)
        how = working.Working(StreamAddress.parse(url), name, idle, once, note, limit)

        async def until_stopped() -> None:
            await working.work(how, units, ending())

        asyncio.run(until_stopped())
        reported.write(reporting.junit("recorder work", [*units.cases.values()]))
    if units.cases:
        print(units.summary, flush=True)
    raise typer.Exit(int(any(case.failure for case in units.cases.values())))


def _say(line: str) -> None:
    """Print a line about a unit at once: workers go on for days."""
    print(escape(line), flush=True)
