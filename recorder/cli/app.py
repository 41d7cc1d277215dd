"""The table of commands.

Rule: one line a command; its help is its docstring.
"""

from __future__ import annotations

from typing import Annotated

import typer

from recorder import __version__
from recorder.cli.addon import addon
from recorder.cli.control import note, scenario
from recorder.cli.decode import decode
from recorder.cli.demo import demo
from recorder.cli.diff import diff
from recorder.cli.record import record
from recorder.cli.render import import_, render
from recorder.cli.replay import replay
from recorder.cli.verify import verify

app = typer.Typer(
    help="Record JSON-RPC between parties and a node, read it as Markdown, play it back.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _version(wanted: bool) -> None:
    if wanted:
        print(f"recorder {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    _version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Take what is no command's."""


for _command in (demo, record, render, replay, import_, decode, diff, verify, scenario, note, addon):
    app.command(_command.__name__.rstrip("_"))(_command)
