"""Answers of a mock node to what live clients ask, and what it says to requests that nobody recorded.

Rule: pure. An answer is made when it goes out, of what is bound then, under the live id of its request.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from recorder.profiles import Profile
from recorder.replay.actions import Headers
from recorder.timeline import Part, Step

UNRECORDED = -32001
"""JSON-RPC error code, of those left to servers."""

ERROR = {"code": UNRECORDED, "message": "the recorder has no such request on record"}

NO_CONTENT = 204


@dataclass
class Said:
    """One message of a reply.

    Args:
        part: the recorded answer; None where this is a refusal.
        live_id: the id that its request came with, as JSON.
        refusal: the refusal.
        again: whether it has been given before.
    """

    part: Part | None = None
    live_id: bytes | None = None
    refusal: dict[str, Any] | None = None
    again: bool = False


@dataclass
class Reply:
    """What answers one live frame.

    Args:
        session: in which it came.
        exchange: over HTTP, the live request's number; else 0.
        batch: whether it came as a batch.
        said: the answers, in the order of their requests.
        status: over HTTP.
        headers: over HTTP.
    """

    session: int
    exchange: int
    batch: bool
    said: list[Said] = field(default_factory=list)
    status: int = NO_CONTENT
    headers: Headers = ()

    @property
    def index(self) -> int:
        """Its place among what the node does: that of the last of its answers."""
        return max((one.part.step.index for one in self.said if one.part is not None), default=-1)

    @property
    def steps(self) -> list[Step]:
        """The recorded frames that it is made of."""
        return [one.part.step for one in self.said if one.part is not None]


def refusal(profile: Profile, message: Any) -> dict[str, Any] | None:
    """What a node answers to a message that nobody recorded, so that its client does not wait for ever.

    None to what asks nothing.
    """
    return profile.refusal(message, dict(ERROR)) if isinstance(message, dict) else None
