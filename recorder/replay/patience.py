"""The timing of a run: when a step may be taken, how long to wait for missing steps of other ends, and the notes on it.

Rule: has no clock; the caller passes the time in. A step that depends on something outside of all sessions is awaited
longer, if it is the next one in its session.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable
from typing import Any

from recorder.model import SECOND
from recorder.replay.progress import Progress
from recorder.replay.settings import PlaySettings
from recorder.timeline import Script, Step
from recorder.timeline.words import name_of

UNTIMELY = 2.0
"""Seconds that a frame is awaited at most if it depends on a clock alone whether it comes, or a rule lets it be missing."""

BEHIND = 0.25
"""Seconds after which a frame has certainly arrived before the next one, if that goes out beside it."""


class Patience:
    """Knows how long nothing has happened.

    Args:
        script: what was recorded.
        settings: how long is waited.
        steps: how far the run has come.
        repeated: of a push that a rule repeats, what it is about; None for all others.
    """

    def __init__(
        self,
        script: Script,
        settings: PlaySettings,
        steps: Progress,
        repeated: Callable[[Step], Hashable | None] = lambda _step: None,
    ) -> None:
        self._script, self._settings, self._steps, self._repeated = script, settings, steps, repeated
        self._came: set[Hashable] = set()  # what pushes that are repeated were about
        self._in_doubt: dict[int, Step] = {}  # by session, what may have come already, under another name
        self._last = 0  # the recorded time of what happened last
        self.since = 0.0
        """When something happened last."""

    def happened(self, step: Step, now: float) -> None:
        """A step has happened."""
        self.since, self._last = now, step.event.time or self._last
        self._came.add(self._repeated(step))

    def not_before(self, step: Step, posted: Collection[tuple[int, int]] = ()) -> float:
        """When a step may be taken, at the speed that is wanted.

        Args:
            step: of a party.
            posted: its sessions' requests over HTTP that are not answered: what is posted beside one may overtake it, so
                that it comes no sooner behind it than it did, as far as that is short.
        """
        if not step.event.time or not self._last:
            return self.since
        recorded = max(0, step.event.time - self._last) / SECOND
        if self._settings.speed:
            return self.since + recorded / self._settings.speed
        overtakes = step.exchange and any(session == step.session for session, _ in posted)
        return self.since + min(recorded, BEHIND) if overtakes else self.since

    def lost(self, now: float) -> bool:
        """Whether nothing has happened for the longest time that a node may take."""
        return now >= self._losing

    def holds(self, now: float, before: Step | None) -> bool:
        """Whether to keep waiting.

        Args:
            now: the time.
            before: the step of a party that may be taken; None where nothing more can be done.
        """
        if not self._settings.goes_on or now >= self.since + self._settings.endurance:
            return False
        next_of_each = {one.session: one for one in reversed(self._steps.awaited_before(before))}
        return any(_slow(one) and self._in_doubt.get(one.session) is not one for one in next_of_each.values())

    @property
    def times(self) -> list[float]:
        """When to look again: at what is awaited, and at what is slow."""
        return [self._losing, self.since + self._settings.endurance]

    @property
    def _losing(self) -> float:
        most = self._settings.patience
        return self.since + (min(UNTIMELY, most) if self.untimely else most)

    @property
    def untimely(self) -> bool:
        """Whether what parties wait for may be missing."""
        step = self._steps.awaited
        return step is not None and (
            step.keeps_alive or step.index in self._script.untimely or self._may_be_missing(step)
        )

    def _may_be_missing(self, step: Step) -> bool:
        """Whether a rule lets a push be missing: it is optional, or repeated, and one about the same has come."""
        if any(True for _request in step.answers):
            return False
        if self._settings.rules.about("optional", step.names) is not None:
            return True
        about = self._repeated(step)
        return about is not None and about in self._came

    def doubt(self, session: int, value: Any) -> None:
        """An unexpected message has come: it may be the next one, with another name."""
        step = self._steps.next_of(session)
        if step is not None and name_of(value) == step.name:
            self._in_doubt[session] = step

    def decided(self, step: Step) -> Step | None:
        """What is known to have come under another name, for this has come, which stands behind it."""
        doubted = self._in_doubt.get(step.session)
        return self._in_doubt.pop(step.session) if doubted is not None and doubted.index < step.index else None

    def went_on(self, step: Step, missing: Step, now: float) -> str:
        """The note that a step was taken although another had not come, and the option to wait longer."""
        longer = f" after {self._waited(missing, now)}" if self._settings.goes_on else ""
        had_not_come = f"was sent although {self._script.file}:{missing.line} {missing.label} had not come"
        return f"{self._script.file}:{step.line}: {step.name} {had_not_come}{longer}"

    def gave_up(self, awaited: Step, now: float) -> str:
        """The note that nothing more could be done without a step."""
        return f"{self._script.file}:{awaited.line}: {awaited.label} did not come within {self._waited(awaited, now)}"

    def _waited(self, missing: Step, now: float) -> str:
        option = "--timeout" if _slow(missing) else "--patience"
        return f"{round(now - self.since, 1):g} s ({option} waits longer)"


def _slow(step: Step) -> bool:
    """Whether a step waits for something outside of all sessions."""
    return step.kind == "frame" and step.profile.slow(step.label)
