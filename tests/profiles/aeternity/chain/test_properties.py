"""Properties of every codec: what is written is read, and broken bytes are nothing but a DecodeError."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from recorder.errors import DecodeError
from recorder.profiles.aeternity.chain import PREFIXES, SCHEMAS, decode_object, decode_text, encode_object, encode_text
from recorder.profiles.aeternity.chain.contract_data import decode_store_key, encode_store_key
from recorder.profiles.aeternity.chain.fate.types import read_type, write_type
from recorder.profiles.aeternity.chain.fields import Bool, Bytes, Enumeration, Id, ListOf, TupleOf, Uint
from recorder.profiles.aeternity.chain.layouts import Nested

KEYS = sorted(SCHEMAS)
NUMBERS = st.integers(0, 1 << 2000)


def values(field, sampled):
    """What may stand in a field; a nested object is that of the sample, with its own fields as they are."""
    if isinstance(field, Nested):
        return st.just(sampled)
    if isinstance(field, Enumeration):
        return st.sampled_from(sorted(field.names))
    if isinstance(field, ListOf):
        return st.lists(values(field.of, sampled[0]), max_size=1 if field.most else 4)
    if isinstance(field, TupleOf):
        return st.tuples(*map(values, field.of, sampled)).map(list)
    if isinstance(field, Id):
        kinds = st.sampled_from(sorted(field.prefixes))
        return st.builds(encode_text, kinds, st.binary(min_size=32, max_size=32))
    return st.booleans() if isinstance(field, Bool) else numbers_or_bytes(field, sampled)


def numbers_or_bytes(field, sampled):
    """Integers, bytes of any size where any is allowed, and targets of pointers as they are."""
    if isinstance(field, Uint):
        return NUMBERS
    if type(field).__name__ == "PointerTarget":
        return st.just(sampled)
    assert isinstance(field, Bytes)
    return st.binary(min_size=field.size or 0, max_size=field.size or 80).map(bytes.hex)


@given(st.data(), st.sampled_from(KEYS))
def test_every_object_comes_back(samples, data, key):
    """Whatever the fields hold, the object is read as it was written."""
    value = samples[key]
    kinds = SCHEMAS[key].fields
    drawn = data.draw(st.fixed_dictionaries({name: values(kinds[name], one) for name, one in value["fields"].items()}))
    if key == (34, 2):
        drawn["pointers"] = value["fields"]["pointers"]
    value = value | {"fields": drawn}
    assert decode_object(encode_object(value), template=True) == value


@given(st.sampled_from(KEYS), st.integers(0, 10**6), st.binary(max_size=3), st.integers(0, 3))
def test_broken_bytes_are_read_or_refused(samples, key, where, put, dropped):
    """Bytes exchanged anywhere raise nothing but DecodeError, with an offset inside the bytes."""
    data = encode_object(samples[key])
    place = where % len(data)
    data = data[:place] + put + data[place + dropped :]
    notes: list[str] = []
    try:
        value = decode_object(data, notes=notes)
    except DecodeError as error:
        assert 0 <= error.offset <= len(data)  # noqa: PT017 - either outcome is right
        return
    assert notes or encode_object(value) == data


@given(st.sampled_from(sorted(PREFIXES)), st.binary(max_size=100))
def test_every_text_comes_back(prefix, data):
    """Bytes of a fitting size are written as text that is read as they were."""
    size = PREFIXES[prefix].size
    data = data if size is None else data.ljust(size, b"\0")[:size]
    assert decode_text(encode_text(prefix, data)) == (prefix, data)


ATOMS = st.sampled_from(["integer", "boolean", "address", "bits", "string", "any", "contract_bytearray", "{bytes,any}"])
TYPES = st.recursive(
    ATOMS | st.integers(0, 255).map("{{tvar,{}}}".format) | st.integers(0, 1 << 70).map("{{bytes,{}}}".format),
    lambda inner: st.one_of(
        inner.map("{{list,{}}}".format),
        st.builds("{{map,{},{}}}".format, inner, inner),
        st.lists(inner, max_size=4).map(lambda parts: f"{{tuple,[{','.join(parts)}]}}"),
        st.lists(inner, max_size=3).map(
            lambda parts: f"{{variant,[{','.join(f'{{tuple,[{part}]}}' for part in parts)}]}}"
        ),
    ),
    max_leaves=12,
)


@given(TYPES)
def test_every_type_comes_back(text):
    """The text of a type is written as bytes that are read as the text."""
    data = write_type(text)
    assert read_type(data, 0) == (text, len(data))


@given(st.binary(max_size=40))
def test_store_keys_are_read_or_refused(data):
    """Arbitrary bytes are a key that is written back, or an error."""
    notes: list[str] = []
    try:
        key = decode_store_key(data, notes)
    except DecodeError:
        return
    assert notes or encode_store_key(key) == data
