"""The reference of commands, from the program's own tree of commands.

Rule: what a command says of itself stands in its module; nothing of it is written again here.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import typer

from recorder.cli.app import app

Context = Any
"""Typer has a copy of click inside, which has no public name."""


def markdown() -> str:
    """A section for each command: how it is called, what it does, its arguments and its options."""
    root = typer.main.get_command(app)
    with root.make_context("recorder", [], resilient_parsing=True) as context:
        return "\n".join(_below(context))


def _below(context: Context) -> Iterator[str]:
    """The sections of a group's commands, in the order of its help."""
    for name in context.command.list_commands(context):
        found = context.command.get_command(context, name)
        with found.make_context(name, [], parent=context, resilient_parsing=True) as own:
            yield from _section(own)
            if hasattr(own.command, "list_commands"):
                yield from _below(own)


def _section(context: Context) -> Iterator[str]:
    command = context.command
    heading = "#" * (1 + context.command_path.count(" "))
    usage = " ".join([context.command_path, *command.collect_usage_pieces(context)])
    yield f"{heading} {context.command_path}\n\n{command.help}\n\n```\n{usage}\n```\n"
    shown = [parameter for parameter in command.params if not parameter.hidden]
    arguments = [one for one in shown if one.param_type_name == "argument"]
    options = [one for one in shown if one.param_type_name == "option"]
    if arguments:
        yield from _table("argument", [(one.make_metavar(context), one.help or "", "") for one in arguments])
    if options:
        yield from _table("option", [(_spelt(one, context), _help(one), _default(one, context)) for one in options])


def _spelt(option: Any, context: Context) -> str:
    """How an option is given: all its names, and what follows them."""
    names = ", ".join([*option.opts, *option.secondary_opts])
    return names if option.is_flag else f"{names} {option.make_metavar(context)}"


def _help(option: Any) -> str:
    return f"{option.help or ''}{' Required.' if option.required else ''}"


def _default(option: Any, context: Context) -> str:
    value = option.get_default(context)
    values = value if isinstance(value, list | tuple) else [value]
    return "" if option.is_flag else " ".join(str(one) for one in values if one is not None)


def _table(what: str, rows: list[tuple[str, str, str]]) -> Iterator[str]:
    columns = 3 if any(default for _name, _help, default in rows) else 2
    yield _row([what, "meaning", "default"][:columns])
    yield _row(["---"] * columns)
    for name, help_, default in rows:
        yield _row([_code(name), _plain(help_), _code(default)][:columns])
    yield ""


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _code(text: str) -> str:
    escaped = text.replace("|", "\\|")  # a cell ends at a bare one, in code too
    return f"`{escaped}`" if text else ""


def _plain(text: str) -> str:
    """Text that Markdown shows as it is, in a cell."""
    return "".join(f"\\{sign}" if sign in r"\`*_{}[]<>#|" else sign for sign in text)
