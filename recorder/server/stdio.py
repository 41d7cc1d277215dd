"""A capture as a mock server that its client starts, and that uses standard input and output.

Rule: one client, one session. When its client closes standard input, it still answers all requests, and then ends.
Threads read and write, because the files may be of any kind; no thread blocks another.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from queue import SimpleQueue
from threading import Thread
from types import TracebackType
from typing import Any, Self

from recorder.capture import is_json
from recorder.close_codes import NORMAL
from recorder.errors import InputError
from recorder.framing import Framing, PipeMessage, encode
from recorder.model import Frame
from recorder.replay import Outcome, Player, PlaySettings
from recorder.replay.actions import Send
from recorder.server.run import Lost, Received, Run, Tell
from recorder.settings import STDIO
from recorder.timeline import Script

CHUNK = 1 << 16
GRACE = 2.0  # seconds that a client has to read what is left when somebody else ends the run


class StdioWire:
    """A live session on two files.

    Args:
        source: the file to read.
        target: the file to write.
        with_length: whether messages go out behind their lengths; else each is a line, as what is no message always is.
        changed: called when the other end sends no more, and when the session has ended.
    """

    def __init__(self, source: int, target: int, *, with_length: bool, changed: Callable[[], None]) -> None:
        self._source, self._target, self._with_length, self._changed = source, target, with_length, changed
        self._loop = asyncio.get_running_loop()
        self._framing = Framing()
        self._out: SimpleQueue[bytes | None] = SimpleQueue()
        self._gone: asyncio.Future[None] = self._loop.create_future()
        self._received: Received
        self._lost: Lost
        self.heard = False  # everything that there was to hear
        self.told = False  # whether anything was heard

    def listen(self, received: Received, lost: Lost) -> None:
        """From here on messages, and at last the end, go to these two."""
        self._received, self._lost = received, lost
        for work in (self._read, self._write):
            Thread(target=work, daemon=True).start()

    def send(self, action: Send) -> None:
        """Send a message; nothing, where the session is over."""
        self._out.put(encode(action.payload, with_length=self._with_length and is_json(action.payload)))

    def close(self, *_how: object) -> None:
        """End the session when all is sent; of how, a pipe tells nothing."""
        self._out.put(None)

    def leave(self) -> None:
        """End it because we go."""
        self.close()

    async def closed(self) -> None:
        """Wait until everything is sent that somebody reads."""
        await asyncio.shield(self._gone)

    @property
    def over(self) -> bool:
        """Whether nothing more can be sent."""
        return self._gone.done()

    def _read(self) -> None:
        try:
            while data := os.read(self._source, CHUNK):
                self._later(self._came, data)
        except OSError:  # a terminal that is gone
            pass
        self._later(self._ended)

    def _write(self) -> None:
        with suppress(OSError):  # nobody reads any more
            while data := self._out.get():
                while data:
                    data = data[os.write(self._target, data) :]
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self._target)
        os.close(nowhere)
        self._later(self._finished)

    def _later(self, what: Callable[..., None], *arguments: Any) -> None:
        with suppress(RuntimeError):  # the loop is closed: nobody wants to know
            self._loop.call_soon_threadsafe(what, *arguments)

    def _came(self, data: bytes) -> None:
        self._take(self._framing.feed(data))

    def _take(self, messages: Iterable[PipeMessage]) -> None:
        for message in messages:
            self.told = True
            self._received(message.payload, False)

    def _ended(self) -> None:
        messages, _rest = self._framing.end()
        self._take(messages)
        self.heard = True
        self._changed()

    def _finished(self) -> None:
        if not self._gone.done():
            self._gone.set_result(None)
            self._lost(NORMAL, "")
            self._changed()


def has_lengths(script: Script, session: int) -> bool:
    """Whether the messages of a recorded session followed their lengths."""
    return any(
        step.session == session and isinstance(step.event, Frame) and bool(step.event.headers) for step in script.steps
    )


class StdioNode:
    """A mock server at work while its `async with` block lasts.

    Args:
        script: what was recorded.
        settings: how to play it; its ends hold `node`.
        source: the file that its client writes.
        target: the file that its client reads.
        tell: called with what happens, as the events of a capture.

    Raises:
        InputError: no such session was recorded.
    """

    def __init__(
        self, script: Script, settings: PlaySettings, source: int = 0, target: int = 1, *, tell: Tell | None = None
    ) -> None:
        self._changed = asyncio.Event()
        self._run = Run(Player(script, settings), tell=tell, ended=self._changed.set)
        self._session = self._run.player.wants(f"{STDIO}:")
        if not self._session:
            raise InputError("it has no session on standard input and output; leave out --stdio", file=script.file)
        with_length = has_lengths(script, self._session)
        self._wire = StdioWire(source, target, with_length=with_length, changed=self._changed.set)

    async def __aenter__(self) -> Self:
        self._run.attach(self._session, self._wire)
        self._run.opened(self._session, f"{STDIO}:", self._wire)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._leave()
        self._wire.close()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._wire.closed(), GRACE)
        await self._run.stop()

    async def over(self, silence: float = 0) -> None:
        """Return when the client is gone and has its answers, or when the recorded server has gone.

        Args:
            silence: give up after so many seconds without anything happening; 0 for never.

        Raises:
            Exception: what ended the run before its time.
        """
        run = self._run
        while run.error is None and not self._wire.over and not self._wire.heard:
            if not await self._change(run.moved + silence if silence else None):
                return
        while run.error is None and not (self._wire.over or run.over.is_set()):
            if (when := run.player.wake(run.now())) is None:
                break
            await self._change(when)
        if run.error is not None:
            raise run.error
        self._wire.close()
        await self._wire.closed()

    def outcome(self) -> Outcome:
        """How it went, now that it is over."""
        self._leave()
        return self._run.player.end()

    def _leave(self) -> None:
        if self._session in self._run.wires:
            self._run.closed(self._session, NORMAL)

    async def _change(self, until: float | None) -> bool:
        """Wait until something may be over; False where that has not come in time."""
        self._changed.clear()
        seconds = None if until is None else until - self._run.now()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._changed.wait(), seconds)
            return True
        return until is not None and self._run.now() < until
