"""What a capture has told so far: whose account is whose, which networks, functions, channels and states there are.

Rule: learnt only from what proves it: the session's URL, a create transaction, a signature that a party added to what
its node asked it to sign. Everything is bounded.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import suppress
from urllib.parse import unquote

from recorder.errors import RecorderError
from recorder.profiles.aeternity import chain
from recorder.profiles.aeternity.annotation.fate_text import call_text
from recorder.profiles.aeternity.annotation.lru import Remembered
from recorder.profiles.aeternity.annotation.values import Signature
from recorder.profiles.aeternity.annotation.words import short_id
from recorder.profiles.aeternity.chain import Attribution, Encoded, SignedPart, Verifier
from recorder.profiles.aeternity.protocol import ROLES

MANY_SESSIONS, MANY_ACCOUNTS, MANY_SYMBOLS, MANY_LABELS = 1024, 16, 4096, 4096
MANY_KEYS = 8
Fitting = tuple[bytes, bytes, bool]
Asked = tuple[bytes, bytes, bool, frozenset[str]]
_ACCOUNT = re.compile(rb"ak_[1-9A-HJ-NP-Za-km-z]{30,60}")
_PARTY = re.compile(rf"[?&]({'|'.join(sorted(ROLES))})_id=(ak_[1-9A-HJ-NP-Za-km-z]+)")


class Known:
    """What is known besides the transactions themselves.

    Args:
        keys: accounts by name, as the user gave them.
        network_ids: to try before the usual ones.
    """

    def __init__(self, keys: Mapping[str, str], network_ids: Iterable[str]) -> None:
        self.given = {account: name for name, account in keys.items()}
        self.networks = [*dict.fromkeys((*network_ids, *chain.NETWORK_IDS, *chain.LOCAL_NETWORK_IDS))]
        self.symbols: Remembered[str, str] = Remembered(MANY_SYMBOLS)
        self.labels: Remembered[str, str] = Remembered(MANY_LABELS)  # of ids and hashes: what they are of
        self.accounts: Remembered[str, set[str]] = Remembered(MANY_ACCOUNTS)  # seen lately, with their names
        self._sessions: Remembered[int, Voice] = Remembered(MANY_SESSIONS)
        self.attributed: Remembered[Fitting, Attribution] = Remembered(MANY_LABELS)  # what fits, fits in every session
        self._by_account: Remembered[Asked, Attribution] = Remembered(MANY_LABELS)
        for name, account in keys.items():
            Verifier({name: account})  # an account that is none is the user's to mend

    def session(self, number: int) -> Voice:
        """What is known in a session."""
        known = self._sessions.recall(number)
        return known if known is not None else self._sessions.keep(number, Voice(self))

    def opened(self, number: int, url: str) -> Voice:
        """Learn the parties' accounts from a session's URL."""
        voice = self.session(number)
        for role, account in _PARTY.findall(unquote(url)):
            voice.learn(role, account)
        return voice

    def saw(self, account: str) -> None:
        """Remember that there is such an account: a signature may be its."""
        if self.accounts.recall(account) is None:
            self.accounts.keep(account, set())

    def saw_all(self, payloads: Iterable[bytes]) -> None:
        """Remember the accounts that these payloads speak of most."""
        counts: Counter[bytes] = Counter()
        for payload in payloads:
            counts.update(_ACCOUNT.findall(payload))
            if len(counts) > MANY_LABELS:
                counts = Counter(dict(counts.most_common(MANY_LABELS // 2)))
        for account, _count in reversed(counts.most_common(2 * MANY_ACCOUNTS)):
            with suppress(RecorderError):  # cut short in a sentence, perhaps
                Verifier({"": account.decode()})
                self.saw(account.decode())

    def by_account(self, signature: bytes, part: SignedPart, accounts: Iterable[str]) -> Attribution:
        """Attribute a signature of nobody known by name to one of the accounts that were seen."""
        candidates = {account: account for account in (*accounts, *reversed(self.accounts))}
        asked = (signature, chain.blake2b(part.transaction), part.inner, frozenset(candidates))
        if (known := self._by_account.recall(asked)) is not None:
            return known
        found = Verifier(candidates, self.networks).attribute(signature, part.transaction, inner=part.inner)
        return self._by_account.keep(asked, found)

    def confirmed(self, network_id: str) -> None:
        """Try a network id first from now on: a signature fits it."""
        if self.networks[0] != network_id:
            self.networks.remove(network_id)
            self.networks.insert(0, network_id)


class Voice:
    """How things are called in one session; a `Say`."""

    def __init__(self, known: Known) -> None:
        self._known = known
        self._names: dict[str, str] = {}
        self._verifier: Verifier | None = None

    @property
    def symbols(self) -> Mapping[str, str]:
        """Names of contract functions by hash."""
        return self._known.symbols

    def learn(self, name: str, account: str) -> None:
        """Know whose account this is, in this session."""
        if not name or self._names.get(account) == name or len(self._names) >= MANY_KEYS:
            return
        try:
            Verifier({name: account})
        except RecorderError:  # traffic may hold an account that is none
            return
        self._names[account] = name
        self._known.saw(account)
        self._known.accounts[account].add(name)
        self._verifier = None

    def alias(self, identity: str) -> str:
        """The printed name of an account: the one given, the session's own, the only one it has elsewhere."""
        name = self._known.given.get(identity) or self._names.get(identity)
        if name:
            return name
        elsewhere = self._known.accounts.get(identity) or ()
        return next(iter(elsewhere)) if len(elsewhere) == 1 else self._known.labels.get(identity, "")

    def name(self, identity: str) -> str:
        """The printed name, or a short form of the id."""
        known = self.alias(identity) if identity.startswith("ak_") else ""
        return known or short_id(identity)

    def call(self, data: str) -> str:
        """The function call in contract data."""
        try:
            source: str | Encoded = data if data.startswith("cb_") else Encoded("cb", bytes.fromhex(data))
            call = chain.decode(source).call(self.symbols)
        except (RecorderError, ValueError):
            return ""
        return call_text(call) if call is not None else ""

    def signature(self, signature: bytes, part: SignedPart, accounts: Iterable[str]) -> Signature:
        """Who made a signature, as far as any key that is known can tell."""
        fitting = (signature, chain.blake2b(part.transaction), part.inner)
        found = self._known.attributed.recall(fitting)
        if found is None:
            found = self._attribute(signature, part, accounts)
            if not found.key:
                return Signature("", hex=found.signature)
            self._known.attributed.keep(fitting, found)
            self._known.confirmed(found.network_id)
        return Signature(self.name(found.key), found.key, found.network_id, hex=found.signature)

    def _attribute(self, signature: bytes, part: SignedPart, accounts: Iterable[str]) -> Attribution:
        """Try the session's keys and those given, then the accounts that were seen."""
        if self._verifier is None:
            keys = {account: account for account in (*self._names, *self._known.given)}
            self._verifier = Verifier(keys, self._known.networks)
        found = self._verifier.attribute(signature, part.transaction, inner=part.inner)
        return found if found.key else self._known.by_account(signature, part, accounts)

    def learn_symbols(self, symbols: Mapping[str, str]) -> None:
        """Know names of contract functions by hash; a name fits its hash, so it is the same everywhere."""
        for hashed, name in symbols.items():
            self._known.symbols.keep(hashed, name)
