"""Signatures of played parties."""

from __future__ import annotations

import pytest
from recorder.replay.signing import signer

from recorder.model import Header
from recorder.profiles.aeternity import chain
from recorder.replay import PlaySettings
from recorder.timeline import read

SEED, UNSIGNED = bytes((7,)) * 32, b"a transaction"


def made(domain, network="ae_one"):
    """Who made a recorded signature."""
    return chain.Attribution("", "aa", "initiator", "ak_x", network, domain, inner=False)


@pytest.mark.parametrize("domain", ["raw", "hash"])
@pytest.mark.parametrize(("given", "network"), [("", "ae_one"), ("ae_two", "ae_two")])
def test_a_signature(domain, given, network):
    """The live transaction is signed in the recorded domain, for the network that is given or else the recorded one."""
    script = read(Header(format=1, run="r", recorder="0"), [])
    script.signers["aa"] = made(domain)
    settings = PlaySettings(ends=frozenset({"initiator"}), keys={"initiator": SEED}, network_id=given)
    signature = signer(script, settings)("aa", UNSIGNED)
    verifier = chain.Verifier({"initiator": chain.account_of(SEED)}, ["ae_one", "ae_two"])
    found = verifier.attribute(signature if isinstance(signature, bytes) else bytes.fromhex(signature), UNSIGNED)
    assert (found.signer, found.network_id, found.domain) == ("initiator", network, domain)


def test_no_signature():
    """Without the key, or without knowing whose signature it was, there is none."""
    script = read(Header(format=1, run="r", recorder="0"), [])
    script.signers["aa"] = made("raw")
    assert signer(script, PlaySettings(ends=frozenset({"initiator"})))("aa", UNSIGNED) == ""
    assert signer(script, PlaySettings(ends=frozenset(), keys={"initiator": SEED}))("bb", UNSIGNED) == ""
