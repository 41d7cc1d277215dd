"""Pings that keep a session open: how many there are depends on a clock, so a run is the same with more or with fewer.

Rule: pure. A recorded ping is played and matched like any frame where it comes; nothing waits long for one, and one
that nobody recorded is answered as the profile says.
"""

from __future__ import annotations

import json
from typing import Any

from recorder.aliases import Rewriter
from recorder.model import Frame
from recorder.replay.script import Script, Step

PATIENCE = 0.2
"""Seconds until a run goes on without a recorded ping."""


def unrecorded(script: Script, message: Any, waiting: list[Step]) -> bool:
    """Whether a message is a ping (or its answer) and none is recorded for now."""
    return script.profile.keeps_alive(message) and not any(step.keeps_alive for step in waiting)


def pong(script: Script, session: int, rewriter: Rewriter) -> bytes:
    """The node's answer to a ping in a session."""
    events = (step.event for step in script.steps if step.session == session and isinstance(step.event, Frame))
    channel = next(filter(None, map(script.profile.channel, events)), "")
    return json.dumps(script.profile.pong(rewriter.text(channel)), separators=(",", ":")).encode()


def leave_out(waiting: dict[int, list[Step]], ping: Step) -> None:
    """Go on without a ping that does not come, and without the answer to it.

    Args:
        waiting: what has not happened yet, by session; a session of which nothing is left goes.
        ping: one of them.
    """
    steps = waiting[ping.session]
    steps.remove(ping)
    answer = next((step for step in steps if step.keeps_alive and step.direction != ping.direction), None)
    if answer is not None:
        steps.remove(answer)
    if not steps:
        del waiting[ping.session]
