"""What commands say on a terminal: warnings, and the console at work beside a command.

Rule: lines are made between the traffic, in turns too short to be felt; what is left is said at the end.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from recorder.sinks.console import Console

TURN_EVERY = 0.025  # seconds; with the turns' own length, a twenty-fifth of one core at the most


def warn(text: str) -> None:
    """Say what a user should know though the command goes on."""
    print(f"recorder: warning: {text}", file=sys.stderr)


@asynccontextmanager
async def printing(console: Console) -> AsyncIterator[None]:
    """Print what happens while the block runs, and at its end what has not been printed."""
    task = asyncio.create_task(_print(console))
    try:
        yield
    finally:
        task.cancel()
        console.turn(seconds=1)


async def _print(console: Console) -> None:
    while True:
        await asyncio.sleep(TURN_EVERY)
        console.turn()
