"""What parties tried in vain while their node could not be reached, before they did it again.

Rule: pure, and a conclusion from what was said in the node's place alone: what the node itself has refused is no try.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from recorder.jsonrpc import json_bytes
from recorder.model import Frame, Opened, Refused
from recorder.timeline.exchanges import bare
from recorder.timeline.refusals import lacks_answer
from recorder.timeline.steps import Step


class Tries(NamedTuple):
    """The tries of a capture.

    Args:
        in_vain: the calls over HTTP that were made again, and what they were told: the indexes of these steps.
        insisted: what was tried before: the lines of calls, and of openings of WebSockets.
    """

    in_vain: frozenset[int]
    insisted: frozenset[int]


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
    in_vain: dict[str, list[int]] = {}  # by URL, the lines
    for line, event in sorted(refused.items()):
        if lacks_answer(event):
            in_vain.setdefault(event.url, []).append(line)
    before: dict[str, int] = {}  # by URL, how many of them stand before the last opening
    found: set[int] = set()
    for step in all_steps if in_vain else ():
        if isinstance(step.event, Opened) and (lines := in_vain.get(step.event.url)):
            count = bisect_left(lines, step.line)
            if count > before.get(step.event.url, 0):
                found.add(step.line)
            before[step.event.url] = count
    return found


def _says_nothing(step: Step) -> bool:
    """Whether it was said in the node's place."""
    return isinstance(step.event, Frame) and lacks_answer(step.event) and step.refuses


def _content(step: Step) -> bytes:
    """A frame without the ids of its messages."""
    values = [bare(part.value) for part in step.parts]
    assert isinstance(step.event, Frame)
    return json_bytes(values) if None not in values else step.event.payload
