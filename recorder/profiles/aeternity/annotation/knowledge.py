"""What is known from a capture so far: the parties' accounts, networks, functions, channels and states.

Rule: learnt only from proofs: the session's URL, a create transaction, a signature that a party added to what its node
asked it to sign. Everything is bounded.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import suppress
from urllib.parse import unquote

from recorder.errors import RecorderError
from recorder.model import Opened, unnamed
from recorder.profiles.aeternity import chain
from recorder.profiles.aeternity.annotation.text_contents import Signed
from recorder.profiles.aeternity.annotation.tree import Fields
from recorder.profiles.aeternity.annotation.values import Signature
from recorder.profiles.aeternity.annotation.words import call_text, short_id
from recorder.profiles.aeternity.chain import Attribution, Encoded, Verifier
from recorder.profiles.aeternity.chain.signatures import account_bytes
from recorder.profiles.aeternity.protocol import ROLES
from recorder.profiles.annotation import MANY_SESSIONS
from recorder.profiles.remembered import MUCH_TEXT, Remembered

MANY_ACCOUNTS, MANY_SYMBOLS, MANY_LABELS = 16, 4096, 4096
MANY_KEYS = 8

_ACCOUNT = re.compile(rb"ak_[1-9A-HJ-NP-Za-km-z]{30,60}")
_PARTY = re.compile(rf"[?&]({'|'.join(sorted(ROLES))})_id=(ak_[1-9A-HJ-NP-Za-km-z]+)")


class CaptureKnowledge:
    """What is known in all sessions of a capture, besides the transactions.

    Args:
        keys: accounts by name, as the user gave them.
        network_ids: to try before the usual ones.
    """

    def __init__(self, keys: Mapping[str, str], network_ids: Iterable[str]) -> None:
        self.given = {account: name for name, account in keys.items()}
        self.networks = [*dict.fromkeys((*network_ids, *chain.LOCAL_NETWORK_IDS, *chain.NETWORK_IDS))]
        self.symbols: Remembered[str, str] = Remembered(MANY_SYMBOLS)
        self.labels: Remembered[str, str] = Remembered(MANY_LABELS)  # of ids and hashes: what they are of
        self.accounts: Remembered[str, set[str]] = Remembered(MANY_ACCOUNTS)  # seen lately, with their names
        self.functions = 0  # how often a name in `symbols` was new
        self.shown: Remembered[str, Fields] = Remembered(MANY_LABELS, MUCH_TEXT, len)
        self._sessions: Remembered[int, SessionKnowledge] = Remembered(MANY_SESSIONS)
        self._attributed: Remembered[tuple[bytes, bytes, bool], tuple[Attribution, frozenset[str]]] = Remembered(
            MANY_LABELS
        )
        for account in keys.values():
            account_bytes(account)  # an InputError if it is not an account

    def session(self, number: int) -> SessionKnowledge:
        """What is known in a session."""
        known = self._sessions.recall(number)
        return known if known is not None else self._sessions.keep(number, SessionKnowledge(self, unnamed(number)))

    def opened(self, event: Opened) -> SessionKnowledge:
        """Learn what a session's party is called, and the parties' accounts from its URL."""
        session = self.session(event.session)
        session.party = event.role or event.party
        for role, account in _PARTY.findall(unquote(event.url)):
            session.learn(role, account)
        return session

    def saw(self, account: str) -> None:
        """Remember an account: a signature may be by it."""
        if self.accounts.recall(account) is None:
            self.accounts.keep(account, set())

    def saw_all(self, payloads: Iterable[bytes]) -> None:
        """Remember the accounts that these payloads name most often."""
        counts: Counter[bytes] = Counter()
        for payload in payloads:
            counts.update(_ACCOUNT.findall(payload))
            if len(counts) > MANY_LABELS:
                counts = Counter(dict(counts.most_common(MANY_LABELS // 2)))
        for account, _count in reversed(counts.most_common(2 * MANY_ACCOUNTS)):
            with suppress(RecorderError):  # cut short in a sentence, perhaps
                account_bytes(account.decode())
                self.saw(account.decode())

    def attribute(
        self, signature: bytes, signed: Signed, verifier: Verifier, tried: frozenset[str], accounts: Iterable[str]
    ) -> Attribution:
        """Who made a signature; it is remembered, since a key that fits in one session fits in all.

        Args:
            signature: the signature.
            signed: what it signs.
            verifier: of the accounts that have names, which are tried first.
            tried: those accounts.
            accounts: others to try, before those that were seen lately.
        """
        key = signature, signed.hash, signed.part.inner
        found, before = self._attributed.recall(key) or (None, frozenset())
        if found is not None and found.key:
            return found
        others = {account: account for account in (*accounts, *reversed(self.accounts))}
        if found is not None and before >= tried.union(others):
            return found
        transaction, inner = signed.part.transaction, signed.part.inner
        found = verifier.attribute(signature, transaction, inner=inner)
        if not found.key:
            found = Verifier(others, self.networks).attribute(signature, transaction, inner=inner)
        self._attributed.keep(key, (found, frozenset() if found.key else tried.union(others)))
        if found.key:
            self._confirmed(found.network_id)
        return found

    def _confirmed(self, network_id: str) -> None:
        """Try a network id first from now on: a signature fits it."""
        if self.networks[0] != network_id:
            self.networks.remove(network_id)
            self.networks.insert(0, network_id)


class SessionKnowledge:
    """The names of accounts, ids and functions in one session; a `Say`.

    Attributes:
        party: the name that the account of the session's party gets.
        symbols: names of contract functions by hash.
        shown: the fields of texts that were shown before.
    """

    def __init__(self, capture: CaptureKnowledge, party: str) -> None:
        self._capture, self.party = capture, party
        self.symbols: Mapping[str, str] = capture.symbols
        self.shown = capture.shown
        self._names: dict[str, str] = {}
        self._tried: frozenset[str] = frozenset()
        self._verifier: Verifier | None = None

    @property
    def functions(self) -> int:
        """How often a function's name was learnt: while this number stays, functions have the same names."""
        return self._capture.functions

    def learn(self, name: str, account: str) -> None:
        """Remember whose account this is, in this session."""
        if not name or self._names.get(account) == name or len(self._names) >= MANY_KEYS:
            return
        try:
            account_bytes(account)
        except RecorderError:  # traffic may name what is not an account
            return
        self._names[account] = name
        self._capture.saw(account)
        self._capture.accounts[account].add(name)
        self._verifier = None

    def alias(self, identity: str) -> str:
        """The printed name: the one given by the user, that of this session, or its only one in others; else empty."""
        name = self._capture.given.get(identity) or self._names.get(identity)
        if name:
            return name
        elsewhere = self._capture.accounts.get(identity) or ()
        return next(iter(elsewhere)) if len(elsewhere) == 1 else self._capture.labels.get(identity, "")

    def name(self, identity: str) -> str:
        """The printed name, or a short form of the id."""
        known = self.alias(identity) if identity.startswith("ak_") else ""
        return known or short_id(identity)

    def call(self, data: str) -> str:
        """The function call in contract data; empty if it is none."""
        try:
            source: str | Encoded = data if data.startswith("cb_") else Encoded("cb", bytes.fromhex(data))
            call = chain.decode(source).call(self.symbols)
        except (RecorderError, ValueError):
            return ""
        return call_text(call) if call is not None else ""

    def signature(self, signature: bytes, signed: Signed, accounts: Iterable[str]) -> Signature:
        """Who made a signature, if a known key fits it."""
        if self._verifier is None:
            keys = {account: account for account in (*self._names, *self._capture.given)}
            self._verifier, self._tried = Verifier(keys, self._capture.networks), frozenset(keys)
        found = self._capture.attribute(signature, signed, self._verifier, self._tried, accounts)
        if not found.key:
            return Signature("", hex=found.signature)
        return Signature(self.name(found.key), found.key, found.network_id, hex=found.signature)

    def learn_symbols(self, symbols: Mapping[str, str]) -> None:
        """Remember names of contract functions by hash; the hash is made from the name, so all sessions have the same."""
        known = self._capture.symbols
        for hashed, name in symbols.items():
            self._capture.functions += known.get(hashed) != name
            known.keep(hashed, name)
