"""The table of commands.

Rule: one line for each command, which is the first of its docstring, and short enough to be listed whole on a terminal of
80 columns. A command's module is imported only when it is called or asked for help, so that no command waits for what
another needs.
"""

from __future__ import annotations

from importlib import import_module
from typing import Annotated, Any, NamedTuple

import typer
from typer.core import TyperCommand, TyperGroup

from recorder import __version__


class Command(NamedTuple):
    """A command: its line in `recorder --help`, its module and function, and its subcommands."""

    help: str
    module: str
    function: str
    below: tuple[str, ...] = ()


COMMANDS = {
    "demo": Command("Record an example scenario, and show its transcript.", "demo", "demo"),
    "record": Command("Record the traffic between parties and a node, until Ctrl-C.", "record", "record"),
    "stdio": Command("Run a server over standard input and output, and record it.", "stdio", "stdio"),
    "view": Command("Show a capture as a page in the browser.", "view", "view"),
    "stats": Command("Show statistics of a capture: calls, errors, latencies.", "stats", "stats"),
    "render": Command("Render a capture as Markdown, or as an HTML page.", "render", "render"),
    "replay": Command("Play a capture as a mock node, or as its parties.", "replay", "replay"),
    "import": Command("Read a transcript, or another tool's file, into a capture.", "importing", "import_"),
    "export": Command("Write a capture as another tool's file.", "importing", "export"),
    "gather": Command("Gather the captures of several hosts into one timeline.", "gather", "gather"),
    "work": Command("Render and check the channels of a stream as they end.", "work", "work"),
    "ship": Command("Send captures to a stream of NATS.", "ship", "ship"),
    "decode": Command("Decode encoded strings: transactions, contract data, ids.", "decode", "decode"),
    "anonymise": Command("Write a copy of a capture that can be published.", "anonymise", "anonymise"),
    "diff": Command("Compare two captures, or those of two folders.", "diff", "diff"),
    "check": Command("Check a capture against an OpenRPC document.", "check", "check"),
    "verify": Command("Play a capture's parties against a live node, and compare.", "verify", "verify"),
    "docs": Command(
        "Check the examples of documents against recorded traffic.",
        "docs",
        "docs",
        ("check", "update", "pin", "coverage"),
    ),
    "scenario": Command("Start a scenario in the capture that a running recorder writes.", "control", "scenario"),
    "note": Command("Add a note to the capture that a running recorder writes.", "control", "note"),
    "addon": Command("Print the path of the script for your own mitmproxy.", "addon", "addon"),
}


class _Unloaded(TyperCommand):
    """A command of the table: it has its line of help, and loads the command itself when it is called."""

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        """The context of the loaded command."""
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
    """Take the options of no command."""
