"""Everything an æternity party or node puts into a frame as opaque text, read exactly and written back.

Rule: this package is pure (no clock, socket, file or random), knows nothing of frames or sessions, and is the only door
to `base58` and `nacl`. From bytes to values only `DecodeError` leaves it, from values to bytes only `InputError`.
What stands here is what the rest of the profile uses; the modules have more.

- Texts: `decode`, `encode`, `build`; below them `decode_text`, `encode_text`, `occurrences`.
- Objects: `decode_object`, `encode_object`, `SCHEMAS`; function names in them, `symbols_in`, and a call, `call_of`.
- Hashes and ids: `blake2b`, `tx_hash`, `channel_id`, `contract_id`, `contract_call_id`, `auth_id`.
- State trees and proofs: `STATES`, `state_hash`, `poi_errors`; `held`, what they hold without the hashes; `remade`, with others in them.
- Signatures: `Verifier`, `signed_parts`, `sign`, `account_of`; `undecoded`, what is signed in a text.
"""

from __future__ import annotations

from recorder.profiles.aeternity.chain.contents import Decoded, build, decode, encode, symbols_in
from recorder.profiles.aeternity.chain.contract_data import call_of
from recorder.profiles.aeternity.chain.encoding import (
    PREFIXES,
    Encoded,
    decode_text,
    encode_text,
    occurrences,
)
from recorder.profiles.aeternity.chain.hashes import (
    auth_id,
    blake2b,
    channel_id,
    contract_call_id,
    contract_id,
    tx_hash,
)
from recorder.profiles.aeternity.chain.new_trees import remade
from recorder.profiles.aeternity.chain.objects import SCHEMAS, decode_object, encode_object
from recorder.profiles.aeternity.chain.signatures import (
    LOCAL_NETWORK_IDS,
    NETWORK_IDS,
    Attribution,
    SignedPart,
    Verifier,
    account_of,
    sign,
    signed_parts,
    undecoded,
)
from recorder.profiles.aeternity.chain.state_trees import STATES, held, poi_errors, state_hash

__all__ = [
    "LOCAL_NETWORK_IDS",
    "NETWORK_IDS",
    "PREFIXES",
    "SCHEMAS",
    "STATES",
    "Attribution",
    "Decoded",
    "Encoded",
    "SignedPart",
    "Verifier",
    "account_of",
    "auth_id",
    "blake2b",
    "build",
    "call_of",
    "channel_id",
    "contract_call_id",
    "contract_id",
    "decode",
    "decode_object",
    "decode_text",
    "encode",
    "encode_object",
    "encode_text",
    "held",
    "occurrences",
    "poi_errors",
    "remade",
    "sign",
    "signed_parts",
    "state_hash",
    "symbols_in",
    "tx_hash",
    "undecoded",
]
