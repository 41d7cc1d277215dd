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
from typing import Protocol

from mitmproxy import http
from msgspec import UNSET

from recorder import event_stream, headers, jsonrpc
from recorder.close_codes import NO_CODE
from recorder.errors import CaptureWriteError
from recorder.event_stream import EventStream
from recorder.headers import value_of
from recorder.proxy.bypass import Bypass
from recorder.proxy.content import body_of, undoing
from recorder.proxy.session import Journal, Session, plain
from recorder.timeline.get_calls import Form, call_in, without_call

LIMIT = 1000
"""Clients remembered at once; one that comes back after so many others begins a new session."""

EVENTS = 10_000
"""Events of which it is remembered, for each client, in which exchange they were: a client that lost a stream says the
last that it has."""

EXCHANGE = "recorder_exchange"
DONE = range(200, 300)  # statuses
JSON_RPC = frozenset({"application/json-rpc", "application/jsonrequest"})
"""Content types that say what a body is, by https://www.jsonrpc.org/historical/json-rpc-over-http.html."""

Identity = tuple[str, ...]


@dataclass
class _Client:
    """One client at one endpoint.

    Args:
        session: where it is recorded.
        identity: what tells it from others, while the node has given it no name.
        numbers: of its exchanges.
        events: in which exchange each event was that its node has given an id.
    """

    session: Session
    identity: Identity
    numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))
    events: OrderedDict[str, _Exchange] = field(default_factory=OrderedDict)


@dataclass
class _Exchange:
    """A request, and what it is answered with.

    Args:
        client: who asks.
        number: of the request; 0 for a stream that answers none.
        answered: whether anything is recorded of its answer.
    """

    client: _Client
    number: int
    answered: bool = False

    def record(self, body: bytes, response: http.Response, event_id: str = "") -> None:
        """Record an answer's body, or one event of it; the headers come with the first."""
        kept = [] if self.answered else headers.of_answer(_plain(response.headers.items(multi=True)))
        self.answered = True
        self.client.session.body(
            "from_node", body, exchange=self.number, status=response.status_code, headers=kept, event_id=event_id
        )

    def event(self, said: bytes, response: http.Response, event_id: str) -> None:
        """Record what an event of its stream says, if anything; one that is repeated, where it was before."""
        events = self.client.events
        exchange = events.setdefault(event_id, self) if event_id else self
        if len(events) > EVENTS:
            events.popitem(last=False)
        if said:
            exchange.record(said, response, event_id)


class _Asked(Protocol):
    """A request that concerns a session, until it has been answered."""

    owner: HttpSessions

    def head(self, flow: http.HTTPFlow, response: http.Response) -> None:
        """The head of its answer is there."""
        ...

    def whole(self, flow: http.HTTPFlow, response: http.Response) -> None:
        """All of its answer is there.

        Raises:
            CaptureWriteError: the answer must not be forwarded.
        """
        ...


class HttpSessions:
    """Records the JSON-RPC among HTTP requests.

    Args:
        journal: where sessions are recorded.
        names: the headers in which nodes name a session, and clients say which they mean.
        alone: whether nobody else looks at flows: streams of events may pass by mitmproxy.
    """

    def __init__(self, journal: Journal, names: Iterable[str] = (), *, alone: bool = False) -> None:
        self.journal, self._names, self.alone = journal, [*names], alone
        self._clients: OrderedDict[Identity, _Client] = OrderedDict()
        self.unrecorded = 0

    def request(self, flow: http.HTTPFlow) -> None:
        """Record a request's body if it is JSON-RPC; remember a request to listen to a node, or to leave it.

        Raises:
            CaptureWriteError: the request must not be forwarded.
        """
        method = flow.request.method
        name = self._named(flow, flow.request.headers)
        identity = name or _identity(flow)
        client = self._clients.get(identity)
        if method == "POST" and (body := body_of(flow.request)) is not None and (client or _is_rpc(flow, body)):
            flow.metadata[EXCHANGE] = self._call(flow, client or self._open(flow, identity), body)
        elif method == "GET" and (said := call_in(flow.request.url))[0]:
            flow.metadata[EXCHANGE] = self._call(flow, client or self._open(flow, identity), *said)
        elif method == "GET" and event_stream.CONTENT_TYPE in flow.request.headers.get("accept", ""):
            flow.metadata[EXCHANGE] = _Listening(self, client)
        elif method == "DELETE" and client is not None and name is not None:
            flow.metadata[EXCHANGE] = _Leaving(self, client)
        else:
            self.unrecorded += 1

    def responseheaders(self, flow: http.HTTPFlow) -> None:
        """Look at the head of an answer: it may name the session, or begin a stream of events, which is let through."""
        asked = self._asked(flow)
        if asked is not None and flow.response is not None:
            asked.head(flow, flow.response)

    def response(self, flow: http.HTTPFlow) -> None:
        """Record the answer to a recorded request; one without a body is a frame of an empty text.

        Raises:
            CaptureWriteError: the answer must not be forwarded.
        """
        asked = self._asked(flow)
        if asked is not None and flow.response is not None:
            asked.whole(flow, flow.response)

    def _call(self, flow: http.HTTPFlow, client: _Client, body: bytes, query: Form = "") -> _Call:
        self._clients.move_to_end(client.identity)
        exchange = _Exchange(client, next(client.numbers))
        own = headers.beside(_plain(flow.request.headers.items(multi=True)), client.session.headers)
        client.session.body("to_node", body, exchange=exchange.number, headers=own, query=query)
        return _Call(self, exchange)

    def _open(self, flow: http.HTTPFlow, identity: Identity) -> _Client:
        client = _Client(self.journal.session(_endpoint(flow)), identity)
        client.session.open(_plain(flow.request.headers.items(multi=True)))
        self._remember(identity, client)
        return client

    def opened_by(self, flow: http.HTTPFlow) -> _Client:
        """The client that a node tells something before it has asked anything."""
        identity = self._named(flow, flow.request.headers) or _identity(flow)
        return self._clients.get(identity) or self._open(flow, identity)

    def name(self, flow: http.HTTPFlow, response: http.Response, client: _Client) -> None:
        """Know a client by the name that its node gives it; who comes without one is then another."""
        name = self._named(flow, response.headers)
        if name is not None and name not in self._clients:
            self._forget(client)
            client.identity = name
            self._remember(name, client)

    def left(self, client: _Client) -> None:
        """Close a session that its client has deleted.

        Raises:
            CaptureWriteError: that is not in the capture.
        """
        self._forget(client)
        client.session.stopped(NO_CODE, "", by="party")

    def _asked(self, flow: http.HTTPFlow) -> _Asked | None:
        """What a flow means to a session; None for what is not JSON-RPC, or was asked before another capture."""
        asked: _Asked | None = flow.metadata.get(EXCHANGE)
        return asked if asked is not None and asked.owner is self else None

    def _named(self, flow: http.HTTPFlow, given: http.Headers) -> Identity | None:
        found = ((name, given[name]) for name in self._names if given.get(name))
        return next(((flow.request.host, str(flow.request.port), *pair) for pair in found), None)

    def _remember(self, identity: Identity, client: _Client) -> None:
        self._clients[identity] = client
        if len(self._clients) > LIMIT:
            self._clients.popitem(last=False)

    def _forget(self, client: _Client) -> None:
        if self._clients.get(client.identity) is client:
            del self._clients[client.identity]


@dataclass
class _Call:
    """A client that has posted something."""

    owner: HttpSessions
    exchange: _Exchange
    streams: bool = False

    def head(self, flow: http.HTTPFlow, response: http.Response) -> None:
        self.owner.name(flow, response, self.exchange.client)
        if (undo := _events_of(response)) is not None:
            self.streams = True
            response.stream = _Stream(
                flow, self.owner, lambda said, own: self.exchange.event(said, response, own), undo
            )

    def whole(self, _flow: http.HTTPFlow, response: http.Response) -> None:
        if not self.streams:
            for event in _events_in(response):
                self.exchange.record(event.data, response, event.id)
        elif not self.exchange.answered:
            self.exchange.record(b"", response)  # a stream that said nothing was an answer all the same


@dataclass
class _Listening:
    """A client that listens to what its node tells by itself, or to the rest of a stream that it has lost.

    Args:
        owner: who records.
        client: it; nobody while nothing tells that JSON-RPC is spoken.
        exchange: the one that goes on, or that of its own.
    """

    owner: HttpSessions
    client: _Client | None
    exchange: _Exchange | None = None

    def head(self, flow: http.HTTPFlow, response: http.Response) -> None:
        undo = _events_of(response)
        if undo is None:
            del flow.metadata[EXCHANGE]
            self.owner.unrecorded += 1
            return

        def event(said: bytes, event_id: str) -> None:
            if self.client is None and jsonrpc.parse(said):
                self.client = self.owner.opened_by(flow)
                self._begin(flow, response)
            if self.exchange is not None:
                self.exchange.event(said, response, event_id)

        response.stream = stream = _Stream(flow, self.owner, event, undo)
        stream.guarded(lambda: self._begin(flow, response))

    def _begin(self, flow: http.HTTPFlow, response: http.Response) -> None:
        """Record that a stream begins which goes on with none."""
        if self.client is not None:
            self.exchange = self.client.events.get(flow.request.headers.get(event_stream.RESUMED, ""))
            if self.exchange is None:
                self.exchange = _Exchange(self.client, 0)
                self.exchange.record(b"", response)

    def whole(self, flow: http.HTTPFlow, response: http.Response) -> None:
        """Nothing more is to be recorded of it."""


@dataclass
class _Leaving:
    """A client that asks its node to end the session."""

    owner: HttpSessions
    client: _Client

    def head(self, flow: http.HTTPFlow, response: http.Response) -> None:
        """Whether the node agrees is recorded with the whole answer."""

    def whole(self, _flow: http.HTTPFlow, response: http.Response) -> None:
        if response.status_code in DONE:
            self.owner.left(self.client)


class _Stream:
    """What mitmproxy calls with each piece of a stream of events, to know what to pass on.

    Args:
        flow: that it is in.
        owner: who records.
        record: takes what an event says, if anything, and its id.
        undo: undoes its content coding.
    """

    def __init__(
        self,
        flow: http.HTTPFlow,
        owner: HttpSessions,
        record: Callable[[bytes, str], None],
        undo: Callable[[bytes], bytes],
    ) -> None:
        self._flow, self._journal, self._record, self._undo = flow, owner.journal, record, undo
        self._may_bypass = owner.alone
        self._events = EventStream()
        self._last = ""  # id
        self._stopped = False

    def __call__(self, piece: bytes) -> Iterable[bytes]:
        """Record what is complete with this piece; nothing more passes once that could not be written."""
        if self._may_bypass and piece:
            self._may_bypass = False
            Bypass(self._flow, self._passes)
        return [piece] if self._passes(piece) and piece else []

    def _passes(self, piece: bytes) -> bool:
        self.guarded(lambda: self._take(piece))
        return not self._stopped

    def guarded(self, work: Callable[[], None]) -> None:
        """Record something, or let nothing more pass."""
        try:
            if not self._stopped:
                with self._journal.together():
                    work()
        except CaptureWriteError:
            self._stopped = True  # said elsewhere, once; the recording ends, and its connections with it
        except zlib.error:
            self._undo = lambda _piece: b""  # nobody can read what follows

    def _take(self, piece: bytes) -> None:
        for event in self._events.feed(self._undo(piece)):
            own = event.id if event.id != self._last else ""
            self._last = event.id
            self._record(event.data, plain(own))


def _events_of(response: http.Response) -> Callable[[bytes], bytes] | None:
    """What undoes the coding of a stream of events; None where it is none, or in a coding that is undone whole."""
    kind, coding = (response.headers.get(name, "") for name in ("content-type", "content-encoding"))
    return undoing(coding) if event_stream.is_event_stream(kind) else None


def _events_in(response: http.Response) -> list[event_stream.ServerEvent]:
    """What a whole answer says: its body, or where that is a stream of events what each says."""
    body = body_of(response) or b""
    if event_stream.is_event_stream(response.headers.get("content-type", "")):
        return [event for event in event_stream.parse(body) if event.data] or [event_stream.ServerEvent(b"")]
    return [event_stream.ServerEvent(body)]


def _plain(given: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(plain(name), plain(value)) for name, value in given]


def _is_rpc(flow: http.HTTPFlow, body: bytes) -> bool:
    """Whether a body is JSON-RPC beyond doubt: it says so, or calls a method under an id, as versions 1 do."""
    kind = value_of(flow.request.headers.items(), "content-type").partition(";")[0].strip().lower()
    if b'"jsonrpc"' in body or kind in JSON_RPC:
        return bool(jsonrpc.parse(body))
    messages = jsonrpc.parse(body) if b'"method"' in body else []
    return bool(messages) and all(one.method is not UNSET and one.id is not UNSET for one in messages)


def _identity(flow: http.HTTPFlow) -> Identity:
    """One client talking to one endpoint, as well as HTTP lets us tell."""
    peer = flow.client_conn.peername[0]
    return peer, flow.request.headers.get("user-agent", ""), _endpoint(flow)


def _endpoint(flow: http.HTTPFlow) -> str:
    """What a client speaks to: a call by GET is said there, not part of it."""
    return without_call(flow.request.url) if flow.request.method == "GET" else flow.request.url
