"""Calls that were made again until they were answered otherwise."""

import pytest
from mocking import capture

from recorder.compare.differences import Scripts
from recorder.compare.polled import Polled

HINT = "poll was called until it said this; if a rule says that it `repeats`, only its last answer counts"


def polls(results, *, params="[4]"):
    """A script of calls in the same words, by their results."""
    said = []
    for number, result in enumerate(results, 1):
        said.append((">", f'{{"id":{number},"method":"poll","params":{params}}}'))
        said.append(("<", f'{{"id":{number},"result":{result}}}'))
    return capture(*said)


def answers(script):
    """Its answers."""
    return [step for step in script.steps if step.direction == "from_node"]


def hints(recorded, live):
    """What is said of each answer that differs."""
    polled = Polled(Scripts(recorded, live))
    pairs = zip(answers(recorded), answers(live), strict=True)
    return [polled.hint(one, other) for one, other in pairs if one.parts[0].value != other.parts[0].value]


@pytest.mark.parametrize(
    ("recorded", "live", "said"),
    [
        ("123", "111", [HINT, ""]),
        ("123", "112", [HINT, ""]),
        ("12", "13", [""]),
        ("1", "2", [""]),
        ("11", "22", ["", ""]),
        ("12", "21", ["", ""]),
    ],
)
def test_who_sees_the_same_again_may_have_looked_too_early(recorded, live, said):
    """It is said once, of the first answer that was another."""
    assert hints(polls(recorded), polls(live)) == said


def test_a_call_in_other_words_is_another():
    """In each run by itself: a job has another number there."""
    assert hints(polls("12"), polls("11", params="[7]")) == [HINT]
    told = [(">", '{"id":1,"method":"poll","params":[1]}'), ("<", '{"id":1,"result":1}')]
    recorded, live = (
        capture(*told, (">", '{"id":2,"method":"poll","params":[2]}'), ("<", f'{{"id":2,"result":{result}}}'))
        for result in (2, 1)
    )
    assert hints(recorded, live) == [""]


def test_what_answers_nothing_is_no_poll():
    """Nor is a batch."""
    recorded, live = (capture(("<", f'{{"method":"n","params":{one}}}'), ("<", f"[{one}]")) for one in (1, 2))
    polled = Polled(Scripts(recorded, live))
    assert [polled.hint(one, other) for one, other in zip(recorded.steps, live.steps, strict=True)] == ["", "", ""]
