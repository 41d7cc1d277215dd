"""Plays ends of a capture: frames and openings in, frames, openings and waits out.

Rule: pure and without a clock: the caller passes the time in. A frame of the node is sent when what it needs has come: for
an answer its request, for a push its cause. Parties are played in recorded order, each step when everything that had come
before it has come.
"""

from __future__ import annotations

from collections.abc import Container, Iterator
from typing import Any

from recorder.bindings import Bindings
from recorder.headers import Headers
from recorder.jsonrpc import ANSWERS, json_bytes
from recorder.model import Closed, Frame, Opened, Refused
from recorder.profiles import GENERIC
from recorder.replay.actions import Action, Begin, Close, Open, Send
from recorder.replay.faults import Faults
from recorder.replay.handshakes import Handshakes
from recorder.replay.hearing import Hearing, members
from recorder.replay.listening import Listening
from recorder.replay.live_urls import differences
from recorder.replay.matching import NEARLY, Match, explain
from recorder.replay.patience import Patience
from recorder.replay.plan import Plan
from recorder.replay.progress import Progress
from recorder.replay.queue import Queue, Waiting
from recorder.replay.replies import Replies, Reply, Said, refusal
from recorder.replay.settings import Outcome, PlaySettings
from recorder.replay.turns import Turns
from recorder.replay.voice import Voice
from recorder.replay.watching import Watch
from recorder.timeline import Part, Script, Step, urls
from recorder.timeline.script import NODE


class Player:
    """One run of a script.

    Args:
        script: what was recorded.
        settings: how to play it.
        plan: of the same script and settings, where there are other runs.

    Attributes:
        hearing, voice: what is expected of the other ends, and what is said.
        outcome: what was not as recorded, so far; `end` adds what has not happened.
        broken: whether a session was closed before all its frames had come.
    """

    def __init__(self, script: Script, settings: PlaySettings, plan: Plan | None = None) -> None:
        self.script, self._settings, self._plays_node = script, settings, NODE in settings.ends
        self._plan = plan or Plan(script, settings)
        self.outcome = Outcome()
        self.broken = False
        self.voice = Voice(self._plan, self.outcome)
        self._faults = Faults(settings.faults, script, settings.ends)
        self._steps = Progress(script, settings.ends, self._plan.steps)
        self._queue: Queue[Step | Reply] = Queue(settings.speed, self._can_happen)
        self._replies = Replies(self._plan, self.voice, self._steps)
        self.hearing = Hearing(self._plan, self.voice, self._steps)
        self._handshakes = Handshakes(self._plan, self.voice, self.hearing, self._steps)
        self._listening = Listening(self._plan, self.voice, self._steps)
        self._patience = Patience(script, settings, self._steps, self._plan.repeated)
        self._watch = Watch(self._plan, self.hearing)
        self._turns = Turns(self._plan, self._steps, self._patience, self._can_happen)
        self._scenario = ""
        self._open: set[int] = set()
        self._reached: dict[int, int] = {}  # how far each session's live party has come
        self._refused: list[Send] = []  # what parties answer to questions that nobody recorded
        self._given_up = False  # nothing more can be done, and the awaited step does not come
        for step, needs, after in self._plan.waiting:
            needed, wanted = {*needs.needed}, {*needs.wanted}
            self._queue.put(Waiting(step.index, step, needed, wanted, after, step.event.time), 0.0)

    @property
    def bindings(self) -> Bindings:
        """The bindings."""
        return self.voice.bindings

    # What is asked of a player

    @property
    def started(self) -> bool:
        """Whether anything has happened."""
        return bool(self._open) or self._patience.since > 0

    @property
    def over(self) -> bool:
        """Whether nothing can happen any more: everything has, or no session is open and none is left to open."""
        if self._given_up:
            return True
        if self._queue.busy or self._faults.times() or self._turns.unanswered or self._handshakes.refused:
            return False
        return self._steps.over or (self.started and not self._open and not self._steps.openings)

    def wants(self, url: str, first: bytes = b"", among: Container[int] | None = None) -> int:
        """The recorded session for a live one with this URL: see `Handshakes.session`; 0 if none is left."""
        return self._handshakes.session(url, first, self._open, among)

    def refuses(self, url: str, now: float) -> Refused | None:
        """The recorded refusal that a handshake with this URL gets now; None where it begins a session, or nothing."""
        if (found := self._handshakes.refusal(url, self._open)) is not None:
            self._patience.since = now
        return found

    def opened(self, session: int, url: str, now: float) -> None:
        """A live session has opened, as this recorded one."""
        recorded = self.script.urls.get(session, "")
        self.voice.substitution(session).opened(urls.query(recorded), urls.query(url))
        differences(recorded, url, self.bindings, self._plan.kinds(session))
        self._open.add(session)
        if (step := self._steps.opening(session)) is not None:
            self._done(step, now)
        self._queue.opened(now)

    def received(self, session: int, payload: bytes, now: float, exchange: int = 0, headers: Headers = ()) -> bool:
        """A frame has come from the other end of a session; whether it was expected.

        Args:
            session: in which.
            payload: it; over HTTP an answer may be empty.
            now: the time.
            exchange: over HTTP, of the node that is played: the number of the live request; of a party: that of the
                recorded request whose answer this is.
            headers: over HTTP, of the request or the answer.
        """
        in_batch = payload.lstrip()[:1] == b"["
        if self._plays_node:
            reply = Reply(session, exchange, in_batch)
            return self._node_received(reply, members(payload), now)
        if self._watch.will_look(session, exchange) and not payload:
            return True
        values = [] if exchange and not payload else members(payload)
        answers = [self.hearing.answer(session, value, exchange, in_batch=in_batch) for value in values]
        if self._watch.looks_again(answers, values, now):
            self._patience.since = now
            return True
        came = [self._from_node(one, session, value, exchange, now) for one, value in zip(answers, values, strict=True)]
        self.voice.learn_headers(session, exchange, headers)
        if exchange:
            self._answered(session, exchange, now, whole=not payload)
        return all(came)

    def closed(self, session: int, now: float) -> None:
        """The other end of a session has closed it."""
        self._open.discard(session)
        for step in self._steps.of(session):
            if step.kind == "close":
                self._done(step, now)
            else:
                self.broken |= step.kind == "frame" and not step.keeps_alive
                self._give_up(step, now, gone=True)

    def due(self, now: float) -> Iterator[Action]:
        """The actions of our ends now; call again after `wake`, and after each event."""
        if self.started and self._patience.lost(now):
            self._lose_patience(now)
        if late := self._queue.in_vain(now):
            self._replies.hoped_in_vain(late)
        while (ours := self._next(now)) is not None:
            yield from self._begin(ours)
            when = ours.due or now
            yield from self._reply(ours.what, when) if isinstance(ours.what, Reply) else self._take(ours.what, when)
        yield from self._listening.due()
        refused, self._refused = self._refused, []
        yield from refused
        for step in self._watch.due(now):
            assert isinstance(step.event, Frame)
            yield self._send(step, step.event)
        yield from self._faults.released(now)

    @property
    def awaited(self) -> Step | None:
        """The message of the node that its parties wait for; None if there is none."""
        return self._steps.awaited

    def wake(self, now: float) -> float | None:
        """When to call `due` again even if nothing happens; None if only the other ends can go on."""
        times = self._faults.times() + self._queue.times + self._watch.times + self._turns.times
        if self.started and (self._queue.waits or self._overtaken() or self._turns.stuck):
            times += self._patience.times
        return min((one for one in times if one > now), default=None)

    def end(self) -> Outcome:
        """The outcome so far; steps that have not happened yet count as unused."""
        left = [(one, self._steps.missing(one)) for one in self._steps.left() if not self._replies.may_be_left_out(one)]
        unclosed = [line for step, line in left if step.kind == "close" and step.session in self._open]
        unused = [*(line for _step, line in left), *self._handshakes.missing()]
        return Outcome(unused, list(self.outcome.unexpected), list(self.outcome.notes), unclosed, self.outcome.masked)

    # What comes

    def _node_received(self, reply: Reply, values: list[Any], now: float) -> bool:
        """The played node has received the messages of a frame, which get this reply; whether all were expected."""
        came = [self._from_party(reply.session, value, reply, now) for value in values]
        asked = [one for one in came if isinstance(one, Part)]
        if reply.said or (reply.exchange and not self._replies.goes_on(asked)):
            for one in self._replies.apart(reply):
                self._queue.put(self._replies.waiting(one, asked), now)
        else:
            for step in reply.bodiless:  # its client left: that is all that happened
                self._done(step, now)
        for said in reply.elsewhere:
            streamed = Reply(reply.session, 0, batch=False, said=[said])
            self._queue.put(self._replies.waiting(streamed, asked), now)
        return all(came)

    def _from_party(self, session: int, value: Any, reply: Reply, now: float) -> Part | bool:
        """A message for the played node: the recorded part, or whether it was expected at all."""
        if self.hearing.only_keeps_alive(session, value):
            reply.said.append(Said(refusal=self.voice.pong(session)))
            return True
        if (part := self.hearing.answer(session, value, 0, in_batch=reply.batch)) is not None:
            self._replies.belong(reply, part.step)
            return self._take_as(part, value, now)
        found = self.hearing.find(session, value, patient=not self._patience.lost(now))
        if found.part is None:
            if self._replies.again(reply, value):
                return True
            again = self.hearing.had(session, value)
            self.outcome.unexpected.append(explain(self.script, value, session, found.nearest, again=again))
            self._replies.refuse(reply, value)
            return False
        self._matched(found, value, now)
        if found.part.kind in ANSWERS:
            self._replies.belong(reply, found.part.step)
        else:
            self._replies.answer(reply, found.part, value)
        return found.part

    def _from_node(self, answer: Part | None, session: int, value: Any, exchange: int, now: float) -> bool:
        """A message for a played party, and the recorded answer that it is, if any; returns whether it was expected."""
        if answer is not None:
            self._watch.saw(answer, value)
            return bool(self._take_as(answer, value, now))
        if self.hearing.only_keeps_alive(session, value) or self.hearing.before_the_log(session, value):
            return True
        found = self.hearing.find(session, value, exchange)
        if found.part is not None:
            self._matched(found, value, now)
            return True
        self.outcome.unexpected.append(explain(self.script, value, session, found.nearest))
        if (changed := self.hearing.changed(session, value, found.nearest)) is not None:
            self._matched(changed, value, now)
        else:
            self._patience.doubt(session, value)
            if self._plan.is_question(session, value):
                self._refused.append(Send(session, json_bytes(refusal(GENERIC, value))))
        return False

    def _take_as(self, part: Part, value: Any, now: float) -> Part | bool:
        """Take a live message for this recorded one, whatever it says."""
        found, expected = self.hearing.as_it_is(part, value)
        if not expected:
            self.outcome.unexpected.append(explain(self.script, value, part.step.session, found.nearest))
        self._matched(found, value, now)
        return part if expected else False

    def _matched(self, found: Match, value: Any, now: float) -> None:
        """Bind what a match binds; its part has come."""
        assert found.part is not None
        part, step = found.part, found.part.step
        if found.fit == NEARLY:
            self._replies.took(part, value)
        if found.bindings is not None:
            found.bindings.keep(guessed=part.request is None)
        self.hearing.expects(step.session).remove(part)
        if isinstance(value, dict) and value.get("id") is not None:
            self.voice.came_with(part, json_bytes(value["id"]))
        self.voice.passed(part)
        if (other := self._patience.decided(step)) is not None:
            self._go_on_without(other)
        if self._steps.came(step):
            self._done(step, now)

    def _answered(self, session: int, exchange: int, now: float, *, whole: bool) -> None:
        """An answer over HTTP has come: all of it, where nothing more of it was recorded."""
        left = [step for step in self._steps.in_exchange(session, exchange) if self._steps.pending(step)]
        empty = [step for step in left if isinstance(step.event, Frame) and not step.event.payload]
        for step in left if whole else empty:
            if step in empty:
                self._done(step, now)
            else:
                self._give_up(step, now)
        if whole or len(left) == len(empty):
            self._turns.answered(session, exchange)
            self._patience.since = now

    # What we do

    def _next(self, now: float) -> Waiting[Step | Reply] | None:
        """What we do now: of what is ready, the first recorded."""
        turn = self._turns.due(now)
        if (queued := self._queue.pop(now, turn.index if turn is not None else None)) is not None:
            return queued
        return Waiting(turn.index, turn, set(), set()) if turn is not None else None

    def _take(self, step: Step, now: float) -> Iterator[Action]:
        """Take a step of ours; nothing goes out where both its ends are ours."""
        yield from self._listening.due()  # as its party did before it
        self._done(step, now)
        event = step.event
        if step.session in self._plan.within:
            if isinstance(event, Opened):
                self._open.add(step.session)
            return
        if isinstance(event, Opened):
            self._open.add(step.session)
            headers, offered = self.voice.headers(event.headers), self.voice.subprotocols(event)
            yield Open(step.session, self.voice.target(event), headers, offered, self._plan.insists(step))
        elif isinstance(event, Closed):
            self._open.discard(step.session)
            yield Close(step.session, event.code, event.reason, event.lost)
        else:
            action = self._send(step, event)
            yield from self._faults.apply(step.parts, action, now)

    def _send(self, step: Step, event: Frame) -> Send:
        if step.direction == "to_node":
            self.voice.substitution(step.session).asking(step.message, step.session)
        payload = self.voice.frame(step)
        for part in step.parts:
            self.voice.passed(part)
        self.hearing.sent(step, payload)
        binary = event.opcode == "binary"
        if step.direction == "from_node":
            exchange = self._replies.exchange(step) if step.exchange else 0
            status, headers = self._plan.head(step.session, step.exchange) or (event.status, ())
            last = not exchange or self._replies.ends([step])
            breaks, where = last and self._plan.breaks(step), (step.session, payload, binary, exchange)
            return Send(*where, status, headers, "", event.event_type, last=last, breaks=breaks, stream=event.stream)
        if step.exchange:
            self._turns.posted(step)
        headers = self.voice.posted(event, self._steps.recorded_opening(step.session))
        leaves, where = self._plan.leaves(step), (step.session, payload, binary, step.exchange)
        return Send(*where, 200, headers, event.query, leaves=leaves, insists=self._plan.insists(step))

    def _reply(self, reply: Reply, now: float) -> Iterator[Action]:
        """Send a reply."""
        action = self._replies.send(reply)
        for one in reply.said:
            if one.part is not None and not one.again and self._steps.came(one.part.step):
                self._done(one.part.step, now)
        for step in reply.bodiless:
            self._done(step, now)
        yield from self._faults.apply([one.part for one in reply.said], action, now)

    def _begin(self, ours: Waiting[Step | Reply]) -> Iterator[Action]:
        """Begin the scenario of what happens next, where parties are played."""
        if isinstance(ours.what, Step) and ours.what.scenario != self._scenario:
            self._scenario = ours.what.scenario
            if not self._plays_node:
                yield Begin(ours.what.scenario)

    # What waits for what

    def _done(self, step: Step, now: float) -> None:
        if not self._steps.ours(step):
            self._reached[step.session] = max(step.index, self._reached.get(step.session, -1))
        self._steps.done(step)
        self._patience.happened(step, now)
        self._queue.release(step.index, now)

    def _give_up(self, step: Step, now: float, *, gone: bool = False) -> None:
        """Wait for a step no longer, nor for what needs it; all of that may still come.

        Args:
            step: it.
            now: the time.
            gone: whether its session is: what other sessions needed it for happens without it.
        """
        self._steps.give_up(step)
        if gone:
            self._queue.release(step.index, now)
        kept = self._queue.give_up(step.index, now, lambda what: isinstance(what, Step) and what.kind == "frame")
        follow = [what for what in kept if isinstance(what, Step)]
        if not self._steps.ours(step):
            answers = (part.answer.step for part in step.parts if part.answer is not None)
            follow += [one for one in answers if not any(self._steps.waits(part.step.index) for part in one.answers)]
        if not self._steps.ours(step) or step.direction == "to_node":
            follow += self._steps.bodiless(step)
        for one in follow:
            if self._steps.waits(one.index):
                self._give_up(one, now, gone=gone)

    def _overtaken(self) -> list[Step]:
        """The steps of live parties that have gone on without them."""
        return self._steps.overtaken(self._reached) if self._plays_node else []

    def _lose_patience(self, now: float) -> None:
        """Nothing has happened for too long: go on without the missing steps of other ends."""
        if overtaken := self._overtaken():
            for step in overtaken:
                self._give_up(step, now)
            return
        if (late := self._queue.late()) is not None:
            if isinstance(late.what, Step):
                self.outcome.notes.append(self._patience.went_on(late.what, self.script.steps[min(late.wanted)], now))
            self._queue.force(late, now)
        elif not self._plays_node:
            self._go_on(now)

    def _go_on(self, now: float) -> None:
        """Take the next step of a party although messages of its node before it are missing."""
        head = self._steps.head
        if head is None or self._given_up or not self._turns.stuck:
            return
        if self._patience.untimely:
            while self._patience.untimely and (head := self._steps.awaited) is not None:
                self._go_on_without(head)
            return
        goes_on = self._settings.goes_on
        late = self._turns.of_each_party()
        step = next((one for one in late if goes_on or not any(map(self._steps.waits, self._steps.before(one)))), None)
        if self._patience.holds(now, step):
            return
        if step is None and goes_on and self._turns.unanswered:
            self._turns.wait_no_longer()
            self._go_on(now)
            return
        if step is None:
            self._given_up = goes_on
            if goes_on and not self._steps.ours(head):
                self.outcome.notes.append(self._patience.gave_up(head, now))
            return
        self.outcome.notes.append(self._patience.went_on(step, head, now))
        self._queue.put(Waiting(step.index, step, set(), set()), now)
        for missing in self._steps.left_behind(step) if goes_on else ():
            self._go_on_without(missing)
        self._patience.since = now

    def _go_on_without(self, missing: Step) -> None:
        """Wait for a step no longer; it may still come, after others that are the same."""
        self._steps.overdue(missing)
        for part in missing.parts:
            self.hearing.expects(missing.session).postpone(part)

    def _can_happen(self, what: Step | Reply) -> bool:
        """Whether its session is open, or no live end is needed for it."""
        opens = isinstance(what, Step) and (what.kind == "open" or what.session in self._plan.within)
        return opens or what.session in self._open
