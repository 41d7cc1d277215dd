"""What a node refuses over HTTP: handshakes, and calls that it answers with a status instead of JSON-RPC.

Rule: pure. A JSON-RPC error is an answer, whatever status it comes with.
"""

from __future__ import annotations

from http import HTTPStatus

from recorder.jsonrpc import parse
from recorder.model import Frame, Refused

ERRORS = 400
"""The first status that is an error's (RFC 9110, section 15)."""

PHRASES = {status.value: status.phrase for status in HTTPStatus}


def has_error_status(frame: Frame) -> bool:
    """Whether it answers over HTTP with the status of an error."""
    return frame.status >= ERRORS and frame.exchange > 0 and frame.direction == "from_node"


def refuses(frame: Frame) -> bool:
    """Whether a frame is an answer that refuses a call without a word of JSON-RPC."""
    return has_error_status(frame) and not parse(frame.payload)


def status_of(number: int) -> str:
    """A status as it is said: `429 Too Many Requests`."""
    return f"{number} {PHRASES.get(number, '')}".rstrip()


def refused(event: Refused) -> str:
    """A refused handshake in words."""
    return f"{event.party or 'a party'} is refused a WebSocket: {status_of(event.status)}, {event.url}"
