"""Traffic held against an OpenRPC document: each thing that it breaks is told, and nothing else."""

import json

import pytest
from openrpc_traffic import HEADER, OPENED, call, came, sent, timeline

from recorder.capture import frame
from recorder.model import Opened, Scenario
from recorder.openrpc.checking import Checking
from recorder.openrpc.document import Document


def param(name, schema, *, required=True):
    """A content descriptor."""
    return {"name": name, "required": required, "schema": schema}


def spec(*methods, **more):
    """A document of these methods."""
    return Document(json.dumps({"openrpc": "1.3.2", "info": {}, "methods": methods} | more).encode(), "spec.json")


ADD = {
    "name": "add",
    "params": [param("a", {"type": "integer"}), param("b", {"$ref": "#/components/schemas/Number"}, required=False)],
    "result": param("sum", {"type": "integer"}),
    "errors": [{"code": 7, "message": "too large"}],
}
COMPONENTS = {"components": {"schemas": {"Number": {"type": "integer", "maximum": 9}}}}


def broken(*calls, **more):
    """Line, rule, path and text of each violation."""
    checking = Checking(spec(ADD | more, **COMPONENTS))
    found = list(checking.violations(HEADER.profile, timeline(*calls)))
    return [(one.line, one.rule, one.path, one.text) for one in found]


def test_what_may_answer_another_call_is_not_held_against_the_document():
    """Its id is that of two open calls."""
    answers = [came({"id": 1, "result": "x"}), came({"id": 1, "result": "x"})]
    assert broken(call(1, "add", [1]), call(1, "add", [1]), answers) == []
    assert len(broken(call(1, "add", [1]), answers[:1])) == 1


@pytest.mark.parametrize(
    ("params", "found"),
    [
        ([1, 2], []),
        ([1], []),
        ({"a": 1, "b": 2}, []),
        (["x"], [("params", "params[0]", "\"x\" is not of type 'integer'")]),
        ([1, 10], [("params", "params[1]", "10 is greater than the maximum of 9")]),
        ([], [("params", "params[0]", "is missing (a)")]),
        (None, [("params", "params[0]", "is missing (a)")]),
        ([1, 2, 3], [("params", "params", "has 3 items, and there are 2 params")]),
        ({"b": 1}, [("params", "params.a", "is missing")]),
        ({"a": 1, "c": 1}, [("params", "params.c", "is not in the document")]),
        (7, [("params", "params", "is neither an array nor an object that can be read")]),
    ],
)
def test_params(params, found):
    """By position and by name, with the place of what is wrong."""
    assert broken(call(1, "add", params)) == [(3, *one) for one in found]


def test_params_in_the_other_form():
    """A method may want one of both."""
    assert broken(call(1, "add", {"a": 1}), paramStructure="by-position") == [
        (3, "params", "params", "is an object, and params are given by position")
    ]
    assert broken(call(1, "add", [1]), paramStructure="by-name") == [
        (3, "params", "params", "is an array, and params are given by name")
    ]


def test_results_belong_to_their_calls():
    """Also out of order, and in a batch, where the path begins with the message; an answer to nobody belongs to no method."""
    first, second = call(1, "add", [1]), call(2, "add", [2])
    answers = [came([{"jsonrpc": "2.0", "id": 2, "result": "x"}, {"jsonrpc": "2.0", "id": 1, "result": 3}])]
    stray = [came({"jsonrpc": "2.0", "id": 9, "result": "x"})]
    assert broken(first, second, answers, stray) == [(5, "result", "[0].result", "\"x\" is not of type 'integer'")]


def test_errors_are_those_of_the_document():
    """Where it names any; those of JSON-RPC itself need no name."""
    errors = [call(code, "add", [1], error={"code": code, "message": "no"}) for code in (7, -32602, -32700, 8)]
    assert broken(*errors) == [(10, "error", "error.code", "8 is not documented; 7 is")]
    assert broken(*errors, errors=[]) == []


def test_a_method_that_is_not_in_the_document():
    """Told where it is called; its answer is told no more. `rpc.discover` hands out the document itself."""
    assert broken(call(1, "sub", [1], result=1), call(2, "rpc.discover", result={})) == [
        (3, "method", "method", "is not in the document")
    ]


def test_a_call_that_was_rejected_may_be_of_a_method_that_is_not_in_the_document():
    """The node has it as little; params that do not fit are told, in the order of the capture, with or without answer."""
    unknown, invalid = ({"code": code, "message": "no"} for code in (-32601, -32602))
    rejected = [call(1, "sub", [1], error=unknown), call(2, "add", ["x"], error=invalid)]
    missing = ("method", "method", "is not in the document")
    open_, failed = call(3, "mul", [1]), call(4, "div", [1], error={"code": 5, "message": "no"})
    params, *others = broken(*rejected, open_, failed)
    assert params[:2] == (5, "params")
    assert others == [(7, *missing), (8, *missing)]


def test_what_a_node_sends_is_held_against_the_document_too():
    """A notification, and a request of its own."""
    pushed = [
        came({"jsonrpc": "2.0", "method": "add", "params": ["x"]}),
        sent({"jsonrpc": "2.0", "method": "add", "params": [1]}),
    ]
    assert broken(pushed) == [(3, "params", "params[0]", "\"x\" is not of type 'integer'")]


def test_a_notification_has_no_answer():
    """What the document has without a result must not ask for one; any method may be called without asking."""
    told = {"name": "told", "params": []}
    asked, notified = call(1, "told"), [sent({"jsonrpc": "2.0", "method": "told"})]
    checking = Checking(spec(told))
    found = list(checking.violations(HEADER.profile, timeline(notified, asked)))
    assert [(one.line, one.rule, one.path) for one in found] == [(4, "method", "id")]
    assert broken([sent({"jsonrpc": "2.0", "method": "add", "params": [1]})]) == []


def test_an_answer_with_a_method_is_held_to_both():
    """Its result is that of its call, its params are those of its own method."""
    reply = came({"jsonrpc": "2.0", "id": 1, "method": "added", "params": ["x"], "result": "y"})
    checking = Checking(spec(ADD, {"name": "added", "params": [param("n", {"type": "string"})]}, **COMPONENTS))
    found = list(checking.violations(HEADER.profile, timeline(call(1, "add", [1]), [reply])))
    assert [(one.method, one.path) for one in found] == [("add", "result")]
    assert checking.methods == {"add": 1, "added": 1}


def test_each_session_has_its_own_calls():
    """The same id in another session is another call; the line is that of the capture, across scenarios."""
    other = Opened(session=2, party="client-2", url="http://node:8545/rpc")
    checking = Checking(
        spec(ADD, {"name": "sub", "params": [], "result": param("left", {"type": "string"})}, **COMPONENTS)
    )
    answers = [frame(b'{"jsonrpc":"2.0","id":1,"result":7}', session=one, direction="from_node") for one in (1, 2)]
    asked = frame(b'{"jsonrpc":"2.0","id":1,"method":"sub"}', session=2, direction="to_node")
    found = list(
        checking.violations(
            HEADER.profile, [OPENED, other, *call(1, "add", [1]), asked, Scenario(name="next"), *answers]
        )
    )
    assert [(one.line, one.method) for one in found] == [(8, "sub")]
