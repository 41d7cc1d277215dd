"""Where every event of a capture stands and what a list of them needs to know: some forty bytes each.

Rule: columns of numbers, and names once; what is shown of an event is read again from the file when it comes into view.
What answers what is decided in `timeline`, and noted here. Pure: events in, numbers out.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from recorder.model import PRINTED, SECOND, AnyEvent, Closed, Frame, Header, Note, Opened, Refused, Scenario, unnamed
from recorder.profiles import PROFILES
from recorder.profiles.sentences import wants_answer
from recorder.sinks.console import SLOW_ANSWER
from recorder.timeline.followed import Followed, Item, Look, Odd
from recorder.timeline.refusals import ERRORS, has_error_status
from recorder.timeline.urls import parts
from recorder.timeline.words import name_of

TONES = ("request", "answer", "push", "error", "control", "open", "close", "note", "scenario", "refused")
"""What an event is for a list, by its number in the column."""

REQUEST, ANSWER, PUSH, ERROR, CONTROL, OPEN, CLOSE, NOTE, SCENARIO, REFUSED = range(len(TONES))
OF_TYPES: dict[type, int] = {Opened: OPEN, Closed: CLOSE, Note: NOTE, Scenario: SCENARIO, Refused: REFUSED}

TO_NODE, WAITS, IN_USE, NO_CALL, CROWDED, WRONG, VERBATIM, FRAME = (1 << bit for bit in range(8))
"""Flags of an event: its direction; a call that nobody has answered yet; what is odd about it; it does not tell which
call it answers; it refuses something; its payload stands in the file as it is; it is a frame."""

ODDITIES: dict[Odd, int] = {"": 0, "id in use": IN_USE, "no request": NO_CALL}
ODD = IN_USE | NO_CALL
NOTABLE = WAITS | WRONG | ODD
FRAME_TO_NODE = FRAME | TO_NODE
FAR = 1 << 63
NOBODY = -1
MOST_BYTES = (1 << 32) - 1
PROFILE_NAMES = tuple(PROFILES)
_NUMBERS = {name: number for number, name in enumerate(PROFILE_NAMES)}


class Part(NamedTuple):
    """A message of a frame that has several, or none.

    Args:
        method: that it calls, pushes or answers.
        answers: the event of the call that it answers; `NOBODY` where it answers none.
        place: of the call in that, from 0.
        crowded: whether its method does not tell which.
        odd: what is wrong with it.
        tone: what it is by itself.
        timed: whether its call waited for it.
        bytes: its share of the frame's.
    """

    method: str
    answers: int
    place: int
    crowded: bool
    odd: Odd
    tone: int
    timed: bool = True
    bytes: int = 0


class Names:
    """Texts by small numbers, each once; 0 is the empty one."""

    def __init__(self) -> None:
        self.texts = [""]
        self._numbers = {"": 0}

    def number(self, text: str) -> int:
        """The number of a text, a new one where it is new."""
        found = self._numbers.get(text)
        if found is None:
            found = self._numbers[text] = len(self.texts)
            self.texts.append(text)
        return found

    def known(self, text: str) -> int | None:
        """The number of a text, where it has one."""
        return self._numbers.get(text)


class Seat(NamedTuple):
    """Who takes part in a session.

    Args:
        number: of the session.
        party: the printed name of its client end.
        node: of the other end.
        opening: the event that opens it; `NOBODY` where none does.
    """

    number: int
    party: str
    node: str
    opening: int


class Index:
    """The events of a capture, by their numbers from 0.

    Args:
        header: of the capture.

    Attributes:
        at: where the line of each begins in the file; one more than there are events, for the end of the last.
        time: UTC in nanoseconds since 1970.
        seat: the place of its session in `seats`; 0 for what is in none.
        method: the number of a name: what it calls, pushes or answers, the first of several.
        other: of a call the event that answers it, of an answer the call; `NOBODY` where there is none.
        bytes: of the payload.
        tone: a number of `TONES`.
        flags: bits as above.
        profile: the number of the session's protocol, as far as it was known then.
        parts: the messages of frames that have not exactly one.
        refused: how often each name of a method came refused, by its number.
        errors: how many frames and handshakes are refusals.
        waiting: how many calls nobody has answered.
        settled: how many had to wait, and have been answered.
        odd: how many frames are out of place.
    """

    def __init__(self, header: Header) -> None:
        self.header = header
        self.at, self.time = array("Q"), array("q")
        self.seat, self.method, self.bytes = array("I"), array("I"), array("I")
        self.other = array("i")
        self.tone, self.flags, self.profile = array("B"), array("B"), array("B")
        self.parts: dict[int, list[Part]] = {}
        self.names = Names()
        self.seats = [Seat(0, "", header.node, NOBODY)]
        self.closings: dict[int, int] = {}  # the event that ends each, by its seat
        self.nodes: dict[str, str] = {}  # printed names by address
        self._frames: Counter[tuple[int, int, int]] = Counter()  # by seat, method and protocol
        self.refused: Counter[int] = Counter()
        self.errors = self.waiting = self.settled = self.odd = 0
        self._seat_append, self._method_append = self.seat.append, self.method.append
        self._bytes_append, self._tone_append = self.bytes.append, self.tone.append
        self._flags_append, self._profile_append = self.flags.append, self.profile.append
        self._sitting: dict[int, int] = {}  # the seat of each session that is open
        self._followed = Followed(header.profile)
        self._unanswered: dict[int, int] = {}  # of frames that ask several things, how many are open

    def __len__(self) -> int:
        return len(self.tone)

    def begin(self, offset: int) -> None:
        """The first event's line begins there."""
        self.at.append(offset)

    def add(self, event: AnyEvent, end: int) -> None:
        """Note an event, whose line ends at this offset; events in their order."""
        number = len(self.tone)
        self.time.append(event.time if -FAR < event.time < FAR else 0)
        self.other.append(NOBODY)
        if type(event) is Frame:
            self._frame(number, event)
        else:
            self._event(event)
        self.at.append(end)

    def _event(self, event: AnyEvent) -> None:
        assert not isinstance(event, Frame)
        self._followed.see(event)
        seat = flags = 0
        if isinstance(event, Opened):
            seat = self._sit(event.session, event.party, parts(event.url).netloc, len(self.tone))
        elif isinstance(event, Closed):
            seat = self._seat(event.session)
            self.closings[seat] = len(self.tone)
            self._sitting.pop(event.session, None)
        elif isinstance(event, Refused):
            flags = WRONG
            self.errors += 1
            seat = self._outside(event.party, parts(event.url).netloc)
        elif isinstance(event, Note):
            seat = self._outside(event.party, "")
        self._put(seat, 0, 0, OF_TYPES[type(event)], flags, 0)

    def _put(self, seat: int, method: int, size: int, tone: int, flags: int, profile: int) -> None:
        self._seat_append(seat)
        self._method_append(method)
        self._bytes_append(size)
        self._tone_append(tone)
        self._flags_append(flags)
        self._profile_append(profile)

    def _frame(self, number: int, frame: Frame) -> None:
        look = self._followed.look(frame, number)
        flags = FRAME_TO_NODE if frame.direction == "to_node" else FRAME
        if frame.json:
            flags |= VERBATIM
        if len(look.items) == 1 and ((item := look.items[0]).request is None or not item.request.place):
            tone, method = tone_of(frame, item, look), item.answered or item.method
            if item.request is not None:
                self.other[number] = item.request.mark
                self._answered(item.request.mark, number)
            elif item.kind == "request":
                flags |= WAITS
            if item.odd or item.crowded:
                flags |= ODDITIES[item.odd] | (CROWDED if item.crowded else 0)
        else:
            found = self.parts[number] = [*self._parts(frame, look)]
            tone, method = self._whole(number, frame, found), found[0].method if found else ""
            for part in found:
                flags |= ODDITIES[part.odd]
            if number in self._unanswered:
                flags |= WAITS
        if tone == ERROR or frame.status >= ERRORS:
            tone, flags = (ERROR, flags | WRONG) if tone == ERROR or has_error_status(frame) else (tone, flags)
        named = self.names.number(method)
        session = frame.session
        seat = self._sitting[session] if session in self._sitting else self._seat(session)
        protocol = _NUMBERS[look.profile.name]
        self._put(seat, named, min(len(frame.payload), MOST_BYTES), tone, flags, protocol)
        self._frames[seat, named, protocol] += 1
        if flags & NOTABLE:
            self._note(named, flags)

    def _note(self, named: int, flags: int) -> None:
        if flags & WAITS:
            self.waiting += 1
        if flags & WRONG:
            self.errors += 1
            self.refused[named] += 1
        if flags & ODD:
            self.odd += 1

    def _parts(self, frame: Frame, look: Look) -> Iterator[Part]:
        number = len(self.tone)
        for request in look.instead:
            self._answered(request.mark, number)
            tone = ERROR if has_error_status(frame) else ANSWER
            yield Part(
                request.method, request.mark, request.place, crowded=False, odd="", tone=tone, timed=request.waits
            )
        for item in look.items:
            answers, place = (NOBODY, 0) if item.request is None else (item.request.mark, item.request.place)
            if answers != NOBODY:
                self._answered(answers, number)
            elif item.kind == "request":
                self._unanswered[number] = self._unanswered.get(number, 0) + 1
            tone = tone_of(frame, item, look)
            yield Part(item.answered or item.method, answers, place, item.crowded, item.odd, tone)

    def _whole(self, number: int, frame: Frame, found: list[Part]) -> int:
        """The tone of a frame of several messages, or of none."""
        if not found:
            return CONTROL if frame.opcode not in PRINTED or frame.bodiless else PUSH
        answered = [part.answers for part in found if part.answers != NOBODY]
        self.other[number] = answered[0] if answered else NOBODY
        tones = [part.tone for part in found]
        return ERROR if ERROR in tones else tones[0]

    def _answered(self, call: int, answer: int) -> None:
        """A call has its answer: one of several in its frame, or the only one."""
        if not 0 <= call < len(self.tone):  # of the same frame: who answers in a batch what it asks there
            return
        if self.other[call] == NOBODY:
            self.other[call] = answer
        left = self._unanswered.pop(call, 1) - 1
        if left:
            self._unanswered[call] = left
        elif self.flags[call] & WAITS:
            self.flags[call] &= ~WAITS
            self.waiting -= 1
            self.settled += 1

    # Who is who

    def _seat(self, session: int) -> int:
        found = self._sitting.get(session)
        return self._sit(session, unnamed(session), "", NOBODY) if found is None else found

    def _sit(self, session: int, party: str, address: str, opening: int) -> int:
        self._sitting[session] = len(self.seats)
        self.seats.append(Seat(session, party, self._node(address), opening))
        return len(self.seats) - 1

    def _outside(self, party: str, address: str) -> int:
        """The seat of what is in no session, but somebody's."""
        if not party and not address:
            return 0
        node = self._node(address)
        for number in range(len(self.seats) - 1, 0, -1):
            seat = self.seats[number]
            if not seat.number and (seat.party, seat.node) == (party, node):
                return number
            if len(self.seats) - number > MANY:
                break
        self.seats.append(Seat(0, party, node, NOBODY))
        return len(self.seats) - 1

    def _node(self, address: str) -> str:
        """The printed name of a node; of several, each but the first with its address."""
        if not address:
            return next(iter(self.nodes.values()), self.header.node)
        if address not in self.nodes:
            self.nodes[address] = f"{self.header.node} {address}" if self.nodes else self.header.node
        return self.nodes[address]

    # What is asked

    def took(self, number: int) -> int | None:
        """How long the answer took that an event is, in nanoseconds; None where it is none, or nobody knows."""
        return self.between(self.other[number], number)

    def between(self, call: int, answer: int) -> int | None:
        """How long after a call its answer came, in nanoseconds; None where there is no such call before it."""
        if not NOBODY < call < answer or not self.time[call] or self.time[answer] < self.time[call]:
            return None
        return self.time[answer] - self.time[call]

    def messages(self, number: int) -> list[Part]:
        """The messages of a frame, as far as they are counted; what is no JSON-RPC is one, which has a name for that."""
        known, size = self.parts.get(number), self.bytes[number]
        if known:
            return [part._replace(bytes=size // len(known)) for part in known]
        tone, method = self.tone[number], self.names.texts[self.method[number]]
        if known is not None:
            if tone == CONTROL:
                return []
            method = name_of({} if self.flags[number] & VERBATIM else None)
        return [Part(method, self.other[number], 0, crowded=False, odd="", tone=tone, bytes=size)]

    def shows(self, number: int) -> bool:
        """Whether it is a frame that carries something: no ping, and not without a body."""
        return bool(self.flags[number] & FRAME) and self.tone[number] != CONTROL and self.bytes[number] > 0

    def slow(self, number: int, seconds: float = SLOW_ANSWER) -> bool:
        """Whether it is an answer that took so long."""
        took = self.took(number)
        return took is not None and took >= seconds * SECOND

    def methods(self) -> Counter[str]:
        """How often each method was called, pushed or answered."""
        found: Counter[str] = Counter()
        for (_seat, named, _protocol), count in self._frames.items():
            if named:
                found[self.names.texts[named]] += count
        return found

    def parties(self) -> Counter[str]:
        """How many frames each party has in its sessions, both ways."""
        found: Counter[str] = Counter()
        for (seat, _named, _protocol), count in self._frames.items():
            found[self.seats[seat].party] += count
        return found

    def protocols(self) -> list[str]:
        """The names of the protocols that its sessions speak, the most spoken first."""
        found: Counter[str] = Counter()
        for (_seat, _named, protocol), count in self._frames.items():
            found[PROFILE_NAMES[protocol]] += count
        return [name for name, _count in found.most_common()]

    def party(self, number: int) -> str:
        """The printed name of the party whose event it is; empty for nobody's."""
        return self.seats[self.seat[number]].party

    def like(self, one: int, other: int) -> bool:
        """Whether two events follow each other as more of the same, which a list folds: what an end says unasked."""
        return (
            self.tone[one] == self.tone[other]
            and self.tone[one] in FOLDED
            and self.method[one] == self.method[other]
            and self.seat[one] == self.seat[other]
            and (self.flags[one] ^ self.flags[other]) & TO_NODE == 0
            and not (self.flags[one] | self.flags[other]) & ODD
        )


MANY = 100
"""Seats that are looked at for one that is there already."""

FOLDED = frozenset({PUSH, CONTROL})


def tone_of(frame: Frame, item: Item, look: Look) -> int:
    """What a message is for a list."""
    kind = item.kind
    if kind == "request" and item.request is None:
        return REQUEST
    if kind == "error":
        return ERROR
    if kind == "result" or item.request is not None:
        return ANSWER
    if kind is None or not wants_answer(item.message, to_node=frame.direction == "to_node", words=look.profile.words):
        return PUSH
    return REQUEST
