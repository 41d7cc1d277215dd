"""The page of a running recording: `recorder view` as a child process.

Rule: the recorder shares only the capture's file with it, so that a page never slows traffic. The child ends with the
recorder, even if that is killed, because its standard input closes.
"""

from __future__ import annotations

import asyncio
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from recorder.settings import EVERYWHERE, Address

PATIENCE = 2.0
"""Seconds until a page that does not end is killed."""


class Page:
    """A page of a capture that is being recorded.

    Args:
        capture: the file of the capture.
        port: the port of the page; None for the default one, or a free one if that is in use.
    """

    def __init__(self, capture: Path, port: int | None) -> None:
        self._capture, self._port = capture, port
        self._task: asyncio.Task[None] | None = None
        self._process: Process | None = None
        self._ending = False

    def begin(self, recorder: Address, say: Callable[[str], None]) -> None:
        """Start the page.

        Args:
            recorder: the address of the recorder, which takes scenarios and notes.
            say: prints a line.
        """
        self._task = asyncio.create_task(self._run(recorder, say))

    async def end(self) -> None:
        """End the page."""
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
            start_new_session=True,  # so that Ctrl-C reaches only the recorder
        )
        assert process.stdout is not None
        assert process.stderr is not None
        if address := (await process.stdout.readline()).decode().strip():
            say(f"page: {address}")
        trouble = (await process.stderr.read()).decode(errors="replace").strip()
        if await process.wait() and not self._ending:
            say(f"no page is shown: {trouble.rpartition(chr(10))[2] or 'its process has ended'}")
