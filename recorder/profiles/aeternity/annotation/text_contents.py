"""The encoded texts in a frame, and what each holds by itself.

Rule: nothing here depends on what was seen before, so that it can be remembered by the text alone: ids and whole
transactions recur. A word that merely looks encoded (`tx_hash`) is none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from recorder.errors import DecodeError, RecorderError
from recorder.profiles.aeternity import chain
from recorder.profiles.aeternity.chain import Decoded, SignedPart
from recorder.profiles.remembered import Remembered

MANY_TEXTS, MUCH_TEXT = 8192, 2 << 20
LONG_TEXT = 1 << 17
"""A longer text is read again each time: what it says may take a hundred times its length."""

ENCODED = re.compile(rf"(?:{'|'.join(chain.PREFIXES)})_[A-Za-z0-9+/]{{6,}}={{0,2}}")
HASH_DIGITS = 64
PAYLOAD = "payload"
"""A proof of an older state inside a dispute: its signatures are not those of the transaction around it."""


class Content(NamedTuple):
    """What a text holds, whoever sends it.

    Args:
        decoded: its value; None where it cannot be read.
        problem: why not.
        parts: the signed transactions in it, the outermost first.
        inner: the innermost transaction, {"type", "tag", "version", "fields"}.
        owners: the generalised accounts whose meta transactions are around it.
        signed: the part that holds the innermost transaction; None where nobody signs it.
        identity: what stays the same when signatures are added.
        hash: of the transaction on the chain, or empty.
        state: the hash of the state it makes (`st_…`), or empty.
        symbols: function names in compiled code, by hash.
    """

    decoded: Decoded | None
    problem: DecodeError | None = None
    parts: tuple[SignedPart, ...] = ()
    inner: dict[str, Any] | None = None
    owners: tuple[dict[str, Any], ...] = ()
    signed: SignedPart | None = None
    identity: bytes = b""
    hash: str = ""
    state: str = ""
    symbols: Mapping[str, str] = MappingProxyType({})


class TextContents:
    """What texts hold: each is read once, and remembered while there is room."""

    def __init__(self) -> None:
        self._known: Remembered[str, Content] = Remembered(MANY_TEXTS, MUCH_TEXT, len)

    def of(self, text: str) -> Content:
        """What a text holds."""
        if len(text) > LONG_TEXT:
            return content(text)
        known = self._known.recall(text)
        return known if known is not None else self._known.keep(text, content(text))


def content(text: str) -> Content:
    """What a text holds; never an exception."""
    try:
        decoded = chain.decode(text)
    except DecodeError as error:
        return Content(None, error)
    if "fields" not in decoded.value:
        return Content(decoded)
    try:
        read = _transaction(decoded) if decoded.prefix == "tx" else Content(decoded)
        return read._replace(symbols=chain.symbols_in(decoded.value))
    except (RecorderError, AssertionError, LookupError, TypeError, ValueError):  # traffic is never a reason to raise
        return Content(decoded)


def _transaction(decoded: Decoded) -> Content:
    value, owners = decoded.value, []
    while value["type"] in WRAPPERS:
        if value["type"] == "ga_meta_tx":
            owners.append(value["fields"])
        value = value["fields"][WRAPPERS[value["type"]]]
    state = _state(value["fields"])
    if decoded.value["type"] != "signed_tx":
        identity = chain.blake2b(decoded.data)
        return Content(decoded, inner=value, owners=tuple(owners), identity=identity, state=state)
    parts = tuple(chain.signed_parts(decoded))
    own = [part for part in parts if f".{PAYLOAD}" not in part.path]
    return Content(
        decoded,
        parts=parts,
        inner=value,
        owners=tuple(owners),
        signed=own[-1],
        identity=chain.blake2b(own[-1].transaction),
        hash=chain.tx_hash(decoded),
        state=state,
    )


def _state(fields: dict[str, Any]) -> str:
    digits = fields.get("state_hash")
    if not isinstance(digits, str) or len(digits) != HASH_DIGITS:
        return ""
    return chain.encode_text("st", bytes.fromhex(digits))


WRAPPERS = {"signed_tx": "transaction", "ga_meta_tx": "tx", "paying_for_tx": "tx"}
"""Transactions around others, and the field that holds what is inside."""


def encoded_texts(value: Any, at: str = "") -> Iterator[tuple[str, str]]:
    """Every encoded text of a JSON value with its path (below `at`), however deep, in order."""
    pending: list[tuple[str, Any]] = [(at, value)]
    while pending:
        path, part = pending.pop()
        if isinstance(part, str):
            if ENCODED.fullmatch(part):
                yield path, part
            elif len(part) > SHORTEST:
                yield from ((path, found.text) for found in chain.occurrences(part))
        elif isinstance(part, dict):
            for name, item in reversed(part.items()):
                if _may_hold(item):
                    pending.append((f"{path}.{name}" if path else name, item))
                if name[2:3] == "_" and ENCODED.fullmatch(name):
                    pending.append((f"{path}[{name}]", name))
        elif isinstance(part, list):
            pending += [
                (f"{path}[{index}]", item) for index, item in reversed(list(enumerate(part))) if _may_hold(item)
            ]


def _may_hold(part: Any) -> bool:
    """Whether there is an encoded text in a part, at a glance."""
    return "_" in part if isinstance(part, str) else isinstance(part, dict | list)


SHORTEST = len("ba_Xfbg4g==")
