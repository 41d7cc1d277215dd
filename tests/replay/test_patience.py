"""How long a run waits, and what is said of it; the time is passed in."""

from __future__ import annotations

import pytest
from mocking import capture

from recorder.capture import frame
from recorder.model import SECOND, Closed, Header, Opened
from recorder.replay import PlaySettings
from recorder.replay.patience import Patience
from recorder.replay.plan import Plan
from recorder.replay.progress import Progress
from recorder.rules import Rules
from recorder.timeline import read

UP = '{"jsonrpc":"2.0","method":"channels.info","params":{"data":{"event":"fsm_up"}}}'
LOCKED = UP.replace("fsm_up", "funding_locked")
SCRIPT = capture(("<", LOCKED), (">", '{"jsonrpc":"2.0","method":"channels.message"}'), profile="aeternity")
_OPENING, PUSH, MESSAGE = SCRIPT.steps


def waiting(script=SCRIPT, **settings):
    """The patience of a party that waits three seconds, and a hundred for a chain."""
    given = {"goes_on": True, "patience": 3.0, "endurance": 100.0} | settings
    settings = PlaySettings(ends=frozenset({"client"}), **given)
    return Patience(script, settings, Progress(script, settings.ends))


def test_it_is_lost_when_nothing_has_happened_for_long():
    """It is measured from what happened last."""
    patience = waiting()
    patience.happened(PUSH, 10.0)
    assert (patience.lost(12.9), patience.lost(13.0), patience.times) == (False, True, [13.0, 110.0])


@pytest.mark.parametrize(("patience", "most"), [(3.0, 2.0), (1.0, 1.0)])
def test_little_is_kept_for_what_may_be_missing(patience, most):
    """It depends on a clock alone whether it comes."""
    changed = '{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}'
    script = capture(("<", changed), (">", '{"jsonrpc":"2.0","id":1,"method":"tools/list"}'), profile="mcp")
    steps = Progress(script, {"client"})
    awaiting = Patience(script, PlaySettings(ends=frozenset({"client"}), goes_on=True, patience=patience), steps)
    steps.done(script.steps[0])
    awaiting.happened(script.steps[0], 10.0)
    assert (awaiting.untimely, awaiting.times[0]) == (True, 10.0 + most)
    steps.overdue(script.steps[1])
    assert (awaiting.untimely, awaiting.times[0]) == (False, 10.0 + patience)


def ticks(*subscriptions):
    """What a party with subscriptions is told, and what it does then."""
    asked = [
        one
        for name in sorted({*subscriptions})
        for one in (
            (">", f'{{"jsonrpc":"2.0","id":"{name}","method":"watch"}}'),
            ("<", f'{{"jsonrpc":"2.0","id":"{name}","result":{{"subscriptionId":"sub-{name}"}}}}'),
        )
    ]
    told = [("<", f'{{"method":"tick","params":{{"subscriptionId":"sub-{name}"}}}}') for name in subscriptions]
    return capture(*asked, *told, (">", '{"jsonrpc":"2.0","id":9,"method":"end"}'))


@pytest.mark.parametrize(
    ("subscriptions", "rule", "come", "missing"),
    [
        ("11", "repeats", 1, True),
        ("11", "repeats", 0, False),
        ("12", "repeats", 1, False),
        ("121", "repeats", 2, True),
        ("11", "optional", 0, True),
        ("11", "unordered", 1, False),
    ],
)
def test_little_is_kept_for_what_a_rule_lets_be_missing(subscriptions, rule, come, missing):
    """Of pushes that are repeated not for the first: each subscription is to bring one."""
    script = ticks(*subscriptions)
    rules = Rules.parse(f'[[rule]]\nmethod = "tick"\n{rule} = true', "r.toml")
    settings = PlaySettings(ends=frozenset({"client"}), goes_on=True, patience=30.0, rules=rules)
    plan = Plan(script, settings)
    steps = Progress(script, settings.ends)
    awaiting = Patience(script, settings, steps, plan.repeated)
    pushes = [step for step in script.steps if step.name == "tick"]
    for step in script.steps[: pushes[0].index + come]:
        steps.done(step)
        awaiting.happened(step, 10.0)
    assert (awaiting.untimely, awaiting.times[0]) == (missing, 10.0 + (2.0 if missing else 30.0))


@pytest.mark.parametrize(
    ("now", "before", "settings", "holds"),
    [
        (50.0, MESSAGE, {}, True),
        (100.0, MESSAGE, {}, False),
        (50.0, MESSAGE, {"goes_on": False}, False),
        (50.0, PUSH, {}, False),
        (50.0, None, {}, True),
        (100.0, None, {}, False),
    ],
)
def test_what_a_chain_brings_is_worth_more_of_it(now, before, settings, holds):
    """And nothing else, an answer over HTTP neither: a node that hangs would cost all of it."""
    assert waiting(**settings).holds(now, before) is holds


@pytest.mark.parametrize(("method", "holds"), [("channels.info", False), ("channels.update", True)])
def test_what_may_have_come_under_another_name_is_not_waited_for_longer(method, holds):
    """A push of the same method as the next."""
    patience = waiting()
    patience.doubt(1, {"method": method, "params": {"data": {"event": "new"}}})
    assert patience.holds(50.0, MESSAGE) is holds


def test_the_next_that_comes_decides_a_doubt():
    """What comes in order does not come any more when what stands behind it has."""
    patience = waiting()
    assert patience.decided(MESSAGE) is None
    patience.doubt(1, {"method": "channels.info", "params": {"data": {"event": "new"}}})
    assert patience.decided(PUSH) is None
    assert patience.decided(MESSAGE) is PUSH
    assert patience.decided(MESSAGE) is None


@pytest.mark.parametrize(("goes_on", "said"), [(True, " after 4.1 s (--timeout waits longer)"), (False, "")])
def test_what_was_left_out_is_noted_with_the_option_that_helps(goes_on, said):
    """Where there is one."""
    assert waiting(goes_on=goes_on).went_on(MESSAGE, PUSH, 4.1) == (
        f"r.jsonl:4: channels.message was sent although r.jsonl:3 channels.info funding_locked had not come{said}"
    )


def test_what_was_awaited_in_vain_is_noted():
    """When nothing more can be done."""
    said = "r.jsonl:3: channels.info funding_locked did not come within 100 s (--timeout waits longer)"
    assert waiting().gave_up(PUSH, 100.0) == said


@pytest.mark.parametrize(("speed", "when"), [(0, 5.0), (1, 7.0), (2, 6.0)])
def test_steps_keep_the_recorded_pace_where_that_is_wanted(speed, when):
    """The pauses as recorded, or shorter."""
    events = [Opened(session=1, party="client", time=SECOND), Closed(session=1, time=3 * SECOND)]
    script = read(Header(format=2, run="r", recorder="0"), events)
    patience = waiting(script, speed=speed)
    patience.happened(script.steps[0], 5.0)
    assert patience.not_before(script.steps[1]) == when


@pytest.mark.parametrize(("after", "posted", "when"), [(2, (1, 1), 5.25), (0.1, (1, 1), 5.1), (2, (2, 1), 5.0)])
def test_what_is_posted_does_not_overtake_what_is_not_answered(after, posted, when):
    """Without any pace it comes a moment behind a request of its session: as recorded, or a quarter of a second."""
    events = [
        Opened(session=1, party="client", url="http://n/", time=SECOND),
        frame(b'{"method":"cancel"}', direction="to_node", session=1, exchange=2, time=SECOND + int(after * SECOND)),
    ]
    script = read(Header(format=2, run="r", recorder="0"), events)
    patience = waiting(script, speed=0)
    patience.happened(script.steps[0], 5.0)
    assert patience.not_before(script.steps[1], {posted}) == pytest.approx(when)
