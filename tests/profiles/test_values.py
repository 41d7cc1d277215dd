"""What a peer has put into a message, or nothing where that is something else."""

import pytest

from recorder.profiles.values import as_object, as_objects, as_text, member, name_and_version, together


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
    assert together("a", None, "", 1, "b") == "a b"
    assert name_and_version({"name": "vi", "version": "9"}) == "vi 9"
    assert name_and_version({"name": "vi"}) == "vi"
    assert name_and_version(None) == ""
