"""How a command that runs on is ended.

Rule: the first signal asks it to end, the second one ends it at once. A command that another process has started beside
itself is ended by the end of its standard input, too, which comes even if that process is killed.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from typing import Annotated

import typer

SIGNALS = (signal.SIGINT, signal.SIGTERM)

Attached = Annotated[bool, typer.Option("--attached", hidden=True, help="End when standard input does.")]


def ending(*, attached: bool = False) -> asyncio.Event:
    """An event that is set when the command is asked to end.

    Args:
        attached: whether the end of standard input asks for it, too.
    """
    until, loop = asyncio.Event(), asyncio.get_running_loop()

    def end() -> None:
        until.set()
        for number in SIGNALS:
            loop.remove_signal_handler(number)

    for number in SIGNALS:
        loop.add_signal_handler(number, end)

    def heed() -> None:
        if not os.read(sys.stdin.fileno(), 1 << 10):
            loop.remove_reader(sys.stdin.fileno())
            until.set()

    if attached:
        loop.add_reader(sys.stdin.fileno(), heed)
    return until
