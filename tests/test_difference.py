"""Places in JSON values, and items in which two of them differ."""

from decimal import Decimal

import pytest

from recorder.difference import Difference, apart, name_of, path_text, short_json


@pytest.mark.parametrize(
    ("path", "text", "name"),
    [
        ((), "", ""),
        (("params", "data", 0, "to"), "params.data[0].to", "to"),
        (("params", "list", 3), "params.list[3]", "list"),
        ((0, "result"), "[0].result", "result"),
        (("a.b", "c"), '["a.b"].c', "c"),
        (("x", "a.b"), 'x["a.b"]', "a.b"),
        (("x", 'a"]b'), 'x["a\\"]b"]', 'a"]b'),
        (("x", ""), 'x[""]', ""),
    ],
)
def test_a_path_as_it_is_printed(path, text, name):
    """Names that have points or brackets in them stand in brackets; elements of a list have the name of the list."""
    assert (path_text(path), name_of(path)) == (text, name)


@pytest.mark.parametrize(
    ("difference", "text"),
    [
        (Difference(("a",), "missing", 1, None), "a is missing: 1"),
        (Difference(("a",), "added", None, 2), "a was added: 2"),
        (Difference(("a",), "value", 1, 2), "a: 1 expected, 2 came (they must be equal)"),
        (Difference(("a",), "length", 1, 2), "a: 1 expected, 2 came (of another length)"),
        (
            Difference(("a",), "bound", 1, 2),
            "a: 1 expected, 2 came (elsewhere another value stands for the recorded one)",
        ),
        (
            Difference(("a",), "signature", 1, 2),
            "a: the signature of 1 is missing (signed by another key, or not what was signed)",
        ),
        (Difference((), "type", [], {}), "the message: [] expected, {} came (of another type)"),
        (
            Difference(("a",), "value", 7 * 10**98, 2),
            f"a: 7{'0' * 39}…{'0' * 12} expected, 2 came (they must be equal)",
        ),
    ],
)
def test_a_difference_reads(difference, text):
    """In a line, long values shortened."""
    assert str(difference) == text


def test_a_difference_names_its_field():
    """The member that it is about."""
    assert Difference(("params", "tx", "fee", 0), "value", 1, 2).field == "fee"


def test_long_values_are_shortened():
    """As much of their end is left as is asked for."""
    assert short_json("x" * 100 + "end") == '"' + "x" * 39 + "…" + "x" * 8 + 'end"'


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "true"),
        ({"a": [None, "x"]}, '{"a": [null, "x"]}'),
        (Decimal("1.50"), "1.50"),
        (b"<html>\n", '"<html>\\n"'),
        ("\x9b1A", '"\\x9b1A"'),
    ],
)
def test_a_value_reads_as_in_the_message(value, text):
    """As JSON; what is none as a text; nothing moves the cursor."""
    assert short_json(value) == text


def test_long_values_are_shortened_where_it_shows_what_differs():
    """Texts that begin and end in the same way are shown around their first difference, also where one is the longer."""
    one, other = "x" * 70 + "12:30" + "y" * 70, "x" * 70 + "12:45" + "y" * 70
    assert apart(one, other) == (
        "…" + "x" * 27 + "12:30" + "y" * 28 + "…",
        "…" + "x" * 27 + "12:45" + "y" * 28 + "…",
    )
    assert apart("x" * 100, "x" * 101) == ("…" + "x" * 30 + '"', "…" + "x" * 31 + '"')
    assert apart("a" + one, "b" + one) == (short_json("a" + one), short_json("b" + one))
    assert apart(one, one) == (short_json(one), short_json(one))
    assert apart(1, None) == ("1", "null")
