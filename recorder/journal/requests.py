"""What is asked over HTTP, and the head of its answer, as a recorder is told it.

Rule: pure.
"""

from __future__ import annotations

from typing import NamedTuple

from msgspec import UNSET

from recorder import event_stream, jsonrpc
from recorder.event_stream import StreamForm
from recorder.headers import header_value

JSON_RPC = frozenset({"application/json-rpc", "application/jsonrequest"})
"""Content types that say what a body is, by https://www.jsonrpc.org/historical/json-rpc-over-http.html."""

Pairs = list[tuple[str, str]]


class Request(NamedTuple):
    """What a client asks.

    Args:
        method: of HTTP.
        url: the node's.
        headers: as they came.
        body: as it is read, content coding undone; None where it is unknown.
        peer: the client's address, or whatever tells it from others.
    """

    method: str
    url: str
    headers: Pairs
    body: bytes | None = b""
    peer: str = ""


class Answer(NamedTuple):
    """The head of an answer: its status, and its headers as they came."""

    status: int
    headers: Pairs

    @property
    def streams(self) -> bool:
        """Whether its body says one message after the other."""
        return self.form is not None

    @property
    def form(self) -> StreamForm | None:
        """How its body says one message after the other; None where it is one."""
        return event_stream.form_of(header_value(self.headers, "content-type"))


def is_rpc(request: Request, body: bytes) -> bool:
    """Whether a body is JSON-RPC beyond doubt: it says so, or calls a method under an id, as versions 1 do."""
    kind = header_value(request.headers, "content-type").partition(";")[0].strip().lower()
    if b'"jsonrpc"' in body or kind in JSON_RPC:
        return bool(jsonrpc.parse(body))
    messages = jsonrpc.parse(body) if b'"method"' in body else []
    return bool(messages) and all(one.method is not UNSET and one.id is not UNSET for one in messages)
