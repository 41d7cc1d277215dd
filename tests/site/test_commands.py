"""The reference of commands: complete, and what the program itself says."""

from __future__ import annotations

import re
from types import SimpleNamespace

import commands
import pytest
import typer

from recorder.cli.app import COMMANDS

PAGE = commands.markdown()


def section(name):
    """What stands under a command's heading."""
    return re.search(rf"^#+ recorder {name}\n(.*?)(?=^#|\Z)", PAGE, re.MULTILINE | re.DOTALL)[1]


def test_every_command_has_a_section():
    """In the order of `recorder --help`, those below a command after it and a level deeper."""
    headings = re.findall(r"^(#+) recorder (.*)$", PAGE, re.MULTILINE)
    wanted = []
    for name, command in COMMANDS.items():
        wanted += [("##", name), *(("###", f"{name} {below}") for below in command.below)]
    assert headings == wanted


def test_a_section_has_everything_that_help_has():
    """How it is called, what it does, and what each of its arguments and options means."""
    render = section("render")
    assert render.startswith(
        "\nRender a capture as Markdown, or as an HTML page.\n\n```\nrecorder render [OPTIONS] {CAPTURE}\n```\n"
    )
    assert "| `CAPTURE` | The capture, plain or .zst; - for standard input. |" in render
    assert (
        "| `--split <scenario\\|channel\\|session>` | Write one transcript for each scenario, channel or session. |  |"
        in render
    )
    assert re.search(r"^\| `-t, --template <str>` \| .* \| `transcript` \|$", render, re.MULTILINE)
    assert "| `--alias` | Print names instead of accounts" in render


def test_options_are_those_of_help():
    """All of them, and none that is hidden."""
    root = typer.main.get_command(commands.app)
    with root.make_context("recorder", [], resilient_parsing=True) as context:
        command = context.command.get_command(context, "decode")
        with command.make_context("decode", [], parent=context, resilient_parsing=True) as own:
            options = {name: one.hidden for one in own.command.params for name in one.opts if name.startswith("-")}
    cells = re.findall(r"^\| `(-.*?)` \|", section("decode"), re.MULTILINE)
    listed = {name.strip(",") for cell in cells for name in cell.split() if name.startswith("-")}
    assert listed == {name for name, hidden in options.items() if not hidden} != options.keys()


@pytest.mark.parametrize(
    ("default", "shown"), [(None, ""), ("", ""), (0, "`0`"), ("x", "`x`"), (["a", "b"], "`a b`"), ([], ""), ((), "")]
)
def test_a_default_is_shown_as_it_would_be_given(default, shown):
    """Of an option that may be given again, all of them; nothing, where there is none."""
    option = SimpleNamespace(is_flag=False, get_default=lambda _context: default)
    assert commands._code(commands._default(option, None)) == shown


def test_what_must_be_given_is_said():
    """An option without which the command does nothing."""
    assert "The capture file to write. Required. |" in section("import")


def test_signs_of_markdown_are_shown_as_they_are():
    """`eth_*` is no emphasis, and `|` no end of a cell."""
    assert "as 'eth\\_\\*'" in section("record")
    assert all(len(re.findall(r"(?<!\\)\|", row)) in {3, 4} for row in PAGE.splitlines() if row.startswith("|"))
