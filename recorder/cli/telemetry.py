"""`--otel` of a running recording: `recorder.sinks.shipping` as a process beside it.

Rule: see `attached`; OpenTelemetry is imported in that process alone.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from recorder.cli.attached import Attached
from recorder.errors import lacking
from recorder.settings import Address, parse_api

LIBRARIES = {
    "opentelemetry.sdk": "opentelemetry-sdk",
    "opentelemetry.exporter.otlp.proto.common": "opentelemetry-exporter-otlp-proto-common",
}


class Telemetry(Attached):
    """What a recording sends to an OpenTelemetry collector.

    Args:
        capture: the file of the capture.
        url: of the collector.

    Raises:
        InputError: it is no URL, or a library is not installed.
    """

    patience = 10.0  # it takes less to send what it can

    def __init__(self, capture: Path, url: str) -> None:
        super().__init__()
        self._capture, self._url = capture, parse_api(url, "--otel")
        for module, library in LIBRARIES.items():
            if not _is_there(module):
                raise lacking("--otel", library, "otel")

    def command(self, recorder: Address) -> list[str]:
        """What reads the capture."""
        del recorder
        return ["recorder.sinks.shipping", str(self._capture), self._url]

    def line(self, said: str) -> str:
        """Trouble, and how much was sent."""
        return f"--otel: {said}"

    def gone(self, why: str) -> str:
        """Why nothing is sent any more."""
        return f"--otel: nothing is sent to {self._url} any more: {why}"


def _is_there(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # not even what it is in
        return False
