"""Whole results and parameters by position: which of them are ids, and which only look so by chance."""

import pytest

from recorder.timeline.unnamed import LEAST_NUMBER, RESULT, Message, Unnamed

NODE, PARTY = False, True
SMALL, LARGE = 7, LEAST_NUMBER
SUBSCRIBED = (NODE, "subscribe", RESULT, SMALL)
PUSHED = (NODE, "news", ("params", "subscription"), SMALL)
ENDED = (PARTY, "unsubscribe", ("params", 0), SMALL)
OTHER = (PARTY, "unsubscribe", ("params", 0), 8)


def ids(*said, known=()):
    """The ids among values, each with its end, its method and its place: their names, by method and value."""
    unnamed, seen = Unnamed(), set()
    for to_node, method, path, value in said:
        message = Message(to_node, method)
        if path == RESULT:
            unnamed.result(message, value)
        elif isinstance(path[-1], int):
            unnamed.parameter(message, path, value)
        else:
            unnamed.named(message, path, path[-1], value, first=(path[-1], value) not in seen)
            seen.add((path[-1], value))
    return {(method, value): name for ((method, _path), value), name in unnamed.ids(known).items()}


def test_a_small_result_with_which_pushes_go_on():
    """As the number of a subscription that ends by itself; however often it is pushed, and whatever other methods give."""
    other = (NODE, "count", RESULT, 5)
    assert ids(SUBSCRIBED, PUSHED) == ids(other, SUBSCRIBED, PUSHED, PUSHED) == {("subscribe", SMALL): "subscription"}


@pytest.mark.parametrize(
    "said",
    [
        pytest.param([SUBSCRIBED, (PARTY, "get", ("params", "itemId"), SMALL)], id="a party alone has it as an id"),
        pytest.param([SUBSCRIBED, (PARTY, "a", ("params", "subscription"), SMALL), PUSHED], id="a party has it first"),
        pytest.param([SUBSCRIBED, (NODE, "get", ("result", "subscription"), SMALL)], id="results have it as an id"),
        pytest.param([PUSHED, SUBSCRIBED, PUSHED], id="it was pushed before"),
        pytest.param([SUBSCRIBED, (NODE, "count", RESULT, SMALL), PUSHED], id="it answers another method"),
        pytest.param([SUBSCRIBED, SUBSCRIBED, PUSHED], id="it answers two calls"),
        pytest.param([SUBSCRIBED, PUSHED, (NODE, "subscribe", RESULT, 8)], id="another result is pushed nowhere"),
        pytest.param(
            [SUBSCRIBED, (NODE, "subscribe", RESULT, 8), PUSHED, (NODE, "news", ("params", "jobId"), 8)],
            id="another result is pushed as another id",
        ),
    ],
)
def test_a_small_result_that_may_be_a_count(said):
    """It and an id are the same by chance, or it is the same each time."""
    assert ids(*said) == {}


def test_a_result_that_comes_back_need_not_be_pushed():
    """What is known as an id already says nothing against the others of its method."""
    sent_back = (NODE, "subscribe", RESULT, 8)
    assert ids(SUBSCRIBED, sent_back, PUSHED, known={8}) == {("subscribe", SMALL): "subscription"}


@pytest.mark.parametrize(
    "goes_on", [(NODE, "news", ("params", "jobId"), LARGE), (PARTY, "end", ("params", "jobId"), LARGE)]
)
def test_a_large_result_under_the_name_of_an_id(goes_on):
    """No count is the same by chance: it is an id whoever says so, and whatever it answers."""
    assert ids((NODE, "start", RESULT, LARGE), goes_on, (NODE, "last", RESULT, LARGE)) == {
        ("start", LARGE): "jobId",
        ("last", LARGE): "jobId",
    }


def test_what_was_a_whole_result_for_sure():
    """A large number, or a text; what was no result is none."""
    unnamed, message = Unnamed(), Message(NODE, "start")
    for value in (SMALL, LARGE, "job-1"):
        unnamed.result(message, value)
    path = ("params", "jobId")
    found = [unnamed.named(message, path, "jobId", value, first=True) for value in (SMALL, LARGE, "job-1", "job-2")]
    assert found == [False, True, True, False]


def test_a_parameter_that_ends_what_it_names():
    """By position, as the number of a subscription."""
    other = [(NODE, "subscribe", RESULT, 8), (NODE, "news", ("params", "subscription"), 8)]
    assert ids(SUBSCRIBED, PUSHED, *other, ENDED, OTHER) == {
        (method, number): "subscription" for method in ("subscribe", "unsubscribe") for number in (SMALL, 8)
    }


@pytest.mark.parametrize(
    "said",
    [
        pytest.param([ENDED, SUBSCRIBED, PUSHED], id="it was not given yet"),
        pytest.param([SUBSCRIBED, PUSHED, ENDED, ENDED, ENDED], id="it is sent again"),
        pytest.param([SUBSCRIBED, PUSHED, ENDED, PUSHED], id="it is pushed afterwards"),
        pytest.param([SUBSCRIBED, PUSHED, ENDED, OTHER], id="another was not given"),
        pytest.param([SUBSCRIBED, PUSHED, (NODE, "unsubscribe", ("params", 0), SMALL)], id="its own end sends it"),
        pytest.param([SUBSCRIBED, PUSHED, (NODE, "count", RESULT, 8), ENDED, OTHER], id="another is a count"),
    ],
)
def test_a_parameter_that_may_be_an_amount(said):
    """It and an id are the same by chance."""
    assert "unsubscribe" not in {method for method, _number in ids(*said)}
