"""Hashes and identifiers of the chain.

Rule: each function is one formula of the protocol on bytes; ids come and go as text. `++` below is concatenation,
`nonce32` 32 bytes big endian, `minimal` minimal big endian.

Facts: `aetx_sign`, `aesc_channels`, `aect_contracts`, `aect_call`, `aega_meta_tx` of the node.
"""

from __future__ import annotations

from hashlib import blake2b as _blake2b
from typing import TYPE_CHECKING

from recorder.profiles.aeternity.chain.encoding import encode_text, id_bytes
from recorder.profiles.aeternity.chain.fields import hex_bytes, int_bytes
from recorder.profiles.aeternity.chain.objects import encode_object
from recorder.profiles.aeternity.chain.reading import refuse

if TYPE_CHECKING:
    from recorder.profiles.aeternity.chain.contents import Decoded

HASH_SIZE = 32
WORD = 32


def blake2b(data: bytes) -> bytes:
    """The hash of the chain: BLAKE2b with 32 bytes."""
    return _blake2b(data, digest_size=HASH_SIZE).digest()


def tx_hash(signed: Decoded) -> str:
    """The hash (`th_…`) of a signed transaction: of its bytes after the node sorted and de-duplicated its signatures."""
    data, value = signed.data, signed.value
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
        nonce: of the create transaction; the `auth_id` if the initiator is a generalized account.
        responder: its account.
    """
    return _id("ch", _key(initiator) + _nonce32(nonce) + _key(responder))


def auth_id(account: str, auth_data: str) -> bytes:
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


def _id(prefix: str, data: bytes) -> str:
    return encode_text(prefix, blake2b(data))


def _key(text: str) -> bytes:
    return id_bytes(text)[1:]


def _nonce32(nonce: int | bytes) -> bytes:
    return nonce if isinstance(nonce, bytes) else nonce.to_bytes(WORD, "big")
