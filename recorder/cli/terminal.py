"""What commands say on a terminal: warnings, and the console at work beside a command.

Rule: lines are made between the traffic, in turns too short to be felt, and printed aside; what is left is said at the
end.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from queue import SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING, Self, TextIO

from recorder.escaping import escape

if TYPE_CHECKING:
    from recorder.sinks.console import Console

TURN_EVERY = 0.025  # seconds; with the turns' own length, a twenty-fifth of one core at the most
PAUSED = 2.0  # seconds that a paused terminal has at the end to take what is left


def coloured(out: TextIO) -> bool:
    """Whether an output shows colours, and wants them (https://no-color.org)."""
    return out.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def columns(out: TextIO) -> int:
    """How many characters a line has; 0 where no terminal shows it."""
    return shutil.get_terminal_size().columns if out.isatty() else 0


def tell(text: str) -> None:
    """Print a line, whatever a peer has put into it."""
    print(escape(text))


def warn(text: str) -> None:
    """Say what a user should know though the command goes on."""
    print(f"recorder: warning: {text}", file=sys.stderr)


def note(text: str) -> None:
    """Say how a command gets on, whatever a peer has put into it."""
    print(f"recorder: {escape(text)}", file=sys.stderr, flush=True)


class Terminal:
    """An output written by a thread of its own: one that is paused, or piped to who does not read, holds up nobody.

    Args:
        out: a file; from here on nobody else writes to it.
    """

    def __init__(self, out: TextIO) -> None:
        out.flush()
        self._file, self._encoding = out.fileno(), out.encoding
        self._texts: SimpleQueue[bytes | None] = SimpleQueue()
        self._thread = Thread(target=self._print, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._texts.put(None)
        self._thread.join(PAUSED)

    @property
    def ready(self) -> bool:
        """Whether what was written before has been taken."""
        return self._texts.empty()

    def write(self, text: str) -> None:
        """Print a text when the output takes it; letters that it lacks by their numbers."""
        self._texts.put(text.encode(self._encoding, "backslashreplace"))

    def _print(self) -> None:
        while (data := self._texts.get()) is not None:
            with suppress(OSError):  # nobody looks any more: the recording goes on
                while data:
                    data = data[os.write(self._file, data) :]


@asynccontextmanager
async def printing(
    console: Console, terminal: Terminal, idle: Callable[[], None] = lambda: None
) -> AsyncIterator[None]:
    """Print what happens while the block runs, and at its end what has not been printed.

    Args:
        console: what has lines to print.
        terminal: where they go.
        idle: called now and then for what else is done a little at a time.
    """
    import asyncio  # noqa: PLC0415 - commands that only say something start without it

    task = asyncio.create_task(_print(console, terminal, idle))
    try:
        yield
    finally:
        task.cancel()
        console.turn(seconds=1)


async def _print(console: Console, terminal: Terminal, idle: Callable[[], None]) -> None:
    from asyncio import sleep  # noqa: PLC0415 - as above

    while True:
        await sleep(TURN_EVERY)
        if terminal.ready:
            console.turn()
        idle()
