"""The text encodings of the chain: `ak_…`, `tx_…`, `cb_…` and 24 more.

Rule: this module knows the text form only (prefix, base, checksum, fixed size), never what the bytes mean. A new
prefix is one entry of `PREFIXES`. What the node lets pass here but would not write itself is reported in `notes`. A
text inside another is found only where its checksum fits, so words such as `tx_hash` never are.

Facts: `aeser_api_encoder` of the node's serialization library; Erlang's `base64:decode/1` for the leniencies.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator
from functools import lru_cache
from hashlib import sha256
from typing import NamedTuple
from urllib.parse import unquote

import base58

from recorder.errors import DecodeError, InputError

BASE58, BASE64 = 58, 64
CHECKSUM_SIZE = 4
# Base58 takes quadratic time, and only names and addresses in contract data may have more than 64 bytes at all.
MAX_BASE58 = 128
_MAX_BASE58_TEXT = MAX_BASE58 * 3 // 2
_TOO_LONG = f"base58 of more than {MAX_BASE58} bytes is not read or written"
_WHITESPACE = " \t\r\n"
_BASE58_ALPHABET = frozenset(base58.BITCOIN_ALPHABET.decode())


class Prefix(NamedTuple):
    """One text encoding: the node's name for it, its base (58 or 64) and the size of its payload, if fixed."""

    name: str
    base: int
    size: int | None = None


class Encoded(NamedTuple):
    """A text taken apart: its prefix (without `_`) and its payload (without checksum)."""

    prefix: str
    data: bytes


PREFIXES: dict[str, Prefix] = {
    "ak": Prefix("account_pubkey", BASE58, 32),
    "ba": Prefix("bytearray", BASE64),
    "bf": Prefix("block_pof_hash", BASE58, 32),
    "bs": Prefix("block_state_hash", BASE58, 32),
    "bx": Prefix("block_tx_hash", BASE58, 32),
    "cb": Prefix("contract_bytearray", BASE64),
    "ch": Prefix("channel", BASE58, 32),
    "ck": Prefix("contract_store_key", BASE64),
    "cm": Prefix("commitment", BASE58, 32),
    "cs": Prefix("call_state_tree", BASE64),
    "ct": Prefix("contract_pubkey", BASE58, 32),
    "cv": Prefix("contract_store_value", BASE64),
    "kh": Prefix("key_block_hash", BASE58, 32),
    "mh": Prefix("micro_block_hash", BASE58, 32),
    "nm": Prefix("name", BASE58),
    "ok": Prefix("oracle_pubkey", BASE58, 32),
    "oq": Prefix("oracle_query_id", BASE58, 32),
    "or": Prefix("oracle_response", BASE64),
    "ov": Prefix("oracle_query", BASE64),
    "pi": Prefix("poi", BASE64),
    "pp": Prefix("peer_pubkey", BASE58, 32),
    "sg": Prefix("signature", BASE58, 64),
    "sk": Prefix("account_seckey", BASE58, 32),
    "ss": Prefix("state_trees", BASE64),
    "st": Prefix("state", BASE64, 32),
    "th": Prefix("tx_hash", BASE58, 32),
    "tx": Prefix("transaction", BASE64),
}

# The first byte of a serialized id, and the prefix its text carries.
ID_PREFIXES: dict[int, str] = {1: "ak", 2: "nm", 3: "cm", 4: "ok", 5: "ct", 6: "ch"}
ID_TAGS: dict[str, int] = {prefix: tag for tag, prefix in ID_PREFIXES.items()}
ID_SIZE = 33

# In the query of a URL, + / = are written %2B %2F %3D. A prefix starts a word, or follows a percent-encoded character.
_CANDIDATE = re.compile(
    r"(?:(?<![A-Za-z0-9_])|(?<=%[0-9A-Fa-f]{2}))"
    rf"(?:{'|'.join(PREFIXES)})_"
    r"(?:[A-Za-z0-9+/]|%2[BbFf])+(?:=|%3[Dd]){0,2}"
)
SHORTEST = len("ba_Xfbg4g==")
"""Characters of an encoded text of no bytes."""


def decode_text(text: str, notes: list[str] | None = None, *, any_size: bool = False) -> Encoded:
    """Take an encoded text apart and check its checksum and size.

    Args:
        text: for example `ak_2cvS…` or `tx_+Fg…`; nothing before or after it.
        notes: where to append what the node accepts but writes differently (whitespace inside base64, unused bits).
        any_size: leave the size alone, as the node does for addresses inside contract data.

    Raises:
        DecodeError: the node would answer an error; `offset` is a position in the text.
    """
    prefix, mark, body = text.partition("_")
    if not mark:
        raise DecodeError("no prefix: expected a text such as tx_…")
    kind = _known(prefix)
    data = _base58_payload(body) if kind.base == BASE58 else _checked(_base64_bytes(body, notes))
    return Encoded(prefix, data) if any_size else sized(prefix, data)


def sized(prefix: str, data: bytes) -> Encoded:
    """A prefix and a payload that may stand under it.

    Raises:
        DecodeError: when the prefix is unknown or has another size.
    """
    kind = _known(prefix)
    if kind.base == BASE58 and len(data) > MAX_BASE58:
        raise DecodeError(_TOO_LONG)
    if kind.size is not None and len(data) != kind.size:
        raise DecodeError(f"{prefix}_ holds {kind.size} bytes, found {len(data)}", offset=len(prefix) + 1)
    return Encoded(prefix, data)


def encode_text(prefix: str, data: bytes) -> str:
    """Write bytes as the text of `prefix`: the inverse of `decode_text`.

    Raises:
        InputError: for an unknown prefix, or a size the prefix does not allow.
    """
    try:
        sized(prefix, data)
    except DecodeError as error:
        raise InputError(error.reason) from error
    return base58_text(prefix, data) if PREFIXES[prefix].base == BASE58 else base64_text(prefix, data)


def base64_text(prefix: str, data: bytes) -> str:
    """A base64 text; the size is the caller's affair (an off-chain `st_` may have any)."""
    return f"{prefix}_{binascii.b2a_base64(data + _checksum(data), newline=False).decode()}"


@lru_cache(maxsize=8192)
def base58_text(prefix: str, data: bytes) -> str:
    """A base58 text; cached because ids recur in every frame and one costs as much as a whole transaction."""
    if len(data) > MAX_BASE58:
        raise InputError(_TOO_LONG)
    return f"{prefix}_{base58.b58encode(data + _checksum(data)).decode()}"


@lru_cache(maxsize=8192)
def id_text(serialized: bytes) -> str | None:
    """The text of a serialized id (tag byte and 32 bytes), or None if it is not an id."""
    if len(serialized) != ID_SIZE or serialized[0] not in ID_PREFIXES:
        return None
    return base58_text(ID_PREFIXES[serialized[0]], serialized[1:])


@lru_cache(maxsize=8192)
def id_bytes(text: str) -> bytes:
    """The serialized id (tag byte and 32 bytes) of a text such as `ct_…`.

    Raises:
        InputError: the text is not an id.
    """
    try:
        prefix, data = decode_text(text)
    except DecodeError as error:
        raise InputError(f"{text!r} is not an id: {error.reason}") from error
    if prefix not in ID_TAGS or len(data) != ID_SIZE - 1:
        raise InputError(f"{text!r} is not an id: use one of {', '.join(ID_TAGS)}")
    return bytes((ID_TAGS[prefix],)) + data


class Occurrence(NamedTuple):
    """An encoded string found in a text: `source[start:end]` is it, as written; `text` is it, unquoted."""

    start: int
    end: int
    text: str


def occurrences(source: str) -> Iterator[Occurrence]:
    """Every encoded string of `source`, in order, percent-encoded ones in URLs included.

    Args:
        source: any text; JSON escapes are not undone.
    """
    for match in _CANDIDATE.finditer(source):
        found = match.group()
        text = unquote(found) if "%" in found else found
        if len(text) < SHORTEST:
            continue
        try:
            decode_text(text)
        except DecodeError:
            continue
        yield Occurrence(match.start(), match.end(), text)


def _known(prefix: str) -> Prefix:
    if prefix not in PREFIXES:
        raise DecodeError(f"unknown prefix {prefix[:8]!r}: expected one of {', '.join(PREFIXES)}")
    return PREFIXES[prefix]


def _checksum(data: bytes) -> bytes:
    return sha256(sha256(data).digest()).digest()[:CHECKSUM_SIZE]


def _checked(raw: bytes) -> bytes:
    data, found = raw[:-CHECKSUM_SIZE], raw[-CHECKSUM_SIZE:]
    if len(raw) < CHECKSUM_SIZE:
        raise DecodeError(f"{len(raw)} bytes are too short for a checksum", offset=3)
    if _checksum(data) != found:
        raise DecodeError(f"wrong checksum: {found.hex()} does not fit the payload", offset=3)
    return data


@lru_cache(maxsize=8192)
def _base58_payload(body: str) -> bytes:
    if len(body) > _MAX_BASE58_TEXT:
        raise DecodeError(f"base58 of more than {_MAX_BASE58_TEXT} characters", offset=3 + _MAX_BASE58_TEXT)
    for position, character in enumerate(body):
        if character not in _BASE58_ALPHABET:
            raise DecodeError(f"{character!r} is not a base58 character", offset=3 + position)
    data = _checked(base58.b58decode(body))
    if len(data) > MAX_BASE58:
        raise DecodeError(_TOO_LONG, offset=3)
    return data


def _base64_bytes(body: str, notes: list[str] | None) -> bytes:
    try:
        raw = binascii.a2b_base64(body, strict_mode=True)
    except ValueError:
        compact = body.translate(dict.fromkeys(map(ord, _WHITESPACE)))
        if compact == body:
            raise DecodeError("no base64 in the standard alphabet with padding", offset=3 + _base64_end(body)) from None
        raw = _base64_bytes(compact, None)
        if notes is not None:
            notes.append("whitespace inside the base64: re-serialisation would differ")
        body = compact
    if body.endswith("=") and notes is not None and not body.endswith(_last_quantum(raw)):
        notes.append("unused bits of the last base64 character are set: re-serialisation would differ")
    return raw


def _last_quantum(raw: bytes) -> str:
    return binascii.b2a_base64(raw[-(len(raw) % 3) :], newline=False).decode()


def _base64_end(body: str) -> int:
    for position, character in enumerate(body):
        if not (character.isascii() and (character.isalnum() or character in "+/")):
            return position
    return len(body)
