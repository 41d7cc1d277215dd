"""What is sent to a collector, and a collector for tests: it takes OTLP over HTTP on loopback, and keeps it decoded."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from recorder import capture
from recorder.model import Header, Opened
from recorder.sinks.otel import Telemetry

HEADER = Header(format=capture.FORMAT, run="7f", recorder="0")
OPENED = Opened(time=1_000, session=1, party="shop", role="buyer", url="ws://node:3014/shop")
SECOND = 1_000_000_000


def frame(payload, direction="to_node", **fields):
    """A frame of session 1."""
    return capture.frame(payload, **{"time": SECOND, "session": 1, "direction": direction} | fields)


def answer(payload, **fields):
    """A frame from the node, a second later."""
    return frame(payload, "from_node", **{"time": 2 * SECOND} | fields)


def telemetry(*events, header=HEADER, end=True):
    """What these events make."""
    made = Telemetry(header)
    for line, event in enumerate(events, 2):
        made.see(line, event)
    if end:
        made.end()
    return made


KINDS = {"/v1/traces": ExportTraceServiceRequest, "/v1/metrics": ExportMetricsServiceRequest}


class Receiver(ThreadingHTTPServer):
    """Keeps requests; answers with `status`, as soon as `answers` is set, and then hangs up if it `leaves`.

    Attributes:
        taken: the requests that it accepted.
        headers: of each request.
    """

    daemon_threads = True

    def __init__(self, port=0):
        super().__init__(("127.0.0.1", port), _Handler)
        self.status, self.leaves = 200, False
        self.answers = threading.Event()
        self.answers.set()
        self.taken, self.headers = [], []

    @property
    def url(self):
        """Where it is."""
        return f"http://127.0.0.1:{self.server_port}"

    @property
    def spans(self):
        """All spans that it took."""
        return [
            span
            for request in self.taken
            if isinstance(request, ExportTraceServiceRequest)
            for resource in request.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]

    @property
    def resource(self):
        """The attributes of what the last spans are of."""
        found = [one for one in self.taken if isinstance(one, ExportTraceServiceRequest)]
        return told(found[-1].resource_spans[0].resource.attributes)

    @property
    def metrics(self):
        """The last metrics, by name."""
        found = [one for one in self.taken if isinstance(one, ExportMetricsServiceRequest)]
        scopes = [scope for resource in found[-1].resource_metrics for scope in resource.scope_metrics]
        return {metric.name: metric for scope in scopes for metric in scope.metrics}


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        """Take a request."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.headers.append(dict(self.headers))
        self.server.answers.wait(60)
        if self.server.status == 200:
            request = KINDS[self.path]()
            request.ParseFromString(body)
            self.server.taken.append(request)
        try:
            self.send_response(self.server.status)
            self.send_header("Content-Length", "0")
            self.end_headers()
        except OSError:  # whoever asked has gone
            self.close_connection = True
        self.close_connection |= self.server.leaves  # without having said so

    protocol_version = "HTTP/1.1"

    def log_message(self, *_what):
        """Say nothing."""


def told(attributes):
    """Attributes of the wire as a dict."""
    return {one.key: getattr(one.value, one.value.WhichOneof("value")) for one in attributes}


@contextmanager
def receiving(port=0):
    """A collector, until the block ends."""
    with Receiver(port) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server
        finally:
            server.answers.set()
            server.shutdown()
            thread.join()
