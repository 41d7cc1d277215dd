"""A capture as a mock node, as scripted parties, and as a regression test.

Rule: pure. What moves frames over real sockets is `server`; what compares two captures is `compare`.
"""

from __future__ import annotations

from recorder.replay.faults import Fault
from recorder.replay.matching import Mode
from recorder.replay.player import Player
from recorder.replay.script import NODE, Script, Step, read
from recorder.replay.terms import Action, Outcome, PlaySettings

__all__ = ["NODE", "Action", "Fault", "Mode", "Outcome", "PlaySettings", "Player", "Script", "Step", "read"]
