"""The document that traffic shows, and which that traffic obeys."""

import msgspec
import pytest
from hypothesis import given
from openrpc_traffic import CALLS, HEADER, call, came, timeline

from recorder.capture import frame
from recorder.jsonrpc import SHORT
from recorder.openrpc import drawing
from recorder.openrpc.checking import Checking
from recorder.openrpc.document import Document
from recorder.openrpc.drawing import EXAMPLES, document
from recorder.openrpc.messages import REJECTED

ADDRESS = "0x8f4a1d2c3b4e5f60718293a4b5c6d7e8f9012345"


def drawn(*calls):
    """The methods of the document, by their names."""
    return {one["name"]: one for one in document(HEADER, "t", timeline(*calls))[0]["methods"]}


def schemas(method):
    """Name, whether it is required, and schema of each param."""
    return [(one["name"], one["required"], one["schema"]) for one in method["params"]]


def test_a_document_says_whom_it_is_about():
    """The version is the day of the recording; a query in a URL is no part of a server."""
    found, lost = document(HEADER, "t", timeline(call(1, "b", [], result=1), call(2, "a", [], result=1)))
    assert found["openrpc"] == "1.3.2"
    assert found["info"] == {"title": "t", "version": "1970-01-01"}
    assert found["servers"] == [{"name": "node:8545", "url": "http://node:8545/rpc"}]
    assert [one["name"] for one in found["methods"]] == ["b", "a"], "in the order of their first calls"
    assert not lost


def test_params_by_position():
    """What not every call has is not required; types that differ are united."""
    method = drawn(call(1, "m", [1, "x"], result=1), call(2, "m", [None], result=2))["m"]
    assert schemas(method) == [
        ("param1", True, {"type": ["integer", "null"]}),
        ("param2", False, {"type": "string"}),
    ]
    assert method["paramStructure"] == "by-position"


def test_what_answers_one_of_several_calls_tells_nothing():
    """Calls that were open at once had its id, so nobody knows which it answers; the id may be used again later."""
    methods = drawn(
        call("x", "bid", [1]),
        call("x", "list"),
        [came({"id": "x", "result": {"lots": [1]}}), came({"id": "x", "error": {"code": 7, "message": "no"}})],
        [came({"id": "x", "error": {"code": 8, "message": "late"}})],
        call(2, "bid", [2], result={"bid": "b2"}),
        call("x", "bid", [3], result={"bid": "b3"}),
        call("x", "list", result=7),
    )
    assert methods["bid"]["result"]["schema"]["required"] == ["bid"]
    assert methods["list"]["result"]["schema"] == {"type": "integer"}
    assert "errors" not in methods["bid"]
    assert "errors" not in methods["list"]
    assert [one["params"][0]["value"] for one in methods["bid"]["examples"]] == [2, 3]
    assert schemas(methods["bid"]) == [("param1", True, {"type": "integer"})], "of all three calls"


def test_params_by_name():
    """Members that each call has are required, at each depth."""
    method = drawn(call(1, "m", {"a": {"x": 1, "y": 2}, "b": 1}, result=1), call(2, "m", {"a": {"x": 1.5}}, result=1))[
        "m"
    ]
    inner = {"type": "object", "properties": {"x": {"type": "number"}, "y": {"type": "integer"}}, "required": ["x"]}
    assert schemas(method) == [("a", True, inner), ("b", False, {"type": "integer"})]
    assert method["paramStructure"] == "by-name"


def test_an_id_alone_in_a_long_batch_is_no_call():
    """The params of the others are theirs."""
    batch = b'[{"id":5},{"method":"m","params":["%s"]},{"method":"n","params":[1]}]' % (b"x" * SHORT)
    methods = document(HEADER, "t", [frame(batch, session=1, direction="to_node")])[0]["methods"]
    assert {one["name"]: schemas(one) for one in methods} == {
        "m": [("param1", True, {"type": "string"})],
        "n": [("param1", True, {"type": "integer"})],
    }


def test_params_both_ways():
    """The param at a position is that with the name."""
    method = drawn(call(1, "m", {"a": 1}, result=1), call(2, "m", ["x", True], result=1))["m"]
    assert method["paramStructure"] == "either"
    assert schemas(method) == [
        ("a", True, {"anyOf": [{"type": "integer"}, {"type": "string"}]}),
        ("param2", False, {"type": "boolean"}),
    ]


def test_keys_that_are_data_are_a_map():
    """Of addresses, hashes and numbers each, the schema of their values alone is told."""
    method = drawn(call(1, "m", [], result={ADDRESS: {"n": 1}, "name": "x"}))["m"]
    assert method["result"]["schema"] == {
        "type": "object",
        "properties": {"name": {"type": "string"}},
        "additionalProperties": {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]},
        "required": ["name"],
    }


def test_errors_and_examples():
    """Each code once; a few short calls with their results."""
    error = {"code": 7, "message": "none left"}
    calls = [call(n, "m", [n], result=n) for n in range(5)]
    method = drawn(call(9, "m", [0], error=error), call(10, "m", ["x" * 5000], result=0), *calls)["m"]
    assert method["errors"] == [error]
    assert len(method["examples"]) == EXAMPLES
    assert method["examples"][0] == {
        "name": "example 1",
        "params": [{"name": "param1", "value": 0}],
        "result": {"name": "result", "value": 0},
    }


def test_a_call_that_was_rejected_tells_nothing_of_its_method():
    """It takes no param's place, and makes no method; what it was answered is an error of a method that there is."""
    invalid, unknown = {"code": -32602, "message": "Invalid params"}, {"code": -32601, "message": "Method not found"}
    methods = drawn(
        call(1, "pay", {}, error=invalid),
        call(2, "pay", {"amount": 10}, result="ok"),
        call(3, "pay", {"amount": "x"}, error=invalid),
        call(4, "nope", error=unknown),
    )
    assert [*methods] == ["pay"]
    assert schemas(methods["pay"]) == [("amount", True, {"type": "integer"})]
    assert methods["pay"]["errors"] == [invalid]


def test_calls_are_kept_until_they_are_answered_but_not_without_end(monkeypatch):
    """Too many, or too long ones, are taken as they are."""
    calls = [event for number in range(4) for event in call(number, "pay", {"amount": number, f"n{number}": 0})]
    answers = [came({"id": number, "error": {"code": -32602, "message": "no"}}) for number in range(4)]
    assert drawn(calls, answers) == {}
    monkeypatch.setattr(drawing, "WAITING", 3)
    assert [name for name, _required, _schema in schemas(drawn(calls, answers)["pay"])] == ["amount", "n0"]
    monkeypatch.setattr(drawing, "HELD", 10)
    assert len(schemas(drawn(calls, answers)["pay"])) == 5


def test_what_a_node_sends_is_a_method_too():
    """A push has no result; who sends it is told where it is not the party."""
    methods = drawn([came({"jsonrpc": "2.0", "method": "told", "params": [1]})], call(1, "m", [], result=1))
    assert "result" not in methods["told"]
    assert methods["told"]["x-sent-by"] == ["node"]
    assert "x-sent-by" not in methods["m"]


def test_an_answer_may_have_a_method_of_its_own():
    """Then it is one more method, whose params are its own."""
    reply = came({"jsonrpc": "2.0", "id": 1, "method": "m.reply", "params": {"a": 1}, "result": 2})
    methods = drawn(call(1, "m", [True]), [reply])
    assert schemas(methods["m"]) == [("param1", True, {"type": "boolean"})]
    assert methods["m"]["result"]["schema"] == {"type": "integer"}
    assert schemas(methods["m.reply"]) == [("a", True, {"type": "integer"})]


@pytest.mark.parametrize("text", ["9" * 5000, "1e999", "[" * 900 + "]" * 900])
def test_a_value_that_cannot_be_described_is_a_param_too(text):
    """Others keep their places; it is no example."""
    asked = f'{{"jsonrpc":"2.0","id":1,"method":"m","params":[{text},7]}}'.encode()
    answer = [came({"jsonrpc": "2.0", "id": 1, "result": 1})]
    method = drawn([frame(asked, session=1, direction="to_node")], answer)["m"]
    assert [one["required"] for one in method["params"]] == [True, True]
    assert method["params"][1]["schema"] == {"type": "integer"}
    assert "examples" not in method


def test_what_a_document_cannot_hold_is_counted():
    """Methods have names; a number out of all bounds has no type that all readers agree on."""
    unread = frame(b'{"jsonrpc":"2.0","id":1,"method":"m","params":[1e999]}', session=1, direction="to_node")
    found, lost = document(HEADER, "t", timeline([unread], call(2, "", [1], result=1)))
    assert [one["name"] for one in found["methods"]] == ["m"]
    assert lost == {"messages of a method without a name": 1, "values that nobody can read": 1}


@given(CALLS)
def test_traffic_obeys_its_own_document(calls):
    """Whatever was called and answered, but for params that were rejected."""
    events = timeline(*(call(number, *one[:2], **one[2]) for number, one in enumerate(calls)))
    text = msgspec.json.encode(document(HEADER, "t", events)[0])
    rejected = {one[0] for one in calls if one[2].get("error", {}).get("code") in REJECTED}
    found = Checking(Document(text, "t")).violations(HEADER.profile, events)
    assert all(one.rule == "params" and one.method in rejected for one in found)
