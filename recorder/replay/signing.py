"""Signs live transactions as the recorded ones were signed: by the same party, in the same domain.

Rule: pure; a signature by a party whose key nobody gave is not made.
"""

from __future__ import annotations

from recorder.aliases.rewriting import Sign
from recorder.profiles.aeternity.chain.signatures import signature
from recorder.replay.script import Script
from recorder.replay.terms import PlaySettings


def signer(script: Script, settings: PlaySettings) -> Sign:
    """What makes the live signature for a recorded one."""

    def sign(recorded: str, unsigned: bytes) -> str:
        made = script.signers.get(recorded)
        if made is None or made.signer not in settings.keys:
            return ""
        network = settings.network_id or made.network_id
        return signature(unsigned, settings.keys[made.signer], network, domain=made.domain, inner=made.inner).hex()

    return sign
