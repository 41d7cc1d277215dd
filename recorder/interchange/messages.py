"""Bare JSON-RPC messages: a list of them, or one after the other, one a line or over several; or calls with their answers.

Rule: nothing says who sent which. An answer goes the other way than its call; who calls is the client, unless the
protocol, or an open call with the same id, says otherwise. A value in a row is a frame (a batch, where it is an array).
"""

from __future__ import annotations

import re
from collections import Counter, OrderedDict
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType

from recorder import jsonrpc
from recorder.capture import is_json
from recorder.errors import InputError
from recorder.interchange.files import Capture, Stage
from recorder.interchange.formats import HEAD, Source
from recorder.interchange.lines import beside_messages, first_values, flat, items, list_of
from recorder.interchange.streaming import Timeline
from recorder.model import OPPOSITE, UNREADABLE, AnyEvent, Direction, Frame, Note, Opened, Scenario
from recorder.profiles import FIRST, GENERIC, profile_for
from recorder.timeline.exchanges import OPEN_LIMIT

URL = ""
"""It is unknown where the messages went."""

LONG = re.compile(rb'\s*\[?\s*\{\s*"(?:jsonrpc|method|result)"')
"""How a message begins that is longer than what is looked at."""

PAIRS = (("request", "response"), ("req", "res"))
"""Members that hold a call and its answer, as JSON or as a text."""

PAIRED, NULL = b'"req', Raw(b"null")

NO_MESSAGE = "is no JSON-RPC message: it has no method, no result and no error"


class _Message(Struct):
    method: str | UnsetType = UNSET
    id: Raw | UnsetType = UNSET
    result: Raw | UnsetType = UNSET
    error: Raw | UnsetType = UNSET


_message = msgspec.json.Decoder(_Message)
_members = msgspec.json.Decoder(dict[str, Raw])


def recognises(source: Source) -> bool:
    """Whether a file begins with a JSON-RPC message, or with a list of them, as far as its beginning shows."""
    long = len(source.head) == HEAD and LONG.match(source.head) is not None
    return long or any(jsonrpc.parse(text) for one in first_values(source)[:1] for text in _apart(one))


def read(source: Source) -> Iterator[AnyEvent]:
    """The messages of a file, in one session; who sent which is told by their kinds, or by `Source.sent`."""
    timeline, directions = Timeline(source), Directions(source.profile)
    session = timeline.session(URL)
    yield from timeline.told()
    for line, text in ((line, one) for line, whole in items(source) for one in _apart(whole)):
        direction = directions.of(text)
        if source.sent is not None:
            direction = "to_node" if source.sent else "from_node"
        if direction is None:
            raise InputError(NO_MESSAGE, file=source.name, line=line)
        yield session.frame(direction, text)


def _apart(text: bytes) -> list[bytes]:
    """A call and its answer, where a value holds these; else the value."""
    if text.find(PAIRED) < 0 or jsonrpc.parse(text):
        return [text]
    try:
        members = _members.decode(text)
    except UNREADABLE:
        return [text]
    pairs = ([_spelled(members.get(name, NULL)) for name in pair] for pair in PAIRS)
    return next(([one for one in pair if jsonrpc.parse(one)] for pair in pairs if jsonrpc.is_told(pair[0])), [text])


def _spelled(raw: Raw) -> bytes:
    """A message that is JSON, or stands in a text."""
    return str(msgspec.json.decode(raw)).encode() if bytes(raw).startswith(b'"') else bytes(raw)


class Directions:
    """Which way messages go, told from what passed before; bounded.

    Args:
        profile: the name of the profile, or `auto`.
    """

    def __init__(self, profile: str) -> None:
        self._name, self._profile, self._seen = profile, GENERIC, 0
        self._open: dict[Direction, OrderedDict[bytes, int]] = {"to_node": OrderedDict(), "from_node": OrderedDict()}
        self._calls = 0
        self._called: set[str] = set()  # by the client

    def of(self, text: bytes) -> Direction | None:
        """The direction of the next frame; None where it is no JSON-RPC."""
        if self._seen < FIRST and self._profile is GENERIC:
            self._seen += 1
            opened = Opened(session=1, party="")
            self._profile = profile_for(self._name, opened, jsonrpc.outlines(text))
        found: Direction | None = None
        for one in list_of(text) if text.startswith(b"[") else (text,):
            found = self._of(one, found)
        return found

    def _of(self, text: bytes | Raw, batch: Direction | None) -> Direction | None:
        """The direction of a message; that of its batch, where that is known."""
        try:
            message = _message.decode(text)
        except UNREADABLE:
            return batch
        if message.method is UNSET:
            return batch or (None if message.result is message.error is UNSET else self._answered(message.id))
        told = self._told(text)
        if message.id is UNSET:
            return batch or told or ("to_node" if message.method in self._called else "from_node")
        identity = bytes(message.id)
        found = batch or told or ("from_node" if identity in self._open["to_node"] else "to_node")
        self._calls += 1
        self._open[found][identity] = self._calls
        if len(self._open[found]) > OPEN_LIMIT:
            self._open[found].popitem(last=False)
        if found == "to_node" and len(self._called) < OPEN_LIMIT:
            self._called.add(message.method)
        return found

    def _answered(self, identity: Raw | UnsetType) -> Direction:
        """The direction of an answer; who asks back while it is asked is answered first."""
        key = b"" if identity is UNSET else bytes(identity)
        asked = [(waiting[key], direction) for direction, waiting in self._open.items() if key in waiting]
        if not asked:
            return "from_node"
        _call, direction = max(asked)
        del self._open[direction][key]
        return OPPOSITE[direction]

    def _told(self, text: bytes | Raw) -> Direction | None:
        """What the protocol says of a call, or a notification."""
        if "sender" not in self._profile.overrides:
            return None
        message: Any = jsonrpc.value_of(bytes(text), {})
        if (cancelled := self._profile.calls_off(message)) is not None:
            identity = jsonrpc.json_bytes(cancelled)
            return next((way for way, waiting in self._open.items() if identity in waiting), None)
        return self._profile.sender(message)


def write(capture: Capture, target: Path, stage: Stage) -> Counter[str]:
    """Write the messages of a capture, one a line."""
    lost: Counter[str] = Counter()
    with stage.open(target) as file:
        lines = _lines(capture, lost)
        first, second = next(lines, b""), next(lines, b"")
        if first.startswith(b"[") and not second:  # alone it would be a list
            first = b"[%s]\n" % first.strip()
        file.writelines(chain([first, second], lines))
    return +lost


def _lines(capture: Capture, lost: Counter[str]) -> Iterator[bytes]:
    directions, sessions = Directions(capture.header.profile), 0
    for event in capture:
        beside_messages(event, lost, URL)
        if isinstance(event, Note):
            lost["notes"] += 1
        elif isinstance(event, Scenario):
            lost["scenarios"] += 1
        elif isinstance(event, Opened):
            sessions += 1
            lost["further sessions"] += sessions > 1
        elif isinstance(event, Frame) and not event.bodiless:
            text = flat(event)
            if text is None or (event.json is UNSET and not is_json(text)) or (way := directions.of(text)) is None:
                lost["frames that are no JSON-RPC"] += 1
                continue
            lost["directions"] += way != event.direction
            yield text + b"\n"
