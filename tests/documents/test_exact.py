"""A value as it is written, held against the one that it is to be."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recorder.documents.exact import exact
from recorder.documents.reading import read

RECORDED = {"id": 1, "params": {"a": 1, "text": "tx_AbCd"}, "logs": [1, 2]}


def found(written, recorded=RECORDED):
    """In what it differs."""
    return [str(one) for one in exact(read(written).node, recorded).findings]


DIFFERENT = {
    '{"id": 1, "params": {"a": 3, ...}, ...}': ["params.a is 3; 1 is recorded"],
    '{"id": "1", ...}': ['id is "1"; 1 is recorded'],
    '{"id": true, ...}': ["id is true; 1 is recorded"],
    '{"id": null, ...}': ["id is null; 1 is recorded"],
    '{"id": {}, ...}': ["id is an object; 1 is recorded"],
    '{"params": [1], ...}': ["params is a list; an object is recorded"],
    '{"params": 7, ...}': ["params is 7; an object is recorded"],
    '{"id": 1, "params": {...}}': ["logs is missing ([1, 2] is recorded)"],
    '{"more": 1, ...}': ["more is not in that frame"],
    '{"params": {"text": "tx_b...", ...}, ...}': ['params.text is "tx_b..."; "tx_AbCd" is recorded'],
}
SAME = [
    '{"logs": [1, 2], "params": {"text": "tx_AbCd", "a": 1.0}, "id": 1e0}',
    '{"params": {"text": "tx_A…", ...}, ...}',
    '{"params": {"text": "tx_...Cd", "a": <number>}, ...}',
    "{...}",
]


@pytest.mark.parametrize("written", [*DIFFERENT, *SAME])
def test_what_is_written_is_to_be_what_was_recorded(written):
    """And what is left out may be anything."""
    assert found(written) == DIFFERENT.get(written, [])


@pytest.mark.parametrize("recorded", [{"method": "x"}, {"method": "x", "params": []}, {"method": "x", "params": {}}])
def test_parameters_that_say_nothing_are_the_same(recorded):
    """A call without any may have an empty list, an empty object, or no member."""
    for written in ('{"method": "x"}', '{"method": "x", "params": []}', '{"method": "x", "params": {}}'):
        assert found(written, recorded) == []
    assert found('{"method": "x", "params": [1]}', recorded) != []


LISTS = {
    "[1, 2]": [],
    "[2, ...]": [],
    "[...]": [],
    "[2, 1]": ["[0] is 2; 1 is recorded", "[1] is 1; 2 is recorded"],
    "[2, ..., 1]": ["[1] is not in that frame"],
    "[1]": ["[1] is missing (2 is recorded)"],
    "[1, 2, 3]": ["[2] is not in that frame"],
}


@pytest.mark.parametrize("written", LISTS)
def test_lists_have_an_order(written):
    """Whatever is left out of them."""
    assert found(written, [1, 2]) == LISTS[written]


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(alphabet="abc", max_size=4),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(alphabet="abc"), inner, max_size=3),
    )
)
def test_whatever_is_written_out_is_the_same(value):
    """And is not, beside another thing."""
    value = {"value": value}
    assert found(json.dumps(value), value) == []
    assert found(json.dumps(value), {"value": [value]}) != []
