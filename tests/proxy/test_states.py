"""The tables of the relay's states: every event has its place, and what is over stays over."""

from __future__ import annotations

from enum import Enum

import pytest

from recorder.proxy.states import (
    HAS_ENDED,
    HOLDING,
    IS_IGNORED,
    RELAYING,
    SENDING,
    TAKING,
    Do,
    Holding,
    HoldingEvent,
    RelayEvent,
    Relaying,
    Rest,
    Say,
    Sending,
    SendingEvent,
)

CANNOT_HAPPEN = {
    (Sending.ENDED, SendingEvent.RETIRE),  # an end that has ended has no frame under way
    (Sending.IGNORED_ENDED, SendingEvent.RETIRE),
    (Sending.ENDED, SendingEvent.HALF_CLOSE),  # the first alone counts
    (Sending.IGNORED_ENDED, SendingEvent.HALF_CLOSE),
    *((Relaying.OVER, event) for event in set(RelayEvent) - {RelayEvent.RETIRE, RelayEvent.STOP}),
    (Holding.LENT, HoldingEvent.LOSS),  # mitmproxy hears of it
    (Holding.LENT_FINISHED, HoldingEvent.LOSS),
    (Holding.GONE, HoldingEvent.LOSS),
    (Holding.OURS, HoldingEvent.TAKE_OVER),
    (Holding.OURS_FINISHED, HoldingEvent.TAKE_OVER),
}
TABLES = {
    "sending": (SENDING, Sending, SendingEvent),
    "relaying": (RELAYING, Relaying, RelayEvent),
    "holding": (HOLDING, Holding, HoldingEvent),
}

STORIES = [
    (SENDING, Sending.FLOWING, "", Sending.FLOWING, []),
    (SENDING, Sending.FLOWING, "HALF_CLOSE LOSS", Sending.ENDED, ["RECORDED", "KEPT"]),
    (SENDING, Sending.FLOWING, "RETIRE RETIRE LEAVE", Sending.IGNORED, ["KEPT", "KEPT", "RECORDED"]),
    (SENDING, Sending.FLOWING, "RETIRE HALF_CLOSE LEAVE", Sending.IGNORED_ENDED, ["KEPT", "RECORDED", "KEPT"]),
    (SENDING, Sending.FLOWING, "LEAVE HALF_CLOSE LEAVE", Sending.IGNORED_ENDED, ["RECORDED", "KEPT", "KEPT"]),
    (SENDING, Sending.FLOWING, "LOSS", Sending.FLOWING, ["RECORDED"]),
    (
        RELAYING,
        Relaying.FORWARDING,
        "HALF_CLOSE LAST_HALF_CLOSE LOSS LAST_LOSS",
        Relaying.OVER,
        ["FINISH_PEER", "CLOSE_BOTH", "CLOSE_PEER", "SAY_OVER"],
    ),
    (RELAYING, Relaying.FORWARDING, "RESET LAST_LOSS", Relaying.OVER, ["ABORT_PEER", "SAY_OVER"]),
    (
        RELAYING,
        Relaying.FORWARDING,
        "RETIRE RETIRE STOP STOP HALF_CLOSE LOSS LAST_LOSS STOP",
        Relaying.OVER,
        ["RETIRE", "NOTHING", "TELL", "NOTHING", "CLOSE_END", "NOTHING", "SAY_OVER", "NOTHING"],
    ),
    (RELAYING, Relaying.FORWARDING, "STOP RESET", Relaying.STOPPING, ["TELL", "NOTHING"]),
    (
        HOLDING,
        Holding.LENT,
        "LAYER_HALF_CLOSE TAKE_OVER FINISH FINISH CLOSE LAYER_LOSS LOSS CLOSE",
        Holding.GONE,
        ["HALF_CLOSED", "TAKE_OVER", "FINISH", "NOTHING", "NOTHING", "NOTHING", "LOST", "NOTHING"],
    ),
    (
        HOLDING,
        Holding.LENT,
        "FINISH CLOSE LAYER_LOSS TAKE_OVER",
        Holding.GONE,
        ["FINISH", "LOST", "NOTHING", "NOTHING"],
    ),
    (HOLDING, Holding.LENT, "LAYER_LOSS LAYER_HALF_CLOSE", Holding.GONE, ["LOST", "NOTHING"]),
    (HOLDING, Holding.OURS, "LAYER_HALF_CLOSE LOSS", Holding.GONE, ["NOTHING", "LOST"]),
]


def reached(table, start: Enum, events: str) -> tuple[Enum, list[str]]:
    """Where a table leads, and what is done on the way."""
    kind = type(next(iter(table))[1])
    state, done = start, []
    for name in events.split():
        state, what = table[state, kind[name]]
        done.append(what.name)
    return state, done


@pytest.mark.parametrize(("table", "start", "events", "end", "done"), STORIES)
def test_events_lead_from_state_to_state(table, start, events, end, done):
    """A session is told to end once, passes on what an end does until then, and says once that it is over."""
    assert reached(table, start, events) == (end, done)


@pytest.mark.parametrize("name", TABLES)
def test_every_event_has_its_place(name):
    """Each event is foreseen in each state, or listed here as one that cannot happen there."""
    table, states, events = TABLES[name]
    missing = {(state, event) for state in states for event in events} - table.keys()
    assert missing == {pair for pair in CANNOT_HAPPEN if isinstance(pair[0], states)}


def test_what_is_over_stays_over():
    """No event leads back: not from ignored to recorded, from told to untold, or from gone to there."""
    assert {after for (before, _), (after, _) in SENDING.items() if before in IS_IGNORED} <= IS_IGNORED
    assert {after for (before, _), (after, _) in SENDING.items() if before in HAS_ENDED} <= HAS_ENDED
    orders = {state: place for place, state in enumerate(Relaying)}
    assert all(orders[before] <= orders[after] for (before, _), (after, _) in RELAYING.items())
    assert {after for (before, _), (after, _) in HOLDING.items() if before is Holding.GONE} == {Holding.GONE}
    assert {after for (before, _), (after, _) in HOLDING.items() if before not in TAKING} & TAKING == set()


def test_what_was_begun_is_recorded_once():
    """An end's begun message is recorded when the end leaves the flow, and not again after it."""
    recorded = {before for (before, _), (_, rest) in SENDING.items() if rest is Rest.RECORDED}
    assert recorded == {Sending.FLOWING, Sending.LAST_FRAME}


def test_the_end_is_said_once():
    """Every way to `gone` and `over` says so, and no other does."""
    assert {after for _, (after, said) in HOLDING.items() if said is Say.LOST} == {Holding.GONE}
    assert {after for _, (after, do) in RELAYING.items() if do is Do.SAY_OVER} == {Relaying.OVER}
    entering = [said for (before, _), (after, said) in HOLDING.items() if after is Holding.GONE is not before]
    assert set(entering) == {Say.LOST}
