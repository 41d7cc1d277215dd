"""An OpenTelemetry collector, by OTLP over HTTP: https://opentelemetry.io/docs/specs/otlp/#otlphttp.

Rule: one request at a time, on a connection that is kept. What the collector refuses is not sent again; what did not reach it
is.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from urllib.parse import urlsplit

from opentelemetry.exporter.otlp.proto.common.metrics_encoder import encode_metrics
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.sdk.metrics.export import MetricsData
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.util.re import parse_env_headers

TIMEOUT = 3.0
"""Seconds that a collector has for each step of a request."""

ACCEPTED = range(200, 300)
LATER = frozenset({429, 502, 503, 504})
"""Statuses of a collector that wants a request again later."""

HEADERS = "OTEL_EXPORTER_OTLP_HEADERS"


class Unreached(Exception):  # noqa: N818 - what has happened
    """The collector did not answer, or wants the request later; its `str()` says why."""


class _Stale(Exception):  # noqa: N818 - what has happened
    """The collector has closed a connection that was kept: a new one tells whether it is there."""


class Collector:
    """Sends spans and metrics to a collector.

    Args:
        url: the URL of the collector, as `http://127.0.0.1:4318`.
    """

    def __init__(self, url: str) -> None:
        self.url, found = url, urlsplit(url)
        kind = HTTPSConnection if found.scheme == "https" else HTTPConnection
        self._path = found.path.rstrip("/")
        self._connection = kind(found.hostname or "", found.port)
        self._headers = {
            **parse_env_headers(os.environ.get(HEADERS, ""), liberal=True),
            "Content-Type": "application/x-protobuf",
        }

    def spans(self, spans: Sequence[ReadableSpan], seconds: float = TIMEOUT) -> str:
        """Send spans; returns why the collector refuses them, or an empty text.

        Args:
            spans: spans that have ended.
            seconds: the longest time for each step of the request.

        Raises:
            Unreached: they must be sent again.
        """
        return self._post("traces", encode_spans(spans).SerializeToString(), seconds)

    def metrics(self, data: MetricsData, seconds: float = TIMEOUT) -> str:
        """Send metrics, as `spans` does.

        Raises:
            Unreached: they must be sent again.
        """
        return self._post("metrics", encode_metrics(data).SerializeToString(), seconds)

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def _post(self, what: str, body: bytes, seconds: float) -> str:
        self._connection.timeout = seconds
        try:
            answer = self._ask(what, body, seconds)
        except _Stale:
            answer = self._ask(what, body, seconds)
        said = f"it answers {answer.status} {answer.reason}".rstrip()
        if answer.status in LATER:
            raise Unreached(said)
        return "" if answer.status in ACCEPTED else said

    def _ask(self, what: str, body: bytes, seconds: float) -> HTTPResponse:
        if kept := self._connection.sock is not None:
            self._connection.sock.settimeout(seconds)
        try:
            self._connection.request("POST", f"{self._path}/v1/{what}", body, self._headers)
            answer = self._connection.getresponse()
            answer.read()
        except (OSError, HTTPException) as error:
            self._connection.close()
            if kept and isinstance(error, ConnectionError):
                raise _Stale from error
            raise Unreached(getattr(error, "strerror", None) or str(error) or type(error).__name__) from error
        return answer
