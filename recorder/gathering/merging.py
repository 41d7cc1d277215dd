"""Merges the lines of several captures into one timeline: by corrected time, and never an effect before its cause.

Rule: only times and numbers of sessions are replaced; every other byte of a line stays as it is. The lines of one capture
stay in their order, and one line of each capture is held at a time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from heapq import heapify, heappop, heappush, heapreplace

import msgspec
from msgspec import Raw

from recorder.capture import frame_head
from recorder.gathering.clocks import Clock
from recorder.gathering.pairs import Pair

_members = msgspec.json.Decoder(dict[str, Raw])
_number = msgspec.json.Decoder(int)
_encoder = msgspec.json.Encoder()

TIMES = ("time", "asked")

Head = tuple[int, int, int, int, bytes, int, bytes]
"""The next line of a capture; lines are sorted by the first two members.

The latest corrected time up to this line (so that lines stay in their order), the number of the capture, the number of the
line, its own corrected time, its session in its capture (empty if it has none), the offset of what follows these members (0 if
the line does not begin with them), and the line.
"""


class Merging:
    """One timeline of several captures: iterate over it once, for its lines.

    Args:
        captures: the lines of each capture, without the header.
        clocks: the clock of each capture.
        held: pairs that the corrected times do not keep: their effects wait for their causes.

    Attributes:
        impossible: the pairs whose effect stands before its cause, which itself had to wait for the effect.
    """

    def __init__(self, captures: Sequence[Iterable[bytes]], clocks: Sequence[Clock], held: Iterable[Pair] = ()) -> None:
        self.impossible: list[Pair] = []
        self._heads = [iter(_heads(at, lines, clocks[at])) for at, lines in enumerate(captures)]
        self._clocks = clocks
        self._numbers: list[dict[bytes, bytes]] = [{b"": b""} for _ in captures]
        self._given = 0
        self._passed = [0] * len(captures)  # the number of the last line of each that has passed
        self._held: dict[tuple[int, int], list[Pair]] = {}  # by the capture and the line of the effect
        for pair in held:
            self._held.setdefault((pair.effect.capture, pair.effect.line), []).append(pair)

    def __iter__(self) -> Iterator[bytes]:
        heads, numbers, passed = self._heads, self._numbers, self._passed
        heap = [head for lines in heads if (head := next(lines, None)) is not None]
        heapify(heap)
        waiting: list[Head] = []
        while heap or waiting:
            if not heap:
                self._give_way(heap, waiting)
            head = heap[0]
            if self._held and self._waits(head):
                waiting.append(heappop(heap))
                continue
            _key, capture, number, time, own, rest, line = head
            if (session := numbers[capture].get(own)) is None:
                session = self._numbered(capture, own)
            yield (
                b'{"event":"frame","time":%d,"session":%b%b' % (time, session, line[rest:])
                if rest
                else _rewritten(line, self._clocks[capture], session)
            )
            passed[capture] = number
            if (following := next(heads[capture], None)) is not None:
                heapreplace(heap, following)
            else:
                heappop(heap)
            for other in [other for other in waiting if not self._waits(other)] if waiting else ():
                waiting.remove(other)
                heappush(heap, other)

    def _waits(self, head: Head) -> bool:
        return any(self._passed[cause.capture] < cause.line for cause, _effect in self._held.get(head[1:3], ()))

    def _give_way(self, heap: list[Head], waiting: list[Head]) -> None:
        """All lines wait for each other: let the earliest go first."""
        head = min(waiting)
        waiting.remove(head)
        heap.append(head)
        pairs = self._held.pop(head[1:3])
        self.impossible += [pair for pair in pairs if self._passed[pair.cause.capture] < pair.cause.line]

    def _numbered(self, capture: int, session: bytes) -> bytes:
        self._given += 1
        given = self._numbers[capture][session] = b"%d" % self._given
        return given


def _heads(capture: int, lines: Iterable[bytes], clock: Clock) -> Iterator[Head]:
    key = 0
    corrected, steady, shift = clock.corrected, clock.rate == 1, -clock.ahead
    for number, line in enumerate(lines, 2):  # the header is line 1
        found = frame_head(line)
        if found is not None:
            stamp, session = found.groups()
            time = int(stamp) + shift if steady else corrected(int(stamp))
            rest = found.end()
        else:
            members = _members.decode(line)
            time = corrected(known) if (known := _int(members, "time")) else 0
            session, rest = b"%d" % _int(members, "session") if "session" in members else b"", 0
        if time > key:  # noqa: PLR1730 - for every event; a call would take longer
            key = time
        yield key, capture, number, time, session, rest, line


def _int(members: Mapping[str, Raw], name: str) -> int:
    return _number.decode(members[name]) if name in members else 0


def renewed(line: bytes, clock: Clock, session: bytes) -> bytes:
    """The line of an event with its times corrected by a clock, and with this number of its session, if it has one."""
    if (found := frame_head(line)) is None:
        return _rewritten(line, clock, session)
    return b'{"event":"frame","time":%d,"session":%b%b' % (clock.corrected(int(found[1])), session, line[found.end() :])


def _rewritten(line: bytes, clock: Clock, session: bytes) -> bytes:
    members = _members.decode(line)
    for name in TIMES:
        if time := _int(members, name):
            members[name] = Raw(b"%d" % clock.corrected(time))
    if session and "session" in members:
        members["session"] = Raw(session)
    return _encoder.encode(members) + b"\n"
