"""Differences between two values, and what is bound instead."""

from decimal import Decimal

import pytest

from recorder.bindings import Bindings, Kinds, compare
from recorder.profiles import PROFILES
from recorder.timeline.handed_out import HANDED, HandedOut

A, B, C = (letter * 40 for letter in "abc")
PLAIN = Kinds(handed=HandedOut(frozenset({A, B})))
AETERNITY = Kinds(PROFILES["aeternity"])


def differences(recorded, live, bindings=None, kinds=PLAIN):
    """Paths and rules."""
    return [(one.path, one.rule) for one in compare(recorded, live, bindings or Bindings(), kinds)]


@pytest.mark.parametrize(
    ("recorded", "live", "found"),
    [
        ({"a": 1}, {"a": 1}, []),
        ({"a": 1}, {"a": 2}, [(("a",), "value")]),
        ({"a": 1}, {"a": "1"}, [(("a",), "type")]),
        ({"a": 1}, {"a": True}, [(("a",), "type")]),
        ({"a": 1}, {"a": Decimal("1.0")}, []),
        ({"a": 1}, {"a": Decimal("1.5")}, [(("a",), "value")]),
        ({"a": Decimal("0.1")}, {"a": Decimal("0.10")}, []),
        ({"a": None}, {"a": "x"}, [(("a",), "type")]),
        ({"a": []}, {"a": {}}, [(("a",), "type")]),
        ({"a": 1}, {}, [(("a",), "missing")]),
        ({}, {"a": 1}, [(("a",), "added")]),
        ({"x": {"a": 1}}, {"x": {"b": 1}}, [(("x", "a"), "missing"), (("x", "b"), "added")]),
        ({"x": [1, 2]}, {"x": [1]}, [(("x",), "length")]),
        ({"x": [1, {"a": 2}]}, {"x": [1, {"a": 3}]}, [(("x", 1, "a"), "value")]),
        ({"a.b": {"c": 1}}, {"a.b": {"c": 2}}, [(("a.b", "c"), "value")]),
        ({"round": 3}, {"round": 7}, [(("round",), "value")]),
        ("is_connected", "is_validator", [((), "value")]),
        (b"hello", b"world", [((), "value")]),
        (b"hello", {"a": 1}, [((), "type")]),
    ],
)
def test_values(recorded, live, found):
    """Each difference has its path and the rule that is broken; numbers are exact, truths are none."""
    assert differences(recorded, live) == found


@pytest.mark.parametrize(
    ("recorded", "live", "found"),
    [
        ({"x": A}, {"x": C}, []),
        ({"x": A, "y": A}, {"x": C, "y": C}, []),
        ({"x": A, "y": A}, {"x": C, "y": B}, [(("y",), "bound")]),
        ({"x": A, "y": B}, {"x": B, "y": A}, []),
        ({"x": C}, {"x": A}, [(("x",), "value")]),
        ({"x": A}, {"x": 3}, [(("x",), "type")]),
    ],
)
def test_what_was_handed_out_is_bound(recorded, live, found):
    """Where it first appears; from then on it must be the same."""
    assert differences(recorded, live) == found


def test_a_bound_value_says_what_should_have_come():
    """The live one that stands for the recorded one."""
    (found,) = compare([A, A], [C, B], Bindings(), PLAIN)
    assert (found.recorded, found.live) == (C, B)


def test_handed_out_values_may_be_one_to_one():
    """Then two do not become one."""
    bindings = Bindings(one_to_one=frozenset({HANDED}))
    assert differences({"x": A, "y": B}, {"x": C, "y": C}, bindings) == [(("y",), "bound")]


@pytest.mark.parametrize(
    ("recorded", "live", "found"),
    [
        ({"round": 3, "x": {"round": 3}}, {"round": 7, "x": {"round": 8}}, [(("x", "round"), "bound")]),
        ({"round": 3, "x": {"round": 4}}, {"round": 7, "x": {"round": 8}}, []),
        ({"round": True}, {"round": False}, [(("round",), "value")]),
        ({"state_hash": "aa"}, {"state_hash": "bb"}, []),
    ],
)
def test_a_protocol_says_what_is_volatile(recorded, live, found):
    """By the names of its fields."""
    assert differences(recorded, live, kinds=AETERNITY) == found
