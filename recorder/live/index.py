"""The index of a capture: the place of every event in the file, and what lists and filters need, in some forty bytes.

Rule: pure: events in, columns of numbers out. Names are stored once. Everything else is read again from the file when an
event comes into view. `timeline` decides which answer belongs to which request; this module stores it.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import accumulate, compress
from typing import NamedTuple

from recorder.jsonrpc import Kind
from recorder.model import (
    ERRORS,
    PRINTED,
    SECOND,
    AnyEvent,
    Closed,
    Direction,
    Frame,
    Header,
    Note,
    Opened,
    Refused,
    Scenario,
    unnamed,
)
from recorder.profiles import PROFILES, Profile
from recorder.timeline.followed import Followed, Look, Odd
from recorder.timeline.refusals import has_error_status
from recorder.timeline.urls import parts
from recorder.timeline.words import SLOW_ANSWER, name_of

TONES = ("request", "answer", "push", "error", "control", "open", "close", "note", "scenario", "refused")
"""The kinds of events in a list; the column holds the position in this tuple."""

REQUEST, ANSWER, PUSH, ERROR, CONTROL, OPEN, CLOSE, NOTE, SCENARIO, REFUSED = range(len(TONES))
OF_TYPES: dict[type, int] = {Opened: OPEN, Closed: CLOSE, Note: NOTE, Scenario: SCENARIO, Refused: REFUSED}

TO_NODE, WAITS, ODD, CROWDED, WRONG, VERBATIM, FRAME = (1 << bit for bit in range(7))
"""Flags of an event: goes to the node; open call; unexpected; answers one of several calls of its method; error or
refusal; payload is stored as JSON, unchanged; frame."""

NOTABLE = WRONG | ODD
FRAME_TO_NODE = FRAME | TO_NODE
NOBODY = -1
MOST_BYTES = (1 << 32) - 1
PROFILE_NAMES = tuple(PROFILES)
_NUMBERS = {name: number for number, name in enumerate(PROFILE_NAMES)}


class Part(NamedTuple):
    """A message of a frame that has several messages, or none, or an unexpected one.

    Args:
        method: the method that it calls, pushes or answers.
        answers: the event of the call that it answers; `NOBODY` if there is none.
        place: the place of the call in that frame, from 0.
        crowded: whether several calls of its method were open.
        odd: why it is unexpected; empty if it is not.
        tone: its kind, a number of `TONES`.
        timed: whether its duration counts, because the call has an id.
        bytes: its share of the frame's bytes.
    """

    method: str
    answers: int
    place: int
    crowded: bool
    odd: Odd
    tone: int
    timed: bool = True
    bytes: int = 0


class Names(dict[str, int]):
    """Stores each text once, under a small number; 0 is the empty text. A new text gets a new number."""

    def __init__(self) -> None:
        super().__init__({"": 0})
        self.texts = [""]

    def __missing__(self, text: str) -> int:
        self[text] = len(self.texts)
        self.texts.append(text)
        return self[text]


class Seat(NamedTuple):
    """The two ends of a session.

    Args:
        number: the number of the session.
        party: the printed name of the client.
        node: the printed name of the node.
        opening: the event that opens it; `NOBODY` if there is none.
    """

    number: int
    party: str
    node: str
    opening: int


class Index:
    """The events of a capture, by their numbers from 0.

    Args:
        header: the header of the capture.

    Attributes:
        at: the offset of each line in the file; and, as the last item, the end of the last line.
        time: UTC in nanoseconds since 1970; 0 if unknown.
        seat: the place of its session in `seats`; 0 if it has none.
        method: the number of the method that it calls, pushes or answers; of several messages, the first one's.
        other: for a call the event that answers it, for an answer the call; `NOBODY` if there is none.
        bytes: the size of the payload.
        tone: its kind, a number of `TONES`.
        flags: the bits above.
        profile: the number of the session's protocol, as known at that time.
        parts: the messages of frames that do not have exactly one, or an unexpected one.
        refused: the number of frames with an error of a method, by the method's number.
        errors: the number of errors, refused handshakes included.
        waiting: the number of open calls.
        settled: the number of frames whose calls have all been answered.
        odd: the number of frames with an unexpected message.
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
        self._further: Counter[int] = Counter()  # frames by a method that is not their first
        self.refused: Counter[int] = Counter()
        self.errors = self.waiting = self.settled = self.odd = 0
        self._sitting: dict[int, int] = {}  # the seat of each session that is open
        self._followed = Followed(header.profile)
        self._unanswered: dict[int, int] = {}  # of frames that ask several things, how many are open

    def __len__(self) -> int:
        return len(self.tone)

    def begin(self, offset: int) -> None:
        """Set the offset of the first event's line."""
        self.at.append(offset)

    def add(self, events: Sequence[AnyEvent], lines: Sequence[bytes]) -> None:
        """Add the next events, which stand in these lines."""
        first = len(self.tone)
        self.time.extend([event.time for event in events])
        self.other.extend([NOBODY] * len(events))
        for column in (self.seat, self.method, self.bytes, self.tone, self.flags, self.profile):
            column.frombytes(bytes(len(events) * column.itemsize))
        for number, event in enumerate(events, first):
            if type(event) is Frame:
                self._frame(number, event)
            else:
                self._event(number, event)
        self.at.extend([*accumulate(map(len, lines), initial=self.at[-1])][1:])
        columns = zip(self.seat[first:], self.method[first:], self.profile[first:], strict=True)
        self._frames.update(compress(columns, map(FRAME.__and__, self.flags[first:])))

    def _event(self, number: int, event: AnyEvent) -> None:
        self._followed.see(event)
        seat = 0
        if isinstance(event, Opened):
            seat = self._sit(event.session, event.party, parts(event.url).netloc, number)
        elif isinstance(event, Closed):
            seat = self._seat(event.session)
            self.closings[seat] = number
            self._sitting.pop(event.session, None)
        elif isinstance(event, Refused):
            self.flags[number] = WRONG
            self.errors += 1
            seat = self._outside(event.party, parts(event.url).netloc)
        elif isinstance(event, Note):
            seat = self._outside(event.party, "")
        self.seat[number], self.tone[number] = seat, OF_TYPES[type(event)]

    def _frame(self, number: int, frame: Frame) -> None:
        look = self._followed.look(frame, number)
        items, session, payload = look.items, frame.session, frame.json
        flags = FRAME_TO_NODE if frame.direction == "to_node" else FRAME
        if payload:
            flags |= VERBATIM
            size = len(payload)
        else:
            size = frame.size
        plain = len(items) == 1 and not (look.instead or look.left or items[0].odd)
        if plain and ((request := items[0].request) is None or not request.place):
            item = items[0]
            tone, method = OF_KINDS[look.kind(item, frame.direction)], item.answered or item.message.method or ""
            if request is not None:
                self.other[number] = request.mark
                self._answered(request.mark, number)
            elif item.kind == "request":
                flags |= WAITS
                self.waiting += 1
            if item.crowded:
                flags |= CROWDED
        else:
            tone, method, found = self._several(number, frame, look)
            flags |= found
        if tone == ERROR or frame.status >= ERRORS:
            tone, flags = (ERROR, flags | WRONG) if tone == ERROR or has_error_status(frame) else (tone, flags)
        named = self.names[method]
        if flags & NOTABLE:
            self._note(number, named, flags, refused=has_error_status(frame))
        self.seat[number] = self._sitting[session] if session in self._sitting else self._seat(session)
        self.method[number], self.tone[number], self.flags[number] = named, tone, flags
        self.bytes[number] = min(MOST_BYTES, size)
        self.profile[number] = _NUMBERS[look.profile.name]

    def _note(self, number: int, named: int, flags: int, *, refused: bool) -> None:
        if flags & WRONG:
            self.errors += 1
            parts = self.parts.get(number)
            wrong = None if parts is None else [part for part in parts if refused or part.tone == ERROR]
            self.refused.update({named} if wrong is None else self._methods_of(wrong))
        if flags & ODD:
            self.odd += 1

    def _parts(self, number: int, frame: Frame, look: Look) -> Iterator[Part]:
        for item in look.items:
            answers, place = (NOBODY, 0) if item.request is None else (item.request.mark, item.request.place)
            if answers != NOBODY:
                self._answered(answers, number)
            elif item.kind == "request":
                self._unanswered[number] = self._unanswered.get(number, 0) + 1
            tone = OF_KINDS[look.kind(item, frame.direction)]
            yield Part(item.answered or item.method, answers, place, item.crowded, item.odd, tone)
        for request in look.instead:
            self._answered(request.mark, number)
            tone = ERROR if look.items or has_error_status(frame) else ANSWER
            yield Part(
                request.method, request.mark, request.place, crowded=False, odd="", tone=tone, timed=request.waits
            )
        for request in look.left:
            self._answered(request.mark, number)
            yield Part(request.method, request.mark, request.place, False, "no answer", ERROR, timed=False)

    def _several(self, number: int, frame: Frame, look: Look) -> tuple[int, str, int]:
        """Store the messages of a frame: its kind, its method, and flags that it has for them."""
        found = self.parts[number] = [*self._parts(number, frame, look)]
        if not found:
            return CONTROL if frame.opcode not in PRINTED or frame.bodiless else PUSH, "", 0
        flags = 0
        if any(part.odd for part in found):
            flags |= ODD
        if number in self._unanswered:
            flags |= WAITS
            self.waiting += 1
        self._further.update(self._methods_of(found) - {self.names[found[0].method]})
        self.other[number] = next((part.answers for part in found if part.answers != NOBODY), NOBODY)
        tones = [part.tone for part in found]
        return ERROR if ERROR in tones else tones[0], found[0].method, flags

    def _methods_of(self, parts: Sequence[Part]) -> set[int]:
        return {self.names[part.method] for part in parts}

    def _answered(self, call: int, answer: int) -> None:
        """Store that a call has been answered; its frame may have several calls."""
        if not 0 <= call < answer:  # a batch that answers its own request
            return
        if self.other[call] == NOBODY:
            self.other[call] = answer
        if call in self._unanswered:
            self._unanswered[call] -= 1
            if self._unanswered[call]:
                return
            del self._unanswered[call]
        if self.flags[call] & WAITS:
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
        """The seat of an event of a party without a session."""
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
        """The printed name of a node; if there are several, all but the first with their address."""
        if not address:
            return next(iter(self.nodes.values()), self.header.node)
        if address not in self.nodes:
            self.nodes[address] = f"{self.header.node} {address}" if self.nodes else self.header.node
        return self.nodes[address]

    # Queries

    def spoken_in(self, number: int) -> Profile:
        """The protocol of a frame, as far as it was known when the frame passed."""
        return PROFILES[PROFILE_NAMES[self.profile[number]]]

    def direction(self, number: int) -> Direction:
        """The direction of a frame."""
        return "to_node" if self.flags[number] & TO_NODE else "from_node"

    def took(self, number: int) -> int | None:
        """The latency of an answer in nanoseconds; None if the event is no answer, or the time is unknown."""
        return self.between(self.other[number], number)

    def between(self, call: int, answer: int) -> int | None:
        """The time from a call to its answer in nanoseconds; None if there is no such call, or the time is unknown."""
        if not NOBODY < call < answer or not self.time[call] or self.time[answer] < self.time[call]:
            return None
        return self.time[answer] - self.time[call]

    def messages(self, number: int) -> list[Part]:
        """The messages of a frame, as they are counted; a frame that is not JSON-RPC counts as one message."""
        known, size = self.parts.get(number), self.bytes[number]
        if known:
            return [part._replace(bytes=size // len(known)) for part in known]
        tone, method = self.tone[number], self.names.texts[self.method[number]]
        if known is not None:
            if tone == CONTROL:
                return []
            method = name_of({} if self.flags[number] & VERBATIM else None)
        return [Part(method, self.other[number], 0, crowded=False, odd="", tone=tone, bytes=size)]

    def odd_of(self, number: int) -> Odd:
        """Why an event is unexpected; empty if it is not."""
        return next((part.odd for part in self.parts.get(number, ()) if part.odd), "")

    def shows(self, number: int) -> bool:
        """Whether an event is a frame with a payload, and no control frame such as a ping."""
        return bool(self.flags[number] & FRAME) and self.tone[number] != CONTROL and self.bytes[number] > 0

    def ended(self, number: int) -> int | None:
        """When the session of an event ended, in nanoseconds since 1970, 0 if unknown; None if it did not end."""
        closing = self.closings.get(self.seat[number])
        return None if closing is None else self.time[closing]

    def slow(self, number: int, seconds: float = SLOW_ANSWER) -> bool:
        """Whether an event is an answer with at least this latency."""
        took = self.took(number)
        return took is not None and took >= seconds * SECOND

    def methods(self) -> Counter[str]:
        """The number of frames per method: calls, pushes and answers; a batch counts for each of its methods."""
        found: Counter[int] = Counter()
        for (_seat, named, _protocol), count in self._frames.items():
            found[named] += count
        found.update(self._further)
        return Counter({self.names.texts[named]: count for named, count in found.items() if named})

    def parties(self) -> Counter[str]:
        """The number of frames per party, in both directions."""
        found: Counter[str] = Counter()
        for (seat, _named, _protocol), count in self._frames.items():
            found[self.seats[seat].party] += count
        return found

    def protocols(self) -> list[str]:
        """The names of the protocols of the sessions, the most frequent first."""
        found: Counter[str] = Counter()
        for (_seat, _named, protocol), count in self._frames.items():
            found[PROFILE_NAMES[protocol]] += count
        return [name for name, _count in found.most_common()]

    def party(self, number: int) -> str:
        """The printed name of an event's party; empty if it has none."""
        return self.seats[self.seat[number]].party

    def like(self, one: int, other: int) -> bool:
        """Whether a list folds two events as similar: pushes or control frames of one session, direction and method."""
        return (
            self.tone[one] == self.tone[other]
            and self.tone[one] in FOLDED
            and self.method[one] == self.method[other]
            and self.seat[one] == self.seat[other]
            and (self.flags[one] ^ self.flags[other]) & TO_NODE == 0
            and not (self.flags[one] | self.flags[other]) & ODD
        )


MANY = 100
"""Most seats that are searched for one that exists already."""

FOLDED = frozenset({PUSH, CONTROL})


OF_KINDS: dict[Kind | None, int] = {
    "request": REQUEST,
    "notification": PUSH,
    "result": ANSWER,
    "error": ERROR,
    None: PUSH,
}
