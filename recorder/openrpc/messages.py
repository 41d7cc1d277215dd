"""The messages of a capture with the method that each belongs to.

Rule: `timeline` says which request is answered; params and results stay raw JSON here, whatever their length.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from recorder.jsonrpc import Message, parse
from recorder.model import AnyEvent, Direction, Frame
from recorder.timeline.followed import Followed

NOBODY = 0
"""In the place of the line of a request that is not in the capture; no event has this line."""


class Sent(NamedTuple):
    """A message.

    Args:
        line: of the capture.
        place: of the message in its frame, from 0.
        direction: in which it went.
        method: that it calls, or that the request has which it answers; empty if that is unknown.
        message: its members.
        asked: the line and the place of the request that it answers; `NOBODY` twice for what is no answer.
    """

    line: int
    place: int
    direction: Direction
    method: str
    message: Message
    asked: tuple[int, int]


def messages(profile: str, events: Iterable[AnyEvent]) -> Iterator[Sent]:
    """Every message of a capture, in the order of the timeline.

    Args:
        profile: of its header.
        events: all of them.
    """
    followed = Followed(profile)
    for line, event in enumerate(events, 2):
        if not isinstance(event, Frame):
            followed.see(event)
            continue
        items = followed.look(event, line).items
        for place, (item, message) in enumerate(zip(items, parse(event.payload), strict=False)):
            request = item.request
            asked = (NOBODY, NOBODY) if request is None else (request.mark, request.place)
            yield Sent(line, place, event.direction, item.answered or item.method, message, asked)
