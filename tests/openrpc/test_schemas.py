"""The schema of values: each value that was added fits it."""

from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft7Validator
from openrpc_traffic import VALUES

from recorder.openrpc.schemas import Schema


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
