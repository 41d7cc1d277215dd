"""Captures of several hosts, gathered into one timeline.

Rule: two passes, each in constant memory for any length: the first finds what depends on what, and from that how the
clocks differ; the second merges lines. A third looks for the pairs that no steady clocks keep, if there are any.
"""

from recorder.gathering.clocks import Clock
from recorder.gathering.gather import Gathered, gather
from recorder.gathering.pairs import Pair, Place

__all__ = ["Clock", "Gathered", "Pair", "Place", "gather"]
