"""Captures of several hosts, gathered into one timeline.

Rule: two passes, each in constant memory: the first finds what depends on what, and from that how the clocks differ; the
last one merges lines. Between them, if no steady clocks keep all pairs, another pass finds those that they do not keep.
"""

from recorder.gathering.clocks import Clock
from recorder.gathering.gather import Gathered, gather
from recorder.gathering.pairs import Pair
from recorder.gathering.sightings import Place

__all__ = ["Clock", "Gathered", "Pair", "Place", "gather"]
