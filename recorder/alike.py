"""Texts that look like others, so that whoever reads those can read these: of the same size, from the same letters.

Rule: pure. A text is made from a number alone, never from the text that it looks like: nobody finds that by trying.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterator
from itertools import count
from string import ascii_lowercase, ascii_uppercase, digits
from typing import Any

ALPHABETS = (
    f"{digits}abcdef",
    f"{digits}ABCDEF",
    f"{ascii_lowercase}234567",
    f"{ascii_uppercase}234567",
    "".join(sorted({*digits, *ascii_lowercase, *ascii_uppercase} - {*"0OIl"})),
    f"{digits}{ascii_lowercase}{ascii_uppercase}",
)
"""Hexadecimal, base32 (RFC 4648), base58 (as Bitcoin writes it), and all letters; the first that a text is written in counts."""

CLASSES = (digits, ascii_lowercase, ascii_uppercase)
HEXADECIMAL, BASE58 = 2, 4
"""How many alphabets are hexadecimal: digits and letters are the same there; and which is that of base58."""

LEADING = 3
"""Signs that say, together with the length, how many bytes a text in base58 encodes, of texts of some length."""

LONG = 20

_UUID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")
_UUID_FIXED = (14, 19)
"""The positions of the version and the variant in a UUID (RFC 9562, section 4)."""

_WEB_TOKEN = re.compile(r"(eyJ[\w-]+)\.(eyJ[\w-]+)\.([\w-]*)")


def alike(text: str, number: int) -> str:
    """A text that looks like another.

    A JSON web token (RFC 7519) keeps its header, and its claims stay readable, as does any JSON object in base64: its
    texts are replaced.

    Args:
        text: the other.
        number: what it is made from.
    """
    seeds = (f"{number}.{one}" for one in count(1))
    if (token := _WEB_TOKEN.fullmatch(text)) is not None and isinstance(told := _decoded(token[2]), dict):
        return f"{token[1]}.{_encoded(_replaced(told, seeds))}.{_drawn(token[3], f'{number}')}"
    if isinstance(told := _decoded(text), dict):
        made = _encoded(_replaced(told, seeds))
        return made + "=" * (-len(made) % 4) if text.endswith("=") else made
    return _drawn(text, f"{number}")


def _drawn(text: str, seed: str) -> str:
    prefix = 2 if text.startswith("0x") else 0
    fixed = {*range(prefix), *(_UUID_FIXED if _UUID.fullmatch(text) else ())}
    signs = {sign for sign in text[prefix:] if sign.isascii() and sign.isalnum()}
    place, alphabet = next((at, letters) for at, letters in enumerate(ALPHABETS) if signs <= {*letters})
    if place == BASE58 and len(text) >= LONG:
        fixed |= {*range(LEADING)}
    drawn = hashlib.shake_256(f"recorder anonymise {seed}".encode()).digest(2 * len(text))
    made = []
    for at, sign in enumerate(text):
        pool = alphabet
        if place >= HEXADECIMAL:
            pool = "".join(letter for one in CLASSES if sign in one for letter in one if letter in alphabet)
        kept = at in fixed or sign not in pool
        made.append(sign if kept else pool[int.from_bytes(drawn[2 * at : 2 * at + 2], "big") % len(pool)])
    return "".join(made)


def _replaced(value: Any, seeds: Iterator[str]) -> Any:
    """A JSON value with other texts."""
    if isinstance(value, dict):
        return {name: _replaced(item, seeds) for name, item in value.items()}
    if isinstance(value, list):
        return [_replaced(item, seeds) for item in value]
    return _drawn(value, next(seeds)) if isinstance(value, str) else value


def _decoded(text: str) -> Any:
    """The JSON in a text in base64, with padding or without; None if there is none."""
    bare = text.rstrip("=")
    try:
        return json.loads(base64.urlsafe_b64decode(bare + "=" * (-len(bare) % 4)))
    except (ValueError, RecursionError):
        return None


def _encoded(value: Any) -> str:
    told = json.dumps(value, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(told).rstrip(b"=").decode()
