"""The guide to tests in CI, copied into a fresh project as somebody would."""

import os
import subprocess
import sys

import pytest
from pages import assert_printed, blocks, files
from ports import free_port

PAGE = "docs/guides/ci.md"
FILES = files(PAGE)
(SCRIPT,) = [block.text for block in blocks(PAGE, "bash")]
(FINDING,) = [block.text for block in blocks(PAGE, "") if "extra" in block.text]
TESTS = ["tests/test_calculator.py", "tests/test_sum.py"]
LIMIT = 60  # seconds
CLIENT = """
import sys
from websockets.sync.client import connect
with connect(f"ws://127.0.0.1:{sys.argv[1]}/rpc", proxy=None) as client:
    client.send('{"jsonrpc": "2.0", "id": 7, "method": "%s", "params": [1, 2]}')
    print(client.recv())
"""


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A folder with the files that the page shows."""
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / "bin").mkdir()
    command = tmp_path / "bin" / "recorder"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m recorder "$@"\n')
    command.chmod(0o755)
    monkeypatch.setenv("PATH", os.pathsep.join([str(tmp_path / "bin"), os.environ["PATH"]]))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    return tmp_path


@pytest.mark.untraced
def test_its_tests_pass(project):
    """The files that it shows are all there is to it."""
    captures = ["calculator.jsonl", "part.rules.toml", "sum.jsonl"]
    assert sorted(FILES) == [*(f"tests/captures/{name}" for name in captures), *TESTS]
    command = [sys.executable, "-m", "pytest", "-p", "recorder.plugin", "-p", "no:cacheprovider"]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, timeout=LIMIT, check=False)
    assert "4 passed" in done.stdout, done.stdout + done.stderr


@pytest.mark.untraced
def test_a_part_of_a_capture_is_not_enough_without_its_rule(project):
    """The rule is what makes the difference, and the page shows it for that."""
    (project / "tests" / "captures" / "part.rules.toml").write_text("")
    command = [sys.executable, "-m", "pytest", "-p", "recorder.plugin", "-p", "no:cacheprovider", TESTS[0]]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, timeout=LIMIT, check=False)
    assert "2 failed" in done.stdout, done.stdout + done.stderr
    assert "client product missing: it was recorded, and never came" in done.stdout


@pytest.mark.untraced
@pytest.mark.parametrize(("method", "code"), [("sum", 0), ("product", 1)])
def test_its_script_tells_whether_a_client_said_what_was_recorded(project, method, code):
    """A client that is no Python test talks to the command; the exit code says how it went."""
    port = free_port()
    (project / "client.py").write_text(CLIENT % method)
    script = SCRIPT.replace("3014", str(port)).replace("npm test", f'"{sys.executable}" client.py {port}')
    done = subprocess.run(
        ["bash", "-c", script], cwd=project, capture_output=True, text=True, timeout=LIMIT, check=False
    )
    assert done.returncode == code, done.stdout + done.stderr
    if code:
        assert_printed(script, FINDING.strip().split("\n"), done.stdout + done.stderr)
