"""Plays parties through a recorder, for the commands that need it.

Rule: recorder and parties share one loop; mitmproxy and websockets are imported only here, when they are needed.
"""

from __future__ import annotations

import asyncio
import shutil
import sys
from collections.abc import Callable, Coroutine, Iterable, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from recorder.errors import InputError
from recorder.marks import post
from recorder.model import AnyEvent, Frame
from recorder.replay import Outcome, PlaySettings
from recorder.settings import RecordSettings
from recorder.timeline import Script, Step
from recorder.timeline.refusals import by_node

if TYPE_CHECKING:
    from recorder.proxy.host import Host

LINGER = 0.5
"""Seconds to wait for further messages of the node when everything recorded has happened."""

SILENCE = 10.0
"""Seconds without any event until a run is given up."""


async def play_and_record(
    script: Script,
    settings: PlaySettings,
    recording: RecordSettings,
    timeout: float = SILENCE,  # noqa: ASYNC109 - of silence
    paths: Iterable[str] = (),
    waiting: Callable[[Step, float], None] | None = None,
) -> Outcome:
    """Play parties against a live node through a recorder.

    Args:
        script: what was recorded.
        settings: how to play it.
        recording: of the recorder in between.
        timeout: seconds without any event until the run is given up.
        paths: for each live node, the path that replaces that of its first session; empty for none.
        waiting: called now and then with the awaited message of the node and the seconds without any event.

    Raises:
        InputError: the node cannot be reached, with the recorder's reason; or the new capture cannot be written.
        KeyboardInterrupt: a signal has ended it before all was played.
    """
    from recorder.proxy.host import Host  # noqa: PLC0415 - the other commands start without mitmproxy
    from recorder.server.parties import (  # noqa: PLC0415 - and without websockets
        live_nodes,
        play_parties,
        recorded_nodes,
    )

    said: list[str] = []
    heard = _Heard()
    host = Host(recording, [heard], said.append)
    listening: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    task = asyncio.create_task(host.run(lambda: listening.set_result(None)))
    await asyncio.wait((task, listening), return_when=asyncio.FIRST_COMPLETED)
    try:
        if task.done():
            await task
        nodes = [f"ws://{address}{path}" for address, path in zip_longest(host.addresses, paths, fillvalue="")]
        playing = play_parties(
            script,
            settings,
            live_nodes(recorded_nodes(script.urls.values(), script.upstreams), nodes),
            begin=lambda name: asyncio.to_thread(post, "scenario", {"name": name}, host.addresses[0]),
            timeout=timeout,
            linger=LINGER,
            waiting=waiting,
        )
        outcome = await _unless_ended(playing, host, heard, insists=_insists(script.settled))
    except InputError as error:
        raise InputError(said[0] if said else _named(str(error), host, recording)) from error
    finally:
        host.stop()
        failed = await task
    if failed:
        raise InputError(said[-1] if said else "the new capture cannot be written", file=str(recording.capture))
    if outcome is None:
        raise KeyboardInterrupt
    return outcome


async def play_and_record_stdio(
    script: Script,
    settings: PlaySettings,
    command: Sequence[str],
    capture: Path,
    masks: Iterable[str] = (),
    timeout: float = SILENCE,  # noqa: ASYNC109 - of silence
    waiting: Callable[[Step, float], None] | None = None,
) -> Outcome:
    """Play the client of a server over its standard input and output, through `recorder stdio`.

    Args:
        script: what was recorded.
        settings: how to play it.
        command: starts the server.
        capture: the file for the new capture.
        masks: further secrets to mask in it, written as for `--mask`.
        timeout: seconds without any event until the run is given up.
        waiting: called now and then with the awaited message of the server and the seconds without any event.

    Raises:
        InputError: the server cannot be started; the capture is not of one session with such a server.
    """
    from recorder.server.parties import play  # noqa: PLC0415 - the other commands start without websockets
    from recorder.server.started import Started  # noqa: PLC0415 - as above

    if shutil.which(command[0]) is None:
        raise InputError(f"cannot start {command[0]!r}: there is no such program")
    recording = [sys.executable, "-m", "recorder", "stdio", "-o", str(capture), "--overwrite"]
    recording += [*(f"--mask={mask}" for mask in masks), "--", *command]
    return await play(script, settings, Started(script, recording), timeout, linger=LINGER, waiting=waiting)


def _named(reason: str, host: Host, recording: RecordSettings) -> str:
    """A reason that names nodes, and not the recorder in front of them."""
    for address, upstream in zip(host.addresses, recording.upstreams, strict=True):
        reason = reason.replace(f"//{address}", f"//{urlsplit(upstream.url).netloc}")
    return reason


def _insists(script: Script) -> bool:
    """Whether its first party had to wait for its node: before its session, or before its first call over HTTP."""
    return any(step.line in script.insisted for step in script.steps[:2])


class _Heard:
    """Notes whether the node itself has sent anything, and not only the recorder in its place; a `Sink`."""

    node = False

    def write(self, events: Sequence[AnyEvent]) -> None:
        """Look at a batch."""
        self.node = self.node or any(isinstance(event, Frame) and by_node(event) for event in events)


async def _unless_ended(
    playing: Coroutine[Any, Any, Outcome], host: Host, heard: _Heard, *, insists: bool
) -> Outcome | None:
    """The outcome of a run; None if the recording ends before it, by a signal or because it cannot be written.

    An unreachable node ends it too: over HTTP a party sees only the recorder's 502, and would wait. Where the party
    insists, as its client did that came before its node, it ends when that is over.
    """
    run = asyncio.create_task(playing)
    unreached, stopped = asyncio.create_task(host.unreached()), asyncio.create_task(host.stopped())
    try:
        awaited = (run, stopped) if insists else (run, unreached, stopped)
        await asyncio.wait(awaited, return_when=asyncio.FIRST_COMPLETED)
        if not stopped.done() and unreached.done() and not heard.node:
            raise InputError(unreached.result())
        await asyncio.wait((run, stopped), return_when=asyncio.FIRST_COMPLETED)
        return None if stopped.done() else await run
    finally:
        for task in (run, unreached, stopped):
            task.cancel()
        await asyncio.gather(run, unreached, stopped, return_exceptions=True)
