"""What was recorded plays again, both ends of it, with other keys, through a real recorder."""

import asyncio
import hashlib
import os
from pathlib import Path

import pytest
from otherfiles import parse
from rig import recording

from recorder import api
from recorder.capture import FORMAT
from recorder.jsonrpc import value_of
from recorder.marks import post
from recorder.model import PRINTED, Frame, Header
from recorder.profiles.aeternity import chain
from recorder.profiles.aeternity.encoded import texts
from recorder.server import MockNode, play_parties
from recorder.settings import Address
from recorder.timeline import read

ROOT = Path(__file__).parents[2]
SHARED = Path(os.environ.get("RECORDER_SHARED", ROOT.parent / "shared"))
FIXTURES = sorted(path for path in (ROOT / "transcripts").glob("*.jsonl") if b'"url":"stdio:' not in path.read_bytes())
PUBLISHED = sorted((SHARED / "corpus").rglob("*.md"))
LIMIT = 60  # seconds


def captured(path):
    """The script of a fixture, or of a published transcript."""
    if path.suffix == ".jsonl":
        return api.load_script(path)
    header = Header(format=FORMAT, run="published", recorder="0", profile="aeternity", info="noted")
    with path.open(encoding="utf-8", newline="\n") as lines:
        return read(header, list(parse(lines, "aeternity", file=str(path))), str(path))


async def played(recorded, folder, keys):
    """Both ends at once, a recorder in between: how it went for the parties, for the node, and what was recorded."""
    parties = set(recorded.parties.values())
    async with MockNode(recorded, api.play_settings(recorded, mode="strict", keys=keys)) as node:
        async with recording(folder, node.port) as rec:
            listen = Address("127.0.0.1", rec.port)
            ours = await play_parties(
                recorded,
                api.play_settings(recorded, parties, mode="strict", keys=keys),
                f"ws://{listen}",
                begin=lambda name: asyncio.to_thread(post, "scenario", {"name": name}, listen),
            )
            await node.over(silence=1)
            theirs = node.outcome()
        assert rec.code == 0
        return ours, theirs, rec.events


def unverified(events, keys):
    """How many signatures events hold, and those that none of the keys made."""
    accounts = {account: chain.account_of(seed) for account, seed in keys.items()}
    verifier = chain.Verifier(accounts, (*chain.LOCAL_NETWORK_IDS, *chain.NETWORK_IDS))
    found = [text for event in events if isinstance(event, Frame) for text in texts(value_of(event.payload))]
    made = [one for text in found if text.startswith("tx_") for one in verifier.verify(chain.decode(text))]
    return len(made), [one for one in made if not one.signer]


def plays(path, folder):
    """A capture plays with fresh keys: no mismatch, nothing unused, all signatures by the keys; how many there were."""
    recorded = captured(path)
    keys = {account: hashlib.sha256(f"{path.stem} {account}".encode()).digest() for account in recorded.accounts}
    ours, theirs, events = asyncio.run(asyncio.wait_for(played(recorded, folder, keys), LIMIT))
    assert (ours.unexpected, ours.unused, ours.notes) == ([], [], [])
    assert (theirs.unexpected, theirs.unused, theirs.notes) == ([], [], [])
    signatures, wrong = unverified(events, keys)
    assert wrong == []
    frames = sum(step.kind == "frame" for step in recorded.steps)
    assert sum(isinstance(event, Frame) and event.opcode in PRINTED for event in events) == frames
    return signatures


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: path.stem)
def test_a_fixture_plays_with_other_keys(path, tmp_path):
    """Both ends of every committed capture come to the same end with keys of their own."""
    signatures = plays(path, tmp_path)
    assert (signatures > 0) == bool(captured(path).accounts)


@pytest.mark.published
@pytest.mark.untraced
@pytest.mark.skipif(not PUBLISHED, reason=f"no published transcripts in {SHARED}/corpus")
@pytest.mark.parametrize("path", PUBLISHED or [SHARED], ids=lambda path: path.stem)
def test_a_published_transcript_plays_with_other_keys(path, tmp_path):
    """Whatever happened in the documents happens again through the recorder."""
    plays(path, tmp_path)
