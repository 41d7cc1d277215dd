"""Feeds on the events of a capture in their order, and says what each frame means.

Rule: total and bounded: every frame gets an annotation, whatever it holds; what is remembered is in `Remembered`s.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from recorder.errors import RecorderError
from recorder.model import PRINTED, AnyEvent, Frame, Opened, unnamed
from recorder.profiles.aeternity import chain
from recorder.profiles.aeternity.annotation.known import Known, Voice
from recorder.profiles.aeternity.annotation.lru import Remembered
from recorder.profiles.aeternity.annotation.sentences import opening, sentence
from recorder.profiles.aeternity.annotation.texts import Texts, parsed, strings
from recorder.profiles.aeternity.annotation.transactions import Place, Transactions
from recorder.profiles.aeternity.annotation.values import Annotation, Item

MANY_SESSIONS = 1024
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

    def __init__(
        self, keys: Mapping[str, str] | None = None, network_ids: Iterable[str] = (), *, node: str = "node"
    ) -> None:
        self._known = Known(keys or {}, network_ids)
        self._texts = Texts()
        self._transactions = Transactions(self._known)
        self._parties: Remembered[int, _Party] = Remembered(MANY_SESSIONS)
        self._node = node

    def see(self, event: AnyEvent) -> Annotation | None:
        """What an event means; None for one that holds no traffic. Events must come in their order."""
        if isinstance(event, Frame):
            return self._frame(event) if event.opcode in PRINTED else None
        if isinstance(event, Opened):
            self._parties.keep(event.session, _Party(event.party, event.role or event.party))
            voice = self._known.opened(event.session, event.url)
            place = Place(event.session, event.party)
            items = [self._item("", found.text, place, voice) for found in chain.occurrences(event.url)]
            return Annotation(tuple(items), sentence=opening(event))
        return None

    def scan(self, events: Iterable[AnyEvent]) -> None:
        """Learn which accounts a capture speaks of, ahead of its frames: an early signature may be of a late one."""
        self._known.saw_all(event.payload for event in events if isinstance(event, Frame))

    def item(self, text: str, path: str = "") -> Item:
        """A text that stands in no frame."""
        return self._item(path, text, Place(), self._known.session(0))

    def values(self, value: Any) -> list[Item]:
        """The encoded strings of any JSON value or text that stands in no frame."""
        voice = self._known.session(0)
        return [self._item(path, text, Place(), voice) for path, text in strings(value)]

    def _frame(self, frame: Frame) -> Annotation:
        value = parsed(frame.payload)
        messages = value if isinstance(value, list) else [value]
        session = frame.session
        party = self._parties.recall(session) or _Party(unnamed(session), unnamed(session))
        items: list[Item] = []
        told: list[str] = []
        method = event = ""
        for at, message in enumerate(messages):
            found = [*strings(message, f"[{at}]" if isinstance(value, list) else "")]
            place = _place(frame, party, message, found)
            voice = self._known.session(session)
            for code in place.codes:  # it stands behind the transaction that calls it
                voice.learn_symbols(self._texts.read(code).symbols)
            some = [self._item(path, text, place, voice) for path, text in found]
            items += some
            if isinstance(message, dict):
                transactions = [item.transaction for item in some if item.transaction is not None]
                told.append(sentence(message, place, transactions, self._node))
                method, event = method or place.method, event or place.event
        text = "; ".join(told) or sentence(value, _place(frame, party, value, []), [], self._node)
        return Annotation(tuple(items), method, text, event)

    def _item(self, path: str, text: str, place: Place, voice: Voice) -> Item:
        content = self._texts.read(text)
        decoded = content.decoded
        if decoded is None:
            return Item(path, text, problem=content.problem)
        if content.symbols:
            voice.learn_symbols(content.symbols)
        if content.inner is not None:
            transaction, signers = self._transactions.annotate(content, place, voice)
            return Item(path, text, decoded, transaction=transaction, signers=signers, say=voice)
        if decoded.prefix == "ak":
            self._known.saw(text)
        return Item(path, text, decoded, facts=tuple(self._facts(text, decoded.prefix, decoded.value)), say=voice)

    def _facts(self, text: str, prefix: str, value: dict[str, Any]) -> Iterator[str]:
        label = self._known.labels.get
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


def _place(frame: Frame, party: _Party, message: Any, found: list[tuple[str, str]]) -> Place:
    method = message.get("method", "") if isinstance(message, dict) else ""
    params = message.get("params") if isinstance(message, dict) else None
    data = params.get("data") if isinstance(params, dict) else None
    updates, event = (data.get("updates"), data.get("event")) if isinstance(data, dict) else (None, None)
    return Place(
        frame.session,
        party.printed,
        party.known_as,
        frame.direction == "to_node",
        method if isinstance(method, str) else "",
        frozenset(text for _path, text in found if text.startswith("ch_")),
        tuple(updates) if isinstance(updates, list) else (),
        event if isinstance(event, str) else "",
    )
