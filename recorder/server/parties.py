"""A capture's parties, played against a live node, or against each of the nodes that were recorded.

Rule: the run ends when everything recorded has happened, or when nothing has happened for the allowed time.
"""

from __future__ import annotations

import asyncio
import ssl
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Protocol
from urllib.parse import SplitResult, urlsplit

from websockets.exceptions import InvalidHandshake, InvalidStatus

from recorder.errors import InputError
from recorder.headers import header_value
from recorder.model import Opened
from recorder.replay import Outcome, Player, PlaySettings
from recorder.replay.actions import Begin, Listen, Open
from recorder.replay.told import learn_headers
from recorder.server.http import AGAIN, HttpClient, HttpWire
from recorder.server.run import Run, Tell
from recorder.server.websocket import WebSocket, connect
from recorder.timeline import Script, Step
from recorder.timeline.urls import is_http, is_secure, over_http, over_websocket
from recorder.timeline.urls import parts as url_parts
from recorder.timeline.urls import path as url_path
from recorder.tls import trust

TIMEOUT = 10.0
LONG = 10.0
"""Seconds of silence after which it is said what is awaited; then twice as many, and so on."""

LEAST = 0.001

Waiting = Callable[[Step, float], None]


async def _nobody_to_tell(_scenario: str) -> None:
    """Ignore scenarios, if there is no recorder."""


async def play_parties(
    script: Script,
    settings: PlaySettings,
    urls: str | Mapping[str, str],
    *,
    begin: Callable[[str], Awaitable[None]] = _nobody_to_tell,
    timeout: float = TIMEOUT,  # noqa: ASYNC109 - of silence, not of the call
    ca: Path | None = None,
    insecure: bool = False,
    tell: Tell | None = None,
    linger: float = 0,
    waiting: Waiting | None = None,
) -> Outcome:
    """Play parties against the node (or the recorder) at `urls`.

    Args:
        script: what was recorded.
        settings: how to play it; its ends are the parties.
        urls: as in `ws://127.0.0.1:3014`, each session brings its path; of a capture of several nodes, the live URL of
            each recorded node (`live_nodes` pairs them). The path of a live URL stands for that of the node's first
            session.
        begin: begins a scenario in the recorder that is in between.
        timeout: seconds without any event until the run is given up.
        ca: the authority that certifies a `wss://` node; by default those that this machine trusts.
        insecure: take any certificate.
        tell: called with what happens, as the events of a capture.
        linger: seconds to wait for unrecorded messages of the node when everything has happened.
        waiting: called now and then with the awaited message of the node and the seconds without any event.

    Raises:
        InputError: a node cannot be reached, or refuses a session; `ca` certifies nobody; the capture's sessions go over
            no network.
    """
    if script.over_stdio:
        raise InputError(
            "it was recorded on standard input and output, and cannot be played against a URL; use `recorder verify`",
            file=script.file,
        )
    nodes = _Nodes(script, urls, begin, partial(trust, ca, insecure=insecure))
    return await play(script, settings, nodes, timeout, tell, linger, waiting)


class Ends(Protocol):
    """The live ends that parties speak to.

    Attributes:
        run: set by `play`.
    """

    run: Run

    async def act(self, action: Open | Listen | Begin) -> None:
        """Begin a scenario, or open a session, or a stream in one."""
        ...

    async def ended(self) -> None:
        """Clean up behind a run."""
        ...


async def play(
    script: Script,
    settings: PlaySettings,
    ends: Ends,
    timeout: float,  # noqa: ASYNC109 - of silence, not of the call
    tell: Tell | None = None,
    linger: float = 0,
    waiting: Waiting | None = None,
) -> Outcome:
    """Play parties against these ends; for the other arguments see `play_parties`.

    Raises:
        InputError: an end cannot be reached.
    """
    run = ends.run = Run(Player(script.settled, settings), ends.act, tell)
    try:
        run.pump()
        await _over(run, timeout, waiting)
        while run.error is None and run.wires and (left := run.moved + linger - run.now()) > 0:  # noqa: ASYNC110 - silence sets no event
            await asyncio.sleep(left)
    finally:
        await run.stop()
        await ends.ended()
    if run.error is not None:
        raise run.error
    return run.player.end()


def recorded_nodes(urls: Iterable[str], upstreams: Iterable[str] = ()) -> list[str]:
    """The nodes of a capture, as `host:port`: its upstreams in their order, then others as they first appear.

    Args:
        urls: of the sessions, in the order of the timeline; WebSockets and HTTP at one address are one node.
        upstreams: of the capture's header; those that no session was with are left out.
    """
    met = dict.fromkeys(filter(None, (url_parts(url).netloc for url in urls)))
    first = [netloc for url in upstreams if (netloc := url_parts(url).netloc) in met]
    return list(dict.fromkeys([*first, *met]))


def live_nodes(recorded: list[str], urls: list[str]) -> str | dict[str, str]:
    """Which live URL stands for which recorded node: one for all, or one for each in the same order.

    Raises:
        InputError: there are more or fewer.
    """
    if len(urls) == 1:
        return urls[0]
    if len(urls) != len(recorded):
        raise InputError(
            f"{len(urls)} URLs for {len(recorded)} recorded nodes; give one, or one for each of {', '.join(recorded)}"
        )
    return dict(zip(recorded, urls, strict=True))


async def _over(run: Run, silence: float, waiting: Waiting | None) -> None:
    """Return when a run is over, or nothing has happened in it for so long."""
    quiet = LONG
    while not run.over.is_set() and (left := run.moved + silence - run.now()) > 0:
        with suppress(TimeoutError):
            await asyncio.wait_for(run.over.wait(), min(left, max(run.moved + quiet - run.now(), LEAST)))
        passed = run.now() - run.moved
        if passed < LONG:
            quiet = LONG
        elif passed >= quiet and not run.over.is_set():
            quiet *= 2
            if waiting is not None and (step := run.player.awaited) is not None:
                waiting(step, passed)


class _Nodes(Ends):
    """The nodes as the parties reach them."""

    run: Run

    def __init__(
        self,
        script: Script,
        urls: str | Mapping[str, str],
        begin: Callable[[str], Awaitable[None]],
        trusted: Callable[[], ssl.SSLContext],
    ) -> None:
        self._urls, self._begin, self._script = urls, begin, script
        self._openings = {step.session: step.event for step in script.steps if isinstance(step.event, Opened)}
        self._paths: dict[str, str] = {}  # of each node's first session
        for opening in self._openings.values():
            self._paths.setdefault(self._node(opening.url), url_path(opening.url))
        self._http: dict[int, HttpWire] = {}  # by session
        self._reached = False  # whether a WebSocket was opened
        self._agents = Counter(map(_identity, self._openings.values()))
        live = [urls] if isinstance(urls, str) else urls.values()
        self._tls = trusted() if any(map(is_secure, live)) else None

    async def act(self, action: Open | Listen | Begin) -> None:
        """Begin a scenario, or open a session, or a stream in one."""
        if isinstance(action, Begin):
            await self._begin(action.scenario)
            return
        if isinstance(action, Listen):
            await self._http[action.session].listen(action.headers)
            return
        opening = self._openings[action.session]
        base = self._live(opening.url)
        if base.path.strip("/") and url_path(opening.url) == self._paths[self._node(opening.url)]:
            _recorded, mark, parameters = action.path.partition("?")
            action = replace(action, path=f"{base.path}{mark}{parameters}")
        if is_http(opening.url):
            self._post(action, opening, base)
        else:
            await self._connect(action, opening, base)
        self.run.tell_opened(action.session, f"{base.scheme}://{base.netloc}{action.path}")

    async def ended(self) -> None:
        """Their sessions are closed: nothing is left."""

    def _node(self, recorded: str) -> str:
        """The recorded node of a session; all are one where one live node stands for them."""
        return "" if isinstance(self._urls, str) else url_parts(recorded).netloc

    def _live(self, recorded: str) -> SplitResult:
        """Where the node of a recorded session is now; of one whose URL nobody recorded, the first is."""
        if isinstance(self._urls, str):
            return urlsplit(self._urls)
        return urlsplit(self._urls.get(url_parts(recorded).netloc) or next(iter(self._urls.values())))

    def _post(self, action: Open, opening: Opened, base: SplitResult) -> None:
        url = over_http(f"{base.scheme}://{base.netloc}")
        agent = header_value(opening.headers, "user-agent")
        if self._agents[_identity(opening)] > 1:  # a recorder tells clients apart by it
            agent = f"{agent or 'recorder'} (session {action.session})"
        received = partial(self.run.received, action.session)
        endpoint_event = self._script.profile(action.session).endpoint_event
        has_heard = partial(self.run.player.hearing.has_heard, action.session)
        client = HttpClient(url, self._tls)
        wire = HttpWire(client, action.path, agent, received, self.run.start, has_heard, endpoint_event)
        self.run.wires[action.session] = self._http[action.session] = wire

    async def _connect(self, action: Open, opening: Opened, base: SplitResult) -> None:
        url = over_websocket(f"{base.scheme}://{base.netloc}")
        try:
            wire = await self._insist(action, f"{url}{action.path}")
        except (OSError, InvalidHandshake) as error:
            why = f"cannot open a session with {url}{action.path.partition('?')[0]}: {error}"
            if not self._reached:
                raise InputError(why) from error
            self.run.player.outcome.notes.append(why)  # a difference, as all that a node does which is there
            self.run.closed(action.session)
            return
        self._reached = True
        learn_headers(opening.answer, wire.answer, self._script.handed.texts, self.run.player.bindings)
        self.run.wires[action.session] = wire
        self.run.attach(action.session, wire)

    async def _insist(self, action: Open, url: str) -> WebSocket:
        """Open a session; where its node is not there, try again for as long as it insists."""
        until = self.run.now() + action.insists
        while True:
            again = self.run.now() < until
            try:
                return await connect(url, action.headers, action.subprotocols, self._tls)
            except InvalidStatus as error:
                if not again or error.response.status_code != HTTPStatus.BAD_GATEWAY:
                    raise
            except OSError:
                if not again:
                    raise
            await asyncio.sleep(AGAIN)


def _identity(opening: Opened) -> tuple[str, str]:
    return header_value(opening.headers, "user-agent"), opening.url
