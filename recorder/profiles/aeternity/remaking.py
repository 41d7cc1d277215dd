"""Rebuilds transactions for a live run: with live values, signed by the same party in the same domain.

Rule: what cannot be rebuilt (a signature by an unknown key) is kept and reported once, with its place.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from recorder.errors import DecodeError, InputError
from recorder.profiles.aeternity import chain
from recorder.profiles.aeternity.chain.signatures import signature
from recorder.profiles.aeternity.derived import Sources, derive, foresee
from recorder.profiles.aeternity.encoded import (
    ACCOUNT,
    NONCE,
    PROOFS,
    STRUCTURED,
    TREES,
    UNSIGNED,
    decoded,
    live_of,
    nonce_of,
)
from recorder.profiles.aeternity.identities import signers_of
from recorder.profiles.aeternity.protocol import ENCODED_TEXT, NUMBERS, TEXTS
from recorder.profiles.parts import Played, Substitution


class Remaking(Substitution):
    """The protocol's part in one run."""

    def __init__(self, played: Played) -> None:
        super().__init__(played.bindings)
        self._identities, self._keys = played.identities, played.keys
        self.signs = bool(played.keys)
        self._network_id, self._say = played.network_id, played.say
        self._signers = signers_of(played.identities)
        self._said: set[str] = set()
        self._made: dict[str, tuple[int, str]] = {}  # live forms, and the version of the bindings that they are of
        self._usual: dict[str, str] = {}  # each party's first account that the node knew
        for account, one in self._identities.accounts.items():
            if one.known and one.sessions:
                self._usual.setdefault(one.party, account)
        for account, seed in self._keys.items():
            self.bindings.bind(ACCOUNT, account, chain.account_of(seed))

    def opened(self, recorded: Mapping[str, str], live: Mapping[str, str]) -> None:
        """The accounts in the live URL stand for those in the recorded one, or else for those of the parties."""
        for party, account in self._usual.items():
            if came := live.get(f"{party}_id"):
                self.bindings.bind(ACCOUNT, recorded.get(f"{party}_id", account), came)

    def matched(self, gist: Sources) -> None:
        """Ids follow from the transactions in it."""
        derive(gist, self.bindings)

    def asking(self, recorded: Any, session: int) -> None:
        """A nonce that is asked for is as far from the account's others as it was."""
        foresee(recorded, self._identities.of_session(session), self.bindings)

    def parameters(self, party: str) -> dict[str, str]:
        """The role and the accounts."""
        return {"role": party} | {f"{name}_id": self.text(account) for name, account in self._usual.items()}

    def text(self, recorded: str) -> str:
        """The live form of an encoded string."""
        prefix = recorded[:2]
        bound = live_of(self.bindings, recorded)
        if bound is not None:
            return bound
        if prefix not in STRUCTURED:
            return recorded
        version, live = self._made.get(recorded, (-1, ""))
        if version != self.bindings.version:
            live = self._make(recorded, prefix)
            self._made[recorded] = self.bindings.version, live
        return live

    def _make(self, recorded: str, prefix: str) -> str:
        if (read := decoded(recorded)) is None:
            return recorded
        value = self._value(read.value, "")
        if value == read.value:
            return recorded
        try:
            live = chain.encode(value, prefix)
        except (InputError, DecodeError) as error:
            self._tell(f"{recorded[:20]}… cannot be rewritten: {error}")
            return recorded
        self.bindings.bind(prefix, recorded, live)
        return live

    def _value(self, value: Any, field: str) -> Any:
        """The live form of a decoded value."""
        if isinstance(value, dict):
            return self._object(value)
        if isinstance(value, list):
            return [self._value(item, field) for item in value]
        if isinstance(value, str):
            if ENCODED_TEXT.fullmatch(value) and value[:2] not in PROOFS:
                return self.text(value)
            volatile = field in TEXTS
        else:
            volatile = field in NUMBERS and not isinstance(value, bool)
        bound = self.bindings.get(field, value) if volatile else None
        return value if bound is None else bound

    def _object(self, value: dict[str, Any]) -> dict[str, Any]:
        if value.get("type") in TREES:  # with other ids in it, its hashes would prove nothing
            return value
        if "fields" not in value:
            return {name: self._value(item, name) for name, item in value.items()}
        fields = {
            name: self._nonce(value["fields"]) if name == NONCE else self._value(item, name)
            for name, item in value["fields"].items()
            if name != "signatures"
        }
        if "signatures" in value["fields"]:
            fields["transaction"] = self._transaction(value["fields"]["transaction"], fields["transaction"])
            signatures = self._signatures(value["fields"]["signatures"], fields["transaction"], value)
            fields = {"signatures": signatures, **fields}
        return value | {"fields": fields}

    def _nonce(self, fields: dict[str, Any]) -> Any:
        live = self.bindings.get(nonce_of(fields), fields[NONCE])
        return fields[NONCE] if live is None else live

    def _transaction(self, recorded: dict[str, Any], made: dict[str, Any]) -> dict[str, Any]:
        """The live form of what is signed: as it came if it has come, else as it is made here."""
        live = self.bindings.get(UNSIGNED, chain.encode_object(recorded))
        return chain.decode_object(live) if live else made

    def _signatures(self, recorded: list[str], transaction: dict[str, Any], signed: dict[str, Any]) -> list[str]:
        if not recorded:
            return recorded
        unsigned = chain.encode_object(transaction)
        changed = transaction != signed["fields"]["transaction"]
        live = [self._signature(one, unsigned, changed=changed) for one in recorded]
        return sorted(live) if recorded == sorted(recorded) else live

    def _signature(self, recorded: str, unsigned: bytes, *, changed: bool) -> str:
        bound = self.bindings.get("sg", recorded)
        if bound is not None:
            return str(bound)
        made = self._sign(recorded, unsigned)
        if made:
            self.bindings.bind("sg", recorded, made)
            return made
        if changed:
            self._tell(
                f"signature {recorded[:16]}… is by an unknown key: kept, although the signed transaction has changed"
            )
        return recorded

    def _sign(self, recorded: str, unsigned: bytes) -> str:
        made = self._signers.get(recorded)
        if made is None or made.key not in self._keys:
            return ""
        network = self._network_id or made.network_id
        return signature(unsigned, self._keys[made.key], network, domain=made.domain, inner=made.inner).hex()

    def _tell(self, text: str) -> None:
        if text not in self._said:
            self._said.add(text)
            self._say(text)
