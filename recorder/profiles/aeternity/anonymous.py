"""Makes a capture's accounts, ids and hashes anonymous, inside of transactions too.

Rule: a party's account gets a key that follows from the party's name, any other account one that follows from the order
of appearance: the same capture always becomes the same. Ids, state hashes and signatures are computed from the new
accounts as the chain computes them, so that all of it can be verified as before.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from recorder.errors import DecodeError, InputError
from recorder.jsonrpc import json_text
from recorder.profiles.aeternity import chain
from recorder.profiles.aeternity.derived import derive, sources
from recorder.profiles.aeternity.encoded import ACCOUNT, PROOFS, STRUCTURED, TREES, decoded, prefix_of
from recorder.profiles.aeternity.protocol import ENCODED_TEXT, TEXTS
from recorder.profiles.aeternity.remaking import Remaking
from recorder.profiles.parts import Live, Played, Said, Substitution

KEY_SIZE = 32
SIGNATURE = "sg"
STATE_HASH = "st"
STRANGER = "account"
"""The name for accounts of no party."""

DERIVED = frozenset({"ch", "ct"})
"""Ids that follow from a transaction, if that is in the capture."""

_BYTES = re.compile(r"(?:[0-9a-f]{2}){32,}")
_HASH = re.compile(r"[0-9a-f]{64}")


def seed_for(name: str, number: int = 1) -> bytes:
    """The seed of a party's key in an anonymised capture: of its first account, or of a further one."""
    return made_up(f"key {number} of {name}", KEY_SIZE)


def made_up(label: str, size: int) -> bytes:
    """Bytes that follow from a label alone."""
    return hashlib.shake_256(f"recorder anonymise {label}".encode()).digest(size)


def anonymous(said: Iterable[Said], played: Played, fresh: Callable[[], Live]) -> Substitution:
    """The substitution that makes encoded texts anonymous.

    Args:
        said: the frames and openings of a capture, in order.
        played: the parties of the capture; its bindings learn the anonymous forms.
        fresh: makes bindings for trials.
    """
    messages = [one.message for one in said]
    found = list(dict.fromkeys(text for message in messages for text in _texts(message)))
    contracts = {chain.decode_text(text)[1] for text in found if text[:2] in DERIVED}
    seeds: dict[str, bytes] = {}
    named: Counter[str] = Counter()
    for text in found:
        if (
            text.startswith("ak_") and chain.decode_text(text)[1] not in contracts
        ):  # a contract's account has the bytes of its id
            told = played.identities.accounts.get(text)
            name = told.party if told is not None and told.party else STRANGER
            named[name] += 1
            seeds[text] = seed_for(name, named[name])
    learnt = Anonymous(played._replace(keys=seeds, bindings=fresh()))
    for message in messages:
        gist = sources(message)
        for text in gist.transactions:
            learnt.text(text)
        derive(gist, learnt.bindings)
    made = Anonymous(played._replace(keys=seeds))
    made.know(found, learnt.bindings)
    return made


def _texts(value: Any) -> Iterator[str]:
    """The encoded texts in a JSON value, and in what they hold, in their order."""
    for text in ENCODED_TEXT.findall(json_text(value)):
        if not (prefix := prefix_of(text)):
            continue
        yield text
        if prefix in STRUCTURED | PROOFS and (read := decoded(text)) is not None:
            yield from _texts(read.value)
            for tree in _trees(read.value):
                yield from _texts(_held(tree))


def _trees(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        if value.get("type") in TREES:
            yield value
        else:
            for item in value.values():
                yield from _trees(item)
    elif isinstance(value, list):
        for item in value:
            yield from _trees(item)


def _held(tree: dict[str, Any]) -> Mapping[str, Any]:
    try:
        return chain.held(tree)
    except (DecodeError, InputError):
        return {}


class Anonymous(Remaking):
    """The protocol's part in making a capture anonymous."""

    def __init__(self, played: Played) -> None:
        super().__init__(played)
        self._raw: dict[bytes, bytes] = {}
        self._known: re.Pattern[bytes] | None = None
        self._count = 0
        for account, seed in self._keys.items():
            self._is(ACCOUNT, account, chain.account_of(seed))

    def know(self, texts: Iterable[str], learnt: Live) -> None:
        """Give every id and hash its anonymous form.

        Args:
            texts: all encoded texts of the capture, in order.
            learnt: ids that follow from transactions.
        """
        texts = [*texts]
        ids = [text for text in texts if text[:2] not in STRUCTURED | PROOFS | {SIGNATURE}]
        for text in (one for one in ids if one[:2] in DERIVED):
            self._is(text[:2], text, learnt.get(text[:2], text) or self._other(text))
        for text in (one for one in ids if one[:2] not in DERIVED | {STATE_HASH}):
            self._is(text[:2], text, self._other(text))
        self._hash_trees(texts)
        for text in (one for one in ids if one[:2] == STATE_HASH):
            self._is(text[:2], text, self._other(text))

    def text(self, recorded: str) -> str:
        """The anonymous form of an encoded text, or of a key or hash in hexadecimal digits."""
        if _HASH.fullmatch(recorded):
            return self._hash(recorded)
        prefix = prefix_of(recorded)
        if not prefix or prefix in STRUCTURED:
            return super().text(recorded) if prefix else recorded
        if (bound := self.bindings.get(prefix, recorded)) is not None:
            return str(bound)
        if prefix in PROOFS and (read := decoded(recorded)) is not None:
            live = chain.encode(self._value(read.value, ""), prefix)
        elif prefix == SIGNATURE:
            data = chain.decode_text(recorded)[1]
            live = chain.encode_text(prefix, bytes.fromhex(self._signature(data.hex(), b"", changed=False)))
        else:
            live = self._other(recorded)
        self._is(prefix, recorded, live)
        return live

    def _is(self, prefix: str, recorded: str, live: str) -> None:
        self.bindings.bind(prefix, recorded, live)
        before, after = chain.decode_text(recorded)[1], chain.decode_text(live)[1]
        if len(before) == len(after) == KEY_SIZE:
            self._raw[before], self._known = after, None

    def _other(self, text: str) -> str:
        """The anonymous form of an id: of the key or hash in it, under any prefix."""
        prefix, data = chain.decode_text(text)
        return chain.encode_text(prefix, self._raw.get(data) or self._made_up(prefix, len(data)))

    def _made_up(self, kind: str, size: int) -> bytes:
        self._count += 1
        return made_up(f"{kind} {self._count}", size)

    def _hash_trees(self, texts: Iterable[str]) -> None:
        """Give the state hashes of trees their form: transactions have these hashes."""
        read = filter(None, map(decoded, texts))
        for tree in (tree for one in read for tree in _trees(one.value) if tree["type"] in chain.STATES):
            try:
                before, after = chain.state_hash(tree), chain.state_hash(self._value(tree, ""))
            except (DecodeError, InputError):
                continue
            self._is(STATE_HASH, before, after)

    def _value(self, value: Any, field: str) -> Any:
        if isinstance(value, str):
            if ENCODED_TEXT.fullmatch(value) and value[:2] in PROOFS:
                return self.text(value)
            if field in TEXTS and _HASH.fullmatch(value):
                return self._hash(value)
            if _BYTES.fullmatch(value):
                return self._within(bytes.fromhex(value)).hex()
        return super()._value(value, field)

    def _object(self, value: dict[str, Any]) -> dict[str, Any]:
        if value.get("type") in TREES:
            return chain.remade(value, self._leaf, self._hash)
        return super()._object(value)

    def _hash(self, recorded: str) -> str:
        raw = bytes.fromhex(recorded)
        if raw not in self._raw:
            self._raw[raw], self._known = self._made_up("hash", len(raw)), None
        return self._raw[raw].hex()

    def _within(self, data: bytes) -> bytes:
        """Bytes with the anonymous form of every key, id and hash in them; their lengths stay."""
        if self._known is None:
            self._known = re.compile(b"|".join(map(re.escape, self._raw)), re.DOTALL)
        return self._known.sub(lambda found: self._raw[found[0]], data) if self._raw else data

    def _leaf(self, tree: str, key: bytes, data: bytes) -> tuple[bytes, bytes]:
        new = self._within(data)
        if tree == "calls" and len(key) == 2 * KEY_SIZE:
            try:
                call = chain.decode_object(new)["fields"]
            except DecodeError:
                return self._within(key), new
            made = chain.contract_call_id(call["caller_id"], call["caller_nonce"], call["contract_id"])
            self._raw[key[KEY_SIZE:]], self._known = made, None
            new = self._within(data)
        return self._within(key), new

    def _signature(self, recorded: str, unsigned: bytes, *, changed: bool) -> str:
        bound = self.bindings.get(SIGNATURE, recorded)
        made = str(bound) if bound is not None else self._sign(recorded, unsigned)
        if not made:  # by an unknown key: nobody could verify it before either
            made = self._made_up("signature", len(recorded) // 2).hex()
        self.bindings.bind(SIGNATURE, recorded, made)
        return made
