"""Vectors made by the node, the reference SDK and libsodium: each is read, written back, and compared."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from nacl.signing import VerifyKey

from recorder.errors import DecodeError
from recorder.jsonrpc import json_text
from recorder.profiles.aeternity import chain
from recorder.profiles.aeternity.chain.fate import function_hash
from recorder.profiles.aeternity.chain.signatures import signature, signed_message, verifies

FILE = Path(os.environ.get("RECORDER_SHARED") or Path(__file__).parents[5] / "shared") / "spec" / "vectors.jsonl"
VECTORS = [json.loads(line) for line in FILE.read_text(encoding="utf-8").splitlines()] if FILE.is_file() else []
# Lenient vectors of these groups are read with a warning; the others are nothing unusual to the node.
WARNED = {"rlp-canonical", "int", "text"}


def object_vector(vector: dict) -> None:
    """An object: value, text, hash, state hash and signers."""
    decoded = chain.decode(vector["encoded"])
    assert decoded.value == vector["decoded"]
    assert chain.encode(decoded) == vector["encoded"]
    assert "tx_hash" not in vector or chain.tx_hash(decoded) == vector["tx_hash"]
    assert "state_hash" not in vector or chain.state_hash(decoded.value) == vector["state_hash"]
    if "signers" in vector:
        keys = {key: key for key in (*vector["signers"], *vector.get("inner_signers", ()))}
        found = chain.Verifier(keys, [vector["network_id"]]).verify(decoded)
        assert {one.signer for one in found if "payload" not in one.path} == set(keys)


def fate_vector(vector: dict) -> None:
    """A value: read and written back."""
    decoded = chain.decode(vector["encoded"])
    assert decoded.value == vector["decoded"]
    assert chain.encode(decoded) == vector["encoded"]


def fate_lenient(vector: dict) -> None:
    """What the node reads without a look: any size of address, any depth."""
    if "nested_lists" not in vector["decoded"]:
        return fate_vector(vector)
    decoded = chain.decode(vector["encoded"])
    value, depth = decoded.value, 1
    while value["v"]:
        (value,), depth = value["v"], depth + 1
    assert depth == vector["decoded"]["nested_lists"] + 1
    assert chain.encode(decoded) == vector["encoded"]
    assert json_text(decoded.value).count("list") == depth
    return None


def calldata(vector: dict) -> None:
    """A call: function and arguments, read and written back."""
    wanted = vector["decoded"]
    called = chain.decode(vector["encoded"]).call({function_hash(wanted["function"]): wanted["function"]})
    assert called == wanted
    assert chain.encode(chain.decode(vector["encoded"])) == vector["encoded"]


def negative(vector: dict) -> None:
    """What the node rejects."""
    with pytest.raises(DecodeError):
        chain.decode(vector["encoded"])


def negative_object(vector: dict) -> None:
    """What the node's template rejects, or only its reader of transactions."""
    data = bytes.fromhex(vector.get("hex") or vector["encoded"])
    if "error" in vector["decoded"]:
        with pytest.raises(DecodeError):
            chain.decode_object(data, template=True)
        return
    notes: list[str] = []
    assert chain.decode_object(data, template=True, notes=notes) == vector["decoded"]
    assert notes
    with pytest.raises(DecodeError):
        chain.decode_object(data)


def lenient(vector: dict) -> None:
    """What the node accepts although it would write something else."""
    decoded = chain.decode(vector["encoded"])
    if vector["decoded"] is not None:
        assert decoded.value == vector["decoded"]
    assert bool(decoded.warnings) == (vector["group"] in WARNED or "above 32 bits" in vector["name"])


def api(vector: dict) -> None:
    """A text: prefix and bytes, read and written back."""
    wanted = vector["decoded"]
    prefix, data = chain.decode_text(vector["encoded"])
    assert (prefix, data.hex()) == (wanted["prefix"], wanted["hex"])
    assert chain.PREFIXES[prefix].name == wanted["type"]
    assert chain.encode_text(prefix, data) == vector["encoded"]
    assert chain.encode(wanted) == vector["encoded"]


def signature_vector(vector: dict) -> None:
    """A signature: the bytes it covers, made and verified."""
    wanted = vector["decoded"]
    made, unsigned = chain.decode_text(vector["encoded"]).data, chain.decode_text(wanted["tx"]).data
    how = {"domain": "hash" if "blake2b" in wanted["mode"] else "raw", "inner": wanted["domain"] == "inner_tx"}
    message = signed_message(unsigned, wanted["network_id"], **how)
    assert message.hex() == wanted["signed_message_hex"]
    assert verifies(made, message, VerifyKey(chain.decode_text(wanted["signer"]).data)) == wanted["valid"]
    seed = chain.decode_text(wanted["secret_key"]).data
    assert signature(unsigned, seed, wanted["network_id"], **how) == made
    assert chain.account_of(seed) == wanted["signer"]


def nonce_of(inputs: dict, owner: str) -> int | bytes:
    """The nonce of a vector, or what a generalized account has in its place."""
    if "nonce" in inputs:
        return inputs["nonce"]
    made = chain.auth_id(inputs[owner], inputs["auth_data"]) if "auth_data" in inputs else None
    assert made in (None, bytes.fromhex(inputs["auth_id_hex"]))
    return bytes.fromhex(inputs["auth_id_hex"])


FORMULAS = {
    "channel_id": lambda given: chain.channel_id(given["initiator"], nonce_of(given, "initiator"), given["responder"]),
    "contract_id": lambda given: chain.contract_id(given["owner"], nonce_of(given, "owner")),
    "contract_call_id": lambda given: chain.contract_call_id(given["caller"], given["nonce"], given["contract"]).hex(),
    "function_hash": lambda given: function_hash(given["name"]),
}


def formula(vector: dict) -> None:
    """A hash or id."""
    assert FORMULAS[vector["kind"]](vector["decoded"]) == vector["encoded"]


OBJECTS = ("tx", "tx-corpus", "update", "object", "poi", "state_trees", "call_state_tree", "code")
VALUES = ("fate", "fate-corpus", "store-value-corpus", "store-key-corpus", "cb-not-fate-corpus")
CHECKS = {
    **dict.fromkeys(OBJECTS, object_vector),
    **dict.fromkeys(VALUES, fate_vector),
    **dict.fromkeys(FORMULAS, formula),
    "fate-lenient": fate_lenient,
    "fate-negative": negative,
    "calldata": calldata,
    "negative": negative,
    "negative-object": negative_object,
    "lenient": lenient,
    "api": api,
    "signature": signature_vector,
}
UNUSED = frozenset({"oracle_query_id", "name_id", "commitment", "delegation", "ga_auth_tx_hash"})
"""Vectors of formulas that nothing in the traffic of channels needs."""


@pytest.mark.skipif(not VECTORS, reason=f"no vectors at {FILE}: set RECORDER_SHARED to the folder of shared data")
@pytest.mark.parametrize(
    "vector", [one for one in VECTORS if one["kind"] not in UNUSED], ids=lambda vector: vector["id"]
)
def test_vector(vector):
    """The project reads, writes and computes what the canonical implementations do."""
    CHECKS[vector["kind"]](vector)
