"""What other tools really write is read: each talks to a node that plays a capture, or stands before a server."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from installing import HERE, npm_folder, program, python_folder
from otherfiles import imported, shown

from recorder.capture import frame
from recorder.model import Frame, Header, Opened
from recorder.replay import PlaySettings
from recorder.server.thread import NodeThread
from recorder.timeline import read
from recorder.timeline.script import NODE

pytestmark = [pytest.mark.servers, pytest.mark.timeout(600)]

TOOLS = HERE / "tools"
PATIENCE = 30
ASK = '{"jsonrpc":"2.0","id":1,"method":"sum","params":["é\\"",2]}'
RESULT = '{"jsonrpc":"2.0","id":1,"result":"é"}'
TOLD = '{"jsonrpc":"2.0","method":"told"}'

SERVER = """\
import json, sys
for line in sys.stdin:
    print(json.dumps({"jsonrpc": "2.0", "id": json.loads(line)["id"], "result": []}), flush=True)
"""


@pytest.fixture
def node():
    """A node that tells something when it is asked, and answers."""
    events = [
        Opened(session=1, party="client", url="ws://node/"),
        frame(ASK.encode(), session=1, direction="to_node"),
        frame(TOLD.encode(), session=1, direction="from_node"),
        frame(RESULT.encode(), session=1, direction="from_node"),
    ]
    script = read(Header(format=2, run="r", recorder="0", profile="generic"), events, "r.jsonl")
    with NodeThread(script, PlaySettings(ends=frozenset({NODE})), loop=True) as running:
        yield running.urls[0]


def typed(command: list[str], cwd: Path, until: bytes, stream: str = "stdout") -> bytes:
    """What a command prints when the question is typed into it, as soon as it has printed this."""
    pipes = {
        "stdin": subprocess.PIPE,
        "stdout": subprocess.DEVNULL,
        "stderr": subprocess.DEVNULL,
        stream: subprocess.PIPE,
    }
    child = subprocess.Popen(command, cwd=cwd, **pipes)
    try:
        said = b""
        if stream == "stdout":  # wscat takes what is typed when it is connected
            while b"Connected" not in said:
                said += child.stdout.read1()
        child.stdin.write(f"{ASK}\n".encode())
        child.stdin.flush()
        while b"\n" not in said.partition(until)[2]:
            more = getattr(child, stream).read1()
            assert more, said
            said += more
        return said
    finally:
        child.kill()
        child.communicate(timeout=PATIENCE)


@pytest.mark.parametrize("colour", [[], ["--no-color"]])
def test_wscat_in_a_terminal(node, tmp_path, colour):
    """As script(1) records it, whether in colours or not."""
    command = [program("node"), str(npm_folder(TOOLS) / "node_modules" / ".bin" / "wscat"), *colour, "-c", node]
    (tmp_path / "a").write_bytes(
        typed([program("script"), "-qfc", " ".join(command), "/dev/null"], tmp_path, b'"result"')
    )
    with (tmp_path / "a").open("ab") as file:
        file.write(b"" if (tmp_path / "a").read_bytes().endswith(b"\n") else b"\n")
    assert shown(imported(tmp_path / "a"))[1:] == [f"> {ASK}", f"< {TOLD}", f"< {RESULT}"]


@pytest.mark.parametrize("command", [["-", "log:{}"], ["log:-", "{}"]])
def test_websocat_with_a_log(node, tmp_path, command):
    """Of the WebSocket, or of its other side."""
    tool = python_folder(TOOLS) / "bin" / "websocat"
    said = typed([str(tool), "-t", *(word.format(node) for word in command)], tmp_path, b'\\"result\\"', "stderr")
    (tmp_path / "a").write_bytes(said)
    assert shown(imported(tmp_path / "a"))[1:] == [f"> {ASK}\n", f"< {TOLD}", f"< {RESULT}"]


def test_mcp_rec(tmp_path):
    """It writes down what a client and its server say."""
    command = [
        str(python_folder(TOOLS) / "bin" / "python"),
        "-m",
        "mcp_rec.cli",
        "record",
        "-o",
        "a.jsonl",
        "--",
        sys.executable,
        "-c",
        SERVER,
    ]
    asked = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    child = subprocess.Popen(
        command, cwd=tmp_path, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    try:
        child.stdin.write(json.dumps(asked).encode() + b"\n")
        child.stdin.flush()
        assert json.loads(child.stdout.readline())["result"] == []
        child.communicate(timeout=PATIENCE)
    finally:
        child.kill()
    frames = [event for event in imported(tmp_path / "a.jsonl") if isinstance(event, Frame)]
    assert [(event.direction, json.loads(event.payload)) for event in frames] == [
        ("to_node", asked),
        ("from_node", {"jsonrpc": "2.0", "id": 1, "result": []}),
    ]
    assert frames[0].time > 1_700_000_000 * 1_000_000_000
