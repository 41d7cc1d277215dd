"""A capture as a mock node: live parties connect to it as they would to the node that was recorded.

Rule: every live session belongs to one run of the script. A session that fits into no run starts the next run if the
capture is looped; else it is refused, with the reason. Every request is answered.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from itertools import cycle
from types import TracebackType
from typing import Self

from recorder.close_codes import INTERNAL_ERROR, POLICY_VIOLATION
from recorder.difference import EXTRA
from recorder.errors import InputError, reason_of
from recorder.event_stream import RESUMED
from recorder.headers import Headers, Pairs, header_value, revealed
from recorder.jsonrpc import json_bytes, value_of
from recorder.masking import Masking
from recorder.model import Frame, Opened
from recorder.profiles import GENERIC
from recorder.replay import Outcome, PlaySettings
from recorder.replay.listening import likeliest
from recorder.replay.replies import refusal
from recorder.server import answers
from recorder.server.addresses import nodes_at, urls_at
from recorder.server.beginnings import Beginning
from recorder.server.listener import Answer, Listener, Request
from recorder.server.passing import Passing
from recorder.server.run import Run, Tell, now
from recorder.server.runs import USED, HttpRouter, PlayedSession, Runs
from recorder.server.streams import Responder, Stream
from recorder.server.websocket import WebSocket
from recorder.settings import Address
from recorder.timeline import Script
from recorder.timeline.get_calls import call_in, without_call
from recorder.timeline.steps import Stream as RecordedStream
from recorder.timeline.urls import is_http

OK, ACCEPTED, NO_CONTENT, NOT_ALLOWED = 200, 202, 204, 405
GRACE = 2.0  # seconds that clients have to go when nothing more can happen
ANYWHERE = Address("127.0.0.1", 0)  # any free port of this machine's loopback
SILENT = 0.25  # seconds after which a client that may be any of several, and says nothing, is the first that may be it
SLOW = 2.0  # the same, where each of them says something next: others may wait for it to be there
UNDECIDED = "it ended before it said which of several it is"
LINGER = 0.3  # seconds without a connection until nobody comes back over HTTP


class MockNode:
    """A mock node, listening while its `async with` block lasts.

    Args:
        script: what was recorded.
        settings: how to play it; its ends hold `node`.
        listen: where to listen, for WebSockets and HTTP alike: once, or once for each node of the capture, in the order
            of its header.
        loop: begin the script again for further parties, for ever.
        tell: called with what happens, as the events of a capture.
        beyond: a node (`ws://…`) that gets the sessions and requests that fit into no run, instead of a refusal.

    Raises:
        InputError: the capture's sessions go over no network, or it has not as many nodes that can be told apart; an
            address cannot be listened on (when the block is entered).
    """

    def __init__(
        self,
        script: Script,
        settings: PlaySettings,
        listen: Sequence[Address] = (ANYWHERE,),
        *,
        loop: bool = False,
        tell: Tell | None = None,
        beyond: str = "",
    ) -> None:
        if script.over_stdio:
            raise InputError("it was recorded on standard input and output; play it with --stdio", file=script.file)
        nodes = nodes_at(script, len(listen), anywhere=settings.mode == "lenient")
        self.script, self._loop = script, loop
        self._changed = asyncio.Event()  # set when a run may be over
        self.runs = Runs(script, settings, loop=loop, tell=tell, changed=self._changed.set)
        self._passing = Passing(beyond, self._swept) if beyond else None
        self._refused: list[str] = []
        self._router = HttpRouter()
        self._error: Exception | None = None  # what made an answer over HTTP fail
        openings = [step.event for step in script.steps if isinstance(step.event, Opened)]
        self._subprotocols = {event.subprotocol for event in openings if event.url}
        self._handshakes = {event.session: event.answer for event in openings if event.answer}
        self._in_turn = _in_turn(script, self._handshakes)
        recorded = (step.event.headers for step in script.steps if isinstance(step.event, Frame))
        self._origin = answers.allowed_origin(map(tuple, recorded))
        self._deleted = {step.session for step in script.steps if step.kind == "close" and step.direction == "to_node"}
        self._session_headers = [one.session_header.lower() for one in script.protocols if one.session_header]
        self._listeners = [(node, address, Listener(self)) for node, address in zip(nodes, listen, strict=True)]
        self._since = 0.0  # when something happened last in what is gone

    @property
    def port(self) -> int:
        """The port it listens on; of several, the first."""
        return self._listeners[0][2].port

    @property
    def urls(self) -> list[str]:
        """Where it listens, for each address: `ws://…`, `http://…`, or both, by what the capture has there."""
        return [
            url
            for node, address, listener in self._listeners
            for url in urls_at(self.script, node, address.host, listener.port)
        ]

    async def __aenter__(self) -> Self:
        begun: list[Listener] = []
        for _node, address, listener in self._listeners:
            try:
                await listener.start(address.host, address.port)
            except OSError as error:
                await asyncio.gather(*(one.close() for one in begun))
                raise InputError(
                    f"cannot listen on {address}: {reason_of(error)}; choose another with --listen HOST:PORT"
                ) from error
            begun.append(listener)
        self._since = now()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._passing is not None:
            await self._passing.stop()
        await asyncio.gather(*(run.stop() for run in self.runs))
        await asyncio.gather(*(listener.close() for _node, _address, listener in self._listeners))

    async def over(self, silence: float = 0, grace: float = GRACE) -> None:
        """Return when nothing can happen any more and the clients are gone, or do not go; never, where it is looped.

        Args:
            silence: give up after so many seconds without anything happening; 0 for never.
            grace: seconds that clients have to go.

        Raises:
            Exception: what ended the run before its time.
        """
        while not (left := self._over()):
            wait = self._moved + silence - now() if silence else None
            if wait is not None and wait <= 0:
                return
            await self._change(wait)
        until = now() + grace
        while (self._connected or any(run.wires for run in left)) and now() < until:
            await self._change(until - now())
        if any(map(is_http, self.urls)):  # its clients come and go: one may be on its way to say good-bye
            while not self._connected and (left_over := self._moved + LINGER - now()) > 0:
                await self._change(left_over)
        self._over()

    @property
    def _connected(self) -> bool:
        """Whether a client has a connection that is no WebSocket."""
        return any(listener.connections for _node, _address, listener in self._listeners)

    def _over(self) -> list[Run]:
        for error in (self._error, *(run.error for run in self.runs)):
            if error is not None:
                raise error
        return [run for run in self.runs if run.over.is_set() and not self._loop]

    async def _change(self, seconds: float | None) -> None:
        self._changed.clear()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._changed.wait(), seconds)

    @property
    def _moved(self) -> float:
        """When something happened last."""
        return max([self._since, *(run.moved for run in self.runs)])

    @property
    def open(self) -> bool:
        """Whether a client is there, over WebSockets."""
        return any(run.wires for run in self.runs) or (self._passing is not None and self._passing.busy)

    def outcome(self) -> Outcome:
        """How all runs went, so far."""
        return self.runs.outcome(self._refused)

    def subprotocol(self, offered: Iterable[str]) -> str:
        """The recorded one of those that a client offers, whatever token is in it; any, where it is not known."""
        known = self._subprotocols
        return next(
            (one for one in offered if one in known or not known or any(revealed(two, one) for two in known)), ""
        )

    def handshake(self, target: str) -> Headers:
        """The recorded headers of the answer to a handshake: of several that it may be, each session's go to one client."""
        played = self.runs.take(f"ws:{target}") if self._handshakes else None
        return () if played is None else next(self._in_turn[self.script.urls[played.session]])

    def left(self, client: tuple[str, int]) -> None:
        """A client has ended its connection, or made a WebSocket of it."""
        self._router.left(client)
        self._changed.set()

    def refuses(self, request: Request, answer: Answer) -> bool:
        """Refuse a handshake where one with its URL was refused in the capture, and has not been yet; whether it was so."""
        try:
            refused = self.runs.refuses(f"ws:{request.target}")
        except Exception as error:  # noqa: BLE001 - raised again where the end is waited for
            self._error = self._error or error
            answer.drop()
            return True
        if refused is None:
            return False
        answer.send(refused.status, answers.answer(tuple(refused.headers), self._origin, body=False), b"")
        self._swept()
        return True

    def opened(self, wire: WebSocket) -> None:
        """A WebSocket is there: it gets its session, or is refused."""
        url = f"ws:{wire.path}"
        beginning = self.runs.beginning(url)
        if beginning is None or (self._passing is not None and self.runs.greets(url)):  # else two nodes would greet it
            self._begin(wire)
            return
        _Undecided(wire, beginning, self._begin, self._ended)

    def _begin(self, wire: WebSocket, first: bytes = b"", rather: frozenset[int] = frozenset()) -> None:
        """Give a WebSocket the session of a client that begins with this message, if any, or refuse it.

        Args:
            wire: it.
            first: the message.
            rather: the recorded sessions that it is rather than any other.
        """
        url = f"ws:{wire.path}"
        played = (self.runs.take(url, first, rather) if rather else None) or self.runs.take(url, first)
        if played is None and self._passing is not None:
            self._passing.carry(wire)
            return
        if played is None:
            reason = self.runs.refusal(url)
            self._refused.append(f"a session with {Masking().url(wire.path)} {EXTRA}; {reason}")
            hint = "; replay with --loop" if reason == USED and not self._loop else ""
            wire.close(POLICY_VIOLATION, f"this session: {reason}{hint}")
            return
        self._give(wire, *played)

    def _ended(self, wire: WebSocket, over: frozenset[int]) -> None:
        """A client is gone that may be any of several: it is one of those that say no more, or none that was recorded."""
        if (played := self.runs.take(f"ws:{wire.path}", among=over)) is not None:
            self._give(wire, *played)
        elif self._passing is None:
            self._refused.append(f"a session with {Masking().url(wire.path)} {EXTRA}; {UNDECIDED}")
        self._swept()

    def _give(self, wire: WebSocket, run: Run, session: int) -> None:
        """Let a WebSocket be this session of a run."""

        def failed() -> None:
            wire.close(INTERNAL_ERROR, "the mock node failed")

        run.player.voice.gave(self._handshakes.get(session, ()), wire.answer)
        try:
            run.opened(session, wire.path, wire)
        except Exception as error:  # noqa: BLE001 - raised again where the end is waited for
            run.fail(error)
            failed()
        run.attach(session, wire, failed, self._swept)

    def requested(self, request: Request, answer: Answer) -> None:
        """Take an HTTP request: a post is played; other requests get an error that says what is answered here."""
        if request.method == "OPTIONS":
            answer.send(NO_CONTENT, answers.permission(request.headers, self._origin), b"")
        elif self._listens(request, answer) or self._leaves(request, answer):
            self._swept()
        elif (call := _call_in(request)) is None and self._passing is None:
            text = f"this mock node answers POST, calls in a query and WebSocket handshakes, not {request.method}\n".encode()
            head = (("allow", answers.TAKEN), *answers.TEXT)
            answer.send(NOT_ALLOWED, answers.answer(head, self._origin), text)
        else:
            try:
                self._play(request, call, answer)
            except Exception as error:  # noqa: BLE001 - raised again where the end is waited for
                self._error = self._error or error
                answer.drop()
            self._swept()

    def _listens(self, request: Request, answer: Answer) -> bool:
        """Let a client listen that asks for that, where one was recorded that did; whether it was so."""
        if request.method != "GET" or _call_in(request) is not None:
            return False
        if self.runs.streams.resume(header_value(request.headers, RESUMED), answer):
            return True
        if (found := self._listening(request)) is None:
            return False
        recorded, live = found
        live.begin(answer, recorded.head.status, answers.answer(tuple(recorded.head.headers), self._origin))
        live.say()
        return True

    def _listening(self, request: Request) -> tuple[RecordedStream, Stream] | None:
        """The stream that a client asks for: of its session, or of one that begins so; None where there is none."""
        played, found = self._router.listens(request.client, request.target, self._name(request.headers)), None
        if played is not None and played.session in self.script.streams:
            found = _recorded, live = self._stream(played, request)
            if not (live.begun and self._listens_first(played)):
                return found
        # Somebody listens to that one: this may be another client.
        if (another := self._begins(request.target)) is not None:
            return self._stream(another, request)
        return found if found is not None and not found[0].endpoint else None

    def _stream(self, played: PlayedSession, request: Request) -> tuple[RecordedStream, Stream]:
        """Which of the streams of a session its client asks for: recorded, and live."""
        streams, live = self.script.streams[played.session], played.run.streams
        begun = [number for number in streams if live[played.session, number].begun]
        number = likeliest(streams, request.headers, begun, played.run.player.bindings)
        return streams[number], live[played.session, number]

    def _begins(self, target: str) -> PlayedSession | None:
        """The session of a client that listens before it asks anything; None where none was recorded."""
        played = self.runs.take(f"http:{target}")
        if played is None or not self._listens_first(played):
            return None
        # What is posted to an endpoint says by its target where it belongs.
        if not any(one.endpoint for one in self.script.streams[played.session].values()):
            self._router.begins(target, played)
        played.run.opened(played.session, target)
        return played

    def _listens_first(self, played: PlayedSession) -> bool:
        """Whether the client of a session may listen before it asks; where a node names sessions, it has to ask first."""
        streams = self.script.streams.get(played.session, {}).values()
        named = self.script.profile(played.session).session_header
        return any(not (one.asks_first and named) for one in streams)

    def _leaves(self, request: Request, answer: Answer) -> bool:
        """Let a client end its session, where that was recorded; whether it was so."""
        played = self._router.named(self._name(request.headers)) if request.method == "DELETE" else None
        if played is None or played.session not in self._deleted:
            return False
        answer.send(NO_CONTENT, answers.answer((), self._origin, body=False), b"")
        played.run.deleted(played.session)
        return True

    def _play(self, request: Request, call: tuple[str, bytes] | None, answer: Answer) -> None:
        """Give a request to its session, which is an open one that expects it, or the next recorded one."""
        name = self._name(request.headers)
        path, body = call or (request.target, request.said)
        if call is not None and (told := self.runs.posted_to(path)) is not None:
            answer.send(ACCEPTED, answers.answer((), self._origin, body=False), b"")
            told.run.received(told.session, body, headers=request.headers)
            return
        played = None
        if call is not None:
            played = self._router.find(request.client, path, body, lambda: self.runs.take(f"http:{path}", body), name)
        if self._passing is not None and (played is None or not played.expects(body)):
            self._passing.ask(request, answer)
            return
        if played is None:
            reason = self.runs.refusal(f"http:{path}")
            self._refused.append(f"a request to {Masking().url(path)} {EXTRA}; {reason}")
            words = refused(body)
            head = answers.answer((), self._origin, body=bool(words))
            answer.send(OK if words else NO_CONTENT, head, words)
            return

        responder = Responder(answer, self._origin, partial(self._named, played), partial(self.runs.stream, played))
        played.run.asked(played.session, body, responder, request.headers)

    def _named(self, played: PlayedSession, headers: Headers) -> Headers:
        """Headers in which a session has its live name, by which its client is known from now on."""
        if not (recorded := self._name(headers)):
            return headers
        live = self._router.name(played, recorded)
        return tuple((name, live if value == recorded else value) for name, value in headers)

    def _name(self, headers: Headers) -> str:
        """The value of the header that tells sessions apart; empty where there is none."""
        values = (header_value(headers, name) for name in self._session_headers)
        return next(filter(None, values), "")

    def _swept(self) -> None:
        self._since = now()
        if self.runs.forget():
            self._router.keep(set(self.runs))
        self._changed.set()


def _call_in(request: Request) -> tuple[str, bytes] | None:
    """Whom a request calls, and with which message; None where it is no call."""
    if request.method == "GET":
        body, form = call_in(request.target)
        return (without_call(request.target), body) if form else None
    return (request.target, request.said) if request.method == "POST" else None


def refused(body: bytes) -> bytes:
    """The answer to a body that no session is there for; empty where it asks nothing."""
    value = value_of(body)
    if not isinstance(value, list) or not value:
        answer = refusal(GENERIC, body if value is None else value)
        return b"" if answer is None else json_bytes(answer)
    answers_ = [answer for one in value if (answer := refusal(GENERIC, one)) is not None]
    return json_bytes(answers_) if answers_ else b""


def _in_turn(script: Script, handshakes: Mapping[int, Pairs]) -> dict[str, Iterator[Headers]]:
    """The headers of the answers to handshakes, by URL: those of one session after the other, over and over."""
    heads: dict[str, list[Headers]] = {}
    for session, url in script.urls.items():
        heads.setdefault(url, []).append(answers.played(handshakes.get(session, ())))
    return {url: cycle(each) for url, each in heads.items()}


class _Undecided:
    """A WebSocket that may be any of several recorded sessions, until its client says what tells which, or nothing.

    Args:
        wire: it.
        beginning: what they have in common.
        begin: called with it, the message that tells which it is, and the sessions that it may be; where its client is
            silent, with no message, and those that say no more.
        end: called with it, and those that say no more, where its client is gone.
    """

    def __init__(
        self,
        wire: WebSocket,
        beginning: Beginning,
        begin: Callable[[WebSocket, bytes, frozenset[int]], None],
        end: Callable[[WebSocket, frozenset[int]], None],
    ) -> None:
        self._wire, self._beginning, self._begin, self._end = wire, beginning, begin, end
        self._go_on()
        wire.listen(self._spoke, self._lost)

    def _go_on(self) -> None:
        self._wire.greet(self._beginning.told())
        wait = SILENT if self._beginning.silence_tells else SLOW
        loop = asyncio.get_running_loop()
        self._silent = loop.call_later(wait, self._begin, self._wire, b"", self._beginning.over)

    def _spoke(self, payload: bytes, binary: bool) -> None:
        self._wire.put_back(payload, binary=binary)
        self._silent.cancel()
        if self._beginning.hears(payload):
            self._go_on()
        else:
            self._begin(self._wire, payload, self._beginning.may_be)

    def _lost(self, _code: int, _reason: str) -> None:
        self._silent.cancel()
        self._end(self._wire, self._beginning.over)
