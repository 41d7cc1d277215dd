"""Where a test may listen that must know the port before anybody does.

Rule: for what cannot be told to take any free port (0) and say which.
"""

import random
import socket

OWN = range(15_000, 32_000)
"""Below what systems hand out by themselves: no other socket comes between the answer and its use."""


def free_port() -> int:
    """A port of this machine's loopback that nobody listens on."""
    while True:
        port = random.SystemRandom().choice(OWN)
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)):
                return port
