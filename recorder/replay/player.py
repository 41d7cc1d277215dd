"""Plays ends of a capture: frames and openings in, frames, openings and waits out.

Rule: pure and without a clock: whoever moves the frames passes the time in. A step of ours is taken when everything
recorded before it has happened; steps of the others may come in any order that their sessions allow.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from msgspec import Raw

from recorder.aliases import Bindings, Rewriter
from recorder.aliases.derived import derive, foresee
from recorder.jsonrpc import json_text
from recorder.model import Closed, Frame, Opened
from recorder.profiles.aeternity import chain
from recorder.replay import pings
from recorder.replay.faults import Faults
from recorder.replay.matching import Match, explain, id_kind, match
from recorder.replay.omissions import Waiting, leave_out, next_of_each
from recorder.replay.places import differences, live_path, same_path
from recorder.replay.refusals import refusal
from recorder.replay.script import NODE, Script, Step, parse, query, raw_id
from recorder.replay.signing import signer
from recorder.replay.terms import Action, Outcome, PlaySettings


class Player:
    """One run of a script."""

    def __init__(self, script: Script, settings: PlaySettings) -> None:
        self.script, self._settings = script, settings
        self.outcome = Outcome()
        self.bindings = Bindings()
        self._rewriter = Rewriter(
            self.bindings, script.profile.volatile, signer(script, settings), self.outcome.notes.append
        )
        self._faults = Faults(settings.faults, script, settings.ends)
        self._waiting = Waiting(
            step for step in script.steps if self._actor(step) in settings.ends or self._other(step) in settings.ends
        )
        self._happened = 0.0
        self._reached: dict[int, int] = {}  # how far each session's party has come
        self._lost: list[Step] = []  # what will not happen: its party has gone on without it
        self._last = 0  # recorded time of what happened last
        self._scenario = ""
        self._open: set[int] = set()
        self._refusals: list[Action] = []
        self._overdue: set[int] = set()  # what a node has left out: it may still come, and is waited for no more
        self.broken = False  # a session was closed before all its frames had come
        for party, seed in settings.keys.items():
            if party in script.accounts:
                self.bindings.bind("ak", script.accounts[party], chain.account_of(seed))

    @property
    def started(self) -> bool:
        """Whether anything has happened."""
        return bool(self._open) or self._happened > 0

    @property
    def over(self) -> bool:
        """Whether nothing can happen any more: everything has, or no session is open and none is left to open."""
        return (self._waiting.pending <= self._overdue and not self._faults.times()) or (
            self.started and not self._open and all(steps[0].kind != "open" for steps in self._waiting.values())
        )

    def wants(self, url: str, first: bytes = b"") -> int:
        """The recorded session that a live one with this URL would be, if known one that expects its first frame.

        It is 0 if none is left for it.
        """
        role, parameters = self.script.profile.role(url), query(url)
        fitting = [
            session
            for session, steps in self._waiting.items()
            if session not in self._open
            and (steps[0].kind == "open" or not self.script.urls.get(session))
            and NODE in self._settings.ends
            and self.script.parties[session] not in self._settings.ends
            and (not role or self.script.parties[session] == role)
            and (self._settings.mode == "lenient" or same_path(self.script.urls.get(session, ""), url))
        ]
        if first:
            fitting = [session for session in fitting if self.fits(session, first)] or fitting
        return min(fitting, key=lambda session: (self._distance(session, parameters), session), default=0)

    def _distance(self, session: int, parameters: dict[str, str]) -> int:
        recorded = query(self.script.urls.get(session, ""))
        return len(differences(recorded, parameters, self.bindings.trial(), self.script.profile.volatile))

    def opened(self, session: int, url: str, now: float) -> None:
        """A live session has opened, as this recorded one."""
        parameters = query(url)
        for party, account in self.script.accounts.items():
            if live := parameters.get(f"{party}_id"):
                self.bindings.bind("ak", account, live)
        if recorded := self.script.urls.get(session):
            differences(query(recorded), parameters, self.bindings, self.script.profile.volatile)
        self._open.add(session)
        first = self._waiting.get(session, [None])[0]
        if first is not None and first.kind == "open":
            self._done(first, now)

    def received(self, session: int, payload: bytes, now: float) -> Step | None:
        """A frame has come from the other end of a session; the step it is, or None where it was not expected."""
        message = parse(payload)
        if pings.unrecorded(self.script, message, self._waiting.get(session, [])):
            if NODE in self._settings.ends:
                self._refusals.append(Action("send", session, -1, pings.pong(self.script, session, self._rewriter)))
            return None
        found = self._match(session, payload if message is None else message)
        if found.step is None or found.bindings is None:
            self.outcome.unexpected.append(explain(self.script, message, session, found.nearest))
            self._refuse(session, payload)
            return None
        found.bindings.keep()
        derive(found.step.sources, self.bindings)
        self._done(found.step, now)
        return found.step

    def fits(self, session: int, payload: bytes) -> bool:
        """Whether a frame would be expected in a session now."""
        message = parse(payload)
        return self._match(session, payload if message is None else message).step is not None

    def closed(self, session: int, now: float) -> None:
        """The other end of a session has closed it."""
        self._open.discard(session)
        self.broken |= any(step.kind == "frame" and not step.keeps_alive for step in self._waiting.get(session, ()))
        for step in list(self._waiting.get(session, [])):
            if step.kind == "close":
                self._done(step, now)

    def due(self, now: float) -> Iterator[Action]:
        """What our ends do now; ask again after `wake`, and after everything that happens."""
        yield from self._begin()
        while (step := self._next(now)) is not None:
            actions = list(self._faults.apply(step, self._actions(step), now))
            self._done(step, now)
            yield from actions
            yield from self._begin()
        yield from self._faults.released(now)
        yield from self._refusals
        self._refusals.clear()

    def wake(self, now: float) -> float | None:
        """When to ask again though nothing happens; None when only the others can go on."""
        head = self._head()
        times = self._faults.times()
        if head is not None and self.started:
            times.append(self._happened + self._patience(head))
        if head is not None and self._ours(head) and self._settings.speed:
            times.append(self._not_before(head))
        return min((one for one in times if one > now), default=None)

    def end(self) -> Outcome:
        """How the run went so far; what has not happened yet counts as unused."""
        left = [step for steps in (self._lost, *self._waiting.values()) for step in steps if not step.keeps_alive]
        unused = [
            f"{self.script.file}:{step.line}: {self.script.parties.get(step.session, '')} {step.name}"
            " was recorded and never came"
            for step in sorted(left, key=lambda one: one.index)
        ]
        return Outcome(unused, list(self.outcome.unexpected), list(self.outcome.notes))

    def _match(self, session: int, message: Any) -> Match:
        waiting = self._waiting.get(session, [])
        if self._overdue:  # what has been caused since then is likelier to come
            waiting = sorted(
                waiting, key=lambda one: one.index in self._overdue or one.trigger in self._waiting.pending
            )
        expected = (step for step in waiting if step.kind == "frame" and self._actor(step) not in self._settings.ends)
        return match(message, expected, self.bindings, self.script.profile, self._settings.mode)

    def _actor(self, step: Step) -> str:
        return self.script.sender(step)

    def _other(self, step: Step) -> str:
        return NODE if step.direction == "to_node" else self.script.parties.get(step.session, "")

    def _ours(self, step: Step) -> bool:
        return self._actor(step) in self._settings.ends

    def _head(self) -> Step | None:
        """The step recorded first among those that have not happened and still can."""
        return self._waiting.first(self._can_happen)

    def _next(self, now: float) -> Step | None:
        """The step of ours to take now."""
        head = self._head()
        if head is None:
            return None
        if self._ours(head) and (not self._overdue or self._causes_happened(head)):
            return head if now >= self._not_before(head) else None
        if now < self._happened + self._patience(head) or not self.started:
            return None
        if head.keeps_alive or self._gone_on(head):
            self._lost += leave_out(self._waiting, head)
            return self._next(now)
        step = min(filter(self._causes_happened, self._late()), key=lambda one: one.index, default=None)
        if step is not None:
            self.outcome.notes.append(
                f"{self.script.file}:{step.line}: {step.name} was sent though {self.script.file}:{head.line} {head.name} had not come"
            )
            if self._settings.goes_on:
                self._overdue |= {index for index in self._waiting.pending if index < step.index}
        return step

    def _late(self) -> list[Step]:
        """Steps of ours that may be taken though others have not happened."""
        goes_on, waiting = self._settings.goes_on, self._waiting
        heads = next_of_each(waiting, self._actor) if goes_on else [steps[0] for steps in waiting.values()]
        return [step for step in heads if self._ours(step) and self._can_happen(step)]

    def _begin(self) -> Iterator[Action]:
        """Begin the scenario of what happens next."""
        head = self._head()
        if head is not None and head.scenario != self._scenario:
            self._scenario = head.scenario
            if NODE not in self._settings.ends:
                yield Action("scenario", head.session, head.index, path=head.scenario)

    def _gone_on(self, head: Step) -> bool:
        """Whether a party has gone on without this frame; a node's come when its chain is ready, however late."""
        return head.direction == "to_node" and self._reached.get(head.session, -1) > head.index

    def _can_happen(self, step: Step) -> bool:
        """Whether its session is open or to be opened; what is left of one that the other end has closed cannot."""
        both = {self._actor(step), self._other(step)} <= self._settings.ends
        return (both or step.kind == "open" or step.session in self._open) and step.index not in self._overdue

    def _causes_happened(self, step: Step) -> bool:
        before = self._waiting.get(step.session, [])
        signs = any(one.index < step.index and one.carries & step.carries for one in before)  # what has not come
        return not signs and self._waiting.pending.isdisjoint({step.trigger, *step.after})

    def _patience(self, head: Step) -> float:
        return pings.PATIENCE if head.keeps_alive else self._settings.patience

    def _not_before(self, step: Step) -> float:
        if not self._settings.speed or not step.event.time or not self._last:
            return self._happened
        return self._happened + max(0, step.event.time - self._last) / 1e9 / self._settings.speed

    def _done(self, step: Step, now: float) -> None:
        self._waiting.remove(step)
        if not self._ours(step):
            self._reached[step.session] = max(step.index, self._reached.get(step.session, -1))
        self._happened, self._last = now, step.event.time or self._last

    def _actions(self, step: Step) -> Iterator[Action]:
        """What taking a step means; nothing where both its ends are ours."""
        if self._other(step) in self._settings.ends:
            return
        event = step.event
        if isinstance(event, Opened):
            self._open.add(step.session)
            party, recorded = self.script.parties[step.session], self.script.urls.get(step.session, "")
            path = live_path(recorded, party, self.script.accounts, self._rewriter.text)
            yield Action("open", step.session, step.index, path=path)
        elif isinstance(event, Frame):
            if step.direction == "to_node":
                foresee(step.message, self.script.accounts.get(self._actor(step), ""), self.bindings)
            payload = self._rewriter.payload(event.payload, self._live_id(step))
            derive(step.sources, self.bindings)
            yield Action(
                "send",
                step.session,
                step.index,
                payload,
                binary=event.opcode == "binary",
                exchange=event.exchange,
                status=event.status,
            )
        elif isinstance(event, Closed):
            self._open.discard(step.session)
            yield Action("close", step.session, step.index, code=event.code, reason=event.reason)

    def _live_id(self, step: Step) -> Raw | None:
        """The id that the live end asked with, for an answer; a request of ours keeps its own, which is bound."""
        message = step.message
        if not isinstance(message, dict) or message.get("id") is None:
            return None
        kind = id_kind(step, message)
        live = self.bindings.get(kind, message["id"])
        if live is None:
            self.bindings.bind(kind, message["id"], message["id"])
        if live is None or live == message["id"]:
            return None
        return raw_id(json_text({"id": live}).encode())

    def _refuse(self, session: int, payload: bytes) -> None:
        """Answer a request that nobody recorded, so that its client does not wait for ever."""
        if NODE in self._settings.ends and (answer := refusal(payload, quoting=self.script.profile.quotes)):
            self._refusals.append(Action("send", session, -1, answer))
