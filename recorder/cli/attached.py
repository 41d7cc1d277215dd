"""Processes beside a running recording, which read its capture: the page, and what sends to a collector.

Rule: the recorder shares only the capture's file with one, so that it never slows traffic. It ends with the recorder, even
if that is killed, because its standard input closes.
"""

from __future__ import annotations

import asyncio
import os
import sys
from abc import ABC, abstractmethod
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable
from contextlib import suppress

from recorder.settings import Address

Say = Callable[[str], None]

BEHIND = 10
"""Niceness of such a process (see nice(1)): the recorder goes first, while the process starts, too."""


class Attached(ABC):
    """A process beside a recording.

    Attributes:
        patience: seconds until it is killed if it does not end.
        ending: whether the recording has ended.
    """

    patience = 2.0

    def __init__(self) -> None:
        self._task: asyncio.Task[None] | None = None
        self._begun = asyncio.Event()
        self._process: Process | None = None
        self.ending = False

    def begin(self, recorder: Address, say: Say) -> None:
        """Start it.

        Args:
            recorder: the address of the recorder.
            say: prints a line.
        """
        self._task = asyncio.create_task(self._run(recorder, say))

    async def end(self) -> None:
        """End it, and let it say the last."""
        self.ending = True
        if self._task is None:
            return
        await self._begun.wait()
        process = self._process
        if process is not None and process.stdin is not None:
            process.stdin.close()
            with suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), self.patience)
            if process.returncode is None:
                process.kill()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self, recorder: Address, say: Say) -> None:
        try:
            self._process = process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", *self.command(recorder)),
                stdin=PIPE,
                stdout=PIPE,
                stderr=PIPE,
                start_new_session=True,  # so that Ctrl-C reaches only the recorder
            )
        finally:
            self._begun.set()
        with suppress(ProcessLookupError):
            os.setpriority(os.PRIO_PROCESS, process.pid, BEHIND)
        assert process.stdout is not None
        assert process.stderr is not None
        reading = asyncio.create_task(process.stderr.read())
        while line := await process.stdout.readline():
            say(self.line(line.decode(errors="replace").strip()))
        trouble = (await reading).decode(errors="replace").strip().removeprefix("recorder: ")
        if await process.wait() and not self.ending:
            say(self.gone(trouble.rpartition("\n")[2] or "its process has ended"))

    @abstractmethod
    def command(self, recorder: Address) -> list[str]:
        """The module that it runs, and its arguments."""

    @abstractmethod
    def line(self, said: str) -> str:
        """What to print of a line that it says."""

    @abstractmethod
    def gone(self, why: str) -> str:
        """What to print if it ends before the recording."""
