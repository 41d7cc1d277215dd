"""What stands for what: bound once, tried out before."""

from recorder.bindings import Bindings


def test_a_binding_does_not_change():
    """The first live value holds; for another, what should have come is said."""
    bindings = Bindings()
    assert bindings.get("ba", "a") is None
    assert bindings.bind("ba", "a", "x") is None
    assert bindings.bind("ba", "a", "x") is None
    assert bindings.bind("ba", "a", "y") == "x"
    assert (bindings.get("ba", "a"), bindings.recorded("ba", "x")) == ("x", "a")


def test_two_accounts_do_not_become_one():
    """Of kinds that are one to one; two hashes, say, may become one."""
    bindings = Bindings(one_to_one=frozenset({"ak"}))
    assert bindings.bind("ak", "a", "x") is None
    assert bindings.bind("ak", "b", "x") == "b"
    assert bindings.bind("ba", "a", "x") is None
    assert bindings.bind("ba", "b", "x") is None


def test_a_trial_changes_nothing_until_it_is_kept():
    """A candidate that loses leaves no trace."""
    bindings = Bindings(one_to_one=frozenset({"ak"}))
    bindings.bind("ak", "a", "x")
    trial = bindings.trial()
    assert trial.get("ak", "a") == "x"
    assert trial.recorded("ak", "x") == "a"
    assert trial.bind("ak", "b", "x") == "b"
    assert trial.bind("ak", "b", "y") is None
    assert bindings.get("ak", "b") is None
    trial.keep()
    assert bindings.get("ak", "b") == "y"


def test_an_answer_overrules_what_a_push_has_bound():
    """What anything else has bound holds, and what was bound to itself is no guess."""
    bindings = Bindings(one_to_one=frozenset({"ak"}))
    bindings.bind("ak", "a", "x")
    trial = bindings.trial()
    for recorded, live in (("b", "y"), ("c", "c")):
        trial.bind("ak", recorded, live)
    trial.keep(guessed=True)
    before = bindings.version
    assert not bindings.overrule(["x", "c", "z", ["y"]])
    assert bindings.version == before
    assert bindings.overrule(["x", "y"])
    assert bindings.version > before
    assert [bindings.get("ak", one) for one in "abc"] == ["x", None, "c"]
    assert (bindings.recorded("ak", "y"), bindings.of_any_kind("b")) == (None, None)
    assert bindings.bind("ak", "b", "v") is None
    assert not bindings.overrule(["y", "v"])


def test_a_guess_that_was_bound_anew_is_none():
    """A header has told it since."""
    bindings = Bindings()
    trial = bindings.trial()
    trial.bind("ak", "b", "y")
    trial.keep(guessed=True)
    bindings.rebind("ak", "b", "z")
    assert not bindings.overrule(["y"])
    assert bindings.get("ak", "b") == "z"


def test_a_trial_knows_how_much_it_takes_to_fit():
    """What came is just what was, or other values stand for the recorded ones."""
    bindings = Bindings()
    bindings.bind("ak", "a", "x")
    trial = bindings.trial()
    trial.bind("ak", "b", "b")
    assert trial.others == 0
    trial.bind("ak", "c", "d")
    assert trial.others == 1


def test_where_every_value_is_bound_to_itself():
    """Until another is, and that is kept."""
    bindings = Bindings()
    bindings.bind("ak", "a", "a")
    trial = bindings.trial()
    trial.bind("ak", "b", "c")
    assert (bindings.plain, trial.plain) == (True, False)
    trial.keep()
    assert (bindings.plain, bindings.trial().plain) == (False, False)


def test_a_trial_like_others():
    """It binds what they have bound; there is none where all of that is bound."""
    bindings, others = Bindings(), Bindings()
    others.bind("ak", "a", "a")
    others.bind("round", 3, 3)
    trial = bindings.alike(others)
    assert bindings.get("round", 3) is None
    trial.keep()
    assert (bindings.get("ak", "a"), bindings.recorded("round", 3), bindings.of_any_kind(3)) == ("a", 3, 3)
    assert bindings.alike(others) is bindings.alike(Bindings()) is None


def test_what_has_changed():
    """Only what differs is told."""
    bindings = Bindings()
    bindings.bind("ak", "a", "x")
    bindings.bind("round", 3, 3)
    assert list(bindings.changed()) == [("ak", "a", "x")]


def test_what_is_used_again_is_bound_again():
    """A request id, say."""
    bindings = Bindings()
    bindings.bind("id", 1, 7)
    bindings.rebind("id", 1, 8)
    assert (bindings.get("id", 1), bindings.recorded("id", 8)) == (8, 1)


def test_how_far_numbers_are_shifted():
    """By the last pair of the kind, in a trial too."""
    bindings = Bindings()
    assert bindings.shift("nonce a") == 0
    bindings.bind("nonce a", 3, 13)
    bindings.bind("nonce b", 3, 3)
    assert bindings.trial().shift("nonce a") == 10
    bindings.bind("nonce a", 4, 15)
    assert bindings.shift("nonce a") == 11
