"""An iteration in a process of its own, so that it uses another core than whoever takes what it brings.

Rule: knows nothing of what is brought. Only where a fork is safe and of use: on Linux, with one thread and several cores.
"""

from __future__ import annotations

import fcntl
import os
import pickle
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from multiprocessing.connection import Connection, Pipe

END = b""

AHEAD = 1 << 20
"""Bytes of messages that are made ahead: with less, both processes would wait for each other, on one core."""


def worthwhile() -> bool:
    """Whether an iteration in another process is possible here, and can be faster."""
    return sys.platform == "linux" and threading.active_count() == 1 and len(os.sched_getaffinity(0)) > 1


def forked(make: Callable[[], Iterable[bytes]]) -> Iterator[bytes]:
    """The messages of an iteration in a process that is a copy of this one; they are made ahead as far as a pipe holds them.

    Args:
        make: begins the iteration, in the other process. No message is empty.

    Raises:
        ChildProcessError: the other process was ended.
        Exception: what the iteration raises.
    """
    receiver, sender = Pipe(duplex=False)
    with suppress(OSError):  # the system may allow less
        fcntl.fcntl(sender.fileno(), fcntl.F_SETPIPE_SZ, AHEAD)
    child = os.fork()
    if not child:
        receiver.close()
        _bring(sender, make)
    sender.close()
    try:
        while message := _received(receiver):
            yield message
        error = pickle.loads(receiver.recv_bytes())  # noqa: S301 - from our own process
    finally:
        receiver.close()
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    if error is not None:
        raise error


def _received(receiver: Connection) -> bytes:
    try:
        return receiver.recv_bytes()
    except EOFError:
        raise ChildProcessError("the process that reads was ended; there may be too little memory") from None


def _bring(sender: Connection, make: Callable[[], Iterable[bytes]]) -> None:
    """What the other process does, and all that it does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who takes the messages ends it
    error: Exception | None = None
    try:
        for message in make():
            sender.send_bytes(message)
    except OSError:
        os._exit(1)
    except Exception as raised:  # noqa: BLE001 - raised again where the messages are taken
        error = raised
    sender.send_bytes(END)
    sender.send_bytes(pickle.dumps(error))
    os._exit(0)
