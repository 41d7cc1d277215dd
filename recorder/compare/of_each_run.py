"""What is another in each run by its nature, and so no difference: times of a clock, where a node is, ids made anew.

Rule: pure; each kind is a module of its own, and shows itself in the two runs, whatever the protocol.
"""

from __future__ import annotations

from recorder.compare.differences import Scripts
from recorder.compare.made_anew import MadeAnew, Name
from recorder.compare.moments import Moments
from recorder.compare.own_addresses import OwnAddresses
from recorder.difference import Difference
from recorder.timeline import Step


class OfEachRun:
    """The values of two runs that are of their own run.

    Args:
        scripts: of the recorded run, and of the live one.
    """

    def __init__(self, scripts: Scripts) -> None:
        self._moments, self._addresses, self._anew = Moments(scripts), OwnAddresses(scripts), MadeAnew(scripts)

    @property
    def names(self) -> set[Name]:
        """Under which names an end makes ids anew in each run."""
        return self._anew.names

    def why(self, one: Step, other: Step, item: Difference) -> tuple[str, str] | None:
        """What sort of decision allows a difference, and why; None where its values are of no run.

        Args:
            one: the recorded frame.
            other: the live one.
            item: a difference of both.
        """
        if item.rule != "value":
            return None
        if self._moments.alike(one, other, item):
            return "clock", "each a time of its run"
        if self._addresses.alike(item):
            return "address", "each where its node is"
        if self._anew.alike(one, item):
            return "anew", "such ids are made anew in each run"
        return None
