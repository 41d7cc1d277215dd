"""Streams that clients open to listen: when a played party asks for one, and which one a live client asks for.

Rule: pure. A party asks when all has happened that came before it in its session; a live request is for the recorded one
whose own differs least.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping

from recorder.bindings import Bindings
from recorder.headers import Headers, telling
from recorder.replay.actions import Listen
from recorder.replay.plan import Plan
from recorder.replay.progress import Progress
from recorder.replay.voice import Voice
from recorder.timeline import Step
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
        ours = (one for one in in_order(plan.script.streams) if parties.get(one.head.session) in ends)
        self._left = [] if NODE in ends else [*ours]

    def due(self, step: Step | None = None) -> Iterator[Listen]:
        """What to ask for now; with a step that is taken, what was asked for before it too, whatever has not come."""
        for stream in [one for one in self._left if self._is_due(one, step)]:
            self._left.remove(stream)
            yield Listen(stream.head.session, self._voice.headers(stream.headers))

    def _is_due(self, stream: Stream, step: Step | None) -> bool:
        if step is not None and step.session == stream.head.session and step.line > stream.line:
            return True
        return not self._steps.waits_before(stream.head.session, stream.line)


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
