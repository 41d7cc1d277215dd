"""Which recorded handshake a live one is, where the node is played: one that begins a session, or one that was refused.

Rule: pure. The handshakes with one URL are answered in their recorded order, and each refusal is given once.
"""

from __future__ import annotations

from collections.abc import Container

from recorder.difference import MISSING
from recorder.model import Refused
from recorder.replay.hearing import Hearing
from recorder.replay.live_urls import distance, same_path, suits
from recorder.replay.plan import Plan
from recorder.replay.progress import Progress
from recorder.replay.voice import Voice
from recorder.timeline.refusals import refused
from recorder.timeline.script import NODE


class Handshakes:
    """The handshakes that are expected in one run.

    Args:
        plan: what is played, and how.
        voice: knows what is bound.
        hearing: what is expected of the other ends.
        steps: how far the run has come.

    Attributes:
        refused: those that are still to be refused, by line.
    """

    def __init__(self, plan: Plan, voice: Voice, hearing: Hearing, steps: Progress) -> None:
        self._script, self._settings = plan.script, plan.settings
        self._voice, self._hearing, self._steps = voice, hearing, steps
        self._plays_node = NODE in plan.settings.ends
        self.refused = dict(plan.script.refused) if self._plays_node else {}

    def session(self, url: str, first: bytes, opened: Container[int], among: Container[int] | None = None) -> int:
        """The recorded session for a live one with this URL; if its first frame is known, one that expects it.

        Args:
            url: of the live session.
            first: its first frame; empty where that is not known.
            opened: the sessions that are open.
            among: those that it may be; by default any.

        Returns:
            Its number; 0 if none is left.
        """
        sessions = [one for one in self._sessions(url, opened) if among is None or one in among]
        return self._hearing.likeliest(sessions, url, first)

    def refusal(self, url: str, opened: Container[int]) -> Refused | None:
        """The refusal of a handshake with this URL, if that comes before all sessions that it may begin; it is given now."""
        alike = ((distance(event.url, url), line) for line, event in self.refused.items() if self._like(event, url))
        if (best := min(alike, default=None)) is None:
            return None
        known, opening = self._script.urls, self._steps.opening
        begun = (
            (distance(known.get(session, ""), url), step.line if (step := opening(session)) is not None else 0)
            for session in self._sessions(url, opened)
        )
        return self.refused.pop(best[1]) if all(best < one for one in begun) else None

    def missing(self) -> list[str]:
        """What is left of the refusals, in words."""
        return [f"{self._script.file}:{line}: {refused(event)} {MISSING}" for line, event in self.refused.items()]

    def _sessions(self, url: str, opened: Container[int]) -> list[int]:
        """The recorded sessions that a live one with this URL may be."""
        script, anywhere = self._script, self._settings.mode == "lenient"
        return [
            session
            for session in (self._steps.free if self._plays_node else ())
            if session not in opened
            and script.parties.get(session, "") not in self._settings.ends
            and suits(script, session, url, self._voice.bindings, anywhere=anywhere)
        ]

    def _like(self, event: Refused, url: str) -> bool:
        """Whether a handshake with this URL may be one that was refused: of the same party, at the same path."""
        roles = all(one.role(event.url) == one.role(url) for one in self._script.protocols)
        return roles and same_path(event.url, url, self._voice.bindings)
