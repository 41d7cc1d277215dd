"""A server as a child process, and the bytes between it and its client.

Rule: as if the client had started the server itself. One thread for each direction, with blocking calls: an end that does
not read blocks only its own direction, and only the bytes of one read are held. Closing one end of a pipe closes both.
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
import time
from collections.abc import Callable
from threading import Thread

from recorder.errors import CaptureWriteError, InputError
from recorder.model import OPPOSITE, SENDERS, Direction
from recorder.stdio.session import Session

CHUNK = 1 << 16
LINGER = 0.5
"""Seconds of silence in which the children of a server that is gone may still say something."""

TURN = 0.02

PASSED = {
    getattr(signal, name)
    for name in ("SIGHUP", "SIGINT", "SIGQUIT", "SIGTERM", "SIGUSR1", "SIGUSR2")
    if hasattr(signal, name)
}
"""Signals to pass on to the server."""


def relay(command: list[str], session: Session) -> int:
    """Start a server and pass bytes between it and our own standard input and output, until it is gone.

    Args:
        command: the server's, with its arguments.
        session: gets the bytes that pass.

    Returns:
        The server's exit code; below 0, the signal that has ended it.

    Raises:
        InputError: there is no such server.
        CaptureWriteError: what passes could not be written down; the server is gone.
    """
    server = _start(command)
    assert server.stdin is not None
    assert server.stdout is not None
    errors: list[CaptureWriteError] = []

    def failed(error: CaptureWriteError) -> None:
        errors.append(error)
        server.terminate()

    try:
        session.opened()
    except CaptureWriteError:
        server.kill()
        raise
    there = _Pipe(session, "to_node", 0, server.stdin.fileno(), failed)
    back = _Pipe(session, "from_node", server.stdout.fileno(), 1, failed)
    there.start()
    back.start()
    Thread(target=_pass_signals, args=(server, session), daemon=True).start()
    returned = server.wait()
    back.drain()
    if errors:
        raise errors[0]
    session.leaves("node")
    session.closed(returned)
    return returned


def end_by(number: int) -> int:
    """End as a process that a signal has ended; 128 and its number, as shells say it, where that cannot be."""
    import resource  # noqa: PLC0415 - seldom needed

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # the server has left its core
    if number not in {signal.SIGKILL, signal.SIGSTOP}:
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {number})
    signal.raise_signal(number)
    return 128 + number


def _start(command: list[str]) -> subprocess.Popen[bytes]:
    """Start a server, with all signals waiting for us from before it is there; what else is open is the server's too."""
    signal.pthread_sigmask(signal.SIG_BLOCK, PASSED)
    try:
        return subprocess.Popen(  # noqa: S603 - it is what we are for
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
            close_fds=False,
            preexec_fn=lambda: signal.pthread_sigmask(signal.SIG_UNBLOCK, PASSED),  # noqa: PLW1509 - there are no threads yet
        )
    except OSError as error:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, PASSED)
        raise InputError(f"cannot start {command[0]!r}: {error.strerror or error}") from error


def _pass_signals(server: subprocess.Popen[bytes], session: Session) -> None:
    """Pass signals on, but for those that the terminal has sent to the server itself."""
    while True:
        number, by_terminal = _signal()
        if not by_terminal:
            session.leaves("party")
            server.send_signal(number)  # nothing, if it is gone


def _signal() -> tuple[int, bool]:
    """The next signal, and whether the kernel has sent it to all processes of the terminal, as for Ctrl-C."""
    if hasattr(signal, "sigwaitinfo"):
        found = signal.sigwaitinfo(PASSED)
        return found.si_signo, found.si_code > 0
    return signal.sigwait(PASSED), False  # macOS does not say


class _Pipe(Thread):
    """One direction, until one of its ends closes; then the other is closed.

    Args:
        session: gets the bytes that pass.
        direction: it.
        source: the file that is read.
        target: the file that is written.
        failed: called when nothing may pass any more.
    """

    def __init__(
        self,
        session: Session,
        direction: Direction,
        source: int,
        target: int,
        failed: Callable[[CaptureWriteError], None],
    ) -> None:
        super().__init__(daemon=True)  # whoever has nothing to say any more may still be read
        self._session, self._direction, self._failed = session, direction, failed
        self._source, self._target = source, target
        self._ready = select.poll()
        self._ready.register(source, select.POLLIN)
        self._ready.register(target, 0)  # that its reader is gone is always said
        self._passing = False  # on its way with something
        self._moved = 0.0

    def run(self) -> None:
        """Pass bytes."""
        try:
            try:
                while data := self._read():
                    self._passing = True
                    self._session.passes(self._direction, data)
                    self._write(data)
                    self._passing, self._moved = False, time.monotonic()
            except BrokenPipeError:
                self._session.leaves(SENDERS[OPPOSITE[self._direction]])
            self._session.ends(self._direction)
        except CaptureWriteError as error:
            self._failed(error)
        finally:
            _close(self._source, self._target)

    def drain(self) -> None:
        """Wait for what is still to pass when no process is left that should say something."""
        gone = time.monotonic()
        while self.is_alive() and (self._passing or time.monotonic() - max(gone, self._moved) < LINGER):
            self.join(TURN)

    def _read(self) -> bytes:
        """What there is to read; nothing at its end.

        Raises:
            BrokenPipeError: nobody would read it.
        """
        while True:
            if self._target in dict(self._ready.poll()):
                raise BrokenPipeError
            try:
                return os.read(self._source, CHUNK)
            except BlockingIOError:  # the file was somebody's who does not like to wait
                continue
            except OSError:  # a terminal that is gone
                return b""

    def _write(self, data: bytes) -> None:
        while data:
            try:
                data = data[os.write(self._target, data) :]
            except BlockingIOError:
                select.select([], [self._target], [])


def _close(*files: int) -> None:
    """Let go of files whose numbers somebody else may still use."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for file in files:
        os.dup2(nowhere, file)
    os.close(nowhere)
