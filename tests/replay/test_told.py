"""What a live node hands out in the headers of its answers."""

import pytest

from recorder.bindings import Bindings
from recorder.replay.told import COOKIE, learn_headers
from recorder.timeline.handed_out import HANDED


def learned(recorded, *live, handed=()):
    """What is bound then, by kind and recorded value."""
    bindings = Bindings()
    for one in live:
        learn_headers(recorded, [one], handed, bindings)
    return {(kind, was): now for kind, was, now in bindings.changed()}


@pytest.mark.parametrize(
    ("recorded", "live", "bound"),
    [
        (("X-Token", "«token 1»"), ("x-token", "abc"), {(HANDED, "«token 1»"): "abc"}),
        (("Authorization", "Bearer «token 1»"), ("authorization", "Bearer abc"), {(HANDED, "«token 1»"): "abc"}),
        (("Authorization", "Bearer «token 1»"), ("authorization", "Basic abc"), {}),
        (("X-Session", "8f14e45f"), ("X-Session", "c9f0f895"), {(HANDED, "8f14e45f"): "c9f0f895"}),
        (("X-Other", "old"), ("X-Other", "new"), {}),
        (("Set-Cookie", "sid=1; Path=/"), ("set-cookie", "sid=2"), {(COOKIE, "1"): "2"}),
        (("Set-Cookie", "sid=«cookie 1»; Max-Age=1"), ("set-cookie", "sid=2"), {(COOKIE, "«cookie 1»"): "2"}),
    ],
)
def test_what_was_recorded_stands_for_what_has_come(recorded, live, bound):
    """A mark for the secret, whatever stands around it; what is never sent back, for nothing."""
    assert learned([recorded], live, handed={"8f14e45f"}) == bound


def test_a_token_that_is_told_anew_is_the_newest():
    """Though its mark is the one that it had before."""
    told = [("X-Token", "first"), ("X-Token", "second")]
    assert learned([("X-Token", "«token 1»")], *told) == {(HANDED, "«token 1»"): "second"}
