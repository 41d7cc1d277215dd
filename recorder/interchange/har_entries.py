"""The entries of a HAR file, as browsers and proxies write them, told to a recording.

Rule: what a tool leaves out or writes in its own way is read as it means it; only what is no HAR at all is refused.
The form: http://www.softwareishard.com/blog/har-12-spec/, with the fields that Chrome has added (`_webSocketMessages`,
`_eventSourceMessages`), HTTP Toolkit's (`_webSocketClose`), Playwright's (`_file`, `_sha1`) and the recorder's (`_order`,
`_opened`, `_fragments`, `_encoding`, `_by`, `_lost`).
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable, Iterator
from decimal import Decimal, InvalidOperation
from typing import Any, Literal

import msgspec

from recorder import event_stream, wire
from recorder.close_codes import ABNORMAL, CODES, NO_CODE, parse_close
from recorder.errors import InputError
from recorder.headers import header_value
from recorder.interchange.recording import SWITCHING, Passed, Recording, Said, said_in
from recorder.journal.requests import Answer, Request
from recorder.journal.session import WireMessage
from recorder.model import MESSAGE, UNREADABLE, Closed, Direction, End, Opcode, Opened
from recorder.settings import parse_moment
from recorder.timeline.urls import over_websocket
from recorder.wording import counted

MOST = 1 << 29
"""Bytes of a file that is held whole: browsers hold it in one string, and V8 has none that are longer."""

LATEST, LONGEST = 18, 17
"""The largest powers of ten, in nanoseconds, that a time since 1970 may have, and that something may have taken."""

MILLISECONDS = 12
"""Times of messages are seconds (Chrome) or milliseconds (Playwright), which have so many digits since 1973."""

MS = 1_000_000
OPCODES: dict[int, Opcode | None] = {0: "raw", **wire.OPCODES}
UNKNOWN = msgspec.Raw(b"null")
DIRECTIONS: dict[str, Direction] = {"send": "to_node", "receive": "from_node"}
BASE64 = "base64"


class WebSocketMessage(
    msgspec.Struct,
    rename={"order": "_order", "fragments": "_fragments", "encoding": "_encoding"},
    omit_defaults=True,
    gc=False,  # there are many, and none holds another object that could hold it
):
    """A message or control frame; `type` is `send`, `receive`, or `error`, `data` base64 where it is no text."""

    type: str = ""
    time: msgspec.Raw = UNKNOWN
    opcode: int | None = None
    data: str | None = None
    order: int = 0
    fragments: int = 1
    encoding: str = ""


class ServerMessage(
    msgspec.Struct, rename={"order": "_order", "event_id": "eventId", "kind": "eventName"}, omit_defaults=True
):
    """An event of a stream."""

    time: msgspec.Raw = UNKNOWN
    kind: str | None = None
    event_id: str | None = None
    data: str | None = None
    order: int = 0


class Ending(msgspec.Struct, rename={"order": "_order", "by": "_by", "lost": "_lost"}, omit_defaults=True):
    """How a WebSocket ended, as HTTP Toolkit says it."""

    code: int | None = None
    reason: str | None = None
    timestamp: msgspec.Raw = UNKNOWN
    order: int = 0
    by: End | Literal[""] = "party"
    lost: Literal["", "eof", "reset"] = ""


class Body(msgspec.Struct, rename={"file": "_file", "sha1": "_sha1", "mime": "mimeType"}):
    """What was posted, or answered; it may stand in a file beside."""

    size: float | None = None
    text: str | None = None
    encoding: str | None = ""
    file: str = ""
    sha1: str = ""
    mime: str | None = ""


class HarRequest(msgspec.Struct, rename={"body": "postData", "size": "bodySize"}):
    """What was asked."""

    method: str
    url: str
    headers: list[Any] = []
    body: Body | None = None
    size: float | None = None


class HarResponse(msgspec.Struct, rename={"body": "content", "order": "_order"}):
    """What came back; status 0 or -1 where nothing did."""

    status: int | None = 0
    headers: list[Any] = []
    body: Body | None = None
    order: int = 0


class Timings(msgspec.Struct):
    """How long the parts of a request took, in milliseconds, so far as it matters."""

    receive: Decimal | None = None


class Entry(
    msgspec.Struct,
    rename={
        "started": "startedDateTime",
        "kind": "_resourceType",
        "messages": "_webSocketMessages",
        "ending": "_webSocketClose",
        "events": "_eventSourceMessages",
        "order": "_order",
        "opened": "_opened",
    },
):
    """A request with its answer, or a WebSocket."""

    request: HarRequest
    response: HarResponse | None = None
    started: str = ""
    time: Decimal | None = None
    timings: Timings | None = None
    kind: str | None = ""
    messages: list[WebSocketMessage] | None = None
    ending: Ending | str | None = None
    events: list[ServerMessage] | None = None
    order: int = 0
    opened: Opened | None = None


class Page(msgspec.Struct, rename={"order": "_order", "started": "startedDateTime"}):
    """A page load; written by the recorder, a scenario."""

    id: str = ""
    title: str | None = ""
    started: str = ""
    order: int = 0


class Log(msgspec.Struct):
    """What a file holds."""

    entries: list[Entry]
    pages: list[Page] | None = None


class Har(msgspec.Struct):
    """The document."""

    log: Log


class Entries:
    """Tells entries to a recording, and remembers what was not in them.

    Args:
        recording: to tell.
        name: of the file, for errors.
        attached: the bytes of a file beside, or None where there is none.
    """

    def __init__(self, recording: Recording, name: str, attached: Callable[[str], bytes | None]) -> None:
        self._recording, self._name, self._attached = recording, name, attached
        self._number = 0
        self.silent = 0  # WebSockets without their messages
        self.failed = 0  # that never opened, and messages that never came
        self.bodiless = 0  # answers without their bodies

    def tell(self, entry: Entry) -> None:
        """Tell one.

        Raises:
            InputError: its data cannot be read.
        """
        self._number += 1
        began = self.time(entry.started)
        if entry.messages is not None or is_websocket(entry):
            self._websocket(entry, began)
        else:
            self._exchange(entry, began)

    def warnings(self) -> Iterator[str]:
        """A line about each kind of thing that the file does not hold."""
        if self.silent:
            yield (
                f"{self._name}: {counted(self.silent, 'WebSocket')} without messages: the tool that wrote the file kept none"
            )
        if self.bodiless:
            yield f"{self._name}: {counted(self.bodiless, 'answer')} left out: the tool that wrote the file kept no body"
        if self.failed:
            yield f"{self._name}: {counted(self.failed, 'failed WebSocket or message')} left out"

    def _websocket(self, entry: Entry, began: int) -> None:
        response, request = entry.response or HarResponse(), entry.request
        messages = self._messages(entry)
        status = response.status or 0
        if messages is None and status < SWITCHING:
            self.failed += 1
            return
        refused = messages is None and status != SWITCHING
        self.silent += messages is None and not refused
        answer = _pairs(response.headers)
        self._recording.websocket(
            began,
            over_websocket(request.url),
            self._passed(messages or [], began, self._number),
            headers=_pairs(request.headers),
            subprotocol=header_value(answer, "sec-websocket-protocol"),
            answer=answer,
            status=status if refused else SWITCHING,
            closed=_closed(entry.ending, began + _took(entry.time)),
            places=(entry.order, entry.ending.order if isinstance(entry.ending, Ending) else 0),
            opened=entry.opened,
        )

    def _messages(self, entry: Entry) -> list[WebSocketMessage] | None:
        """What passed; Playwright has the messages in a file beside, one a line."""
        body = entry.response.body if entry.response else None
        if entry.messages is not None or body is None or not body.file.endswith(".jsonl"):
            return entry.messages
        raw = self._attached(body.file)
        if raw is None:
            return None
        try:
            return msgspec.json.Decoder(WebSocketMessage).decode_lines(raw)
        except UNREADABLE as error:
            raise self._bad(f"the messages in {body.file} cannot be read: {error}") from error

    def _passed(self, messages: list[WebSocketMessage], began: int, entry: int) -> Iterator[Passed]:
        time = began
        for message in messages:
            number = wire.TEXT if message.opcode is None else message.opcode
            if message.type not in DIRECTIONS or number not in OPCODES:
                self.failed += 1
                continue
            time = wall_time(message.time) or (0 if message.order else time)
            opcode, data = OPCODES[number], message.data or ""
            if opcode is None:
                payload = _close_payload(data)
            elif opcode == "text" and message.encoding != BASE64:
                payload = data.encode()
            else:
                payload = self._bytes(data, entry)
            told = WireMessage(opcode, payload, message.fragments)
            yield Passed(time, DIRECTIONS[message.type], told, message.order)

    def _exchange(self, entry: Entry, began: int) -> None:
        response, posted = entry.response, entry.request.body
        body = self._body(posted) if posted else None if (entry.request.size or 0) > 0 else b""
        peer = str(entry.opened.session) if entry.opened else ""
        request = Request(entry.request.method, entry.request.url, _pairs(entry.request.headers), body, peer)
        told = (
            None if response is None or (response.status or 0) < SWITCHING else self._answered(entry, response, began)
        )
        if told is None:
            self._recording.exchange(began, request, places=(entry.order, 0), opened=entry.opened)
            return
        answer, answered, said = told
        places = entry.order, response.order if response else 0
        self._recording.exchange(began, request, answer, answered, said, places, entry.opened)

    def _answered(self, entry: Entry, response: HarResponse, began: int) -> tuple[Answer, int, list[Said]] | None:
        """An answer, when it began, and what it said; None where that was not kept."""
        body, headers = response.body or Body(), _pairs(response.headers)
        if event_stream.streams(body.mime or "") and not header_value(headers, "content-type"):
            headers.append(("content-type", body.mime or ""))
        answer = Answer(response.status or 0, headers)
        ended = began + _took(entry.time)
        answered = max(began, ended - _took(entry.timings.receive if entry.timings else None))
        if answer.streams and entry.events is not None:
            return answer, answered, [*_events(entry.events, ended)]
        whole = self._body(body)
        if whole is None and (body.size or 0) > 0:
            self.bodiless += entry.request.method == "POST"
            return None
        return answer, answered, said_in(answer, whole or b"", ended)

    def _body(self, body: Body) -> bytes | None:
        """What a body holds; None where its text was not kept."""
        if name := body.file or body.sha1:
            return self._attached(name)
        if body.text is None:
            return None
        return self._bytes(body.text, self._number) if body.encoding == BASE64 else body.text.encode()

    def _bytes(self, data: str, entry: int) -> bytes:
        try:
            return b64decode(data, validate=True)
        except ValueError as error:
            raise InputError(f"entry {entry}: its data should be base64: {error}", file=self._name) from error

    def time(self, text: str) -> int:
        """A date with its time as nanoseconds since 1970 (UTC, if it names no other zone).

        Raises:
            InputError: it is none.
        """
        if (found := parse_moment(text)) is None:
            raise self._bad(f"not a time: {text[:40]!r}")
        return found

    def _bad(self, what: str) -> InputError:
        place = f"entry {self._number}: " if self._number else ""
        return InputError(f"{place}{what}", file=self._name)


def is_websocket(entry: Entry) -> bool:
    """Whether an entry is a WebSocket, with or without its messages."""
    status = entry.response.status if entry.response else 0
    return (
        entry.kind == "websocket"
        or entry.request.url.startswith(("ws:", "wss:"))
        or (status == SWITCHING and header_value(_pairs(entry.request.headers), "upgrade").lower() == "websocket")
    )


def wall_time(raw: msgspec.Raw) -> int:
    """A time of a message, in seconds or milliseconds, as nanoseconds since 1970; 0 if it is none."""
    try:
        time = Decimal(bytes(raw).decode())
    except InvalidOperation:
        return 0
    return nanoseconds(time, 6 if time.adjusted() + 1 >= MILLISECONDS else 9)


def nanoseconds(number: Decimal, digits: int, most: int = LATEST) -> int:
    """A number with its decimal point moved by so many digits; 0 for what is out of all proportion."""
    return int(number.scaleb(digits)) if number > 0 and number.adjusted() + digits <= most else 0


def _took(milliseconds: Decimal | None) -> int:
    """How long something took; 0 if that is unknown."""
    return 0 if milliseconds is None else nanoseconds(milliseconds, 6, LONGEST)


def _pairs(headers: list[Any]) -> list[tuple[str, str]]:
    """Headers as pairs: most write `{"name": …, "value": …}`, some a list of two; HTTP/2's own are none."""
    found = []
    for header in headers:
        name, value = (header.get("name"), header.get("value")) if isinstance(header, dict) else (*header, "", "")[:2]
        if isinstance(name, str) and not name.startswith(":"):
            found.append((name, value if isinstance(value, str) else ""))
    return found


def _closed(ending: Ending | str | None, ended: int) -> Closed | None:
    if isinstance(ending, str):  # HTTP Toolkit's `aborted`
        return Closed(time=ended, session=0, code=ABNORMAL, lost="reset")
    if ending is None:
        return None
    time = wall_time(ending.timestamp) or (0 if ending.order else ended)
    code = NO_CODE if ending.code is None else ending.code
    return Closed(time=time, session=0, code=code, reason=ending.reason or "", by=ending.by, lost=ending.lost)


def _events(events: list[ServerMessage], ended: int) -> Iterator[Said]:
    """The events of a stream; browsers repeat the last id with each."""
    ids = event_stream.NewIds()
    for event in events:
        said = event_stream.ServerEvent((event.data or "").encode(), event.kind or MESSAGE, event.event_id or "")
        new = ids.only(said)
        time = wall_time(event.time) or (0 if event.order else ended)
        yield Said(time, said if event.order else new, event.order)


def _close_payload(data: str) -> bytes:
    """A Close frame as it was: most write its reason, some its bytes."""
    try:
        payload = b64decode(data, validate=True)
    except ValueError:
        payload = b""
    return payload if parse_close(payload)[0] in CODES else b""
