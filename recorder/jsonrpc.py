"""JSON-RPC 2.0 as it is in traffic: reads messages, and does not validate them.

Rule: pure and total (no payload raises); a payload is decoded no further than its caller needs.
Source: https://www.jsonrpc.org/specification; deviations seen in real nodes are in `Message`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Literal, Protocol, TypeGuard

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType

from recorder.model import UNREADABLE

SHORT = 1 << 14
"""Most bytes of params, a result or an error in an outline."""

Kind = Literal["request", "notification", "result", "error"]

CALLS: frozenset[Kind | None] = frozenset({"request", "notification"})
"""The kinds of messages that have a method."""

ANSWERS: frozenset[Kind | None] = frozenset({"result", "error"})
"""The kinds of messages that are answers by their members."""


class Message(Struct, frozen=True):
    """One JSON-RPC object of a frame; absent members are UNSET, the others raw JSON.

    A node may push (`method` without `id`), answer with `"id": null` and quote the request in `error.request`, or
    answer with a method of its own (`get.balances.reply`): all of these are messages. So is an id alone: an answer whose
    result was undefined, which JavaScript leaves out.
    """

    method: str | UnsetType = UNSET
    id: Raw | UnsetType = UNSET
    params: Raw | UnsetType = UNSET
    result: Raw | UnsetType = UNSET
    error: Raw | UnsetType = UNSET

    @property
    def kind(self) -> Kind:
        """The kind of the object by its members; `"result": null` is a result, params may be absent."""
        if self.error is not UNSET and (self.result is UNSET or bytes(self.error) != b"null"):
            return "error"
        if self.result is not UNSET or self.method is UNSET:
            return "result"
        return "notification" if self.id is UNSET else "request"


class Members(Protocol):
    """The members of a message: of one that was decoded whole, or of its outline."""

    def get(self, name: str, /) -> Any:
        """A member; None if it is absent."""

    def __getitem__(self, name: str, /) -> Any:
        """A member that is present."""

    def __contains__(self, name: object, /) -> bool:
        """Whether a member is present."""


class Outline(Struct, frozen=True):
    """The members of a message that tell what answers what: params, result and error are decoded when they are asked for.

    It keeps no payload alive that is longer than `SHORT`: its members are copies then, and longer ones are `{}`.
    """

    method: Any = UNSET
    id: Any = UNSET
    params: Raw | UnsetType = UNSET
    result: Raw | UnsetType = UNSET
    error: Raw | UnsetType = UNSET

    @property
    def kind(self) -> Kind | None:
        """The kind of the message by its members; None if it has none that tells."""
        if self.error is not UNSET and (self.result is UNSET or self.get("error") is not None):
            return "error"
        if self.result is not UNSET:
            return "result"
        if not isinstance(self.method, str):
            return "result" if self.is_empty else None
        return "notification" if self.id is UNSET or self.id is None else "request"

    @property
    def is_empty(self) -> bool:
        """Whether it has an id and nothing else: an answer whose result was left out."""
        others = self.method is self.params is self.result is self.error is UNSET
        return others and self.id is not UNSET and self.id is not None

    def get(self, name: str, /) -> Any:
        """A member; None if it is absent, or not in an outline."""
        value = getattr(self, name) if name in MEMBERS else UNSET
        if type(value) is Raw:
            return value_of(value)
        return None if value is UNSET else value

    def __getitem__(self, name: str, /) -> Any:
        """A member that is present."""
        return self.get(name)

    def __contains__(self, name: object, /) -> bool:
        """Whether a member is present, and in an outline."""
        return name in MEMBERS and getattr(self, name) is not UNSET


MEMBERS = frozenset(Outline.__struct_fields__)


class Error(Struct, frozen=True):
    """The `error` member of a message, as far as it has the standard form."""

    code: int | float | str | None = None
    message: str = ""
    request: Raw | UnsetType = UNSET


class _Versioned(Struct, frozen=True):
    jsonrpc: str = ""


_versioned = msgspec.json.Decoder(_Versioned)
_message = msgspec.json.Decoder(Message)
_outline = msgspec.json.Decoder(Outline, float_hook=Decimal)
_batch = msgspec.json.Decoder(list[Raw])
_error = msgspec.json.Decoder(Error)
_value = msgspec.json.Decoder(float_hook=Decimal)
_encoder = msgspec.json.Encoder(decimal_format="number")
_sorted_encoder = msgspec.json.Encoder(decimal_format="number", order="sorted")
_encode = json.JSONEncoder(ensure_ascii=False).encode


def parse(payload: bytes) -> list[Message]:
    """The messages of a frame, in order: one, those of a batch, or none if it is not JSON-RPC."""
    start = payload.lstrip()[:1]
    if start == b"{":
        return [*_messages((payload,))]
    if start != b"[":
        return []
    try:
        return [*_messages(_batch.decode(payload))]
    except UNREADABLE:
        return []


def texts(payload: bytes) -> list[bytes]:
    """The text of each message that `parse` finds."""
    if payload.lstrip()[:1] != b"[":
        return [payload] if parse(payload) else []
    try:
        return [bytes(raw) for raw in _batch.decode(payload) if any(_messages((raw,)))]
    except UNREADABLE:
        return []


def version_of(text: bytes) -> str:
    """The `jsonrpc` member of a message; empty if it has none."""
    try:
        return _versioned.decode(text).jsonrpc
    except UNREADABLE:
        return ""


def is_told(text: bytes) -> bool:
    """Whether a text that may be anything is a message for sure: it has a version or an id, which HTTP's methods have not."""
    return any(one.id is not UNSET for one in parse(text)) or bool(parse(text) and version_of(text))


def value_of(payload: bytes | str | Raw, default: Any = None) -> Any:
    """The JSON value of a whole frame; `default` if it is not JSON.

    All JSON (RFC 8259) is read here: numbers are exact (`int`, or `Decimal` if written with a point or an exponent),
    the last of duplicate members counts. NaN, a byte order mark, lone surrogates and integers of more than 4,300
    digits are not read.
    """
    try:
        return _value.decode(payload)
    except UNREADABLE:
        return default


def value_or_text(payload: bytes) -> Any:
    """The JSON value of a frame; any other text as a string, None for bytes that are not text."""
    value = value_of(payload, UNREADABLE)
    if value is not UNREADABLE:
        return value
    try:
        return payload.decode()
    except UnicodeDecodeError:
        return None


def as_list(value: Any) -> list[Any]:
    """A list, as a batch is; any other value as the only item of one."""
    return value if isinstance(value, list) else [value]


def json_bytes(value: Any) -> bytes:
    """A JSON value as the bytes of its text, with the exact numbers that `value_of` reads; `msgspec.Raw` is copied as it is."""
    return _encoder.encode(value)


def canonical(value: Any) -> bytes:
    """A JSON value as bytes that do not depend on the order of members."""
    return _sorted_encoder.encode(value)


def outlines(payload: bytes | Raw) -> list[Outline]:
    """The messages of a frame, each as an outline: enough to match answers to requests.

    For callers that follow traffic as it passes: a frame of many megabytes costs no more than its outline.
    """
    try:
        found = _outline.decode(payload)
    except UNREADABLE:  # a batch, an id that Python cannot hold, or no JSON
        return [_outline_of(message) for message in parse(bytes(payload))]
    if type(found.method) is not str and (found.method is not UNSET or found.kind is None):
        return []
    return [found if len(payload) <= SHORT else _shortened(found)]


def id_of(payload: bytes | Raw) -> Any:
    """The id of an object that may be no JSON-RPC; None if it has none, or is not an object."""
    try:
        found = _outline.decode(payload)
    except UNREADABLE:
        return None
    return None if found.id is UNSET else found.id


def _outline_of(message: Message) -> Outline:
    """The outline of a message; an id that Python cannot hold is represented by its bytes."""
    raw = message.id
    identity = UNSET if raw is UNSET else value_of(raw, bytes(raw).decode(errors="replace"))
    return _shortened(Outline(message.method, identity, message.params, message.result, message.error))


def _shortened(found: Outline) -> Outline:
    return Outline(found.method, found.id, _short(found.params), _short(found.result), _short(found.error))


def _short(raw: Raw | UnsetType) -> Raw | UnsetType:
    return raw if raw is UNSET else raw.copy() if len(raw) <= SHORT else _LONG


_LONG = Raw(b"{}")


def kind_of(message: Any) -> Kind | None:
    """The kind of a message by its members; None if the JSON value is not a JSON-RPC message."""
    if isinstance(message, dict):
        if isinstance(message.get("method"), str) and "result" not in message and "error" not in message:  # most are
            return "notification" if message.get("id") is None else "request"
        have = message.get
        message = Outline(
            have("method", UNSET), have("id", UNSET), have("params", UNSET), have("result", UNSET), have("error", UNSET)
        )
    return message.kind if isinstance(message, Outline) else None


def is_foreign(message: Any) -> bool:
    """Whether it is an object with an id, and else with members of another protocol alone: `{"id": 1, "command": "fee"}`."""
    if not isinstance(message, dict) or message.get("id") is None:
        return False
    return message.keys().isdisjoint(MEMBERS - {"id"}) and not message.keys() <= {"id", "jsonrpc"}


def is_object(value: Any) -> TypeGuard[Members]:
    """Whether a value is a JSON object, or the outline of one."""
    return isinstance(value, dict | Outline)


def json_text(value: Any) -> str:
    """A value as one line of JSON, whatever its depth and however long its numbers: the inverse of `value_of`.

    The usual encoder does it; only where it gives up (nesting beyond the interpreter's recursion, integers beyond its
    digits, exact decimals) a slower loop does, with the same result.
    """
    try:
        return str(value) if type(value) is int else _encode(value)
    except (RecursionError, TypeError, ValueError):
        return _slowly(value)


def parse_error(raw: Raw | UnsetType) -> Error:
    """The error object as far as it can be read; an empty one if it has no standard form."""
    try:
        return Error() if raw is UNSET else _error.decode(raw)
    except UNREADABLE:
        return Error()


def _messages(objects: Any) -> Iterator[Message]:
    for item in objects:
        try:
            message = _message.decode(item)
        except UNREADABLE:
            continue
        if not message.method is message.result is message.error is UNSET or _has_id_alone(message):
            yield message


def _has_id_alone(message: Message) -> bool:
    return message.params is UNSET and message.id is not UNSET and bytes(message.id) != b"null"


class _Raw(str):
    """Text that is JSON already."""

    __slots__ = ()


def _slowly(value: Any) -> str:
    written: list[str] = []
    pending: list[Any] = [value]
    while pending:
        part = pending.pop()
        if isinstance(part, _Raw):
            written.append(part)
        elif isinstance(part, dict):
            pending.append(_Raw("}"))
            for index, (key, item) in reversed(list(enumerate(part.items()))):
                pending += [item, _Raw(f"{', ' if index else ''}{_encode(key)}: ")]
            written.append("{")
        elif isinstance(part, list | tuple):
            pending.append(_Raw("]"))
            for index, item in reversed(list(enumerate(part))):
                pending += [item, _Raw(", " if index else "")]
            written.append("[")
        elif isinstance(part, int | Decimal) and not isinstance(part, bool):
            written.append(str(Decimal(part)))
        else:
            written.append(_encode(part))
    return "".join(written)
