"""Who is who in a capture: whose account is whose, and who made each signature.

Rule: nothing is guessed: a name stands for an account where a URL says so, or a signature that its party added.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from recorder.profiles.aeternity import chain
from recorder.profiles.aeternity.encoded import decoded, texts
from recorder.profiles.parts import Identities, Said

ACCOUNT, TRANSACTION = "ak_", "tx_"


@dataclass(frozen=True)
class Signers(Identities):
    """Accounts of parties, and makers of signatures.

    Args:
        signers: by signature (hex), the party, network id and domain it was made for.
    """

    signers: Mapping[str, chain.Attribution] = field(default_factory=dict)


def identities(said: Iterable[Said], networks: Iterable[str] = ()) -> Signers:
    """Find out who is who.

    Args:
        said: the frames and openings of a capture, in order.
        networks: ids of networks, besides the known ones, that its signatures may have been made for.
    """
    accounts: dict[str, str] = {}
    first: dict[str, Said] = {}  # every encoded text, and where it came first
    for one in said:
        if one.opens:
            account = one.message.get(f"{one.party}_id", "")
            if account.startswith(ACCOUNT):
                accounts.setdefault(one.party, account)
            found = texts(list(one.message.values()))
        else:
            found = texts(one.message)
        for text in found:
            first.setdefault(text, one)
    made = _attributed(first, networks)
    for text, one in first.items():
        if one.to_node and not one.opens and text.startswith(TRANSACTION):
            for attribution in made.get(text, ()):
                accounts.setdefault(one.party, attribution.key)
    names = {account: party for party, account in accounts.items()}
    signers = {one.signature: one._replace(signer=names.get(one.key, "")) for found in made.values() for one in found}
    return Signers(accounts, signers)


def networks(known: Identities) -> frozenset[str]:
    """The networks that a capture's signatures were made for."""
    made = known.signers.values() if isinstance(known, Signers) else ()
    return frozenset(one.network_id for one in made) - {""}


def _attributed(first: Mapping[str, Said], networks: Iterable[str]) -> dict[str, list[chain.Attribution]]:
    """The signatures of each transaction that are new in it and of a known key."""
    transactions = {text: read for text in first if text.startswith(TRANSACTION) and (read := decoded(text))}
    candidates = {text for text in first if text.startswith(ACCOUNT) and decoded(text) is not None}
    for read in transactions.values():
        candidates |= {text for text in texts(_plain(read.value)) if text.startswith(ACCOUNT)}
    verifier = chain.Verifier(
        {account: account for account in candidates}, (*networks, *chain.LOCAL_NETWORK_IDS, *chain.NETWORK_IDS)
    )
    known: set[str] = set()
    made: dict[str, list[chain.Attribution]] = {}
    for text, read in transactions.items():
        for one in verifier.verify(read, known):
            known.add(one.signature)
            if one.key:
                made.setdefault(text, []).append(one)
    return made


def _plain(value: Any) -> Any:
    """A decoded value without its long opaque parts, to look for accounts in."""
    return {name: item for name, item in value.items() if name != "hex"} if isinstance(value, dict) else value
