"""Combines a transaction with earlier frames: who has signed it so far, what it creates, what became of it.

Rule: a fact is stated only when it was computed and compared; one that does not fit is marked with ✗.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from msgspec import Struct

from recorder.errors import RecorderError
from recorder.profiles.aeternity import chain
from recorder.profiles.aeternity.annotation.knowledge import CaptureKnowledge, SessionKnowledge
from recorder.profiles.aeternity.annotation.messages import ReadMessage
from recorder.profiles.aeternity.annotation.text_contents import Content
from recorder.profiles.aeternity.annotation.values import Signature, Transaction
from recorder.profiles.aeternity.annotation.words import Wording, transaction
from recorder.profiles.remembered import Remembered

MANY_TRANSACTIONS = 4096
MANY_SIGNATURES = 64
LONG_WORDS = 1024
"""A longer wording is not remembered: a transaction may have a thousand updates."""

MOST_ACCOUNTS = 8
MOST_SIGNATURES = 16
"""Signatures of one text that are tried against keys: the chain wants two, and each may cost a hundred trials."""


OWN = {"channels.sign.withdraw_tx": "to_id", "channels.sign.deposit_tx": "from_id"}
"""What a node asks a party to sign for itself, and the field that names the party's account."""

BESIDE = frozenset({"channel_offchain_tx", "channel_force_progress_tx"})
"""Transactions whose updates may stand beside them in the frame."""

OPERATIONS = {
    "channel_offchain_update_transfer": "OffChainTransfer",
    "channel_offchain_update_deposit": "OffChainDeposit",
    "channel_offchain_update_withdraw": "OffChainWithdrawal",
    "channel_offchain_update_create_contract": "OffChainNewContract",
    "channel_offchain_update_call_contract": "OffChainCallContract",
    "channel_offchain_update_meta": "OffChainMeta",
}
PARTS = {"caller": "caller_id", "contract": "contract_id"}
"""What the node's JSON calls an update, and those of its fields that have another name there."""

OFF_CHAIN = frozenset({"channel_offchain_tx"})
"""Transactions that never get onto the chain, and so have no hash there."""

ON_CHAIN = "channels.on_chain_tx"
TO_SIGN = "channels.sign."


class MessageContext(Struct, frozen=True):
    """Where a text stands: its session and its message.

    Args:
        session: the session's number.
        party: the printed name of its client end.
        to_node: whether the party sent it.
        message: the message.
    """

    session: int = 0
    party: str = ""
    to_node: bool = False
    message: ReadMessage = ReadMessage()

    @property
    def method(self) -> str:
        """The method of the message."""
        return self.message.method


@dataclass
class Sighting:
    """A transaction that was seen, whatever its signatures."""

    where: str
    signatures: set[str] = field(default_factory=set)
    authorised: set[str] = field(default_factory=set)  # generalised accounts
    asked: Remembered[int, frozenset[str]] = field(default_factory=lambda: Remembered(MOST_SIGNATURES))
    """By session, the signatures that it had when the session's party was asked to sign."""
    words: Wording | None = None


class Transactions:
    """Remembers transactions by what stays the same when signatures are added.

    Args:
        capture: what is known in the capture.
    """

    def __init__(self, capture: CaptureKnowledge) -> None:
        self._capture = capture
        self._seen: Remembered[bytes, Sighting] = Remembered(MANY_TRANSACTIONS)

    def annotate(
        self, content: Content, context: MessageContext, known: SessionKnowledge
    ) -> tuple[Transaction, dict[str, Signature]]:
        """The transaction in a text, and every signature in it by its hex."""
        inner = content.inner
        assert inner is not None, "the caller looked"
        fields, kind = inner["fields"], inner["type"]
        sighting = self._seen.recall(content.identity)
        updates = context.message.updates or _updates(fields)
        _learn(kind, fields, context, known)
        signers = _signers(content, fields, known)
        self._learn_signer(content, sighting, context, known, signers)
        own = [signers[s.hex()] for s in content.signed.signatures] if content.signed is not None else []
        own += [Signature(known.name(owner["ga_id"]), owner["ga_id"], generalised=True) for owner in content.owners]
        words = _words(inner, updates, known, sighting)
        new = self._seen.keep(content.identity, sighting or Sighting(_where(context)))
        before = new.asked.get(context.session, new.signatures) if context.to_node else new.signatures
        added = [s for s in own if (s.hex not in before if s.hex else s.key not in new.authorised)]
        facts = [*_signed_facts(own, added, content, sighting), *self._outcome(content, updates, context, known)]
        new.words = words if len(words.short) <= LONG_WORDS else None
        if len(new.signatures) < MANY_SIGNATURES:
            new.signatures.update(s.hex for s in own[:MOST_SIGNATURES] if s.hex)
            new.authorised.update(s.key for s in own if s.generalised)
        if not context.to_node and context.method.startswith(TO_SIGN):
            new.asked.keep(context.session, frozenset(s.hex for s in own[:MOST_SIGNATURES]))
        wanted = content.signed.needed if content.signed is not None else 0
        return (
            Transaction(kind, fields, *words, wanted, tuple(own), tuple(added), content, tuple(facts)),
            signers,
        )

    def _learn_signer(
        self,
        content: Content,
        sighting: Sighting | None,
        context: MessageContext,
        known: SessionKnowledge,
        signers: dict[str, Signature],
    ) -> None:
        """Asked to sign by its node, a party gave it back with one more signature: that one is the party's."""
        before = sighting.asked.get(context.session) if sighting is not None else None
        if before is None or content.signed is None or not context.to_node:
            return
        added = [signature for s in content.signed.signatures if (signature := s.hex()) not in before]
        if len(added) != 1 or not (key := signers[added[0]].key) or known.alias(key):
            return
        known.learn(known.party, key)
        signers.update(
            (h, Signature(known.name(s.key), s.key, s.network_id, hex=h)) for h, s in signers.items() if s.key == key
        )

    def _outcome(
        self, content: Content, updates: Sequence[Any], context: MessageContext, known: SessionKnowledge
    ) -> Iterator[str]:
        """What the transaction makes, and whether what was seen agrees."""
        assert content.inner is not None
        kind, fields = content.inner["type"], content.inner["fields"]
        label = self._capture.labels.keep
        try:
            if kind == "channel_create_tx":
                yield from self._channel(content, context)
            for identity, told in _made(content, updates, known):
                label(identity, told)
                yield f"{told}: {identity}"
        except (RecorderError, KeyError, TypeError, AttributeError, ValueError, OverflowError):
            pass  # traffic may have fields of another kind, from which nothing follows
        if content.state:
            label(
                content.state,
                f"the state of round {fields['round']}" if "round" in fields else "the channel's first state",
            )
        if (
            kind not in OFF_CHAIN
            and content.signed is not None
            and (have := len(content.signed.signatures) + len(content.owners))
        ):
            if context.method == ON_CHAIN:
                before = self._capture.labels.get(content.hash, "")
                yield f"on chain as {content.hash}" + (f" ✓ {before}" if before else "")
            else:
                if have >= content.signed.needed:
                    yield f"hash {content.hash}"
                label(content.hash, f"the one in {_where(context)}")

    def _channel(self, content: Content, context: MessageContext) -> Iterator[str]:
        assert content.inner is not None
        fields = content.inner["fields"]
        nonce: int | bytes = fields["nonce"]
        for owner in content.owners:
            if owner["ga_id"] == fields["initiator_id"]:
                nonce = chain.auth_id(owner["ga_id"], owner["auth_data"])
        if not nonce:  # a generalised account has none, and has not authorised it yet
            return
        channel = chain.channel_id(fields["initiator_id"], nonce, fields["responder_id"])
        channels = context.message.channels
        if channel in channels:
            yield f"makes channel {channel} ✓ the channel of this frame"
        elif channels and self._capture.labels.get(channel) is None:
            yield f"makes channel {channel} ✗ this frame names {', '.join(sorted(channels))}"
        else:
            yield f"makes channel {channel}"


def _learn(kind: str, fields: dict[str, Any], context: MessageContext, known: SessionKnowledge) -> None:
    """Learn whose account is whose."""
    if kind == "channel_create_tx":
        known.learn("initiator", fields["initiator_id"])
        known.learn("responder", fields["responder_id"])
    elif not context.to_node and context.method in OWN:
        known.learn(known.party, str(fields.get(OWN[context.method])))


def _words(
    inner: dict[str, Any], updates: Sequence[Any], known: SessionKnowledge, sighting: Sighting | None
) -> Wording:
    """The transaction in words; those of updates beside it are remembered from the frame that had them."""
    if not updates and inner["type"] in BESIDE and sighting is not None and sighting.words is not None:
        return sighting.words
    return transaction(inner["type"], inner["fields"], updates, known)


def _where(context: MessageContext) -> str:
    if not context.method:
        return "what was seen first"
    return f"{context.party} {'--->' if context.to_node else '<---'} {context.method}"


def _signers(content: Content, fields: dict[str, Any], known: SessionKnowledge) -> dict[str, Signature]:
    accounts = [value for value in fields.values() if isinstance(value, str) and value.startswith("ak_")]
    signers: dict[str, Signature] = {}
    for signed in content.parts:
        for signature in signed.part.signatures:
            tried = len(signers) < MOST_SIGNATURES
            signers[signature.hex()] = (
                known.signature(signature, signed, accounts[:MOST_ACCOUNTS])
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
    """The updates inside a transaction, named as the node's JSON names them and their fields."""
    found = fields.get("updates", [fields.get("update")])
    return [
        {"op": OPERATIONS[update["type"]]} | {PARTS.get(name, name): part for name, part in update["fields"].items()}
        for update in (found if isinstance(found, list) else ())
        if isinstance(update, dict)
    ]


def _made(content: Content, updates: Sequence[Any], known: SessionKnowledge) -> Iterator[tuple[str, str]]:
    """Ids that follow from the transaction: contracts and calls."""
    assert content.inner is not None
    kind, fields = content.inner["type"], content.inner["fields"]
    nonce: int | bytes = fields.get("nonce", 0)
    for owner in content.owners:
        nonce = chain.auth_id(owner["ga_id"], owner["auth_data"])
    if nonce and kind in {"contract_create_tx", "ga_attach_tx"}:
        yield chain.contract_id(fields["owner_id"], nonce), f"contract of {known.name(fields['owner_id'])}"
    if nonce and kind == "contract_call_tx":
        yield chain.contract_call_id(fields["caller_id"], nonce, fields["contract_id"]).hex(), "call id"
    for update in updates:
        owner, contract, caller = (update.get(key) for key in ("owner", "contract_id", "caller_id"))
        if owner:
            yield chain.contract_id(owner, fields["round"]), f"contract of {known.name(owner)}, round {fields['round']}"
        if contract and caller:
            yield chain.contract_call_id(caller, fields["round"], contract).hex(), "call id"
