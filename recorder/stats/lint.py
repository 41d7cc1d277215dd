"""What is wrong with a message by itself, by the rules of JSON-RPC 2.0 and of its protocol's encoded texts.

Rule: pure, and total: whatever a peer sent. Only what the specification forbids is told; that a protocol does without
`jsonrpc` altogether is its own business. Source: https://www.jsonrpc.org/specification, sections 4 to 6.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from itertools import islice
from typing import Any, NamedTuple

from recorder.escaping import escape
from recorder.jsonrpc import value_of
from recorder.model import PRINTED, UNREADABLE, Frame
from recorder.profiles import Profile
from recorder.profiles.annotation import parsed
from recorder.profiles.sentences import shown
from recorder.timeline.exchanges import kind_of
from recorder.timeline.refusals import has_error_status

LONG = 1 << 18
"""Bytes of a frame that is not looked at."""

MANY_TEXTS = 50
"""Encoded texts of a frame that are looked at."""

VERSION = "2.0"


class Violation(NamedTuple):
    """One thing that is wrong.

    Args:
        rule: its name, the same for all of a kind.
        text: what is wrong, in a line.
    """

    rule: str
    text: str


def violations(frame: Frame, profile: Profile) -> Iterator[Violation]:
    """What is wrong with a frame; nothing of one that carries no message, or a very long one."""
    payload = frame.payload
    if frame.opcode not in PRINTED or frame.bodiless or has_error_status(frame) or len(payload) > LONG:
        return
    value = value_of(payload, UNREADABLE)
    if value is UNREADABLE:
        yield Violation("json", "is no JSON" if parsed(payload) is not None else "is no text")
        return
    if isinstance(value, list) and not value:
        yield Violation("batch", "is an empty batch")
    for message in value if isinstance(value, list) else [value]:
        yield from _message(message)
    yield from _texts(payload, profile)


def _message(message: Any) -> Iterator[Violation]:
    kind = kind_of(message)
    if kind is None:
        yield Violation("message", "is no JSON-RPC message: it has no method, result or error")
        return
    version = message.get("jsonrpc", VERSION)
    if version != VERSION:
        yield Violation("version", f"has jsonrpc {shown(version)} and not {VERSION!r}")
    if message.get("error") is not None and "result" in message:
        yield Violation("answer", "has a result and an error")
    if "method" in message and not isinstance(message.get("params", {}), dict | list):
        yield Violation("params", f"has params {shown(message['params'])}: neither an object nor a list")
    identity = message.get("id")
    if isinstance(identity, bool | dict | list):
        yield Violation("id", f"has the id {shown(identity)}: neither a text nor a number")
    elif isinstance(identity, Decimal):
        yield Violation("id", f"has the id {identity}, a fraction")
    if kind == "error":
        yield from _error(message["error"])


def _error(error: Any) -> Iterator[Violation]:
    if not isinstance(error, dict):
        yield Violation("error", f"has the error {shown(error)}: no object")
        return
    if not isinstance(error.get("code"), int) or isinstance(error.get("code"), bool):
        yield Violation("error", "has an error whose code is no whole number")
    if not isinstance(error.get("message"), str):
        yield Violation("error", "has an error whose message is no text")


def _texts(payload: bytes, profile: Profile) -> Iterator[Violation]:
    if profile.encoded is None:
        return
    for found in islice(profile.encoded.finditer(payload), MANY_TEXTS):
        text = found[0].decode(errors="replace")
        if (wrong := profile.misspelt(text)) is not None:
            yield Violation("encoded", f"{escape(shown(text))}: {wrong}")
