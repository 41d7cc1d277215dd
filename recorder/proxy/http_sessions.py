"""JSON-RPC over HTTP as sessions: one for each client and endpoint, over however many connections.

Rule: what is not JSON-RPC passes untouched and unrecorded (it is counted). A body is recorded as its receiver reads it:
whole, with any content coding undone; of a stream of events each event by itself, before its last byte passes.
"""

from __future__ import annotations

import itertools
import zlib
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from mitmproxy import http
from msgspec import UNSET

from recorder import event_stream, headers, jsonrpc
from recorder.errors import CaptureWriteError
from recorder.event_stream import EventStream
from recorder.proxy.session import Journal, Session, plain

LIMIT = 1000
"""Clients remembered at once; one that comes back after so many others begins a new session."""

EXCHANGE = "recorder_exchange"

GZIP = zlib.MAX_WBITS | 16
CODINGS: dict[str, Callable[[], Callable[[bytes], bytes]]] = {
    "": lambda: bytes,
    "identity": lambda: bytes,
    "gzip": lambda: zlib.decompressobj(GZIP).decompress,
}
"""How content codings are undone piece by piece; a stream in any other is held until its end."""

Identity = tuple[str, ...]


@dataclass
class _Client:
    """One client at one endpoint.

    Args:
        session: where it is recorded.
        identity: what tells it from others, while the node has given it no name.
        numbers: of its exchanges.
    """

    session: Session
    identity: Identity
    numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))


class HttpSessions:
    """Records the JSON-RPC among HTTP requests.

    Args:
        journal: where sessions are recorded.
        names: the headers in which nodes name a session, and clients say which they mean.
    """

    def __init__(self, journal: Journal, names: Iterable[str] = ()) -> None:
        self._journal, self._names = journal, [*names]
        self._clients: OrderedDict[Identity, _Client] = OrderedDict()
        self.unrecorded = 0

    def request(self, flow: http.HTTPFlow) -> None:
        """Record a request's body if it is JSON-RPC.

        Raises:
            CaptureWriteError: the request must not be forwarded.
        """
        body = flow.request.get_content(strict=False) or b""
        identity = self._named(flow, flow.request.headers) or _identity(flow)
        client = self._clients.get(identity)
        if flow.request.method != "POST" or not (client or _is_rpc(body)):
            self.unrecorded += 1
            return
        given = _plain(flow.request.headers.items(multi=True))
        if client is None:
            client = _Client(self._journal.session(flow.request.url), identity)
            client.session.open(given)
            self._remember(identity, client)
        self._clients.move_to_end(identity)
        exchange = _Exchange(self, client, next(client.numbers))
        flow.metadata[EXCHANGE] = exchange
        client.session.body(
            "to_node", body, exchange=exchange.number, headers=headers.beside(given, client.session.headers)
        )

    def responseheaders(self, flow: http.HTTPFlow) -> None:
        """Look at the head of an answer to a recorded request.

        It may name the session; a stream of events is let through as it comes, and recorded event by event.
        """
        exchange = self._exchange(flow)
        if exchange is None or flow.response is None:
            return
        self._name(flow, exchange)
        kind, coding = (flow.response.headers.get(name, "") for name in ("content-type", "content-encoding"))
        if event_stream.is_event_stream(kind) and (undone := CODINGS.get(coding.strip().lower())) is not None:
            exchange.stream = flow.response.stream = _Stream(exchange, flow.response, undone())

    def response(self, flow: http.HTTPFlow) -> None:
        """Record the answer to a recorded request; one without a body is a frame of an empty text.

        Raises:
            CaptureWriteError: the answer must not be forwarded.
        """
        exchange = self._exchange(flow)
        if exchange is None or flow.response is None:
            return
        if exchange.stream is not None:
            exchange.stream.end()
            return
        body = flow.response.get_content(strict=False) or b""
        bodies = [body]
        if event_stream.is_event_stream(flow.response.headers.get("content-type", "")):
            bodies = [event.data for event in event_stream.parse(body) if event.data] or [b""]
        for one in bodies:
            exchange.record(one, flow.response)

    def _exchange(self, flow: http.HTTPFlow) -> _Exchange | None:
        """The recorded exchange that a flow is; None for what is not JSON-RPC, or was asked before another capture."""
        exchange: _Exchange | None = flow.metadata.get(EXCHANGE)
        return exchange if exchange is not None and exchange.owner is self else None

    def _name(self, flow: http.HTTPFlow, exchange: _Exchange) -> None:
        """Know a client by the name that its node gives it; who comes without one is then another."""
        assert flow.response is not None
        name = self._named(flow, flow.response.headers)
        if name is not None and name not in self._clients:
            client = exchange.client
            if self._clients.get(client.identity) is client:
                del self._clients[client.identity]
            client.identity = name
            self._remember(name, client)

    def _named(self, flow: http.HTTPFlow, given: http.Headers) -> Identity | None:
        found = ((name, given[name]) for name in self._names if given.get(name))
        return next(((flow.request.host, str(flow.request.port), *pair) for pair in found), None)

    def _remember(self, identity: Identity, client: _Client) -> None:
        self._clients[identity] = client
        if len(self._clients) > LIMIT:
            self._clients.popitem(last=False)


@dataclass
class _Exchange:
    """A recorded request, and what it is answered with."""

    owner: HttpSessions
    client: _Client
    number: int
    stream: _Stream | None = None
    answered: bool = False

    def record(self, body: bytes, response: http.Response) -> None:
        """Record an answer's body, or one event of it; the headers come with the first."""
        kept = [] if self.answered else headers.of_answer(_plain(response.headers.items(multi=True)))
        self.answered = True
        self.client.session.body("from_node", body, exchange=self.number, status=response.status_code, headers=kept)


class _Stream:
    """What mitmproxy calls with each piece of a stream of events, to know what to pass on."""

    def __init__(self, exchange: _Exchange, response: http.Response, undo: Callable[[bytes], bytes]) -> None:
        self._exchange, self._response, self._undo = exchange, response, undo
        self._events = EventStream()
        self._stopped = False

    def __call__(self, piece: bytes) -> Iterable[bytes]:
        """Record what is complete with this piece; nothing more passes once that could not be written."""
        try:
            for event in [] if self._stopped else self._events.feed(self._undo(piece)):
                if event.data:
                    self._exchange.record(event.data, self._response)
        except CaptureWriteError:
            self._stopped = True  # said elsewhere, once; the recording ends, and its connections with it
        except zlib.error:
            self._undo = lambda _piece: b""  # nobody can read what follows
        return [piece] if piece and not self._stopped else []

    def end(self) -> None:
        """The stream has ended; one that said nothing was an answer all the same."""
        if not self._exchange.answered:
            self._exchange.record(b"", self._response)


def _plain(given: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(plain(name), plain(value)) for name, value in given]


def _is_rpc(body: bytes) -> bool:
    """Whether a body is JSON-RPC beyond doubt: it says so, or calls a method under an id, as version 1 does."""
    if b'"jsonrpc"' in body:
        return bool(jsonrpc.parse(body))
    messages = jsonrpc.parse(body) if b'"method"' in body else []
    return bool(messages) and all(one.method is not UNSET and one.id is not UNSET for one in messages)


def _identity(flow: http.HTTPFlow) -> Identity:
    """One client talking to one endpoint, as well as HTTP lets us tell."""
    peer = flow.client_conn.peername[0]
    return peer, flow.request.headers.get("user-agent", ""), flow.request.url
