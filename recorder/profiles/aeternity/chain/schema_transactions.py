"""Layouts of the on-chain transactions that have nothing to do with channels.

Rule: one entry a layout, in the order of the bytes; field names are the node's own. Printed by the node's
`serialization_template/1` functions (v7.2.2); no layout that mainnet used ever changed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from recorder.profiles.aeternity.chain.encoding import base64_text, id_text
from recorder.profiles.aeternity.chain.fields import (
    Bytes,
    CtVersion,
    Enumeration,
    HexText,
    Id,
    Keyed,
    ListOf,
    Text,
    Ttl,
    TupleOf,
    Uint,
    text_json,
)
from recorder.profiles.aeternity.chain.layouts import Layout, Nested

if TYPE_CHECKING:
    from collections.abc import Mapping

    from recorder.profiles.aeternity.chain.reading import Field, Reading
    from recorder.profiles.aeternity.chain.rlp_codec import Item

INT, TTL = Uint(), Ttl()
ACCOUNT, NAME, ORACLE = Id("ak"), Id("nm"), Id("ok")
CONTRACT_DATA = Bytes(prefix="cb")
SIGNATURE_SIZE = 64
HASH_SIZE = 32

CODE = Nested("compiler_sophia", strict=False, prefix="cb")
SIGNED = Nested("signed_tx")


def transaction(tag: int, version: int, name: str, json_type: str, fields: Mapping[str, Field], **more: Any) -> Layout:
    """A layout whose JSON says its type and version."""
    return Layout(tag, version, name, fields, shown={"type": json_type, "version": version}, **more)


class Pointer(TupleOf):
    """Where a name points: a key, and an id (version 1) or tagged bytes (version 2)."""

    def show(self, name: str, value: Any, shown: dict[str, Any]) -> None:
        """The key as text and encoded, and the target."""
        key = bytes.fromhex(value[0])
        shown[name] = {
            "key": text_json(key),
            "encoded_key": base64_text("ba", key),
            "id": value[1] if "_" in value[1] else _pointer_target(bytes.fromhex(value[1])),
        }


class SignedFields(Layout):
    """The signed transaction: its JSON leaves out the signatures of a generalized account's meta transaction."""

    def node_json(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        """The transaction and its signatures."""
        shown = super().node_json(fields)
        if fields["transaction"]["type"] == "ga_meta_tx":
            del shown["signatures"]
        return shown


class PointerTarget(Bytes):
    """The target of a pointer since Ceres: 01 and an id, or 02 and raw data."""

    ID, RAW, RAW_MOST = "01", "02", 1024
    KINDS = ("ak", "ok", "ct", "ch")

    def deserialize(self, item: Item, reading: Reading) -> str:
        """Read and check it."""
        value = super().deserialize(item, reading)
        mark, rest = value[:2], bytes.fromhex(value[2:])
        target = (id_text(rest) or "")[:2] if mark == self.ID else ""
        if target not in self.KINDS and not (mark == self.RAW and len(rest) <= self.RAW_MOST):
            kinds = ", ".join(self.KINDS)
            reading.reject(f"expected 01 and an id of kind {kinds}, or 02 and at most {self.RAW_MOST} bytes")
        return value


def _pointer_target(data: bytes) -> str:
    return (id_text(data[1:]) if data[:1] == b"\1" else None) or base64_text("ba", data[1:])


def check_signed(fields: dict[str, Any], reading: Reading) -> None:
    """The node accepts signatures in any order, and sorts them when it writes."""
    signatures = fields["signatures"]
    if len(signatures) > 1 and signatures != sorted(set(signatures)):
        reading.note("not sorted and unique as the node writes them: its re-serialisation would differ", "signatures")


def _check_raw_pointers(fields: dict[str, Any], reading: Reading) -> None:
    if not any(value.startswith(PointerTarget.RAW) for _, value in fields["pointers"]):
        reading.reject("version 2 is for raw data, and no pointer has any", "pointers")


def _check_payer(fields: dict[str, Any], reading: Reading) -> None:
    if fields["tx"]["fields"]["transaction"]["type"] == "paying_for_tx":
        reading.reject("paying for a paying_for_tx is not allowed", "tx")


def _ttl(key: str, *names: str) -> tuple[Enumeration, Keyed]:
    return Enumeration(dict(enumerate(names)), key=f"{key}.type"), Keyed(f"{key}.value")


ORACLE_TTL_TYPE, ORACLE_TTL = _ttl("oracle_ttl", "delta", "block")
EXTENSION_TYPE, EXTENSION = _ttl("oracle_ttl", "delta")
QUERY_TTL_TYPE, QUERY_TTL = _ttl("query_ttl", "delta", "block")
RESPONSE_TTL_TYPE, RESPONSE_TTL = _ttl("response_ttl", "delta")

_CLAIM: dict[str, Field] = {"account_id": ACCOUNT, "nonce": INT, "name": Text(), "name_salt": INT}
_META: dict[str, Field] = {
    "ga_id": ACCOUNT,
    "auth_data": CONTRACT_DATA,
    "abi_version": INT,
    "fee": INT,
    "gas": INT,
    "gas_price": INT,
}


def _name_update(target: Field) -> dict[str, Field]:
    return {
        "account_id": ACCOUNT,
        "nonce": INT,
        "name_id": NAME,
        "name_ttl": INT,
        "pointers": ListOf(Pointer(Bytes(), target)),
        "client_ttl": INT,
        "fee": INT,
        "ttl": TTL,
    }


TRANSACTIONS: tuple[Layout, ...] = (
    transaction(12, 1, "spend_tx", "SpendTx", {
        "sender_id": ACCOUNT,
        "recipient_id": Id("ak", "nm", "ok", "ct"),
        "amount": INT,
        "fee": INT,
        "ttl": TTL,
        "nonce": INT,
        "payload": Bytes(prefix="ba"),
    }),
    transaction(22, 1, "oracle_register_tx", "OracleRegisterTx", {
        "account_id": ACCOUNT,
        "nonce": INT,
        "query_format": Text(),
        "response_format": Text(),
        "query_fee": INT,
        "ttl_type": ORACLE_TTL_TYPE,
        "ttl_value": ORACLE_TTL,
        "fee": INT,
        "ttl": TTL,
        "abi_version": INT,
    }),
    transaction(23, 1, "oracle_query_tx", "OracleQueryTx", {
        "sender_id": ACCOUNT,
        "nonce": INT,
        "oracle_id": Id("ok", "nm"),
        "query": Text(),
        "query_fee": INT,
        "query_ttl_type": QUERY_TTL_TYPE,
        "query_ttl_value": QUERY_TTL,
        "response_ttl_type": RESPONSE_TTL_TYPE,
        "response_ttl_value": RESPONSE_TTL,
        "fee": INT,
        "ttl": TTL,
    }),
    transaction(24, 1, "oracle_response_tx", "OracleRespondTx", {
        "oracle_id": ORACLE,
        "nonce": INT,
        "query_id": Bytes(prefix="oq"),
        "response": Text(),
        "response_ttl_type": RESPONSE_TTL_TYPE,
        "response_ttl_value": RESPONSE_TTL,
        "fee": INT,
        "ttl": TTL,
    }),
    transaction(25, 1, "oracle_extend_tx", "OracleExtendTx", {
        "oracle_id": ORACLE,
        "nonce": INT,
        "oracle_ttl_type": EXTENSION_TYPE,
        "oracle_ttl_value": EXTENSION,
        "fee": INT,
        "ttl": TTL,
    }),
    # A claim before Lima has no name_fee, yet the node's JSON calls it version 2.
    Layout(32, 1, "name_claim_tx", _CLAIM | {"fee": INT, "ttl": TTL}, shown={"type": "NameClaimTx", "version": 2}),
    transaction(32, 2, "name_claim_tx", "NameClaimTx", _CLAIM | {"name_fee": INT, "fee": INT, "ttl": TTL}),
    transaction(33, 1, "name_preclaim_tx", "NamePreclaimTx", {
        "account_id": ACCOUNT,
        "nonce": INT,
        "commitment_id": Id("cm"),
        "fee": INT,
        "ttl": TTL,
    }),
    transaction(34, 1, "name_update_tx", "NameUpdateTx", _name_update(Id(*PointerTarget.KINDS))),
    transaction(34, 2, "name_update_tx", "NameUpdateTx", _name_update(PointerTarget()), check=_check_raw_pointers),
    transaction(35, 1, "name_revoke_tx", "NameRevokeTx", {
        "account_id": ACCOUNT,
        "nonce": INT,
        "name_id": NAME,
        "fee": INT,
        "ttl": TTL,
    }),
    transaction(36, 1, "name_transfer_tx", "NameTransferTx", {
        "account_id": ACCOUNT,
        "nonce": INT,
        "name_id": NAME,
        "recipient_id": Id("ak", "nm"),
        "fee": INT,
        "ttl": TTL,
    }),
    transaction(42, 1, "contract_create_tx", "ContractCreateTx", {
        "owner_id": ACCOUNT,
        "nonce": INT,
        "code": CODE,
        "ct_version": CtVersion(),
        "fee": INT,
        "ttl": TTL,
        "deposit": INT,
        "amount": INT,
        "gas": INT,
        "gas_price": INT,
        "call_data": CONTRACT_DATA,
    }),
    transaction(43, 1, "contract_call_tx", "ContractCallTx", {
        "caller_id": ACCOUNT,
        "nonce": INT,
        "contract_id": Id("ct", "nm"),
        "abi_version": INT,
        "fee": INT,
        "ttl": TTL,
        "amount": INT,
        "gas": INT,
        "gas_price": INT,
        "call_data": CONTRACT_DATA,
    }),
    transaction(80, 1, "ga_attach_tx", "GAAttachTx", {
        "owner_id": ACCOUNT,
        "nonce": INT,
        "code": CODE,
        "auth_fun": HexText(),
        "ct_version": CtVersion(),
        "fee": INT,
        "ttl": TTL,
        "gas": INT,
        "gas_price": INT,
        "call_data": CONTRACT_DATA,
    }),
    transaction(81, 1, "ga_meta_tx", "GAMetaTx", _META | {"ttl": TTL, "tx": SIGNED}),
    transaction(81, 2, "ga_meta_tx", "GAMetaTx", _META | {"tx": SIGNED}),
    transaction(82, 1, "paying_for_tx", "PayingForTx", {
        "payer_id": ACCOUNT,
        "nonce": INT,
        "fee": INT,
        "tx": SIGNED,
    }, check=_check_payer),
)  # fmt: skip
