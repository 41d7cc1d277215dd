"""What a mock node answers to a request that nobody recorded, so that its client does not wait for ever.

Rule: pure, total, and by the standard: each request is answered with its own id, notifications are not answered. Where
a protocol's node answers those too, and says more, the answer has its form: clients read it.
"""

from __future__ import annotations

import msgspec
from msgspec import UNSET

from recorder.jsonrpc import Message
from recorder.jsonrpc import parse as messages

UNRECORDED = -32001
"""JSON-RPC error code, of those left to servers."""

ERROR = {"code": UNRECORDED, "message": "the recorder has no such request on record"}


def refusal(payload: bytes, *, quoting: bool = False) -> bytes:
    """The answer to the requests in a payload, as one message or as the batch they came in; empty where none asks.

    Args:
        payload: a frame that was not expected.
        quoting: whether frames without an id are answered too, and errors have reasons and quote what they answer.
    """
    answers = [_answer(message, quoting=quoting) for message in messages(payload) if _asks(message, quoting=quoting)]
    if not answers:
        return b""
    return msgspec.json.encode(answers if payload.lstrip()[:1] == b"[" else answers[0])


def _asks(message: Message, *, quoting: bool) -> bool:
    if quoting:
        return message.method is not UNSET and message.kind in {"request", "notification"}
    return message.kind == "request" and message.id is not UNSET and bytes(message.id) != b"null"


def _answer(message: Message, *, quoting: bool) -> dict[str, object]:
    identity = None if message.id is UNSET else message.id
    if not quoting:
        return {"jsonrpc": "2.0", "id": identity, "error": ERROR}
    members = {"id": message.id, "method": message.method, "params": message.params}
    request = {name: value for name, value in members.items() if value is not UNSET}
    return {"jsonrpc": "2.0", "id": identity, "error": {**ERROR, "data": [ERROR], "request": request}, "version": 1}
