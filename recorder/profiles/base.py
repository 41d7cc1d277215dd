"""What a profile is: all that the recorder must know of one protocol, and nothing about how it is used.

Rule: plain data and pure functions of one frame or one URL; whatever joins several frames lives in `sessions`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from recorder.model import Frame


@dataclass(frozen=True, kw_only=True)
class Profile:
    """The meaning of one protocol.

    Args:
        role: the role that a session's URL gives to its party; empty where it names none.
        info: the info line that follows a frame in the documents; empty for most frames.
        channel: the channel a frame speaks of; empty where it names none.
    """

    role: Callable[[str], str] = lambda _url: ""
    info: Callable[[Frame], str] = lambda _frame: ""
    channel: Callable[[Frame], str] = lambda _frame: ""
