"""The guide to tests in CI, copied into a fresh project as somebody would."""

import json
import os
import signal
import subprocess
import sys
import threading
import uuid

import pytest
from pages import assert_printed, blocks, files
from ports import free_port
from websockets.sync.client import connect
from websockets.sync.server import serve

PAGE = "docs/guides/ci.md"
FILES = files(PAGE)
SCRIPT, RECORD, VERIFY = [block.text for block in blocks(PAGE, "bash")]
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


def logs_in(wire):
    """Answer a client over a WebSocket: give a token to those who know the password, and ask for it from then on."""
    token = uuid.uuid4().hex
    for asked in wire:
        call = json.loads(asked)
        known = call["params"] in ({"password": "s3cret-Pa55"}, {"token": token})
        answer = {"result": {"token": token}} if known else {"error": {"code": 1, "message": "denied"}}
        wire.send(json.dumps({"id": call["id"], **answer}))


@pytest.mark.untraced
def test_a_login_is_recorded_and_verified(project, monkeypatch):
    """Neither the password nor the token is in the capture, and the commands of the page are enough to verify it."""
    monkeypatch.setenv("PASSWORD", "s3cret-Pa55")
    port = free_port()
    with serve(logs_in, "127.0.0.1", 0) as server:
        threading.Thread(target=server.serve_forever).start()
        live = f"127.0.0.1:{server.socket.getsockname()[1]}"
        record, verify = (text.strip().replace("127.0.0.1:3014", live) for text in (RECORD, VERIFY))
        command = ["bash", "-c", f"exec {record} --listen 127.0.0.1:{port}"]
        with subprocess.Popen(command, cwd=project, stdout=subprocess.PIPE, text=True) as recording:
            assert any("Ctrl-C ends it" in line for line in recording.stdout)
            with connect(f"ws://127.0.0.1:{port}/rpc", proxy=None) as client:
                client.send('{"id":1,"method":"login","params":{"password":"s3cret-Pa55"}}')
                token = json.loads(client.recv())["result"]["token"]
                client.send(json.dumps({"id": 2, "method": "renew", "params": {"token": token}}))
                client.recv()
            recording.send_signal(signal.SIGINT)
            recording.communicate(timeout=LIMIT)
        done = subprocess.run(
            ["bash", "-c", verify], cwd=project, capture_output=True, text=True, timeout=LIMIT, check=False
        )
        server.shutdown()
    assert done.returncode == 0, done.stdout + done.stderr
    text = (project / "login.jsonl").read_text()
    assert ("s3cret" in text, token in text) == (False, False)


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
