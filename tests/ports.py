"""Where a test may listen that must know the port before anybody does.

Rule: for what cannot be told to take any free port (0) and say which. No port is given twice, by none of the processes
that share the tests.
"""

import os
import random
import socket
from itertools import cycle

OWN = range(15_000, 32_000)
"""Below what systems hand out by themselves: no other socket comes between the answer and its use."""

_NUMBER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
_MINE = OWN[_NUMBER :: int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))]
_ports = cycle(random.SystemRandom().sample(_MINE, len(_MINE)))


def free_port() -> int:
    """A port of this machine's loopback that nobody listens on."""
    while True:
        port = next(_ports)
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)):
                return port
