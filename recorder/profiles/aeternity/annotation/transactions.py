"""Joins a transaction with what was seen before it: who has signed by now, what it makes, what became of it.

Rule: a fact is stated only when it was computed and compared; one that does not fit is stated with ✗.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from recorder.errors import RecorderError
from recorder.profiles.aeternity import chain
from recorder.profiles.aeternity.annotation.known import Known, Voice
from recorder.profiles.aeternity.annotation.lru import Remembered
from recorder.profiles.aeternity.annotation.texts import Content
from recorder.profiles.aeternity.annotation.values import Signature, Transaction
from recorder.profiles.aeternity.annotation.words import Words, transaction

MANY_TRANSACTIONS = 4096
MANY_SIGNATURES = 64
MOST_ACCOUNTS = 8
MOST_SIGNATURES = 16
"""Signatures of one text that are held against keys: the chain wants two, and each may cost a hundred trials."""


OWN = {"channels.sign.withdraw_tx": "to_id", "channels.sign.deposit_tx": "from_id"}
"""What a node asks a party to sign for itself, and the field that names the party's account."""

BESIDE = frozenset({"channel_offchain_tx", "channel_force_progress_tx"})
"""What they change may stand beside them in the frame, not in them."""

OFF_CHAIN = frozenset({"channel_offchain_tx"})
"""What never gets a hash on the chain."""

HASH_DIGITS = 64
ON_CHAIN = "channels.on_chain_tx"
TO_SIGN = "channels.sign."


class Place(NamedTuple):
    """Where a text stands.

    Args:
        session: the session's number.
        party: the printed name of its client end.
        name: what its account is called once it is known.
        to_node: whether the party sent it.
        method: of the message.
        channels: the channel ids in the same frame.
        updates: what the node says the transaction changes.
        event: what the node says has happened, in its own word.
    """

    session: int = 0
    party: str = ""
    name: str = ""
    to_node: bool = False
    method: str = ""
    channels: frozenset[str] = frozenset()
    updates: tuple[Any, ...] = ()
    event: str = ""

    @property
    def codes(self) -> list[str]:
        """The compiled code among the updates."""
        return [u["code"] for u in self.updates if isinstance(u, dict) and isinstance(u.get("code"), str)]


@dataclass
class Sighting:
    """A transaction that was seen, whatever its signatures."""

    where: str
    signatures: set[str] = field(default_factory=set)
    authorised: set[str] = field(default_factory=set)  # generalised accounts
    asked: Remembered[int, frozenset[str]] = field(default_factory=lambda: Remembered(MOST_SIGNATURES))
    """By session, the signatures it had when that was asked to sign."""
    words: Words | None = None


class Transactions:
    """Remembers transactions by what stays the same when signatures are added.

    Args:
        known: whose account is whose.
    """

    def __init__(self, known: Known) -> None:
        self._known = known
        self._seen: Remembered[bytes, Sighting] = Remembered(MANY_TRANSACTIONS)

    def annotate(self, content: Content, place: Place, voice: Voice) -> tuple[Transaction, dict[str, Signature]]:
        """The transaction in a text, and every signature in it by its hex."""
        inner = content.inner
        assert inner is not None, "the caller looked"
        fields, kind = inner["fields"], inner["type"]
        sighting = self._seen.recall(content.identity)
        updates = [update for update in place.updates if isinstance(update, dict)] or _updates(fields)
        _learn(kind, fields, place, voice)
        signers = _signers(content, fields, voice)
        self._learn_signer(content, sighting, place, voice, signers)
        own = [signers[s.hex()] for s in content.signed.signatures] if content.signed is not None else []
        own += [Signature(voice.name(owner["ga_id"]), owner["ga_id"], generalised=True) for owner in content.owners]
        words = _words(inner, updates, voice, sighting)
        new = self._seen.keep(content.identity, sighting or Sighting(_where(place)))
        before = new.asked.get(place.session, new.signatures) if place.to_node else new.signatures
        added = [s for s in own if (s.hex not in before if s.hex else s.key not in new.authorised)]
        facts = [*_signed_facts(own, added, content, sighting), *self._outcome(content, updates, place, voice)]
        new.words = words
        if len(new.signatures) < MANY_SIGNATURES:
            new.signatures.update(s.hex for s in own[:MOST_SIGNATURES] if s.hex)
            new.authorised.update(s.key for s in own if s.generalised)
        if not place.to_node and place.method.startswith(TO_SIGN):
            new.asked.keep(place.session, frozenset(s.hex for s in own[:MOST_SIGNATURES]))
        wanted = content.signed.needed if content.signed is not None else 0
        return (
            Transaction(kind, fields, *words, wanted, tuple(own), tuple(added), content.hash, tuple(facts)),
            signers,
        )

    def _learn_signer(
        self,
        content: Content,
        sighting: Sighting | None,
        place: Place,
        voice: Voice,
        signers: dict[str, Signature],
    ) -> None:
        """Asked to sign by its node, a party gave it back with one more signature: that one is the party's."""
        before = sighting.asked.get(place.session) if sighting is not None else None
        if before is None or content.signed is None or not place.to_node:
            return
        added = [signature for s in content.signed.signatures if (signature := s.hex()) not in before]
        if len(added) != 1 or not (key := signers[added[0]].key) or voice.alias(key):
            return
        voice.learn(place.name, key)
        signers.update(
            (h, Signature(voice.name(s.key), s.key, s.network_id, hex=h)) for h, s in signers.items() if s.key == key
        )

    def _outcome(self, content: Content, updates: list[Any], place: Place, voice: Voice) -> Iterator[str]:
        """What the transaction makes, and whether what was seen agrees."""
        assert content.inner is not None
        kind, fields = content.inner["type"], content.inner["fields"]
        label = self._known.labels.keep
        try:
            if kind == "channel_create_tx":
                yield from self._channel(content, place)
            for identity, told in _made(content, updates, voice):
                label(identity, told)
                yield f"{told}: {identity}"
        except (RecorderError, KeyError, TypeError, AttributeError, ValueError, OverflowError):
            pass  # fields of an odd kind make nothing that could be said
        if isinstance(fields.get("state_hash"), str) and len(fields["state_hash"]) == HASH_DIGITS:
            state = chain.encode_text("st", bytes.fromhex(fields["state_hash"]))
            label(state, f"the state of round {fields['round']}" if "round" in fields else "the channel's first state")
        if (
            kind not in OFF_CHAIN
            and content.signed is not None
            and (have := len(content.signed.signatures) + len(content.owners))
        ):
            if place.method == ON_CHAIN:
                before = self._known.labels.get(content.hash, "")
                yield f"on chain as {content.hash}" + (f" ✓ {before}" if before else "")
            else:
                if have >= content.signed.needed:
                    yield f"hash {content.hash}"
                label(content.hash, f"the one in {_where(place)}")

    def _channel(self, content: Content, place: Place) -> Iterator[str]:
        assert content.inner is not None
        fields = content.inner["fields"]
        nonce: int | bytes = fields["nonce"]
        for owner in content.owners:
            if owner["ga_id"] == fields["initiator_id"]:
                nonce = chain.auth_id(owner["ga_id"], owner["auth_data"])
        if not nonce:  # a generalised account has none, and has not authorised it yet
            return
        channel = chain.channel_id(fields["initiator_id"], nonce, fields["responder_id"])
        if channel in place.channels:
            yield f"makes channel {channel} ✓ the one of this frame"
        elif place.channels and self._known.labels.get(channel) is None:
            yield f"makes channel {channel} ✗ this frame speaks of {', '.join(sorted(place.channels))}"
        else:
            yield f"makes channel {channel}"


def _learn(kind: str, fields: dict[str, Any], place: Place, voice: Voice) -> None:
    """Learn whose account is whose."""
    if kind == "channel_create_tx":
        voice.learn("initiator", fields["initiator_id"])
        voice.learn("responder", fields["responder_id"])
    elif not place.to_node and place.method in OWN:
        voice.learn(place.name, str(fields.get(OWN[place.method])))


def _words(inner: dict[str, Any], updates: list[Any], voice: Voice, sighting: Sighting | None) -> Words:
    """The transaction in words; updates that stand beside it are known from the frame that had them."""
    if not updates and inner["type"] in BESIDE and sighting is not None and sighting.words is not None:
        return sighting.words
    return transaction(inner["type"], inner["fields"], updates, voice)


def _where(place: Place) -> str:
    if not place.method:
        return "what was seen first"
    return f"{place.party} {'--->' if place.to_node else '<---'} {place.method}"


def _signers(content: Content, fields: dict[str, Any], voice: Voice) -> dict[str, Signature]:
    accounts = [value for value in fields.values() if isinstance(value, str) and value.startswith("ak_")]
    signers: dict[str, Signature] = {}
    for part in content.parts:
        for signature in part.signatures:
            tried = len(signers) < MOST_SIGNATURES
            signers[signature.hex()] = (
                voice.signature(signature, part, accounts[:MOST_ACCOUNTS])
                if tried
                else Signature("", hex=signature.hex(), tried=False)
            )
    return signers


def _signed_facts(
    own: list[Signature], added: list[Signature], content: Content, sighting: Sighting | None
) -> Iterator[str]:
    assert content.inner is not None
    wanted = content.signed.needed if content.signed is not None else 0
    for signature in own:
        yield signature.words + (f" (for {signature.network_id})" if signature.network_id else "")
    if len(own) < wanted:
        yield f"{len(own)} of {wanted} signatures"
    if sighting is not None:
        more = f"; new: {', '.join(s.words for s in added)}" if added else ""
        yield f"first seen in {sighting.where}{more}"


def _updates(fields: dict[str, Any]) -> list[Any]:
    """The updates inside a transaction, in the form that the node's JSON gives them."""
    found = fields.get("updates", [fields.get("update")])
    told = []
    for update in found if isinstance(found, list) else ():
        if isinstance(update, dict):
            try:
                told.append(chain.node_json(update))
            except RecorderError:
                continue
    return told


def _made(content: Content, updates: list[Any], voice: Voice) -> Iterator[tuple[str, str]]:
    """Ids that follow from the transaction: contracts and calls."""
    assert content.inner is not None
    kind, fields = content.inner["type"], content.inner["fields"]
    nonce: int | bytes = fields.get("nonce", 0)
    for owner in content.owners:
        nonce = chain.auth_id(owner["ga_id"], owner["auth_data"])
    if nonce and kind in {"contract_create_tx", "ga_attach_tx"}:
        yield chain.contract_id(fields["owner_id"], nonce), f"contract of {voice.name(fields['owner_id'])}"
    if nonce and kind == "contract_call_tx":
        yield chain.contract_call_id(fields["caller_id"], nonce, fields["contract_id"]).hex(), "call id"
    for update in updates:
        owner, contract, caller = (update.get(key) for key in ("owner", "contract_id", "caller_id"))
        if owner:
            yield chain.contract_id(owner, fields["round"]), f"contract of {voice.name(owner)}, round {fields['round']}"
        if contract and caller:
            yield chain.contract_call_id(caller, fields["round"], contract).hex(), "call id"
