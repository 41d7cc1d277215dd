"""Takes the events of a capture in order, and annotates each frame.

Rule: total and bounded: every frame gets an annotation, whatever it holds; what is remembered is in `Remembered`s.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from msgspec import Struct

from recorder.model import AnyEvent, Frame, Opened
from recorder.profiles import annotation
from recorder.profiles.aeternity import chain
from recorder.profiles.aeternity.annotation.knowledge import CaptureKnowledge, SessionKnowledge
from recorder.profiles.aeternity.annotation.messages import Messages
from recorder.profiles.aeternity.annotation.sentences import predicate
from recorder.profiles.aeternity.annotation.text_contents import TextContents, encoded_texts
from recorder.profiles.aeternity.annotation.transactions import MessageContext, Transactions
from recorder.profiles.aeternity.annotation.values import Annotation, Item, Transaction
from recorder.profiles.aeternity.protocol import WORDS
from recorder.profiles.sentences import opening


class _Told(Struct, frozen=True):
    """A message, and the transactions in it."""

    context: MessageContext
    transactions: list[Transaction]


class Annotator(annotation.Annotator):
    """Annotates the frames of one capture.

    Args:
        keys: accounts (`ak_…`) by name, besides those in the traffic.
        network_ids: that transactions may be signed for, besides the usual ones.
        node: the printed name of the other end.

    Raises:
        InputError: a key is not an account.
    """

    heeds_answers = False
    """The node quotes the request that it answers."""

    def __init__(
        self, keys: Mapping[str, str] | None = None, network_ids: Iterable[str] = (), *, node: str = "node"
    ) -> None:
        super().__init__(WORDS, node=node)
        self._capture = CaptureKnowledge(keys or {}, network_ids)
        self._messages = Messages()
        self._contents = TextContents()
        self._transactions = Transactions(self._capture)

    def scan(self, events: Iterable[AnyEvent]) -> None:
        """Learn the accounts that a whole capture names: an early signature may be by one that is named late."""
        self._capture.saw_all(event.payload for event in events if isinstance(event, Frame))

    def item(self, text: str, path: str = "") -> Item:
        """An encoded text outside of frames."""
        return self._item(path, text, MessageContext(), self._capture.session(0))

    def values(self, value: Any) -> list[Item]:
        """The encoded texts in a JSON value outside of frames."""
        known = self._capture.session(0)
        return [self._item(path, text, MessageContext(), known) for path, text in encoded_texts(value)]

    def _opened(self, event: Opened) -> Annotation:
        known = self._capture.opened(event)
        context = MessageContext(event.session, event.party)
        items = [self._item("", found.text, context, known) for found in chain.occurrences(event.url)]
        return Annotation(items=tuple(items), sender=event.party, tell=lambda: (opening(event),))

    def _frame(self, frame: Frame, answered: Sequence[str]) -> Annotation:
        session, party, to_node = frame.session, self._party(frame.session), frame.direction == "to_node"
        known = self._capture.session(session)
        items: list[Item] = []
        told: list[_Told] = []
        method = event = ""
        for message in self._messages.of(frame.payload):
            context = MessageContext(session, party, to_node, message)
            for code in message.codes:  # it comes after the transaction that calls it
                known.learn_symbols(self._contents.of(code).symbols)
            some = [self._item(path, text, context, known) for path, text in message.texts]
            items += some
            told.append(_Told(context, [item.transaction for item in some if item.transaction is not None]))
            method, event = method or message.method, event or message.event
        sender, other = (party, self._node) if to_node else (self._node, party)
        tell = partial(_predicates, told, other, known)
        return Annotation(items=tuple(items), sender=sender, tell=tell, method=method, event=event)

    def _item(self, path: str, text: str, context: MessageContext, known: SessionKnowledge) -> Item:
        content = self._contents.of(text)
        decoded = content.decoded
        if decoded is None:
            return Item(path, text, problem=content.problem)
        if content.symbols:
            known.learn_symbols(content.symbols)
        if content.inner is not None:
            transaction, signers = self._transactions.annotate(content, context, known)
            return Item(path, text, decoded, transaction=transaction, signers=signers, say=known)
        if decoded.prefix == "ak":
            self._capture.saw(text)
        elif decoded.prefix == "th":
            told = self._capture.labels.get(text)
            facts = (f"the hash of a transaction seen before: {told}",) if told else ()
            return Item(path, text, decoded, facts=facts, say=known)
        elif content.trees is not None:
            return Item(path, text, decoded, facts=tuple(self._state_facts(*content.trees)), say=known)
        return Item(path, text, decoded, say=known)

    def _state_facts(self, state: str, errors: list[str]) -> Iterator[str]:
        told = self._capture.labels.get(state)
        yield f"state hash {state}" + (f" ✓ {told}" if told else ", of an unknown transaction")
        for error in errors:
            yield f"✗ {error}"


def _predicates(told: list[_Told], other: str, known: SessionKnowledge) -> Sequence[str]:
    """The messages in words; what is not an object is left out of a batch, unless nothing else is in it."""
    said = [one for one in told if isinstance(one.context.message.value, dict)] or told
    return [predicate(one.context, one.transactions, other, known) for one in said]
