"""The table of commands: each has its help, and main ends every one of them in order."""

import ast
import os
import re
import subprocess
import sys
from importlib import import_module

import pytest
from ports import free_port

import recorder
from recorder.__main__ import main
from recorder.cli import app as table
from recorder.cli.app import COMMANDS
from recorder.transcript import data_folder

SEED = str(data_folder("transcripts") / "two_withdrawals.jsonl")
PARTS = (
    "mitmproxy",
    "websockets",
    "asyncio",
    "jinja2",
    "msgspec",
    "zstandard",
    "nacl",
    "rlp",
    "base58",
    "rich",
    "recorder.api",
)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_and_every_option_has_help(run, name):
    """Nobody has to read the source."""
    shown = run(name, "--help")
    assert shown.code == 0
    assert COMMANDS[name].help in " ".join(shown.out.split())
    body = re.split(r"^(?:Arguments|Options):$", shown.out, maxsplit=1, flags=re.MULTILINE)[1]
    entries = [line for line in body.split("\n") if line.startswith("  ") and line[2] != " "]
    assert entries
    for entry, following in zip(entries, [*entries[1:], ""], strict=True):
        text = body[body.index(entry) : body.index(following) if following else len(body)]
        assert len(text.split("  ")) > 2, f"{entry.split()[0]} has no help"


def test_no_command_is_an_invitation_to_help(run):
    """`recorder` alone shows what there is."""
    shown = run()
    assert shown.code == 2
    assert all(name in shown.out + shown.err for name in COMMANDS)


def test_the_version_is_told(run):
    """Bug reports begin with it."""
    assert run("--version").out == f"recorder {recorder.__version__}\n"


def test_an_unknown_command_is_exit_code_2(run):
    """With the word that is unknown."""
    result = run("rendr")
    assert result.code == 2
    assert "rendr" in result.err


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (OSError(28, "No space left on device"), 2, "recorder: No space left on device\n"),
        (OSError(13, "Permission denied", "run.jsonl"), 2, "recorder: run.jsonl: Permission denied\n"),
        (OSError("odd"), 2, "recorder: odd\n"),
        (KeyboardInterrupt(), 130, ""),
    ],
)
def test_what_ends_a_command_is_no_traceback(run, monkeypatch, error, code, said):
    """The operating system's errors in its words; Ctrl-C in silence."""

    def fail():
        raise error

    monkeypatch.setattr(table, "app", fail)
    result = run("demo")
    assert (result.code, result.out, result.err) == (code, "", said)


def test_ctrl_c_while_a_command_is_loaded_is_no_traceback(run, monkeypatch):
    """Nobody has to wait until everything is imported before the command may be ended."""

    class Interrupted:
        @staticmethod
        def find_spec(name, *_about):
            if name == table.__name__:
                raise KeyboardInterrupt

    monkeypatch.delitem(sys.modules, table.__name__)
    monkeypatch.setattr(sys, "meta_path", [Interrupted, *sys.meta_path])
    result = run("demo")
    assert (result.code, result.out, result.err) == (130, "", "")


@pytest.mark.parametrize(
    ("arguments", "code"),
    [(["addon"], 0), (["render"], 0), (["replay", "--listen", "{}", "--timeout", "0.1"], 1)],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_a_command_works_where_there_is_no_standard_output(monkeypatch, seed, arguments, code):
    """A service may run without one."""
    command, *options = [argument.format(free_port()) for argument in arguments]
    files = [str(seed)] if command != "addon" else []
    monkeypatch.setattr(sys, "argv", ["recorder", command, *files, *options])
    monkeypatch.setattr(sys, "stdout", None)
    with pytest.raises(SystemExit) as end:
        main()
    sys.stdout.close()
    assert (end.value.code or 0) == code


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_s_line_is_the_first_of_its_docstring(name):
    """The table says it too, so that nobody has to load a command to list it."""
    line, module, function, _below = COMMANDS[name]
    assert getattr(import_module(f"recorder.cli.{module}"), function).__doc__.partition("\n")[0] == line


def test_all_commands_are_listed_with_their_whole_line(run):
    """Nothing is cut off, on a terminal of 80 columns."""
    shown = run("--help").out
    assert all(f"  {name} " in shown and f" {command.help}\n" in shown for name, command in COMMANDS.items())
    assert "..." not in run("docs", "--help").out.partition("\n\n")[2].replace("]...", "")


def test_an_error_is_one_line_whatever_is_in_it(run):
    """A name of a file may move the cursor, or fake a line."""
    done = run("stats", "no\x1b[2J\nrecorder: all is well.jsonl")
    assert done.err == "recorder: no\\x1b[2J\\nrecorder: all is well.jsonl: cannot read: No such file or directory\n"


@pytest.mark.untraced
@pytest.mark.parametrize(
    ("arguments", "needed"),
    [
        (["--version"], []),
        (["--help"], []),
        (["addon"], ["msgspec"]),
        (["note", "--help"], []),
        (["stdio", "-o", os.devnull, "--", "true"], ["msgspec"]),
        (["render", SEED], ["jinja2", "msgspec", "zstandard", "recorder.api"]),
        (["import", "--help"], ["msgspec", "zstandard", "recorder.api"]),
        (["decode", "ak_1"], ["msgspec", "zstandard", "recorder.api", "nacl", "base58"]),
    ],
    ids=lambda value: value[0] if value else "",
)
def test_a_command_imports_what_it_needs(arguments, needed):
    """Whoever waits for a command waits for nothing else: each of these would take a tenth of a second, or half of it."""
    code = (
        "import sys, atexit; from recorder.__main__ import main\n"
        f"atexit.register(lambda: print([part for part in {PARTS!r} if part in sys.modules], file=sys.stderr))\n"
        f"sys.argv = ['recorder', *{arguments!r}]; main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    imported = ast.literal_eval(done.stderr.splitlines()[-1])
    assert set(imported) <= set(needed)
