"""Moves a player's frames over real sockets: as the node, or as the parties.

Rule: the only package that imports websockets. It transports and times frames; the player decides what they mean.
"""

from __future__ import annotations

from recorder.server.node import MockNode
from recorder.server.parties import play_parties

__all__ = ["MockNode", "play_parties"]
