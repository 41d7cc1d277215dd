"""Hashes and identifiers of the chain.

Rule: each function is one formula of the protocol on bytes; ids come and go as text. `++` below is concatenation,
`nonce32` 32 bytes big endian, `minimal` minimal big endian.

Facts: `aetx_sign`, `aesc_channels`, `aect_contracts`, `aect_call`, `aeo_query`, `aens_hash`, `aega_meta_tx`,
`aeser_delegation` of the node.
"""

from __future__ import annotations

from hashlib import blake2b as _blake2b
from typing import TYPE_CHECKING

from recorder.profiles.aeternity.chain.encoding import base58_text, decode_text, encode_text, id_bytes
from recorder.profiles.aeternity.chain.fields import hex_bytes, int_bytes
from recorder.profiles.aeternity.chain.objects import decode_object, encode_object
from recorder.profiles.aeternity.chain.reading import refuse
from recorder.profiles.aeternity.chain.rlp_codec import encode

if TYPE_CHECKING:
    from recorder.profiles.aeternity.chain.contents import Decoded

HASH_SIZE = 32
WORD = 32
_CHAIN_NAME = ".chain"
_DELEGATION_HEAD = b"\x1a\x01"
# What a delegation signature lets a contract do, since Ceres.
DELEGATIONS = {"aens_sig": 1, "aens_name_sig": 2, "aens_preclaim_sig": 3, "oracle_sig": 4, "oracle_response_sig": 5}


def blake2b(data: bytes) -> bytes:
    """The hash of the chain: BLAKE2b with 32 bytes."""
    return _blake2b(data, digest_size=HASH_SIZE).digest()


def tx_hash(signed: Decoded | bytes) -> str:
    """The hash (`th_…`) of a signed transaction: of its bytes after the node sorted and de-duplicated its signatures.

    Args:
        signed: what `decode` gave, or the bytes of a signed_tx.
    """
    data, value = (signed, decode_object(signed)) if isinstance(signed, bytes) else (signed.data, signed.value)
    if value.get("type") != "signed_tx":
        refuse("a signed_tx", value.get("type"))
    signatures = value["fields"]["signatures"]
    canonical = sorted(set(signatures))
    if canonical != signatures:
        data = encode_object(value | {"fields": value["fields"] | {"signatures": canonical}})
    return encode_text("th", blake2b(data))


def channel_id(initiator: str, nonce: int | bytes, responder: str) -> str:
    """The id (`ch_…`) of a channel: initiator ++ nonce32 ++ responder.

    Args:
        initiator: its account.
        nonce: of the create transaction; the `auth_id` where the initiator is a generalized account.
        responder: its account.
    """
    return _id("ch", _key(initiator) + _nonce32(nonce) + _key(responder))


def auth_id(account: str, auth_data: str | bytes) -> bytes:
    """What a generalized account has in place of a nonce: account ++ auth_data of its meta transaction, hashed."""
    return blake2b(_key(account) + hex_bytes(auth_data))


def contract_id(owner: str, nonce: int | bytes) -> str:
    """The id (`ct_…`) of a contract: owner ++ minimal nonce.

    Args:
        owner: its account.
        nonce: of the create or attach transaction; in a channel the round; of a generalized account the `auth_id`.
    """
    return _id("ct", _key(owner) + (nonce if isinstance(nonce, bytes) else int_bytes(nonce)))


def contract_call_id(caller: str, nonce: int | bytes, contract: str) -> bytes:
    """The id of a contract call, as in the calls tree: caller ++ nonce32 ++ contract.

    Args:
        caller: its account.
        nonce: of the call transaction; in a channel the round; of a generalized account the `auth_id`, which then
            stands alone before the contract.
        contract: the contract called.
    """
    if isinstance(nonce, bytes):
        return blake2b(nonce + _key(contract))
    return blake2b(_key(caller) + _nonce32(nonce) + _key(contract))


def oracle_query_id(sender: str, nonce: int | bytes, oracle: str) -> str:
    """The id (`oq_…`) of an oracle query: sender ++ nonce32 ++ oracle."""
    return _id("oq", _key(sender) + _nonce32(nonce) + _key(oracle))


def name_hash(name: str) -> bytes:
    """The hash of a name: plain since Lima (.chain), label by label from the first one before (vectors of the node)."""
    if name.endswith(_CHAIN_NAME):
        return blake2b(name.encode())
    hashed = bytes(HASH_SIZE)
    for label in name.split("."):
        hashed = blake2b(hashed + blake2b(label.encode()))
    return hashed


def name_id(name: str) -> str:
    """The id (`nm_…`) of a name."""
    return base58_text("nm", name_hash(name))


def commitment_id(name: str, salt: int) -> str:
    """The id (`cm_…`) of a commitment to a name, as in a preclaim."""
    named = name.encode() if name.endswith(_CHAIN_NAME) else name_hash(name)
    return _id("cm", named + _nonce32(salt))


def ga_auth_tx_hash(network_id: str, inner: bytes, *, fee: int | None = None, gas_price: int | None = None) -> str:
    """What `Auth.tx_hash` is for the contract of a generalized account (`th_…`).

    Args:
        network_id: of the chain.
        inner: bytes of the unsigned transaction inside.
        fee: of the meta transaction, from Ceres on; None before.
        gas_price: likewise.
    """
    hashed = blake2b(network_id.encode() + inner)
    if fee is not None and gas_price is not None:
        fields = {"fee": fee, "gas_price": gas_price, "tx_hash": hashed.hex()}
        hashed = blake2b(encode_object({"type": "ga_meta_tx_auth_data", "tag": 810, "version": 1, "fields": fields}))
    return encode_text("th", hashed)


def delegation(kind: str, network_id: str, *ids: str) -> bytes:
    """The bytes to sign so that a contract may act for an account, from Ceres on.

    Args:
        kind: a key of `DELEGATIONS`.
        network_id: of the chain.
        ids: account (and name), then contract; for a response the query (`oq_…`), which counts as an oracle's id.
    """
    if kind not in DELEGATIONS:
        refuse(f"one of {', '.join(DELEGATIONS)}", kind)
    parts = [id_bytes(base58_text("ok", decode_text(text).data) if text.startswith("oq_") else text) for text in ids]
    return _DELEGATION_HEAD + network_id.encode() + encode([int_bytes(DELEGATIONS[kind]), int_bytes(1), *parts])


def _id(prefix: str, data: bytes) -> str:
    return encode_text(prefix, blake2b(data))


def _key(text: str) -> bytes:
    return id_bytes(text)[1:]


def _nonce32(nonce: int | bytes) -> bytes:
    return nonce if isinstance(nonce, bytes) else nonce.to_bytes(WORD, "big")
