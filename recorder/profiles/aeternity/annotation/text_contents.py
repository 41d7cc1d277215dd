"""The encoded texts in a frame, and what each contains.

Rule: nothing here depends on what was seen before, so that it can be remembered by the text alone: ids and whole
transactions recur. A word that merely looks encoded (`tx_hash`) is not one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from types import MappingProxyType
from typing import Any, NamedTuple

from msgspec import Struct

from recorder.errors import DecodeError, RecorderError
from recorder.profiles.aeternity import chain
from recorder.profiles.aeternity.chain import Decoded, SignedPart
from recorder.profiles.aeternity.chain.encoding import SHORTEST
from recorder.profiles.remembered import MANY_TEXTS, MUCH_TEXT, Remembered

LONG_TEXT = 1 << 17
"""A longer text is not remembered: its decoded form may take a hundred times its length."""

ENCODED = re.compile(rf"(?:{'|'.join(chain.PREFIXES)})_[A-Za-z0-9+/]{{6,}}={{0,2}}")
HASH_DIGITS = 64
WRAPPERS = {"signed_tx": "transaction", "ga_meta_tx": "tx", "paying_for_tx": "tx"}
"""Transactions around others, and the field that holds what is inside."""

PAYLOAD = "payload"
"""A proof of an older state inside a dispute: its signatures are not those of the transaction around it."""


class Signed(NamedTuple):
    """A signed transaction, and the hash of what is signed."""

    part: SignedPart
    hash: bytes


class Trees(NamedTuple):
    """State trees or a proof: the hash of the state (`st_…`), and what is wrong with them."""

    state: str
    errors: list[str]


class Content(Struct, frozen=True, dict=True):
    """What an encoded text contains.

    Args:
        decoded: its value; None if it cannot be read.
        problem: why not.
        parts: the signed transactions in it, the outermost first.
        inner: the innermost transaction, {"type", "tag", "version", "fields"}.
        owners: the fields of the meta transactions around it, each of a generalised account.
        signed: the part with the innermost transaction; None if it is not signed.
        identity: bytes that stay the same when signatures are added.
        state: the hash (`st_…`) of the state that it makes, or empty.
        symbols: function names in compiled code, by hash.
        trees: its state, if it is state trees or a proof; else None.
    """

    decoded: Decoded | None
    problem: DecodeError | None = None
    parts: tuple[Signed, ...] = ()
    inner: dict[str, Any] | None = None
    owners: tuple[dict[str, Any], ...] = ()
    signed: SignedPart | None = None
    identity: bytes = b""
    state: str = ""
    symbols: Mapping[str, str] = MappingProxyType({})
    trees: Trees | None = None

    @cached_property
    def hash(self) -> str:
        """The hash (`th_…`) of a signed transaction on the chain; empty for any other text."""
        return chain.tx_hash(self.decoded) if self.signed is not None and self.decoded is not None else ""


class TextContents:
    """Decodes texts, and remembers what the latest contain."""

    def __init__(self) -> None:
        self._known: Remembered[str, Content] = Remembered(MANY_TEXTS, MUCH_TEXT, len)

    def of(self, text: str) -> Content:
        """What a text contains."""
        if len(text) > LONG_TEXT:
            return content(text)
        known = self._known.recall(text)
        return known if known is not None else self._known.keep(text, content(text))


def content(text: str) -> Content:
    """What a text contains; it never raises."""
    try:
        decoded = chain.decode(text)
    except DecodeError as error:
        return Content(None, error)
    if "fields" not in decoded.value:
        return Content(decoded)
    trees = _trees(decoded.value)
    try:
        symbols = chain.symbols_in(decoded.value)
        return (
            _transaction(decoded, symbols) if decoded.prefix == "tx" else Content(decoded, symbols=symbols, trees=trees)
        )
    except (RecorderError, AssertionError, LookupError, TypeError, ValueError):  # traffic is never a reason to raise
        return Content(decoded, trees=trees)


def _transaction(decoded: Decoded, symbols: Mapping[str, str]) -> Content:
    value, owners = decoded.value, []
    while value["type"] in WRAPPERS:
        if value["type"] == "ga_meta_tx":
            owners.append(value["fields"])
        value = value["fields"][WRAPPERS[value["type"]]]
    parts: tuple[Signed, ...] = ()
    own: list[Signed] = []
    if decoded.value["type"] == "signed_tx":
        parts = tuple(Signed(part, chain.blake2b(part.transaction)) for part in chain.signed_parts(decoded))
        own = [signed for signed in parts if f".{PAYLOAD}" not in signed.part.path]
    return Content(
        decoded,
        parts=parts,
        inner=value,
        owners=tuple(owners),
        signed=own[-1].part if own else None,
        identity=own[-1].hash if own else chain.blake2b(decoded.data),
        state=_state(value["fields"]),
        symbols=symbols,
    )


def _trees(value: dict[str, Any]) -> Trees | None:
    if value["type"] not in chain.STATES:
        return None
    try:
        return Trees(chain.state_hash(value), chain.poi_errors(value) if value["type"] == "trees_poi" else [])
    except (RecorderError, LookupError, TypeError, ValueError):
        return None


def _state(fields: dict[str, Any]) -> str:
    digits = fields.get("state_hash")
    if not isinstance(digits, str) or len(digits) != HASH_DIGITS:
        return ""
    return chain.encode_text("st", bytes.fromhex(digits))


def encoded_texts(value: Any, at: str = "") -> list[tuple[str, str]]:
    """Every encoded text of a JSON value with its path (below `at`), however deep, in order."""
    if isinstance(value, str):
        return [(at, value)] if ENCODED.fullmatch(value) else [(at, text) for text in _texts_inside(value)]
    found: list[tuple[str, str]] = []
    pending = [(at, _members(value))]
    while pending:
        path, members = pending[-1]
        for step, part in members:
            if isinstance(step, str) and step[2:3] == "_" and ENCODED.fullmatch(step):
                found.append((f"{path}[{step}]", step))
            if isinstance(part, str):
                if part[2:3] == "_" and ENCODED.fullmatch(part):
                    found.append((_below(path, step), part))
                elif "_" in part:
                    found += [(_below(path, step), text) for text in _texts_inside(part)]
            elif isinstance(part, (dict, list)):
                pending.append((_below(path, step), _members(part)))
                break
        else:
            pending.pop()
    return found


def _members(value: Any) -> Iterator[tuple[str | int, Any]]:
    """The members or items of a value, by name or by index."""
    if isinstance(value, dict):
        return iter(value.items())
    return enumerate(value if isinstance(value, list) else ())


def _below(path: str, step: str | int) -> str:
    if isinstance(step, int):
        return f"{path}[{step}]"
    return f"{path}.{step}" if path else step


def _texts_inside(text: str) -> list[str]:
    """The encoded texts within a longer text."""
    return [found.text for found in chain.occurrences(text)] if len(text) > SHORTEST else []
