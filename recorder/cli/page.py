"""The page of a running recording: `recorder view` as a process beside it.

Rule: see `attached`.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from recorder.cli.attached import Attached
from recorder.settings import EVERYWHERE, Address


class Page(Attached):
    """A page of a capture that is being recorded; the recorder takes the scenarios and notes of its users.

    Args:
        capture: the file of the capture.
        port: the port of the page; None for the default one, or a free one if that is in use.
    """

    def __init__(self, capture: Path, port: int | None) -> None:
        super().__init__()
        self._capture, self._port = capture, port

    def command(self, recorder: Address) -> list[str]:
        """`recorder view`."""
        if recorder.host in EVERYWHERE:
            recorder = replace(recorder, host="127.0.0.1")
        port = [] if self._port is None else ["--port", str(self._port)]
        return ["recorder", "view", str(self._capture), "--follow", "--attached", "--marks", str(recorder), *port]

    def line(self, said: str) -> str:
        """Its address."""
        return f"page: {said}"

    def gone(self, why: str) -> str:
        """Why there is no page."""
        return f"no page is shown: {why}"
