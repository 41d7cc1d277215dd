"""Layouts of the channel transactions, of the off-chain updates, and of the signed transaction around any of them.

Rule: as in `schema_transactions`: one entry a layout, in the order of the bytes, by the node's own names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from recorder.profiles.aeternity.chain.fields import Bytes, CtVersion, Id, ListOf, Uint
from recorder.profiles.aeternity.chain.layouts import Layout, Nested
from recorder.profiles.aeternity.chain.schema_transactions import (
    ACCOUNT,
    CODE,
    CONTRACT_DATA,
    HASH_SIZE,
    INT,
    SIGNATURE_SIZE,
    TRANSACTIONS,
    check_signed,
)

if TYPE_CHECKING:
    from recorder.profiles.aeternity.chain.reading import Field

CHANNEL = Id("ch")
STATE_HASH = Bytes(size=HASH_SIZE, prefix="st")
# The node reads these without a look at their size, or at the kind of the ids.
ANY_STATE_HASH = Bytes(prefix="st")
ANY_IDS = ListOf(Id())
PAYLOAD = Nested("signed_tx", strict=False, prefix="tx")
POI = Nested("trees_poi", prefix="pi")

UPDATE_NAMES = (
    "channel_offchain_update_transfer",
    "channel_offchain_update_deposit",
    "channel_offchain_update_withdraw",
    "channel_offchain_update_create_contract",
    "channel_offchain_update_call_contract",
    "channel_offchain_update_meta",
)

_SOLO: dict[str, Field] = {
    "channel_id": CHANNEL,
    "from_id": ACCOUNT,
    "payload": PAYLOAD,
    "poi": POI,
    "ttl": INT,
    "fee": INT,
    "nonce": INT,
}


def _create(delegates: dict[str, Field]) -> dict[str, Field]:
    return {
        "initiator_id": ACCOUNT,
        "initiator_amount": INT,
        "responder_id": ACCOUNT,
        "responder_amount": INT,
        "channel_reserve": INT,
        "lock_period": INT,
        "ttl": INT,
        "fee": INT,
        **delegates,
        "state_hash": STATE_HASH,
        "nonce": INT,
    }


def _transfer(party: str) -> dict[str, Field]:
    return {
        "channel_id": CHANNEL,
        party: ACCOUNT,
        "amount": INT,
        "ttl": INT,
        "fee": INT,
        "state_hash": STATE_HASH,
        "round": INT,
        "nonce": INT,
    }


def _final(party: Field) -> dict[str, Field]:
    return {
        "channel_id": CHANNEL,
        "from_id": party,
        "initiator_amount_final": INT,
        "responder_amount_final": INT,
        "ttl": INT,
        "fee": INT,
        "nonce": INT,
    }


CHANNEL_TRANSACTIONS: tuple[Layout, ...] = (
    Layout(50, 1, "channel_create_tx", _create({"delegate_ids": ListOf(ACCOUNT)})),
    Layout(50, 2, "channel_create_tx", _create({
        "initiator_delegate_ids": ListOf(ACCOUNT),
        "responder_delegate_ids": ListOf(ACCOUNT),
    })),
    Layout(51, 1, "channel_deposit_tx", _transfer("from_id")),
    Layout(52, 1, "channel_withdraw_tx", _transfer("to_id")),
    Layout(53, 1, "channel_close_mutual_tx", _final(Id())),
    Layout(54, 1, "channel_close_solo_tx", _SOLO),
    Layout(55, 1, "channel_slash_tx", _SOLO),
    Layout(56, 1, "channel_settle_tx", _final(ACCOUNT)),
    Layout(57, 1, "channel_offchain_tx", {
        "channel_id": CHANNEL,
        "round": INT,
        "updates": ListOf(Nested(*UPDATE_NAMES, strict=False)),
        "state_hash": ANY_STATE_HASH,
    }),
    Layout(57, 2, "channel_offchain_tx", {
        "channel_id": CHANNEL,
        "round": INT,
        "state_hash": ANY_STATE_HASH,
    }),
    Layout(59, 1, "channel_snapshot_solo_tx", {
        "channel_id": CHANNEL,
        "from_id": ACCOUNT,
        "payload": PAYLOAD,
        "ttl": INT,
        "fee": INT,
        "nonce": INT,
    }),
    Layout(501, 1, "channel_set_delegates_tx", {
        "channel_id": CHANNEL,
        "from_id": ACCOUNT,
        "initiator_delegate_ids": ANY_IDS,
        "responder_delegate_ids": ANY_IDS,
        "payload": PAYLOAD,
        "state_hash": ANY_STATE_HASH,
        "round": INT,
        "ttl": INT,
        "fee": INT,
        "nonce": INT,
    }),
    Layout(521, 1, "channel_force_progress_tx", {
        "channel_id": CHANNEL,
        "from_id": ACCOUNT,
        "payload": PAYLOAD,
        "round": INT,
        "update": Nested(*UPDATE_NAMES),
        "state_hash": ANY_STATE_HASH,
        "offchain_trees": Nested("state_trees", prefix="ss"),
        "ttl": INT,
        "fee": INT,
        "nonce": INT,
    }),
)  # fmt: skip

TRANSACTION_NAMES = frozenset(layout.name for layout in TRANSACTIONS + CHANNEL_TRANSACTIONS)


UPDATES: tuple[Layout, ...] = (
    Layout(570, 1, "channel_offchain_update_transfer", {"from": ACCOUNT, "to": ACCOUNT, "amount": INT}),
    Layout(571, 1, "channel_offchain_update_deposit", {"from": ACCOUNT, "amount": INT}),
    Layout(572, 1, "channel_offchain_update_withdraw", {"to": ACCOUNT, "amount": INT}),
    Layout(573, 1, "channel_offchain_update_create_contract", {
        "owner": ACCOUNT,
        "ct_version": CtVersion(),
        "code": CODE,
        "deposit": INT,
        "call_data": CONTRACT_DATA,
    }),
    # The published documents and the SDK have another order; the node and recorded traffic have this one.
    Layout(574, 1, "channel_offchain_update_call_contract", {
        "caller": Id("ak"),
        "contract": Id("ct"),
        "abi_version": INT,
        "amount": INT,
        "gas": INT,
        "gas_price": INT,
        "call_data": CONTRACT_DATA,
        "call_stack": ListOf(Uint()),
    }),
    Layout(576, 2, "channel_offchain_update_meta", {"data": Bytes()}),
)  # fmt: skip

ENVELOPES: tuple[Layout, ...] = (
    Layout(11, 1, "signed_tx", {
        "signatures": ListOf(Bytes(size=SIGNATURE_SIZE, prefix="sg")),
        "transaction": Nested(*TRANSACTION_NAMES),
    }, check=check_signed),
    # Web-socket reconnects of node releases 4.1.0 to 5.1.0; never a transaction on chain.
    Layout(575, 1, "channel_client_reconnect_tx", {
        "channel_id": CHANNEL,
        "round": INT,
        "role": Bytes(),
        "pub_key": ACCOUNT,
    }),
)  # fmt: skip
