"""Ids that are not sent but computed from what was sent: of channels and contracts.

Rule: one entry of `_IDS` for each formula. The recorded transaction gives the recorded id, the live one the live id, and
these are bound. Inside a channel an update makes a contract, and the transaction beside it has the round.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from recorder.profiles.aeternity import chain
from recorder.profiles.aeternity.encoded import NONCE, bound_as, decoded, live_of, texts, transactions
from recorder.profiles.parts import Live

NEW_CONTRACT = "OffChainNewContract"


class Sources(NamedTuple):
    """What a recorded frame has that ids can be computed from: found once, used in every run.

    Args:
        transactions: its `tx_…`.
        contracts: the owner of each contract that it makes inside a channel, and the transaction beside it.
    """

    transactions: tuple[str, ...]
    contracts: tuple[tuple[str, str], ...]


def sources(recorded: Any) -> Sources:
    """Find the sources in a frame's JSON value."""
    transactions = tuple(text for text in texts(recorded) if text.startswith("tx_"))
    return Sources(transactions, tuple(_new_contracts(recorded)))


def derive(found: Sources, bindings: Live) -> None:
    """Bind the ids that follow from the transactions of a frame, which are bound.

    Args:
        found: the sources of the frame as it was recorded.
        bindings: the bindings; the ids are added.
    """
    for text in found.transactions:
        if (bound := bindings.get("tx", text)) not in {None, text}:
            _from_transactions(text, bound, bindings)
    for owner, text in found.contracts:
        before, after = _round(text), _round(bindings.get("tx", text) or text)
        if before is not None and after is not None:
            live = live_of(bindings, owner) or owner
            _bind(chain.contract_id(owner, before), chain.contract_id(live, after), bindings)


def foresee(recorded: Any, account: str, bindings: Live) -> None:
    """Bind the nonce that a recorded request asks for: as far from the account's others as it was."""
    params = recorded.get("params") if isinstance(recorded, dict) else None
    nonce = params.get(NONCE) if isinstance(params, dict) else None
    if isinstance(nonce, int) and not isinstance(nonce, bool):
        bindings.bind(NONCE, nonce, nonce + bindings.shift(f"{NONCE} {account}"))


def _from_transactions(recorded: str, live: str, bindings: Live) -> None:
    before, after = decoded(recorded), decoded(live)
    if before is None or after is None:
        return
    for one, other in zip(transactions(before.value), transactions(after.value), strict=False):
        make_id = _IDS.get(str(one["type"]))
        if make_id is not None and one["type"] == other["type"]:
            _bind(make_id(one["fields"]), make_id(other["fields"]), bindings)


def _bind(recorded: str, live: str, bindings: Live) -> None:
    kind, value = bound_as(recorded)
    bindings.bind(kind, value, bound_as(live)[1])


_IDS: dict[str, Callable[[dict[str, Any]], str]] = {
    "channel_create_tx": lambda tx: chain.channel_id(tx["initiator_id"], tx["nonce"], tx["responder_id"]),
    "contract_create_tx": lambda tx: chain.contract_id(tx["owner_id"], tx["nonce"]),
}


def _new_contracts(value: Any) -> Iterator[tuple[str, str]]:
    """The owner of each contract that a frame's updates make, with the transaction beside them."""
    if isinstance(value, list):
        for item in value:
            yield from _new_contracts(item)
    elif isinstance(value, dict):
        updates = value.get("updates")
        made = [one["owner"] for one in updates if _makes_contract(one)] if isinstance(updates, list) else []
        beside = [item for item in value.values() if isinstance(item, str) and item.startswith("tx_")]
        yield from ((owner, text) for owner in made for text in beside)
        for item in value.values():
            yield from _new_contracts(item)


def _makes_contract(update: Any) -> bool:
    return (
        isinstance(update, dict)
        and update.get("op") == NEW_CONTRACT
        and isinstance(update.get("owner"), str)
        and decoded(update["owner"]) is not None
    )


def _round(text: str) -> int | None:
    """The round of the channel that a transaction makes; None if it makes none."""
    read = decoded(text)
    found = [one["fields"]["round"] for one in transactions(read.value) if "round" in one["fields"]] if read else []
    return int(found[0]) if found else None
