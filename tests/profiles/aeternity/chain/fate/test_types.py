"""FATE types, as bytes and as text."""

from __future__ import annotations

import pytest

from recorder.profiles.aeternity.chain.fate.types import MAX_TYPE_DEPTH, read_type, write_type
from recorder.profiles.rlp import Malformed

FORMS = [
    ("07", "integer"),
    ("17", "boolean"),
    ("2707", "{list,integer}"),
    ("3700", "{tuple,[]}"),
    ("370207f7", "{tuple,[integer,any]}"),
    ("4700", "address"),
    ("4702", "contract"),
    ("4703", "oracle"),
    ("4704", "oracle_query"),
    ("4705", "channel"),
    ("57", "bits"),
    ("67072777", "{map,integer,{list,string}}"),
    ("77", "string"),
    ("8700", "{variant,[]}"),
    ("87023700370107", "{variant,[{tuple,[]},{tuple,[integer]}]}"),
    ("9700", "{bytes,0}"),
    ("976f00", "{bytes,64}"),
    ("9782", "{bytes,any}"),
    ("a7", "contract_bytearray"),
    ("e7ff", "{tvar,255}"),
    ("f7", "any"),
]


@pytest.mark.parametrize(("data", "text"), FORMS, ids=[text for _, text in FORMS])
def test_a_type_has_one_form(data, text):
    """Bytes are read as the text, and the text is written as the bytes."""
    assert read_type(bytes.fromhex(data), 0) == (text, len(data) // 2)
    assert write_type(text).hex() == data


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ("", "bytes end"),
        ("27", "bytes end"),
        ("00", "starts no type"),
        ("4706", "not a kind of address"),
        ("4701", "not a kind of address"),
        ("9784", "bytes of size -2"),
        ("870107", "not a tuple"),
        ("27" * (MAX_TYPE_DEPTH + 2), "nested deeper"),
    ],
)
def test_other_bytes_are_errors(data, reason):
    """What the node's decoder rejects is rejected with its reason."""
    with pytest.raises(Malformed, match=reason):
        read_type(bytes.fromhex(data), 0)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "int",
        "{list,integer",
        "{list,integer}x",
        "{bytes,-2}",
        "{bytes,}",
        "{tvar,256}",
        "{tuple,integer}",
        "{set,integer}",
        "{tuple,[integer integer]}",
        "{map,integer}",
        "{list," * 200,
    ],
)
def test_other_texts_are_no_types(text):
    """What is no type cannot be written."""
    with pytest.raises(ValueError, match=r".*"):
        write_type(text)
