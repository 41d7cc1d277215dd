"""The page and its API over HTTP.

Rule: the only module that knows tornado. Handlers fetch parameters, and send what `Shown` says; who may ask is `guard`'s
business. Nothing here waits for a client: one that is slow gets what is newest when it takes something again.
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

from tornado.httpserver import HTTPServer
from tornado.iostream import StreamClosedError
from tornado.web import Application, HTTPError, RequestHandler, StaticFileHandler

from recorder.errors import InputError, RecorderError
from recorder.jsonrpc import text_of, value_of
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
    ".svg": "image/svg+xml",
}
JSON = "application/json"

LOOK = 0.05
"""Seconds between two looks at a file that may grow."""

PULSE, ALIVE = 0.1, 15.0
"""Seconds between two messages of a stream at least, and at most: who is gone is noticed."""

LAST = 2.0
"""Seconds that requests have to end when the server does."""

MOST_STREAMS = 100
LONGEST_BODY = 1 << 16


@dataclass
class Desk:
    """What the requests of one server share.

    Args:
        captures: that are shown.
        guard: who may ask.
        rules: what may differ between two captures.
        recorder: which takes scenarios and notes; None where there is none.
        over: set when nobody is answered any more.
        active: requests that are being answered.
    """

    captures: Sequence[Shown]
    guard: Guard
    rules: Rules
    recorder: Address | None
    over: asyncio.Event
    active: set[RequestHandler] = field(default_factory=set)


class _Handler(RequestHandler):
    """What every answer has, and who gets one."""

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
        token = self.get_query_argument(PARAMETER, "") or headers.get("authorization", "").removeprefix("Bearer ")
        asked = Asked(
            headers, self.request.method not in {"GET", "HEAD"}, token or self.get_cookie(self.cookie_name, "") or ""
        )
        if (refusal := self.guard.refusal(asked)) is not None:
            self.refuse(*refusal)

    def on_finish(self) -> None:
        self.desk.active.discard(self)

    @property
    def cookie_name(self) -> str:
        """Cookies are of a host, whatever the port."""
        return f"{COOKIE}_{self.guard.port}"

    @property
    def shown(self) -> Shown:
        """The capture that is asked for: the first where nothing is said."""
        return self.captures[-1 if self.get_query_argument("capture", "0") == "1" else 0]

    def refuse(self, status: int, reason: str, **more: Any) -> None:
        """Answer with an error that says what to do."""
        self.set_status(status)
        self.say({"error": reason, **more})

    def say(self, value: Any) -> None:
        """Answer with JSON."""
        self.set_header("Content-Type", JSON)
        self.finish(text_of(value))

    def write_error(self, status_code: int, **given: Any) -> None:
        error = (given.get("exc_info") or (None, None))[1]
        if isinstance(error, FilterError):
            self.refuse(HTTPStatus.BAD_REQUEST, error.reason, at=error.at)
        elif isinstance(error, InputError):  # the file is not what it was
            self.refuse(HTTPStatus.CONFLICT, str(error))
        else:
            self.refuse(status_code, HTTPStatus(status_code).phrase)

    def log_exception(self, kind: Any, error: Any, trace: Any) -> None:
        if not isinstance(error, RecorderError | HTTPError):  # which are answers
            super().log_exception(kind, error, trace)

    def number(self, name: str, default: int) -> int:
        """A parameter that is a number from 0."""
        text = self.get_query_argument(name, "") or str(default)
        if not (text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS):
            raise HTTPError(HTTPStatus.BAD_REQUEST)
        return int(text)

    @property
    def filter(self) -> str:
        """The filter, as somebody wrote it."""
        return self.get_query_argument("filter", "", strip=False) or ""

    @property
    def fold(self) -> bool:
        """Whether runs of like events are one row."""
        return self.get_query_argument("fold", "0") == "1"

    def event(self, text: str) -> int:
        """The number of an event that there is."""
        if len(text) > MOST_DIGITS or int(text) >= len(self.shown.index):
            raise HTTPError(HTTPStatus.NOT_FOUND)
        return int(text)


MOST_DIGITS = 15
END = "end"
TWO = 2
UNSAFE = re.compile(r"[^A-Za-z0-9_-]")


class _Page(_Handler, StaticFileHandler):
    """The page's own files."""

    def initialize(self, desk: Desk) -> None:  # type: ignore[override]
        _Handler.initialize(self, desk)
        StaticFileHandler.initialize(self, str(PAGE), "index.html")

    def prepare(self) -> None:
        super().prepare()
        if not self._finished and self.guard.token and self.get_query_argument(PARAMETER, ""):
            self.set_cookie(self.cookie_name, self.guard.token, httponly=True, samesite="Strict", path="/")
            self.redirect(self.request.path)

    def set_extra_headers(self, path: str) -> None:
        del path
        self.set_header("Cache-Control", HEADERS["Cache-Control"])

    def get_content_type(self) -> str:
        return TYPES.get(Path(self.absolute_path or "").suffix, "application/octet-stream")


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
            self.refuse(HTTPStatus.BAD_REQUEST, f"no format {name!r}; there is {', '.join(FORMATS)}")
            return
        shown = self.shown
        pieces = shown.exports.pieces(form, await shown.found(self.filter))
        piece = await asyncio.to_thread(_taken, pieces)  # or say what is wrong, while there is time
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
    """Scenarios and notes, which the recorder puts into the capture that it writes."""

    async def post(self, action: str) -> None:
        body = value_of(self.request.body)
        if self.desk.recorder is None:
            self.refuse(HTTPStatus.NOT_FOUND, "no recorder writes this capture: `recorder record --view` shows one")
        elif not isinstance(body, dict) or not all(isinstance(value, str) for value in body.values()):
            self.refuse(HTTPStatus.BAD_REQUEST, "the body must be an object of texts")
        else:
            await asyncio.to_thread(post, action, body, self.desk.recorder)
            self.say({"ok": True})


class _Compare(_Handler):
    """Two captures side by side."""

    async def get(self) -> None:
        if len(self.captures) < TWO:
            self.refuse(HTTPStatus.NOT_FOUND, "one capture is shown; `recorder view A B` compares two")
            return
        left, right = self.captures
        comparing = left.compared_with(right, self.desk.rules)
        async with left.comparing:
            await asyncio.to_thread(comparing.compare)
        self.say(comparing.rows(self.number("from", 0), self.number("count", 100)))


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
    """How much there is, as it becomes more."""

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
                now = self.shown.now()
                if now != said:
                    self.write(b"data: %b\n\n" % text_of(now))
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


class _Nothing(_Handler):
    """Whatever else is asked for."""

    def prepare(self) -> None:
        super().prepare()
        if not self._finished:
            self.refuse(HTTPStatus.NOT_FOUND, "there is no such thing here")


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
    """Show a capture until somebody has seen enough.

    Args:
        captures: one, or two side by side.
        settings: where.
        started: told the page's address when it can be opened.
        until: set when it ends.
        rules: what may differ between two.

    Raises:
        InputError: the address cannot be listened on.
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
        started(address(listen.host, port, settings.token))
        await until.wait()
    finally:
        indexing.cancel()
        server.stop()
        await server.close_all_connections()
        await _settled(desk)


async def _settled(desk: Desk) -> None:
    """Wait until nobody is being answered, who would be interrupted."""
    for _pulse in range(round(LAST / PULSE)):
        if not desk.active:
            return
        await asyncio.sleep(PULSE)


def _bound(listen: Address, anywhere: bool) -> socket:
    """The socket that is listened on; where its port is taken, any free one if that will do."""
    try:
        found = _listening(listen.host, listen.port)
    except OSError as error:
        if not anywhere or error.errno != errno.EADDRINUSE:
            reason = error.strerror or error
            raise InputError(f"cannot listen on {listen}: {reason}; choose another with --port") from error
        found = _listening(listen.host, 0)
    found.setblocking(False)
    return found


def _listening(host: str, port: int) -> socket:
    return create_server((host, port), family=AF_INET6 if ":" in host else AF_INET)


def address(host: str, port: int, token: str) -> str:
    """The page's address as it is opened."""
    name = f"[{host}]" if ":" in host else host
    return f"http://{name}:{port}/{f'?{PARAMETER}={token}' if token else ''}"


async def keep_up(captures: Sequence[Shown]) -> None:
    """Index what there is, and what comes; whoever asks meanwhile is answered in between."""
    while True:
        busy = [one.source.turn() for one in captures] + [one.finding.idle() for one in captures]
        await asyncio.sleep(0 if any(busy) else LOOK)
