"""Answers of a mock node to live requests, and its errors for requests that were not recorded.

Rule: pure. An answer belongs to exactly one live request; it is made when it is sent, with the bindings of that moment
and the live id of its request. A request without such an answer is refused.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from recorder.event_stream import streams
from recorder.headers import Headers, header_value
from recorder.jsonrpc import json_bytes, kind_of, value_of
from recorder.model import MESSAGE, Frame
from recorder.profiles import Profile
from recorder.replay.actions import Send
from recorder.replay.matching import compared, digest, forgiven
from recorder.replay.plan import Plan
from recorder.replay.progress import Progress
from recorder.replay.queue import Waiting
from recorder.replay.voice import Voice
from recorder.timeline import Part, Step
from recorder.timeline.words import label_of

UNRECORDED = -32001
"""JSON-RPC error code, of those left to servers."""

ERROR = {"code": UNRECORDED, "message": "no such request was recorded"}

PARSE_ERROR = {"code": -32700, "message": "Parse error"}
INVALID_REQUEST = {"code": -32600, "message": "Invalid Request"}

OK, NO_CONTENT = 200, 204

NOTHING: frozenset[int] = frozenset()


@dataclass
class Said:
    """One message of a reply.

    Args:
        part: the recorded answer; None where this is a refusal.
        live_id: the id that its request came with, as JSON.
        refusal: the refusal.
        again: whether it has been given before.
        whole: whether it answers a frame that holds no messages, and so stands in no batch.
    """

    part: Part | None = None
    live_id: bytes | None = None
    refusal: dict[str, Any] | None = None
    again: bool = False
    whole: bool = False


@dataclass
class Reply:
    """What answers one live frame.

    Args:
        session: in which it came.
        exchange: over HTTP, the live request's number; else 0.
        batch: whether it came as a batch.
        said: the answers, in the order of their requests.
        status: over HTTP.
        headers: over HTTP.
        bodiless: recorded answers without a body, which it stands for.
        elsewhere: over HTTP, the answers that come in a stream of the session's instead.
    """

    session: int
    exchange: int
    batch: bool
    said: list[Said] = field(default_factory=list)
    status: int = NO_CONTENT
    headers: Headers = ()
    bodiless: list[Step] = field(default_factory=list)
    elsewhere: list[Said] = field(default_factory=list)

    @property
    def index(self) -> int:
        """Its place among what the node does: that of the last of its answers."""
        return max((one.part.step.index for one in self.said if one.part is not None), default=-1)

    @property
    def steps(self) -> list[Step]:
        """The recorded frames that it is made of."""
        return [one.part.step for one in self.said if one.part is not None]


class Replies:
    """What a mock node answers in one run.

    Args:
        plan: what is played, and how.
        voice: makes the live forms.
        steps: how far the run has come.
    """

    def __init__(self, plan: Plan, voice: Voice, steps: Progress) -> None:
        self._plan, self._voice, self._steps = plan, voice, steps
        self._script, self._settings = plan.script, plan.settings
        self._live_exchanges: dict[tuple[int, int], int] = {}
        self._served: dict[tuple[int, str], Part] = {}  # the last request of each label that was answered
        self._polled: dict[tuple[int, bytes], Part] = {}  # the last of just these words, of what may be repeated
        self._looked: set[tuple[int, bytes]] = set()  # the recorded words of looks that have come
        self._nearly: dict[tuple[int, bytes], Part] = {}  # requests in whose place came others
        self._one_by_one: set[int] = set()  # sessions whose client waits for an answer before it says more

    def exchange(self, step: Step) -> int:
        """The live exchange over HTTP that a recorded one is now; 0 where it is none."""
        return self._live_exchanges.get((step.session, step.exchange), 0)

    def belong(self, reply: Reply, step: Step, *, again: bool = False) -> None:
        """Let a reply be that of the exchange of a recorded request; `again`, if that has been answered before."""
        if step.exchange:
            if not again:  # else the rest of its stream is on its way to who asked first
                self._live_exchanges[step.session, step.exchange] = reply.exchange
            reply.status, reply.headers = self._plan.head(step.session, step.exchange) or (NO_CONTENT, ())
            reply.bodiless += self._steps.bodiless(step)

    def answer(self, reply: Reply, part: Part, value: Any, *, again: bool = False) -> None:
        """Answer a request as the recorded one was."""
        step = part.step
        label = self._plan.label(part)
        self._served[step.session, label] = part
        if part.looks:
            self._looked.add((step.session, digest(part.value)))
        if part.looks or self._plan.may_repeat(label, part.value):
            self._polled[step.session, digest(value)] = part
        self.belong(reply, step, again=again)
        if part.answer is None or self._script.parties.get(step.session, "") in self._settings.ends:
            return
        identity = value.get("id") if isinstance(value, dict) else None
        live_id = None if identity is None else json_bytes(identity)
        repeated = again or not self._steps.pending(part.answer.step)
        into = reply.elsewhere if step.exchange and not part.answer.step.exchange else reply.said
        answers = [one for one in part.answer.step.parts if one in {*part.before, part.answer} or one.caused_by is part]
        listed = _is_a_list_for(part, part.answer)
        for one in part.answer.step.parts if listed else answers:
            into.append(Said(one, live_id if one in answers else None, again=repeated, whole=_is_whole(value)))
        reply.batch = reply.batch or listed

    def took(self, part: Part, message: Any) -> None:
        """A live request that is not just the recorded one has come in its place."""
        if digest(message) != (own := digest(part.value)):
            self._nearly[part.step.session, own] = part

    def again(self, reply: Reply, value: Any) -> bool:
        """Answer once more what has been answered, where that may be; whether it was."""
        profile = self._script.profile(reply.session)
        nearly = self._nearly.pop((reply.session, digest(value)), None) if isinstance(value, dict) else None
        label = label_of(value, profile.telling)
        if nearly is None and self._polled:
            nearly = self._polled.get((reply.session, digest(value)))
        if nearly is None and self._plan.may_repeat(label, value):
            nearly = self._alike(reply.session, label, value)
        if nearly is not None:
            self.answer(reply, nearly, value, again=True)
        return nearly is not None

    def _alike(self, session: int, label: str, value: Any) -> Part | None:
        """The last request of a label, where the mode lets a live one take its place."""
        part = self._served.get((session, label))
        if part is None:
            return None
        found = compared(part, value, self._voice.bindings, self._plan.kinds(session))
        return part if forgiven(found.differences, self._settings.mode) else None

    def refuse(self, reply: Reply, value: Any) -> None:
        """Answer a request that nobody recorded, so that its client does not wait for ever."""
        if (refused := refusal(self._script.profile(reply.session), value)) is not None:
            reply.said.append(Said(refusal=refused, whole=_is_whole(value)))
            reply.status = OK

    def waiting(self, reply: Reply, asked: Sequence[Part]) -> Waiting[Step | Reply]:
        """A reply with what it waits for."""
        wanted: set[int] = set()
        for one in reply.said:
            if one.part is not None and one.part.request is not None and not one.again:
                wanted |= self._plan.back.before(one.part) | self._plan.needs(one.part.step).wanted
                told = self._plan.back.told_meanwhile(one.part)
                wanted |= {index for index, session in told if self._steps.goes_on(session)}
        hoped = self._on_its_way(reply) - wanted if self._plan.back.beside else NOTHING
        wanted = set(filter(self._steps.waits, wanted | hoped if hoped else wanted))
        follows = [*(part.step for part in asked), *(self._script.steps[index] for index in wanted)]
        after = max((step.event.time for step in follows), default=0)
        recorded = max((step.event.time for step in reply.steps), default=0)
        return Waiting(reply.index, reply, set(), wanted, after, recorded, hoped=hoped)

    def _on_its_way(self, reply: Reply) -> frozenset[int]:
        """The pushes before its answers that come of what its client says without waiting for these, if it does not."""
        if reply.session in self._one_by_one:
            return NOTHING
        beside = self._plan.back.beside
        said = (one.part for one in reply.said if one.part is not None and not one.again)
        return frozenset(beside[part] for part in said if part in beside)

    def hoped_in_vain(self, replies: Iterable[Reply | Step]) -> None:
        """The clients of these have said no more before they were answered, though the recorded ones had."""
        self._one_by_one |= {one.session for one in replies}

    def apart(self, reply: Reply) -> list[Reply]:
        """A reply as the frames that it is sent in: as many as the recorded batch was answered in."""
        if reply.exchange or not reply.batch:
            return [reply]
        asked = [None if one.part is None else one.part.request for one in reply.said]
        batches = {part.step.index for part in asked if part is not None and part.number is not None}
        if len(batches) != 1 or len({step.index for step in reply.steps}) == 1:
            return [reply]
        frames: dict[int, list[Said]] = {}
        for number, one in enumerate(reply.said):
            frames.setdefault(~number if one.part is None else one.part.step.index, []).append(one)
        return [
            replace(reply, batch=any(one.part is not None and one.part.number is not None for one in said), said=said)
            for said in frames.values()
        ]

    def goes_on(self, asked: Sequence[Part]) -> bool:
        """Whether no reply ends an exchange: what the node says to it is none, or the client cancelled it, or leaves."""
        if any(map(self._plan.back.called_off, asked)) or any(map(self._plan.leaves, (one.step for one in asked))):
            return True
        told = (self._steps.in_exchange(one.step.session, one.step.exchange) for one in asked if one.answer is None)
        return any(not step.bodiless for steps in told for step in steps)

    def ends(self, together: Sequence[Step]) -> bool:
        """Whether exchanges over HTTP end with frames that go out together: nothing recorded behind is still to come.

        A stream without an answer has no end: its client listens for as long as it likes.
        """
        first: dict[tuple[int, int], Step] = {}
        for step in sorted(together, key=lambda one: one.index):
            first.setdefault((step.session, step.exchange), step)
        beside = {step.index for step in together}
        return all(self._ends(step, beside) for step in first.values())

    def _ends(self, step: Step, beside: Container[int]) -> bool:
        steps = self._steps.in_exchange(step.session, step.exchange)
        for one in reversed(steps):
            if one.index <= step.index:
                break
            unasked = any(self._steps.pending(request.step) for request in one.answers)
            if self._steps.pending(one) and one.index not in beside and not unasked:
                return False
        _status, headers = self._plan.head(step.session, step.exchange) or (OK, ())
        is_stream = streams(header_value(headers, "content-type"))
        return not is_stream or self._plan.breaks(step) or any(True for one in steps for _asked in one.answers)

    def send(self, reply: Reply) -> Send:
        """The live frame of a reply."""
        messages = []
        for one in _as_recorded(reply.said):
            if one.part is None:
                messages.append(json_bytes(one.refusal))
            else:
                messages.append(self._voice.message(one.part, one.live_id))
                self._voice.passed(one.part)
        alone = not reply.batch or (len(reply.said) == 1 and _answers_whole_batch(reply.said[0]))
        payload = messages[0] if messages and alone else b""
        if messages and not payload:
            payload = b"[" + b",".join(messages) + b"]"
        frames = [step.event for step in reply.steps if isinstance(step.event, Frame)]
        binary = any(frame.opcode == "binary" for frame in frames)
        named, stream = next(((frame.event_type, frame.stream) for frame in frames), (MESSAGE, 0))
        last = not reply.exchange or any(one.again for one in reply.said) or self.ends(reply.steps)
        breaks = last and any(map(self._plan.breaks, reply.steps))
        head = reply.exchange, reply.status, reply.headers
        return Send(reply.session, payload, binary, *head, event_type=named, last=last, breaks=breaks, stream=stream)

    def may_be_left_out(self, step: Step) -> bool:
        """Whether a rule lets a frame be left out, or its like has come and may come any number of times."""
        rules, names = self._settings.rules, step.names
        if rules.about("optional", names) is not None or rules.about("ignore", names) is not None:
            return True
        if self._looked and all(map(self._has_looked, step.parts)):
            return True
        if rules.about("repeats", names) is None:
            return False
        served = {part.method for (session, *_), part in self._served.items() if session == step.session}
        return not served.isdisjoint(step.methods)

    def _has_looked(self, part: Part) -> bool:
        """Whether a message is of a look as another that has come."""
        asked = part.request or part
        return asked.looks and (part.step.session, digest(asked.value)) in self._looked


def refusal(profile: Profile, message: Any) -> dict[str, Any] | None:
    """The answer to a message that was not recorded, so that its client does not wait for ever.

    None if the message asks nothing.

    Args:
        profile: of its session.
        message: its JSON value; of a frame that has none, its bytes.
    """
    if isinstance(message, bytes):
        readable = value_of(message, message) is not message  # `null` is JSON
        return profile.malformed(dict(INVALID_REQUEST if readable else PARSE_ERROR))
    if kind_of(message) is None:
        return profile.malformed(dict(INVALID_REQUEST))
    return profile.refusal(message, dict(ERROR))


def _is_a_list_for(call: Part, answer: Part) -> bool:
    """Whether a list answers a call that stood in none, and no other call."""
    return (
        call.number is None
        and answer.number is not None
        and all(one.request in {None, call} for one in answer.step.parts)
    )


def _is_whole(value: Any) -> bool:
    """Whether a live message is a whole frame that holds none, though it may begin as a batch does."""
    return isinstance(value, bytes) or value == []


def _as_recorded(said: list[Said]) -> list[Said]:
    """Answers in the order in which they stood in one frame, where their calls have come in the recorded order."""
    answers = [one.part for one in said if one.part is not None and one.part.request is not None]
    asked = [(part.request.step.index, part.request.number or 0) for part in answers if part.request is not None]
    if len(answers) < len(said) or len({part.step.index for part in answers}) != 1 or asked != sorted(asked):
        return said
    return sorted(said, key=lambda one: one.part.number or 0 if one.part is not None else 0)


def _answers_whole_batch(said: Said) -> bool:
    """Whether an answer is one to a whole batch: no batch itself, as where none are taken."""
    asked = said.part.request if said.part is not None else None
    taken = said.part is not None and said.part.number is None and asked is not None and asked.number is not None
    return taken or said.whole
