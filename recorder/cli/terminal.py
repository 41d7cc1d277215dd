"""Printing on a terminal: warnings, and the console that runs beside a command.

Rule: lines are made between the traffic, in turns too short to delay it, and printed by another thread; the rest is
printed at the end.
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
    """Whether an output shows colours and the user wants them (https://no-color.org)."""
    return out.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def columns(out: TextIO) -> int:
    """How many characters a line has; 0 if the output is not a terminal."""
    return shutil.get_terminal_size().columns if out.isatty() else 0


def tell(text: str) -> None:
    """Print a line of the result on standard output, escaped."""
    print(escape(text))


def warn(text: str) -> None:
    """Print a warning on standard error, escaped; the command goes on."""
    print(f"recorder: warning: {escape(text)}", file=sys.stderr)


def note(text: str) -> None:
    """Print the progress of a command on standard error, escaped."""
    print(f"recorder: {escape(text)}", file=sys.stderr, flush=True)


class Terminal:
    """An output with a thread of its own, so that a paused terminal or a pipe without a reader delays nothing.

    Args:
        out: a file; from now on nothing else may write to it.
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
        """Whether everything written before has been taken."""
        return self._texts.empty()

    def write(self, text: str) -> None:
        """Print a text when the output takes it; characters outside its encoding are escaped."""
        self._texts.put(text.encode(self._encoding, "backslashreplace"))

    def _print(self) -> None:
        while (data := self._texts.get()) is not None:
            with suppress(OSError):  # the output is closed: the recording goes on
                while data:
                    data = data[os.write(self._file, data) :]


@asynccontextmanager
async def printing(
    console: Console, terminal: Terminal, idle: Callable[[], None] = lambda: None
) -> AsyncIterator[None]:
    """Print what happens while the block runs, and at its end what has not been printed.

    Args:
        console: has lines to print.
        terminal: where they are printed.
        idle: called now and then, for other work in small steps.
    """
    import asyncio  # noqa: PLC0415 - commands that only say something start without it

    async def show() -> None:
        while True:
            await asyncio.sleep(TURN_EVERY)
            if terminal.ready:
                console.turn()
            idle()

    task = asyncio.create_task(show())
    try:
        yield
    finally:
        task.cancel()
        console.turn(seconds=1)
