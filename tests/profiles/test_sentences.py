"""A JSON-RPC message in words, on literals."""

from __future__ import annotations

import pytest

from recorder.model import Opened
from recorder.profiles.sentences import Words, opening, predicate, shown

ETHER = Words(
    call=lambda _method, params: "balanceOf" if params else None,
    answer=lambda method, result: f"{int(result, 16)} wei" if method == "eth_getBalance" else None,
)


def to_node(message, **more):
    """A client's message in words."""
    return f"client {predicate(message, 'node', to_node=True, **more)}"


def from_node(message, **more):
    """The node's."""
    return f"node {predicate(message, 'client', to_node=False, **more)}"


@pytest.mark.parametrize(
    ("message", "words"),
    [
        ({"id": 1, "method": "sum", "params": [1, "two"]}, "client calls sum 1, two"),
        ({"id": 1, "method": "sum", "params": [1, 2, 3, 4]}, "client calls sum 1, 2, 3, …"),
        ({"id": 1, "method": "take", "params": {"sku": "A", "of": {}}}, "client calls take, sku A, …"),
        ({"id": 1, "method": "take", "params": {"of": {}}}, "client calls take"),
        ({"id": 1, "method": "sum", "params": []}, "client calls sum"),
        ({"id": 1, "method": "sum"}, "client calls sum"),
        ({"method": "initialized"}, "client notifies node: initialized"),
        ({"id": None, "method": "notify"}, "client notifies node: notify"),
        ({"id": 1, "result": None}, "client answers node: null"),
        ({"params": 1}, "client sends node JSON that is not JSON-RPC: params 1"),
        ({"method": 7}, "client sends node JSON that is not JSON-RPC: method 7"),
        ([], "client sends node JSON that is not JSON-RPC"),
        (None, "client sends node something that is not JSON-RPC"),
        ("hello", "client sends node text that is not JSON-RPC"),
    ],
)
def test_what_a_client_says(message, words):
    """A request is a call, a notification is told, and what is neither says so."""
    assert to_node(message) == words


@pytest.mark.parametrize(
    ("message", "words"),
    [
        ({"id": 5, "method": "window/workDoneProgress/create"}, "node asks client: window/workDoneProgress/create"),
        ({"method": "$/progress", "params": {}}, "node notifies client: $/progress"),
        (
            {"event": "volume_changed", "volume": 3},
            "node sends client JSON that is not JSON-RPC: event volume_changed, volume 3",
        ),
        ({"id": 1, "result": {"a": 1, "b": [1]}}, "node answers client: a 1, b (a list of 1 item)"),
        ({"id": 1, "result": {"a": {}}}, "node answers client: an object"),
        ({"id": 1, "result": {"a": {"b": {"c": ""}}, "d": {"e": 1}}}, 'node answers client: a (b (c "")), …'),
        ({"id": 1, "result": {"a": {"b": {"c": {"d": {"e": 1}}}}}}, "node answers client: an object"),
        ({"method": "moved", "params": {"task": {"id": 7, "at": {}}}}, "node notifies client: moved, task (id 7, …)"),
        ({"id": 1, "result": {}}, "node answers client: an empty object"),
        ({"id": 1, "result": [1, 2]}, "node answers client: a list of 2 items"),
        ({"id": 1, "result": 3, "error": None}, "node answers client: 3"),
        ({"id": 1, "error": {"code": 3, "message": "no"}}, "node refuses client: error 3 no"),
        ({"id": 1, "error": {"code": 3, "data": [{"message": "why"}, 7]}}, "node refuses client: error 3 (why)"),
        ({"id": 1, "error": "no"}, "node refuses client: error no"),
    ],
)
def test_what_a_node_says(message, words):
    """A request of the node is asked, a push is told; a JSON-RPC 1.0 error is told as it is."""
    assert from_node(message) == words


def test_an_answer_says_of_which_method():
    """Where that is known; a refusal, too."""
    assert from_node({"id": 1, "result": 7}, answered="getBlock") == "node answers client's getBlock: 7"
    assert from_node({"id": 1}, answered="dispose") == "node answers client's dispose without a result"
    assert from_node({"id": 1, "error": {"code": 3}}, answered="getBlock") == "node refuses client's getBlock: error 3"


def test_a_protocol_has_words_of_its_own():
    """For calls and for answers; where it has none, the method and the value are said."""
    assert to_node({"id": 1, "method": "eth_call", "params": [{}]}, words=ETHER) == "client calls eth_call balanceOf"
    assert to_node({"id": 1, "method": "eth_call"}, words=ETHER) == "client calls eth_call"
    answer = {"id": 1, "result": "0x10"}
    assert from_node(answer, words=ETHER, answered="eth_getBalance") == "node answers client's eth_getBalance: 16 wei"
    assert from_node(answer, words=ETHER, answered="eth_gasPrice") == "node answers client's eth_gasPrice: 0x10"


def test_a_protocol_may_call_without_ids():
    """Then a client's frame without id is a call, and the node's still tells."""
    bare = Words(ids=False)
    assert to_node({"method": "channels.withdraw"}, words=bare) == "client calls channels.withdraw"
    assert from_node({"method": "channels.info"}, words=bare) == "node notifies client: channels.info"


def test_an_opening_says_as_what():
    """The role is said where the party is not called by it."""
    assert opening(Opened(session=1, party="initiator", role="initiator")) == "opens a connection"
    assert opening(Opened(session=1, party="client-1", role="initiator")) == "opens a connection as initiator"


def test_no_peer_makes_a_line_of_its_own():
    """Control characters in a method, a name or a value are shown, and long values are cut."""
    told = [to_node({"id": 1, "method": "a\nb"}), from_node({"id": 1, "result": "x\x1b[2J"})]
    told += [
        opening(Opened(session=1, party="a", role="a\nb")),
        from_node({"id": 1, "error": {"code": "\r", "message": 10**5000}}),
    ]
    assert all(text.isprintable() and len(text) < 200 for text in told)
    assert shown("x" * 100) == "x" * 59 + "…"
