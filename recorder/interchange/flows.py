"""What passed, in mitmproxy's flows: read from them as if it passed now, and written into new ones.

Rule: pure. A flow holds what mitmproxy itself puts there; what it has no place for stands in its metadata under `KEY`,
and counts for nothing where it does not fit the flow, which somebody may have changed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from ipaddress import IPv4Address
from typing import Annotated, Literal

import msgspec
from mitmproxy import connection, http
from mitmproxy.flow import Flow
from mitmproxy.websocket import WebSocketData, WebSocketMessage

from recorder import wire
from recorder.close_codes import ABNORMAL, NO_CODE
from recorder.flow_messages import body_of, pairs_of, url_of
from recorder.headers import header_value
from recorder.interchange.conversations import Conversation, Exchange, WebSocket, conversations
from recorder.interchange.recording import SWITCHING, Passed, Recording, said_in
from recorder.journal.requests import Answer, Request
from recorder.journal.session import WireMessage
from recorder.model import SECOND, AnyEvent, Closed, Direction, Frame, Note, Opcode, Refused, Scenario, Time
from recorder.timeline.urls import is_secure, over_http, over_websocket, parts, request_target

KEY = "recorder"

OPCODES: dict[int, Opcode] = {number: opcode for number, opcode in wire.OPCODES.items() if opcode is not None}
"""By their numbers; mitmproxy has no Close frames."""

CODES = {opcode: code for code, opcode in OPCODES.items()}
LOOPBACK = int(IPv4Address("127.0.0.0"))
"""Clients of a capture have no address; each session gets one from here, by its number."""

EARLIEST = 1e-9
"""The time of a message of which none is known: mitmproxy takes 0 for now."""

LATEST = 1 << 33  # seconds since 1970

Count = Annotated[int, msgspec.Meta(ge=1, lt=1 << 31)]


class Kept(msgspec.Struct, omit_defaults=True):
    """What mitmproxy has no place for.

    Args:
        times: UTC, ns; mitmproxy's are rounded, and events of a stream have none. Of a request and its answer; then of
            each message, or event; then of the end, where that is known.
        fragments: in how many frames each message came, where one came in several.
        url: of the node, where a request cannot say it.
        by: who ended the session, where that was neither end.
        lost: how the transport ended.
        between: what is on the timeline beside all flows; the first of a file has it.
    """

    times: list[Time] = []
    fragments: list[Count] = []
    url: str | None = None
    by: Literal["", "recorder"] = ""
    lost: Literal["", "eof", "reset"] = ""
    between: list[Note | Scenario] = []


def tell(recording: Recording, flow: Flow, others: Counter[str]) -> None:
    """Have a recording told what passed in a flow; `others` counts what it is not told, by what it is called.

    Raises:
        TypeError, AttributeError: a value is of another type than mitmproxy gives it, which checks few.
    """
    if not isinstance(flow, http.HTTPFlow):
        others["flows that are no HTTP"] += 1
        return
    _check(flow)
    kept = _kept(flow)
    begun = kept.times[0] if kept.times else _time(flow.request.timestamp_start)
    for event in kept.between:
        recording.event(event)
    if flow.comment:
        recording.event(Note(time=begun, text=flow.comment))
    if flow.websocket is None and header_value(pairs_of(flow.request), "upgrade").lower() != "websocket":
        _tell_exchange(recording, flow, kept)
    elif flow.response is None:
        others["handshakes without an answer"] += 1
    else:
        _tell_websocket(recording, flow, flow.response, kept, others)


def _check(flow: http.HTTPFlow) -> None:
    """See that what is only looked at when the timeline is told is of its type."""
    given = flow.websocket or WebSocketData()
    texts = [flow.comment, given.close_reason or ""]
    if not all(isinstance(text, str) for text in texts):
        raise TypeError(texts)
    if not all(isinstance(one.content, bytes) for one in given.messages):
        raise TypeError(given.messages)


def _tell_websocket(
    recording: Recording, flow: http.HTTPFlow, answer: http.Response, kept: Kept, others: Counter[str]
) -> None:
    given = flow.websocket or WebSocketData()
    messages = [one for one in given.messages if not one.dropped and one.type in OPCODES]
    if len(messages) < len(given.messages):
        others["messages that mitmproxy did not pass on"] += len(given.messages) - len(messages)
    over = given.timestamp_end is not None or given.close_code is not None
    asked, opened, *times = _exact(
        kept.times,
        [
            _time(flow.request.timestamp_start),
            _time(answer.timestamp_end or answer.timestamp_start),
            *(_time(one.timestamp) for one in messages),
            *([_time(given.timestamp_end or 0)] if over else []),
        ],
    )
    fragments = kept.fragments if len(kept.fragments) == len(messages) else [1] * len(messages)
    recording.websocket(
        opened,
        over_websocket(url_of(flow.request)) if kept.url is None else kept.url,
        (
            Passed(time, _direction(one), WireMessage(OPCODES[one.type], one.content, count))
            for time, one, count in zip(times, messages, fragments, strict=False)
        ),
        asked=asked if asked != opened else 0,
        headers=pairs_of(flow.request),
        subprotocol=header_value(pairs_of(answer), "sec-websocket-protocol"),
        answer=pairs_of(answer),
        status=answer.status_code,
        closed=_closed(given, times[-1], kept) if over else None,
    )


def _closed(given: WebSocketData, time: int, kept: Kept) -> Closed:
    code = NO_CODE if given.close_code is None else given.close_code
    by: Literal["", "recorder", "party", "node"] = kept.by
    if given.closed_by_client is not None:
        by = "party" if given.closed_by_client else "node"
    lost = (kept.lost or "eof") if code == ABNORMAL else ""
    return Closed(time=time, session=0, code=code, reason=given.close_reason or "", by=by, lost=lost)


def _tell_exchange(recording: Recording, flow: http.HTTPFlow, kept: Kept) -> None:
    request = flow.request
    peer = str(flow.client_conn.peername[0]) if flow.client_conn.peername else ""
    asked = Request(
        request.method, url_of(request) if kept.url is None else kept.url, pairs_of(request), body_of(request), peer
    )
    if flow.response is None:
        recording.exchange((kept.times or [_time(request.timestamp_start)])[0], asked)
        return
    answer = Answer(flow.response.status_code, pairs_of(flow.response))
    ended = _time(flow.response.timestamp_end or flow.response.timestamp_start)
    said = said_in(answer, body_of(flow.response) or b"", ended)
    begun = _time(flow.response.timestamp_start)
    time, answered, *times = _exact(kept.times, [_time(request.timestamp_start), begun, *(ended for _one in said)])
    told = [one._replace(time=at) for at, one in zip(times, said, strict=True)]
    recording.exchange(time, asked, answer, answered, told)


def flows_of(capture: Iterable[AnyEvent], lost: Counter[str]) -> Iterator[http.HTTPFlow]:
    """A capture as flows, in the order in which they began; `lost` counts what they cannot hold."""
    between: list[Note | Scenario] = []

    def passed() -> Iterator[AnyEvent]:
        for event in capture:
            if isinstance(event, Note | Scenario):
                between.append(event)
            else:
                yield event

    found = conversations(passed(), lost)
    for place, one in enumerate(found, 1):
        flow = _flow_of(one, place, lost)
        if place == 1 and between:
            flow.metadata[KEY]["between"] = msgspec.to_builtins(between)
        yield flow
    if between and not found:
        lost["notes and scenarios"] = len(between)


def _flow_of(conversation: Conversation, place: int, lost: Counter[str]) -> http.HTTPFlow:
    if isinstance(conversation, Refused):
        return _of_refused(conversation, place)
    if conversation.opened.partial:
        lost["marks of a log that begins late"] += 1
    if isinstance(conversation, WebSocket):
        return _of_websocket(conversation, lost)
    return _of_exchange(conversation)


def _of_refused(refused: Refused, place: int) -> http.HTTPFlow:
    kept = Kept([refused.time] * 2)
    asked = Request("GET", refused.url, [("Connection", "Upgrade"), ("Upgrade", "websocket")])
    return _flow(asked, Answer(refused.status, refused.headers), b"", place, kept)


def _of_websocket(socket: WebSocket, lost: Counter[str]) -> http.HTTPFlow:
    opened, closed = socket.opened, socket.closed
    frames = [frame for frame in socket.frames if frame.opcode in CODES]
    if raw := len(socket.frames) - len(frames):
        lost["pieces of raw bytes"] += raw
    times = [opened.asked or opened.time, opened.time, *(frame.time for frame in frames)]
    kept = Kept(times)
    if any(frame.fragments > 1 for frame in frames):
        kept.fragments = [frame.fragments for frame in frames]
    answer = [("Connection", "Upgrade"), ("Upgrade", "websocket"), *opened.answer]
    if opened.subprotocol:
        answer.append(("Sec-WebSocket-Protocol", opened.subprotocol))
    websocket = WebSocketData([_message(frame) for frame in frames])
    if closed is not None:
        kept.times.append(closed.time)
        kept.lost = closed.lost
        kept.by = "recorder" if closed.by == "recorder" else ""
        websocket.close_code, websocket.close_reason = closed.code, closed.reason
        websocket.closed_by_client = closed.by == "party" if closed.by in {"party", "node"} else None
        websocket.timestamp_end = closed.time / SECOND
    flow = _flow(Request("GET", opened.url, opened.headers), Answer(SWITCHING, answer), b"", opened.session, kept)
    flow.websocket = websocket
    return flow


def _message(frame: Frame) -> WebSocketMessage:
    return WebSocketMessage(
        CODES[frame.opcode], frame.direction == "to_node", frame.payload, frame.time / SECOND or EARLIEST
    )


def _of_exchange(exchange: Exchange) -> http.HTTPFlow:
    answer, kept = exchange.answer, Kept([exchange.time])
    body, client = b"", exchange.opened.session
    if answer is not None:
        frames = exchange.answers
        kept.times.append(frames[0].time if frames else exchange.time)
        form = answer.form
        said = frames if form is None else [frame for frame in frames if frame.payload]
        body = b"".join(
            one.payload if form is None else form.encode(one.payload, one.event_type, one.event_id) for one in said
        )
        kept.times += [one.time for one in said] if frames else [exchange.time]
    return _flow(exchange.request, answer, body, client, kept)


def _flow(asked: Request, answer: Answer | None, body: bytes, client: int, kept: Kept) -> http.HTTPFlow:
    """A flow of a request and its answer, between a client of this number and the node."""
    address = parts(over_http(asked.url))
    port = _port(asked.url)
    host, target = address.hostname or "", request_target(asked.url)
    began, over = kept.times[0] / SECOND, kept.times[-1] / SECOND
    peer = str(IPv4Address(LOOPBACK + client % (1 << 24)))
    flow = http.HTTPFlow(
        connection.Client(peername=(peer, client % (1 << 16)), sockname=("127.0.0.1", 0), timestamp_start=began),
        connection.Server(address=(host, port)),
    )
    flow.request = http.Request(
        host=host,
        port=port,
        method=asked.method.encode(),
        scheme=b"https" if is_secure(asked.url) else b"http",
        authority=b"",
        path=target.encode(),
        http_version=b"HTTP/1.1",
        headers=_headers(asked.headers),
        content=b"",
        trailers=None,
        timestamp_start=began,
        timestamp_end=began,
    )
    _fill(flow.request, asked.body or b"")
    if answer is not None:
        begun = kept.times[1] / SECOND
        flow.response = http.Response(
            b"HTTP/1.1", answer.status, b"", _headers(answer.headers), b"", None, begun, max(over, begun)
        )
        _fill(flow.response, body)
    if asked.url not in {url_of(flow.request), over_websocket(url_of(flow.request))}:
        kept.url = asked.url
    flow.metadata[KEY] = msgspec.to_builtins(kept)
    return flow


def _port(url: str) -> int:
    try:
        port = parts(url).port
    except ValueError:
        port = None
    return port or (443 if is_secure(url) else 80)


def _fill(message: http.Message, body: bytes) -> None:
    """Give a message its body, in the coding that its headers say."""
    told = "content-length" in message.headers
    message.content = body
    if not told:
        message.headers.pop("content-length", None)


def _headers(pairs: Sequence[tuple[str, str]]) -> http.Headers:
    return http.Headers([(name.encode(), value.encode()) for name, value in pairs])


def _kept(flow: Flow) -> Kept:
    try:
        return msgspec.convert(flow.metadata.get(KEY, {}), Kept)
    except msgspec.ValidationError:
        return Kept()


def _exact(kept: list[int], rounded: list[int]) -> list[int]:
    """The times of a flow: those that are kept, if they are of this flow as it is."""
    return kept if len(kept) == len(rounded) else rounded


def _time(seconds: float) -> int:
    """A time of mitmproxy's, in ns; 0 for one that nobody's clock shows."""
    return round(seconds * SECOND) if 0 <= seconds < LATEST else 0


def _direction(message: WebSocketMessage) -> Direction:
    return "to_node" if message.from_client else "from_node"
