"""The client of a server that it starts: a capture's party, played over the standard input and output of a live server.

Rule: one session, one process, which is ours: it ends with the run, however that ends.
"""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Sequence
from contextlib import suppress

from recorder.errors import InputError
from recorder.replay.actions import Begin, Listen, Open
from recorder.server.parties import Ends
from recorder.server.run import Run
from recorder.server.stdio import StdioWire, has_lengths
from recorder.timeline import Script

LEAVES, OBEYS = 10.0, 5.0
"""Seconds in which a server ends when its input has ended, and when it is told to; then it is killed."""


class Started(Ends):
    """The live server of a capture that was recorded over standard input and output.

    Args:
        script: what was recorded.
        command: starts the server.

    Raises:
        InputError: the capture has no such session, or several.
    """

    run: Run

    def __init__(self, script: Script, command: Sequence[str]) -> None:
        if not script.over_stdio:
            raise InputError("was not recorded over standard input and output; give URLs", file=script.file)
        if len(script.urls) > 1:
            raise InputError(f"has {len(script.urls)} sessions; verify a capture of one server", file=script.file)
        self._script, self._command = script, command
        self._process: subprocess.Popen[bytes] | None = None
        self._wire: StdioWire
        self._silent = asyncio.Event()

    async def act(self, action: Open | Listen | Begin) -> None:
        """Start the server; scenarios begin nothing, and on a pipe there are no streams."""
        if not isinstance(action, Open):
            return
        try:
            process = self._process = subprocess.Popen(  # noqa: ASYNC220, S603 - it is started at once, and the user's
                self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0
            )
        except OSError as error:
            raise InputError(f"cannot start {self._command[0]!r}: {error.strerror or error}") from error
        assert process.stdin is not None
        assert process.stdout is not None

        def changed() -> None:
            if wire.heard:
                self._silent.set()
                wire.close()  # who says nothing more is told nothing more

        wire = self._wire = StdioWire(
            process.stdout.fileno(),
            process.stdin.fileno(),
            with_length=has_lengths(self._script, action.session),
            changed=changed,
        )
        self.run.wires[action.session] = wire
        self.run.attach(action.session, wire)
        self.run.tell_opened(action.session, self._script.urls[action.session])

    async def ended(self) -> None:
        """End the server, if it has not ended by itself.

        Raises:
            InputError: it has failed before it said anything.
        """
        process, by_itself = self._process, True
        if process is None:
            return
        for seconds, go in ((LEAVES, process.terminate), (OBEYS, process.kill)):
            try:
                await asyncio.to_thread(process.wait, seconds)
            except subprocess.TimeoutExpired:
                by_itself = False
                go()
        await asyncio.to_thread(process.wait)
        with suppress(TimeoutError):  # a process that it has left behind may keep the pipe open
            await asyncio.wait_for(self._silent.wait(), OBEYS)
            for file in (process.stdin, process.stdout):
                assert file is not None
                file.close()
        if process.returncode > 0 and by_itself and not self._wire.told and self._speaks:
            raise InputError(f"the server ended before it said anything, with exit code {process.returncode}")

    @property
    def _speaks(self) -> bool:
        """Whether the recorded server said anything."""
        return any(step.kind == "frame" and step.direction == "from_node" for step in self._script.steps)
