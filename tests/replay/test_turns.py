"""The turns of parties that are played: which step is next, and when it may be taken."""

from mocking import capture

from recorder.replay.patience import Patience
from recorder.replay.plan import Plan
from recorder.replay.progress import Progress
from recorder.replay.settings import PlaySettings
from recorder.replay.turns import Turns

CALL, ANSWER = '{"id":%d,"method":"add"}', '{"id":%d,"result":3}'


def turns(*said, closed=False, **settings):
    """The turns of a party at its beginning, with its steps and their progress; its session is opened, if any."""
    script = capture(*said, url="http://n/")
    plan = Plan(script, PlaySettings(ends=frozenset({"client"}), **settings))
    steps = Progress(script, plan.settings.ends, plan.steps)
    steps.done(script.steps[0])
    made = Turns(plan, steps, Patience(script, plan.settings, steps), lambda _step: not closed)
    return made, script.steps, steps


def test_the_next_step_is_that_of_a_party():
    """None while something is awaited before it; with that a step is left that may not be taken."""
    made, (_opening, call, answer, later), steps = turns((">", CALL % 1, 1), ("<", ANSWER % 1, 1), (">", CALL % 2, 2))
    assert (made.next, made.due(1.0), made.stuck) == (call, call, False)
    steps.done(call)
    assert (made.next, made.due(1.0), made.stuck, made.times) == (None, None, True, [])
    steps.done(answer)
    assert made.next is later
    steps.done(later)
    assert (made.next, made.stuck) == (None, False)


def test_a_step_waits_for_what_was_answered_before_it():
    """Over HTTP; unless it is not waited for any longer."""
    made, (_opening, call, answer, later), steps = turns((">", CALL % 1, 1), ("<", ANSWER % 1, 1), (">", CALL % 2, 2))
    made.posted(call)
    for step in (call, answer):
        steps.done(step)
    assert made.unanswered
    assert (made.due(1.0), made.stuck) == (None, True)
    made.answered(1, 1)
    assert made.due(1.0) is later
    made.posted(call)
    assert made.due(1.0) is None
    made.wait_no_longer()
    assert list(made.of_each_party()) == [later]


def test_a_step_in_a_closed_session_may_not_be_taken():
    """Its turn is there all the same."""
    made, (_opening, call), _steps = turns((">", CALL % 1, 1), closed=True)
    assert (made.next, made.due(1.0), made.stuck) == (call, None, True)
    assert list(made.of_each_party()) == []
