"""Encoded texts as values that can be compared and rebuilt.

Rule: a text is decoded once and remembered, because the same transaction comes many times.
"""

from __future__ import annotations

from typing import Any

from recorder.errors import DecodeError
from recorder.profiles.aeternity import chain
from recorder.profiles.aeternity.protocol import ENCODED_TEXT
from recorder.profiles.parts import Live
from recorder.profiles.remembered import remembering

STRUCTURED = frozenset({"tx", "cb", "cv"})
"""Prefixes of texts that are compared by what is in them; other encoded texts are values of their own."""

DATA = frozenset({"cb", "cv"})
"""Contract data: the same but for the ids in it."""

PROOFS = frozenset({"pi", "ss", "cs"})
"""Proofs and state trees: made of hashes over accounts, and the same if they contain the same."""

TREES = chain.STATES | {"calls_mtree"}
"""Objects made of hashes over accounts; with other accounts no hash in them is the same."""

ACCOUNT = "ak"
HASHES = frozenset({ACCOUNT, "ct", "ok"})
"""Prefixes under which one hash is written: a contract and an oracle are accounts as well, with the same 32 bytes."""

SIGNED_TX = "signed_tx"

UNSIGNED = "unsigned"
"""The kind of a transaction's bytes without signatures."""

NONCE = "nonce"
OWNERS = ("initiator_id", "from_id", "to_id", "owner_id", "caller_id", "sender_id", "payer_id", "account_id", "ga_id")
"""Fields that name the account whose nonce a transaction takes; the first that it has."""


@remembering
def prefix_of(text: str) -> str:
    """The prefix of an encoded text; empty if it is not one: its checksum decides."""
    if ENCODED_TEXT.fullmatch(text) is None:
        return ""
    try:
        return chain.decode_text(text)[0]
    except DecodeError:
        return ""


def seed_of(text: str) -> bytes:
    """The seed in `sk_…`; empty for any other text."""
    try:
        prefix, data = chain.decode_text(text)
    except DecodeError:
        return b""
    return data if prefix == "sk" else b""


def bound_as(text: str) -> tuple[str, str]:
    """The kind and the value that an encoded text is bound as: contracts and oracles as the accounts that they are."""
    return (ACCOUNT, read_as(ACCOUNT, text)) if text[:2] in HASHES else (text[:2], text)


def read_as(prefix: str, text: str) -> str:
    """The same bytes under another prefix; a checksum is of the bytes alone."""
    return prefix + text[2:]


def live_of(bindings: Live, text: str) -> str | None:
    """The live text that is bound to an encoded text; None if none is yet."""
    live = bindings.get(*bound_as(text))
    return None if live is None else read_as(text[:2], live)


def texts(value: Any) -> set[str]:
    """Every encoded text in a JSON value."""
    if isinstance(value, str):
        return set(ENCODED_TEXT.findall(value))
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return set().union(*map(texts, items)) if items else set()


@remembering
def decoded(text: str) -> chain.Decoded | None:
    """What an encoded text contains; None if it cannot be read. Callers must not change it."""
    try:
        return chain.decode(text)
    except DecodeError:
        return None


def transactions(value: Any) -> list[dict[str, Any]]:
    """Every transaction object in a decoded value, outermost first."""
    if isinstance(value, list):
        return [found for item in value for found in transactions(item)]
    if not isinstance(value, dict):
        return []
    inside = [found for item in (value.get("fields") or {}).values() for found in transactions(item)]
    return [value, *inside] if str(value.get("type", "")).endswith("_tx") else inside


@remembering
def unsigned(text: str) -> bytes:
    """The bytes of what is signed in a `tx_…`, the same while signatures come; empty if unreadable."""
    read = decoded(text)
    found = [item for item in transactions(read.value) if item["type"] != SIGNED_TX] if read is not None else []
    if read is None or not found:
        return b""
    if read.warnings:  # the chain would write it differently, and so does `encode`
        return chain.encode_object(found[0])
    if read.value["type"] != SIGNED_TX:
        return read.data
    return next(part.transaction for part in chain.signed_parts(read) if part.type_name != SIGNED_TX)


def nonce_of(fields: dict[str, Any]) -> str:
    """The kind of a transaction's nonce: each account counts its own."""
    return f"{NONCE} {next((fields[name] for name in OWNERS if name in fields), '')}".rstrip()
