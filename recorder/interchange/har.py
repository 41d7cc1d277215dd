"""HAR files: what browsers' network panels and proxies save, and open again.

Rule: read and written whole, for a HAR is one JSON document. What is written opens in other tools by its standard fields;
fields of the recorder's own only say what brings the same events back.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

import msgspec
from msgspec.structs import replace

from recorder import __version__
from recorder.capture import as_text
from recorder.errors import InputError
from recorder.headers import header_value
from recorder.interchange.conversations import Conversation, Exchange, WebSocket, conversations
from recorder.interchange.files import Capture, Stage
from recorder.interchange.formats import Source
from recorder.interchange.har_entries import (
    BASE64,
    DIRECTIONS,
    MOST,
    MS,
    OPCODES,
    Ending,
    Entries,
    Har,
    ServerMessage,
    WebSocketMessage,
)
from recorder.interchange.recording import SWITCHING, Recording
from recorder.model import SECOND, UNREADABLE, AnyEvent, Closed, Frame, Opened, Refused, Scenario

HEAD = re.compile(rb'\s*\{\s*"log"\s*:\s*\{')
NUMBERS = {opcode: number for number, opcode in OPCODES.items()}
TYPES = {direction: name for name, direction in DIRECTIONS.items()}
REASONS = {SWITCHING: "Switching Protocols", 200: "OK", 202: "Accepted", 204: "No Content"}
VERSION = "HTTP/1.1"

_BESIDE = re.compile(r"[\w-]+\.\w+")


def recognises(source: Source) -> bool:
    """Whether a file begins as each HAR does."""
    return HEAD.match(source.head) is not None


def read(source: Source) -> Iterator[AnyEvent]:
    """The events of a file, in the order of time.

    Raises:
        InputError: it is torn, malformed or too large.
    """
    try:
        log = msgspec.json.decode(source.whole(MOST), type=Har).log
    except UNREADABLE as error:
        raise InputError(f"is no whole HAR file; save it again: {error}", file=source.name) from error
    recording = Recording(source)
    entries = Entries(recording, source.name, partial(_beside, source.path))
    for page in log.pages or []:
        if page.order:
            scenario = Scenario(name=page.title or "", time=entries.time(page.started))
            recording.event(scenario, page.order)
    for entry in log.entries:
        entries.tell(entry)
    yield from recording.events()
    for line in entries.warnings():
        source.warn(line)


def _beside(har: Path, name: str) -> bytes | None:
    """A file that stands beside a HAR; no path leads elsewhere."""
    path = har.parent / name
    if not _BESIDE.fullmatch(name) or not path.is_file() or path.stat().st_size > MOST:
        return None
    return path.read_bytes()


def write(capture: Capture, target: Path, stage: Stage) -> Counter[str]:
    """Write the events of a capture as entries; a scenario is a page.

    Raises:
        InputError: the capture is malformed.
    """
    lost: Counter[str] = Counter()
    with stage.open(target) as file:
        _Writing(file, list(capture), lost).write()
    return lost


class _Writing:
    def __init__(self, file: BinaryIO, events: list[AnyEvent], lost: Counter[str]) -> None:
        self._file, self._events, self._lost = file, events, lost
        self._places = {id(event): place for place, event in enumerate(events, 1)}
        self._encode = msgspec.json.Encoder().encode

    def write(self) -> None:
        pages, ids = [], {"": ""}
        for event in self._events:
            if isinstance(event, Scenario):
                ids[event.name] = f"page_{len(ids)}"
                pages.append(self._page(event, ids[event.name]))
        about = {"version": "1.2", "creator": {"name": "recorder", "version": __version__}, "pages": pages}
        self._file.write(b'{"log":' + self._encode(about)[:-1] + b',"entries":[')
        comma = b"\n"
        for told in conversations(self._events, self._lost):
            entry = self._entry(told)
            if not isinstance(told, Refused) and told.scenario:
                entry["pageref"] = ids[told.scenario]
            self._file.write(comma + self._encode(entry))
            comma = b",\n"
        self._file.write(b"\n]}}\n")

    def _page(self, scenario: Scenario, name: str) -> dict[str, Any]:
        return {
            "startedDateTime": _date(scenario.time),
            "id": name,
            "title": scenario.name,
            "pageTimings": {},
            "_order": self._place(scenario),
        }

    def _entry(self, told: Conversation) -> dict[str, Any]:
        if isinstance(told, Refused):
            answer = _response(told.status, told.headers, _content(b"", ""))
            return _entry(told.time, 0, 0, _request("GET", told.url, []), answer, "websocket") | {
                "_order": self._place(told)
            }
        if isinstance(told, WebSocket):
            return self._websocket(told)
        return self._exchange(told)

    def _websocket(self, told: WebSocket) -> dict[str, Any]:
        opened, frames = told.opened, told.frames
        answer = list(opened.answer)
        if opened.subprotocol:
            answer.append(("Sec-WebSocket-Protocol", opened.subprotocol))
        response = _response(SWITCHING, answer, _content(b"", ""))
        last = max([opened.time, *(frame.time for frame in frames)])
        entry = _entry(
            opened.time, 0, last - opened.time, _request("GET", opened.url, opened.headers), response, "websocket"
        )
        entry |= self._session(opened, opened)
        entry["_webSocketMessages"] = [self._message(frame) for frame in frames]
        if told.closed is not None:
            entry["_webSocketClose"] = self._ending(told.closed)
        return entry

    def _message(self, frame: Frame) -> WebSocketMessage:
        payload = frame.payload
        text = as_text(payload) if frame.opcode == "text" else None
        return WebSocketMessage(
            TYPES[frame.direction],
            _seconds(frame.time),
            NUMBERS[frame.opcode],
            b64encode(payload).decode() if text is None else text,
            self._place(frame),
            frame.fragments,
            BASE64 if text is None and frame.opcode == "text" else "",
        )

    def _ending(self, closed: Closed) -> Ending:
        return Ending(closed.code, closed.reason, _seconds(closed.time), self._place(closed), closed.by, closed.lost)

    def _exchange(self, told: Exchange) -> dict[str, Any]:
        request, answer, answers = told.request, told.answer, told.answers
        began, first = told.time, told.asked or told.left
        asked = _request(request.method, request.url, request.headers)
        if request.body:
            posted = _content(request.body, header_value(request.headers, "content-type"))
            asked |= {"postData": posted | {"params": []}, "bodySize": len(request.body)}
        if answer is None:
            response = _response(0, [], _content(b"", ""))
            return _entry(began, 0, 0, asked, response, "fetch") | self._session(first or told.opened, told.opened)
        streams, mime = answer.streams, header_value(answer.headers, "content-type")
        events = [frame for frame in answers if not frame.bodiless] if streams else []
        if answer.form is not None:
            body = b"".join(answer.form.encode(one.payload, one.event_type, one.event_id) for one in events)
        else:
            body = answers[0].payload if answers else b""
            self._lost += Counter({"second answers to a call": len(answers[1:])})
        times = [frame.time for frame in answers] or [began]
        response = _response(answer.status, answer.headers, _content(body, mime))
        response["_order"] = self._place(answers[0] if answers else first or told.opened)
        entry = _entry(
            began, times[0] - began, max(times) - times[0], asked, response, "eventsource" if streams else "fetch"
        )
        entry |= self._session(first or answers[0], told.opened)
        if streams:
            entry["_eventSourceMessages"] = [
                ServerMessage(
                    _seconds(frame.time),
                    frame.event_type,
                    frame.event_id,
                    frame.payload.decode(errors="replace"),
                    self._place(frame),
                )
                for frame in events
            ]
        return entry

    def _session(self, first: AnyEvent, opened: Opened) -> dict[str, Any]:
        """What only a capture knows of a session; what the entry has by itself is left out."""
        known = replace(opened, url="", headers=[], answer=[], subprotocol="")
        return {"_order": self._place(first), "_opened": known}

    def _place(self, event: AnyEvent) -> int:
        return self._places.get(id(event), 0)  # a session whose beginning is not in the capture has none


def _entry(
    began: int, wait: int, receive: int, request: dict[str, Any], response: dict[str, Any], kind: str
) -> dict[str, Any]:
    return {
        "startedDateTime": _date(began),
        "time": _milliseconds(wait + receive),
        "request": request,
        "response": response,
        "cache": {},
        "timings": {"send": 0, "wait": _milliseconds(wait), "receive": _milliseconds(receive)},
        "_resourceType": kind,
    }


def _request(method: str, url: str, headers: list[tuple[str, str]]) -> dict[str, Any]:
    return {
        "method": method,
        "url": url,
        "httpVersion": VERSION,
        "cookies": [],
        "headers": _named(headers),
        "queryString": [],
        "headersSize": -1,
        "bodySize": 0,
    }


def _response(status: int, headers: list[tuple[str, str]], content: dict[str, Any]) -> dict[str, Any]:
    return {
        "status": status,
        "statusText": REASONS.get(status, ""),
        "httpVersion": VERSION,
        "cookies": [],
        "headers": _named(headers),
        "content": content,
        "redirectURL": "",
        "headersSize": -1,
        "bodySize": content["size"],
    }


def _content(body: bytes, mime: str) -> dict[str, Any]:
    text = as_text(body)
    held = {"text": b64encode(body).decode(), "encoding": BASE64} if text is None else {"text": text}
    return {"size": len(body), "mimeType": mime or "x-unknown", **held}


def _named(headers: list[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in headers]


def _date(time: int) -> str:
    seconds, rest = divmod(time, SECOND)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest:09}Z"


def _seconds(time: int) -> msgspec.Raw:
    return msgspec.Raw(b"%d.%09d" % divmod(time, SECOND))


def _milliseconds(time: int) -> msgspec.Raw:
    return msgspec.Raw(b"%d.%06d" % divmod(max(time, 0), MS))
