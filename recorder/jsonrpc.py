"""JSON-RPC 2.0 as it is in traffic: reads messages, and does not validate them.

Rule: pure and total (no payload raises); a payload is decoded no further than its caller needs.
Source: https://www.jsonrpc.org/specification; deviations seen in real nodes are in `Message`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Literal

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType

from recorder.model import UNREADABLE

SHORT = 1 << 14
"""Most bytes of params, a result or an error in an outline."""

MEMBERS = ("method", "id", "params", "result", "error")
"""Of a message, those that tell what answers what."""

Kind = Literal["request", "notification", "result", "error"]


class Message(Struct, frozen=True):
    """One JSON-RPC object of a frame; absent members are UNSET, the others raw JSON.

    A node may push (`method` without `id`), answer with `"id": null` and quote the request in `error.request`, or
    answer with a method of its own (`get.balances.reply`): all of these are messages.
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
        if self.result is not UNSET:
            return "result"
        return "notification" if self.id is UNSET else "request"


class Error(Struct, frozen=True):
    """The `error` member of a message, as far as it has the standard form."""

    code: int | float | str | None = None
    message: str = ""
    request: Raw | UnsetType = UNSET


class _Versioned(Struct, frozen=True):
    jsonrpc: str = ""


_versioned = msgspec.json.Decoder(_Versioned)
_message = msgspec.json.Decoder(Message)
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


def value_of(payload: bytes | str, default: Any = None) -> Any:
    """The JSON value of a whole frame; `default` if it is not JSON.

    All JSON (RFC 8259) is read here: numbers are exact (`int`, or `Decimal` if written with a point or an exponent),
    the last of duplicate members counts. NaN, a byte order mark, lone surrogates and integers of more than 4,300
    digits are not read.
    """
    try:
        return _value.decode(payload)
    except UNREADABLE:
        return default


def text_of(value: Any) -> bytes:
    """A JSON value as text, with the exact numbers that `value_of` reads; `msgspec.Raw` is copied as it is."""
    return _encoder.encode(value)


def canonical(value: Any) -> bytes:
    """A JSON value as text that does not depend on the order of members."""
    return _sorted_encoder.encode(value)


def outlines(payload: bytes) -> list[dict[str, Any]]:
    """The messages of a frame as JSON objects without long params and results: enough to match answers to requests.

    For callers that follow traffic as it passes: a frame of many megabytes costs no more than its outline.
    """
    if len(payload) <= SHORT:  # nothing in it is long: one reading is enough
        value = value_of(payload)
        if type(value) is dict:
            return [_told(value)] if _is_message(value) else []
    return [_outline(message) for message in parse(payload)]


def _is_message(value: dict[str, Any]) -> bool:
    """Whether an object is what `parse` takes for a message."""
    if "method" in value:
        return type(value["method"]) is str
    return "result" in value or "error" in value


def _told(value: dict[str, Any]) -> dict[str, Any]:
    return {name: value[name] for name in MEMBERS if name in value}


def _outline(message: Message) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in MEMBERS:
        raw = getattr(message, name)
        if raw is not UNSET:
            found[name] = raw if name == "method" else _short(name, bytes(raw))
    return found


def _short(name: str, raw: bytes) -> Any:
    """A member of an outline; an id that Python cannot hold is represented by its bytes."""
    if name == "id":
        return value_of(raw, raw.decode(errors="replace"))
    return value_of(raw) if len(raw) <= SHORT else {}


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
        if not message.method is message.result is message.error is UNSET:
            yield message


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
