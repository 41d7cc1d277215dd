"""The table of commands.

Rule: one line a command; its help is its docstring.
"""

from __future__ import annotations

import typer  # noqa: TID251 - this package is its door

from recorder.cli.record import record

app = typer.Typer(
    help="Record JSON-RPC between parties and a node, read it as Markdown, play it back.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@app.callback()
def _group() -> None:
    """Keep the commands' names even while there is one command only."""


for _command in (record,):
    app.command()(_command)
