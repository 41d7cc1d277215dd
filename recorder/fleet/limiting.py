"""A limit of time for work that cannot be interrupted.

Rule: code that never returns to the interpreter, such as a regular expression that takes years, lets no other thread run and
no signal be handled. So `faulthandler`, whose thread needs no interpreter, ends this process; another process could not,
because the first process of a container cannot be killed from inside. `faulthandler` cannot print a line of ours: that is
done by a small process, which reads what `faulthandler` writes.
"""

from __future__ import annotations

import faulthandler
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Self

LIMIT = 1800.0
"""Seconds that a unit of work may take: many times what a large one takes."""

TELLER = """
import sys
said = ""
for line in sys.stdin:
    if line.startswith("say "):
        said = line[4:].strip()
    else:
        print(said, flush=True)
        break
"""


class Limit(AbstractContextManager["Limit"]):
    """Ends this process, with exit code 1, if a block takes longer.

    Args:
        seconds: how long one may take.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        command = [sys.executable, "-ISc", TELLER]
        self._teller = subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True)  # noqa: S603 - this program
        assert self._teller.stdin is not None
        self._told = self._teller.stdin

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self._told.close()
        self._teller.wait()

    @contextmanager
    def of(self, said: str) -> Iterator[None]:
        """A block; `said` is the line that is printed if it takes longer."""
        self._told.write(f"say {said}\n".encode())
        self._told.flush()
        faulthandler.dump_traceback_later(self._seconds, exit=True, file=self._told)
        try:
            yield
        finally:
            faulthandler.cancel_dump_traceback_later()
