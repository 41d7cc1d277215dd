"""The shape of a value decides whether it fits a schema without literals; what is remembered of shapes changes no answer."""

import json

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from openrpc_traffic import HEADER, call, timeline

from recorder.openrpc import shapes
from recorder.openrpc.checking import Checking
from recorder.openrpc.document import Document
from recorder.openrpc.drawing import document
from recorder.openrpc.messages import UNREAD
from recorder.openrpc.shapes import DEEPEST, LONGEST, Known, call_key, is_data, result_key, shape

TYPES = st.sampled_from(["object", "array", "string", "integer", "number", "boolean", "null"])
FEW_NAMES = st.sampled_from(["a", "0"])
FEW = st.recursive(
    st.sampled_from([1, 2, 1.0, 1.5, "x", "y"]),
    lambda inner: st.lists(inner, min_size=1, max_size=2) | st.dictionaries(FEW_NAMES, inner, min_size=1, max_size=2),
    max_leaves=3,
)
"""Few values, so that often several have one shape."""

FEW_PARAMS = st.lists(FEW, max_size=2) | st.dictionaries(FEW_NAMES, FEW, max_size=2)
SCHEMAS = st.recursive(
    st.booleans()
    | st.builds(lambda kinds: {"type": kinds}, st.lists(TYPES, min_size=1, max_size=3, unique=True))
    | st.builds(lambda value: {"const": value}, FEW)
    | st.builds(lambda names: {"required": names}, st.lists(FEW_NAMES, min_size=1, max_size=2, unique=True)),
    lambda inner: st.one_of(
        st.builds(lambda found: {"properties": found}, st.dictionaries(FEW_NAMES, inner, min_size=1, max_size=2)),
        st.builds(
            lambda found, rest: {"properties": found, "additionalProperties": rest},
            st.dictionaries(FEW_NAMES, inner, max_size=2),
            inner,
        ),
        st.builds(lambda found: {"items": found}, inner | st.lists(inner, min_size=1, max_size=2)),
        st.builds(
            lambda how, found: {how: found},
            st.sampled_from(["anyOf", "allOf", "oneOf"]),
            st.lists(inner, min_size=1, max_size=2),
        ),
        st.builds(lambda found: {"not": found}, inner),
    ),
    max_leaves=4,
)
HASH = "0x8f4a1d2c3b4e5f60718293a4b5c6d7e8f9012345"


def nested(depth, value=1):
    """A value in lists."""
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1, 2**70),
        ("a", ""),
        ([1, "x", 2], ["y", 3]),
        ({"a": [{}]}, {"a": [{}, {}]}),
        ({HASH: 1, "a": "x"}, {"a": "y", "12": 2, "13": 3}),
        (1.5, 2.5),
    ],
)
def test_one_shape(one, other):
    """Literals, the order of items, their number and the names in a map do not count."""
    assert shape(one) == shape(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1, True),
        (1, 1.0),
        (1.0, 1.5),
        ([], {}),
        ([], [[]]),
        ([1], [1, None]),
        ({"a": 1}, {"b": 1}),
        ({"a": 1}, {}),
        ({"12": 1}, {}),
        ({"12": 1}, {"12": 1, "13": "x"}),
        (nested(DEEPEST + 1), nested(DEEPEST + 1)),
        (UNREAD, UNREAD),
    ],
)
def test_two_shapes(one, other):
    """What a schema may tell apart differs; what is too deep, or cannot be read, is like nothing else."""
    assert shape(one) != shape(other)


def test_names_that_are_data():
    """Numbers, hashes, and the name that stands for all of them."""
    assert [is_data(name) for name in ("12", HASH, "\0", "name", "")] == [True, True, True, False, False]


def test_calls_by_name_and_by_position_have_keys_of_their_own():
    """The place of a param counts, and what else is said of the call."""
    keys = [
        call_key("m", params, 9, *about)
        for params, about in [([], ()), ({}, ()), ([1, "x"], ()), (["x", 1], ()), ([1, "x"], (True,)), ({"a": 1}, ())]
    ]
    assert len({*keys}) == len(keys)
    assert call_key("m", [], LONGEST + 1) is result_key("m", 1, LONGEST + 1) is None


def test_what_is_known_is_bounded(monkeypatch):
    """When it is too much, all of it is forgotten; what is too long, or has no key, is never known."""
    monkeypatch.setattr(shapes, "REMEMBERED", 10)
    known = Known()
    known.keep("a", 4)
    known.keep("b", 6)
    known.keep("long", 11)
    known.keep(None, 0)
    assert [key in known for key in ("a", "b", "long", None)] == [True, True, False, False]
    known.keep("c", 1)
    assert [key in known for key in ("a", "b", "c")] == [False, False, True]


def session(calls):
    """The events of calls of one method, each with its params and its result."""
    return timeline(*(call(number, "m", given, result=answer) for number, (given, answer) in enumerate(calls)))


def with_and_without(made):
    """What is made where shapes are remembered, and where none is."""
    with pytest.MonkeyPatch.context() as patched:
        found = made()
        patched.setattr(shapes, "REMEMBERED", 0)
        return found, made()


@example([([1, "x"], 1), (["x", 1], 1.5)])
@example([({"0": 1}, {"0": 1}), ({"12": 1}, {"a": 1})])
@given(st.lists(st.tuples(FEW_PARAMS, FEW), max_size=8))
def test_a_document_is_the_same_without_memory(calls):
    """Whatever was called and answered."""
    events = session(calls)
    with_memory, without = with_and_without(lambda: document(HEADER, "t", events))
    assert with_memory == without
    assert msgspec.json.encode(with_memory[0]) == msgspec.json.encode(without[0]), "members stand in the same order"


@example([], {"const": 1}, [([], 1), ([], 2)])
@example([], {"items": [{"type": "integer"}]}, [([], [1, "x"]), ([], ["x", 1])])
@example([], {"properties": {"0": {"type": "integer"}}}, [([], {"0": 1, "1": "x"}), ([], {"0": "x", "1": 1})])
@example([], {"anyOf": [{"type": "integer"}]}, [([], 1.0), ([], 1.5)])
@example([{"type": "integer"}, {"type": "string"}], True, [([1, "x"], 1), (["x", 1], 1)])
@given(st.lists(SCHEMAS, max_size=2), SCHEMAS, st.lists(st.tuples(FEW_PARAMS, FEW), max_size=8))
def test_violations_are_the_same_without_memory(params, result, calls):
    """Whatever schemas say: where more counts than the shape, it is not asked for."""
    methods = [
        {
            "name": "m",
            "params": [{"name": name, "schema": schema} for name, schema in zip("a0", params, strict=False)],
            "result": {"name": "r", "schema": result},
        }
    ]
    text = json.dumps({"openrpc": "1.3.2", "methods": methods}).encode()
    events = session(calls)
    with_memory, without = with_and_without(lambda: [*Checking(Document(text, "t")).violations(HEADER.profile, events)])
    assert with_memory == without
