"""Logs of Chrome's DevTools protocol, as whoever drives a browser keeps them: what the page said, and was told. Read only.

Rule: what counts is the protocol's `Network` domain (https://chromedevtools.github.io/devtools-protocol/tot/Network/); how
its messages are wrapped, or what stands beside them, does not matter. Known wraps: a message a line, with any text before
it (`DEBUG=pw:protocol`), a list of them (the Protocol monitor), and ChromeDriver's `performance` log.
"""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import msgspec

from recorder.errors import InputError
from recorder.event_stream import NewIds, ServerEvent
from recorder.headers import header_value
from recorder.interchange.formats import Source
from recorder.interchange.har_entries import MOST, OPCODES, nanoseconds
from recorder.interchange.recording import SWITCHING, Passed, Recording, Said, said_in
from recorder.journal.requests import Answer, Request
from recorder.journal.session import WireMessage
from recorder.model import MESSAGE, UNREADABLE, UNRECORDED, AnyEvent, Closed, Direction
from recorder.wording import counted

EVENT = re.compile(rb'\\?"method\\?"\s*:\s*\\?"Network\.(?:webSocket|requestWillBeSent)')
NETLOG = re.compile(rb'\s*\{\s*"constants"\s*:\s*\{')
CAPTURE = b'{"format":'
BODY = "Network.getResponseBody"
DEEP = 4
"""How often a message may be wrapped."""


NOTHING = msgspec.Raw(b"")


class Head(msgspec.Struct):
    """A line or an item of a log, so far as it matters; `message` is what it wraps."""

    method: Any = None
    id: Any = None
    params: msgspec.Raw = NOTHING
    result: msgspec.Raw = NOTHING
    session: Any = msgspec.field(name="sessionId", default="")
    message: msgspec.Raw = NOTHING


class Asked(msgspec.Struct, rename="camel", frozen=True):
    """What a request is."""

    url: str = ""
    method: str = "GET"
    headers: dict[str, Any] = {}
    post_data: str | None = None
    post_data_entries: list[dict[str, str]] | None = None
    has_post_data: bool = False


class Came(msgspec.Struct, rename="camel", frozen=True):
    """A frame, or the head of an answer."""

    opcode: float = 1
    payload_data: str = ""
    status: int = 0
    headers: dict[str, Any] = {}


class Params(msgspec.Struct, rename="camel"):
    """What an event of the domain says."""

    request_id: str = ""
    timestamp: Decimal = Decimal(0)
    wall_time: Decimal | None = None
    url: str = ""
    request: Asked = Asked()
    response: Came = Came()
    headers: dict[str, Any] = {}
    event_id: str = ""
    event_name: str = MESSAGE
    data: str = ""


class Body(msgspec.Struct, rename={"encoded": "base64Encoded"}):
    """What an answer said."""

    body: str = ""
    encoded: bool = False


@dataclass
class Conversation:
    """A request, or a WebSocket, by its id; times are the browser's own, in seconds."""

    url: str = ""
    began: Decimal | None = None
    asked: Asked = field(default_factory=Asked)
    posted: bytes | None = b""
    headers: dict[str, Any] = field(default_factory=dict)
    frames: list[tuple[Decimal, Direction, WireMessage]] = field(default_factory=list)
    answer: Came | None = None
    answered: Decimal = Decimal(0)
    ended: Decimal | None = None
    events: list[Params] = field(default_factory=list)
    body: bytes | None = None
    socket: bool = False
    wall: Decimal | None = None  # what is to be added to its times


def recognises(source: Source) -> bool:
    """Whether a file begins with such messages; or is a NetLog, to say what to do instead."""
    head = source.head
    return NETLOG.match(head) is not None or (EVENT.search(head) is not None and not head.startswith(CAPTURE))


def read(source: Source) -> Iterator[AnyEvent]:
    """The events of a log, in the order of time.

    Raises:
        InputError: it is torn, malformed or too large.
    """
    if NETLOG.match(source.head):
        raise InputError("is a NetLog, which holds no messages; save a HAR file in DevTools instead", file=source.name)
    log = _Log()
    for head, line in _heads(source):
        try:
            log.take(head)
        except UNREADABLE as error:
            raise InputError(f"a message that cannot be read: {error}", file=source.name, line=line) from error
        except ValueError as error:
            raise InputError(f"its data should be base64: {error}", file=source.name, line=line) from error
    recording = Recording(source)
    silent = log.tell(recording)
    if silent:
        source.warn(f"{source.name}: {counted(silent, 'answer')} left out: no `{BODY}` asked for the body")
    yield from recording.events()


def _heads(source: Source) -> Iterator[tuple[Head, int]]:
    """The messages of a log, unwrapped, with their lines; 0 in a list."""
    raw = source.whole(MOST)
    if raw.lstrip().startswith(b"["):
        try:
            items = msgspec.json.decode(raw, type=list[msgspec.Raw])
        except UNREADABLE as error:
            raise InputError(f"is no whole list of messages: {error}", file=source.name) from error
        yield from ((head, 0) for item in items if (head := _unwrapped(bytes(item))) is not None)
        return
    for number, line in enumerate(raw.splitlines(), 1):
        begin = line.find(b"{")
        head = _unwrapped(line[begin:]) if begin >= 0 else None
        if head is not None:
            yield head, number
        elif EVENT.search(line):
            raise InputError("this message is not whole; remove the line", file=source.name, line=number)


def _unwrapped(raw: bytes) -> Head | None:
    """A message of the protocol; None for anything else."""
    try:
        for _ in range(DEEP):
            head = msgspec.json.decode(raw, type=Head)
            raw = bytes(head.message)
            if not raw:
                return head
            if raw.startswith(b'"'):
                raw = msgspec.json.decode(raw, type=str).encode()
    except UNREADABLE:
        pass
    return None


class _Log:
    """What the messages of a log tell, put together; of each request, what the first says that tells of it."""

    def __init__(self) -> None:
        self._found: dict[str, Conversation] = {}
        self._sees: dict[str, Any] = {}  # which session of the protocol tells of a request
        self._asked: dict[tuple[Any, Any], str] = {}  # for which body, by the id of the call
        self._wall = Decimal(0)  # what is to be added to times of which the log does not say it

    def take(self, head: Head) -> None:
        """Take a message."""
        if head.method == BODY:
            self._asked[head.session, head.id] = msgspec.json.decode(head.params, type=Params).request_id
        if bytes(head.result) and (asked := self._asked.pop((head.session, head.id), None)):
            told = msgspec.json.decode(head.result, type=Body)
            self._of(asked).body = b64decode(told.body, validate=True) if told.encoded else told.body.encode()
        if isinstance(head.method, str) and (take := TAKES.get(head.method)):
            params = msgspec.json.decode(head.params, type=Params)
            if self._sees.setdefault(params.request_id, head.session) != head.session:
                return
            one = self._of(params.request_id)
            if params.wall_time is not None:
                self._wall = one.wall = params.wall_time - params.timestamp
            take(one, params)

    def _of(self, request: str) -> Conversation:
        return self._found.setdefault(request, Conversation())

    def tell(self, recording: Recording) -> int:
        """Tell it to a recording; how many answers lack their bodies."""
        return sum(
            self._websocket(recording, one) if one.socket else self._exchange(recording, one)
            for one in self._found.values()
        )

    def _time(self, one: Conversation, clock: Decimal) -> int:
        return nanoseconds(clock + (self._wall if one.wall is None else one.wall), 9)

    def _websocket(self, recording: Recording, one: Conversation) -> int:
        status = one.answer.status if one.answer else SWITCHING if one.frames else 0
        if not status:
            return 0
        first = [one.began] if one.began is not None else [time for time, *_ in one.frames] or [one.answered]
        answer = _pairs(one.answer.headers) if one.answer else []
        closed = None
        if one.ended is not None:
            closed = Closed(time=self._time(one, one.ended), session=0, code=UNRECORDED, by="")
        recording.websocket(
            self._time(one, first[0]),
            one.url,
            [Passed(self._time(one, time), direction, frame) for time, direction, frame in one.frames],
            headers=_pairs(one.headers),
            subprotocol=header_value(answer, "sec-websocket-protocol"),
            answer=answer,
            status=status,
            closed=closed,
        )
        return 0

    def _exchange(self, recording: Recording, one: Conversation) -> int:
        if one.began is None:
            return 0
        asked = one.asked
        request = Request(asked.method, asked.url, _pairs(one.headers or asked.headers), one.posted)
        answer = Answer(one.answer.status, _pairs(one.answer.headers)) if one.answer else None
        ended = self._time(one, one.ended if one.ended is not None else one.answered)
        if answer is not None and one.events:
            ids = NewIds()
            said = [
                Said(
                    self._time(one, event.timestamp),
                    ids.only(ServerEvent(event.data.encode(), event.event_name, event.event_id)),
                )
                for event in one.events
            ]
        elif answer is not None and one.body is not None:
            said = said_in(answer, one.body, ended)
        else:
            recording.exchange(self._time(one, one.began), request)
            return int(answer is not None and asked.method == "POST")
        recording.exchange(self._time(one, one.began), request, answer, self._time(one, one.answered), said)
        return 0


def _message(frame: Came) -> WireMessage:
    opcode = OPCODES.get(int(frame.opcode), "binary")
    data = frame.payload_data
    return WireMessage(opcode, data.encode() if opcode == "text" else b64decode(data, validate=True))


def _posted(asked: Asked) -> bytes | None:
    """The body of a request; None where the browser did not tell it."""
    if asked.post_data_entries:
        return b"".join(b64decode(part.get("bytes", ""), validate=True) for part in asked.post_data_entries)
    if asked.post_data is not None:
        return asked.post_data.encode()
    return None if asked.has_post_data else b""


def _pairs(headers: dict[str, Any]) -> list[tuple[str, str]]:
    """Headers as pairs; several of one name stand in lines."""
    return [
        (name, value)
        for name, values in headers.items()
        if not name.startswith(":")
        for value in str(values).split("\n")
    ]


def _created(one: Conversation, params: Params) -> None:
    one.socket, one.url = True, params.url


def _shook(one: Conversation, params: Params) -> None:
    one.socket, one.began, one.headers = True, params.timestamp, params.request.headers


def _sent(one: Conversation, params: Params) -> None:
    one.socket = True
    one.frames.append((params.timestamp, "to_node", _message(params.response)))


def _received(one: Conversation, params: Params) -> None:
    one.socket = True
    one.frames.append((params.timestamp, "from_node", _message(params.response)))


def _asks(one: Conversation, params: Params) -> None:
    one.began, one.asked, one.posted = params.timestamp, params.request, _posted(params.request)


def _adds(one: Conversation, params: Params) -> None:
    if not one.socket:
        one.headers = params.headers


def _answers(one: Conversation, params: Params) -> None:
    one.answer, one.answered = params.response, params.timestamp


def _says(one: Conversation, params: Params) -> None:
    one.events.append(params)


def _ends(one: Conversation, params: Params) -> None:
    one.ended = params.timestamp


TAKES: dict[str, Callable[[Conversation, Params], None]] = {
    "Network.webSocketCreated": _created,
    "Network.webSocketWillSendHandshakeRequest": _shook,
    "Network.webSocketHandshakeResponseReceived": _answers,
    "Network.webSocketFrameSent": _sent,
    "Network.webSocketFrameReceived": _received,
    "Network.webSocketClosed": _ends,
    "Network.requestWillBeSent": _asks,
    "Network.requestWillBeSentExtraInfo": _adds,
    "Network.responseReceived": _answers,
    "Network.eventSourceMessageReceived": _says,
    "Network.loadingFinished": _ends,
}
