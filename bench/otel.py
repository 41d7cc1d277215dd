"""What `record --otel` costs the traffic.

Rule: a collector is there, in a process of its own, and takes what comes; see `beside`.

    python bench/otel.py [ROUNDS]
"""

from __future__ import annotations

import sys
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from beside import ROUNDS, measure, show
from subjects import Child


class _Collector(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name
        """Say nothing."""


def collect() -> None:
    """A collector, until standard input ends."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Collector)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_port, flush=True)
    sys.stdin.read()


def main() -> int:
    """Measure and show."""
    if sys.argv[1:] == ["--collect"]:
        collect()
        return 0
    rounds = int(sys.argv[1]) if sys.argv[1:] else ROUNDS
    with (
        tempfile.TemporaryDirectory(prefix="recorder-bench-") as folder,
        Child([sys.executable, __file__, "--collect"], talks=True) as collector,
    ):
        port = int(collector.read())
        show(measure(["--otel", f"http://127.0.0.1:{port}"], rounds, Path(folder)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
