"""How a command that runs on is ended.

Rule: by a signal; beside another process also by the end of standard input, which closes when that one is killed, too.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from typing import Annotated

import typer

Attached = Annotated[bool, typer.Option("--attached", hidden=True, help="End when standard input does.")]


def ending(*, attached: bool) -> asyncio.Event:
    """What is set by a signal; if attached to another process, when that ends, too."""
    until, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, until.set)

    def heed() -> None:
        if not os.read(sys.stdin.fileno(), 1 << 10):
            loop.remove_reader(sys.stdin.fileno())
            until.set()

    if attached:
        loop.add_reader(sys.stdin.fileno(), heed)
    return until
