"""JSON-RPC over HTTP as sessions: one for each client and endpoint, over however many connections.

Rule: what is not JSON-RPC is not recorded (it is counted). A body is recorded as its receiver reads it: whole, with any
content coding undone; of a stream of events each event by itself. Where a node answers in a stream, what acknowledges
a post says nothing, and is not recorded.
"""

from __future__ import annotations

import itertools
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from recorder import headers, jsonrpc
from recorder.close_codes import NO_CODE
from recorder.event_stream import RESUMED, ServerEvent
from recorder.headers import header_value
from recorder.journal.requests import Answer, Pairs, Request, is_rpc
from recorder.journal.session import Journal, Session
from recorder.model import DONE, MESSAGE
from recorder.profiles import AUTO, endpoint_events, openings, session_headers
from recorder.timeline.get_calls import Form, call_in, without_call
from recorder.timeline.urls import joined, parts, request_target

LIMIT = 1000
"""Clients remembered at once; one that comes back after so many others begins a new session."""

EVENTS = 10_000
"""Events of which it is remembered, for each client, in which exchange they were: a client that lost a stream says the
last that it has."""

Identity = tuple[str, ...]


NONE_YET, NOTHING = Answer(0, []), ServerEvent(b"")


@dataclass
class _Client:
    """One client at one endpoint.

    Args:
        session: where it is recorded.
        identity: what tells it from others, while the node has given it no name.
        begun: whether it has begun its session with the call that does so.
        posts_elsewhere: whether it posts to the endpoint that a stream has named, and is answered there.
        numbers: of its exchanges.
        streams: the numbers of those that it listens to, by the headers that tell them apart.
        events: in which exchange each event was that its node has given an id, by stream and id.
    """

    session: Session
    identity: Identity
    begun: bool = False
    posts_elsewhere: bool = False
    numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))
    streams: dict[frozenset[tuple[str, str]], int] = field(default_factory=dict)
    events: OrderedDict[tuple[int, str], _Exchange] = field(default_factory=OrderedDict)


@dataclass
class _Exchange:
    """A request, and what it is answered with.

    Args:
        client: who asks.
        number: of the request; 0 for a stream that answers none, and for a post that is answered in one.
        stream: of a stream that answers none, which of its client's it is.
        answered: whether anything is recorded of its answer.
    """

    client: _Client
    number: int
    stream: int = 0
    answered: bool = False

    def record(self, event: ServerEvent, answer: Answer, asked: Sequence[tuple[str, str]] = ()) -> None:
        """Record an answer's body, or one event of it; the headers come with the first, those of a stream's request too."""
        fields: dict[str, Any] = {}  # those that say something: most events have none
        if not self.answered:
            fields["headers"], fields["request_headers"] = headers.of_answer(answer.headers), asked
        if self.stream:
            fields["stream"] = self.stream
        if event.id:
            fields["event_id"] = event.id
        if event.type != MESSAGE:
            fields["event_type"] = event.type
        self.answered = True
        self.client.session.body("from_node", event.data, exchange=self.number, status=answer.status, **fields)

    def event(self, event: ServerEvent, answer: Answer) -> None:
        """Record what an event of its stream says, if anything; one that is repeated, where it was before."""
        events = self.client.events
        exchange = events.setdefault((self.stream, event.id), self) if event.id else self
        if len(events) > EVENTS:
            events.popitem(last=False)
        if event.data:
            exchange.record(event, answer)


class Asked(Protocol):
    """A request that concerns a session, until it has been answered.

    Its answer is either `whole`, or a stream: `begun`, any number of `event`, `ended`. Each raises a CaptureWriteError
    where the answer must not be forwarded.
    """

    def head(self, answer: Answer) -> bool:
        """The head of its answer is there; whether the rest of it matters too."""
        ...

    def whole(self, body: bytes) -> None:
        """All of its answer is there, as it is read."""
        ...

    def begun(self) -> None:
        """Its answer is a stream of events."""
        ...

    def event(self, event: ServerEvent) -> None:
        """An event of its stream, which may say nothing; it has its id if that is a new one."""
        ...

    def ended(self) -> None:
        """The stream is over."""
        ...

    def broken(self, status: int) -> None:
        """The stream has broken off; the status says by whom: 502 by its node, `LEFT` by its client."""
        ...


class HttpJournal:
    """Records the JSON-RPC among HTTP requests.

    Args:
        journal: where sessions are recorded.
        profile: the name of the protocol whose ways of naming sessions count, or `auto`.
    """

    def __init__(self, journal: Journal, profile: str = AUTO) -> None:
        self.journal = journal
        self._names = [name.lower() for name in session_headers(profile)]
        self._openings = {name: name.encode() for name in openings(profile)}
        self._endpoints = endpoint_events(profile)
        self._clients: OrderedDict[Identity, _Client] = OrderedDict()
        self._listening: OrderedDict[Identity, _Listening] = OrderedDict()  # clients that have not spoken JSON-RPC yet
        self.unrecorded = 0

    def request(self, request: Request) -> Asked | None:
        """Record a request's body if it is JSON-RPC; None for a request that concerns no session.

        Raises:
            CaptureWriteError: the request must not be forwarded.
        """
        method, body = request.method, request.body
        name = self._named(request, request.headers)
        identity = name or self._posts_to(request.url) or _identity(request)
        client = self._clients.get(identity)
        if method == "POST" and body is not None and (client or is_rpc(request, body)):
            begins = name is None and self._begins(body)
            another = begins and client is not None and client.begun and not client.posts_elsewhere
            if client is None or another:  # nothing else tells it from that one
                client = self._speaks(request, identity)
            client.begun = client.begun or begins
            return self._call(request, client, body)
        if method == "GET" and (said := call_in(request.url))[0]:
            return self._call(request, client or self._speaks(request, identity), *said)
        if method == "DELETE" and client is not None and name is not None:
            return _Leaving(self, client)
        self.unrecorded += 1
        return _Listening(self, request, client, self.journal.now()) if method == "GET" else None

    def _call(self, request: Request, client: _Client, body: bytes, query: Form = "") -> _Call:
        self._clients.move_to_end(client.identity)
        exchange = _Exchange(client, 0 if client.posts_elsewhere else next(client.numbers))
        own = headers.beside(request.headers, client.session.headers)
        client.session.body("to_node", body, exchange=exchange.number, headers=own, query=query)
        return _Call(self, request, exchange)

    def _open(self, request: Request, identity: Identity, asked: int = 0) -> _Client:
        client = _Client(self.journal.session(_endpoint(request)), identity)
        client.session.open(request.headers, asked=asked)
        self._remember(identity, client)
        return client

    def _speaks(self, request: Request, identity: Identity) -> _Client:
        """A client that speaks for the first time; if it listens already, that is a part of its session."""
        client = self._open(request, identity)
        if (listening := self._listening.pop(identity, None)) is not None:
            listening.client = client
            listening.begun()
        return client

    def _begins(self, body: bytes) -> bool:
        """Whether a client begins a session with what it says."""
        said = any(name in body for name in self._openings.values())
        return said and any(one.method in self._openings for one in jsonrpc.parse(body))

    def waits(self, listening: _Listening) -> None:
        """Somebody listens of whom nothing tells yet that it speaks JSON-RPC."""
        self._listening[_identity(listening.request)] = listening
        if len(self._listening) > LIMIT:
            self._listening.popitem(last=False)

    def listens_no_more(self, listening: _Listening) -> None:
        """Its stream is over."""
        identity = _identity(listening.request)
        if self._listening.get(identity) is listening:
            del self._listening[identity]

    def opened_by(self, request: Request, asked: int) -> _Client:
        """The client that a node tells something before it has asked anything but to listen, at this time."""
        identity = self._named(request, request.headers) or _identity(request)
        return self._clients.get(identity) or self._open(request, identity, asked)

    def name(self, request: Request, answer: Answer, client: _Client) -> None:
        """Know a client by the name that its node gives it; who comes without one is then another."""
        name = self._named(request, answer.headers)
        if name is not None and name not in self._clients:
            self._rename(client, name)

    def names_endpoint(self, event: ServerEvent) -> bool:
        """Whether an event of a stream says where its client is to post."""
        return event.type in self._endpoints

    def posts(self, client: _Client, url: str) -> None:
        """Know a client by the endpoint that it posts to; who listens there next is another."""
        client.posts_elsewhere = True
        self._rename(client, _target(url))

    def _posts_to(self, url: str) -> Identity | None:
        target = _target(url)
        return target if target in self._clients else None

    def _rename(self, client: _Client, identity: Identity) -> None:
        self._forget(client)
        client.identity = identity
        self._remember(identity, client)

    def left(self, client: _Client) -> None:
        """Close a session that its client has deleted.

        Raises:
            CaptureWriteError: that is not in the capture.
        """
        self._forget(client)
        client.session.stopped(NO_CODE, "", by="party")

    def _named(self, request: Request, given: Pairs) -> Identity | None:
        found = ((name, value) for name in self._names if (value := header_value(given, name)))
        return next(((parts(request.url).netloc, *pair) for pair in found), None)

    def _remember(self, identity: Identity, client: _Client) -> None:
        self._clients[identity] = client
        if len(self._clients) > LIMIT:
            self._clients.popitem(last=False)

    def _forget(self, client: _Client) -> None:
        if self._clients.get(client.identity) is client:
            del self._clients[client.identity]


@dataclass
class _Call:
    """A client that has posted something.

    Args:
        owner: who records.
        request: what it has posted.
        exchange: that it is in.
        answer: the head of what it is answered.
        said: the last event of that, where it is a stream.
        resumable: whether an event had an id, behind which its client may ask for the rest.
    """

    owner: HttpJournal
    request: Request
    exchange: _Exchange
    answer: Answer = NONE_YET
    said: bytes = b""
    resumable: bool = False

    def head(self, answer: Answer) -> bool:
        self.answer = answer
        self.owner.name(self.request, answer, self.exchange.client)
        return True

    def whole(self, body: bytes) -> None:
        if not self.exchange.number and self.answer.status in DONE and not jsonrpc.parse(body):
            return  # it acknowledges what the stream answers
        for event in _events_in(self.answer, body):
            self.exchange.record(event, self.answer)

    def begun(self) -> None:
        """What it says is recorded as it comes."""

    def event(self, event: ServerEvent) -> None:
        self.said, self.resumable = event.data or self.said, self.resumable or bool(event.id)
        self.exchange.event(event, self.answer)

    def ended(self) -> None:
        if not self.exchange.answered:
            self.exchange.record(NOTHING, self.answer)  # a stream that said nothing was an answer all the same

    def broken(self, status: int) -> None:
        answered = any(one.kind in jsonrpc.ANSWERS for one in jsonrpc.parse(self.said))
        if self.exchange.number and not (answered or self.resumable):  # else its client has, or gets, what it asked for
            self.exchange.record(NOTHING, Answer(status, []))


@dataclass
class _Listening:
    """A client that listens to what its node tells by itself, or to the rest of a stream that it has lost.

    Args:
        owner: who records.
        request: to listen, if its answer is a stream of events; many clients do not say what they accept.
        client: it; nobody while nothing tells that JSON-RPC is spoken.
        asked: when it asked.
        exchange: the one that goes on, or that of its own.
    """

    owner: HttpJournal
    request: Request
    client: _Client | None
    asked: int
    exchange: _Exchange | None = None
    answer: Answer = NONE_YET

    def head(self, answer: Answer) -> bool:
        self.answer = answer
        self.owner.unrecorded -= answer.streams
        return answer.streams

    def whole(self, body: bytes) -> None:
        """Nothing more is to be recorded of it."""

    def begun(self) -> None:
        if self.client is None:
            self.owner.waits(self)
        else:
            self.exchange = self._resumed_or_new(self.client)

    def _resumed_or_new(self, client: _Client) -> _Exchange:
        """The exchange whose stream its client has lost, or one of its own, which begins."""
        own = headers.beside(self.request.headers, client.session.headers)
        told_apart = headers.telling(self.owner.journal.masking.headers(own))
        stream = client.streams.setdefault(told_apart, len(client.streams))
        last = header_value(self.request.headers, RESUMED)
        before = client.events.get((stream, last)) or client.events.get((0, last))
        if before is not None and (before.number or before.stream == stream):
            return before
        new = _Exchange(client, 0, stream)
        new.record(NOTHING, self.answer, own)
        return new

    def event(self, event: ServerEvent) -> None:
        endpoint = self.owner.names_endpoint(event)
        if self.client is None and (endpoint or jsonrpc.parse(event.data)):
            self.owner.listens_no_more(self)
            self.client = self.owner.opened_by(self.request, self.asked)
            self.begun()
        if self.exchange is not None:
            self.exchange.event(event, self.answer)
        if self.client is not None and endpoint:
            self.owner.posts(self.client, joined(self.request.url, event.data.decode(errors="replace")))

    def ended(self) -> None:
        self.owner.listens_no_more(self)

    def broken(self, _status: int) -> None:
        """Whoever listens does so until one of both ends goes."""
        self.ended()


@dataclass
class _Leaving:
    """A client that asks its node to end the session."""

    owner: HttpJournal
    client: _Client
    status: int = 0

    def head(self, answer: Answer) -> bool:
        self.status = answer.status
        return True

    def whole(self, _body: bytes) -> None:
        if self.status in DONE:
            self.owner.left(self.client)

    def begun(self) -> None:
        """Whether the node agrees is recorded with the whole answer."""

    def event(self, event: ServerEvent) -> None:
        """Nobody is there any more to listen."""

    def ended(self) -> None:
        self.whole(b"")

    def broken(self, _status: int) -> None:
        """The session goes on."""


def _events_in(answer: Answer, body: bytes) -> list[ServerEvent]:
    """What a whole answer says: its body, or where that is a stream of events what each says."""
    if (form := answer.form) is not None:
        return [event for event in form.parse(body) if event.data] or [NOTHING]
    return [ServerEvent(body)]


def _identity(request: Request) -> Identity:
    """One client talking to one endpoint, as well as HTTP lets us tell."""
    return request.peer, header_value(request.headers, "user-agent"), _endpoint(request)


def _target(url: str) -> Identity:
    """Where a node is posted to, and what: no other client has been told to post there."""
    return parts(url).netloc, request_target(url)


def _endpoint(request: Request) -> str:
    """What a client speaks to: a call by GET is said there, not part of it."""
    return without_call(request.url) if request.method == "GET" else request.url
