"""`recorder gather`: one timeline of the captures of several hosts.

Rule: see the package; what is found of each clock is a line.
"""

from __future__ import annotations

import asyncio
import shutil
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from recorder.cli.ending import Attached, ending
from recorder.cli.output import Overwrite
from recorder.cli.streams import Channel, Following, Run, Since, fetched, one_stream, wanted
from recorder.cli.terminal import note, tell, warn
from recorder.errors import InputError
from recorder.gathering import Gathered
from recorder.gathering import gather as gathered
from recorder.gathering.printed import held_line, impossible_line, lines
from recorder.interchange.files import staging
from recorder.settings import check_plain

if TYPE_CHECKING:
    from recorder.fleet.address import StreamAddress
    from recorder.fleet.fetching import Fetched, Wanted


def gather(
    captures: Annotated[
        list[str],
        typer.Argument(
            metavar="CAPTURE...|STREAM",
            help="The captures; times are those of the first one's clock. Or a stream, nats://HOST/STREAM: all that it has.",
        ),
    ],
    output: Annotated[Path, typer.Option("-o", "--output", help="The capture file to write.")],
    run: Run = "",
    channel: Channel = "",
    since: Since = "",
    follow: Annotated[
        bool,
        typer.Option("--follow", help="Of a stream: write what it has and what comes, until Ctrl-C or all runs ended."),
    ] = False,
    overwrite: Overwrite = False,
    attached: Attached = False,
) -> None:
    """Gather the captures of several hosts into one timeline; exit 1 if no order keeps every effect after its cause."""
    check_plain(output)
    if output.is_file() and output.stat().st_size and not overwrite:
        raise InputError("exists already; name another file, or replace it with --overwrite", file=str(output))
    if (address := one_stream(captures, run, channel, since)) is None:
        if follow:
            raise InputError(
                "--follow is for a stream, as in nats://127.0.0.1:4222/TRAFFIC; `recorder view --follow` shows a file"
            )
        _tell(gathered([Path(name) for name in captures], output, warn), output)
    elif follow:
        asyncio.run(_follow(address, wanted(run, channel, since), output, attached=attached))
    else:
        with fetched(address, wanted(run, channel, since)) as found:
            _merge(found, output)


async def _follow(address: StreamAddress, what: Wanted, output: Path, *, attached: bool) -> None:
    """Write what a stream has and what comes."""
    from recorder.fleet.following import follow  # noqa: PLC0415 - for those who have a stream

    with closing(Following(output, address.stream)) as following:
        await follow(address, what, following, note, ending(attached=attached), endless=attached)
    tell(f"{output}: {following.events:,} events of {len(following.runs):,} runs")


def _merge(found: list[Fetched], output: Path) -> None:
    """Make one capture of those that were fetched, and say what of; of a single one, that one."""
    if len(found) > 1:
        _tell(gathered([one.path for one in found], output, warn, [one.name for one in found]), output)
        return
    with staging() as stage, stage.open(output) as file, found[0].path.open("rb") as whole:
        shutil.copyfileobj(whole, file)
    tell(f"{output}: {found[0].events} events of run {found[0].name}")


def _tell(made: Gathered, output: Path) -> None:
    for line in lines(made.names, made.clocks):
        tell(line)
    if made.held:
        warn(held_line(made.names, made.held, made.clocks))
    for pair in made.impossible:
        tell(impossible_line(made.names, pair))
    tell(f"{output}: {made.events} events of {len(made.names)} captures")
    if made.impossible:
        raise typer.Exit(1)
