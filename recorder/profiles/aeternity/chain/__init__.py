"""Everything an æternity party or node puts into a frame as opaque text, read exactly and written back.

Rule: this package is pure (no clock, socket, file or random), knows nothing of frames or sessions, and is the only door
to `base58` and `nacl`. From bytes to values only `DecodeError` leaves it, from values to bytes only `InputError`.

- Texts: `decode`, `encode`, `build`, `node_json`; below them `decode_text`, `encode_text`, `occurrences`.
- Objects: `decode_object`, `encode_object`, `SCHEMAS`.
- Contract data: `decode_fate`, `encode_fate`, `encode_calldata`, `call_of`, `symbols`; in an object `inner_data`,
  `symbols_in`.
- Hashes and ids: `tx_hash`, `channel_id`, `contract_id`, … and `state_hash`.
- Signatures: `Verifier`, `verify_signatures`, `signed_parts`, `sign`.
"""

from __future__ import annotations

from recorder.profiles.aeternity.chain.contents import Decoded, build, decode, encode, node_json
from recorder.profiles.aeternity.chain.contract_data import call_of
from recorder.profiles.aeternity.chain.encoding import PREFIXES, Encoded, decode_text, encode_text
from recorder.profiles.aeternity.chain.fate import decode_fate, encode_calldata, encode_fate, function_hash, symbols
from recorder.profiles.aeternity.chain.hashes import (
    auction_key,
    auth_id,
    blake2b,
    channel_id,
    commitment_id,
    contract_call_id,
    contract_id,
    delegation,
    ga_auth_tx_hash,
    message_hash,
    name_id,
    oracle_query_id,
    tx_hash,
)
from recorder.profiles.aeternity.chain.inside import inner_data, symbols_in
from recorder.profiles.aeternity.chain.json_text import json_text
from recorder.profiles.aeternity.chain.merkle import merkle_root, poi_errors, state_hash
from recorder.profiles.aeternity.chain.objects import decode_object, encode_object
from recorder.profiles.aeternity.chain.occurrences import Occurrence, occurrences
from recorder.profiles.aeternity.chain.schemas import SCHEMAS
from recorder.profiles.aeternity.chain.signatures import (
    LOCAL_NETWORK_IDS,
    NETWORK_IDS,
    Attribution,
    SignedPart,
    Verifier,
    account_of,
    sign,
    signed_parts,
    verify_signatures,
)

__all__ = [
    "LOCAL_NETWORK_IDS",
    "NETWORK_IDS",
    "PREFIXES",
    "SCHEMAS",
    "Attribution",
    "Decoded",
    "Encoded",
    "Occurrence",
    "SignedPart",
    "Verifier",
    "account_of",
    "auction_key",
    "auth_id",
    "blake2b",
    "build",
    "call_of",
    "channel_id",
    "commitment_id",
    "contract_call_id",
    "contract_id",
    "decode",
    "decode_fate",
    "decode_object",
    "decode_text",
    "delegation",
    "encode",
    "encode_calldata",
    "encode_fate",
    "encode_object",
    "encode_text",
    "function_hash",
    "ga_auth_tx_hash",
    "inner_data",
    "json_text",
    "merkle_root",
    "message_hash",
    "name_id",
    "node_json",
    "occurrences",
    "oracle_query_id",
    "poi_errors",
    "sign",
    "signed_parts",
    "state_hash",
    "symbols",
    "symbols_in",
    "tx_hash",
    "verify_signatures",
]
