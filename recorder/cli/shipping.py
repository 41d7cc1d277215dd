"""`--ship` of a running recording: `recorder ship` as a process beside it.

Rule: see `attached`; NATS is imported in that process alone.
"""

from __future__ import annotations

import shlex
from pathlib import Path

from recorder.cli.attached import Attached, Say
from recorder.cli.streams import need_library
from recorder.errors import InputError
from recorder.settings import Address


class Ship(Attached):
    """What a recording sends to a stream.

    Args:
        capture: the file of the capture.
        stream: the address of the stream.

    Raises:
        InputError: it is no address, or the library is not installed.
    """

    patience = 10.0  # it takes less to send what it can

    def __init__(self, capture: Path, stream: str) -> None:
        super().__init__()
        need_library("--ship")
        from recorder.fleet.address import StreamAddress  # noqa: PLC0415 - for those who ship

        try:
            self._capture, self._stream, self._address = capture, stream, StreamAddress.parse(stream)
        except InputError as error:
            raise InputError(f"--ship: {error}") from error
        self._say: Say = print

    def begin(self, recorder: Address, say: Say) -> None:
        """Start it."""
        self._say = say
        super().begin(recorder, say)

    async def end(self) -> None:
        """End it, and let it say what was not sent."""
        await super().end()
        if self._process is not None and (self._process.returncode or 0) < 0:
            self._say(self.gone("it was killed"))

    def command(self, recorder: Address | None = None) -> list[str]:
        """`recorder ship`."""
        del recorder
        return ["recorder", "ship", str(self._capture), self._stream, "--follow", "--attached"]

    def line(self, said: str) -> str:
        """Trouble, and how much was sent."""
        return f"--ship: {said}"

    def gone(self, why: str) -> str:
        """Why nothing is sent any more, and what sends the rest."""
        again = f"recorder ship {shlex.quote(str(self._capture))} {self._address}"
        return f"--ship: nothing is sent any more: {why}; `{again}` sends the rest"
