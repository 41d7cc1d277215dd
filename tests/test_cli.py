"""The command line: what is wrong is one line that says what to do, with exit code 2 and no traceback."""

import subprocess
import sys

import pytest
from typer.main import get_command  # noqa: TID251 - asked for what it shows

from recorder.__main__ import main
from recorder.cli.app import app
from recorder.cli.record import record

NODE = "ws://127.0.0.1:3014"


@pytest.fixture
def command(monkeypatch, capsys):
    """Runs `recorder` with these arguments: its exit code, output and error output."""

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["recorder", *arguments])
        with pytest.raises(SystemExit) as end:
            main()
        out, err = capsys.readouterr()
        return end.value.code, out, err

    return run


COMMANDS = get_command(app).commands


def test_the_first_command_is_to_record():
    """The main job is a command of its own name."""
    assert COMMANDS["record"].callback.__doc__ == record.__doc__


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_has_help(command, name):
    """Each command and each of its options says what it does."""
    code, out, _ = command(name, "--help")
    assert code == 0
    assert COMMANDS[name].help in " ".join(out.split()) or COMMANDS[name].help.splitlines()[0] in out
    assert [
        option.name for option in COMMANDS[name].params if option.param_type_name == "option" and not option.help
    ] == []


@pytest.mark.parametrize("arguments", [[], ["--help"]])
def test_without_a_command_the_commands_are_shown(command, arguments):
    """Somebody who does not know what to type is told."""
    _, out, err = command(*arguments)
    assert all(name in out + err for name in COMMANDS)


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (
            ["ftp://node"],
            "'ftp://node' is no node's URL; write it as ws://127.0.0.1:3014 (ws, wss, http or https)",
        ),
        (
            [NODE + "/channel"],
            f"'{NODE}/channel': leave out the path, each party brings its own: {NODE}",
        ),
        (
            [NODE, "--listen", "here"],
            "'here' is no address to listen on; write HOST:PORT, as in 127.0.0.1:4014",
        ),
        (
            [NODE, "--listen", "1", "--listen", "2"],
            "2 --listen for 1 node URLs; give one for each, in the same order",
        ),
        (
            ["ws://localhost:4014"],
            "ws://localhost:4014 is where the recorder itself would listen; name the node, or another --listen",
        ),
        (
            [NODE, "-o", "run.jsonl.zst"],
            "run.jsonl.zst: captures are written plain; name it .jsonl, and compress it afterwards",
        ),
        ([NODE, "--profile", "bitcoin"], "no profile 'bitcoin'; there is aeternity, generic"),
        ([NODE, "--meta", "node"], "--meta 'node': write it as key=value"),
        ([NODE, "--meta", "=7"], "--meta '=7': write it as key=value"),
        ([NODE, "--ca", "/no/such.pem"], "/no/such.pem: no such file"),
        ([NODE, "--cert", "/no/such.pem"], "/no/such.pem: no such file"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_mistake_is_one_line(command, arguments, line):
    """What the user must mend is said in one line on standard error, with exit code 2."""
    assert command("record", *arguments) == (2, "", f"recorder: {line}\n")


@pytest.mark.parametrize("arguments", [["record"], ["record", NODE, "--nonsense"], ["nonsense"]])
def test_a_wrong_usage_is_no_traceback(command, arguments):
    """What the parser of arguments refuses ends the same way."""
    code, out, err = command(*arguments)
    assert (code, out) == (2, "")
    assert "Traceback" not in err


def test_commands_start_without_the_heavy_libraries():
    """Importing the commands imports neither mitmproxy nor websockets, so that help and rendering start fast."""
    script = "import sys, recorder.cli.app; print({'mitmproxy', 'websockets'} & sys.modules.keys())"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
