"""A capture's parties, played against a live node.

Rule: the run ends when nothing recorded is left to happen, or when nothing has for as long as it may take.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from ssl import SSLContext
from urllib.parse import SplitResult, urlsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidURI
from websockets.typing import Subprotocol

from recorder.errors import InputError
from recorder.model import Opened
from recorder.replay import Action, Outcome, Player, PlaySettings, Script
from recorder.replay.script import url_parts
from recorder.server.http import HttpWire
from recorder.server.run import ABNORMAL, UNBOUNDED, Run, Tell
from recorder.tls import trust

TIMEOUT = 10.0
CLOSE_TIMEOUT = 2.0  # seconds that the node has to agree to a close
HTTP_SCHEMES = {"ws": "http", "wss": "https"}
WS_SCHEMES = {"http": "ws", "https": "wss"}


async def _nobody_to_tell(_scenario: str) -> None:
    """Where no recorder listens, scenarios have nobody to be told to."""


async def play_parties(
    script: Script,
    settings: PlaySettings,
    url: str | Sequence[str],
    *,
    begin: Callable[[str], Awaitable[None]] = _nobody_to_tell,
    timeout: float = TIMEOUT,  # noqa: ASYNC109 - of silence, not of the call
    ca: Path | None = None,
    insecure: bool = False,
    tell: Tell | None = None,
    linger: float = 0,
) -> Outcome:
    """Play parties against the node (or the recorder) at `url`.

    Args:
        script: what was recorded.
        settings: how to play it; its ends are the parties.
        url: as in `ws://127.0.0.1:3014`; each session brings its path. Several are for the nodes that were recorded,
            in their order.
        begin: begins a scenario in the recorder that is in between.
        timeout: seconds without anything happening until the run is given up.
        ca: the authority that certifies a `wss://` node; by default those that this machine trusts.
        insecure: trust any `wss://` node.
        tell: told what happens, as the events of a capture.
        linger: seconds of silence, when all has happened, in which the node may still say what nobody recorded.

    Raises:
        InputError: the node cannot be reached, or refuses a session; `ca` certifies nobody.
    """
    node = _Node(script, [url] if isinstance(url, str) else [*url], begin, partial(trust, ca, insecure=insecure))
    run = node.run = Run(Player(script, settings), node.act, tell)
    try:
        await run.pump()
        await _over(run, timeout)
        while run.error is None and run.wires and (left := run.moved + linger - run.now()) > 0:  # noqa: ASYNC110 - silence sets no event
            await asyncio.sleep(left)
    finally:
        await run.stop()
    if run.error is not None:
        raise run.error
    return run.player.end()


async def _over(run: Run, silence: float) -> None:
    """Return when a run is over, or nothing has happened in it for so long."""
    while not run.over.is_set() and (left := run.moved + silence - run.now()) > 0:
        with suppress(TimeoutError):
            await asyncio.wait_for(run.over.wait(), left)


class _Node:
    """The node as the parties reach it."""

    run: Run

    def __init__(
        self,
        script: Script,
        urls: list[str],
        begin: Callable[[str], Awaitable[None]],
        trusted: Callable[[], SSLContext],
    ) -> None:
        self._begin = begin
        self._first, *others = bases = [urlsplit(url) for url in urls]
        recorded = [url_parts(url).netloc for url in script.upstreams] if others else []
        self._bases = dict(zip(recorded, bases, strict=False))
        self._openings = {step.session: step.event for step in script.steps if isinstance(step.event, Opened)}
        self._tls = trusted() if any(base.scheme in {"wss", "https"} for base in bases) else None

    async def act(self, action: Action) -> None:
        """Begin a scenario, or open a session."""
        if action.kind == "scenario":
            await self._begin(action.path)
            return
        opening = self._openings[action.session]
        if opening.url.startswith("http"):
            self._post(action, opening)
        else:
            await self._connect(action, opening)
        base = self._base(opening)
        self.run.tell_opened(action.session, f"{base.scheme}://{base.netloc}{action.path}")

    def _base(self, opening: Opened) -> SplitResult:
        """The node that a session is with now."""
        return self._bases.get(url_parts(opening.url).netloc, self._first)

    def _post(self, action: Action, opening: Opened) -> None:
        base = self._base(opening)
        url = f"{HTTP_SCHEMES.get(base.scheme, base.scheme)}://{base.netloc}{action.path}"
        recorded = next((value for name, value in opening.headers if name.lower() == "user-agent"), "recorder")
        agent = f"{recorded} (session {action.session})"
        run = self.run
        tls = self._tls if base.scheme in {"wss", "https"} else None
        run.wires[action.session] = HttpWire(url, agent, partial(run.received, action.session), run.start, tls)

    async def _connect(self, action: Action, opening: Opened) -> None:
        base = self._base(opening)
        scheme = WS_SCHEMES.get(base.scheme, base.scheme)
        offered = [Subprotocol(opening.subprotocol)] if opening.subprotocol else None
        try:
            wire = await connect(
                f"{scheme}://{base.netloc}{action.path}",
                ssl=self._tls if scheme == "wss" else None,
                subprotocols=offered,
                compression=None,
                max_size=None,
                ping_interval=None,
                close_timeout=CLOSE_TIMEOUT,
                write_limit=UNBOUNDED,
                proxy=None,
            )
        except (OSError, InvalidHandshake, InvalidURI) as error:
            raise InputError(f"cannot open a session with {base.geturl()}: {error}") from error
        self.run.wires[action.session] = wire
        self.run.start(self._read(action.session, wire))

    async def _read(self, session: int, wire: ClientConnection) -> None:
        with suppress(ConnectionClosed):  # with or without a Close frame: over all the same
            while True:
                await self.run.received(session, await wire.recv(decode=False))
        await self.run.closed(session, wire.close_code or ABNORMAL, wire.close_reason or "")
