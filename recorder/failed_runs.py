"""Why a run against a live node takes the place of no capture: something went wrong in it that says nothing of the node.

Rule: pure. What the recorded run had as often is no reason.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from http import HTTPStatus

from recorder.close_codes import ABNORMAL
from recorder.jsonrpc import CALLS
from recorder.model import MARK, Closed, Frame
from recorder.timeline import Part, Script, Step
from recorder.timeline.refusals import by_node, lacks_answer, refuses_by_status, status_of

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
    if why := _secret_refused(recorded, live, masked):
        return why
    for status in sorted(_statuses(live) - _statuses(recorded)):
        hint = "; --header gives a header that is masked" if status in UNKNOWN else ""
        return f"the node answered {status_of(status)}{hint}"
    for method in _unanswered(live) - _unanswered(recorded):
        return f"{method} got no answer in this run"
    for method in _sent(recorded) - _sent(live):
        return f"{method} was not sent in this run"
    return ""


def _secret_refused(recorded: Script, live: Script, masked: Mapping[int, str]) -> str:
    """Which call with a secret was refused, and what it was sent with; empty if none was."""
    refused = _refused(live) - _refused(recorded)
    for step in recorded.steps:
        part = next((one for one in step.parts if one.method in refused), None) if step.direction == "to_node" else None
        if part is None or not (mark := masked.get(step.line) or _mark(step)):
            continue
        if step.line in masked:
            gives = f"--secret '{mark[1:-1]}=…' gives what that stands for"
            return f"{part.method} was refused; it was sent with {mark}, and {gives}"
        return f"{part.method} was refused; it was sent with what --secret gives for {mark}"
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
        if isinstance(step.event, Frame) and step.refuses and by_node(step.event)
    }
    waiting = (one for one in _calls(script) if one.answer is None and one not in settled)
    return Counter(one.method for one in waiting if (one.step.session, one.step.exchange) not in refusals)


def _mark(step: Step) -> str:
    """The first mark in a frame; empty where it has none."""
    found = MARK.search(step.event.payload.decode(errors="replace")) if isinstance(step.event, Frame) else None
    return found[0] if found else ""


def _statuses(script: Script) -> Counter[int]:
    """How often a node refused a call by its status, by that."""
    events = (step.event for step in script.steps)
    return Counter(
        event.status for event in events if isinstance(event, Frame) and refuses_by_status(event) and by_node(event)
    )


def _sent(script: Script) -> Counter[str]:
    """How often parties sent each method, but for what only looks how things are, or keeps a session open."""
    steps = (step for step in script.steps if step.direction == "to_node" and not (step.polls or step.keeps_alive))
    return Counter(part.method for step in steps for part in step.parts if part.kind in CALLS)


def _calls(script: Script) -> list[Part]:
    """The calls of parties."""
    steps = (step for step in script.steps if step.direction == "to_node")
    return [part for step in steps for part in step.parts if part.kind == "request"]
