"""A capture as a mock node, and as scripted parties.

Rule: pure. What moves frames over real sockets is `server`; what compares two captures is `compare`.
"""

from __future__ import annotations

from recorder.replay.actions import Action, Begin, Close, Open, Send
from recorder.replay.faults import Fault
from recorder.replay.matching import Mode
from recorder.replay.player import Player
from recorder.replay.settings import Outcome, PlaySettings

__all__ = ["Action", "Begin", "Close", "Fault", "Mode", "Open", "Outcome", "PlaySettings", "Player", "Send"]
