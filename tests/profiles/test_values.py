"""What a peer has put into a message, or nothing where that is something else."""

import pytest

from recorder.profiles.values import (
    as_object,
    as_objects,
    as_text,
    by_method,
    member,
    name_and_version,
    several,
    spaced,
)


@pytest.mark.parametrize("value", [None, True, 1, "a", ["a"], {"name": "a"}])
def test_what_is_of_another_type_is_empty(value):
    """Whatever it is."""
    assert as_text(value) == (value if isinstance(value, str) else "")
    assert as_object(value) == (value if isinstance(value, dict) else {})
    assert as_objects(value) == []


def test_the_texts_among_values():
    """Of one object, of a list of them, and of several values."""
    assert member("name")({"name": "a"}) == "a"
    assert member("name")({"name": 1}) == member("other")({}) == ""
    assert as_objects([{"name": "a"}, None, "b", {}]) == [{"name": "a"}, {}]
    assert spaced("a", None, "", 1, "b") == "a b"
    assert name_and_version({"name": "vi", "version": "9"}) == "vi 9"
    assert name_and_version({"name": "vi"}) == "vi"
    assert name_and_version(None) == ""


def test_several_things_are_counted_and_the_first_named():
    """Those without a name are counted alone, and what is left out is said."""
    assert several("tool", []) == "0 tools"
    assert several("tool", ["echo"]) == "1 tool: echo"
    assert several("tool", ["", "add"]) == "2 tools: add"
    assert several("tool", ["a", "b", "c"], 2) == "3 tools: a, b, …"


def test_a_table_says_nothing_of_other_methods_and_types():
    """None leaves them to the plain words."""
    say = by_method({"open": member("url")})
    assert say("open", {"url": "a"}) == "a"
    assert say("open", {}) is say("open", ["a"]) is say("close", {"url": "a"}) is None
    assert by_method({"open": str}, object)("open", ["a"]) == "['a']"
