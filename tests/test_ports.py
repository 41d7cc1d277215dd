"""Ports of this machine, as they are at the moment."""

import socket

from recorder.ports import free_port


def test_a_free_port_can_be_listened_on():
    """What is found free is free at that moment."""
    with socket.create_server(("127.0.0.1", free_port())):
        pass
