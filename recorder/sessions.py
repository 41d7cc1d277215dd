"""Joins the frames of a session: which request does this answer, and what is this frame in a few words.

Rule: pure, and bounded however long a session lives. Ids alone do not join this traffic (most frames have none, errors
come with `"id": null`), so every way a node says what it answers is tried, the surest first.
"""

from __future__ import annotations

from collections import OrderedDict

from msgspec import UNSET

from recorder.capture import is_json
from recorder.jsonrpc import Message, parse, parse_error
from recorder.model import Direction, Frame

PENDING_LIMIT = 10_000
"""Requests remembered at once, all sessions together; the oldest is forgotten first."""

OPPOSITE: dict[Direction, Direction] = {"to_node": "from_node", "from_node": "to_node"}
REPLY = ".reply"


class Requests:
    """Remembers who asked what, to name the request that a later message answers."""

    def __init__(self) -> None:
        self._pending: OrderedDict[tuple[int, Direction, bytes], str] = OrderedDict()

    def answered(self, frame: Frame, message: Message) -> str:
        """The method that a message answers; empty for a request, a push, and an answer to nobody knows what.

        Both ends may use the same id: a request is remembered with the session and the direction it went. A null id
        is no id: errors carry it whatever they answer.
        """
        identity = b"null" if message.id is UNSET else bytes(message.id)
        if message.kind == "request" and message.method is not UNSET and identity != b"null":
            self._pending[frame.session, frame.direction, identity] = message.method
            if len(self._pending) > PENDING_LIMIT:
                self._pending.popitem(last=False)
        if message.kind in {"request", "notification"}:
            method = "" if message.method is UNSET else message.method
            return method.removesuffix(REPLY) if method.endswith(REPLY) else ""
        return self._pending.pop((frame.session, OPPOSITE[frame.direction], identity), "") or _quoted(message)


def _quoted(message: Message) -> str:
    request = parse_error(message.error).request
    quoted = [] if request is UNSET else parse(bytes(request))
    return next((message.method for message in quoted if message.method is not UNSET), "")


def methods(frame: Frame, requests: Requests) -> list[str]:
    """The methods a frame is about: those it calls, pushes, or answers."""
    found = []
    for message in parse(frame.payload):
        answered = requests.answered(frame, message)
        found += [name for name in (answered, message.method) if name]
    return found


def describe(frame: Frame, requests: Requests) -> str:
    """A frame in a few words: its method, or the result or error of which request."""
    if frame.opcode != "text":
        return frame.opcode
    messages = parse(frame.payload)
    if not messages:
        return "JSON, not JSON-RPC" if is_json(frame.payload) else "text, not JSON-RPC"
    words = [_describe(message, requests.answered(frame, message)) for message in messages]
    return words[0] if len(words) == 1 else f"batch of {len(words)}: {', '.join(words)}"


def _describe(message: Message, answered: str) -> str:
    of = f" of {answered}" if answered else ""
    if message.kind == "error":
        error = parse_error(message.error)
        code = "" if error.code is None else f" {error.code}"
        text = f" {error.message}" if error.message else ""
        return f"error{code}{text}{of}"
    if message.kind == "result":
        return f"result{of}"
    return str(message.method) or "a method without a name"
