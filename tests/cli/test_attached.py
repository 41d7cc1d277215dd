"""Processes beside a recording; tests/e2e has them beside a real recorder."""

import subprocess
import sys
from pathlib import Path

import pytest

from recorder.cli.attached import AttachedProcess, Page
from recorder.settings import Address


class Beside(AttachedProcess):
    """Runs Python code, as a module in the current folder."""

    def __init__(self, code, patience=60.0):
        super().__init__()
        Path("beside.py").write_text(code)
        self.patience = patience

    def command(self, recorder):
        """The module."""
        return ["beside"]

    def line(self, text):
        """As it is."""
        return text

    def gone(self, why):
        """Marked."""
        return f"gone: {why}"


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def said_by(process):
    """What a process says whose recording ends at once."""
    said = []
    process.begin(said.append)
    process.end()
    return said


def test_a_process_whose_recording_ends_at_once_says_its_last():
    """It is given the time that others have, although it has hardly begun."""
    assert said_by(Beside("print(1)")) == ["1"]


def test_one_that_does_not_end_is_killed_and_that_is_said():
    """The recording ends all the same."""
    assert said_by(Beside("import time; time.sleep(600)", patience=0.1)) == ["gone: it was killed"]


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("import sys; sys.exit('a warning\\nrecorder: the port is in use')", "the port is in use"),
        ("raise SystemExit(3)", "its process has ended"),
    ],
)
def test_one_that_fails_says_why(code, why):
    """With its last line on standard error, if it has one."""
    said, process = [], Beside(code)
    process.begin(said.append)
    process._listening.join()
    process.end()
    assert said == [f"gone: {why}"]


def test_one_that_was_never_begun_has_nothing_to_end():
    """A recording may fail before it starts."""
    Beside("").end()


def test_a_page_sends_marks_where_the_recorder_can_be_reached():
    """All addresses of a machine are no address to send anything to."""
    for host, reached in (("0.0.0.0", "127.0.0.1:4014"), ("::0", "[::1]:4014")):
        command = Page(Path("run.jsonl"), 0).command(Address(host, 4014))
        assert command[command.index("--marks") + 1] == reached


@pytest.mark.parametrize("url", ["127.0.0.1:4318", "ws://127.0.0.1:4318", "http://127.0.0.1:4318/?a=b"])
def test_a_collector_is_named_by_its_url(run, tmp_path, url):
    """In one line, before anything is recorded."""
    result = run("record", "ws://127.0.0.1:1", "--listen", "127.0.0.1:0", "--otel", url)
    assert (result.code, result.out) == (2, "")
    assert result.err == f"recorder: --otel {url!r}: write it as http://HOST:PORT, or https://HOST/PATH\n"
    assert not [*tmp_path.iterdir()]


@pytest.mark.parametrize(
    ("blocked", "library"),
    [
        ("opentelemetry", "opentelemetry-sdk"),
        ("opentelemetry.sdk", "opentelemetry-sdk"),
        ("opentelemetry.exporter", "opentelemetry-exporter-otlp-proto-common"),
    ],
)
def test_without_the_libraries_for_a_collector_the_extra_is_named(tmp_path, blocked, library):
    """In one line; nothing is recorded."""
    code = f"import sys; sys.modules[{blocked!r}] = None; from recorder.__main__ import main; sys.exit(main())"
    options = ["record", "ws://127.0.0.1:1", "--listen", "127.0.0.1:0", "--otel", "http://127.0.0.1:4318"]
    done = subprocess.run(
        [sys.executable, "-c", code, *options], capture_output=True, text=True, cwd=tmp_path, check=False
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"recorder: --otel needs {library}; install it with `pip install 'jsonrpc-recorder[otel]'`\n"
    assert not [*tmp_path.iterdir()]


def test_a_recording_without_a_collector_imports_nothing_of_opentelemetry():
    """Nor does the command that has the option; it takes a third of a second."""
    code = "import sys, recorder.cli.record, recorder.cli.attached; sys.exit('opentelemetry' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
