"""What a mock node answers to a request that nobody recorded, so that its client does not wait for ever.

Rule: pure, total, and by the standard: each request is answered with its own id, notifications are not answered.
"""

from __future__ import annotations

import msgspec
from msgspec import UNSET, Raw

from recorder.jsonrpc import Message
from recorder.jsonrpc import parse as messages

UNRECORDED = -32001
"""JSON-RPC error code, of those left to servers."""

ERROR = {"code": UNRECORDED, "message": "the recorder has no such request on record"}


def refusal(payload: bytes) -> bytes:
    """The answer to the requests in a payload, as one message or as the batch they came in; empty where none asks."""
    answers = [_answer(message) for message in messages(payload) if _asks(message)]
    if not answers:
        return b""
    return msgspec.json.encode(answers if payload.lstrip()[:1] == b"[" else answers[0])


def _asks(message: Message) -> bool:
    return message.kind == "request" and message.id is not UNSET and bytes(message.id) != b"null"


def _answer(message: Message) -> dict[str, object]:
    assert isinstance(message.id, Raw)
    return {"jsonrpc": "2.0", "id": message.id, "error": ERROR}
