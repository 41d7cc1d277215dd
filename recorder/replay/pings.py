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
