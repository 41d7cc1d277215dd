"""A capture's parties, played against a live node.

Rule: the run ends when everything recorded has happened, or when nothing has for as long as it may take.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection, connect  # noqa: TID251 - this package is its door
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidURI  # noqa: TID251

from recorder.errors import InputError
from recorder.replay import Action, Outcome, Player, PlaySettings, Script
from recorder.server.http import HttpWire
from recorder.server.run import Run

TIMEOUT = 10.0
HTTP_SCHEMES = {"ws": "http", "wss": "https"}


async def _nobody_to_tell(_scenario: str) -> None:
    """Where no recorder listens, scenarios have nobody to be told to."""


async def play_parties(
    script: Script,
    settings: PlaySettings,
    url: str,
    *,
    begin: Callable[[str], Awaitable[None]] = _nobody_to_tell,
    timeout: float = TIMEOUT,  # noqa: ASYNC109 - of silence, not of the call
) -> Outcome:
    """Play parties against the node (or the recorder) at `url`.

    Args:
        script: what was recorded.
        settings: how to play it; its ends are the parties.
        url: as in `ws://127.0.0.1:3014`; each session brings its path.
        begin: begins a scenario in the recorder that is in between.
        timeout: seconds without anything happening until the run is given up.

    Raises:
        InputError: the node cannot be reached, or refuses a session.
    """
    base = urlsplit(url)
    readers: set[asyncio.Task[None]] = set()

    async def begin_or_open(action: Action) -> None:
        if action.kind == "scenario":
            await begin(action.path)
            return
        if script.urls[action.session].startswith("http"):
            there = f"{HTTP_SCHEMES.get(base.scheme, base.scheme)}://{base.netloc}{action.path}"
            run.wires[action.session] = HttpWire(there, partial(run.received, action.session))
            return
        try:
            wire = await connect(f"{base.scheme}://{base.netloc}{action.path}", max_size=None, ping_interval=None)
        except (OSError, InvalidHandshake, InvalidURI) as error:
            raise InputError(f"cannot open a session with {url}: {error}") from error
        run.wires[action.session] = wire
        reader = asyncio.create_task(_read(run, action.session, wire))
        readers.add(reader)
        reader.add_done_callback(readers.discard)

    run = Run(Player(script, settings), begin_or_open)
    try:
        await run.pump()
        while not run.finished.is_set():
            left = run.moved + timeout - run.now()
            if left <= 0:
                break
            with suppress(TimeoutError):
                await asyncio.wait_for(run.finished.wait(), left)
    finally:
        await run.stop()
        for reader in readers:
            reader.cancel()
    return run.player.end()


async def _read(run: Run, session: int, wire: ClientConnection) -> None:
    try:
        async for message in wire:
            await run.received(session, message)
    except ConnectionClosed:
        pass  # without a Close frame: over all the same
    await run.closed(session)
