"""The table of commands.

Rule: one line a command; its help is its docstring. A command's module is imported when it is called, and for its own
help: what one command needs, the others do not wait for.
"""

from __future__ import annotations

from importlib import import_module
from typing import Annotated, Any, NamedTuple

import typer
from typer.core import TyperCommand, TyperGroup

from recorder import __version__


class Command(NamedTuple):
    """A command: what `recorder --help` says of it, where its function stands, and the commands below it there."""

    help: str
    module: str
    function: str
    below: tuple[str, ...] = ()


COMMANDS = {
    "demo": Command("Record a scenario of two conflicting withdrawals, and show its transcript.", "demo", "demo"),
    "record": Command("Record what parties and a node say to each other, until Ctrl-C.", "record", "record"),
    "stdio": Command(
        "Stand in for a server that speaks over its standard input and output, and record what passes.",
        "stdio",
        "stdio",
    ),
    "view": Command("Show a capture as a page, as it is written or side by side with another.", "view", "view"),
    "stats": Command("Count a capture: calls, errors, how long answers took, what is still open.", "stats", "stats"),
    "render": Command("Render a capture as Markdown, or as a page.", "render", "render"),
    "replay": Command("Play a capture: as a mock node for parties, or as parties against a node.", "replay", "replay"),
    "import": Command("Read a published transcript back into a capture.", "importing", "import_"),
    "decode": Command(
        "Show what an encoded string says: a transaction, contract data, a proof, state trees, an id.",
        "decode",
        "decode",
    ),
    "anonymise": Command(
        "Write a capture that may be published and still plays: other accounts, ids, hashes and hosts, signed anew.",
        "anonymise",
        "anonymise",
    ),
    "diff": Command("Compare two captures; exit 1 if they differ.", "diff", "diff"),
    "verify": Command(
        "Play a capture's parties against a live node, and compare; exit 1 if it differs.", "verify", "verify"
    ),
    "docs": Command(
        "Hold the examples of documents against what was recorded.",
        "docs",
        "docs",
        ("check", "update", "pin", "coverage"),
    ),
    "scenario": Command("Begin a scenario in the capture that is being recorded.", "control", "scenario"),
    "note": Command("Put a note into the capture that is being recorded.", "control", "note"),
    "addon": Command("Print where the script for your own mitmproxy is.", "addon", "addon"),
}


class _Unloaded(TyperCommand):
    """A command of the table: it has its line of help, and becomes the command itself when it is called."""

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        """What begins a call, of the command itself."""
        return _loaded(str(self.name)).make_context(info_name, args, parent, **extra)


class _Table(TyperGroup):
    """All commands, none of them loaded."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.commands = {name: _Unloaded(name, help=command.help) for name, command in COMMANDS.items()}


SETTINGS: dict[str, Any] = {"add_completion": False, "pretty_exceptions_enable": False, "rich_markup_mode": None}

app = typer.Typer(
    cls=_Table,
    help="Record JSON-RPC between parties and a node, read it as Markdown, play it back.",
    no_args_is_help=True,
    **SETTINGS,
)


def _loaded(name: str) -> Any:
    command = COMMANDS[name]
    module = import_module(f"recorder.cli.{command.module}")
    function = getattr(module, command.function)
    alone = typer.Typer(no_args_is_help=bool(command.below), **SETTINGS)
    if command.below:
        alone.callback()(function)
        for one in command.below:
            alone.command(one)(getattr(module, one))
    else:
        alone.command(name)(function)
    return typer.main.get_command(alone)


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
