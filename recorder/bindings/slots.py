"""Replaces recorded values by live ones in a payload, and leaves every other byte as it is.

Rule: a payload is never re-serialised. The places of values to replace are found once for each recorded frame, with
their kinds; replacing them then takes a few look-ups.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import msgspec

from recorder.bindings.bindings import Bindings
from recorder.bindings.kinds import RULED, Kinds
from recorder.difference import Path
from recorder.jsonrpc import value_of
from recorder.profiles.parts import ID, Substitution
from recorder.timeline.handed_out import HANDED

_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*+"|[{}\[\],:]|[^\s{}\[\],:"]+')
_PUNCTUATION = frozenset({b"{", b"}", b"[", b"]", b",", b":"})
_WHOLE = re.compile(rb"-?[0-9]+")
_encode = msgspec.json.Encoder(decimal_format="number").encode

IDS = frozenset({("id",), ("error", "request", "id")})
"""The paths of ids in a message: its own, and that of a request that an error quotes."""


class Slot(NamedTuple):
    """A place in a payload whose value may have to be replaced.

    Args:
        start: its first byte.
        end: the byte after it.
        kind: the kind under which its value is bound; empty if it is only an encoded text.
        value: the recorded value.
        encoded: whether it is an encoded text, whose live form the profile makes.
    """

    start: int
    end: int
    kind: str
    value: Any
    encoded: bool


@dataclass(frozen=True)
class Layout:
    """The places of values and messages in a payload.

    Args:
        slots: in order.
        members: of a batch, where each message begins and ends.
    """

    slots: tuple[Slot, ...]
    members: tuple[tuple[int, int], ...]

    @cached_property
    def plain(self) -> tuple[Slot, ...]:
        """The slots that matter where every value is bound to itself: ids, and what is handed out and so bound."""
        return tuple(slot for slot in self.slots if slot.kind == ID or _handed_out(slot.kind))


def layout(payload: bytes, kinds: Kinds, methods: Sequence[str]) -> Layout:
    """Find what may have to be replaced in a payload.

    Args:
        payload: as recorded.
        kinds: which values are bound.
        methods: of each message in it, or of the request that it answers.
    """
    if value_of(payload) is None:
        return Layout(tuple(_encoded(payload, 0, len(payload), kinds)), ())
    return layout_of_json(payload, kinds, methods)


def layout_of_json(payload: bytes, kinds: Kinds, methods: Sequence[str]) -> Layout:
    """The same for a payload that is known to be JSON, even if its numbers or depth cannot be parsed."""
    finder = _Finder(payload, kinds, methods)
    finder.walk()
    return Layout(tuple(finder.slots), tuple(finder.members))


def _encoded(payload: bytes, start: int, end: int, kinds: Kinds) -> list[Slot]:
    pattern = kinds.profile.encoded
    if pattern is None:
        return []
    return [
        Slot(found.start(), found.end(), "", found[0].decode(), encoded=True)
        for found in pattern.finditer(payload, start, end)
    ]


class _Finder:
    def __init__(self, payload: bytes, kinds: Kinds, methods: Sequence[str]) -> None:
        self._payload, self._kinds, self._methods = payload, kinds, methods
        self.slots: list[Slot] = []
        self.members: list[tuple[int, int]] = []
        self._path: list[str | int] = []
        self._batch = payload.lstrip()[:1] == b"["
        self._member = 0
        self._id: tuple[int, int] | None = None  # where an id begins that is an object or a list, and how deep

    def walk(self) -> None:
        """Go through the tokens: after `{` and `,` in an object comes a name, elsewhere a value."""
        naming = False
        for token in _TOKEN.finditer(self._payload):
            first = token[0][:1]
            if first in _PUNCTUATION:
                naming = self._punctuation(first, token.start(), token.end())
            elif naming:
                self._path[-1] = _text(token[0])
                if self._kinds.profile.names_move:
                    self.slots += _encoded(self._payload, token.start(), token.end(), self._kinds)
            else:
                self._scalar(token.start(), token.end(), token[0])
                if self._batch and len(self._path) == 1:
                    self.members.append((token.start(), token.end()))

    def _punctuation(self, sign: bytes, start: int, end: int) -> bool:
        """Go in, out or on; whether a name comes next."""
        path = self._path
        if sign in b"{[":
            if self._batch and len(path) == 1:
                self._member = start
            if self._id is None and self._within(path) in IDS:
                self._id = start, len(path)
            path.append("" if sign == b"{" else 0)
        elif sign in b"}]":
            path.pop()
            if self._id is not None and self._id[1] == len(path):
                begun, self._id = self._id[0], None
                self.slots.append(Slot(begun, end, ID, self._payload[begun:end], encoded=False))
            if self._batch and len(path) == 1:
                self.members.append((self._member, end))
        elif sign == b"," and isinstance(last := path[-1], int):
            path[-1] = last + 1
        return bool(path) and isinstance(path[-1], str) and sign in b"{,"

    def _within(self, path: Sequence[str | int]) -> Path:
        """A path within its message."""
        return tuple(path[1:] if self._batch else path)

    def _scalar(self, start: int, end: int, token: bytes) -> None:
        if self._id is not None:
            return
        path, number = self._within(self._path), int(self._path[0]) if self._batch else 0
        if path in IDS:
            self.slots.append(Slot(start, end, ID, token, encoded=False))
            return
        method = self._methods[number] if number < len(self._methods) else ""
        if token[:1] == b'"':
            self._string(start, end, _text(token), method, path)
        elif _WHOLE.fullmatch(token):
            value = value_of(token)
            if value is not None and (kind := self._kinds.of(method, path, value)):
                self.slots.append(Slot(start, end, kind, value, encoded=False))

    def _string(self, start: int, end: int, value: str, method: str, path: Path) -> None:
        kind = self._kinds.of(method, path, value)
        pieces = _encoded(self._payload, start, end, self._kinds)
        if kind:
            whole = len(pieces) == 1 and pieces[0].value == value
            self.slots.append(Slot(start, end, kind, value, encoded=whole))
        else:
            self.slots.extend(pieces)


def _handed_out(kind: str) -> bool:
    return kind == RULED or kind.startswith(HANDED)


def _text(token: bytes) -> str:
    return str(msgspec.json.decode(token)) if b"\\" in token else token[1:-1].decode()


def fill(
    payload: bytes,
    slots: Sequence[Slot],
    bindings: Bindings,
    substitution: Substitution,
    live_id: bytes | None = None,
    span: tuple[int, int] | None = None,
) -> bytes:
    """The live form of a payload, or of one message of it.

    Args:
        payload: as recorded.
        slots: of its layout.
        bindings: the bindings; values that are handed out as recorded are added.
        substitution: the profile's part.
        live_id: the id of the live request, as received; None keeps the recorded one.
        span: the message, in a batch.
    """
    at, until = span or (0, len(payload))
    pieces: list[bytes] = []
    for number in range(bisect_left(slots, (at,)), len(slots)):
        slot = slots[number]
        if slot.end > until:
            break
        live = _live(slot, bindings, substitution, live_id)
        if live is not None:
            pieces += [payload[at : slot.start], live]
            at = slot.end
    return b"".join([*pieces, payload[at:until]]) if pieces else payload[at:until]


def _live(slot: Slot, bindings: Bindings, substitution: Substitution, live_id: bytes | None) -> bytes | None:
    """What to put into a slot; None leaves it."""
    if slot.kind == ID:
        return live_id if slot.value != b"null" else None
    if slot.encoded:
        made = substitution.text(slot.value)
        if made != slot.value:
            return made.encode() if not slot.kind else _encode(made)
    if not slot.kind:
        return None
    live = bindings.get(slot.kind, slot.value)
    if live is None and _handed_out(slot.kind):  # here, as it was recorded
        bindings.bind(slot.kind, slot.value, slot.value)
    return None if live is None or live == slot.value else _encode(live)
