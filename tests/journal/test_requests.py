"""What is asked over HTTP, and the head of its answer."""

import pytest

from recorder.journal.requests import Answer, Request, is_rpc


@pytest.mark.parametrize(
    ("body", "kind", "spoken"),
    [
        (b'{"jsonrpc":"2.0","method":"m"}', "text/plain", True),
        (b'{"id":1,"method":"m"}', "", True),
        (b'{"method":"m"}', "application/json", False),
        (b'{"method":"m"}', "application/json-rpc; charset=utf-8", True),
        (b'{"jsonrpc":', "application/json", False),
        (b"a=1", "application/x-www-form-urlencoded", False),
    ],
)
def test_a_body_is_json_rpc_if_it_says_so_or_calls_a_method_under_an_id(body, kind, spoken):
    """Other JSON is none, whatever it has."""
    assert is_rpc(Request("POST", "http://n/", [("Content-Type", kind)]), body) is spoken


def test_an_answer_streams_if_its_type_says_so():
    """An event stream, or lines of JSON; one JSON text does not."""
    kinds = ("text/event-stream;x", "application/x-ndjson", "application/json")
    assert [Answer(200, [("Content-Type", kind)]).streams for kind in kinds] == [True, True, False]
