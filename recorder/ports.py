"""Where on this machine a server may listen.

Rule: the answer holds for a moment only; whoever asks binds at once.
"""

from __future__ import annotations

import socket


def free_port() -> int:
    """A port of this machine's loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
