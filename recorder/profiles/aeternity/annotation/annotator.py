"""Feeds on the events of a capture in their order, and says what each frame means.

Rule: total and bounded: every frame gets an annotation, whatever it holds; what is remembered is in `Remembered`s.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from recorder.errors import RecorderError
from recorder.model import PRINTED, AnyEvent, Frame, Opened, unnamed
from recorder.profiles.aeternity import chain
from recorder.profiles.aeternity.annotation.knowledge import CaptureKnowledge, SessionKnowledge
from recorder.profiles.aeternity.annotation.sentences import sentence
from recorder.profiles.aeternity.annotation.text_contents import TextContents, encoded_texts
from recorder.profiles.aeternity.annotation.transactions import MessageContext, Transactions
from recorder.profiles.aeternity.annotation.values import Annotation, Item
from recorder.profiles.annotation import MANY_SESSIONS, parsed
from recorder.profiles.remembered import Remembered
from recorder.profiles.sentences import method_of, opening

TREES = {"state_trees", "trees_poi"}


class _Party(NamedTuple):
    printed: str
    known_as: str


class Annotator:
    """Annotates the frames of one capture.

    Args:
        keys: accounts (`ak_…`) by name, besides those that the traffic tells.
        network_ids: that transactions may be signed for, besides the usual ones.
        node: the printed name of the other end.

    Raises:
        InputError: a key is no account.
    """

    heeds_answers = False
    """The node quotes what it answers."""

    def __init__(
        self, keys: Mapping[str, str] | None = None, network_ids: Iterable[str] = (), *, node: str = "node"
    ) -> None:
        self._capture = CaptureKnowledge(keys or {}, network_ids)
        self._contents = TextContents()
        self._transactions = Transactions(self._capture)
        self._parties: Remembered[int, _Party] = Remembered(MANY_SESSIONS)
        self._node = node

    def see(self, event: AnyEvent, answered: Sequence[str] = ()) -> Annotation | None:
        """What an event means; None for one that holds no traffic. Events must come in their order."""
        del answered
        if isinstance(event, Frame):
            return self._frame(event) if event.opcode in PRINTED else None
        if isinstance(event, Opened):
            self._parties.keep(event.session, _Party(event.party, event.role or event.party))
            known = self._capture.opened(event.session, event.url)
            context = MessageContext(event.session, event.party)
            items = [self._item("", found.text, context, known) for found in chain.occurrences(event.url)]
            return Annotation(items=tuple(items), sentence=opening(event))
        return None

    def scan(self, events: Iterable[AnyEvent]) -> None:
        """Learn which accounts a capture speaks of, ahead of its frames: an early signature may be of a late one."""
        self._capture.saw_all(event.payload for event in events if isinstance(event, Frame))

    def item(self, text: str, path: str = "") -> Item:
        """A text that stands in no frame."""
        return self._item(path, text, MessageContext(), self._capture.session(0))

    def values(self, value: Any) -> list[Item]:
        """The encoded strings of any JSON value or text that stands in no frame."""
        known = self._capture.session(0)
        return [self._item(path, text, MessageContext(), known) for path, text in encoded_texts(value)]

    def _frame(self, frame: Frame) -> Annotation:
        value = parsed(frame.payload)
        messages = value if isinstance(value, list) else [value]
        session = frame.session
        party = self._parties.recall(session) or _Party(unnamed(session), unnamed(session))
        items: list[Item] = []
        told: list[str] = []
        method = event = ""
        for at, message in enumerate(messages):
            found = [*encoded_texts(message, f"[{at}]" if isinstance(value, list) else "")]
            context = _context(frame, party, message, found)
            known = self._capture.session(session)
            for code in context.codes:  # it stands behind the transaction that calls it
                known.learn_symbols(self._contents.of(code).symbols)
            some = [self._item(path, text, context, known) for path, text in found]
            items += some
            if isinstance(message, dict):
                transactions = [item.transaction for item in some if item.transaction is not None]
                told.append(sentence(message, context, transactions, self._node))
                method, event = method or context.method, event or context.event
        text = "; ".join(told) or sentence(value, _context(frame, party, value, []), [], self._node)
        return Annotation(items=tuple(items), method=method, sentence=text, event=event)

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
        if decoded.prefix != "th" and decoded.value.get("type") not in TREES:
            return Item(path, text, decoded, say=known)
        return Item(path, text, decoded, facts=tuple(self._facts(text, decoded.prefix, decoded.value)), say=known)

    def _facts(self, text: str, prefix: str, value: dict[str, Any]) -> Iterator[str]:
        label = self._capture.labels.get
        if prefix == "th" and (told := label(text)):
            yield f"the hash of a transaction seen before: {told}"
        if value.get("type") not in TREES:
            return
        try:
            state = chain.state_hash(value)
            wrong = chain.poi_errors(value) if value["type"] == "trees_poi" else []
        except (RecorderError, KeyError, TypeError, ValueError):
            return
        known = label(state)
        yield f"state hash {state}" + (f" ✓ {known}" if known else ", of no transaction seen")
        for error in wrong:
            yield f"✗ {error}"


def _context(frame: Frame, party: _Party, message: Any, found: list[tuple[str, str]]) -> MessageContext:
    params = message.get("params") if isinstance(message, dict) else None
    data = params.get("data") if isinstance(params, dict) else None
    updates, event = (data.get("updates"), data.get("event")) if isinstance(data, dict) else (None, None)
    return MessageContext(
        frame.session,
        party.printed,
        party.known_as,
        frame.direction == "to_node",
        method_of(message),
        frozenset(text for _path, text in found if text.startswith("ch_")),
        tuple(updates) if isinstance(updates, list) else (),
        event if isinstance(event, str) else "",
    )
