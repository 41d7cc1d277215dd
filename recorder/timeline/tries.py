"""What parties tried in vain while their node could not be reached, before they did it again.

Rule: pure, and a conclusion from what was said in the node's place alone: what the node itself has refused is no try.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from recorder.jsonrpc import json_bytes
from recorder.model import Frame, Opened, Refused
from recorder.timeline.exchanges import bare
from recorder.timeline.refusals import lacks_answer, refuses
from recorder.timeline.steps import Step


class Tries(NamedTuple):
    """The tries of a capture.

    Args:
        steps: the indexes of calls over HTTP that were made again, and of what they were told.
        insisted: the lines of what was tried before: calls, and openings of WebSockets.
    """

    steps: frozenset[int] = frozenset()
    insisted: frozenset[int] = frozenset()


def tries(all_steps: Sequence[Step], refused: Mapping[int, Refused]) -> Tries:
    """What was tried in vain, and what came of it.

    Args:
        all_steps: of a capture.
        refused: its refused handshakes, by line.
    """
    told: dict[tuple[int, int], list[Step]] = {}
    for step in all_steps:
        if step.exchange and step.direction == "from_node":
            told.setdefault((step.session, step.exchange), []).append(step)
    in_vain = {place: steps for place, steps in told.items() if all(map(_says_nothing, steps))}
    found: set[int] = set()
    insisted = _handshakes(all_steps, refused)
    last: dict[tuple[int, bytes], Step] = {}  # by session and content, the last call in vain
    for step in all_steps if in_vain else ():
        if not step.exchange or step.direction == "from_node":
            continue
        what, answers = (step.session, _content(step)), in_vain.get((step.session, step.exchange), [])
        if (before := last.pop(what, None)) is not None:
            found.update(one.index for one in (before, *in_vain[before.session, before.exchange]))
            insisted.add(step.line)
        if answers:
            last[what] = step
    return Tries(frozenset(found), frozenset(insisted))


def _handshakes(all_steps: Sequence[Step], refused: Mapping[int, Refused]) -> set[int]:
    """The lines of openings whose handshake had been tried in vain just before."""
    in_vain = {line: event.url for line, event in refused.items() if lacks_answer(event)}
    opened: dict[str, int] = {}  # by URL, the line of the last opening
    found: set[int] = set()
    for step in all_steps if in_vain else ():
        if isinstance(step.event, Opened):
            url, before = step.event.url, opened.get(step.event.url, 0)
            if any(other == url and before < line < step.line for line, other in in_vain.items()):
                found.add(step.line)
            opened[url] = step.line
    return found


def _says_nothing(step: Step) -> bool:
    return isinstance(step.event, Frame) and lacks_answer(step.event) and refuses(step.event)


def _content(step: Step) -> bytes:
    """A call without its id."""
    values = [bare(part.value) for part in step.parts]
    assert isinstance(step.event, Frame)
    return json_bytes(values) if None not in values else step.event.payload
