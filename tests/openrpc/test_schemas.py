"""The schema of values: each value that was added fits it."""

from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft7Validator
from openrpc_traffic import VALUES

from recorder.openrpc.messages import UNREAD
from recorder.openrpc.schemas import DEEPEST, Schema


@given(st.lists(VALUES, max_size=8))
def test_every_value_fits(values):
    """In whatever order they came."""
    schema = Schema()
    for value in values:
        schema.add(value)
    validator = Draft7Validator(schema.value())
    for value in values:
        validator.validate(value)


def test_everything_fits_where_nothing_was_seen():
    """Nothing is known of it."""
    assert Schema().value() is True


def test_everything_fits_where_something_could_not_be_read():
    """Beside what is known."""
    schema = Schema()
    schema.add(1)
    schema.add(UNREAD)
    assert schema.value() is True


def test_what_is_nested_deeply_is_told_by_its_type_alone():
    """A schema has a bounded depth, whatever was sent."""
    value = "x"
    for _ in range(900):
        value = [value]
    schema = Schema()
    schema.add(value)
    found, depth = schema.value(), 0
    while "items" in found:
        found, depth = found["items"], depth + 1
    assert (found, depth) == ({"type": "array"}, DEEPEST)
    Draft7Validator(schema.value()).validate([[[]]])
