"""Annotations of frames for people: the part that all protocols share.

Rule: templates and Python use `Annotation`'s names (documented in docs/reference/templates.md): add, never rename. An
annotator is total and bounded: every frame gets an annotation, and its memory is in a `Remembered`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Any

from recorder.escaping import escape
from recorder.jsonrpc import as_list, value_or_text
from recorder.model import PRINTED, AnyEvent, Frame, Opened, unnamed
from recorder.profiles.remembered import Remembered
from recorder.profiles.sentences import PLAIN, Words, is_error, method_of, opening, predicate
from recorder.profiles.values import as_objects

LEAST_FENCE, TICKS = 3, re.compile("`+")

MANY_LINES = 100
"""Most lines of details for one message."""

MANY_SESSIONS = 1024


@dataclass(frozen=True, kw_only=True)
class Annotation:
    """What a frame (or the URL a session was opened with) means.

    Args:
        method: of the message, or of the request it answers if that is known; else empty.
        sender: the printed name of the end that sent it.
        tell: makes `predicates`, when they are asked for.
        event: the event that a push of the node names; empty for most frames.
        words: the protocol's words for it, for the live line; empty if it has none.
        details: further lines; empty if its JSON shows everything.
        items: the encoded strings in it, for a protocol that has such.
    """

    method: str = ""
    sender: str = ""
    tell: Callable[[], Sequence[str]] = tuple
    event: str = ""
    words: str = ""
    details: str = ""
    items: tuple[Any, ...] = ()

    @cached_property
    def predicates(self) -> Sequence[str]:
        """What each of its messages says, without the sender: `answers client's getBlock: 7`."""
        return self.tell()

    @cached_property
    def sentence(self) -> str:
        """The frame in words: `node answers client's getBlock: 7`."""
        sender = escape(self.sender)
        return "; ".join(f"{sender} {one}" for one in self.predicates)

    @property
    def carrying(self) -> list[Any]:
        """The items with contents worth showing, each text once."""
        return []

    @property
    def transactions(self) -> list[Any]:
        """The transactions in it."""
        return []

    @property
    def columns(self) -> dict[str, str]:
        """What is decoded in it, for a table: texts by name; a number is written as one."""
        return {}

    @cached_property
    def tree(self) -> str:
        """Its decoded contents, as lines."""
        return self.details

    @property
    def fence(self) -> str:
        """Backticks enough to fence the tree."""
        runs = TICKS.findall(self.tree) if "```" in self.tree else ()
        return "`" * max(LEAST_FENCE, 1 + max(map(len, runs), default=0))

    @cached_property
    def short(self) -> str:
        """A few words for a line of the live view; empty if there is nothing to add."""
        return escape(self.words or self.event)

    @property
    def summary(self) -> str:
        """A line that says what is decoded below it."""
        return self.short or escape(self.tree.partition("\n")[0])


class Annotator:
    """Annotates the frames of one capture of any JSON-RPC; a protocol with more to say has an annotator of its own.

    Args:
        words: the protocol's own.
        node: the printed name of the other end.
    """

    heeds_answers = True

    def __init__(self, words: Words = PLAIN, *, node: str = "node") -> None:
        self._words, self._node = words, node
        self._parties: Remembered[int, str] = Remembered(MANY_SESSIONS)

    def see(self, event: AnyEvent, answered: Sequence[str] = ()) -> Annotation | None:
        """The annotation of an event; None if it is not traffic. Events must come in order."""
        if isinstance(event, Frame):
            return self._frame(event, answered) if event.opcode in PRINTED and not event.bodiless else None
        if isinstance(event, Opened):
            self._parties.keep(event.session, event.party)
            return self._opened(event)
        return None

    def scan(self, events: Iterable[AnyEvent]) -> None:
        """Read a capture ahead: nothing is learnt from it here."""

    def _opened(self, event: Opened) -> Annotation:
        return Annotation(sender=event.party, tell=lambda: (opening(event),))

    def _party(self, session: int) -> str:
        return self._parties.recall(session) or unnamed(session)

    def _frame(self, frame: Frame, answered: Sequence[str]) -> Annotation:
        value = value_or_text(frame.payload)
        messages = as_objects(as_list(value))
        parts = [*zip(messages, [*answered, *([""] * len(messages))], strict=False)]
        found = [self._message(message, of) for message, of in parts]
        party, to_node = self._party(frame.session), frame.direction == "to_node"
        sender, other = (party, self._node) if to_node else (self._node, party)
        told = [
            predicate(message, other, to_node=to_node, words=self._words, answered=of, event_type=frame.event_type)
            for message, of in parts or [(value, "")]
        ]
        return Annotation(
            method=next((one.method for one in found if one.method), ""),
            sender=sender,
            tell=lambda: told,
            words="; ".join(dict.fromkeys(_in_batch(one, len(found)) for one in found if one.words)),
            details="\n\n".join(one.details for one in found if one.details),
        )

    def _message(self, message: Mapping[str, Any], answered: str) -> Annotation:
        method = method_of(message)
        about = method or answered
        return Annotation(
            method=about, words=self._own_words(message, method, answered), details=self._details(message, about)
        )

    def _details(self, message: Mapping[str, Any], method: str) -> str:
        value = message.get("params") if "method" in message else message.get("result")
        lines = [escape(line) for line in islice(self._words.details(method, value), MANY_LINES + 1)]
        return "\n".join(lines if len(lines) <= MANY_LINES else [*lines[:MANY_LINES], "…"])

    def _own_words(self, message: Mapping[str, Any], method: str, answered: str) -> str:
        if method:
            return self._words.call(method, message.get("params")) or ""
        return "" if is_error(message) else self._words.said(answered, message)


def _in_batch(one: Annotation, count: int) -> str:
    """The words of a message; with its method if the frame has several."""
    return one.words if count == 1 else f"{one.method} {one.words}".lstrip()
