"""Groups of things that are joined."""

from recorder.compare.groups import Groups


def test_what_is_joined_is_one_group():
    """Whichever of its members were joined with each other; what was never joined is not in it."""
    groups = Groups()
    for one, other in ((1, 2), (3, 4), (2, 4), (5, 5)):
        groups.join(one, other)
    assert len({groups.leader(thing) for thing in (1, 2, 3, 4)}) == 1
    assert groups.leader(5) == 5
    assert (5 in groups, 6 in groups) == (True, False)
