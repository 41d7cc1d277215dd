"""Layouts of the on-chain transactions that have nothing to do with channels.

Rule: one entry a layout, in the order of the bytes; field names are the node's own. Printed by the node's
`serialization_template/1` functions (v7.2.2); no layout that mainnet used ever changed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from recorder.profiles.aeternity.chain.encoding import id_text
from recorder.profiles.aeternity.chain.fields import Bytes, CtVersion, Enumeration, Id, ListOf, TupleOf, Uint
from recorder.profiles.aeternity.chain.layouts import Layout, Nested

if TYPE_CHECKING:
    from recorder.profiles.aeternity.chain.reading import Field, Reading
    from recorder.profiles.rlp import Item

INT = Uint()
ACCOUNT, NAME, ORACLE = Id("ak"), Id("nm"), Id("ok")
CONTRACT_DATA = Bytes(prefix="cb")
SIGNATURE_SIZE = 64
HASH_SIZE = 32

DELTA_OR_BLOCK, DELTA = Enumeration({0: "delta", 1: "block"}), Enumeration({0: "delta"})
CODE = Nested("compiler_sophia", strict=False, prefix="cb")
SIGNED = Nested("signed_tx")


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


_CLAIM: dict[str, Field] = {"account_id": ACCOUNT, "nonce": INT, "name": Bytes(), "name_salt": INT}
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
        "pointers": ListOf(TupleOf(Bytes(), target)),
        "client_ttl": INT,
        "fee": INT,
        "ttl": INT,
    }


TRANSACTIONS: tuple[Layout, ...] = (
    Layout(12, 1, "spend_tx", {
        "sender_id": ACCOUNT,
        "recipient_id": Id("ak", "nm", "ok", "ct"),
        "amount": INT,
        "fee": INT,
        "ttl": INT,
        "nonce": INT,
        "payload": Bytes(prefix="ba"),
    }),
    Layout(22, 1, "oracle_register_tx", {
        "account_id": ACCOUNT,
        "nonce": INT,
        "query_format": Bytes(),
        "response_format": Bytes(),
        "query_fee": INT,
        "ttl_type": DELTA_OR_BLOCK,
        "ttl_value": INT,
        "fee": INT,
        "ttl": INT,
        "abi_version": INT,
    }),
    Layout(23, 1, "oracle_query_tx", {
        "sender_id": ACCOUNT,
        "nonce": INT,
        "oracle_id": Id("ok", "nm"),
        "query": Bytes(),
        "query_fee": INT,
        "query_ttl_type": DELTA_OR_BLOCK,
        "query_ttl_value": INT,
        "response_ttl_type": DELTA,
        "response_ttl_value": INT,
        "fee": INT,
        "ttl": INT,
    }),
    Layout(24, 1, "oracle_response_tx", {
        "oracle_id": ORACLE,
        "nonce": INT,
        "query_id": Bytes(prefix="oq"),
        "response": Bytes(),
        "response_ttl_type": DELTA,
        "response_ttl_value": INT,
        "fee": INT,
        "ttl": INT,
    }),
    Layout(25, 1, "oracle_extend_tx", {
        "oracle_id": ORACLE,
        "nonce": INT,
        "oracle_ttl_type": DELTA,
        "oracle_ttl_value": INT,
        "fee": INT,
        "ttl": INT,
    }),
    Layout(32, 1, "name_claim_tx", _CLAIM | {"fee": INT, "ttl": INT}),
    Layout(32, 2, "name_claim_tx", _CLAIM | {"name_fee": INT, "fee": INT, "ttl": INT}),
    Layout(33, 1, "name_preclaim_tx", {
        "account_id": ACCOUNT,
        "nonce": INT,
        "commitment_id": Id("cm"),
        "fee": INT,
        "ttl": INT,
    }),
    Layout(34, 1, "name_update_tx", _name_update(Id(*PointerTarget.KINDS))),
    Layout(34, 2, "name_update_tx", _name_update(PointerTarget()), check=_check_raw_pointers),
    Layout(35, 1, "name_revoke_tx", {
        "account_id": ACCOUNT,
        "nonce": INT,
        "name_id": NAME,
        "fee": INT,
        "ttl": INT,
    }),
    Layout(36, 1, "name_transfer_tx", {
        "account_id": ACCOUNT,
        "nonce": INT,
        "name_id": NAME,
        "recipient_id": Id("ak", "nm"),
        "fee": INT,
        "ttl": INT,
    }),
    Layout(42, 1, "contract_create_tx", {
        "owner_id": ACCOUNT,
        "nonce": INT,
        "code": CODE,
        "ct_version": CtVersion(),
        "fee": INT,
        "ttl": INT,
        "deposit": INT,
        "amount": INT,
        "gas": INT,
        "gas_price": INT,
        "call_data": CONTRACT_DATA,
    }),
    Layout(43, 1, "contract_call_tx", {
        "caller_id": ACCOUNT,
        "nonce": INT,
        "contract_id": Id("ct", "nm"),
        "abi_version": INT,
        "fee": INT,
        "ttl": INT,
        "amount": INT,
        "gas": INT,
        "gas_price": INT,
        "call_data": CONTRACT_DATA,
    }),
    Layout(80, 1, "ga_attach_tx", {
        "owner_id": ACCOUNT,
        "nonce": INT,
        "code": CODE,
        "auth_fun": Bytes(),
        "ct_version": CtVersion(),
        "fee": INT,
        "ttl": INT,
        "gas": INT,
        "gas_price": INT,
        "call_data": CONTRACT_DATA,
    }),
    Layout(81, 1, "ga_meta_tx", _META | {"ttl": INT, "tx": SIGNED}),
    Layout(81, 2, "ga_meta_tx", _META | {"tx": SIGNED}),
    Layout(82, 1, "paying_for_tx", {
        "payer_id": ACCOUNT,
        "nonce": INT,
        "fee": INT,
        "tx": SIGNED,
    }, check=_check_payer),
)  # fmt: skip
