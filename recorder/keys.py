"""Keys of parties, as commands take them.

Rule: a key is read where it is needed and never shown, in no message either.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path

from recorder.errors import InputError
from recorder.profiles import PROFILES

SEED_SIZE = 32
_HEX = re.compile(r"(?:[0-9a-fA-F]{64}){1,2}")  # a seed, or a seed with its public key behind it


def parse_keys(items: Iterable[str]) -> dict[str, bytes]:
    """The 32-byte seeds of parties, given as `PARTY=FILE`.

    Args:
        items: each a party and the file that holds its seed: 32 bytes in hex, or as a protocol encodes it.

    Raises:
        InputError: one is written in another way, or its file holds no seed.
    """
    keys: dict[str, bytes] = {}
    for item in items:
        party, equals, name = item.partition("=")
        if not party or not equals or not name:
            raise InputError(f"--key {item!r}: write it as PARTY=FILE")
        if party in keys:
            raise InputError(f"--key {item!r}: {party} has a key already")
        keys[party] = read_key(Path(name))
    return keys


def with_throwaway(keys: dict[str, bytes], parties: Iterable[str]) -> dict[str, bytes]:
    """The keys, and one made for this run for each other party."""
    return {party: os.urandom(SEED_SIZE) for party in parties} | keys


def read_key(file: Path) -> bytes:
    """The 32-byte seed in a file.

    Raises:
        InputError: there is none, or it cannot be read.
    """
    try:
        text = file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "no text"
        raise InputError(f"cannot read the key: {reason}", file=str(file)) from error
    if _HEX.fullmatch(text):
        return bytes.fromhex(text)[:SEED_SIZE]
    seed = next(filter(None, (profile.seed_of(text) for profile in PROFILES.values())), b"")
    if not seed:
        raise InputError("holds no key; write the 32-byte seed in hex, or encoded", file=str(file))
    return seed
