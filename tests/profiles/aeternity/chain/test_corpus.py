"""Recorded traffic of real nodes: every encoded string is read and written back, every signature has a signer."""

from __future__ import annotations

import pytest

from recorder.profiles.aeternity import chain

NETWORK_IDS = ("local_iris_testnet", "local_lima_testnet", "ae_dev")


@pytest.fixture(scope="module")
def texts(shared):
    """All distinct encoded strings of the recorded documents and frames."""
    files = [*sorted(shared.glob("corpus/**/*.md")), shared / "real" / "sdk_frames.jsonl"]
    return sorted({found.text for file in files for found in chain.occurrences(file.read_text(encoding="utf-8"))})


def test_every_string_is_read_and_written_back(texts):
    """No string is left as bytes that has a meaning, and each comes back as it was."""
    assert len(texts) > 1000
    for text in texts:
        decoded = chain.decode(text)
        assert chain.encode(decoded) == text


def test_every_signature_is_attributed(texts):
    """Each signature verifies for an account that the traffic itself names."""
    accounts = {text: text for text in texts if text.startswith("ak_")}
    verifier = chain.Verifier(accounts, NETWORK_IDS)
    found = [one for text in texts if text.startswith("tx_") for one in verifier.verify(chain.decode(text))]
    assert len(found) > 1000
    assert all(one.signer for one in found)
    assert {one.network_id for one in found} == set(NETWORK_IDS)


def test_every_state_is_that_of_a_round(texts):
    """State trees and proofs hash to the state hash of a transaction in the same traffic."""
    decoded = [chain.decode(text) for text in texts if text[:2] in ("tx", "ss", "pi")]
    hashes = {
        chain.encode_text("st", bytes.fromhex(one.value["fields"]["transaction"]["fields"]["state_hash"]))
        for one in decoded
        if one.prefix == "tx" and one.value["fields"]["transaction"]["fields"].get("state_hash")
    }
    assert {chain.state_hash(one.value) for one in decoded if one.prefix != "tx"} <= hashes
