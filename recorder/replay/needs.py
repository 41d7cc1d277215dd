"""What each frame of a played node waits for.

Rule: pure, made once from a script. A frame needs the request that it answers, the call that it reports on, or its cause,
and the steps that carried the same things before. The steps that usually precede it (the push before it, and what the
node was answered since; in a lockstep protocol everything that the node and the parties did before) are wanted: it waits for
them only a limited time.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from recorder.model import SECOND
from recorder.replay.patience import BEHIND
from recorder.replay.reports import Reports
from recorder.timeline import Part, Step

NODE = 0
"""Instead of a session's number: the node itself."""


@dataclass(frozen=True)
class Needs:
    """What a step waits for, by index.

    Args:
        needed: what must have happened.
        wanted: what should have.
    """

    needed: frozenset[int]
    wanted: frozenset[int] = frozenset()

    def among(self, pending: Iterable[int]) -> Needs:
        """Those that are still to happen."""
        left = frozenset(pending)
        return Needs(self.needed & left, (self.wanted & left) - self.needed)


def needs_of(steps: Iterable[Step], reports: Reports) -> dict[int, Needs]:
    """What each frame of the node waits for, by its index."""
    found: dict[int, Needs] = {}
    last_push: dict[tuple[int, int], int] = {}
    last: dict[tuple[int, str], int] = {}  # of each session's party, thread by thread, and of the node
    replies: dict[tuple[int, int], list[int]] = {}  # to what the node had asked, by where it did
    for step in steps:
        thread = step.session, step.thread
        if step.direction == "to_node":
            if not step.keeps_alive and not step.polls:
                last[thread] = step.index
            for asked in step.answers:
                replies.setdefault((step.session, asked.step.exchange), []).append(step.index)
            continue
        if step.kind != "frame":
            continue
        wanted = set(last.values()) if step.profile.lockstep else set()
        place = step.session, step.exchange
        heard = replies.get(place, [])
        if requests := frozenset(part.step.index for part in step.answers):
            found[step.index] = Needs(requests, frozenset(wanted))
        elif (call := reports.calls.get(step.index)) is not None:
            told = reports.on(call)
            before = told[: bisect_left(told, step.index)]
            wanted = {*before[-1:], *heard[bisect_left(heard, before[-1] if before else call) :]}
            found[step.index] = Needs(frozenset({call, *step.after}), frozenset(wanted))
            last_push[step.session, 0] = step.index
        else:
            wanted |= {last_push[place]} if place in last_push else set()
            wanted.update(heard[bisect_left(heard, last_push.get(place, 0)) :])
            cause = {step.cause} if step.cause >= 0 else set()
            if not step.exchange and thread in last:  # its party had done that, whoever else had come before
                cause.add(last[thread])
            found[step.index] = Needs(frozenset({*cause, *step.after}), frozenset(wanted))
            last_push[place] = step.index
        if not step.keeps_alive:
            last[NODE, ""] = step.index
    return found


class AskedBack:
    """What happens before the node answers its parties: they answer its own requests, or cancel theirs, and it reports.

    Args:
        steps: all of the script.
        reports: the pushes that report on calls.
        called_off: the requests that were called off, by the index of the step that did it.

    Attributes:
        beside: by answer, the last push before it, if its party had said more right behind its request by then: nothing
            shows of which of these the push comes. It wants the pushes before it.
    """

    def __init__(self, steps: Sequence[Step], reports: Reports, called_off: Mapping[int, Part]) -> None:
        self._reports = reports
        self._from_elsewhere: dict[int, list[tuple[int, int]]] = {}  # in each session: push, and whose step caused it
        self._asked: dict[int, list[tuple[int, int]]] = {}  # in each session: question and answer, by index
        self._pushed: dict[tuple[int, int], list[int]] = {}  # in each exchange over HTTP
        self.beside = _beside(steps, reports)
        self._calls_off = called_off
        self._called_off = {request: index for index, request in called_off.items()}
        unanswered = (request for request in called_off.values() if request.answer is None)
        self._given_up = {(request.step.session, request.step.exchange) for request in unanswered}
        for step in steps:
            if step.direction == "from_node":
                for part in step.parts:
                    if part.kind == "request" and part.answer is not None:
                        self._asked.setdefault(step.session, []).append((step.index, part.answer.step.index))
                    if step.exchange and part.request is None and not step.bodiless:
                        self._pushed.setdefault((step.session, step.exchange), []).append(step.index)
                if _is_caused(step) and (other := steps[step.cause].session) != step.session:
                    self._from_elsewhere.setdefault(step.session, []).append((step.index, other))

    def calls_off(self, step: Step) -> Part | None:
        """The request that a step calls off; None where it does no such thing."""
        return self._calls_off.get(step.index)

    def leaves(self, step: Step) -> int:
        """The exchange over HTTP whose request a step calls off; 0 where it does no such thing."""
        request = self.calls_off(step)
        return request.step.exchange if request is not None else 0

    def not_awaited(self, step: Step) -> set[tuple[int, int]]:
        """The exchanges that a step does not wait for: what it calls off itself, and what nobody answered for that."""
        return {(step.session, self.leaves(step)), *self._given_up}

    def called_off(self, request: Part) -> bool:
        """Whether a party no longer wanted an answer, and got none."""
        return request.answer is None and request in self._called_off

    def told_meanwhile(self, answer: Part) -> list[tuple[int, int]]:
        """What was said between a request and its answer because of other parties: each by index, and their session."""
        assert answer.request is not None
        told = self._from_elsewhere.get(answer.step.session, [])
        return told[bisect_left(told, (answer.request.step.index,)) : bisect_left(told, (answer.step.index,))]

    def before(self, answer: Part) -> frozenset[int]:
        """What must have happened before an answer is given, besides its request."""
        assert answer.request is not None
        step, asked = answer.step, answer.request.step.index
        questions = self._asked.get(step.session, [])
        meanwhile = questions[bisect_left(questions, (asked + 1,)) : bisect_left(questions, (step.index,))]
        pushed = self._pushed.get((step.session, step.exchange), [])
        replies = [reply for _question, reply in meanwhile]
        replies += [self._called_off[answer.request]] if answer.request in self._called_off else []
        heard = (reply for reply in replies if reply < step.index)
        return frozenset({*heard, *pushed[: bisect_left(pushed, step.index)], *self._reports.on(asked)})


def _beside(steps: Sequence[Step], reports: Reports) -> dict[Part, int]:
    found: dict[Part, int] = {}
    last: dict[tuple[int, str], Step] = {}  # in each thread, the last push that does not report on a call
    for step in (one for one in steps if one.direction == "from_node"):
        thread = step.session, step.thread
        if (push := last.get(thread)) is not None:
            said = steps[push.cause]
            for part in step.parts:
                asked = said if part.request is None else part.request.step
                if asked.index < said.index and said.event.time - asked.event.time <= BEHIND * SECOND:
                    found[part] = push.index
        if _is_caused(step) and step.index not in reports.calls and steps[step.cause].session == step.session:
            last[thread] = step
    return found


def _is_caused(step: Step) -> bool:
    """Whether a frame of a node is a push that comes of what a party did, outside of an exchange over HTTP."""
    pushed = step.kind == "frame" and not step.keeps_alive and not step.exchange and not any(step.answers)
    return pushed and step.cause >= 0
