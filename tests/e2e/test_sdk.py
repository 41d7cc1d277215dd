"""The mock node in front of the real client: `Channel` of the JavaScript SDK, through the recorder, with fresh keys.

Rule: what the SDK sends is the SDK's own doing (`js/channel.mjs`); the captures only say what its user called.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from recorder import api, capture, chain
from recorder.aliases.texts import texts
from recorder.model import AnyEvent, Closed, Frame, Header, Opened
from recorder.proxy.host import Host
from recorder.replay import NODE, Outcome, PlaySettings, Script, read
from recorder.replay.script import parse
from recorder.server import MockNode
from recorder.settings import Address, RecordSettings, Upstream, free_port

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
SHARED = Path(os.environ.get("RECORDER_SHARED", ROOT.parent / "shared"))
OWN = ROOT / "transcripts" / "channel_lifecycle.jsonl"
UNREACHABLE = ("ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ETIMEDOUT", "ENETUNREACH", "ECONNRESET")
INSTALLING = 400.0  # seconds
RUNNING = 60.0

UPDATE, BALANCES = "channels.update.new", "channels.get.balances"
ACCEPTED, REFUSED = {"accepted": True}, {"accepted": False}


class Run(NamedTuple):
    """What came of a run of the SDK: what it says, how the mock node saw it, and what the recorder wrote."""

    accounts: dict[str, str]
    results: list[Any]
    outcome: Outcome
    script: Script
    events: list[AnyEvent]


@pytest.fixture(scope="module")
def sdk() -> Path:
    """The folder with the SDK's modules, installed once for each lock file, outside of the checkout."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        _missing("Node and npm are not installed")
    lock = (HERE / "js" / "package-lock.json").read_bytes()
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "jsonrpc-recorder"
    folder = cache / f"sdk-{hashlib.sha256(lock).hexdigest()[:16]}"
    if not folder.exists():
        cache.mkdir(parents=True, exist_ok=True)
        making = Path(tempfile.mkdtemp(dir=cache))
        for name in ("package.json", "package-lock.json"):
            shutil.copy(HERE / "js" / name, making)
        command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        done = subprocess.run(command, cwd=making, capture_output=True, text=True, timeout=INSTALLING, check=False)
        if done.returncode and any(word in done.stderr for word in UNREACHABLE):
            _missing("the npm registry cannot be reached")
        assert not done.returncode, done.stderr
        try:
            making.rename(folder)
        except OSError:  # another worker was faster
            shutil.rmtree(making)
    return folder / "node_modules"


def _missing(reason: str) -> None:
    """Skip on a developer's machine; in CI this must run."""
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


def _converted(frames: Path, target: Path) -> Path:
    """Make a capture of what a client logged: its openings, frames and closings."""
    header = Header(format=capture.FORMAT, run="sdk", recorder="0", profile="aeternity")
    target.write_bytes(b"".join(map(capture.dump, [header, *_events(frames)])))
    return target


def _events(frames: Path) -> Iterator[AnyEvent]:
    urls: dict[int, str] = {}
    for line in frames.read_text().splitlines():
        item = json.loads(line)
        session, what = item["conn"], item["dir"]
        time = int(datetime.fromisoformat(item["t"]).timestamp() * 1000) * 1_000_000
        if what == "connect":
            urls[session] = item["url"]
        elif what == "open":
            yield Opened(time=time, session=session, party=item["role"], role=item["role"], url=urls[session])
        elif what == "close":
            yield Closed(time=time, session=session, code=item["code"], reason=item["reason"])
        else:
            direction = "to_node" if what == "send" else "from_node"
            yield capture.frame(item["data"].encode(), time=time, session=session, direction=direction)


@asynccontextmanager
async def _recording(file: Path, node: int):
    """A recorder in front of a node; gives its port."""
    listen = Address("127.0.0.1", free_port())
    settings = RecordSettings(capture=file, upstreams=[Upstream(f"ws://127.0.0.1:{node}", listen)])
    host = Host(settings, [], print)
    started = asyncio.Event()
    recording = asyncio.create_task(host.run(started.set))
    waiting = asyncio.create_task(started.wait())
    await asyncio.wait([recording, waiting], return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    try:
        yield listen.port
    finally:
        host.stop()
        assert await recording == 0


async def _drive(modules: Path, folder: Path, port: int, file: Path, network: str) -> Any:
    """Run the driver, and take what it says."""
    shutil.copy(HERE / "js" / "channel.mjs", folder)
    (folder / "node_modules").symlink_to(modules)
    process = await asyncio.create_subprocess_exec(
        *("node", folder / "channel.mjs", f"ws://127.0.0.1:{port}", file, network),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        out, err = await asyncio.wait_for(process.communicate(), RUNNING)
    except TimeoutError:
        return None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode == 0, err.decode()
    return json.loads(out)


def _run(sdk: Path, folder: Path, file: Path) -> Run:
    """Let the SDK do what a capture's clients did, against a mock node that plays the capture."""
    recorded = api.load(file)
    script = read(recorded.header, recorded, str(file))
    networks = {made.network_id for made in script.signers.values() if made.network_id}
    assert len(networks) == 1, networks
    again = folder / "again.jsonl"

    async def scene() -> tuple[Any, Outcome]:
        settings = PlaySettings(ends=frozenset({NODE}))
        async with MockNode(script, settings, Address("127.0.0.1", free_port())) as node:
            async with _recording(again, node.port) as port:
                said = await _drive(sdk, folder, port, file, *networks)
            return said, node.outcome()

    said, outcome = asyncio.run(scene())
    assert said is not None, f"the SDK waits for ever: {outcome}"
    return Run(said["accounts"], said["results"], outcome, script, list(api.load(again)))


def _foreign(run: Run) -> list[chain.Attribution]:
    """The signatures in the new capture that are by none of the fresh keys."""
    verifier = chain.Verifier(run.accounts, {made.network_id for made in run.script.signers.values()})
    found = {text for event in run.events if isinstance(event, Frame) for text in texts(parse(event.payload))}
    made = [one for text in found if text.startswith("tx_") for one in verifier.verify(chain.decode(text))]
    assert made
    return [one for one in made if not one.signer]


@pytest.mark.timeout(INSTALLING + 2 * RUNNING)
def test_the_recorded_client_again(sdk, tmp_path):
    """The SDK opens, updates, deposits, withdraws, conflicts, calls contracts, leaves, returns and closes."""
    frames = SHARED / "real" / "sdk_frames.jsonl"
    if not frames.exists():
        pytest.skip(f"no {frames}; RECORDER_SHARED names its folder")
    run = _run(sdk, tmp_path, _converted(frames, tmp_path / "recorded.jsonl"))
    print(json.dumps(run.results)[:6000])
    assert run.outcome.unexpected == []
    assert run.outcome.unused == []
    assert run.outcome.notes == []
    assert _foreign(run) == []
