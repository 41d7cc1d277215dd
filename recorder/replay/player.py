"""Plays ends of a capture: frames and openings in, frames, openings and waits out.

Rule: pure and without a clock: whoever moves the frames passes the time in. The node is played by what its frames need:
an answer its request, a push what caused it. Parties are played in recorded order, each step when everything that had
come before it has come. What nothing needs is free.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from recorder import headers as http_headers
from recorder.bindings import Bindings, Kinds
from recorder.bindings.slots import Layout, fill, layout
from recorder.jsonrpc import text_of, value_of
from recorder.model import Closed, Frame, Opened
from recorder.profiles.base import Substitution
from recorder.replay.actions import Action, Begin, Close, Headers, Open, Send
from recorder.replay.faults import Faults
from recorder.replay.live_urls import differences, live_path, same_path
from recorder.replay.matching import NOT, Expected, Match, compared, digest, explain, forgiven, match
from recorder.replay.needs import AskedBack, Needs, needs_of
from recorder.replay.progress import Progress
from recorder.replay.replies import NO_CONTENT, Reply, Said, refusal
from recorder.replay.settings import Outcome, PlaySettings
from recorder.timeline import Exchanges, Part, Script, Step, urls
from recorder.timeline.exchanges import OPPOSITE, kind_of, place_of
from recorder.timeline.handed_out import HANDED
from recorder.timeline.script import NODE
from recorder.timeline.words import label_of


@dataclass
class _Waiting:
    """Something of ours that goes out when what it needs has happened.

    Args:
        index: its place among the steps.
        needs: what has not happened yet.
        what: a push or a closing of the node, or a reply.
        after: the recorded time of what it follows, in nanoseconds; 0 where nobody knows it.
    """

    index: int
    needed: set[int]
    wanted: set[int]
    what: Step | Reply
    after: int = 0


class Player:
    """One run of a script.

    Args:
        script: what was recorded.
        settings: how to play it.
    """

    def __init__(self, script: Script, settings: PlaySettings) -> None:
        self.script, self._settings = script, settings
        self.outcome = Outcome()
        self.bindings = Bindings(one_to_one=frozenset[str]().union(*(one.one_to_one for one in script.protocols)))
        self.broken = False  # a session was closed before all its frames had come
        self._kinds = {one.name: Kinds(one, script.handed, settings.rules.binding) for one in script.protocols}
        self._substitutions: dict[str, Substitution] = {
            one.name: one.substitution(
                script.identities_of(one), self.bindings, settings.keys, settings.network_id, self.outcome.notes.append
            )
            for one in script.protocols
        }
        self._faults = Faults(settings.faults, script, settings.ends)
        self._layouts: dict[int, Layout] = {}
        self._steps = Progress(script, settings.ends)
        self._happened, self._last = 0.0, 0  # when something happened last, and the recorded time of that
        self._scenario = ""
        self._open: set[int] = set()
        self._early: dict[int, list[_Waiting]] = {}  # of sessions that are not open, what is ready but for that
        self._reached: dict[int, int] = {}  # how far each session's live party has come
        self._expected: dict[int, Expected] = {}
        self._asked: Exchanges[Part] = Exchanges(limit=None)  # by us, and not answered
        self._live_ids: dict[int, bytes] = {}  # by the identity of a recorded request, the id that it came with
        self._live_exchanges: dict[tuple[int, int], int] = {}
        self._heads = _heads(script)
        self._served: dict[tuple[int, str], Part] = {}  # the last request of each label that was answered
        self._nearly: dict[tuple[int, bytes], Part] = {}  # requests in whose place came others
        self._posted: set[tuple[int, int]] = set()  # exchanges of ours over HTTP that are not answered
        self._ready: list[tuple[float, int, int, _Waiting]] = []
        self._count = itertools.count()
        self._needs, self._back = needs_of(script.steps), AskedBack(script.steps)
        self._dependents: dict[int, list[_Waiting]] = {}
        for step in self._steps.theirs:
            for part in step.parts:
                if part.request is None:
                    self._expected.setdefault(step.session, Expected()).add(part)
        self._wait_for_needs()

    # What is asked of a player

    @property
    def started(self) -> bool:
        """Whether anything has happened."""
        return bool(self._open) or self._happened > 0

    @property
    def over(self) -> bool:
        """Whether nothing can happen any more: everything has, or no session is open and none is left to open."""
        if self._ready or self._faults.times() or self._posted:
            return False
        return self._steps.over or (self.started and not self._open and not self._steps.openings)

    def wants(self, url: str, first: bytes = b"") -> int:
        """The recorded session that a live one with this URL would be, if known one that expects its first frame.

        It is 0 if none is left for it.
        """
        parameters = urls.query(url)
        fitting = [session for session in self._steps.free if session not in self._open and self._suits(session, url)]
        if first:
            fits = {session: self.fits(session, first) for session in fitting}
            best = max(fits.values(), default=NOT)
            fitting = [session for session, fit in fits.items() if fit == best]
        return min(fitting, key=lambda session: (self._distance(session, parameters), session), default=0)

    def opened(self, session: int, url: str, now: float) -> None:
        """A live session has opened, as this recorded one."""
        recorded, live = urls.query(self.script.urls.get(session, "")), urls.query(url)
        self._substitution(session).opened(recorded, live)
        differences(recorded, live, self.bindings, self._kinds_of(session))
        self._open.add(session)
        if (step := self._steps.opening(session)) is not None:
            self._done(step, now)
        for waiting in self._early.pop(session, ()):
            self._make_ready(waiting, now)

    def received(
        self, session: int, payload: bytes, now: float, exchange: int = 0, status: int = 200, headers: Headers = ()
    ) -> bool:
        """A frame has come from the other end of a session; whether it was expected.

        Args:
            session: in which.
            payload: it; over HTTP an answer may be empty.
            now: the time.
            exchange: over HTTP, of the node that is played: the number of the live request; of a party: that of the
                recorded request whose answer this is.
            status: over HTTP, of the answer.
            headers: over HTTP, of the request or the answer.
        """
        del status  # what came is compared by who compares captures
        message = value_of(payload)
        batch = isinstance(message, list) and bool(message)
        values = message if batch else [payload if message is None else message]
        if self._plays(NODE):
            reply = Reply(session, exchange, batch=batch)
            came = [self._from_party(session, value, reply, now) for value in values]
            self._answer(reply, [one for one in came if isinstance(one, Part)], now)
            return all(came)
        came = [self._from_node(session, value, exchange, now) for value in values if value or not exchange]
        self._bind_headers(session, exchange, headers)
        if exchange:
            self._answered(session, exchange, now, whole=not payload)
        return all(came)

    def fits(self, session: int, payload: bytes) -> int:
        """How well a frame would be expected in a session now: `matching.EXACTLY`, `NEARLY` or `NOT`."""
        message = value_of(payload)
        values = message if isinstance(message, list) and message else [payload if message is None else message]
        return max(self._fit(session, value) for value in values)

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
        """What our ends do now; ask again after `wake`, and after everything that happens."""
        if self.started and now >= self._happened + self._settings.patience:
            self._lose_patience(now)
        while (ours := self._next(now)) is not None:
            yield from self._begin(ours)
            if isinstance(ours.what, Reply):
                yield from self._reply(ours.what, now)
            else:
                yield from self._take(ours.what, now)
        yield from self._faults.released(now)

    def wake(self, now: float) -> float | None:
        """When to ask again though nothing happens; None when only the others can go on."""
        times = self._faults.times()
        if self._ready:
            times.append(self._ready[0][0])
        head = self._steps.head
        if self.started and (
            self._dependents or self._overtaken() or (head is not None and not self._steps.ours(head))
        ):
            times.append(self._happened + self._settings.patience)
        if head is not None and self._steps.ours(head) and self._settings.speed:
            times.append(self._not_before(head))
        return min((one for one in times if one > now), default=None)

    def end(self) -> Outcome:
        """How the run went so far; what has not happened yet counts as unused."""
        unused = [
            f"{self.script.file}:{step.line}: {self.script.parties.get(step.session, '')} {step.label}"
            " was recorded and never came"
            for step in self._steps.left()
            if not self._may_be_left_out(step)
        ]
        return Outcome(unused, list(self.outcome.unexpected), list(self.outcome.notes))

    # What comes

    def _from_party(self, session: int, value: Any, reply: Reply, now: float) -> Part | bool:
        """A message for the node that is played: the part it is, or whether it was expected at all."""
        profile = self.script.profile(session)
        if profile.keeps_alive(value) and not any(part.step.keeps_alive for part in self._expects(session)):
            channels = (one.event for one in self.script.steps if one.session == session)
            channel = next(filter(None, (profile.channel(one) for one in channels if isinstance(one, Frame))), "")
            pong = profile.pong(self._substitution(session).text(channel))
            reply.said.append(Said(refusal=pong))
            return True
        if (part := self._answer_to_us(session, value, 0)) is not None:
            self._be_as(part.step, reply)
            return self._take_as(part, value, now)
        found = self._match(session, value)
        if found.part is None:
            return self._again(session, value, reply, found)
        self._be_as(found.part.step, reply)
        self._matched(found, value, now)
        if isinstance(value, dict) and found.part.kind in {"request", "notification"}:
            self._serve(found.part, value, reply)
        return found.part

    def _from_node(self, session: int, value: Any, exchange: int, now: float) -> bool:
        """A message for a party that is played; whether it was expected."""
        if (part := self._answer_to_us(session, value, exchange)) is not None:
            return bool(self._take_as(part, value, now))
        profile = self.script.profile(session)
        if profile.keeps_alive(value) and not any(part.step.keeps_alive for part in self._expects(session)):
            return True
        found = self._match(session, value)
        if found.part is not None:
            self._matched(found, value, now)
            return True
        self.outcome.unexpected.append(explain(self.script, value, session, found.nearest))
        near = found.nearest[0] if found.nearest else None
        if near is not None and label_of(value, profile.telling) == label_of(near.part.value, profile.telling):
            self._matched(Match(near.part, near.bindings, [], NOT), value, now)  # changed, but it is what was awaited
        return False

    def _answer_to_us(self, session: int, value: Any, exchange: int) -> Part | None:
        """The recorded answer that a live message stands for, by the request of ours that it answers."""
        if not isinstance(value, dict):
            return None
        profile = self.script.profile(session)
        place = place_of(session, OPPOSITE["to_node" if self._plays(NODE) else "from_node"], exchange)
        if kind_of(value) not in {"result", "error"} and not any(True for _key in profile.answers(value)):
            self._asked.caused(place, value, profile)
            return None
        found = self._asked.answered(place, value, profile)
        answer = found.answer if found is not None else None
        return answer if answer is not None and self._steps.pending(answer.step) else None

    def _take_as(self, part: Part, value: Any, now: float) -> Part | bool:
        """Take a live message for this recorded one, whatever it says."""
        found = compared(part, value, self.bindings, self._kinds_of(part.step.session))
        expected = forgiven(found.differences, self._settings.mode)
        if not expected:
            self.outcome.unexpected.append(explain(self.script, value, part.step.session, [found]))
        self._matched(Match(part, found.bindings, [], NOT), value, now)
        return part if expected else False

    def _matched(self, found: Match, value: Any, now: float) -> None:
        """Bind what a match binds; its part has come."""
        assert found.part is not None
        assert found.bindings is not None
        part, step = found.part, found.part.step
        if found.bindings.others and (self._settings.mode != "strict"):
            self._nearly[step.session, digest(part.value)] = part
        found.bindings.keep()
        self._expects(step.session).remove(part)
        if isinstance(value, dict) and value.get("id") is not None:
            self._live_ids[id(part)] = text_of(value["id"])
        self._substitution(step.session).matched(part.value)
        if self._steps.came(step):
            self._done(step, now)

    def _again(self, session: int, value: Any, reply: Reply, found: Match) -> bool:
        """Answer once more what has been answered, where that may be; else refuse."""
        profile = self.script.profile(session)
        nearly = self._nearly.pop((session, digest(value)), None) if isinstance(value, dict) else None
        label = label_of(value, profile.telling)
        if nearly is None and self._settings.rules.about("repeats", (label, *_method(value))) is not None:
            nearly = self._served.get((session, label))
        if nearly is not None:
            self._serve(nearly, value, reply, again=True)
            return True
        self.outcome.unexpected.append(explain(self.script, value, session, found.nearest))
        if (refused := refusal(profile, value)) is not None:
            reply.said.append(Said(refusal=refused))
            reply.status = 200
        return False

    def _serve(self, part: Part, value: Any, reply: Reply, *, again: bool = False) -> None:
        """Answer a request with the answer to it."""
        step = part.step
        label = label_of(part.value, step.profile.telling)
        self._served[step.session, label] = part
        self._be_as(step, reply)
        if part.answer is None or self._plays(self.script.parties.get(step.session, "")):
            return
        identity = value.get("id")
        live_id = None if identity is None else text_of(identity)
        reply.said.append(Said(part.answer, live_id, again=again or not self._steps.pending(part.answer.step)))

    def _be_as(self, step: Step, reply: Reply) -> None:
        """Let a reply be that of a recorded exchange."""
        if step.exchange:
            self._live_exchanges[step.session, step.exchange] = reply.exchange
            reply.status, reply.headers = self._heads.get((step.session, step.exchange), (NO_CONTENT, ()))

    def _answer(self, reply: Reply, asked: list[Part], now: float) -> None:
        """Let a reply go out when it may."""
        if not reply.said and not reply.exchange:
            return
        wanted: set[int] = set()
        after = max((part.step.event.time for part in asked), default=0)
        for one in reply.said:
            if one.part is not None and not one.again:
                wanted |= self._back.before(one.part) | self._needs[one.part.step.index].wanted
        self._await(_Waiting(reply.index, set(), set(filter(self._steps.waits, wanted)), reply, after), now)

    def _bind_headers(self, session: int, exchange: int, headers: Headers) -> None:
        """Learn what an answer hands out in its headers."""
        live = {name.lower(): value for name, value in headers}
        for name, value in self._heads.get((session, exchange), (0, ()))[1]:
            if value in self.script.handed.texts and (came := live.get(name.lower())) is not None:
                self.bindings.bind(HANDED, value, came)

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
            self._posted.discard((session, exchange))
            self._happened = now

    # What we do

    def _next(self, now: float) -> _Waiting | None:
        """What we do now: of what is ready, the first recorded."""
        head = self._steps.head
        ready = head is not None and self._steps.ours(head) and self._may_take(head) and now >= self._not_before(head)
        while self._ready and not self._can_happen(self._ready[0][-1].what):
            heapq.heappop(self._ready)
        if self._ready and self._ready[0][0] <= now and not (ready and head and head.index < self._ready[0][1]):
            return heapq.heappop(self._ready)[-1]
        return _Waiting(head.index, set(), set(), head) if ready and head is not None else None

    def _may_take(self, step: Step) -> bool:
        """Whether a step of a party may be taken: what it passes on has come, and what it posted is answered."""
        if not self._can_happen(step):
            return False
        if any(self._steps.pending(self.script.steps[index]) for index in step.after):
            return False
        if step.carries and any(
            one.index < step.index and one.carries & step.carries for one in self._steps.of(step.session)
        ):
            return False
        exchange = step.exchange
        return not exchange or all(
            session != step.session or not self._steps.answered_before(session, posted, step)
            for session, posted in self._posted
        )

    def _take(self, step: Step, now: float) -> Iterator[Action]:
        """Take a step of ours; nothing goes out where both its ends are ours."""
        self._done(step, now)
        event, substitution = step.event, self._substitution(step.session)
        if self._both_ours(step):
            if isinstance(event, Opened):
                self._open.add(step.session)
            return
        if isinstance(event, Opened):
            self._open.add(step.session)
            path = live_path(event.url, event.party, self.bindings, substitution)
            yield Open(step.session, path, self._headers(event.headers))
        elif isinstance(event, Closed):
            self._open.discard(step.session)
            yield Close(step.session, event.code, event.reason, event.lost)
        else:
            action = self._send(step, event, substitution)
            yield from self._faults.apply(step.parts, action, now)

    def _send(self, step: Step, event: Frame, substitution: Substitution) -> Send:
        substitution.sending(step.message, "" if step.direction == "from_node" else self.script.parties[step.session])
        payload = self._payload(step)
        substitution.matched(step.message)
        live = value_of(payload)
        for part, value in zip(step.parts, live if step.parts[0].number is not None else [live], strict=True):
            if part.asks and isinstance(value, dict):
                place = place_of(step.session, step.direction, step.exchange)
                self._asked.asked(place, value, step.profile, part)
        binary = event.opcode == "binary"
        if step.direction == "from_node":
            exchange = self._live_exchanges.get((step.session, step.exchange), 0) if step.exchange else 0
            status, headers = self._heads.get((step.session, step.exchange), (event.status, ()))
            return Send(step.session, payload, binary, exchange, status, headers, last=not exchange)
        headers = ()
        if step.exchange:
            self._posted.add((step.session, step.exchange))
            opening = self._steps.recorded_opening(step.session)
            headers = self._headers(opening.headers if opening is not None else (), event.headers)
        return Send(step.session, payload, binary, step.exchange, headers=headers)

    def _reply(self, reply: Reply, now: float) -> Iterator[Action]:
        """Send a reply, under the live ids of what it answers."""
        binary = any(
            isinstance(one.part.step.event, Frame) and one.part.step.event.opcode == "binary"
            for one in reply.said
            if one.part is not None
        )
        messages = []
        for one in reply.said:
            if one.part is None:
                messages.append(text_of(one.refusal))
                continue
            messages.append(self._message(one.part, one.live_id))
            self._substitution(reply.session).matched(one.part.value)
            if not one.again and self._steps.came(one.part.step):
                self._done(one.part.step, now)
        alone = not reply.batch or (len(reply.said) == 1 and _answers_whole_batch(reply.said[0].part))
        payload = messages[0] if messages and alone else b"[" + b",".join(messages) + b"]" if messages else b""
        action = Send(reply.session, payload, binary, reply.exchange, reply.status, reply.headers)
        yield from self._faults.apply([one.part for one in reply.said], action, now)

    def _payload(self, step: Step) -> bytes:
        """The live form of a whole frame; answers in it under the ids that their requests came with."""
        assert isinstance(step.event, Frame)
        if len(step.parts) == 1:
            part = step.parts[0]
            return self._message(part, self._live_id(part))
        payload, found = step.event.payload, self._layout(step)
        pieces, at = [], 0
        for part, span in zip(step.parts, found.members, strict=True):
            pieces += [payload[at : span[0]], self._message(part, self._live_id(part))]
            at = span[1]
        return b"".join([*pieces, payload[at:]])

    def _live_id(self, part: Part) -> bytes | None:
        return self._live_ids.get(id(part.request)) if part.request is not None else None

    def _message(self, part: Part, live_id: bytes | None) -> bytes:
        """The live form of one message."""
        step = part.step
        assert isinstance(step.event, Frame)
        found = self._layout(step)
        span = found.members[part.number] if part.number is not None else None
        return fill(step.event.payload, found.slots, self.bindings, self._substitution(step.session), live_id, span)

    def _layout(self, step: Step) -> Layout:
        found = self._layouts.get(step.index)
        if found is None:
            assert isinstance(step.event, Frame)
            methods = [part.method for part in step.parts]
            found = self._layouts[step.index] = layout(step.event.payload, self._kinds_of(step.session), methods)
        return found

    def _headers(self, session: Iterable[tuple[str, str]], own: Iterable[tuple[str, str]] = ()) -> Headers:
        """The headers that a party sends: as recorded, with what was handed out, and those that were given."""
        sent = http_headers.playable(http_headers.merged(session, own))
        live = [(name, str(self.bindings.get(HANDED, value) or value)) for name, value in sent]
        return tuple(http_headers.merged(live, self._settings.headers))

    def _begin(self, ours: _Waiting) -> Iterator[Action]:
        """Begin the scenario of what happens next, where parties are played."""
        if isinstance(ours.what, Step) and ours.what.scenario != self._scenario:
            self._scenario = ours.what.scenario
            if not self._plays(NODE):
                yield Begin(ours.what.scenario)

    # What waits for what

    def _wait_for_needs(self) -> None:
        """Let each push and closing of the node wait for what it needs."""
        if not self._plays(NODE):
            return
        for step in self._steps.node:
            if step.kind == "frame" and any(True for _one in step.answers) and not self._both_ours(step):
                continue  # it is a reply
            found = self._needs.get(step.index, Needs(frozenset()))
            if step.kind == "close":
                found = Needs(self._steps.before(step))
            waits = found.among(index for index in found.needed | found.wanted if self._steps.waits(index))
            after = self.script.steps[step.cause].event.time if step.cause >= 0 else 0
            self._await(_Waiting(step.index, set(waits.needed), set(waits.wanted), step, after), 0.0)

    def _await(self, waiting: _Waiting, now: float) -> None:
        if not waiting.needed and not waiting.wanted:
            self._make_ready(waiting, now)
        for index in waiting.needed | waiting.wanted:
            self._dependents.setdefault(index, []).append(waiting)

    def _make_ready(self, waiting: _Waiting, now: float) -> None:
        if not self._can_happen(waiting.what):
            self._early.setdefault(waiting.what.session, []).append(waiting)
            return
        at = 0.0
        if self._settings.speed and waiting.after:
            times = [step.event.time for step in waiting.what.steps] if isinstance(waiting.what, Reply) else []
            recorded = max(times, default=0) if times else getattr(getattr(waiting.what, "event", None), "time", 0)
            at = now + max(0, recorded - waiting.after) / 1e9 / self._settings.speed if recorded else 0.0
        heapq.heappush(self._ready, (at, waiting.index, next(self._count), waiting))

    def _release(self, index: int, now: float) -> None:
        """What waited for a step waits for it no longer."""
        for waiting in self._dependents.pop(index, ()):
            self._loosen(waiting, index, now)

    def _loosen(self, waiting: _Waiting, index: int, now: float) -> None:
        """Something of ours waits for a step no longer, and goes out if that was the last."""
        waiting.needed.discard(index)
        waiting.wanted.discard(index)
        if not waiting.needed and not waiting.wanted:
            self._make_ready(waiting, now)

    def _done(self, step: Step, now: float) -> None:
        if not self._steps.ours(step):
            self._reached[step.session] = max(step.index, self._reached.get(step.session, -1))
        self._steps.done(step)
        self._happened, self._last = now, step.event.time or self._last
        self._release(step.index, now)

    def _give_up(self, step: Step, now: float, *, gone: bool = False) -> None:
        """Wait for a step no longer, nor for what needs it; all of that may still come.

        Args:
            step: it.
            now: the time.
            gone: whether its session is: what other sessions needed it for happens without it.
        """
        self._steps.give_up(step)
        index, kept = step.index, []
        for waiting in self._dependents.pop(index, ()):
            if not gone and index in waiting.needed and isinstance(waiting.what, Step) and waiting.what.kind == "frame":
                kept.append(waiting)
            else:
                self._loosen(waiting, index, now)
        if kept:
            self._dependents[index] = kept
        follow = [waiting.what for waiting in kept if isinstance(waiting.what, Step)]
        if not self._steps.ours(step):
            answers = (part.answer.step for part in step.parts if part.answer is not None)
            follow += [one for one in answers if not any(self._steps.waits(part.step.index) for part in one.answers)]
        for one in follow:
            if self._steps.waits(one.index):
                self._give_up(one, now, gone=gone)

    def _overtaken(self) -> list[Step]:
        """The steps of live parties that have gone on without them."""
        if not self._plays(NODE):
            return []
        return self._steps.overtaken(self._reached)

    def _lose_patience(self, now: float) -> None:
        """Nothing has happened for long: go on without what others have left out."""
        if overtaken := self._overtaken():
            for step in overtaken:
                self._give_up(step, now)
            return
        waiting = {id(one): one for several in self._dependents.values() for one in several}.values()
        late = min(filter(self._can_go_out, waiting), key=lambda one: one.index, default=None)
        if late is not None:
            missing = self.script.steps[min(late.wanted)]
            self._note_late(late.what, missing)
            for index in list(late.wanted):
                self._release_one(late, index, now)
        elif not self._plays(NODE):
            self._go_on(now)

    def _can_go_out(self, waiting: _Waiting) -> bool:
        return not waiting.needed and self._can_happen(waiting.what)

    def _release_one(self, waiting: _Waiting, index: int, now: float) -> None:
        self._dependents[index].remove(waiting)
        if not self._dependents[index]:
            del self._dependents[index]
        self._loosen(waiting, index, now)

    def _go_on(self, now: float) -> None:
        """Take the next step of a party though its node has left out what came before."""
        head = self._steps.head
        if head is None or (self._steps.ours(head) and self._may_take(head)):
            return
        late = (one for one in self._steps.next_of_each_party() if self._may_take(one))
        goes_on = self._settings.goes_on
        step = next((one for one in late if goes_on or not any(map(self._steps.waits, self._steps.before(one)))), None)
        if step is None:
            return
        self._note_late(step, head)
        self._make_ready(_Waiting(step.index, set(), set(), step), now)
        for missing in self._steps.awaited_before(step) if goes_on else ():
            self._steps.overdue(missing)
            for part in missing.parts:
                self._expects(missing.session).postpone(part)
        self._happened = now

    def _note_late(self, what: Step | Reply, missing: Step) -> None:
        if isinstance(what, Step):
            file = self.script.file
            self.outcome.notes.append(
                f"{file}:{what.line}: {what.name} was sent though {file}:{missing.line} {missing.name} had not come"
            )

    # Small questions

    def _plays(self, end: str) -> bool:
        return end in self._settings.ends

    def _can_happen(self, what: Step | Reply) -> bool:
        """Whether its session is open, or nobody else has a part in it."""
        opens = isinstance(what, Step) and (what.kind == "open" or self._both_ours(what))
        return opens or what.session in self._open

    def _both_ours(self, step: Step) -> bool:
        return self._plays(NODE) and self._plays(self.script.parties.get(step.session, ""))

    def _suits(self, session: int, url: str) -> bool:
        """Whether a live session with this URL may be this recorded one."""
        recorded, party = self.script.urls.get(session, ""), self.script.parties[session]
        role = self.script.profile(session).role(url)
        if not self._plays(NODE) or self._plays(party) or (role and party != role):
            return False
        if recorded and url.startswith(("http", "ws")) and urls.is_http(recorded) != urls.is_http(url):
            return False
        return self._settings.mode == "lenient" or same_path(recorded, url, self.bindings)

    def _distance(self, session: int, parameters: dict[str, str]) -> int:
        recorded = urls.query(self.script.urls.get(session, ""))
        return len(differences(recorded, parameters, self.bindings.trial(), self._kinds_of(session)))

    def _fit(self, session: int, value: Any) -> int:
        if isinstance(value, dict) and kind_of(value) in {"result", "error"}:
            place = place_of(session, "from_node", 0)
            if self._asked.knows(place, value):
                return 2
        return self._match(session, value).fit

    def _match(self, session: int, value: Any) -> Match:
        return match(value, self._expects(session), self.bindings, self._kinds_of(session), self._settings.mode)

    def _expects(self, session: int) -> Expected:
        return self._expected.setdefault(session, Expected())

    def _kinds_of(self, session: int) -> Kinds:
        return self._kinds[self.script.profile(session).name]

    def _substitution(self, session: int) -> Substitution:
        return self._substitutions[self.script.profile(session).name]

    def _not_before(self, step: Step) -> float:
        if not self._settings.speed or not step.event.time or not self._last:
            return self._happened
        return self._happened + max(0, step.event.time - self._last) / 1e9 / self._settings.speed

    def _may_be_left_out(self, step: Step) -> bool:
        """Whether a rule lets a frame be left out, or its like has come and may come any number of times."""
        rules, names = self._settings.rules, (step.name, *step.methods)
        if rules.about("optional", names) is not None or rules.about("ignore", names) is not None:
            return True
        if rules.about("repeats", names) is None:
            return False
        served = {part.method for (session, _label), part in self._served.items() if session == step.session}
        return not served.isdisjoint(step.methods)


def _answers_whole_batch(part: Part | None) -> bool:
    """Whether a recorded answer is one to a whole batch: no batch itself, as where none are taken."""
    asked = part.request if part is not None else None
    return part is not None and part.number is None and asked is not None and asked.number is not None


def _method(value: Any) -> tuple[str, ...]:
    method = value.get("method") if isinstance(value, dict) else None
    return (method,) if isinstance(method, str) else ()


def _heads(script: Script) -> dict[tuple[int, int], tuple[int, Headers]]:
    """Status and headers of each recorded answer over HTTP, by session and exchange."""
    found: dict[tuple[int, int], tuple[int, Headers]] = {}
    for step in script.steps:
        if step.exchange and step.direction == "from_node" and isinstance(step.event, Frame):
            found.setdefault((step.session, step.exchange), (step.event.status, tuple(step.event.headers)))
    return found
