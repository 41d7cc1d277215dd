"""Processes beside a recording, which read its capture: the page, and what sends it to a stream or to a collector.

Rule: such a process and the recorder share only the capture's file, so that traffic is never slowed; what a process needs
is imported in it alone. It ends with the recorder, even if that is killed, because its standard input closes.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from subprocess import PIPE, Popen
from threading import Thread
from typing import IO

from recorder.cli.streams import need_library
from recorder.errors import InputError, lacking
from recorder.settings import Address, parse_api

Say = Callable[[str], None]

NICENESS = 10
"""Of such a process (see nice(1)): the recorder goes first, even while the process starts."""

OTEL_LIBRARIES = {
    "opentelemetry.sdk": "opentelemetry-sdk",
    "opentelemetry.exporter.otlp.proto.common": "opentelemetry-exporter-otlp-proto-common",
}


class AttachedProcess(ABC):
    """A process beside a recording.

    Attributes:
        patience: how many seconds it has to end; then it is killed.
    """

    patience = 10.0  # those that send need less for what they can send

    def __init__(self) -> None:
        self._process: Popen[bytes] | None = None
        self._ending = False

    def begin(self, say: Say, recorder: Address | None = None) -> None:
        """Start it.

        Args:
            say: called in another thread, with each line to print.
            recorder: the address that the recorder listens on, if it does.
        """
        trouble = tempfile.TemporaryFile()  # noqa: SIM115 - closed by who reads it
        process = self._process = Popen(  # noqa: S603 - a command of ours
            [sys.executable, "-m", *self.command(recorder)],
            stdin=PIPE,
            stdout=PIPE,
            stderr=trouble,
            start_new_session=True,  # so that Ctrl-C reaches only the recorder
        )
        with suppress(ProcessLookupError):
            os.setpriority(os.PRIO_PROCESS, process.pid, NICENESS)
        self._listening = Thread(target=self._listen, args=(process, trouble, say), daemon=True)
        self._listening.start()

    def end(self) -> None:
        """End it, and wait until everything it says has been said."""
        self._ending = True
        if (process := self._process) is None:
            return
        assert process.stdin is not None
        process.stdin.close()
        try:
            process.wait(self.patience)
        except subprocess.TimeoutExpired:
            process.kill()
        self._listening.join()

    def _listen(self, process: Popen[bytes], trouble: IO[bytes], say: Say) -> None:
        assert process.stdout is not None
        with trouble, process.stdout as lines:
            for line in lines:
                say(self.line(line.decode(errors="replace").strip()))
            code = process.wait()
            killed = code < 0
            if killed or (code and not self._ending):
                trouble.seek(0)
                *_, last = trouble.read().decode(errors="replace").strip().rpartition("\n")
                why = "it was killed" if killed else last.removeprefix("recorder: ") or "its process has ended"
                say(self.gone(why))

    @abstractmethod
    def command(self, recorder: Address | None) -> list[str]:
        """The module to run, and its arguments, beside a recorder that listens on this address, if it does."""

    @abstractmethod
    def line(self, text: str) -> str:
        """The line to print for one that the process has printed."""

    @abstractmethod
    def gone(self, why: str) -> str:
        """The line to print if the process does not last until the end of the recording, or has to be killed then."""


class Page(AttachedProcess):
    """`--view`: a page that shows the capture, and passes scenarios and notes of its users on to the recorder.

    Args:
        capture: the file of the capture.
        port: the port of the page; None for the default one, or a free one if that is in use.
    """

    patience = 2.0

    def __init__(self, capture: Path, port: int | None) -> None:
        super().__init__()
        self._capture, self._port = capture, port

    def command(self, recorder: Address | None) -> list[str]:
        """`recorder view`."""
        options = [] if recorder is None else ["--marks", str(recorder.reached)]
        options += [] if self._port is None else ["--port", str(self._port)]
        return ["recorder", "view", str(self._capture), "--follow", "--attached", *options]

    def line(self, text: str) -> str:
        """The address of the page."""
        return f"page: {text}"

    def gone(self, why: str) -> str:
        """Why there is no page."""
        return f"no page is shown: {why}"


class Ship(AttachedProcess):
    """`--ship`: sends the capture to a stream.

    Args:
        capture: the file of the capture.
        stream: the address of the stream.

    Raises:
        InputError: it is not an address, or the library is not installed.
    """

    def __init__(self, capture: Path, stream: str) -> None:
        super().__init__()
        need_library("--ship")
        from recorder.fleet.address import StreamAddress  # noqa: PLC0415 - for those who ship

        try:
            self._capture, self._stream, self._address = capture, stream, StreamAddress.parse(stream)
        except InputError as error:
            raise InputError(f"--ship: {error}") from error

    def command(self, _recorder: Address | None) -> list[str]:
        """`recorder ship`."""
        return ["recorder", "ship", str(self._capture), self._stream, "--follow", "--attached"]

    def line(self, text: str) -> str:
        """Trouble, and how much was sent."""
        return f"--ship: {text}"

    def gone(self, why: str) -> str:
        """Why nothing is sent any more, and what sends the rest."""
        again = f"recorder ship {shlex.quote(str(self._capture))} {self._address}"
        return f"--ship: nothing is sent any more: {why}; `{again}` sends the rest"


class Telemetry(AttachedProcess):
    """`--otel`: sends calls and metrics to an OpenTelemetry collector.

    Args:
        capture: the file of the capture.
        url: the address of the collector.

    Raises:
        InputError: it is not a URL, or a library is not installed.
    """

    def __init__(self, capture: Path, url: str) -> None:
        super().__init__()
        self._capture, self._url = capture, parse_api(url, "--otel")
        for module, library in OTEL_LIBRARIES.items():
            if not _is_installed(module):
                raise lacking("--otel", library, "otel")

    def command(self, _recorder: Address | None) -> list[str]:
        """What reads the capture."""
        return ["recorder.sinks.sending", str(self._capture), self._url]

    def line(self, text: str) -> str:
        """Trouble, and how much was sent."""
        return f"--otel: {text}"

    def gone(self, why: str) -> str:
        """Why nothing is sent any more."""
        return f"--otel: nothing is sent to {self._url} any more: {why}"


def _is_installed(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # not even the package that it would be in
        return False
