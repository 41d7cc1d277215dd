"""What a profile is: all that the recorder must know of one protocol, and nothing about how it is used.

Rule: plain data and pure functions of one frame or one URL; whatever joins several frames lives in `sessions`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from recorder.model import Frame


@dataclass(frozen=True, kw_only=True)
class Volatile:
    """Which values differ from run to run: they are bound where they first appear instead of being compared.

    Args:
        numbers: names of fields whose numbers do.
        texts: names of fields whose texts do; encoded texts (`ak_…`) always do.
        counters: those of `numbers` that begin anywhere, and then count one by one.
    """

    numbers: frozenset[str] = frozenset({"timestamp"})
    texts: frozenset[str] = frozenset({"timestamp"})
    counters: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Profile:
    """The meaning of one protocol.

    Args:
        role: the role that a session's URL gives to its party; empty where it names none.
        info: the info line that follows a frame in the documents; empty for most frames.
        channel: the channel a frame speaks of; empty where it names none.
        volatile: which values differ from run to run.
        keeps_alive: whether a message only keeps a session open; how many of them there are depends on the clock.
        quotes: whether the node's errors have reasons under `data` and quote under `request` what they answer, so that
            frames without an id are answered too.
        pong: the node's answer to such a message of a party, in a channel (or none yet).
        telling: names of fields of `params.data` that tell frames of one method apart.
        session_header: the HTTP header that tells sessions apart, in the node's answer and the requests after it; empty
            where there is none.
        stream: of a frame's label (its method and what is telling), the row of frames it comes in order with; pushes
            that something outside of the session causes come in a row of their own.
    """

    role: Callable[[str], str] = lambda _url: ""
    info: Callable[[Frame], str] = lambda _frame: ""
    channel: Callable[[Frame], str] = lambda _frame: ""
    volatile: Volatile = Volatile()
    keeps_alive: Callable[[Any], bool] = lambda _message: False
    quotes: bool = False
    pong: Callable[[str], Any] = lambda _channel: None
    telling: tuple[str, ...] = ()
    session_header: str = ""
    stream: Callable[[str], str] = lambda _label: ""
