"""Layouts of the state: accounts, oracles, names, contracts, channels, their trees and proofs, blocks and code.

Rule: as in `schema_transactions`. The node does not check the kinds of ids in what it wrote itself, nor do these.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from recorder.profiles.aeternity.chain.fields import Bool, Bytes, Id, ListOf, TupleOf
from recorder.profiles.aeternity.chain.layouts import Layout, Leaf, Nested
from recorder.profiles.aeternity.chain.schema_transactions import HASH_SIZE, INT

if TYPE_CHECKING:
    from recorder.profiles.aeternity.chain.reading import Field

ID, IDS, BYTES, BOOL = Id(), ListOf(Id()), Bytes(), Bool()
BYTES_LIST = ListOf(BYTES)
# A proof for one tree: nothing, or its root and the nodes of the way, each a hash and its parts.
PROOF = ListOf(TupleOf(Bytes(size=HASH_SIZE), ListOf(TupleOf(BYTES, BYTES_LIST))), most=1)
CODE = Nested("compiler_sophia", strict=False)
PROTOCOLS = range(1, 7)

_ACCOUNT: dict[str, Field] = {"nonce": INT, "balance": INT}
_GENERALIZED: dict[str, Field] = {"ga_contract": Id(), "ga_auth_fun": Bytes()}
_NAME: dict[str, Field] = {"owner_id": ID, "expires_by": INT, "status": BYTES, "client_ttl": INT}
_FLAGS: dict[str, Field] = {"flags": INT}
_CODE_START: dict[str, Field] = {"source_hash": BYTES}
_AEVM_TYPES = ListOf(TupleOf(BYTES, BYTES, BYTES, BYTES))
_AEVM_TYPES_PAYABLE = ListOf(TupleOf(BYTES, BYTES, BOOL, BYTES, BYTES))


def _contract(reference: dict[str, Field]) -> dict[str, Field]:
    return {
        "owner_id": ID,
        "ct_version": INT,
        "code": CODE,
        **reference,
        "log": BYTES,
        "active": BOOL,
        "referrer_ids": IDS,
        "deposit": INT,
    }


def _call(call_id: dict[str, Field]) -> dict[str, Field]:
    return {
        "caller_id": ID,
        "caller_nonce": INT,
        "height": INT,
        "contract_id": ID,
        **call_id,
        "gas_price": INT,
        "gas_used": INT,
        "return_value": Bytes(prefix="cb"),
        "return_type": INT,
        "log": ListOf(TupleOf(BYTES, BYTES_LIST, BYTES)),
    }


def _channel(delegates: dict[str, Field], auth: dict[str, Field]) -> dict[str, Field]:
    return {
        "initiator_id": ID,
        "responder_id": ID,
        "channel_amount": INT,
        "initiator_amount": INT,
        "responder_amount": INT,
        "channel_reserve": INT,
        **delegates,
        "state_hash": BYTES,
        "round": INT,
        "solo_round": INT,
        "lock_period": INT,
        "locked_until": INT,
        **auth,
    }


_DELEGATES: dict[str, Field] = {"delegate_ids": IDS}
_BOTH_DELEGATES: dict[str, Field] = {"initiator_delegate_ids": IDS, "responder_delegate_ids": IDS}
_AUTH: dict[str, Field] = {"initiator_auth": BYTES, "responder_auth": BYTES}

STATE: tuple[Layout, ...] = (
    Layout(10, 1, "account", _ACCOUNT),
    Layout(10, 2, "account", _FLAGS | _ACCOUNT | _GENERALIZED),
    Layout(10, 3, "account", _FLAGS | _ACCOUNT),
    Layout(20, 1, "oracle", {
        "query_format": BYTES,
        "response_format": BYTES,
        "query_fee": INT,
        "ttl": INT,
        "abi_version": INT,
    }),
    Layout(21, 1, "oracle_query", {
        "sender_id": ID,
        "sender_nonce": INT,
        "oracle_id": ID,
        "query": BYTES,
        "has_response": BOOL,
        "response": BYTES,
        "ttl": INT,
        "response_ttl": INT,
        "fee": INT,
    }),
    Layout(30, 1, "name", _NAME | {"pointers": ListOf(TupleOf(BYTES, ID))}),
    Layout(30, 2, "name", _NAME | {"pointers": ListOf(TupleOf(BYTES, BYTES))}),
    Layout(31, 1, "name_commitment", {"owner_id": ID, "created": INT, "ttl": INT}),
    Layout(37, 1, "name_auction", {"bidder_id": ID, "bid": INT, "started": INT, "ttl": INT}),
    Layout(40, 1, "contract", _contract({})),
    Layout(40, 2, "contract", _contract({"code_ref": IDS})),
    Layout(41, 2, "contract_call", _call({})),
    Layout(41, 3, "contract_call", _call({"ct_call_id": BYTES})),
    Layout(58, 1, "channel", _channel(_DELEGATES, {})),
    Layout(58, 2, "channel", _channel(_DELEGATES, _AUTH)),
    Layout(58, 3, "channel", _channel(_BOTH_DELEGATES, _AUTH)),
)  # fmt: skip

LEAVES = (
    "account",
    "contract",
    "contract_call",
    "channel",
    "name",
    "name_commitment",
    "name_auction",
    "oracle",
    "oracle_query",
)

TREES: tuple[Layout, ...] = (
    Layout(60, 1, "trees_poi", dict.fromkeys(("accounts", "calls", "channels", "contracts", "ns", "oracles"), PROOF)),
    Layout(61, 0, "trees_db", dict.fromkeys((
        "contracts_hash",
        "calls_hash",
        "channels_hash",
        "ns_hash",
        "ns_cache_hash",
        "oracles_hash",
        "oracles_cache_hash",
        "accounts_hash",
    ), BYTES_LIST)),
    Layout(62, 0, "state_trees", {
        "contracts": Nested("contracts_mtree"),
        "calls": Nested("calls_mtree"),
        "channels": Nested("channels_mtree"),
        "ns": Nested("nameservice_mtree"),
        "oracles": Nested("oracles_mtree"),
        "accounts": Nested("accounts_mtree"),
    }),
    Layout(63, 1, "mtree", {"values": ListOf(Nested("mtree_value"))}),
    Layout(64, 1, "mtree_value", {"key": BYTES, "val": Leaf(*LEAVES, strict=False)}),
    Layout(621, 1, "contracts_mtree", {"contracts": Nested("mtree", leaves=("contract",))}),
    Layout(622, 1, "calls_mtree", {"calls": Nested("mtree", leaves=("contract_call",))}),
    Layout(623, 1, "channels_mtree", {"channels": Nested("mtree", leaves=("channel",))}),
    Layout(624, 1, "nameservice_mtree", {
        "mtree": Nested("mtree", leaves=("name", "name_commitment", "name_auction")),
    }),
    Layout(625, 1, "oracles_mtree", {"otree": Nested("mtree", leaves=("oracle", "oracle_query"))}),
    Layout(626, 1, "accounts_mtree", {"accounts": Nested("mtree", leaves=("account",))}),
)  # fmt: skip

CODE_OBJECTS: tuple[Layout, ...] = (
    Layout(70, 1, "compiler_sophia", _CODE_START | {"type_info": _AEVM_TYPES, "byte_code": BYTES}),
    Layout(70, 2, "compiler_sophia", _CODE_START | {
        "type_info": _AEVM_TYPES,
        "byte_code": BYTES,
        "compiler_version": BYTES,
    }),
    Layout(70, 3, "compiler_sophia", _CODE_START | {
        "type_info": _AEVM_TYPES_PAYABLE,
        "byte_code": BYTES,
        "compiler_version": BYTES,
        "payable": BOOL,
    }),
    Layout(810, 1, "ga_meta_tx_auth_data", {"fee": INT, "gas_price": INT, "tx_hash": BYTES}),
)  # fmt: skip

# The object version of a block is the protocol version; the fixed-size header before it is no RLP.
BLOCKS: tuple[Layout, ...] = (
    *(
        Layout(101, protocol, "micro_block", {"txs": ListOf(Nested("signed_tx")), "pof": BYTES_LIST})
        for protocol in PROTOCOLS
    ),
    *(
        Layout(102, protocol, "light_micro_block", {"header": BYTES, "tx_hashes": BYTES_LIST, "pof": BYTES_LIST})
        for protocol in PROTOCOLS
    ),
    Layout(200, 1, "pof", {"header1": BYTES, "header2": BYTES, "pubkey": BYTES}),
)
