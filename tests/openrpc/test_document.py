"""An OpenRPC document is read, with its references; what is none is said in one line."""

import json

import pytest

from recorder.errors import InputError
from recorder.openrpc.document import Document


def spec(methods, **more):
    """The text of a document."""
    return json.dumps({"openrpc": "1.3.2", "methods": methods} | more).encode()


def nested(depth):
    """A schema in schemas."""
    schema = True
    for _ in range(depth):
        schema = {"not": schema}
    return schema


def test_references_to_methods_params_and_errors_are_followed():
    """They may stand anywhere in the document, and lead to others."""
    components = {
        "methods": {
            "m": {
                "name": "m",
                "params": [{"$ref": "#/components/contentDescriptors/a"}],
                "errors": [{"$ref": "#/components/errors/e"}],
            }
        },
        "contentDescriptors": {
            "a": {"$ref": "#/components/contentDescriptors/b"},
            "b": {"name": "b", "schema": {"type": "null"}},
        },
        "errors": {"e": {"code": 5, "message": "x"}},
    }
    found = Document(spec([{"$ref": "#/components/methods/m"}], components=components), "spec.json")
    method = found.methods["m"]
    assert [(one.name, one.required) for one in method.params] == [("b", False)]
    assert method.errors == {5}
    assert method.result is None
    assert [fault.text for fault in found.faults(method.params[0], b"1")] == ["1 is not of type 'null'"]
    assert found.faults(method.params[0], b"null") == ()


def test_the_nearest_reason_is_told():
    """Of a choice, that of the likeliest branch, with its path."""
    schema = {"oneOf": [{"type": "null"}, {"type": "object", "properties": {"n": {"type": "integer"}}}]}
    found = Document(spec([{"name": "m", "params": [{"name": "a", "schema": schema}]}]), "spec.json")
    (fault,) = found.faults(found.methods["m"].params[0], b'{"n":"x"}')
    assert fault == (("n",), "\"x\" is not of type 'integer'")


def test_where_no_branch_is_likelier_each_is_told():
    """Else nobody knows what to send instead."""
    schema = {"anyOf": [{"pattern": "^0x"}, {"enum": ["latest"]}, {"enum": ["latest"]}]}
    found = Document(spec([{"name": "m", "params": [{"name": "a", "schema": schema}]}]), "spec.json")
    (fault,) = found.faults(found.methods["m"].params[0], b'"3"')
    assert fault.text == (
        "\"3\" is not valid under any of the given schemas: does not match '^0x'; is not one of ['latest']"
    )


def test_a_long_value_is_shortened_in_front_of_its_reason():
    """A value may be of any length."""
    found = Document(spec([{"name": "m", "params": [{"name": "a", "schema": {"type": "integer"}}]}]), "spec.json")
    (fault,) = found.faults(found.methods["m"].params[0], b'"' + b"x" * 9000 + b'"')
    assert fault.text.startswith('"xxx')
    assert fault.text.endswith("xxx\" is not of type 'integer'")
    assert len(fault.text) < 100


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"{", "is not JSON: "),
        (b"[" * 100_000, "is not JSON: "),
        (b"[]", "is no OpenRPC document: it has no member `openrpc`"),
        (b'{"openrpc":"1"}', "#/methods is no list"),
        (b'{"openrpc":"2.0.0","methods":[]}', "is of OpenRPC 2.0.0; version 1 is read"),
        (spec([7]), "#/methods/0 is no object"),
        (spec([{}]), "#/methods/0 has no name"),
        (spec([{"name": "m"}]), "#/methods/0/params is no list"),
        (spec([{"name": "m", "params": [{"name": "a"}]}]), "#/methods/0/params/0 has no schema"),
        (spec([{"$ref": "#/nowhere"}]), "refers to #/nowhere, which is not in it"),
        (spec([{"$ref": "#/methods/x/y"}]), "refers to #/methods/x/y, which is not in it"),
        (spec([{"$ref": "#/methods/0"}]), "cannot follow '#/methods/0'; only references into it"),
        (spec([{"$ref": "http://127.0.0.1/"}]), "cannot follow 'http://127.0.0.1/'; only references into it"),
        (spec([{"name": "m", "params": [], "errors": [{"code": "x"}]}]), "#/methods/0/errors/0 has no code"),
        (spec([{"name": "m", "params": [], "errors": [{"code": True}]}]), "#/methods/0/errors/0 has no code"),
        (spec([{"name": "m", "params": [], "paramStructure": 7}]), "#/methods/0/paramStructure is none of by-name, "),
    ],
)
def test_what_is_no_document_is_refused(text, reason):
    """In one line that says where."""
    with pytest.raises(InputError) as refused:
        Document(text, "spec.json")
    assert str(refused.value).startswith(f"spec.json: {reason}")


@pytest.mark.parametrize(
    ("schema", "reason"),
    [
        ({"type": "no such"}, "the schema at #/methods/0/params/0/schema cannot be used: "),
        ({"$ref": "#/nowhere"}, "refers to #/nowhere, which is not in it; only references into it"),
        ({"items": {"$ref": "#/components/x"}}, "the schema at #/methods/0/params/0/schema cannot be used: "),
        ({"anyOf": [True, {"$ref": "#/methods/a/b"}]}, "refers to #/methods/a/b, which is not in it"),
        ({"pattern": "("}, "the schema at #/methods/0/params/0/schema cannot be used: '(' is not a 'regex'"),
        (nested(400), "the schema at #/methods/0/params/0/schema is nested too deeply"),
        ({"$ref": "http://127.0.0.1:1/x"}, "refers to http://127.0.0.1:1/x, which is not in it; only references"),
    ],
)
def test_a_schema_that_cannot_be_used_is_refused(schema, reason):
    """When it is first used, whatever the value is; nothing is fetched."""
    methods = [{"name": "m", "params": [{"name": "a", "schema": schema}]}]
    found = Document(spec(methods, components={"x": {"type": 7}}), "spec.json")
    with pytest.raises(InputError) as refused:
        found.faults(found.methods["m"].params[0], b"1")
    assert str(refused.value).startswith(f"spec.json: {reason}")


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"[" * 900 + b"]" * 900, "cannot be checked: it is nested too deeply, or its schema is"),
        (b"9" * 5000, "cannot be read"),
        (b'"\xff"', "cannot be read"),
    ],
)
def test_a_value_that_cannot_be_checked_is_told(raw, reason):
    """It is never passed in silence."""
    tree = {"type": "array", "items": {"$ref": "#/components/schemas/tree"}}
    methods = [{"name": "m", "params": [{"name": "a", "schema": {"$ref": "#/components/schemas/tree"}}]}]
    found = Document(spec(methods, components={"schemas": {"tree": tree}}), "spec.json")
    assert [fault.text for fault in found.faults(found.methods["m"].params[0], raw)] == [reason]
    assert found.faults(found.methods["m"].params[0], b"[[],[[]]]") == ()


@pytest.mark.parametrize(
    ("schema", "shaped"),
    [
        ({"type": "integer", "title": "n", "default": 1, "format": "int32"}, True),
        ({"$ref": "#/components/schemas/tree"}, True),
        ({"type": "object", "additionalProperties": {"type": "string"}}, True),
        ({"maximum": 9}, False),
        ({"items": [{"type": "integer"}]}, False),
        ({"properties": {"a": {"enum": [1]}}}, False),
        ({"anyOf": [{"$ref": "#/components/schemas/named"}]}, False),
        ({"required": ["12"]}, False),
        ({"properties": {"12": {"type": "null"}}}, False),
        ({"properties": 7}, False),
        ({"$ref": "#/nowhere"}, False),
    ],
)
def test_whether_the_shape_of_a_value_decides(schema, shaped):
    """Not where a literal, the place of an item or a name that is data counts, nor in a schema that cannot be used."""
    tree = {"type": "array", "items": {"$ref": "#/components/schemas/tree"}}
    methods = [{"name": "m", "params": [{"name": "a", "schema": schema}]}]
    found = Document(spec(methods, components={"schemas": {"tree": tree, "named": {"const": 1}}}), "spec.json")
    assert found.by_shape(found.methods["m"].params[0]) is shaped
