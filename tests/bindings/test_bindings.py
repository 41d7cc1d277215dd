"""What stands for what: bound once, tried out before."""

from recorder.bindings import Bindings


def test_a_binding_does_not_change():
    """The first live value holds; another does not fit."""
    bindings = Bindings()
    assert bindings.get("ba", "a") is None
    assert bindings.bind("ba", "a", "x")
    assert bindings.bind("ba", "a", "x")
    assert not bindings.bind("ba", "a", "y")
    assert (bindings.get("ba", "a"), bindings.recorded("ba", "x")) == ("x", "a")


def test_two_accounts_do_not_become_one():
    """Of ids; two hashes, say, may become one."""
    bindings = Bindings()
    assert bindings.bind("ak", "a", "x")
    assert not bindings.bind("ak", "b", "x")
    assert bindings.bind("ba", "a", "x")
    assert bindings.bind("ba", "b", "x")


def test_a_trial_changes_nothing_until_it_is_kept():
    """A candidate that loses leaves no trace."""
    bindings = Bindings()
    bindings.bind("ak", "a", "x")
    trial = bindings.trial()
    assert trial.get("ak", "a") == "x"
    assert trial.recorded("ak", "x") == "a"
    assert trial.bind("ak", "b", "y")
    assert bindings.get("ak", "b") is None
    trial.keep()
    assert bindings.get("ak", "b") == "y"


def test_what_has_changed():
    """Only what differs is told."""
    bindings = Bindings()
    bindings.bind("ak", "a", "x")
    bindings.bind("round", 3, 3)
    assert list(bindings.changed()) == [("ak", "a", "x")]


def test_how_far_numbers_are_shifted():
    """By the last pair of the kind, in a trial too."""
    bindings = Bindings()
    assert bindings.shift("nonce a") == 0
    bindings.bind("nonce a", 3, 13)
    bindings.bind("nonce b", 3, 3)
    assert bindings.trial().shift("nonce a") == 10
    bindings.bind("nonce a", 4, 15)
    assert bindings.shift("nonce a") == 11
