"""Why a run against a live node takes the place of no capture: something went wrong in it that says nothing of the node.

Rule: pure. What the recorded run had as often is no reason.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from http import HTTPStatus

from recorder.close_codes import ABNORMAL
from recorder.model import Closed, Frame
from recorder.timeline import Part, Script
from recorder.timeline.refusals import by_node, lacks_answer, refuses, status_of

UNKNOWN = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
"""What a node answers that does not know who asks, or does not let them in."""


def failure(recorded: Script, live: Script, masked: Mapping[int, str]) -> str:
    """What went wrong in a run; empty if nothing did.

    Args:
        recorded: what was played.
        live: what came of it.
        masked: by the line of the recorded capture, a mark that was sent in the place of a secret.
    """
    if _lost(live) > _lost(recorded):
        return "the node was lost in this run"
    refused = _refused(live) - _refused(recorded)
    for step in recorded.steps:
        mark = masked.get(step.line, "")
        if mark and (part := next((one for one in step.parts if one.method in refused), None)):
            gives = f"--secret '{mark[1:-1]}=…' gives what that stands for"
            return f"{part.method} was refused; it was sent with {mark}, and {gives}"
    for status in sorted(_unknown(live) - _unknown(recorded)):
        return f"the node answered {status_of(status)}; --header gives a header that is masked"
    for method in _unanswered(live) - _unanswered(recorded):
        return f"{method} got no answer in this run"
    for method in _sent(recorded) - _sent(live):
        return f"{method} was not sent in this run"
    return ""


def _lost(script: Script) -> int:
    """How often a connection was lost, or a call got no answer of its node."""
    events = [step.event for step in script.steps]
    lost = sum(isinstance(event, Closed) and event.code == ABNORMAL for event in events)
    return lost + sum(isinstance(event, Frame) and lacks_answer(event) for event in events)


def _refused(script: Script) -> Counter[str]:
    """How often the calls of each method were answered by an error."""
    return Counter(one.method for one in _calls(script) if one.answer is not None and one.answer.kind == "error")


def _unanswered(script: Script) -> Counter[str]:
    """How often those of each method got no answer, though nobody had called them off; a status that refuses is one."""
    settled = {*script.called_off.values()}
    refusals = {
        (step.session, step.exchange)
        for step in script.steps
        if isinstance(step.event, Frame) and refuses(step.event) and by_node(step.event)
    }
    waiting = (one for one in _calls(script) if one.answer is None and one not in settled)
    return Counter(one.method for one in waiting if (one.step.session, one.step.exchange) not in refusals)


def _unknown(script: Script) -> Counter[int]:
    """How often a node did not know who asks, by status."""
    events = (step.event for step in script.steps)
    return Counter(event.status for event in events if isinstance(event, Frame) and event.status in UNKNOWN)


def _sent(script: Script) -> Counter[str]:
    """How often parties sent each method, but for what only looks how things are, or keeps a session open."""
    steps = (step for step in script.steps if step.direction == "to_node" and not (step.polls or step.keeps_alive))
    return Counter(part.method for step in steps for part in step.parts if part.kind in {"request", "notification"})


def _calls(script: Script) -> list[Part]:
    """The calls of parties."""
    steps = (step for step in script.steps if step.direction == "to_node")
    return [part for step in steps for part in step.parts if part.kind == "request"]
