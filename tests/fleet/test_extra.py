"""NATS is for those who ask for it."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

URL = "nats://127.0.0.1:1/TRAFFIC"
PROJECT = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]


def test_the_package_alone_does_not_bring_it():
    """The extra does; nothing else that users install."""
    bring = {
        name
        for name, wanted in {"": PROJECT["dependencies"], **PROJECT["optional-dependencies"]}.items()
        if any(re.match(r"nats-py\b", one) for one in wanted)
    }
    assert bring == {"fleet"}


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (["ship", "run.jsonl", URL], "`recorder ship`"),
        (["record", "ws://127.0.0.1:1", "-o", "new.jsonl", "--ship", URL], "--ship"),
        (["gather", URL, "-o", "all.jsonl"], "a stream"),
        (["stats", URL], "a stream"),
        (["view", URL], "a stream"),
        (["work", URL, "--render", "out"], "`recorder work`"),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_without_it_a_command_names_the_extra(tmp_path, arguments, what):
    """In one line; nothing is begun."""
    (tmp_path / "run.jsonl").write_text('{"format":2,"run":"a","recorder":"0.1.0"}\n')
    (tmp_path / "without").mkdir()
    (tmp_path / "without" / "sitecustomize.py").write_text("import sys; sys.modules['nats'] = None\n")
    path = os.pathsep.join([str(tmp_path / "without"), os.environ.get("PYTHONPATH", "")])  # for its processes, too
    done = subprocess.run(
        [sys.executable, "-m", "recorder", *arguments],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"recorder: {what} needs nats-py; install it with `pip install 'jsonrpc-recorder[fleet]'`\n"
    assert {path.name for path in tmp_path.iterdir()} == {"run.jsonl", "without"}


def test_commands_without_a_stream_do_not_import_it():
    """It takes a fifth of a second."""
    modules = ("app", "gather", "record", "stats", "view")
    code = f"import sys, {', '.join(f'recorder.cli.{name}' for name in modules)}; sys.exit('nats' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
