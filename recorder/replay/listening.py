"""Streams that clients open to listen: when a played party asks for one, and which one a live client asks for.

Rule: pure. A party asks when all has happened that came before it in its session; a live request is for the recorded one
whose own differs least.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Container, Iterator, Mapping
from operator import attrgetter

from recorder.bindings import Bindings
from recorder.headers import Headers, telling
from recorder.replay.actions import Listen
from recorder.replay.plan import Plan
from recorder.replay.progress import Progress
from recorder.replay.voice import Voice
from recorder.timeline.handed_out import HANDED
from recorder.timeline.listening import in_order
from recorder.timeline.script import NODE
from recorder.timeline.steps import Stream


class Listening:
    """The streams that played parties are still to ask for in one run.

    Args:
        plan: what is played, and how.
        voice: makes live headers.
        steps: how far the run has come.
    """

    def __init__(self, plan: Plan, voice: Voice, steps: Progress) -> None:
        self._voice, self._steps = voice, steps
        ends, parties = plan.settings.ends, plan.script.parties
        self._left: dict[int, deque[Stream]] = {}  # by session
        for stream in in_order(plan.script.streams) if NODE not in ends else ():
            if parties.get(session := stream.head.session) in ends:
                self._left.setdefault(session, deque()).append(stream)

    def due(self) -> Iterator[Listen]:
        """What to ask for now."""
        due: list[Stream] = []
        for session in self._left.keys() & self._steps.moved():
            left = self._left[session]
            while left and not self._steps.waits_before(session, left[0].line):  # else those behind it wait too
                due.append(left.popleft())
        for stream in sorted(due, key=attrgetter("line")):
            yield Listen(stream.head.session, self._voice.headers(stream.headers))


def likeliest(streams: Mapping[int, Stream], live: Headers, begun: Container[int], bindings: Bindings) -> int:
    """The number of the stream that a live request is for; of those that it may be for, one that has not begun.

    Args:
        streams: of its session, by number.
        live: the headers of the request.
        begun: the streams that somebody listens to.
        bindings: what stands for what.
    """
    own = {number: dict(telling(stream.headers)) for number, stream in streams.items()}
    told_apart = {name for one in own.values() for name in one if len({two.get(name) for two in own.values()}) > 1}
    came = {name.lower(): value for name, value in live}

    def differs(number: int) -> int:
        recorded = {name: own[number].get(name) for name in told_apart}
        return sum(came.get(name) not in {one, bindings.get(HANDED, one or "")} for name, one in recorded.items())

    return min(streams, key=lambda number: (differs(number), number in begun, number))
