"""A state channel node of its own for tests: it runs the channel's state machine, and knows nothing of captures.

Rule: it shares no code with the mock that plays captures, only the codecs of the chain's transactions. It says what the
recordings of a real node (7.2.2) say, in their order; what it does otherwise is a field of `Behaviour`. Its state
machine has no clock and no socket: `StandIn` gives it both, `Recording` gives it parties that a test writes down.
"""

from stand_in.behaviour import Behaviour
from stand_in.node import Node
from stand_in.recording import Recording
from stand_in.server import StandIn

__all__ = ["Behaviour", "Node", "Recording", "StandIn"]
