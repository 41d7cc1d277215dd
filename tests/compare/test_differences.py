"""What stands for what is decided by the most frames."""

from recorder.compare.voting import Votes

NO_COUNTERS = frozenset()


def votes(*frames):
    """Votes of frames, each a list of pairs under the kind `ak`."""
    counted = Votes()
    for frame in frames:
        for recorded, live in frame:
            assert counted.bind("ak", recorded, live)
        counted.count(clean=True)
    return counted


def test_the_most_frames_decide():
    """One wrong value changes nothing, though it came first."""
    settled = votes([("a", "wrong")], [("a", "x")], [("a", "x")]).settled(NO_COUNTERS)
    assert settled.get("ak", "a") == "x"
    assert settled.bind("ak", "a", "x")
    assert not settled.bind("ak", "a", "wrong")


def test_a_frame_has_one_vote():
    """However often a value stands in it."""
    settled = votes([("a", "y"), ("a", "y"), ("a", "y")], [("a", "x")], [("a", "x")]).settled(NO_COUNTERS)
    assert settled.get("ak", "a") == "x"


def test_the_same_value_wins_a_tie():
    """A capture is more often compared with itself, changed, than with one that shares a value by chance."""
    assert votes([("a", "y")], [("a", "a")]).settled(NO_COUNTERS).get("ak", "a") == "a"


def test_a_frame_of_another_shape_counts_less():
    """What differs in one way may differ in another."""
    counted = votes([("a", "x")])
    for _frame in range(1):
        counted.bind("ak", "a", "y")
        counted.count(clean=False)
    assert counted.settled(NO_COUNTERS).get("ak", "a") == "x"


def test_two_accounts_are_two():
    """A live value stands for one recorded one; the other takes what is left."""
    settled = votes([("a", "x"), ("b", "x")], [("a", "x")], [("b", "y")]).settled(NO_COUNTERS)
    assert (settled.get("ak", "a"), settled.get("ak", "b")) == ("x", "y")


def test_transactions_are_never_bound():
    """They are compared by what is in them."""
    counted = Votes()
    counted.bind("tx", "a", "x")
    counted.count(clean=True)
    settled = counted.settled(NO_COUNTERS)
    assert settled.get("tx", "a") is None
    assert settled.bind("tx", "a", "anything")
    assert settled.recorded("tx", "x") is None


def test_a_counter_jumps_once():
    """Where it leaves the row is told with what it should have been; the row goes on from there."""
    counted = Votes()
    for recorded, live in ((1, 11), (2, 12), (3, 20), (4, 21)):
        counted.bind("round", recorded, live)
        counted.count(clean=True)
    settled = counted.settled(frozenset({"round"}))
    assert [settled.bind("round", recorded, live) for recorded, live in ((1, 11), (2, 12), (3, 20))] == [
        True, True, False,
    ]  # fmt: skip
    assert settled.get("round", 3) == 13
    assert settled.bind("round", 3, 20)
    assert settled.bind("round", 4, 21)
