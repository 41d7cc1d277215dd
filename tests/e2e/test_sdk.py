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
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from rig import recording
from sdk_life import REFUSAL, SdkLife

from recorder import api, capture
from recorder.jsonrpc import value_of
from recorder.model import AnyEvent, Closed, Frame, Header, Opened
from recorder.profiles import PROFILES
from recorder.profiles.aeternity import chain
from recorder.profiles.aeternity.encoded import texts
from recorder.replay import Outcome, PlaySettings
from recorder.server import MockNode
from recorder.timeline import Script, read
from recorder.timeline.script import NODE

pytestmark = pytest.mark.servers

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
SHARED = Path(os.environ.get("RECORDER_SHARED") or ROOT.parent / "shared")
UNREACHABLE = ("ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ETIMEDOUT", "ENETUNREACH", "ECONNRESET")
INSTALLING = 400.0  # seconds
RUNNING = 60.0

INITIATOR, RESPONDER = "initiator", "responder"
CALLED = [
    (INITIATOR, "update.new", "accepted"),
    (RESPONDER, "update.new", "accepted"),
    (INITIATOR, "update.new", "accepted"),
    (INITIATOR, "update.new", "refused with 12345"),  # by the responder
    (INITIATOR, "update.new", "refused"),  # by the initiator's own signer
    (INITIATOR, "get.balances", "done"),
    (INITIATOR, "get.poi", "done"),
    (RESPONDER, "get.offchain_state", "done"),
    (INITIATOR, "message", "done"),
    (RESPONDER, "message", "done"),
    (INITIATOR, "get.balances", "ChannelCallError"),
    (INITIATOR, "update.new", "InsufficientBalanceError"),
    (INITIATOR, "deposit", "accepted"),
    (RESPONDER, "withdraw", "accepted"),
    (INITIATOR, "withdraw", "refused with 2"),  # both at once: a conflict
    (RESPONDER, "withdraw", "refused with 2"),
    (INITIATOR, "update.new", "accepted"),
    (INITIATOR, "update.new_contract", "accepted"),
    (RESPONDER, "update.call_contract", "accepted"),
    (RESPONDER, "get.contract_call", "done"),
    (INITIATOR, "dry_run.call_contract", "done"),
    (INITIATOR, "get.contract", "done"),
    (INITIATOR, "leave", "done"),
    (INITIATOR, "update.new", "accepted"),  # in the channel that both have come back to
    (INITIATOR, "shutdown", "done"),
]
"""What the recorded client did, and what came of it: who called what of the SDK, and how it ended."""


class Run(NamedTuple):
    """What came of a run of the SDK: what it says, how the mock node saw it, and what the recorder wrote."""

    accounts: dict[str, str]
    results: list[Any]
    outcome: Outcome
    script: Script
    events: list[AnyEvent]

    @property
    def called(self) -> list[tuple[str, str, str]]:
        """Who called what, and how it ended."""
        return [(party, method.removeprefix("channels."), _ended(result)) for party, method, result in self.results]

    @property
    def frames(self) -> Counter[tuple[int, str]]:
        """How many frames went which way in each session, but for the pings of a slow machine."""
        frames = [event for event in self.events if isinstance(event, Frame)]
        pings = PROFILES["aeternity"].keeps_alive
        return Counter((one.session, one.direction) for one in frames if not pings(value_of(one.payload)))

    @property
    def signatures(self) -> dict[str, str]:
        """Every signature in the new capture, and the party whose fresh key made it; nobody where none fits."""
        verifier = chain.Verifier(
            self.accounts, {made.network_id for made in self.script.identities["aeternity"].signers.values()}
        )
        found = {text for event in self.events if isinstance(event, Frame) for text in texts(value_of(event.payload))}
        made = [one for text in found if text.startswith("tx_") for one in verifier.verify(chain.decode(text))]
        return {one.signature: one.signer for one in made}


def _ended(result: Any) -> str:
    """How a call ended, in a word or two."""
    if not isinstance(result, dict) or not {"accepted", "error"} & result.keys():
        return "done"
    if "error" in result:
        return result["error"]
    return (
        "accepted"
        if result["accepted"]
        else f"refused with {result['errorCode']}"
        if "errorCode" in result
        else "refused"
    )


@pytest.fixture(scope="module")
def sdk() -> Path:
    """The folder with the SDK's modules, installed once for each lock file, outside of the checkout."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        pytest.skip("Node and npm are not installed")
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
        if done.returncode and any(word in done.stderr for word in UNREACHABLE) and not os.environ.get("CI"):
            pytest.skip("the npm registry cannot be reached")
        assert not done.returncode, done.stderr
        try:
            making.rename(folder)
        except OSError:  # another worker was faster
            shutil.rmtree(making)
    return folder / "node_modules"


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
    networks = {made.network_id for made in script.identities["aeternity"].signers.values() if made.network_id}
    assert len(networks) == 1, networks

    async def scene() -> tuple[Any, Outcome, list[AnyEvent]]:
        settings = PlaySettings(ends=frozenset({NODE}), mode="strict")
        async with MockNode(script, settings) as node:
            async with recording(folder, node.port) as rec:
                said = await _drive(sdk, folder, rec.port, file, *networks)
            assert rec.code == 0
            return said, node.outcome(), rec.events

    said, outcome, again = asyncio.run(scene())
    assert said is not None, f"the SDK waits for ever: {outcome}"
    return Run(said["accounts"], said["results"], outcome, script, again)


def _recorded(frames: Path, folder: Path) -> Path:
    """The capture of a real client, or a reason to do without."""
    if not frames.exists():
        pytest.skip(f"no {frames}; RECORDER_SHARED names its folder")
    return _converted(frames, folder / "recorded.jsonl")


def _check(run: Run) -> None:
    """Everything recorded came and nothing else, each signature by a fresh key, none left out."""
    assert run.outcome == Outcome()
    recorded = [step for step in run.script.steps if step.kind == "frame" and not step.keeps_alive]
    assert run.frames == Counter((step.session, step.direction) for step in recorded)
    assert Counter(run.signatures.values()) == Counter(
        made.signer for made in run.script.identities["aeternity"].signers.values()
    )


@pytest.mark.timeout(INSTALLING + 2 * RUNNING)
def test_the_recorded_client_again(sdk, tmp_path):
    """The SDK opens, updates, deposits, withdraws, conflicts, calls contracts, leaves, comes back and closes."""
    run = _run(sdk, tmp_path, _recorded(SHARED / "real" / "sdk_frames.jsonl", tmp_path))
    _check(run)
    assert run.called == CALLED
    contract = next(result["address"] for _, method, result in run.results if method == "channels.update.new_contract")
    assert contract == chain.contract_id(run.accounts[INITIATOR], 8)


@pytest.mark.timeout(INSTALLING + 2 * RUNNING)
def test_a_client_that_nobody_recorded(sdk, tmp_path):
    """The SDK lives a channel's life that is made of seeds: this needs no recorded data."""
    life, file = SdkLife("nobody's").whole(), tmp_path / "life.jsonl"
    file.write_bytes(b"".join(map(capture.dump, [life.header, *life.events])))
    run = _run(sdk, tmp_path, file)
    _check(run)
    assert run.called == [
        (INITIATOR, "update.new", "accepted"),
        (RESPONDER, "update.new", "accepted"),
        (INITIATOR, "update.new", f"refused with {REFUSAL}"),
        (INITIATOR, "deposit", "accepted"),
        (RESPONDER, "withdraw", "accepted"),
        (INITIATOR, "withdraw", "refused with 2"),
        (RESPONDER, "withdraw", "refused with 2"),
        (RESPONDER, "message", "done"),
        (INITIATOR, "leave", "done"),
        (INITIATOR, "update.new", "accepted"),
        (INITIATOR, "shutdown", "done"),
    ]
