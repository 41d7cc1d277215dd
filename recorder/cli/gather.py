"""`recorder gather`: one timeline of the captures of several hosts.

Rule: see the package; what is found of each clock is a line.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from recorder.cli.output import Overwrite
from recorder.cli.terminal import tell, warn
from recorder.errors import InputError
from recorder.gathering import gather as gathered
from recorder.gathering.printed import held_line, impossible_line, lines
from recorder.settings import check_plain


def gather(
    paths: Annotated[
        list[Path], typer.Argument(metavar="CAPTURE...", help="The captures; times are those of the first one's clock.")
    ],
    output: Annotated[Path, typer.Option("-o", "--output", help="The capture file to write.")],
    overwrite: Overwrite = False,
) -> None:
    """Gather the captures of several hosts into one timeline; exit 1 if no order keeps every effect after its cause."""
    check_plain(output)
    if output.is_file() and output.stat().st_size and not overwrite:
        raise InputError("exists already; name another file, or replace it with --overwrite", file=str(output))
    made = gathered(paths, output, warn)
    for line in lines(made.names, made.clocks):
        tell(line)
    if made.held:
        warn(held_line(made.names, made.held, made.clocks))
    for pair in made.impossible:
        tell(impossible_line(made.names, pair))
    tell(f"{output}: {made.events} events of {len(made.names)} captures")
    if made.impossible:
        raise typer.Exit(1)
