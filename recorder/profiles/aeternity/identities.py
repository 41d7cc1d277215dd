"""The accounts of a capture's parties, and the signer of each signature.

Rule: nothing is guessed: an account belongs to a party if a URL says so, or a signature that the party added.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from recorder.profiles.aeternity import chain
from recorder.profiles.aeternity.causes import NOT_FOUND, codes
from recorder.profiles.aeternity.encoded import decoded, texts
from recorder.profiles.parts import Account, Identities, Said


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
    opened: dict[int, Said] = {}
    strange: set[int] = set()  # sessions that were refused because an account was not known
    first: dict[str, Said] = {}  # every encoded text, and where it came first
    for one in said:
        if one.opens:
            opened[one.session] = one
            found = texts(list(one.message.values()))
        else:
            found = texts(one.message)
            if not one.to_node and _says_unknown(one.message):
                strange.add(one.session)
        for text in found:
            first.setdefault(text, one)
    made = _attributed(first, networks)
    sessions, parties = _of_sessions(opened, first, made)
    signing = dict.fromkeys(one.key for found in made.values() for one in found)
    unknown = _unknown(opened, strange)
    accounts = {
        account: Account(
            parties.get(account, ""),
            frozenset(session for session, its in sessions.items() if its == account),
            account in signing,
            account not in unknown,
        )
        for account in dict.fromkeys((*parties, *signing))
    }
    signers = {one.signature: one._replace(signer=parties.get(one.key, "")) for found in made.values() for one in found}
    return Signers(accounts, signers)


def _of_sessions(
    opened: Mapping[int, Said], first: Mapping[str, Said], made: Mapping[str, list[chain.Attribution]]
) -> tuple[dict[int, str], dict[str, str]]:
    """The account of each session, and the party of each account: the one that had it first."""
    sessions: dict[int, str] = {}
    parties: dict[str, str] = {}
    for session, one in opened.items():
        account = one.message.get(f"{one.party}_id", "")
        if account.startswith("ak_"):
            sessions[session] = account
            parties.setdefault(account, one.party)
    for text, one in first.items():
        if one.to_node and not one.opens and text.startswith("tx_"):
            for attribution in made.get(text, ()):
                if one.session not in sessions and parties.setdefault(attribution.key, one.party) == one.party:
                    sessions[one.session] = attribution.key
    return sessions, parties


def _says_unknown(message: Any) -> bool:
    error = message.get("error") if isinstance(message, dict) else None
    return isinstance(error, dict) and NOT_FOUND in codes(error)


def _unknown(opened: Mapping[int, Said], strange: Container[int]) -> set[str]:
    """The accounts that only sessions name in which the node did not know an account."""
    named: dict[bool, set[str]] = {True: set(), False: set()}
    for session, one in opened.items():
        named[session in strange] |= {value for value in one.message.values() if value.startswith("ak_")}
    return named[True] - named[False]


def signers_of(known: Identities) -> Mapping[str, chain.Attribution]:
    """Who made each signature (hex) of a capture; nothing if nobody looked."""
    return known.signers if isinstance(known, Signers) else {}


def networks(known: Identities) -> frozenset[str]:
    """The networks that a capture's signatures were made for."""
    return frozenset(one.network_id for one in signers_of(known).values()) - {""}


def _attributed(first: Mapping[str, Said], networks: Iterable[str]) -> dict[str, list[chain.Attribution]]:
    """The signatures of each transaction that are new in it and of a known key."""
    transactions = {text: read for text in first if text.startswith("tx_") and (read := decoded(text))}
    candidates = {text for text in first if text.startswith("ak_") and decoded(text) is not None}
    for read in transactions.values():
        candidates |= {text for text in texts(_plain(read.value)) if text.startswith("ak_")}
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
