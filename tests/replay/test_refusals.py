"""What is said to requests that nobody recorded: an error each, with its own id, and nothing to anybody else."""

import json

import pytest

from recorder.replay.refusals import ERROR, refusal


def error(number):
    """The error for an id."""
    return {"jsonrpc": "2.0", "id": number, "error": ERROR}


@pytest.mark.parametrize(
    ("payload", "answer"),
    [
        (b'{"id":1,"method":"a"}', error(1)),
        (b'{"id":"x","method":"a"}', error("x")),
        (b'{"id":123456789012345678901234567890,"method":"a"}', error(123456789012345678901234567890)),
        (b'[{"id":1,"method":"a"},{"method":"b"},{"id":2,"method":"c"}]', [error(1), error(2)]),
    ],
)
def test_a_request_is_refused_with_its_id(payload, answer):
    """A batch as a batch, ids as they came."""
    assert json.loads(refusal(payload)) == answer


@pytest.mark.parametrize(
    "payload",
    [
        b'{"method":"a"}',
        b'{"id":null,"method":"a"}',
        b'{"id":1,"result":2}',
        b"[]",
        b"no json",
        b"\xff",
        b"",
        b"[" * 5000,
    ],
)
def test_what_does_not_ask_is_not_answered(payload):
    """Notifications, answers, and what is no JSON-RPC."""
    assert refusal(payload) == b""
