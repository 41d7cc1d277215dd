"""Which values are bound, and under which kind."""

import pytest

from recorder.bindings.kinds import RULED, Kinds
from recorder.profiles import GENERIC, PROFILES
from recorder.rules import Rules
from recorder.timeline.handed_out import HANDED, HandedOut

HEX = "8f14e45fceea167a5a36dedd4bea2543"
NUMBERS = frozenset({("sessionid", 7), ("subscription", 5)})
HANDED_OUT = HandedOut(frozenset({HEX}), NUMBERS, {(("subscribe", ("result",)), 5): "subscription"})
RULES = Rules.parse('[[rule]]\nmethod = "open"\npath = "result.key"\nbind = true', "r.toml")


@pytest.mark.parametrize(
    ("profile", "method", "path", "value", "kind"),
    [
        ("generic", "m", ("result", "any"), HEX, HANDED),
        ("generic", "m", ("result", "sessionId"), 7, f"{HANDED} sessionid"),
        ("generic", "m", ("result", "amount"), 7, ""),
        ("generic", "subscribe", ("result",), 5, HANDED),
        ("generic", "m", ("result",), 5, ""),
        ("generic", "m", ("result", "round"), 3, ""),
        ("aeternity", "m", ("params", "round"), 3, "round"),
        ("aeternity", "m", ("params", "round"), "3", ""),
        ("generic", "open", ("result", "key"), "x", RULED),
        ("generic", "close", ("result", "key"), "x", ""),
        ("generic", "open", ("result", "key"), HEX, HANDED),
    ],
)
def test_kinds(profile, method, path, value, kind):
    """The profile says so, or else the capture, or else a rule."""
    assert Kinds(PROFILES[profile], HANDED_OUT, RULES.binding).of(method, path, value) == kind


def test_nothing_is_bound_by_itself():
    """Where no capture and no rule says so, plain values are compared."""
    assert Kinds(GENERIC).of("m", ("result", "token"), HEX) == ""


class Fixing(type(GENERIC)):
    """A profile that knows a value better than the capture does."""

    def fixed(self, method, path, value):
        """Whatever is called `any`."""
        return path[-1] == "any"


def test_a_profile_may_know_better():
    """What it says is compared is not bound, though it was handed out; a rule still binds it."""
    kinds = Kinds(Fixing(), HANDED_OUT, Rules.parse('[[rule]]\npath = "params.any"\nbind = true', "r").binding)
    assert kinds.of("m", ("result", "any"), HEX) == ""
    assert kinds.of("m", ("params", "any"), HEX) == RULED
    assert kinds.of("m", ("result", "other"), HEX) == HANDED
