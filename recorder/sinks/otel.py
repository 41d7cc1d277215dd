"""Calls as OpenTelemetry's spans and metrics: a span a call within one of its session, linked to what caused it.

Rule: events in, finished spans and figures out; nothing is sent here. Memory is bounded, whatever a peer sends. Which
request an answer belongs to is for `timeline` to say. Params, results and headers stay in the capture.
Sources: https://opentelemetry.io/docs/specs/semconv/rpc/json-rpc/, .../rpc-spans/, .../rpc-metrics/ (version 1.45).
"""

from __future__ import annotations

import os
import time
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader, MetricsData
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanLimits, SpanProcessor, TracerProvider
from opentelemetry.trace import Link, Span, SpanContext, SpanKind, Status, StatusCode, set_span_in_context

from recorder import __version__
from recorder.jsonrpc import ANSWERS, version_of
from recorder.model import (
    OPPOSITE,
    PRINTED,
    SECOND,
    AnyEvent,
    Closed,
    Direction,
    Frame,
    Header,
    Opened,
    Refused,
    Scenario,
)
from recorder.profiles import Profile
from recorder.profiles.remembered import Remembered
from recorder.profiles.sentences import shortened
from recorder.sinks.console import ENDS_WELL
from recorder.timeline.exchanges import OPEN_LIMIT, Exchanges
from recorder.timeline.followed import MANY_SESSIONS, Followed, Item, Request
from recorder.timeline.refusals import has_error_status, status_of
from recorder.timeline.urls import carrier, parts
from recorder.timeline.words import ended

SERVICE = "recorder"

MANY_METHODS, OTHER = 1_000, "_OTHER"
"""Most methods that metrics tell apart; further ones count as the name that the conventions have for them."""

MANY_CARRIED = 4_096
"""Most transactions and the like whose spans are remembered for links."""

LONG = 200
"""Most characters of a text that a peer chose."""

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10)
"""The boundaries of the histogram of durations in seconds, as the conventions want them."""

PROTOCOLS = {"ws": "websocket", "http": "http"}

UNANSWERED = "unanswered"
"""The type of error of a call that was never answered."""

Attributes = dict[str, Any]

Key = tuple[int, int]
"""Of a call: the line of its frame, and its place in that."""


@dataclass(slots=True, eq=False)
class _Call:
    span: Span
    time: int
    exchange: int
    waits: bool  # whether it has an id, so that its sender waits for an answer
    common: Attributes  # attributes of its metrics


@dataclass(slots=True, eq=False)
class _Session:
    span: Span
    address: Attributes = field(default_factory=dict)  # of the node
    open: dict[Direction, OrderedDict[Key, _Call]] = field(
        default_factory=lambda: {"to_node": OrderedDict(), "from_node": OrderedDict()}
    )


class _Finished(SpanProcessor):
    """Keeps the spans that have ended."""

    def __init__(self) -> None:
        self.spans: list[ReadableSpan] = []

    def on_end(self, span: ReadableSpan) -> None:
        self.spans.append(span)


class Telemetry:
    """Makes spans and metrics of the events of one capture.

    Args:
        header: of the capture.
    """

    def __init__(self, header: Header) -> None:
        own = {"service.version": __version__, "service.instance.id": header.run, "recorder.run": header.run}
        named = {"service.name": os.environ.get("OTEL_SERVICE_NAME") or SERVICE}
        resource = Resource.create(own | named)
        self._finished, self._reader = _Finished(), InMemoryMetricReader()
        tracing = TracerProvider(
            resource=resource, shutdown_on_exit=False, span_limits=SpanLimits(max_span_attribute_length=4 * LONG)
        )
        tracing.add_span_processor(self._finished)
        self._tracer = tracing.get_tracer("recorder", __version__)
        meter = MeterProvider([self._reader], resource, shutdown_on_exit=False).get_meter("recorder", __version__)
        self._took = meter.create_histogram(
            "rpc.client.call.duration",
            "s",
            "Measures the duration of an outgoing Remote Procedure Call (RPC).",
            explicit_bucket_boundaries_advisory=BUCKETS,
        )
        self._errors = meter.create_counter("recorder.call.errors", "{error}", "Calls refused, or never answered.")
        self._waiting = meter.create_up_down_counter("recorder.call.open", "{call}", "Calls that wait for an answer.")
        self._followed = Followed(header.profile)
        self._causes: Exchanges[Key] = Exchanges()
        self._sessions: Remembered[int, _Session] = Remembered(MANY_SESSIONS + 1)
        self._carried: Remembered[Any, SpanContext] = Remembered(MANY_CARRIED)
        self._methods: set[str] = set()
        self._scenario: dict[str, str] = {}
        self._calls: OrderedDict[Key, _Session] = OrderedDict()
        self._now = 0

    def take(self) -> list[ReadableSpan]:
        """The spans that have ended since the last time."""
        taken, self._finished.spans = self._finished.spans, []
        return taken

    def metrics(self) -> MetricsData | None:
        """All metrics so far; None if nothing was measured."""
        return self._reader.get_metrics_data()

    def see(self, line: int, event: AnyEvent) -> None:
        """Take the next event, which stands in this line of the capture."""
        self._now = event.time or time.time_ns()
        if isinstance(event, Frame):
            if event.opcode in PRINTED:
                self._frame(line, event)
        elif isinstance(event, Opened):
            self._followed.see(event)
            self._open(event)
        elif isinstance(event, Closed):
            self._close(event)
            self._followed.see(event)
        elif isinstance(event, Refused):
            self._refuse(line, event)
        elif isinstance(event, Scenario):
            self._scenario = {"recorder.scenario": shortened(event.name, LONG)}

    def end(self) -> None:
        """The recording ends: so do the open calls, which were never answered, and the sessions."""
        for number in [*self._sessions]:
            self._leave(number, "the recording ended before an answer came")

    # Sessions

    def _open(self, event: Opened) -> None:
        self._leave(event.session, "its session began anew")
        self._sit(event)
        if len(self._sessions) > MANY_SESSIONS:
            self._leave(next(iter(self._sessions)), "its session was forgotten")

    def _sit(self, event: Opened) -> _Session:
        address = address_of(event.url)
        told = {"recorder.session": event.session, "recorder.party": event.party, "recorder.role": event.role}
        given: Attributes = {name: value for name, value in told.items() if value} | address | self._scenario
        if event.url:
            given["url.full"] = event.url
        span = self._tracer.start_span("session", attributes=given, start_time=self._now)
        return self._sessions.keep(event.session, _Session(span, address))

    def _session(self, number: int) -> _Session:
        found = self._sessions.recall(number)
        return self._sit(Opened(session=number, party="")) if found is None else found

    def _close(self, event: Closed) -> None:
        session = self._session(event.session)
        session.span.set_attribute("recorder.close.code", event.code)
        session.span.set_attribute("recorder.close.by", event.by)
        if event.lost or event.code not in ENDS_WELL:
            session.span.set_status(Status(StatusCode.ERROR, shortened(ended(event), LONG)))
            session.span.set_attribute("error.type", event.lost or str(event.code))
        self._leave(event.session, "its session ended before an answer came")

    def _leave(self, number: int, why: str) -> None:
        session = self._sessions.take(number)
        if session is None:
            return
        for calls in session.open.values():
            for key in [*calls]:
                self._unanswered(session, key, why)
        session.span.end(self._now)

    def _refuse(self, line: int, event: Refused) -> None:
        given: Attributes = {
            "recorder.line": line,
            "http.response.status_code": event.status,
            "error.type": str(event.status),
        }
        span = self._tracer.start_span(
            "session",
            attributes=given | address_of(event.url) | self._scenario | {"url.full": event.url},
            start_time=self._now,
        )
        span.set_status(Status(StatusCode.ERROR, status_of(event.status)))
        span.end(self._now)

    # Messages

    def _frame(self, line: int, frame: Frame) -> None:
        session, look = self._session(frame.session), self._followed.look(frame, line)
        caused = "caused_by" in look.profile.overrides
        carried = self._carries(frame, look.profile)
        versions = map(version_of, look.texts(frame.payload))
        for place, (item, version) in enumerate(zip(look.items, versions, strict=True)):
            key, kind = (line, place), look.kind(item, frame.direction)
            cause = self._causes.passes(frame, item.message, look.profile, key) if caused else None
            if kind == "request":
                self._call(session, key, frame, item, version, carried)
            elif kind in ANSWERS:
                self._answer(session, key, frame, item)
            else:
                self._push(session, key, frame, item, cause, carried)
        for request in look.instead:
            self._other_answer(session, frame, request)
        for request in look.left:
            if (request.mark, request.place) in self._calls:
                self._unanswered(session, (request.mark, request.place), "the HTTP answer has none")

    def _carries(self, frame: Frame, profile: Profile) -> frozenset[Any]:
        if "carries" not in profile.overrides:
            return frozenset()
        return profile.carried_in(frame.payload)

    def _call(
        self, session: _Session, key: Key, frame: Frame, item: Item, version: str, carried: frozenset[Any]
    ) -> None:
        method, line = shortened(item.method, LONG), key[0]
        common: Attributes = {"rpc.system.name": "jsonrpc", "recorder.direction": frame.direction}
        common |= session.address if frame.direction == "to_node" else {}
        told = common | {"rpc.method": method, "recorder.line": line} | self._scenario
        if (identity := item.message.get("id")) is not None:
            told["jsonrpc.request.id"] = shortened(str(identity), LONG)
        if version:
            told["jsonrpc.protocol.version"] = version
        links = [*self._links(session, frame, carried)]
        span = self._tracer.start_span(
            method,
            set_span_in_context(session.span),
            SpanKind.CLIENT,
            told,
            links,
            start_time=self._now,
        )
        for one in carried:
            self._carried.keep(one, span.get_span_context())
        call = _Call(
            span, self._now, frame.exchange, item.kind == "request", common | {"rpc.method": self._counted(method)}
        )
        session.open[frame.direction][key] = call
        self._calls[key] = session
        if call.waits:
            self._waiting.add(1, call.common)
        if len(self._calls) > OPEN_LIMIT:
            oldest, of = next(iter(self._calls.items()))
            self._unanswered(of, oldest, "too many calls were open")

    def _links(self, session: _Session, frame: Frame, carried: Iterable[Any]) -> Iterator[Link]:
        """What a call follows from: spans of the same transaction, and the call within which it was asked."""
        found = [context for one in carried if (context := self._carried.recall(one)) is not None]
        for context in {context.span_id: context for context in found}.values():
            yield Link(context, {"recorder.relation": "carries the same"})
        if (outer := self._outer(session, frame)) is not None:
            yield Link(outer.span.get_span_context(), {"recorder.relation": "asked within"})

    def _outer(self, session: _Session, frame: Frame) -> _Call | None:
        """The call in whose answer a frame comes: over HTTP that of its exchange, else the only one that is open."""
        calls = session.open[OPPOSITE[frame.direction]]
        if frame.exchange:
            return next((call for call in reversed(calls.values()) if call.exchange == frame.exchange), None)
        return next(iter(calls.values())) if len(calls) == 1 and frame.direction == "from_node" else None

    def _push(
        self,
        session: _Session,
        key: Key,
        frame: Frame,
        item: Item,
        cause: Key | None,
        carried: frozenset[Any],
    ) -> None:
        """A notification: an event of the call that it belongs to, or else of its session."""
        call = self._open_call(session, OPPOSITE[frame.direction], cause)
        if call is None and frame.exchange:
            call = self._outer(session, frame)
        span = session.span if call is None else call.span
        told = {"recorder.line": key[0], "recorder.direction": frame.direction}
        span.add_event(shortened(item.method, LONG) or "message", told, timestamp=self._now)
        if call is not None and cause is not None:
            for one in carried:
                self._carried.keep(one, call.span.get_span_context())
            if not call.waits:  # its sender waits for nothing more
                self._done(session, OPPOSITE[frame.direction], cause)

    def _open_call(self, session: _Session, direction: Direction, key: Key | None) -> _Call | None:
        return None if key is None else session.open[direction].get(key)

    # Answers

    def _answer(self, session: _Session, key: Key, frame: Frame, item: Item) -> None:
        direction = OPPOSITE[frame.direction]
        asked = None if item.request is None else (item.request.mark, item.request.place)
        call = self._open_call(session, direction, asked)
        if call is None or asked is None:
            told = {"recorder.line": key[0], "recorder.direction": frame.direction}
            session.span.add_event(f"{item.kind} without a request", told, timestamp=self._now)
            return
        failed: Attributes = {}
        if item.failed:
            error = item.message.get("error")
            code, text = (error.get("code"), error.get("message")) if isinstance(error, dict) else (None, None)
            failed = {"error.type": OTHER if code is None else shortened(str(code), LONG)}
            if code is not None:
                failed["rpc.response.status_code"] = failed["error.type"]
            call.span.set_status(Status(StatusCode.ERROR, shortened(text, LONG) if isinstance(text, str) else None))
        call.span.set_attribute("recorder.answer.line", key[0])
        self._settle(session, direction, asked, failed)

    def _other_answer(self, session: _Session, frame: Frame, request: Request) -> None:
        """An HTTP answer that is not JSON-RPC."""
        key, failed = (request.mark, request.place), {}
        if (call := self._open_call(session, request.direction, key)) is None:
            return
        call.span.set_attribute("http.response.status_code", frame.status)
        if has_error_status(frame):
            failed = {"error.type": str(frame.status)}
            call.span.set_status(Status(StatusCode.ERROR, status_of(frame.status)))
        self._settle(session, request.direction, key, failed)

    def _settle(self, session: _Session, direction: Direction, key: Key, failed: Attributes) -> None:
        """A call is answered."""
        call = session.open[direction][key]
        call.span.set_attributes(failed)
        if failed:
            self._errors.add(1, call.common | failed)
        if self._now >= call.time:
            self._took.record((self._now - call.time) / SECOND, call.common | failed)
        self._done(session, direction, key)

    def _unanswered(self, session: _Session, key: Key, why: str) -> None:
        direction: Direction = "to_node" if key in session.open["to_node"] else "from_node"
        call = session.open[direction][key]
        if call.waits:
            call.span.set_status(Status(StatusCode.ERROR, f"never answered: {why}"))
            call.span.set_attribute("error.type", UNANSWERED)
            self._errors.add(1, call.common | {"error.type": UNANSWERED})
        self._done(session, direction, key, 0 if call.waits else call.time)

    def _done(self, session: _Session, direction: Direction, key: Key, at: int = 0) -> None:
        call = session.open[direction].pop(key)
        del self._calls[key]
        if call.waits:
            self._waiting.add(-1, call.common)
        call.span.end(at or self._now)

    def _counted(self, method: str) -> str:
        """The name under which a method is counted."""
        if method not in self._methods and len(self._methods) >= MANY_METHODS:
            return OTHER
        self._methods.add(method)
        return method


def address_of(url: str) -> Attributes:
    """Where a node is, and how it is reached, as attributes."""
    found, over = parts(url), carrier(url)
    told: Attributes = {}
    if over in PROTOCOLS:
        told |= {"network.protocol.name": PROTOCOLS[over], "network.transport": "tcp"}
        host, colon, port = found.netloc.rpartition(":")
        told["server.address"] = (host if colon and port.isdecimal() else found.netloc).strip("[]")
        told["server.port"] = (
            int(port) if colon and port.isdecimal() else 443 if found.scheme in {"wss", "https"} else 80
        )
    elif over:
        told["network.transport"] = "pipe"
    return told
