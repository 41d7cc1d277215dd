"""Traffic that tshark captures on loopback is imported as it passed, plain and over TLS."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import ssl
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from installing import program
from websockets.asyncio.client import connect
from websockets.asyncio.server import serve

HERE = Path(__file__).parent
sys.path.append(str(HERE.parent))
sys.path.append(str(HERE.parents[1]))

from certify import node_tls, write_certificates  # noqa: E402 - what the other tests with real sockets share
from pages import blocks  # noqa: E402

from recorder.interchange import pcap  # noqa: E402
from recorder.interchange.formats import Source  # noqa: E402
from recorder.model import Closed, Frame, Opened  # noqa: E402

pytestmark = [pytest.mark.servers, pytest.mark.timeout(300)]

FILE = HERE.parents[1] / "interchange" / "networks" / "traffic.pcapng"
BOTH = 2
CALLS = [
    json.dumps({"jsonrpc": "2.0", "id": number, "method": "sum", "params": ["x" * number]}) for number in (1, 70_000)
]


class Capturing:
    """A tshark that captures what goes to and from a port on loopback."""

    def __init__(self, port, target):
        told = f"tcp port {port} or udp port {port}"
        command = [program("tshark"), "-n", "-i", "lo", "-f", told, "-w", target, "-P", "-l"]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.shown = []
        self._reading = threading.Thread(target=lambda: self.shown.extend(iter(self._process.stdout.readline, "")))
        self._reading.start()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as knocking:
            while not self.shown:  # it says that it captures before it does
                if self._process.poll() is not None:
                    pytest.skip(f"tshark may not capture here: {self._process.stderr.read()}")
                knocking.sendto(b"?", ("127.0.0.1", port))
                time.sleep(0.05)

    def wait(self, count, word):
        """Wait until so many packets with a word have been captured."""
        while sum(word in line for line in self.shown) < count:
            time.sleep(0.05)

    def end(self):
        """End it; its file is whole."""
        self._process.terminate()
        self._process.wait(30)
        self._reading.join(30)
        for stream in (self._process.stdout, self._process.stderr):
            stream.close()


async def talk(target, folder, secure):
    """Calls over a WebSocket while tshark captures; the file with the keys of TLS."""
    tls, keys = None, folder / "keys.log"
    if secure:
        write_certificates(folder)
        tls = ssl.create_default_context(cafile=folder / "ca.pem")
        tls.keylog_filename = str(keys)

    async def answer(socket):
        async for message in socket:
            await socket.send(json.dumps({"jsonrpc": "2.0", "id": json.loads(message)["id"], "result": 1}))

    async with serve(answer, "127.0.0.1", 0, ssl=node_tls(folder) if secure else None) as server:
        port = server.sockets[0].getsockname()[1]
        capturing = await asyncio.to_thread(Capturing, port, target)
        try:
            url = f"{'wss' if secure else 'ws'}://localhost:{port}/channel?role=initiator"
            async with connect(url, ssl=tls, proxy=None, host="127.0.0.1") as client:
                for call in CALLS:
                    await client.send(call)
                    await client.recv()
            await asyncio.to_thread(capturing.wait, BOTH, "FIN")
        finally:
            await asyncio.to_thread(capturing.end)
    return keys


@pytest.mark.parametrize("secure", [False, True], ids=["plain", "tls"])
def test_what_tshark_captured_is_what_passed(tmp_path, secure):
    """Compressed messages, the role, the end; over TLS with a log of its keys, and not without."""
    target = tmp_path / "traffic.pcapng"
    keys = asyncio.run(talk(target, tmp_path, secure))
    events = [*pcap.read(Source(target, keys=keys if secure else None))]
    (opened,) = [event for event in events if isinstance(event, Opened)]
    assert (opened.role, opened.url.partition(":")[0]) == ("initiator", "wss" if secure else "ws")
    sent = [event.payload.decode() for event in events if isinstance(event, Frame) and event.direction == "to_node"]
    assert sent == CALLS
    (closed,) = [event for event in events if isinstance(event, Closed)]
    assert (closed.code, closed.by) == (1000, "party")
    if secure:
        done = subprocess.run(
            [sys.executable, "-m", "recorder", "import", target, "-o", tmp_path / "x.jsonl"],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 2
        assert "1 connection left out: TLS without its keys; --keylog FILE gives" in done.stderr


def test_the_commands_of_its_page_run(tmp_path):
    """On a file that tshark wrote."""
    program("tshark")
    (tmp_path / "traffic.pcapng").write_bytes(FILE.read_bytes())
    _capture, script, _keys = [block.text for block in blocks("docs/formats/pcap.md") if block.language == "bash"]
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-ec", script],
        cwd=tmp_path,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "initiator calls sum" in done.stdout
