"""Refusals over HTTP: of handshakes, and of calls that a node answers with a status instead of JSON-RPC.

Rule: pure. A JSON-RPC error is an answer, whatever status it comes with; most statuses say more than it does.
"""

from __future__ import annotations

from http import HTTPStatus

from recorder.jsonrpc import parse
from recorder.model import ERRORS, LEFT, Frame, Refused

PHRASES = {status.value: status.phrase for status in HTTPStatus} | {LEFT: "Client Closed Request"}

OF_ERRORS = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND, HTTPStatus.INTERNAL_SERVER_ERROR})
"""Statuses that nodes give to JSON-RPC errors of any kind: of invalid calls, of unknown ones, of those that fail."""


def has_error_status(frame: Frame) -> bool:
    """Whether it is an HTTP answer with an error status."""
    return frame.status >= ERRORS and frame.direction == "from_node"


def refuses(frame: Frame) -> bool:
    """Whether a frame is an answer that refuses a call without JSON-RPC."""
    return has_error_status(frame) and not parse(frame.payload)


def refuses_by_status(frame: Frame) -> bool:
    """Whether a frame is an answer whose status refuses a call, with or without a JSON-RPC error."""
    return refuses(frame) or (has_error_status(frame) and frame.status not in OF_ERRORS)


def lacks_answer(event: Frame | Refused) -> bool:
    """Whether it is what a client is told where its node gives no answer: 502 (RFC 9110, section 15.6.3)."""
    return event.status == HTTPStatus.BAD_GATEWAY


def by_node(event: Frame | Refused) -> bool:
    """Whether the node itself has said it: not its client, nor the recorder where there was no answer."""
    if isinstance(event, Frame) and event.direction == "to_node":
        return False
    return not lacks_answer(event) and event.status != LEFT


def breaks_off(frame: Frame) -> bool:
    """Whether it says that the stream of events that it is in has broken off: nothing was sent to the client."""
    return frame.bodiless and lacks_answer(frame)


def status_of(number: int) -> str:
    """A status with its phrase: `429 Too Many Requests`."""
    return f"{number} {PHRASES.get(number, '')}".rstrip()


def refused(event: Refused) -> str:
    """A refused handshake in words."""
    return f"{event.party or 'a party'} is refused a WebSocket: {status_of(event.status)}, {event.url}"
