"""Answers to what nobody recorded."""

from __future__ import annotations

import json

import pytest

from recorder.replay.replies import ERROR, refusal


def answers(payload, **how):
    """The answer, parsed; nothing where there is none."""
    answer = refusal(payload.encode(), **how)
    return json.loads(answer) if answer else None


@pytest.mark.parametrize("identity", ["1", '"one"', "-576460752303423488", "1.5", "1234567890123456789012345"])
def test_a_request(identity):
    """A request gets an error with its own id."""
    answer = refusal(f'{{"jsonrpc":"2.0","id":{identity},"method":"m"}}'.encode())
    assert f'"id":{identity},'.encode() in answer
    assert json.loads(answer)["error"] == ERROR


@pytest.mark.parametrize(
    "payload",
    ['{"method":"m"}', '{"method":"m","id":null}', '{"id":1,"result":2}', '{"id":1,"error":{}}', "7", "no", "[]"],
)
def test_what_asks_nothing(payload):
    """By the standard, notifications and answers are not answered."""
    assert answers(payload) is None


def test_a_batch():
    """The requests of a batch are answered together."""
    batch = '[{"id":1,"method":"a"},{"method":"b"},{"id":2,"method":"c"}]'
    assert [answer["id"] for answer in answers(batch)] == [1, 2]
    assert [answer["id"] for answer in answers(batch, quoting=True)] == [1, None, 2]


@pytest.mark.parametrize(("members", "identity"), [({"id": 3}, 3), ({}, None), ({"id": None}, None)])
def test_a_node_that_quotes(members, identity):
    """Where the node's errors quote what they answer, a frame without an id is answered so, with reasons."""
    request = {**members, "method": "channels.withdraw", "params": {"amount": 2}}
    answer = answers(json.dumps({"jsonrpc": "2.0", **request}), quoting=True)
    assert answer["id"] == identity
    assert answer["error"]["request"] == request
    assert [reason["message"] for reason in answer["error"]["data"]] == [ERROR["message"]]


@pytest.mark.parametrize("payload", ['{"id":1,"result":2}', '{"id":null,"error":{"code":1}}', "no"])
def test_answers_are_not_answered(payload):
    """A node that quotes answers no answers either."""
    assert answers(payload, quoting=True) is None
