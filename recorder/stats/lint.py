"""Protocol violations: of JSON-RPC 2.0, and of a protocol's encoded texts and signatures.

Rule: pure, and never fails, whatever a peer sent. Only what the specification forbids is reported; a missing `jsonrpc`
member is not, because some protocols omit it. Source: https://www.jsonrpc.org/specification, sections 4 to 6.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from itertools import islice
from typing import Any, NamedTuple

from recorder.difference import path_text
from recorder.escaping import escape
from recorder.jsonrpc import ANSWERS, as_list, kind_of, value_of, value_or_text
from recorder.model import MESSAGE, PRINTED, UNREADABLE, Frame
from recorder.profiles import Profile
from recorder.profiles.sentences import shown
from recorder.timeline.followed import Look
from recorder.timeline.refusals import has_error_status
from recorder.timeline.words import described_message, identified

LONG = 1 << 18
"""Most bytes of a frame that is checked."""

MANY_TEXTS = 50
"""Most encoded texts of a frame that are checked."""

VERSION = "2.0"


class Violation(NamedTuple):
    """One violation.

    Args:
        rule: the name of the rule.
        text: what is wrong, in one line.
    """

    rule: str
    text: str


def violations(frame: Frame, profile: Profile) -> Iterator[Violation]:
    """The violations of a frame; none for frames without a message, and for very long ones."""
    payload = frame.payload
    if frame.opcode not in PRINTED or frame.bodiless or has_error_status(frame) or len(payload) > LONG:
        return
    value = value_of(payload, UNREADABLE)
    if value is UNREADABLE:
        if frame.event_type == MESSAGE:  # others have meanings of their own
            yield Violation("json", "is not JSON" if value_or_text(payload) is not None else "is not UTF-8 text")
        return
    if isinstance(value, list) and not value:
        yield Violation("batch", "is an empty batch")
    for message in as_list(value):
        yield from _message(message)
        if frame.direction == "to_node":
            for path in profile.unsigned(message):
                yield Violation("unsigned", f"{escape(path_text(path))} has no signature")
    yield from _texts(payload, profile)


def unexpected(look: Look) -> Iterator[Violation]:
    """The violations of a frame by what it answers, and by the ids in use."""
    for item in look.items:
        if item.odd:
            yield Violation("answer" if item.kind in ANSWERS else "id", f"{item.odd}: {described_message(item, look)}")
    if look.left:
        yield Violation("answer", f"no answer: {', '.join(map(identified, look.left))}")


def _message(message: Any) -> Iterator[Violation]:
    kind = kind_of(message)
    if kind is None:
        yield Violation("message", "is not a JSON-RPC message: it has no method, result or error")
        return
    version = message.get("jsonrpc", VERSION)
    if version != VERSION:
        yield Violation("version", f"jsonrpc is {shown(version)}, not {VERSION!r}")
    if kind == "result" and "result" not in message:
        yield Violation("answer", "has neither a result nor an error")
    if message.get("error") is not None and "result" in message:
        yield Violation("answer", "has both a result and an error")
    if "method" in message and not isinstance(message.get("params", {}), dict | list):
        yield Violation("params", f"params is {shown(message['params'])}, neither an object nor an array")
    identity = message.get("id")
    if isinstance(identity, bool | dict | list):
        yield Violation("id", f"id is {shown(identity)}, neither a string nor a number")
    elif isinstance(identity, Decimal):
        yield Violation("id", f"id is {identity}, a fraction")
    if kind == "error":
        yield from _error(message["error"])


def _error(error: Any) -> Iterator[Violation]:
    if not isinstance(error, dict):
        yield Violation("error", f"error is {shown(error)}, not an object")
        return
    if not isinstance(error.get("code"), int) or isinstance(error.get("code"), bool):
        yield Violation("error", "error.code is not an integer")
    if not isinstance(error.get("message"), str):
        yield Violation("error", "error.message is not a string")


def _texts(payload: bytes, profile: Profile) -> Iterator[Violation]:
    if profile.encoded is None:
        return
    for found in islice(profile.encoded.finditer(payload), MANY_TEXTS):
        text = found[0].decode(errors="replace")
        if (wrong := profile.misspelt(text)) is not None:
            yield Violation("encoded", f"{escape(shown(text))}: {wrong}")
