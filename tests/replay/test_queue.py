"""What waits, and what may go out."""

import pytest

from recorder.replay.patience import BEHIND
from recorder.replay.queue import Queue, Waiting

SECOND = 10**9


def queue(speed=0.0, shut=frozenset()):
    """A queue of words; those in `shut` cannot go out."""
    return Queue(speed, lambda word: word not in shut)


def waiting(index, word, needed=(), wanted=(), **times):
    """A word that waits."""
    return Waiting(index, word, set(needed), set(wanted), **times)


def out(one, now=0.0, before=None):
    """What goes out now, in order."""
    found = []
    while (popped := one.pop(now, before)) is not None:
        found.append(popped.what)
    return found


def test_what_needs_nothing_goes_out_the_first_recorded_first():
    """Of the same place, the first that was ready."""
    one = queue()
    for index, word in ((3, "c"), (1, "a"), (1, "b"), (2, "x")):
        one.put(waiting(index, word), 0.0)
    assert one.busy
    assert out(one) == ["a", "b", "x", "c"]
    assert not one.busy


def test_what_waits_goes_out_with_the_last_that_it_waits_for():
    """Whether it needs that or only wants it."""
    one = queue()
    one.put(waiting(5, "a", needed=[1, 2], wanted=[3]), 0.0)
    for index in (1, 3, 9):
        one.release(index, 0.0)
        assert out(one) == []
    assert one.waits
    one.release(2, 0.0)
    assert out(one) == ["a"]
    assert not one.waits


def test_only_what_was_recorded_before():
    """A step that others take comes between."""
    one = queue()
    one.put(waiting(5, "a"), 0.0)
    assert out(one, before=4) == []
    assert out(one, before=5) == ["a"]


@pytest.mark.parametrize(("speed", "at"), [(0.0, 0.0), (1.0, 12.0), (4.0, 10.5)])
def test_at_a_recorded_speed(speed, at):
    """So long after what it follows as it did then; at once, where nobody knows when that was."""
    one = queue(speed)
    one.put(waiting(1, "a", after=3 * SECOND, recorded=5 * SECOND), 10.0)
    one.put(waiting(2, "late", after=5 * SECOND, recorded=3 * SECOND), 10.0)
    one.put(waiting(3, "unknown"), 10.0)
    assert out(one, 10.0) == (["a", "late", "unknown"] if not speed else ["unknown", "late"])
    assert one.times == ([at] if speed else [])
    assert out(one, at) == (["a"] if speed else [])


def test_what_is_given_up():
    """What only wanted it goes out; what comes of it waits on, and goes out when it happens after all."""
    one = queue()
    one.put(waiting(1, "needs", needed=[0]), 0.0)
    one.put(waiting(2, "wants", wanted=[0]), 0.0)
    one.put(waiting(3, "closes", needed=[0]), 0.0)
    assert one.give_up(0, 0.0, lambda word: word != "closes") == ["needs"]
    assert out(one) == ["wants", "closes"]
    one.release(0, 0.0)
    assert out(one) == ["needs"]


def test_what_is_late():
    """The first that lacks only what it wants and can go out: it does without that."""
    one = queue(shut={"shut"})
    one.put(waiting(1, "needs", needed=[0], wanted=[9]), 0.0)
    one.put(waiting(2, "shut", wanted=[9]), 0.0)
    one.put(waiting(4, "second", wanted=[9]), 0.0)
    one.put(waiting(3, "first", wanted=[8, 9]), 0.0)
    assert one.late().what == "first"
    one.force(one.late(), 0.0)
    assert out(one) == ["first"]
    assert one.late().what == "second"


def test_what_cannot_go_out_yet():
    """It goes out when its session opens; what was ready when its session went does not go out at all."""
    shut = {"a"}
    one = Queue(0, lambda word: word not in shut)
    one.put(waiting(1, "a"), 0.0)
    one.put(waiting(2, "b"), 0.0)
    assert out(one) == ["b"]
    one.opened(0.0)
    assert out(one) == []
    shut.clear()
    one.opened(0.0)
    shut.add("a")
    one.put(waiting(3, "c"), 0.0)
    assert out(one) == ["c"]
    assert not one.busy


def test_delays_do_not_add_up():
    """What follows something is due so long after that was due, however late it went out: the recorded order stays."""
    one = queue(1.0)
    one.put(waiting(1, "first", after=1 * SECOND, recorded=2 * SECOND), 10.0)
    one.put(waiting(2, "second", needed=[1], after=2 * SECOND, recorded=3 * SECOND), 10.0)
    one.put(waiting(3, "result", after=1 * SECOND, recorded=3 * SECOND + 1), 10.0)
    first = one.pop(11.5)
    one.release(1, first.due)
    assert out(one, 12.1) == ["second", "result"]


def test_what_may_be_on_its_way_is_waited_for_briefly():
    """Then it goes out without that, unless it waits for something else as well."""
    one = queue()
    one.put(waiting(5, "a", wanted=[1], hoped=frozenset({1})), 0.0)
    one.put(waiting(6, "b", wanted=[1, 2], hoped=frozenset({1})), 0.0)
    one.put(waiting(7, "c", wanted=[3], hoped=frozenset({3})), 0.0)
    one.release(3, 0.0)
    assert one.times == [0.0, BEHIND]
    assert out(one) == ["c"]
    assert (one.in_vain(BEHIND / 2), out(one)) == ([], [])
    assert (one.in_vain(BEHIND), out(one)) == (["a", "b"], ["a"])
    one.release(2, BEHIND)
    assert (out(one, BEHIND), one.waits) == (["b"], False)


def test_what_comes_in_time_is_not_hoped_for_in_vain():
    """It goes out with that, at once."""
    one = queue()
    one.put(waiting(5, "a", wanted=[1], hoped=frozenset({1})), 0.0)
    one.release(1, 0.1)
    assert (out(one, 0.1), one.in_vain(BEHIND)) == (["a"], [])
