"""Transactions, updates, amounts and the values of contracts in words.

Rule: one row for each type; a type without a row has the node's name. Amounts are always exact. The bytes of a
contract's value hold no names of records, constructors or types, and none are invented: a variant is shown by its number.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, NamedTuple, Protocol

from recorder.jsonrpc import json_text
from recorder.profiles.sentences import shortened

AETTOS = 18
SHORT_DECIMALS, LEAST_SHORT = 6, 12
SHORT_ID = 5
MOST_DEPTH = 40
"""Depth of nested values; deeper ones are cut, so that no value overflows the stack."""


class Say(Protocol):
    """Names for accounts, ids and calls, as far as they are known."""

    def name(self, identity: str) -> str:
        """The printed name of an account, or a short form of any other id."""
        ...

    def alias(self, identity: str) -> str:
        """The printed name of an account; empty if it has none."""
        ...

    def call(self, data: str) -> str:
        """The function call in contract data (`cb_…`, or hex): `main(1)`; empty if it is none."""
        ...


class Wording(NamedTuple):
    """A short form (`withdraw 1 → initiator`), and a phrase for a sentence (`a withdrawal of 1 aetto`)."""

    short: str
    phrase: str


def ae(aettos: int) -> str:
    """An amount in AE, exact: `0.00007`."""
    text = json_text(aettos)
    whole, rest = text[:-AETTOS] or "0", text[-AETTOS:].rjust(AETTOS, "0").rstrip("0")
    return f"{whole}.{rest}" if rest else whole


def amount(aettos: Any) -> str:
    """An amount in the shorter of both units: `1`, `0.00007 AE`; exact in both."""
    text = json_text(aettos)
    if isinstance(aettos, int) and aettos >= 10**LEAST_SHORT and len(ae(aettos).partition(".")[2]) <= SHORT_DECIMALS:
        return f"{ae(aettos)} AE"
    return text


def coins(aettos: Any) -> str:
    """An amount in a sentence: `1 aetto`, `2 aettos`, `0.00007 AE`."""
    text = amount(aettos)
    return text if text.endswith("AE") else f"{text} aetto{'s' * (aettos != 1)}"


def both(aettos: int) -> str:
    """An amount in both units: `70000000000000 (0.00007 AE)`."""
    return f"{json_text(aettos)} ({ae(aettos)} AE)"


def short_id(text: str) -> str:
    """An id short enough for a line: `ak_2MJU3…TjWYS`."""
    return f"{text[: 3 + SHORT_ID]}…{text[-SHORT_ID:]}" if len(text) > 4 * SHORT_ID else text


METADATA = Wording("metadata", "metadata")
VOWELS = frozenset("aeiou")

Fields = Mapping[str, Any]
Writer = Callable[[Fields, Say], Wording]


def transaction(kind: str, fields: Fields, updates: Sequence[Any], say: Say) -> Wording:
    """A transaction in words.

    Args:
        kind: its type.
        fields: its fields.
        updates: what it changes off the chain, as the node's JSON names it.
        say: names for accounts and calls.
    """
    if kind == "channel_offchain_tx":
        return _update_words(updates, say)
    writer = _TRANSACTIONS.get(kind)
    try:
        words = writer(fields, say) if writer is not None else _any(kind, fields)
    except (KeyError, TypeError, AttributeError):
        return _any(kind, fields)
    if kind == "channel_force_progress_tx" and updates:
        return Wording(f"{words.short}: {_update_words(updates, say).short}", words.phrase)
    return words


def _update_words(updates: Sequence[Any], say: Say) -> Wording:
    known = [words for update in updates if (words := _update(update, say)) is not None]
    found = [words for words in known if words != METADATA]
    beside = [METADATA] if len(found) < len(known) else []  # it may come several times, and is named once
    if not known:
        return Wording("off-chain state", "an off-chain state")
    phrases = [" and ".join(words.phrase for words in found), *(words.phrase for words in beside)]
    return Wording(", ".join(words.short for words in found + beside), " with ".join(filter(None, phrases)))


def _update(update: Any, say: Say) -> Wording | None:
    if not isinstance(update, dict) or not isinstance(update.get("op"), str):
        return None
    with suppress(KeyError, TypeError, AttributeError):  # no row, or fields of another kind
        return _UPDATES[update["op"]](update, say)
    return Wording(update["op"], update["op"])


def _any(kind: str, fields: Fields) -> Wording:
    text = kind.removesuffix("_tx").removeprefix("channel_").replace("_", " ")
    moved = fields.get("amount")
    phrase = f"{'an' if text[:1] in VOWELS else 'a'} {text}"
    if not isinstance(moved, int) or not moved:
        return Wording(text, phrase)
    return Wording(f"{text} {amount(moved)}", f"{phrase} of {coins(moved)}")


def _moved(verb: str, noun: str, arrow: str, key: str) -> Writer:
    def write(fields: Fields, say: Say) -> Wording:
        short = f"{verb} {amount(fields['amount'])} {arrow} {say.name(fields[key])}"
        return Wording(short, f"{noun} of {coins(fields['amount'])}")

    return write


def _between(verb: str, source: str, target: str) -> Writer:
    def write(fields: Fields, say: Say) -> Wording:
        ends = say.name(fields[source]), say.name(fields[target])
        moved = fields["amount"]
        return Wording(
            f"{verb} {amount(moved)} {ends[0]} → {ends[1]}",
            f"a {verb} of {coins(moved)} from {ends[0]} to {ends[1]}",
        )

    return write


def _split(verb: str, noun: str, suffix: str) -> Writer:
    def write(fields: Fields, _say: Say) -> Wording:
        shares = [f"{party} {amount(fields[f'{party}_amount{suffix}'])}" for party in ("initiator", "responder")]
        return Wording(f"{verb} {' + '.join(shares)}", f"{noun} with {' and '.join(shares)}")

    return write


def _by(noun: str, key: str, article: str = "a ") -> Writer:
    def write(fields: Fields, say: Say) -> Wording:
        text = f"{noun} by {say.name(fields[key])}"
        return Wording(text, f"{article}{text}")

    return write


def _called(fields: Fields, say: Say) -> Wording:
    call, caller = shortened(say.call(fields["call_data"])), say.name(fields["caller_id"])
    where = f"{call or 'a function'} of {say.name(fields['contract_id'])} by {caller}"
    return Wording(f"call {where}", f"a call to {where}")


_TRANSACTIONS: dict[str, Writer] = {
    "channel_create_tx": _split("create channel", "the creation of a channel", ""),
    "channel_deposit_tx": _moved("deposit", "a deposit", "←", "from_id"),
    "channel_withdraw_tx": _moved("withdraw", "a withdrawal", "→", "to_id"),
    "channel_close_mutual_tx": _split("close mutually", "a mutual close", "_final"),
    "channel_settle_tx": _split("settle", "a settlement", "_final"),
    "channel_close_solo_tx": _by("solo close", "from_id"),
    "channel_slash_tx": _by("slash", "from_id"),
    "channel_snapshot_solo_tx": _by("solo snapshot", "from_id"),
    "channel_set_delegates_tx": _by("change of delegates", "from_id"),
    "channel_force_progress_tx": _by("forced progress", "from_id", article=""),
    "spend_tx": _between("spend", "sender_id", "recipient_id"),
    "contract_create_tx": _by("new contract", "owner_id"),
    "contract_call_tx": _called,
    "ga_attach_tx": _by("change into a generalised account", "owner_id"),
}

_UPDATES: dict[str, Writer] = {
    "OffChainTransfer": _between("transfer", "from", "to"),
    "OffChainDeposit": _moved("deposit", "a deposit", "←", "from"),
    "OffChainWithdrawal": _moved("withdraw", "a withdrawal", "→", "to"),
    "OffChainNewContract": _by("new contract", "owner"),
    "OffChainCallContract": _called,
    "OffChainMeta": lambda _fields, _name: METADATA,
}


def fate_text(value: Mapping[str, Any], depth: int = 0) -> str:
    """A FATE value on one line.

    Args:
        value: {"t", …} as `recorder.decode` gives it.
        depth: how deep it is nested in others.
    """
    if depth > MOST_DEPTH:
        return "…"
    writer = _WRITERS.get(value.get("t", ""))
    return writer(value, depth + 1) if writer is not None else str(value.get("v", value.get("hex", "")))


def call_text(call: Mapping[str, Any]) -> str:
    """A call: `main(1, true)`; with the function's hash if its name is unknown; words of the older AEVM as hex."""
    name = call["function"] or f"function {call['function_hash']}"
    return f"{name}({', '.join(a if isinstance(a, str) else fate_text(a) for a in call['args'])})"


def quoted(data: bytes) -> str:
    """Bytes as quoted text if they are printable text, else as hex."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return f"#{data.hex()}"
    return json.dumps(text, ensure_ascii=False) if text.isprintable() else f"#{data.hex()}"


def _sequence(opening: str, closing: str) -> Callable[[Mapping[str, Any], int], str]:
    return lambda value, depth: f"{opening}{', '.join(fate_text(item, depth) for item in value['v'])}{closing}"


def _map(value: Mapping[str, Any], depth: int) -> str:
    return f"{{{', '.join(f'{fate_text(key, depth)} = {fate_text(item, depth)}' for key, item in value['v'])}}}"


def _variant(value: Mapping[str, Any], depth: int) -> str:
    inside = ", ".join(fate_text(item, depth) for item in value["v"])
    return f"variant {value['tag']} of {len(value['arities'])}({inside})"


_WRITERS: dict[str, Callable[[Mapping[str, Any], int], str]] = {
    "bool": lambda value, _depth: "true" if value["v"] else "false",
    "string": lambda value, _depth: quoted(bytes.fromhex(value["hex"])),
    "bytes": lambda value, _depth: f"#{value['hex']}",
    "contract_bytearray": lambda value, _depth: f"contract code #{value['hex']}",
    "bits": lambda value, _depth: f"bits {value['v']}",
    "store_map": lambda value, _depth: f"map number {value['v']} of the store",
    "typerep": lambda value, _depth: f"type {value['v']}",
    "tuple": _sequence("(", ")"),
    "list": _sequence("[", "]"),
    "map": _map,
    "variant": _variant,
}
