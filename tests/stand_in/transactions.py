"""The transactions that a node makes, and what it asks of the signatures under them."""

from collections.abc import Mapping
from typing import Any

from recorder.errors import DecodeError
from recorder.profiles.aeternity import chain

GAS_PRICE = 10**9


def priced(kind: str, version: int | None = None, **fields: Any) -> tuple[bytes, int]:
    """A transaction with the fee that its size asks for, and that fee."""
    fee = 0
    for _ in range(3):  # a fee adds to the size
        data = chain.decode_text(chain.build(kind, version, **fields, fee=fee)).data
        fee = (15_000 + 20 * len(data)) * GAS_PRICE
    return data, fee


def create(version: int, parameters: Mapping[str, str], state_hash: str, nonce: int) -> bytes:
    """What opens a channel; before Lima one list named all delegates."""
    delegates = ("delegate_ids",) if version == 1 else ("initiator_delegate_ids", "responder_delegate_ids")
    return priced(
        "channel_create_tx",
        version,
        initiator_id=parameters["initiator_id"],
        initiator_amount=int(parameters["initiator_amount"]),
        responder_id=parameters["responder_id"],
        responder_amount=int(parameters["responder_amount"]),
        channel_reserve=int(parameters["channel_reserve"]),
        lock_period=int(parameters["lock_period"]),
        ttl=0,
        **{name: [] for name in delegates},
        state_hash=state_hash,
        nonce=nonce,
    )[0]


def signed(transaction: bytes, signatures: list[str] | None = None) -> str:
    """A transaction with signatures, which a node sorts."""
    return chain.build("signed_tx", signatures=sorted(signatures or []), transaction=transaction)


def signatures_of(text: Any, transaction: bytes, accounts: Mapping[str, str], network_id: str) -> dict[str, str] | None:
    """The signatures of parties under this very transaction, by role; None where another, or a wrong one, is under it.

    Args:
        text: what a party sent.
        transaction: what it was asked to sign.
        accounts: of the parties, by role.
        network_id: what is signed for.
    """
    try:
        decoded = chain.decode(text)
    except (DecodeError, TypeError):
        return None
    if [part.transaction for part in chain.signed_parts(decoded)] != [transaction]:
        return None
    found = {one.signer: one.signature for one in chain.Verifier(accounts, (network_id,)).verify(decoded)}
    return found if "" not in found else None


def trees(balances: Mapping[str, int]) -> dict[str, Any]:
    """The state of a channel that has accounts and nothing else, as an object of the chain."""
    leaves = [
        _object("mtree_value", key=chain.decode_text(account).data.hex(), val=_object("account", nonce=0, balance=held))
        for account, held in sorted(balances.items())
    ]
    return _object(
        "state_trees",
        contracts=_tree("contracts", "contracts"),
        calls=_tree("calls", "calls"),
        channels=_tree("channels", "channels"),
        ns=_tree("nameservice", "mtree"),
        oracles=_tree("oracles", "otree"),
        accounts=_tree("accounts", "accounts", leaves),
    )


def offchain_state(balances: Mapping[str, int], state: str) -> dict[str, str]:
    """What `channels.get.offchain_state` is answered with."""
    held = trees(balances)
    calls = held["fields"]["calls"]
    encoded = {"calls": ("cs", calls), "trees": ("ss", held)}
    texts = {name: chain.encode_text(prefix, chain.encode_object(value)) for name, (prefix, value) in encoded.items()}
    return {**texts, "half_signed_tx": "", "signed_tx": state}


def _tree(name: str, inner: str, values: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    return _object(f"{name}_mtree", **{inner: _object("mtree", values=values or [])})


def _object(kind: str, **fields: Any) -> dict[str, Any]:
    tag, version = next((tag, version) for (tag, version), layout in chain.SCHEMAS.items() if layout.name == kind)
    return {"type": kind, "tag": tag, "version": version, "fields": fields}
