"""The messages of a capture with the methods that they belong to, and the values in them.

Rule: `timeline` says which request is answered; params and results stay raw JSON here, whatever their length.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable, Iterable, Iterator
from typing import Any, Final

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType
from msgspec.json import Decoder

from recorder.difference import Path
from recorder.jsonrpc import ANSWERS, SHORT, Message, Outline, parse, parse_error
from recorder.model import OPPOSITE, UNREADABLE, AnyEvent, Direction, Frame
from recorder.timeline.exchanges import OPEN_LIMIT, id_key, scope_of
from recorder.timeline.followed import Followed, Item

UNREAD: Final = object()
"""In the place of a value that nobody can read: text that is not UTF-8, a number out of all bounds."""

REJECTED = frozenset(range(-32602, -32599))
"""Codes of JSON-RPC 2.0 (section 5.1) for a call that is none: no request, no such method, wrong params."""

Call = tuple[int, int]
"""A message: the line of its frame, and its place in that, from 0."""

_CONTAINERS = frozenset({dict, list})
_array = Decoder(list[Raw])
_object = Decoder(dict[str, Raw])


class Sent(Struct, frozen=True):
    """A message.

    Args:
        call: where it stands.
        within: the path to it in its frame; empty unless that is a batch.
        direction: in which it went.
        message: its members; one that has a method calls it, even if it answers another.
        answered: the method that it answers; empty if it is no answer, or nobody knows, as where several calls that were
            open at once have its id.
        asked: the message that it answers, if that is in the capture.
    """

    call: Call
    within: Path
    direction: Direction
    message: Message | Outline
    answered: str
    asked: Call | None


def messages(profile: str, events: Iterable[AnyEvent]) -> Iterator[Sent]:
    """Every message of a capture, in the order of the timeline.

    Args:
        profile: of its header.
        events: all of them.
    """
    followed, doubts = Followed(profile), _Doubts()
    for line, event in enumerate(events, 2):
        if not isinstance(event, Frame):
            followed.see(event)
            continue
        look, direction = followed.look(event, line), event.direction
        items, payload = look.items, event.payload
        if not items:
            continue
        batch = payload.lstrip()[:1] == b"["
        whole = None
        if len(payload) > SHORT:  # an outline lacks what is long
            whole = [one for at, one in enumerate(parse(payload)) if at not in look.empty]
        for place, item in enumerate(items):
            request, message = item.request, item.message if whole is None else whole[place]
            asked = None if request is None else (request.mark, request.place)
            answered = item.answered
            if doubts.about(event, item):
                answered, asked = "", None
            yield Sent((line, place), (place,) if batch else (), direction, message, answered, asked)


class _Doubts:
    """The ids that are in use by several open calls: nobody knows which of them an answer is to."""

    def __init__(self) -> None:
        self._ids: OrderedDict[Hashable, None] = OrderedDict()

    def about(self, frame: Frame, item: Item) -> bool:
        """Whether it is in doubt what a message answers; of a call, note whether its answer will be."""
        message, direction = item.message, frame.direction
        used = item.odd == "id in use"
        if message.id is UNSET or message.id is None or not (used or self._ids):
            return False
        if item.kind in ANSWERS:
            return self._key(frame, OPPOSITE[direction], message) in self._ids
        key = self._key(frame, direction, message)
        if used:
            self._ids[key] = None
            if len(self._ids) > OPEN_LIMIT:
                self._ids.popitem(last=False)
        elif item.kind == "request":
            self._ids.pop(key, None)
        return False

    def _key(self, frame: Frame, asked: Direction, message: Outline) -> Hashable:
        """The id of a call, where it waits for its answer."""
        return scope_of(frame.session, asked, frame.exchange), id_key(message.id)


def asks(message: Message | Outline) -> bool:
    """Whether a message wants an answer: any with an id does that is none itself, even if that is null."""
    return message.id is not UNSET and message.result is message.error is UNSET


def rejects(message: Message | Outline) -> bool:
    """Whether a message is an error that says of a call that it was none: such a call tells nothing of its method."""
    return message.kind == "error" and parse_error(message.error).code in REJECTED


def params_of(message: Message | Outline) -> list[Any] | dict[str, Any] | None:
    """The params of a call: by position, by name, or None where they are neither; an empty list where there are none.

    Each that nobody can read is `UNREAD`.
    """
    raw = message.params
    found = [] if raw is UNSET else read(raw)
    if found is UNREAD:
        by_itself = raw_params_of(message)
        if isinstance(by_itself, dict):
            return {name: read(one) for name, one in by_itself.items()}
        return None if by_itself is None else [read(one) for one in by_itself]
    return found if type(found) in _CONTAINERS else None


def raw_params_of(message: Message | Outline) -> list[Raw] | dict[str, Raw] | None:
    """The params of a call, as of `params_of`, each as JSON."""
    if message.params is UNSET:
        return []
    text = bytes(message.params).lstrip()
    try:
        if text[:1] == b"[":
            return _array.decode(text)
        return _object.decode(text) if text[:1] == b"{" else None
    except UNREADABLE:
        return None


def read(raw: Raw | bytes | UnsetType) -> Any:
    """A value with plain numbers; `UNREAD` if nobody can read it, None where it is absent."""
    try:
        return None if raw is UNSET else msgspec.json.decode(raw)
    except UNREADABLE:
        return UNREAD
