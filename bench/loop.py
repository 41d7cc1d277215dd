"""The least that a relay can cost that writes what it passes: a loop that reads a piece, appends it to a file, sends it on.

python loop.py NODE_PORT PORT FILE
"""

from __future__ import annotations

import os
import select
import signal
import socket
import sys


def relay(client: socket.socket, node: socket.socket, file: int) -> None:
    """Pass bytes both ways until one end closes."""
    ends = {client.fileno(): (client, node), node.fileno(): (node, client)}
    poll = select.epoll()
    for number, (end, _other) in ends.items():
        end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        poll.register(number, select.EPOLLIN)
    while True:
        for number, _event in poll.poll():
            end, other = ends[number]
            if not (data := end.recv(1 << 16)):
                return
            os.write(file, data)
            other.sendall(data)


def main() -> None:
    """Relay one client after the other."""
    signal.signal(signal.SIGINT, lambda *_: sys.exit())
    node, port, log = sys.argv[1:]
    file = os.open(log, os.O_CREAT | os.O_WRONLY | os.O_APPEND)
    with socket.create_server(("127.0.0.1", int(port))) as server:
        while True:
            client, _address = server.accept()
            with client, socket.create_connection(("127.0.0.1", int(node))) as upstream:
                relay(client, upstream, file)


if __name__ == "__main__":
    main()
