"""Data that is the same in every run of a script: computed on demand, kept for later runs.

Rule: pure, and independent of the bindings of a run; a looping mock node plays thousands of runs of one plan.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

from recorder.bindings import Kinds
from recorder.bindings.slots import Layout, layout
from recorder.model import Frame
from recorder.replay.actions import Headers
from recorder.replay.needs import AskedBack, Needs, needs_of
from recorder.replay.reports import Reports
from recorder.replay.settings import PlaySettings
from recorder.timeline import Part, Script, Step
from recorder.timeline.words import label_of

NOTHING = Needs(frozenset())


class Plan:
    """A script as it is played.

    Args:
        script: what was recorded.
        settings: how to play it.
    """

    def __init__(self, script: Script, settings: PlaySettings) -> None:
        self.script, self.settings = script, settings
        self._kinds = {one.name: Kinds(one, script.handed, settings.rules.binding) for one in script.protocols}
        self._layouts: dict[int, Layout] = {}
        self._labels: dict[int, str] = {}
        self._gists: dict[int, Any] = {}

    def kinds(self, session: int) -> Kinds:
        """Which values of a session are bound."""
        return self._kinds[self.script.profile(session).name]

    def layout(self, step: Step) -> Layout:
        """Where in a frame values may have to be replaced."""
        found = self._layouts.get(step.index)
        if found is None:
            assert isinstance(step.event, Frame)
            methods = [part.method for part in step.parts]
            found = self._layouts[step.index] = layout(step.event.payload, self.kinds(step.session), methods)
        return found

    def label(self, part: Part) -> str:
        """The label of a recorded message."""
        found = self._labels.get(id(part))
        if found is None:
            found = self._labels[id(part)] = label_of(part.value, part.step.profile.telling)
        return found

    def gist(self, part: Part) -> Any:
        """What the profile must know of a recorded message when it has passed."""
        if id(part) not in self._gists:
            self._gists[id(part)] = part.step.profile.gist(part.value)
        return self._gists[id(part)]

    def head(self, session: int, exchange: int) -> tuple[int, Headers] | None:
        """Status and headers of the recorded answer in an exchange over HTTP; None where there was none."""
        return self._heads.get((session, exchange))

    def needs(self, step: Step) -> Needs:
        """What a frame of the node waits for."""
        return self._needs.get(step.index, NOTHING)

    @cached_property
    def back(self) -> AskedBack:
        """What the node waits for, and says, before it answers its parties."""
        return AskedBack(self.script.steps, self._reports, self.script.called_off)

    def cause(self, step: Step) -> frozenset[int]:
        """The index of the step of a party that a message of the node follows, if there is one."""
        return frozenset({self._reports.calls.get(step.index, step.cause)} - {-1})

    @cached_property
    def _reports(self) -> Reports:
        return Reports(self.script.steps, self.kinds)

    @cached_property
    def _needs(self) -> dict[int, Needs]:
        return needs_of(self.script.steps, self._reports)

    @cached_property
    def _heads(self) -> dict[tuple[int, int], tuple[int, Headers]]:
        found: dict[tuple[int, int], tuple[int, Headers]] = {}
        for step in self.script.steps:
            if step.exchange and step.direction == "from_node" and isinstance(step.event, Frame):
                found.setdefault((step.session, step.exchange), (step.event.status, tuple(step.event.headers)))
        return found
