"""aria2 with something to download: whatever http:// URL it is given, it gets the same small file.

Rule: names in traffic must not change from run to run, ports do: hence a proxy, whose port only aria2 knows.
"""

import signal
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

FILE = b"nothing but text\n" * 4


class Files(BaseHTTPRequestHandler):
    """An HTTP proxy that answers for everybody."""

    def do_GET(self) -> None:
        """Answer with the file, or say that there is none."""
        found = self.path.endswith(".txt")
        self.send_response(200 if found else 404)
        self.send_header("Content-Length", str(len(FILE) if found else 0))
        self.end_headers()
        self.wfile.write(FILE if found else b"")

    do_HEAD = do_GET  # noqa: N815 - as http.server calls it

    def log_message(self, *_words: object) -> None:
        """Say nothing."""


def main(port: str, folder: str) -> int:
    """Run aria2 until a SIGTERM."""
    files = ThreadingHTTPServer(("127.0.0.1", 0), Files)
    threading.Thread(target=files.serve_forever, daemon=True).start()
    proxy = f"--http-proxy=http://127.0.0.1:{files.server_address[1]}"
    quiet = ["--no-conf", "--allow-overwrite=true", "--auto-file-renaming=false", "--dir=downloads", proxy]
    aria2 = subprocess.Popen(["aria2c", "--enable-rpc", f"--rpc-listen-port={port}", *quiet], cwd=folder)
    signal.signal(signal.SIGTERM, lambda *_: aria2.kill())
    return aria2.wait()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
