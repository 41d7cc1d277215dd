"""Real servers that their clients start: recorded, compared, and played to the same client.

Rule: as in `test_servers`: no rules file helps, and a row is all that a further server or client takes.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from installing import HERE, INSTALLING, npm_folder, program
from pairings import Pairing, python
from verdicts import ENV, RUNNING

pytestmark = [pytest.mark.servers, pytest.mark.timeout(INSTALLING + 4 * RUNNING)]

RECORDER = [sys.executable, "-m", "recorder"]
LOGGED = 'log=$1; shift; "$@" 2> "$log"; code=$?; echo "exit code $code" >> "$log"; exit $code'
"""Puts a command's errors and its exit code into a file, for its client keeps them to itself."""


def mcp_server(_port: int, _folder: Path) -> list[str]:
    """A server of our own, made of the Python MCP SDK."""
    return [python(), str(HERE / "mcp_server.py")]


def everything(_port: int, _folder: Path) -> list[str]:
    """The MCP project's own example of everything that the protocol has."""
    package = npm_folder() / "node_modules" / "@modelcontextprotocol" / "server-everything"
    return [program("node"), str(package / "dist" / "index.js"), "stdio"]


def pylsp(_port: int, _folder: Path) -> list[str]:
    """A language server for Python."""
    return [python(), "-m", "pylsp"]


def _row(server: Callable[[int, Path], list[str]], client: str, script: str, *words: str) -> Pairing:
    return Pairing(server.__name__, client, script, server, "", words)


PAIRINGS = [
    _row(mcp_server, "mcp (Python)", "stdio_mcp_python.py", "tools/call add", "notifications/progress 2"),
    _row(everything, "mcp (JavaScript)", "stdio_everything_javascript.mjs", "tools/call get-sum", "createMessage"),
    _row(pylsp, "pygls", "stdio_pylsp_pygls.py", "definition größe.py:9:3", "pylsp", "1 diagnostic: 'os'"),
]


@dataclass
class Trial:
    """A client, and the server that it starts."""

    pairing: Pairing
    folder: Path

    def client(self, *command: str) -> str:
        """What the client says with a server that is started so."""
        done = subprocess.run(
            self.pairing.command(self.folder, *command),
            capture_output=True,
            text=True,
            timeout=RUNNING,
            check=False,
            env=ENV,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def capture(self, run: str) -> str:
        """The capture of a run."""
        return str(self.folder / f"{run}.jsonl")

    def ask(self, *arguments: str) -> str:
        """What a command of the recorder prints."""
        done = subprocess.run([*RECORDER, *arguments], capture_output=True, text=True, timeout=RUNNING, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@pytest.fixture(scope="module", params=PAIRINGS, ids=lambda pairing: pairing.name)
def trial(request, tmp_path_factory):
    """A pairing that was recorded twice; what its client said without a recorder, and with."""
    made = Trial(request.param, tmp_path_factory.mktemp(request.param.name))
    server = made.pairing.start(0, made.folder)
    made.without = made.client(*server)
    made.recorded = [made.client(*RECORDER, "stdio", "-o", made.capture(run), "--", *server) for run in "ab"]
    return made


def test_the_client_notices_nothing(trial):
    """It says with the recorder in between what it says without."""
    assert trial.recorded == [trial.without] * 2


def test_two_runs_are_the_same(trial):
    """What differs between two runs of an unchanged server and client is no difference."""
    assert trial.ask("diff", trial.capture("a"), trial.capture("b")).startswith("0 differences")


def test_the_mock_serves_the_client(trial):
    """The client says with the mock what it said with the server, and nothing is left over.

    At the recorded speed: assistants miss progress that comes in one piece with its answer.
    """
    log = trial.folder / "mock.log"
    mock = [*RECORDER, "replay", "--stdio", "-q", "--speed", "recorded", trial.capture("a")]
    assert trial.client("sh", "-c", LOGGED, "sh", str(log), *mock) == trial.without
    assert log.read_text().splitlines()[-2:] == ["everything recorded came, and nothing else", "exit code 0"]


def test_a_fresh_server_verifies(trial):
    """The capture's client, played to a server that nobody changed, is answered as recorded."""
    server = trial.pairing.start(0, trial.folder)
    assert trial.ask("verify", trial.capture("a"), "--", *server).endswith("same\n")


def test_the_summary_speaks_the_protocol(trial):
    """The profile is told from the traffic."""
    summary = trial.ask("render", trial.capture("a"), "-t", "summary")
    assert [words for words in trial.pairing.words if words not in summary] == [], summary
