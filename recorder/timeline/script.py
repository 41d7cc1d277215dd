"""A capture as a script: its steps, the request that each answers, and the cause of each.

Rule: pure, made once from a capture and shared by everything that plays or compares it; it does not change afterwards. A
capture of 100,000 frames is held in memory, its values are not.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain
from typing import Any

from recorder.capture import with_payload
from recorder.jsonrpc import CALLS, as_list, json_bytes, kind_of, value_of
from recorder.model import (
    ARROWS,
    OPPOSITE,
    PRINTED,
    UNRECORDED,
    AnyEvent,
    Closed,
    Direction,
    Frame,
    Header,
    Opened,
    Refused,
    Scenario,
)
from recorder.profiles import AUTO, FIRST, GENERIC, Profile, profile_for
from recorder.profiles.parts import Account, Identities, Said
from recorder.timeline import urls
from recorder.timeline.credentials import credentials
from recorder.timeline.exchanges import Exchanges, Scope, id_key, scope_of
from recorder.timeline.handed_out import HandedOut, Seen, handed_out
from recorder.timeline.listening import Streams
from recorder.timeline.seen import HEADERS, seen
from recorder.timeline.steps import Happening, Part, Step, Stream
from recorder.timeline.tries import tries

NODE = "node"


@dataclass(frozen=True)
class Script:
    """The steps of a capture.

    Args:
        file: the capture, for messages.
        steps: in the order of the timeline.
        parties: the printed name of each session's party.
        urls: each session's URL; empty where it was open before the capture began.
        profiles: each session's protocol.
        identities: who is who, by protocol.
        upstreams: the nodes of the header, as their sessions reached them.
        streams: over HTTP, the streams on which nodes send messages without a request, by session and number.
        refused: the handshakes that nodes refused, by line.
        insisted: the lines of calls and openings that a party had tried in vain before, where those are left out.
    """

    file: str
    steps: tuple[Step, ...]
    parties: Mapping[int, str]
    urls: Mapping[int, str] = field(default_factory=dict)
    profiles: Mapping[int, Profile] = field(default_factory=dict)
    identities: Mapping[str, Identities] = field(default_factory=dict)
    upstreams: Sequence[str] = ()
    streams: Mapping[int, Mapping[int, Stream]] = field(default_factory=dict)
    refused: Mapping[int, Refused] = field(default_factory=dict)
    insisted: frozenset[int] = frozenset()

    def sender(self, step: Step) -> str:
        """The printed name of the end that does it."""
        return NODE if step.direction == "from_node" else self.parties.get(step.session, "")

    def described(self, step: Step) -> str:
        """A frame by its party, direction and label: `client ---> stock.take`."""
        return f"{self.parties.get(step.session, '')} {ARROWS[step.direction]} {step.label}".lstrip()

    def profile(self, session: int) -> Profile:
        """The protocol of a session."""
        return self.profiles.get(session, GENERIC)

    def identities_of(self, profile: Profile) -> Identities:
        """The accounts in the sessions of a protocol."""
        return self.identities.get(profile.name) or Identities()

    @property
    def over_stdio(self) -> bool:
        """Whether all its sessions go over the standard input and output of a server that its client starts."""
        return bool(self.urls) and all(map(urls.is_stdio, self.urls.values()))

    @cached_property
    def protocols(self) -> list[Profile]:
        """The protocols of its sessions, each once."""
        return list({profile.name: profile for profile in self.profiles.values()}.values()) or [GENERIC]

    @cached_property
    def partial(self) -> dict[int, Step]:
        """The sessions whose log begins late, each with the first logged frame of its node.

        A session that begins with the node's greeting is complete.
        """
        first: dict[int, Step] = {}
        late = {step.session for step in self.steps if isinstance(step.event, Opened) and step.event.partial}
        for step in self.steps if late else ():
            if step.session in late and step.kind == "frame" and step.direction == "from_node" and not step.keeps_alive:
                first.setdefault(step.session, step)
        return {session: step for session, step in first.items() if step.label != step.profile.greeting}

    @cached_property
    def untimely(self) -> frozenset[int]:
        """The frames of which it depends on a clock alone whether they come, by index."""
        found: set[int] = set()
        answered: dict[int, set[str]] = {}
        for step in (one for one in self.steps if one.profile.untimely):
            known, label = answered.setdefault(step.session, set()), step.label
            if label in step.profile.untimely and step.profile.may_be_missing(label, step.message, known):
                found.add(step.index)
            known.update(request.method for request in step.answers)
        found.update(self._torn_down())
        return frozenset(found)

    def _torn_down(self) -> Iterator[int]:
        """The pushes that tell what ended, after the last that a party did before it left."""
        at_work: set[int] = set()  # sessions of which something follows
        for step in reversed([one for one in self.steps if one.profile.torn_down]):
            if step.direction == "to_node" and step.kind == "frame":
                if step.profile.farewells.isdisjoint(step.methods):
                    at_work.add(step.session)
            elif step.session not in at_work and step.label in step.profile.torn_down:
                yield step.index

    @cached_property
    def parted(self) -> frozenset[int]:
        """The sessions that a party has ended by a call: it depends on a clock alone which end closed them, and how."""
        said = (step for step in self.steps if step.profile.farewells and step.direction == "to_node")
        return frozenset(step.session for step in said if not step.profile.farewells.isdisjoint(step.methods))

    @cached_property
    def called_off(self) -> dict[int, Part]:
        """The requests that their party no longer wanted answered, by the index of the step that says so."""
        parts = [part for step in self.steps if step.direction == "to_node" for part in step.parts]
        named = {
            part: identity
            for part in parts
            if part.kind == "notification" and (identity := part.step.profile.calls_off(part.value)) is not None
        }
        last: dict[tuple[int, Hashable], Part] = {}  # the last request of each id in each session
        found: dict[int, Part] = {}
        for part in parts if named else ():
            session = part.step.session
            if part.kind == "request":
                last[session, id_key(part.value["id"])] = part
            elif part in named and (request := last.get((session, id_key(named[part])))) is not None:
                found[part.step.index] = request
        return found

    @cached_property
    def _unwanted(self) -> frozenset[Part]:
        return frozenset(self.called_off.values())

    def is_unwanted(self, step: Step) -> bool:
        """Whether a frame answers only what was called off: what it says depends on which was faster."""
        answers = [*step.answers] if self._unwanted else []
        return bool(answers) and self._unwanted.issuperset(answers)

    @cached_property
    def unbatched(self) -> Script:
        """The script with each message by itself, where it depends on the time which of them come in one batch."""
        batches = {
            step.index
            for step in self.steps
            if step.profile.batches_by_time and step.parts and step.parts[0].number is not None
        }
        if not batches:
            return self
        return self._with(lambda step: _each(step) if step.index in batches else (step.event,))

    @cached_property
    def settled(self) -> Script:
        """The script without what parties tried in vain while a node could not be reached, and did again."""
        found = tries(self.steps, self.refused)
        made = self._with(lambda step: () if step.index in found.in_vain else (step.event,)) if found.in_vain else self
        return dataclasses.replace(made, insisted=found.insisted)

    def _with(self, events: Callable[[Step], Iterable[AnyEvent]]) -> Script:
        """The script of other events, which are given for each step."""
        reader = _Reader(dict(self.profiles))
        for step in self.steps:
            reader.scenario = step.scenario
            for event in events(step):
                reader.take(step.line, event)
        return dataclasses.replace(self, steps=tuple(reader.steps))

    @cached_property
    def accounts(self) -> dict[str, Account]:
        """The recorded accounts, of protocols that have accounts."""
        found: dict[str, Account] = {}
        for identities in self.identities.values():
            found |= identities.accounts
        return found

    def account_of(self, seed: bytes) -> str:
        """The account of a seed, in the protocol that has accounts; empty if none has."""
        return next(filter(None, (profile.account_of(seed) for profile in self.protocols)), "")

    @cached_property
    def handed(self) -> HandedOut:
        """The values that one end hands out and the other sends back."""
        constants = frozenset[str]().union(*(profile.constants for profile in self.protocols))
        sent_back = (Seen(to_node=True, path=(HEADERS,), value=value) for value in self.credentials.values())
        return handed_out(chain(self.seen(), sent_back), constants)

    @cached_property
    def credentials(self) -> dict[str, str]:
        """By mark, the secrets that a node had told before its clients sent them masked."""
        return credentials(self.steps)

    def seen(self) -> Iterator[Seen]:
        """All values of the capture, in order."""
        return seen(self.steps, self.streams)


def read(header: Header, events: Iterable[AnyEvent], file: str = "capture", networks: Iterable[str] = ()) -> Script:
    """Make the script of a capture.

    Args:
        header: of the capture.
        events: of the capture.
        file: its name, for messages.
        networks: network ids, besides the known ones, that its signatures may have been made for.
    """
    ordered = _caused(events if header.info == "derived" else map(_as_in_a_document, events))
    reader = _Reader(_protocols(header.profile, (event for _line, event in ordered)))
    for line, event in ordered:
        reader.take(line, event)
    return Script(
        file=file,
        steps=tuple(reader.steps),
        parties=reader.parties,
        urls=reader.urls,
        profiles=reader.profiles,
        identities=_identities(reader, tuple(networks)),
        upstreams=tuple(urls.as_reached(node, reader.urls.values()) for node in header.upstreams),
        streams=reader.streams.found,
        refused=reader.refused,
    )


def _each(step: Step) -> Iterator[Frame]:
    """The messages of a batch, as if each had come by itself."""
    assert isinstance(step.event, Frame)
    yield from (with_payload(step.event, json_bytes(part.value)) for part in step.parts)


def _as_in_a_document(event: AnyEvent) -> AnyEvent:
    """An event as a document records it: a closing has no code, whatever code older imports gave it."""
    return (
        Closed(time=event.time, session=event.session, code=UNRECORDED, by="") if isinstance(event, Closed) else event
    )


def _caused(events: Iterable[AnyEvent]) -> list[tuple[int, AnyEvent]]:
    """Events with their lines; each opening and closing precedes the frames that it caused in other sessions.

    Openings and closings are recorded when both ends have agreed, and frames of another session may come before that.
    """
    ordered: list[tuple[int, AnyEvent]] = []
    for line, event in enumerate(events, 2):  # the header is line 1
        at = len(ordered)
        if isinstance(event, Opened | Closed) and event.time:
            while at and _overtook(ordered[at - 1][1], event):
                at -= 1
        ordered.insert(at, (line, event))
    return ordered


def _overtook(other: AnyEvent, event: Opened | Closed) -> bool:
    return (
        isinstance(other, Opened | Frame | Closed)
        and other.session != event.session
        and _wanted(other) > _wanted(event)
    )


def _wanted(event: Opened | Frame | Closed) -> int:
    """When an end did it; of an opening, when it was asked for."""
    return event.asked or event.time if isinstance(event, Opened) else event.time


def _protocols(name: str, events: Iterable[AnyEvent]) -> dict[int, Profile]:
    """Each session's protocol, by its opening and its first messages."""
    openings: dict[int, Opened] = {}
    first: dict[int, list[Any]] = {}
    for event in events:
        if isinstance(event, Opened):
            openings[event.session] = event
            first.setdefault(event.session, [])
        elif isinstance(event, Frame) and len(known := first.setdefault(event.session, [])) < FIRST:
            known.extend(as_list(value_of(event.payload) if name == AUTO else None))
    return {
        session: profile_for(name, openings.get(session) or Opened(session=session, party=""), messages)
        for session, messages in first.items()
    }


class _Reader:
    def __init__(self, profiles: dict[int, Profile]) -> None:
        self.profiles = profiles
        self.steps: list[Step] = []
        self.parties: dict[int, str] = {}
        self.urls: dict[int, str] = {}
        self._carriers: dict[Any, dict[int, int]] = {}  # the last step that carried it, in each session
        self._exchanges: Exchanges[Part] = Exchanges(limit=None)
        self._asked: dict[tuple[int, int], int] = {}  # by session and exchange, the step of the request over HTTP
        # Events that have come: a stream that is resumed repeats some.
        self._seen: set[tuple[int, int, int, str]] = set()
        self.streams = Streams()
        self.refused: dict[int, Refused] = {}
        self.scenario = ""
        self._cause = -1  # what a party did last
        self._threads: dict[tuple[int, str], int] = {}  # the same, of each thread

    def take(self, line: int, event: AnyEvent) -> None:
        if isinstance(event, Scenario):
            self.scenario = event.name
        elif isinstance(event, Frame) and event.begins_stream:
            self.streams.begins(line, event)
        elif isinstance(event, Frame) and event.opcode in PRINTED and not self._again(event):
            self._frame(self._step(line, "frame", event.direction, event))
        elif isinstance(event, Opened):
            self.parties[event.session] = event.party
            self.urls[event.session] = event.url
            self._add(self._step(line, "open", "to_node", event))
        elif isinstance(event, Refused):
            self.refused[line] = event
        elif isinstance(event, Closed) and event.by != "recorder":
            self._add(self._step(line, "close", "from_node" if event.by == "node" else "to_node", event))

    def _again(self, event: Frame) -> bool:
        """Whether it is an event of a resumed stream that has come before."""
        if not event.event_id:
            return False
        known = event.session, event.exchange, event.stream, event.event_id
        again = known in self._seen
        self._seen.add(known)
        return again

    def _step(self, line: int, kind: Happening, direction: Direction, event: Opened | Frame | Closed) -> Step:
        profile = self.profiles.get(event.session, GENERIC)
        return Step(len(self.steps), line, kind, event.session, direction, event, profile, self.scenario)

    def _frame(self, step: Step) -> None:
        message = step.message
        if isinstance(message, list) and message:
            step.parts = tuple(self._part(step, number, value) for number, value in enumerate(message))
        else:
            step.parts = (self._part(step, None, message),)
        step.keeps_alive = step.profile.keeps_alive(message)
        asked = (request.step.thread for request in step.answers)  # Chrome refuses what is for a target that is gone
        step.thread = step.profile.thread(message) or next(asked, "")
        step.carries = step.profile.carries(message)
        if step.carries:
            step.after = self._carried(step)
        if step.exchange and step.direction == "to_node":
            self._asked.setdefault((step.session, step.exchange), step.index)
        self._add(step)

    def _carried(self, step: Step) -> tuple[int, ...]:
        """The last steps of other sessions that carried what a step carries."""
        after: set[int] = set()
        for item in step.carries:
            seen = self._carriers.setdefault(item, {})
            after |= {index for session, index in seen.items() if session != step.session}
            seen[step.session] = step.index
        return tuple(sorted(after))

    def _part(self, step: Step, number: int | None, value: Any) -> Part:
        part = Part(step, number, kind_of(value))
        there = scope_of(step.session, OPPOSITE[step.direction], step.exchange)
        if part.kind == "result" and "result" not in value and not self._exchanges.knows(there, value):
            part.kind = None  # nobody has asked with this id
        if not isinstance(value, dict) or part.kind is None:
            self._unnamed(part, there, value if isinstance(value, dict) else {})
            return part
        method = value.get("method")
        part.method = method if isinstance(method, str) else ""
        asks = part.kind in CALLS
        if not asks or step.profile.answers(value):
            part.request = self._exchanges.answered(there, value, step.profile, in_batch=number is not None)
            if part.request is None:
                self._answer_again(part, there, value)
        if part.request is not None:
            part.request.answer = part.request.answer or part
            part.method = part.method if asks else part.request.method
        elif asks:
            part.caused_by = self._exchanges.caused(there, value, step.profile)
            here = scope_of(step.session, step.direction, step.exchange)
            self._exchanges.asked(here, value, step.profile, part, in_batch=number is not None)
        return part

    def _unnamed(self, part: Part, there: Scope, known: Mapping[str, Any]) -> None:
        """What calls no method is answered too: by what has its id, be it several times, and in its exchange or batch."""
        step, has_id, in_batch = part.step, known.get("id") is not None, part.number is not None
        if step.direction == "to_node" and (has_id or step.exchange or in_batch):
            here = scope_of(step.session, "to_node", step.exchange)
            self._exchanges.asked(here, known, step.profile, part, in_batch=in_batch)
        elif step.direction == "from_node" and has_id:
            self._answer_again(part, there, known)

    def _answer_again(self, part: Part, there: Scope, value: Any) -> None:
        """A request may be answered once more: in an exchange the last is its answer, else the first; others are pushes."""
        request = self._exchanges.answered_again(there, value)
        if request is None:
            return
        _session, _direction, exchange = there
        if not exchange:
            part.caused_by, part.method = request, request.method
            return
        part.request = request
        if (before := request.answer) is not None:
            before.request, before.caused_by = None, request
            request.answer, request.before = None, (*request.before, before)

    def _add(self, step: Step) -> None:
        self.streams.take(step)
        thread = step.session, step.thread
        if step.direction == "from_node":
            before = self._threads.get(thread, self._cause) if step.thread else self._cause
            step.cause = self._asked.get((step.session, step.exchange), before)
        elif not step.keeps_alive and not step.polls:
            self._cause = self._threads[thread] = step.index
        self.steps.append(step)


def _identities(reader: _Reader, networks: tuple[str, ...]) -> dict[str, Identities]:
    protocols = {profile.name: profile for profile in reader.profiles.values()}
    return {
        name: profile.identities(said(reader.steps, reader.parties, profile), networks)
        for name, profile in protocols.items()
    }


def said(steps: Iterable[Step], parties: Mapping[int, str], profile: Profile) -> Iterator[Said]:
    """The frames and openings of the sessions of one protocol, in order."""
    for step in steps:
        if step.profile is not profile:
            continue
        party, to_node = parties.get(step.session, ""), step.direction == "to_node"
        if isinstance(step.event, Opened):
            yield Said(step.session, party, to_node, urls.query(step.event.url), opens=True)
        elif isinstance(step.event, Frame):
            yield Said(step.session, party, to_node, step.message)
