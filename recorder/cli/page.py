"""The page beside a recording: `recorder view`, as a process of its own.

Rule: the capture's file is all that passes between the two, so that a page never slows traffic. It ends with the
recorder, however that ends: its standard input does.
"""

from __future__ import annotations

import asyncio
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from recorder.settings import Address

PATIENCE = 2.0
"""Seconds that it has to end by itself."""

EVERYWHERE = frozenset({"", "0.0.0.0", "::"})  # noqa: S104 - compared, not listened on


class Page:
    """A page of a capture that is being recorded.

    Args:
        capture: its file.
        port: where the page is; None for the usual one, or any that is free.
    """

    def __init__(self, capture: Path, port: int | None) -> None:
        self._capture, self._port = capture, port
        self._task: asyncio.Task[None] | None = None
        self._process: Process | None = None
        self._ending = False

    def begin(self, recorder: Address, say: Callable[[str], None]) -> None:
        """Show it from now on.

        Args:
            recorder: where the recorder listens, which takes scenarios and notes.
            say: prints a line.
        """
        self._task = asyncio.create_task(self._run(recorder, say))

    async def end(self) -> None:
        """Show it no more."""
        process, self._ending = self._process, True
        if process is not None and process.stdin is not None:
            process.stdin.close()
            with suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), PATIENCE)
            if process.returncode is None:
                process.kill()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self, recorder: Address, say: Callable[[str], None]) -> None:
        if recorder.host in EVERYWHERE:
            recorder = replace(recorder, host="127.0.0.1")
        port = [] if self._port is None else ["--port", str(self._port)]
        self._process = process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "recorder", "view", str(self._capture), "--follow", "--attached"),
            *("--marks", str(recorder), *port),
            stdin=PIPE,
            stdout=PIPE,
            stderr=PIPE,
            start_new_session=True,  # Ctrl-C is the recorder's to heed
        )
        assert process.stdout is not None
        assert process.stderr is not None
        if address := (await process.stdout.readline()).decode().strip():
            say(f"page: {address}")
        trouble = (await process.stderr.read()).decode(errors="replace").strip()
        if await process.wait() and not self._ending:
            say(f"no page is shown: {trouble.rpartition(chr(10))[2] or 'its process has ended'}")
