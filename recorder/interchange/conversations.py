"""A capture as most tools keep traffic: WebSockets and HTTP exchanges, one after the other.

Rule: knows no format. What no conversation holds is counted, by what it is called in the plural.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from recorder.headers import merged
from recorder.journal.requests import Answer, Request
from recorder.model import AnyEvent, Closed, Frame, Note, Opened, Refused, Scenario, unnamed
from recorder.profiles import AUTO, endpoint_events, session_headers
from recorder.timeline.get_calls import with_call
from recorder.timeline.refusals import has_error_status
from recorder.timeline.urls import carrier, joined

WEBSOCKET = frozenset({"ws", ""})
"""A session whose URL is unknown counts as one over a WebSocket."""


@dataclass
class WebSocket:
    """A session over a WebSocket.

    Args:
        opened: how it began.
        scenario: in which, empty if in none.
        frames: messages and control frames, in their order.
        closed: how it ended; None while it is open.
    """

    opened: Opened
    scenario: str = ""
    frames: list[Frame] = field(default_factory=list)
    closed: Closed | None = None


@dataclass
class Exchange:
    """A request over HTTP, and its answer.

    Args:
        opened: its session.
        scenario: in which, empty if in none.
        asked: the request; None where a client only listens, or left its session.
        answers: the answer's body, or each event of its stream; the first has the headers.
        left: the end of the session that the client asked for.
        given: the headers of the request.
        endpoint: the URL that the client posts to, if it was told one; the node answers in a stream.
    """

    opened: Opened
    scenario: str = ""
    asked: Frame | None = None
    answers: list[Frame] = field(default_factory=list)
    left: Closed | None = None
    given: list[tuple[str, str]] = field(default_factory=list)
    endpoint: str = ""

    @property
    def time(self) -> int:
        """When it began."""
        first = self.asked or self.left or self.answers[0]
        return first.time

    @property
    def request(self) -> Request:
        """What was asked; its body is empty for a call in the query of its URL."""
        asked, opened = self.asked, self.opened
        if self.left is not None:
            return Request("DELETE", opened.url, self.given)
        if asked is None:
            return Request("GET", opened.url, self.given)
        if asked.query:
            return Request("GET", with_call(opened.url, asked.payload, asked.query), self.given)
        return Request("POST", self.endpoint or opened.url, self.given, asked.payload)

    @property
    def answer(self) -> Answer | None:
        """The head of its answer; None where there is none."""
        if self.left is not None:
            return Answer(204, [])
        if self.endpoint and not self.answers:
            return Answer(202, [])
        return Answer(self.answers[0].status, self.answers[0].headers) if self.answers else None


Conversation = WebSocket | Exchange | Refused


def conversations(events: Iterable[AnyEvent], lost: Counter[str]) -> list[Conversation]:
    """The conversations of a capture, in the order in which they began; `lost` counts what none holds."""
    told = _Told(lost)
    for event in events:
        told.see(event)
    return told.found


class _Told:
    def __init__(self, lost: Counter[str]) -> None:
        self.found: list[Conversation] = []
        self._lost, self._scenario = lost, ""
        self._sessions: dict[int, Opened] = {}
        # the headers of each session's next request, with its node's name for it
        self._given: dict[int, list[tuple[str, str]]] = {}
        self._names = {name.lower() for name in session_headers(AUTO)}
        self._sockets: dict[int, WebSocket] = {}
        self._exchanges: dict[tuple[int, int, int], Exchange] = {}  # by session, number and stream
        self._endpoints: dict[int, str] = {}  # of each session, the URL that its client was told to post to
        self._posted: dict[int, Exchange] = {}  # the last there
        self._endpoint_events = endpoint_events(AUTO)

    def see(self, event: AnyEvent) -> None:
        if isinstance(event, Scenario):
            self._scenario = event.name
        elif isinstance(event, Note):
            self._lost["notes"] += 1
        elif isinstance(event, Refused):
            self.found.append(event)
        elif isinstance(event, Opened):
            self._open(event)
        else:
            if event.session not in self._sessions:  # it began before the capture, or where somebody has cut it
                self._open(Opened(time=event.time, session=event.session, party=unnamed(event.session)))
            self._pass(event)

    def _open(self, event: Opened) -> None:
        self._sessions[event.session] = event
        self._given[event.session] = event.headers
        if carrier(event.url) in WEBSOCKET:
            self._sockets[event.session] = WebSocket(event, self._scenario)
            self.found.append(self._sockets[event.session])

    def _pass(self, event: Frame | Closed) -> None:
        socket = self._sockets.get(event.session)
        if socket is None:
            self._see_http(event, self._sessions[event.session])
        elif isinstance(event, Frame):
            socket.frames.append(event)
        else:
            socket.closed = event

    def _see_http(self, event: Frame | Closed, opened: Opened) -> None:
        if carrier(opened.url) != "http":
            self._lost[f"events of {carrier(opened.url)}"] += 1
            return
        if isinstance(event, Frame) and event.direction == "to_node":
            self._given[event.session] = merged(opened.headers, event.headers)
        given = self._given[event.session]
        if isinstance(event, Closed):
            self.found.append(Exchange(opened, self._scenario, left=event, given=given))
        elif event.direction == "to_node" and event.exchange:
            self._begin(event, Exchange(opened, self._scenario, asked=event, given=given))
        elif event.direction == "to_node":
            there = self._endpoints.get(event.session, "")
            posted = Exchange(opened, self._scenario, asked=event, given=given, endpoint=there)
            self._posted[event.session] = posted
            self.found.append(posted)
        elif not event.exchange and event.session in self._posted and has_error_status(event):
            self._posted[event.session].answers.append(event)
        elif event.begins_stream or (event.session, event.exchange, event.stream) not in self._exchanges:
            listens = merged(opened.headers, event.request_headers) if event.request_headers else given
            self._begin(event, Exchange(opened, self._scenario, answers=[event], given=listens))
        else:
            self._exchanges[event.session, event.exchange, event.stream].answers.append(event)
        if isinstance(event, Frame) and event.direction == "from_node":
            if event.event_type in self._endpoint_events:
                self._endpoints[event.session] = joined(opened.url, event.payload.decode(errors="replace"))
            named = [pair for pair in event.headers if pair[0].lower() in self._names]
            self._given[event.session] = merged(given, named)

    def _begin(self, event: Frame, exchange: Exchange) -> None:
        self._exchanges[event.session, event.exchange, event.stream] = exchange
        self.found.append(exchange)
