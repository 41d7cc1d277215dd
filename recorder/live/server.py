"""The page and its API over HTTP.

Rule: the only module that imports tornado. Handlers read parameters and send what `Shown` returns; `guard` decides about
access. No client can slow another: a slow one of the stream gets the newest state when it reads again.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from socket import AF_INET, AF_INET6, create_server, socket
from typing import Any
from urllib.parse import quote, unquote

from tornado.httpserver import HTTPServer
from tornado.iostream import StreamClosedError
from tornado.web import Application, HTTPError, RequestHandler, StaticFileHandler

from recorder.errors import InputError, RecorderError, reason_of
from recorder.jsonrpc import json_bytes, value_of
from recorder.live.exporting import FORMATS
from recorder.live.filters import FilterError
from recorder.live.guard import COOKIE, HEADERS, PARAMETER, Asked, Guard
from recorder.live.shown import Shown
from recorder.marks import post
from recorder.rules import NO_RULES, Rules
from recorder.settings import Address, ViewSettings

PAGE = Path(__file__).parent / "page"
TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
}
JSON = "application/json"

LOOK = 0.05
"""Seconds between two checks of a file that may grow."""

PULSE, ALIVE = 0.1, 15.0
"""Least and most seconds between two messages of a stream; regular messages reveal closed connections."""

LAST = 2.0
"""Seconds that running requests have when the server ends."""

MOST_STREAMS = 100
LONGEST_BODY = 1 << 16


@dataclass
class Desk:
    """The state that all requests of one server share.

    Args:
        captures: the captures, one or two.
        guard: the access control.
        rules: for differences that are allowed between two captures.
        recorder: the recorder that takes scenarios and notes; None if there is none.
        over: set when the server ends.
        active: the running requests.
    """

    captures: Sequence[Shown]
    guard: Guard
    rules: Rules
    recorder: Address | None
    over: asyncio.Event
    active: set[RequestHandler] = field(default_factory=set)


class _Handler(RequestHandler):
    """The base of all handlers: headers, access, errors, parameters."""

    desk: Desk

    def initialize(self, desk: Desk) -> None:
        self.desk, self.captures, self.guard = desk, desk.captures, desk.guard

    def set_default_headers(self) -> None:
        self.clear_header("Server")
        for name, value in HEADERS.items():
            self.set_header(name, value)

    def prepare(self) -> None:
        self.desk.active.add(self)
        headers = {name.lower(): value for name, value in self.request.headers.get_all()}
        token = self.get_query_argument(PARAMETER, "", strip=False) or headers.get("authorization", "").removeprefix(
            "Bearer "
        )
        token = token or unquote(self.get_cookie(self.cookie_name) or "")
        asked = Asked(headers, self.request.method not in {"GET", "HEAD"}, token)
        if (refusal := self.guard.refusal(asked)) is not None:
            self.refuse(*refusal)

    def on_finish(self) -> None:
        self.desk.active.discard(self)

    @property
    def cookie_name(self) -> str:
        """The name of the cookie; with the port, because browsers share cookies between the ports of a host."""
        return f"{COOKIE}_{self.guard.port}"

    @property
    def shown(self) -> Shown:
        """The requested capture; the first by default."""
        return self.captures[-1 if self.get_query_argument("capture", "0") == "1" else 0]

    def refuse(self, status: int, reason: str, **more: Any) -> None:
        """Send an error as JSON."""
        self.set_status(status)
        self.say({"error": reason, **more})

    def say(self, value: Any) -> None:
        """Send a value as JSON."""
        self.set_header("Content-Type", JSON)
        self.finish(json_bytes(value))

    def write_error(self, status_code: int, **given: Any) -> None:
        error = (given.get("exc_info") or (None, None))[1]
        if isinstance(error, FilterError):
            self.refuse(HTTPStatus.BAD_REQUEST, error.reason, at=error.at)
        elif isinstance(error, InputError):  # the file was changed
            self.refuse(HTTPStatus.CONFLICT, str(error))
        else:
            self.refuse(status_code, HTTPStatus(status_code).phrase)

    def log_exception(self, kind: Any, error: Any, trace: Any) -> None:
        if not isinstance(error, RecorderError | HTTPError):  # those are sent to the client
            super().log_exception(kind, error, trace)

    def number(self, name: str, default: int) -> int:
        """A parameter that is a whole number from 0."""
        text = self.get_query_argument(name, "") or str(default)
        if not (text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS):
            raise HTTPError(HTTPStatus.BAD_REQUEST)
        return int(text)

    @property
    def filter(self) -> str:
        """The text of the filter."""
        return self.get_query_argument("filter", "", strip=False) or ""

    @property
    def fold(self) -> bool:
        """Whether to fold runs of similar events."""
        return self.get_query_argument("fold", "0") == "1"

    def event(self, text: str) -> int:
        """The number of an event, which exists."""
        if len(text) > MOST_DIGITS or int(text) >= len(self.shown.index):
            raise HTTPError(HTTPStatus.NOT_FOUND)
        return int(text)


MOST_DIGITS = 15
END = "end"
TWO = 2
UNSAFE = re.compile(r"[^A-Za-z0-9_-]")


class _Page(_Handler, StaticFileHandler):
    """The files of the page."""

    def initialize(self, desk: Desk) -> None:  # type: ignore[override]
        _Handler.initialize(self, desk)
        StaticFileHandler.initialize(self, str(PAGE), "index.html")

    def prepare(self) -> None:
        super().prepare()
        if not self._finished and self.guard.token and self.get_query_argument(PARAMETER, ""):
            self.set_cookie(
                self.cookie_name, quote(self.guard.token, safe=""), httponly=True, samesite="Strict", path="/"
            )
            self.redirect(self.request.path)

    def set_extra_headers(self, _path: str) -> None:
        self.set_header("Cache-Control", HEADERS["Cache-Control"])

    def get_content_type(self) -> str:
        return TYPES[Path(self.absolute_path or "").suffix]


class _Capture(_Handler):
    def get(self) -> None:
        self.say({"names": [one.source.name for one in self.captures], **self.shown.capture()})


class _Events(_Handler):
    def get(self) -> None:
        begin = None if self.get_query_argument("from", "") == END else self.number("from", 0)
        self.say(self.shown.events(begin, self.number("count", 100), self.filter, fold=self.fold))


class _Position(_Handler):
    def get(self) -> None:
        self.say(self.shown.position(self.number("event", 0), self.filter, fold=self.fold))


class _Stats(_Handler):
    async def get(self) -> None:
        self.say(await self.shown.stats(self.filter))


class _Diagram(_Handler):
    def get(self) -> None:
        begin, count = self.number("from", 0), self.number("count", 200)
        self.say(self.shown.diagram(begin, count, self.filter))


class _Export(_Handler):
    async def get(self) -> None:
        name = self.get_query_argument("format", "markdown") or ""
        form = FORMATS.get(name)
        if form is None:
            self.refuse(HTTPStatus.BAD_REQUEST, f"unknown format {name!r}; use one of {', '.join(FORMATS)}")
            return
        shown = self.shown
        pieces = shown.exports.pieces(form, await shown.found(self.filter))
        piece = await asyncio.to_thread(_taken, pieces)  # before the headers are sent: an error needs its own status
        stem = UNSAFE.sub("_", shown.source.name.partition(".")[0]) or "capture"
        self.set_header("Content-Type", form.type)
        self.set_header("Content-Disposition", f'attachment; filename="{stem}{form.suffix}"')
        try:
            while piece is not None:
                self.write(piece)
                await self.flush()
                piece = await asyncio.to_thread(_taken, pieces)
        except StreamClosedError:
            pass


def _taken(pieces: Iterator[bytes]) -> bytes | None:
    return next(pieces, None)


class _Mark(_Handler):
    """Passes scenarios and notes on to the recorder, which writes them into the capture."""

    async def post(self, action: str) -> None:
        body = value_of(self.request.body)
        if self.desk.recorder is None:
            self.refuse(
                HTTPStatus.NOT_FOUND,
                "this page has no recorder to send marks to; use `recorder record --view`, or `recorder view --marks HOST:PORT`",
            )
        elif not isinstance(body, dict) or not all(isinstance(value, str) for value in body.values()):
            self.refuse(HTTPStatus.BAD_REQUEST, "the body must be a JSON object whose values are strings")
        else:
            await asyncio.to_thread(post, action, body, self.desk.recorder)
            self.say({"ok": True})


class _Compare(_Handler):
    """Two captures side by side: a part of the list, or the row of an event."""

    async def get(self) -> None:
        if len(self.captures) < TWO:
            self.refuse(HTTPStatus.NOT_FOUND, "there is only one capture; `recorder view A B` compares two")
            return
        await self._read()
        left, right = self.captures
        comparing = left.compared_with(right, self.desk.rules)
        async with left.comparing:
            await asyncio.to_thread(comparing.compare)
        begin, count = self.number("from", 0), self.number("count", 100)
        if self.get_query_argument("event", ""):
            row = comparing.row_of(self.captures.index(self.shown), self.number("event", 0))
            begin, count = row or 0, 0 if row is None else 1
        self.say(comparing.rows(begin, count))

    async def _read(self) -> None:
        """Wait until the captures that are there have been read."""
        while not self.desk.over.is_set():
            if all(one.source.whole or one.source.following for one in self.captures):
                return
            await asyncio.sleep(PULSE)


class _Event(_Handler):
    def get(self, number: str) -> None:
        self.say(self.shown.frames.opened(self.event(number)))


class _Payload(_Handler):
    def get(self, number: str) -> None:
        payload = self.shown.frames.payload(self.event(number))
        try:
            payload.decode()
            kind = "text/plain; charset=utf-8"
        except UnicodeDecodeError:
            kind = "application/octet-stream"
        self.set_header("Content-Type", kind)
        self.set_header("Content-Disposition", f'attachment; filename="payload-{number}"')
        self.finish(payload)


class _Stream(_Handler):
    """Server-sent events: the counts, whenever they change."""

    async def get(self) -> None:
        if sum(isinstance(one, _Stream) for one in self.desk.active) > MOST_STREAMS:
            self.refuse(HTTPStatus.SERVICE_UNAVAILABLE, "too many pages are open; close some")
            return
        self.set_header("Content-Type", "text/event-stream")
        loop = asyncio.get_running_loop()
        said: Any = None
        when = 0.0
        try:
            while not self.desk.over.is_set():
                now = self.now()
                if now != said:
                    self.write(b"data: %b\n\n" % json_bytes(now))
                elif loop.time() - when >= ALIVE:
                    self.write(b": still here\n\n")
                else:
                    await asyncio.sleep(PULSE)
                    continue
                await self.flush()
                said, when = now, loop.time()
                await asyncio.sleep(PULSE)
        except StreamClosedError:
            pass

    def now(self) -> dict[str, Any]:
        """The counts; of two captures, also how many events both have."""
        both = {"both": sum(len(one.index) for one in self.captures)} if len(self.captures) == TWO else {}
        return {**self.shown.now(), **both}


class _Nothing(_Handler):
    """Any other path."""

    def prepare(self) -> None:
        super().prepare()
        if not self._finished:
            self.refuse(HTTPStatus.NOT_FOUND, "unknown path")


ROUTES: list[tuple[str, type[RequestHandler]]] = [
    (r"/api/capture", _Capture),
    (r"/api/events", _Events),
    (r"/api/position", _Position),
    (r"/api/events/([0-9]+)", _Event),
    (r"/api/events/([0-9]+)/payload", _Payload),
    (r"/api/(scenario|note)", _Mark),
    (r"/api/compare", _Compare),
    (r"/api/stats", _Stats),
    (r"/api/diagram", _Diagram),
    (r"/api/export", _Export),
    (r"/api/stream", _Stream),
    (r"/()", _Page),
    (r"/page/(.+)", _Page),
]


async def serve(
    captures: Sequence[Shown],
    settings: ViewSettings,
    started: Callable[[str], None],
    until: asyncio.Event,
    rules: Rules = NO_RULES,
) -> None:
    """Serve the page.

    Args:
        captures: one capture, or two to compare.
        settings: the address, the token, the recorder.
        started: called with the page's address as soon as it can be opened.
        until: set to end the server.
        rules: for differences that are allowed between two captures.

    Raises:
        InputError: the server cannot listen on the address.
    """
    logging.getLogger("tornado.access").setLevel(logging.CRITICAL)
    listen = settings.listen
    listening = _bound(listen, settings.anywhere)
    port = listening.getsockname()[1]
    desk = Desk(captures, Guard(listen.host, port, settings.token), rules, settings.marks, until)
    given = {"desk": desk}
    routes: list[Any] = [(path, handler, given) for path, handler in ROUTES]
    application = Application(routes, default_handler_class=_Nothing, default_handler_args=given)
    server = HTTPServer(application, max_body_size=LONGEST_BODY)
    server.add_sockets([listening])
    indexing = asyncio.create_task(keep_up(captures))
    try:
        started(_url(Address(listen.host, port), settings.token))
        await until.wait()
    finally:
        indexing.cancel()
        server.stop()
        await server.close_all_connections()
        await _settled(desk)


async def _settled(desk: Desk) -> None:
    """Wait for running requests to end, for a limited time."""
    for _pulse in range(round(LAST / PULSE)):
        if not desk.active:
            return
        await asyncio.sleep(PULSE)


def _bound(listen: Address, anywhere: bool) -> socket:
    """The listening socket; if the port is in use and any port is allowed, on a free one."""
    try:
        found = _listening(listen.host, listen.port)
    except OSError as error:
        if not anywhere or error.errno != errno.EADDRINUSE:
            option = "--port" if error.errno in {errno.EADDRINUSE, errno.EACCES} else "--host"
            raise InputError(f"cannot listen on {listen}: {reason_of(error)}; choose another with {option}") from error
        found = _listening(listen.host, 0)
    found.setblocking(False)
    return found


def _listening(host: str, port: int) -> socket:
    return create_server((host, port), family=AF_INET6 if ":" in host else AF_INET)


def _url(listening: Address, token: str) -> str:
    """The URL of the page."""
    query = f"?{PARAMETER}={quote(token, safe='')}" if token else ""
    return f"http://{listening}/{query}"


async def keep_up(captures: Sequence[Shown]) -> None:
    """Index the captures as they grow, and continue searches; in short turns, so that requests are served in between."""
    while True:
        busy = [one.source.turn() for one in captures] + [one.finding.idle() for one in captures]
        await asyncio.sleep(0 if any(busy) else LOOK)
