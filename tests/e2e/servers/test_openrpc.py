"""What is exported is valid by OpenRPC's own schema."""

from __future__ import annotations

import json
import subprocess

import msgspec
import pytest
from hypothesis import given
from installing import npm_folder, program
from jsonschema import Draft7Validator
from openrpc_traffic import CALLS, HEADER, call, sent, timeline
from referencing import Registry
from referencing.jsonschema import DRAFT7

import recorder
from recorder.openrpc.drawing import document
from recorder.transcript import data_folder

pytestmark = [pytest.mark.servers, pytest.mark.timeout(600)]

DIALECT = "https://meta.json-schema.tools"
PRINT = "const a = require(process.argv[1]); console.log(JSON.stringify(a.default ?? a))"


@pytest.fixture(scope="module")
def valid():
    """Holds a document against OpenRPC's schema."""
    folder = npm_folder() / "node_modules"

    def read(package):
        return json.loads(subprocess.check_output([program("node"), "-e", PRINT, folder / package]))

    openrpc, dialect = read("@open-rpc/meta-schema"), read("@json-schema-tools/meta-schema")
    registry = Registry().with_resource(DIALECT, DRAFT7.create_resource(dialect))
    return Draft7Validator({**openrpc, "$id": "urn:openrpc"}, registry=registry)


@pytest.mark.parametrize("path", sorted(data_folder("transcripts").glob("*.jsonl")), ids=lambda path: path.stem)
def test_what_is_exported_is_openrpc(valid, path):
    """Of each recorded example."""
    capture = recorder.load(path)
    found, _lost = document(capture.header, "example", capture)
    assert [error.message for error in valid.iter_errors(found)] == []


@given(CALLS)
def test_so_is_what_is_exported_of_any_traffic(valid, calls):
    """As a reader of the file sees it."""
    events = timeline(*(call(number, *one[:2], **one[2]) for number, one in enumerate(calls)))
    found = msgspec.json.decode(msgspec.json.encode(document(HEADER, "t", events)[0]))
    assert [error.message for error in valid.iter_errors(found)] == []


@pytest.mark.parametrize("name", ["", "a b", "\0", "$ref"])
def test_a_method_may_have_any_name(valid, name):
    """Params too."""
    events = timeline(call(1, name, {name: 1}, result={name: {"$ref": "#/x"}}), [sent({"method": name})])
    assert [error.message for error in valid.iter_errors(document(HEADER, "t", events)[0])] == []


def test_what_is_no_openrpc_is_refused(valid):
    """So that the test above means something."""
    assert [*valid.iter_errors({"openrpc": "1.3.2", "info": {}, "methods": [{"name": 7}]})]
