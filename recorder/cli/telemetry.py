"""`--otel` of a running recording: `recorder.sinks.shipping` as a child process.

Rule: as for the page: only the capture's file is shared, and the child ends with the recorder, even if that is killed,
because its standard input closes. OpenTelemetry is imported in the child alone.
"""

from __future__ import annotations

import asyncio
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Callable
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

from recorder.errors import lacking
from recorder.settings import parse_api

LIBRARIES = {
    "opentelemetry.sdk": "opentelemetry-sdk",
    "opentelemetry.exporter.otlp.proto.common": "opentelemetry-exporter-otlp-proto-common",
}

PATIENCE = 10.0
"""Seconds until a process that does not end is killed; it takes less to send what it can."""


class Telemetry:
    """What a recording sends to an OpenTelemetry collector.

    Args:
        capture: the file of the capture.
        url: of the collector.

    Raises:
        InputError: it is no URL, or a library is not installed.
    """

    def __init__(self, capture: Path, url: str) -> None:
        self._capture, self._url = capture, parse_api(url, "--otel")
        for module, library in LIBRARIES.items():
            if not _is_there(module):
                raise lacking("--otel", library, "otel")
        self._task: asyncio.Task[None] | None = None
        self._process: Process | None = None

    def begin(self, say: Callable[[str], None]) -> None:
        """Start to send; `say` prints what there is to say."""
        self._task = asyncio.create_task(self._run(say))

    async def end(self) -> None:
        """Send the rest, as far as that takes only a moment."""
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()
        if self._task is not None:
            with suppress(TimeoutError):
                await asyncio.wait_for(asyncio.shield(self._task), PATIENCE)
            if self._process is not None and self._process.returncode is None:
                self._process.kill()
            await self._task

    async def _run(self, say: Callable[[str], None]) -> None:
        self._process = process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "recorder.sinks.shipping", str(self._capture), self._url),
            stdin=PIPE,
            stdout=PIPE,
            stderr=DEVNULL,
            start_new_session=True,  # so that Ctrl-C reaches only the recorder
        )
        assert process.stdout is not None
        while line := await process.stdout.readline():
            say(f"--otel: {line.decode(errors='replace').strip()}")
        if await process.wait():
            say(f"--otel: nothing is sent to {self._url} any more: its process has ended")


def _is_there(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # not even what it is in
        return False
