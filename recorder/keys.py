"""Keys of parties, as commands take them, and the recorded accounts that they replace.

Rule: a key is read where it is needed, and never shown, not in messages either. Each account is replaced by another one,
or stays as it was recorded.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from pathlib import Path

from recorder.errors import InputError
from recorder.profiles import PROFILES
from recorder.profiles.parts import Account

SEED_SIZE = 32
_HEX = re.compile(r"(?:[0-9a-fA-F]{64}){1,2}")  # a seed, or a seed followed by its public key


def parse_keys(items: Iterable[str]) -> dict[str, bytes]:
    """The 32-byte seeds of parties or accounts, given as `PARTY=FILE` or `ACCOUNT=FILE`.

    Args:
        items: each a party or a recorded account, and the file that holds its seed: 32 bytes in hex, or as a protocol
            encodes it.

    Raises:
        InputError: one is malformed, or its file holds no seed.
    """
    keys: dict[str, bytes] = {}
    for item in items:
        party, equals, name = item.partition("=")
        if not party or not equals or not name:
            raise InputError(f"--key {item!r}: write it as PARTY=FILE or ACCOUNT=FILE")
        if party in keys:
            raise InputError(f"--key {item!r}: {party} has a key already")
        keys[party] = read_key(Path(name))
    return keys


def by_account(
    given: Mapping[str, bytes], accounts: Mapping[str, Account], file: str, warn: Callable[[str], None]
) -> dict[str, bytes]:
    """The seeds by recorded account.

    Args:
        given: seeds by party or account. A party's seed is for its account that signs and has no seed of its own.
        accounts: the recorded accounts.
        file: the capture, for messages.
        warn: called with one line about a seed that no account needs.

    Raises:
        InputError: a party has several such accounts, or none; two accounts are given the same seed.
    """
    keys = {name: seed for name, seed in given.items() if name in accounts}
    for name, seed in given.items():
        if name in accounts:
            continue
        own = [account for account, one in accounts.items() if one.party == name]
        known = [account for account in own if accounts[account].known]
        if not own:
            warn(f"--key {name}: no account in {file} has this name; {_there(accounts)}")
        elif not known:
            warn(f"--key {name}: the recorded node knew no account of {name}; to replace one write --key {own[0]}=FILE")
        else:
            keys[_signing(name, [account for account in known if account not in keys], accounts)] = seed
    for account, seed in keys.items():
        if same := next((other for other, one in keys.items() if one == seed and other != account), ""):
            raise InputError(f"--key: {account} and {same} are two accounts; give each a key of its own")
    return keys


def _signing(party: str, accounts: Sequence[str], known: Mapping[str, Account]) -> str:
    if not accounts:
        raise InputError(f"--key {party}: each of its accounts has a key already")
    signing = [account for account in accounts if known[account].signs] or accounts
    if len(signing) > 1:
        raise InputError(f"--key {party}: it has {len(signing)} accounts; give each a key, as --key {signing[0]}=FILE")
    return signing[0]


def _there(accounts: Mapping[str, Account]) -> str:
    found = ", ".join(f"{one.party} ({account})" if one.party else account for account, one in accounts.items())
    return f"there is {found or 'none'}"


def made_for(parties: Container[str], keys: Container[str], accounts: Mapping[str, Account]) -> dict[str, bytes]:
    """A seed made for this run for each account of these parties that has no key.

    An account that the recorded node did not know stays as it is: the live node shall not know it either.
    """
    return {
        account: os.urandom(SEED_SIZE)
        for account, one in accounts.items()
        if one.party in parties and one.known and account not in keys
    }


def read_key(file: Path) -> bytes:
    """The 32-byte seed in a file.

    Raises:
        InputError: there is none, or it cannot be read.
    """
    try:
        text = file.read_text(encoding="utf-8-sig").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise InputError(f"cannot read the key: {reason}", file=str(file)) from error
    if _HEX.fullmatch(text):
        return bytes.fromhex(text)[:SEED_SIZE]
    seed = next(filter(None, (profile.seed_of(text) for profile in PROFILES.values())), b"")
    if not seed:
        raise InputError("holds no key; write the 32-byte seed into it, in hex or encoded", file=str(file))
    return seed
