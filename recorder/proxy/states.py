"""The states of a relayed session and of its two ends, and what each event makes of them.

Rule: tables, and nothing else. A state changes through its table alone; what is done about an event is named here and
carried out by `relay` and `takeover`. What is in no table cannot happen, and raises a KeyError if it does.
"""

from __future__ import annotations

from enum import Enum, auto


class Sending(Enum):
    """What becomes of what an end sends."""

    FLOWING = auto()  # it is recorded and forwarded
    LAST_FRAME = auto()  # only until the frame under way is whole: the session is to end
    ENDED = auto()  # nothing: it has sent its half-close
    IGNORED = auto()  # it goes nowhere, not into the capture either
    IGNORED_ENDED = auto()  # nothing, after it was ignored


class SendingEvent(Enum):
    """What happens to what an end sends."""

    RETIRE = auto()  # a frame of it is under way when the session is to end
    LEAVE = auto()
    HALF_CLOSE = auto()
    LOSS = auto()  # its transport is gone; mitmproxy may still hand on what it had read


class Rest(Enum):
    """What becomes of a message that was begun when an event comes."""

    KEPT = auto()  # more of it may come
    RECORDED = auto()  # it is recorded as raw bytes


SENDING: dict[tuple[Sending, SendingEvent], tuple[Sending, Rest]] = {
    (Sending.FLOWING, SendingEvent.RETIRE): (Sending.LAST_FRAME, Rest.KEPT),
    (Sending.FLOWING, SendingEvent.LEAVE): (Sending.IGNORED, Rest.RECORDED),
    (Sending.FLOWING, SendingEvent.HALF_CLOSE): (Sending.ENDED, Rest.RECORDED),
    (Sending.FLOWING, SendingEvent.LOSS): (Sending.FLOWING, Rest.RECORDED),
    (Sending.LAST_FRAME, SendingEvent.RETIRE): (Sending.LAST_FRAME, Rest.KEPT),
    (Sending.LAST_FRAME, SendingEvent.LEAVE): (Sending.IGNORED, Rest.RECORDED),
    (Sending.LAST_FRAME, SendingEvent.HALF_CLOSE): (Sending.ENDED, Rest.RECORDED),
    (Sending.LAST_FRAME, SendingEvent.LOSS): (Sending.LAST_FRAME, Rest.RECORDED),
    (Sending.ENDED, SendingEvent.LEAVE): (Sending.IGNORED_ENDED, Rest.KEPT),
    (Sending.ENDED, SendingEvent.LOSS): (Sending.ENDED, Rest.KEPT),
    (Sending.IGNORED, SendingEvent.RETIRE): (Sending.IGNORED, Rest.KEPT),
    (Sending.IGNORED, SendingEvent.LEAVE): (Sending.IGNORED, Rest.KEPT),
    (Sending.IGNORED, SendingEvent.HALF_CLOSE): (Sending.IGNORED_ENDED, Rest.KEPT),
    (Sending.IGNORED, SendingEvent.LOSS): (Sending.IGNORED, Rest.KEPT),
    (Sending.IGNORED_ENDED, SendingEvent.LEAVE): (Sending.IGNORED_ENDED, Rest.KEPT),
    (Sending.IGNORED_ENDED, SendingEvent.LOSS): (Sending.IGNORED_ENDED, Rest.KEPT),
}

HAS_ENDED = frozenset({Sending.ENDED, Sending.IGNORED_ENDED})
IS_IGNORED = frozenset({Sending.IGNORED, Sending.IGNORED_ENDED})


class Relaying(Enum):
    """How far a session is."""

    FORWARDING = auto()
    RETIRING = auto()  # it ends when the frames under way are whole
    STOPPING = auto()  # both ends got a Close frame
    OVER = auto()  # both transports are gone


class RelayEvent(Enum):
    """What happens to a session; what an end does is followed by `do` to that end and its peer."""

    RETIRE = auto()
    STOP = auto()
    HALF_CLOSE = auto()  # of one end, for the first time
    LAST_HALF_CLOSE = auto()  # of the other
    LOSS = auto()  # of one end's transport, closed in order
    RESET = auto()
    LAST_LOSS = auto()  # of the other end's, however


class Do(Enum):
    """What is done about an event of a session."""

    NOTHING = auto()
    RETIRE = auto()  # leave the ends that stand between two frames, the others after theirs
    TELL = auto()  # leave both ends, with a Close frame where one fits
    FINISH_PEER = auto()  # a half-close for a half-close
    CLOSE_PEER = auto()
    ABORT_PEER = auto()  # a reset for a reset
    CLOSE_END = auto()
    CLOSE_BOTH = auto()
    SAY_OVER = auto()  # to mitmproxy and to whom it may concern


RELAYING: dict[tuple[Relaying, RelayEvent], tuple[Relaying, Do]] = {
    (Relaying.FORWARDING, RelayEvent.RETIRE): (Relaying.RETIRING, Do.RETIRE),
    (Relaying.FORWARDING, RelayEvent.STOP): (Relaying.STOPPING, Do.TELL),
    (Relaying.FORWARDING, RelayEvent.HALF_CLOSE): (Relaying.FORWARDING, Do.FINISH_PEER),
    (Relaying.FORWARDING, RelayEvent.LAST_HALF_CLOSE): (Relaying.FORWARDING, Do.CLOSE_BOTH),
    (Relaying.FORWARDING, RelayEvent.LOSS): (Relaying.FORWARDING, Do.CLOSE_PEER),
    (Relaying.FORWARDING, RelayEvent.RESET): (Relaying.FORWARDING, Do.ABORT_PEER),
    (Relaying.FORWARDING, RelayEvent.LAST_LOSS): (Relaying.OVER, Do.SAY_OVER),
    (Relaying.RETIRING, RelayEvent.RETIRE): (Relaying.RETIRING, Do.NOTHING),
    (Relaying.RETIRING, RelayEvent.STOP): (Relaying.STOPPING, Do.TELL),
    (Relaying.RETIRING, RelayEvent.HALF_CLOSE): (Relaying.RETIRING, Do.FINISH_PEER),
    (Relaying.RETIRING, RelayEvent.LAST_HALF_CLOSE): (Relaying.RETIRING, Do.CLOSE_BOTH),
    (Relaying.RETIRING, RelayEvent.LOSS): (Relaying.RETIRING, Do.CLOSE_PEER),
    (Relaying.RETIRING, RelayEvent.RESET): (Relaying.RETIRING, Do.ABORT_PEER),
    (Relaying.RETIRING, RelayEvent.LAST_LOSS): (Relaying.OVER, Do.SAY_OVER),
    (Relaying.STOPPING, RelayEvent.RETIRE): (Relaying.STOPPING, Do.NOTHING),
    (Relaying.STOPPING, RelayEvent.STOP): (Relaying.STOPPING, Do.NOTHING),
    (Relaying.STOPPING, RelayEvent.HALF_CLOSE): (Relaying.STOPPING, Do.CLOSE_END),
    (Relaying.STOPPING, RelayEvent.LAST_HALF_CLOSE): (Relaying.STOPPING, Do.CLOSE_BOTH),
    (Relaying.STOPPING, RelayEvent.LOSS): (Relaying.STOPPING, Do.NOTHING),  # the other end has its moment to answer
    (Relaying.STOPPING, RelayEvent.RESET): (Relaying.STOPPING, Do.NOTHING),
    (Relaying.STOPPING, RelayEvent.LAST_LOSS): (Relaying.OVER, Do.SAY_OVER),
    (Relaying.OVER, RelayEvent.RETIRE): (Relaying.OVER, Do.NOTHING),
    (Relaying.OVER, RelayEvent.STOP): (Relaying.OVER, Do.NOTHING),
}


class Holding(Enum):
    """Whose an end's transport is, and whether it still takes bytes."""

    LENT = auto()  # mitmproxy reads it, and hands on what it reads
    LENT_FINISHED = auto()  # and our half of it is closed
    OURS = auto()
    OURS_FINISHED = auto()
    GONE = auto()


class HoldingEvent(Enum):
    """What happens to an end's transport."""

    TAKE_OVER = auto()
    FINISH = auto()  # we close our half
    CLOSE = auto()  # we close it, or reset it
    LOSS = auto()  # asyncio says that it is gone
    LAYER_HALF_CLOSE = auto()  # mitmproxy says that the other end sends no more
    LAYER_LOSS = auto()  # mitmproxy says so of a transport that is gone


class Say(Enum):
    """What is done about an event of an end's transport."""

    NOTHING = auto()
    TAKE_OVER = auto()
    FINISH = auto()
    HALF_CLOSED = auto()
    LOST = auto()


HOLDING: dict[tuple[Holding, HoldingEvent], tuple[Holding, Say]] = {
    (Holding.LENT, HoldingEvent.TAKE_OVER): (Holding.OURS, Say.TAKE_OVER),
    (Holding.LENT, HoldingEvent.FINISH): (Holding.LENT_FINISHED, Say.FINISH),
    (Holding.LENT, HoldingEvent.CLOSE): (Holding.GONE, Say.LOST),  # mitmproxy alone would hear of it
    (Holding.LENT, HoldingEvent.LAYER_HALF_CLOSE): (Holding.LENT, Say.HALF_CLOSED),
    (Holding.LENT, HoldingEvent.LAYER_LOSS): (Holding.GONE, Say.LOST),
    (Holding.LENT_FINISHED, HoldingEvent.TAKE_OVER): (Holding.OURS_FINISHED, Say.TAKE_OVER),
    (Holding.LENT_FINISHED, HoldingEvent.FINISH): (Holding.LENT_FINISHED, Say.NOTHING),
    (Holding.LENT_FINISHED, HoldingEvent.CLOSE): (Holding.GONE, Say.LOST),
    (Holding.LENT_FINISHED, HoldingEvent.LAYER_HALF_CLOSE): (Holding.LENT_FINISHED, Say.HALF_CLOSED),
    (Holding.LENT_FINISHED, HoldingEvent.LAYER_LOSS): (Holding.GONE, Say.LOST),
    (Holding.OURS, HoldingEvent.FINISH): (Holding.OURS_FINISHED, Say.FINISH),
    (Holding.OURS, HoldingEvent.CLOSE): (Holding.OURS, Say.NOTHING),  # it is lost when all is sent
    (Holding.OURS, HoldingEvent.LOSS): (Holding.GONE, Say.LOST),
    (Holding.OURS, HoldingEvent.LAYER_HALF_CLOSE): (Holding.OURS, Say.NOTHING),  # an echo of our own word
    (Holding.OURS, HoldingEvent.LAYER_LOSS): (Holding.OURS, Say.NOTHING),
    (Holding.OURS_FINISHED, HoldingEvent.FINISH): (Holding.OURS_FINISHED, Say.NOTHING),
    (Holding.OURS_FINISHED, HoldingEvent.CLOSE): (Holding.OURS_FINISHED, Say.NOTHING),
    (Holding.OURS_FINISHED, HoldingEvent.LOSS): (Holding.GONE, Say.LOST),
    (Holding.OURS_FINISHED, HoldingEvent.LAYER_HALF_CLOSE): (Holding.OURS_FINISHED, Say.NOTHING),
    (Holding.OURS_FINISHED, HoldingEvent.LAYER_LOSS): (Holding.OURS_FINISHED, Say.NOTHING),
    (Holding.GONE, HoldingEvent.TAKE_OVER): (Holding.GONE, Say.NOTHING),
    (Holding.GONE, HoldingEvent.FINISH): (Holding.GONE, Say.NOTHING),
    (Holding.GONE, HoldingEvent.CLOSE): (Holding.GONE, Say.NOTHING),
    (Holding.GONE, HoldingEvent.LAYER_HALF_CLOSE): (Holding.GONE, Say.NOTHING),
    (Holding.GONE, HoldingEvent.LAYER_LOSS): (Holding.GONE, Say.NOTHING),
}

GONE = Holding.GONE
TAKING = frozenset({Holding.LENT, Holding.OURS})
"""In these an end takes bytes."""
