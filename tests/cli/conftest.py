"""Commands run inside the test's process, as their `main` does, in a folder of their own."""

import sys
from types import SimpleNamespace

import pytest

from recorder.__main__ import main
from recorder.transcript import data_folder


@pytest.fixture
def run(monkeypatch, tmp_path, capfdbinary):
    """Runs `recorder ARGUMENTS...`: its exit code, output and errors."""
    monkeypatch.chdir(tmp_path)

    def _run(*arguments):
        with monkeypatch.context() as patch:
            patch.setattr(sys, "argv", ["recorder", *map(str, arguments)])
            try:
                code = main()
            except SystemExit as end:
                code = end.code
        sys.stdout.flush()
        out, err = (stream.decode() for stream in capfdbinary.readouterr())
        return SimpleNamespace(code=code or 0, out=out, err=err)

    return _run


@pytest.fixture
def seed(tmp_path):
    """A capture of the project's own, copied: what is done to it harms nobody."""
    path = tmp_path / "run.jsonl"
    path.write_bytes((data_folder("transcripts") / "two_withdrawals.jsonl").read_bytes())
    return path


@pytest.fixture
def transcript():
    """What the seed renders to."""
    return (data_folder("transcripts") / "two_withdrawals.md").read_bytes().decode()
