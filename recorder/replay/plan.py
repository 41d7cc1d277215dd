"""Data that is the same in every run of a script: computed on demand, kept for later runs.

Rule: pure, and independent of the bindings of a run; a looping mock node plays thousands of runs of one plan.
"""

from __future__ import annotations

import itertools
from collections.abc import Hashable
from functools import cached_property
from typing import Any

from recorder.bindings import Bindings, Kinds
from recorder.bindings.slots import Layout, layout
from recorder.headers import Headers
from recorder.jsonrpc import kind_of
from recorder.model import ERRORS, LEFT, SECOND, Frame, Opened
from recorder.replay.matching import Own, digest, own_of
from recorder.replay.needs import AskedBack, Needs, needs_of
from recorder.replay.progress import PlayedSteps
from recorder.replay.reports import Reports
from recorder.replay.settings import PlaySettings
from recorder.timeline import Part, Script, Step
from recorder.timeline.exchanges import id_key
from recorder.timeline.refusals import breaks_off
from recorder.timeline.script import NODE
from recorder.timeline.words import label_of

NOTHING = Needs(frozenset())

LEAST = 0.01
"""Seconds for which a client waits at least before it leaves."""


class Plan:
    """A script as it is played.

    Args:
        script: what was recorded.
        settings: how to play it.
        loops: whether there are many runs, so that what is known of each message is worth its memory.
    """

    def __init__(self, script: Script, settings: PlaySettings, *, loops: bool = False) -> None:
        self.script, self.settings, self._loops = script, settings, loops
        self._kinds = {one.name: Kinds(one, script.handed, settings.rules.binding) for one in script.protocols}
        self._layouts: dict[int, Layout] = {}
        self._labels: dict[int, str] = {}
        self._gists: dict[int, Any] = {}
        self._digests: dict[int, bytes] = {}
        self._own: dict[int, Own | None] = {}
        self._echoes: dict[int, bool] = {}

    @cached_property
    def steps(self) -> PlayedSteps:
        """The steps that concern the ends that are played."""
        return PlayedSteps(self.script, self.settings.ends)

    @cached_property
    def within(self) -> frozenset[int]:
        """The sessions of which both ends are played."""
        ends, parties = self.settings.ends, self.script.parties
        return frozenset(session for session, party in parties.items() if NODE in ends and party in ends)

    @cached_property
    def given(self) -> Bindings:
        """What our own ends hand out: said as it was recorded, so that nobody else can have said it first otherwise."""
        found, ends = Bindings(), self.settings.ends
        for kind, value in self.script.handed.of(party=NODE not in ends):
            found.bind(kind, value, value)
        return found

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

    def may_repeat(self, label: str, value: Any) -> bool:
        """Whether a rule lets a call with this label and value come any number of times."""
        method = value.get("method") if isinstance(value, dict) else None
        names = (label, method) if isinstance(method, str) else (label,)
        return self.settings.rules.about("repeats", names) is not None

    def repeated(self, step: Step) -> Hashable | None:
        """What a push of a node is about that a rule lets come any number of times: its bound values; None for all others."""
        if not self.settings.rules.rules or step.direction != "from_node" or any(True for _request in step.answers):
            return None
        rule = self.settings.rules.about("repeats", step.names)
        if rule is None:
            return None
        kinds = self.kinds(step.session)
        bound = (one for part in step.parts for one in kinds.bound(part.method, part.value))
        return step.session, rule.source, frozenset(bound)

    def is_question(self, session: int, value: Any) -> bool:
        """Whether a message of a node is to be answered, as far as its parties answer any: some give pushes an id, too.

        Args:
            session: in which it came.
            value: it.
        """
        label = label_of(value, self.script.profile(session).telling)
        return kind_of(value) == "request" and self._answered.get(label, any(self._answered.values()))

    def digest(self, part: Part) -> bytes:
        """The content of a recorded message without its id."""
        found = self._digests.get(id(part))
        if found is None:
            found = digest(part.value)
            if self._loops:
                self._digests[id(part)] = found
        return found

    def own(self, part: Part) -> Own | None:
        """What is known of a recorded message before it comes; None where that is no help."""
        if not self._loops:
            return None
        if id(part) not in self._own:
            self._own[id(part)] = own_of(part, self.kinds(part.step.session))
        return self._own[id(part)]

    def gist(self, part: Part) -> Any:
        """What the profile must know of a recorded message when it has passed."""
        if id(part) not in self._gists:
            self._gists[id(part)] = part.step.profile.gist(part.value)
        return self._gists[id(part)]

    def echoes(self, answer: Part, request: Part) -> bool:
        """Whether an answer has the id of its request, be it as a text; one without an id has no other."""
        found = self._echoes.get(id(answer))
        if found is None:
            own, asked = (one.value.get("id") if isinstance(one.value, dict) else None for one in (answer, request))
            found = self._echoes[id(answer)] = own is None or id_key(own) == id_key(asked) or str(own) == str(asked)
        return found

    def head(self, session: int, exchange: int) -> tuple[int, Headers] | None:
        """Status and headers of the recorded answer in an exchange over HTTP; None where there was none."""
        return self._heads.get((session, exchange))

    def leaves(self, step: Step) -> float:
        """After how many seconds a client left that had sent this over HTTP; 0 where it was answered."""
        return self._left.get((step.session, step.exchange), 0.0) if step.direction == "to_node" else 0.0

    def insists(self, step: Step) -> float:
        """For how many seconds a party tries again while its node cannot be reached, as its client did."""
        return self.settings.patience if step.line in self.script.insisted else 0.0

    def breaks(self, step: Step) -> bool:
        """Whether the stream of events that a frame is in breaks off."""
        return (step.session, step.exchange) in self._broken

    def needs(self, step: Step) -> Needs:
        """What a frame of the node waits for."""
        return self._needs.get(step.index, NOTHING)

    @cached_property
    def back(self) -> AskedBack:
        """What the node waits for, and says, before it answers its parties."""
        return AskedBack(self.script.steps, self._reports, self.script.called_off)

    @cached_property
    def deeds(self) -> dict[int, list[int]]:
        """In each session, what its party says but for looks, by index."""
        found: dict[int, list[int]] = {}
        for step in self.steps.theirs:
            if step.direction == "to_node" and step.kind == "frame" and not step.polls:
                found.setdefault(step.session, []).append(step.index)
        return found

    @cached_property
    def further(self) -> dict[Part, list[Part]]:
        """The further results of each call of ours, in order."""
        found: dict[Part, list[Part]] = {}
        for step in self.steps.theirs:
            for part in step.parts:
                if part.subscribed is not None:
                    found.setdefault(part.subscribed, []).append(part)
        return found

    @cached_property
    def waiting(self) -> list[tuple[Step, Needs, int]]:
        """The pushes and closings of a played node: each with what it waits for when a run begins, and the time of that."""
        found: list[tuple[Step, Needs, int]] = []
        answers: dict[tuple[int, int], int] = {}  # by exchange over HTTP, the last
        for step in self.steps.node if NODE in self.settings.ends else ():
            if step.kind == "frame" and any(True for _one in step.answers) and step.session not in self.within:
                answers |= {(step.session, step.exchange): step.index} if step.exchange else {}
                continue  # it is a reply
            if step.bodiless:
                continue  # it is given with one
            before = (index for index in self.steps.of[step.session] if index < step.index)
            needs = Needs(frozenset(before)) if step.kind == "close" else self.needs(step)
            if (answer := answers.get((step.session, step.exchange))) is not None:  # a stream goes on behind it
                needs = Needs(needs.needed | {answer}, needs.wanted)
            waits = needs.among(self.steps.awaited & (needs.needed | needs.wanted))
            cause = {self._reports.calls.get(step.index, step.cause)} - {-1}  # the step of a party that it follows
            times = [self.script.steps[one].event.time for one in waits.needed | waits.wanted | cause]
            found.append((step, waits, max(times, default=0)))
        return found

    @cached_property
    def sent_headers(self) -> frozenset[str]:
        """The names of the headers that parties sent, in lower case."""
        sent = (step.event for step in self.script.steps if step.direction == "to_node")
        return frozenset(
            name.lower()
            for event in sent
            if isinstance(event, Opened | Frame)
            for name, value in event.headers
            if value
        )

    @cached_property
    def _answered(self) -> dict[str, bool]:
        """By its label, whether a request of a node was ever answered."""
        found: dict[str, bool] = {}
        for part in itertools.chain.from_iterable(step.parts for step in self.steps.theirs):
            if part.kind == "request":
                label = self.label(part)
                found[label] = found.get(label, False) or part.answer is not None
        return found

    @cached_property
    def _reports(self) -> Reports:
        return Reports(self.script.steps, self.kinds)

    @cached_property
    def _needs(self) -> dict[int, Needs]:
        return needs_of(self.script.steps, self._reports)

    @cached_property
    def _left(self) -> dict[tuple[int, int], float]:
        asked: dict[tuple[int, int], int] = {}
        found: dict[tuple[int, int], float] = {}
        for step in self.script.steps:
            place = step.session, step.exchange
            if step.exchange and step.direction == "to_node":
                asked.setdefault(place, step.event.time)
            elif step.exchange and isinstance(step.event, Frame) and step.event.status == LEFT:
                found[place] = max((step.event.time - asked.get(place, 0)) / SECOND, LEAST)
        return found

    @cached_property
    def _broken(self) -> frozenset[tuple[int, int]]:
        last = {
            (step.session, step.exchange): step.event for step in self.script.steps if step.direction == "from_node"
        }
        broken = (place for place, event in last.items() if isinstance(event, Frame) and breaks_off(event))
        return frozenset(place for place in broken if self._heads[place][0] < ERRORS)

    @cached_property
    def _heads(self) -> dict[tuple[int, int], tuple[int, Headers]]:
        found: dict[tuple[int, int], tuple[int, Headers]] = {}
        for step in self.script.steps:
            if step.exchange and step.direction == "from_node" and isinstance(step.event, Frame):
                found.setdefault((step.session, step.exchange), (step.event.status, tuple(step.event.headers)))
        return found
