"""Who signed a transaction, for which network, and over what.

Rule: a signature says nothing of its signer, so each is tried against every known key, network id and domain; what
fitted last is tried first. Bytes are verified as received, never re-serialized. Nothing is remembered of what was
tried: a caller that meets the same signature again keeps the result.

Facts: `aetx_sign` of the node: ed25519 over network_id ++ transaction, or since Lima over network_id ++ its hash; the
transaction inside a paying_for_tx has `-inner_tx` after the network id.
"""

from __future__ import annotations

import binascii
from typing import TYPE_CHECKING, Any, NamedTuple

from nacl.exceptions import BadSignatureError
from nacl.signing import SigningKey, VerifyKey

from recorder.errors import DecodeError, InputError
from recorder.profiles.aeternity.chain.encoding import CHECKSUM_SIZE, decode_text, encode_text
from recorder.profiles.aeternity.chain.hashes import blake2b
from recorder.profiles.aeternity.chain.layouts import HEAD
from recorder.profiles.aeternity.chain.objects import encode_object
from recorder.profiles.rlp import Malformed, decode_list, decode_string, first_offset, offset_after

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Mapping

    from recorder.profiles.aeternity.chain.contents import Decoded

NETWORK_IDS = ("ae_mainnet", "ae_uat", "ae_dev")
LOCAL_NETWORK_IDS = tuple(f"local_{name}_testnet" for name in ("iris", "lima", "ceres", "fortuna", "minerva", "roma"))
"""Those that the node's own tests use, by protocol, likeliest first."""

TX = b"tx_"
SIGNED_TX = bytes((11, 1))
"""How a signed_tx begins: its tag and its version."""

INNER = "-inner_tx"
DOMAINS = ("raw", "hash")
# The fields that can hold a signed transaction: of a meta transaction, of a payer's, of a dispute's.
HOLDERS = ("tx", "payload")
# Transactions of a channel that both parties sign; any other is signed by one account.
TWO_SIGNERS = frozenset({
    "channel_create_tx",
    "channel_deposit_tx",
    "channel_withdraw_tx",
    "channel_close_mutual_tx",
    "channel_set_delegates_tx",
    "channel_offchain_tx",
})  # fmt: skip


class SignedPart(NamedTuple):
    """A signed transaction and its place.

    Args:
        path: as in `signed_tx.transaction.payload`.
        type_name: of the transaction that is signed.
        signatures: 64 bytes each.
        transaction: the bytes that are signed.
        inner: whether it is paid for by another, which has a domain of its own.
    """

    path: str
    type_name: str
    signatures: list[bytes]
    transaction: bytes
    inner: bool

    @property
    def needed(self) -> int:
        """How many signatures the node demands; a generalized account authenticates without."""
        if self.type_name == "ga_meta_tx":
            return 0
        return 2 if self.type_name in TWO_SIGNERS else 1


class Attribution(NamedTuple):
    """Who made a signature: `signer` is the name the key was given, empty when no known key fits.

    Args:
        path: of the signed transaction.
        signature: hex.
        signer: name of the key.
        key: the account (`ak_…`), or empty.
        network_id: the network it was made for, or empty.
        domain: `raw` (over the transaction) or `hash` (over its hash), or empty.
        inner: whether the transaction is paid for by another.
    """

    path: str
    signature: str
    signer: str = ""
    key: str = ""
    network_id: str = ""
    domain: str = ""
    inner: bool = False


class Verifier:
    """Known keys and network ids, and which of them fitted last.

    Args:
        keys: accounts (`ak_…`) by name.
        network_ids: to try, likeliest first.

    Raises:
        InputError: a key is not an account.
    """

    def __init__(self, keys: Mapping[str, str], network_ids: Iterable[str] = NETWORK_IDS) -> None:
        self._keys = [(name, VerifyKey(account_bytes(account))) for name, account in keys.items()]
        self._domains = [(network, domain) for network in dict.fromkeys(network_ids) for domain in DOMAINS]

    def verify(self, decoded: Decoded, known: Container[str] = ()) -> list[Attribution]:
        """Attribute every signature in a transaction, nested ones included, in the order of the bytes.

        Args:
            decoded: a transaction.
            known: signatures (hex) to leave out: they come again with each frame, and a trial costs more than all else.
        """
        return [
            self.attribute(signature, part.transaction, inner=part.inner)._replace(path=part.path)
            for part in signed_parts(decoded)
            for signature in part.signatures
            if signature.hex() not in known
        ]

    def attribute(self, signature: bytes, transaction: bytes, *, inner: bool = False) -> Attribution:
        """Attribute one signature over the bytes of an unsigned transaction."""
        for at, (network_id, domain) in enumerate(self._domains):
            message = signed_message(transaction, network_id, domain=domain, inner=inner)
            for place, (name, key) in enumerate(self._keys):
                if verifies(signature, message, key):
                    self._domains.insert(0, self._domains.pop(at))
                    self._keys.insert(0, self._keys.pop(place))
                    account = encode_text("ak", bytes(key))
                    return Attribution("", signature.hex(), name, account, network_id, domain, inner)
        return Attribution("", signature.hex(), inner=inner)


def signed_parts(decoded: Decoded) -> list[SignedPart]:
    """Every signed transaction in a transaction, outermost first; also those that are plain bytes to the node."""
    value = decoded.value
    return list(_parts(decoded.data, value, str(value.get("type")), inner=False)) if "fields" in value else []


def sign(
    transaction: Decoded,
    seeds: Iterable[bytes],
    network_id: str,
    *,
    domain: str = "hash",
    inner: bool = False,
) -> str:
    """Sign a transaction, or add signatures to a signed one.

    Args:
        transaction: an unsigned transaction or a signed_tx.
        seeds: the 32-byte ed25519 seeds of those who sign.
        network_id: of the chain.
        domain: `raw` or `hash` (since Lima).
        inner: whether another pays for the transaction.

    Returns:
        the signed transaction as `tx_…`, its signatures sorted as the node sorts them.
    """
    signatures: set[str] = set()
    unsigned = transaction.data
    if transaction.value["type"] == "signed_tx":
        signatures.update(transaction.value["fields"]["signatures"])
        unsigned = signed_parts(transaction)[0].transaction
    signatures.update(signature(unsigned, seed, network_id, domain=domain, inner=inner).hex() for seed in seeds)
    fields = {"signatures": sorted(signatures), "transaction": unsigned}
    return encode_text("tx", encode_object({"tag": 11, "version": 1, "fields": fields}))


def undecoded(text: bytes) -> bytes | None:
    """The bytes that the signatures of a `tx_…` are over, found without decoding it.

    Whether its checksum fits makes no difference, and no more is read than is needed to find them: all of what is no
    signed_tx is taken as what is to be signed. None if it is no object.
    """
    try:
        data = binascii.a2b_base64(text[len(TX) :], strict_mode=True)[:-CHECKSUM_SIZE]
        if not data.startswith(SIGNED_TX, head := first_offset(data)):
            return data
        return decode_string(data, offset_after(data, head + len(SIGNED_TX)))[0]
    except (binascii.Error, Malformed):
        return None


def signature(unsigned: bytes, seed: bytes, network_id: str, *, domain: str = "hash", inner: bool = False) -> bytes:
    """The signature of one key over the bytes of an unsigned transaction; arguments as in `sign`."""
    return SigningKey(seed).sign(signed_message(unsigned, network_id, domain=domain, inner=inner)).signature


def signed_message(unsigned: bytes, network_id: str, *, domain: str, inner: bool = False) -> bytes:
    """The bytes that a signature of a transaction covers; arguments as in `sign`."""
    covered = unsigned if domain == "raw" else blake2b(unsigned)
    return (network_id + INNER if inner else network_id).encode() + covered


def account_of(seed: bytes) -> str:
    """The account (`ak_…`) of a 32-byte ed25519 seed."""
    return encode_text("ak", bytes(SigningKey(seed).verify_key))


def verifies(signature: bytes, message: bytes, key: VerifyKey) -> bool:
    """Whether the key made the signature over the message."""
    try:
        key.verify(message, signature)
    except (BadSignatureError, ValueError):
        return False
    return True


def _parts(data: bytes, value: dict[str, Any], path: str, *, inner: bool) -> Iterator[SignedPart]:
    """The signed transactions in a value; what is signed is copied from its bytes."""
    fields = value["fields"]
    if value["type"] == "signed_tx":
        raw = _item(data, value, "transaction")
        signatures = [bytes.fromhex(text) for text in fields["signatures"]]
        yield SignedPart(path, fields["transaction"]["type"], signatures, raw, inner)
        yield from _parts(raw, fields["transaction"], f"{path}.transaction", inner=False)
        return
    for name in HOLDERS:
        if isinstance(fields.get(name), dict) and fields[name]["type"] == "signed_tx":
            paid = value["type"] == "paying_for_tx"
            yield from _parts(_item(data, value, name), fields[name], f"{path}.{name}", inner=paid)


def _item(data: bytes, value: dict[str, Any], name: str) -> bytes:
    item = decode_list(data)[HEAD + list(value["fields"]).index(name)]
    assert isinstance(item, bytes), "a nested object is a byte string"
    return item


def account_bytes(text: str) -> bytes:
    """The 32 bytes of an account.

    Raises:
        InputError: the text is not an account.
    """
    try:
        prefix, data = decode_text(text)
    except DecodeError as error:
        raise InputError(f"{text[:12]!r} is not an account (ak_…): {error.reason}") from error
    if prefix != "ak":
        raise InputError(f"{text[:12]!r} is not an account (ak_…)")
    return data
