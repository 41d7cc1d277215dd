"""What is wrong with a message by itself."""

import msgspec
import pytest

from recorder.capture import frame
from recorder.model import Frame
from recorder.profiles import GENERIC, PROFILES
from recorder.profiles.aeternity.chain import decode, encode
from recorder.stats.lint import violations
from recorder.transcript import data_folder


def rules(payload, profile=GENERIC, **fields):
    """The rules that a frame breaks."""
    return [one.rule for one in violations(frame(payload, session=1, direction="to_node", **fields), profile)]


@pytest.mark.parametrize(
    ("payload", "broken"),
    [
        (b'{"jsonrpc":"2.0","id":1,"method":"m","params":{}}', []),
        (b'{"id":1,"method":"m"}', []),
        (b'{"jsonrpc":"2.0","id":1,"result":null}', []),
        (b'{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"Parse error"}}', []),
        (b'[{"method":"m"},{"method":"n"}]', []),
        (b"no JSON", ["json"]),
        (b"\xff", ["json"]),
        (b"[]", ["batch"]),
        (b"7", ["message"]),
        (b'{"jsonrpc":"2.0"}', ["message"]),
        (b'{"jsonrpc":"2.0","id":1}', ["answer"]),
        (b'{"jsonrpc":"1.0","method":"m"}', ["version"]),
        (b'{"jsonrpc":2.0,"method":"m"}', ["version"]),
        (b'{"id":1,"result":1,"error":{"code":1,"message":""}}', ["answer"]),
        (b'{"method":"m","params":7}', ["params"]),
        (b'{"method":"m","params":null}', ["params"]),
        (b'{"id":1.5,"method":"m"}', ["id"]),
        (b'{"id":{},"method":"m"}', ["id"]),
        (b'{"id":1,"error":"no"}', ["error"]),
        (b'{"id":1,"error":{"code":"x"}}', ["error", "error"]),
        (b'[{"method":"m"},7]', ["message"]),
    ],
)
def test_what_the_specification_forbids_is_told(payload, broken):
    """And nothing else."""
    assert rules(payload) == broken


def test_an_unsigned_transaction_of_a_party_is_told():
    """A party hands its node what it has signed; the node may ask for the first signature."""
    events = [
        msgspec.json.decode(line)
        for line in (data_folder("transcripts") / "two_withdrawals.jsonl").read_bytes().splitlines()
    ]
    signed = next(
        one["json"]["params"]["signed_tx"]
        for one in events
        if one.get("direction") == "to_node" and "signed_tx" in one["json"].get("params", {})
    )
    value = decode(signed).value
    bare = encode(value | {"fields": value["fields"] | {"signatures": []}}, "tx")
    inner = encode(value["fields"]["transaction"], "tx")

    def sent(text, **fields):
        message = {"jsonrpc": "2.0", "method": "channels.withdraw_tx", "params": {"signed_tx": text}}
        return frame(msgspec.json.encode(message), session=1, **({"direction": "to_node"} | fields))

    told = [[str(one.text) for one in violations(sent(text), PROFILES["aeternity"])] for text in (signed, bare, inner)]
    assert told == [[], ["params.signed_tx has no signature"], ["params.signed_tx has no signature"]]
    assert [*violations(sent(bare, direction="from_node"), PROFILES["aeternity"])] == []


def test_an_encoded_text_with_a_wrong_checksum_is_told():
    """By the protocol that has such."""
    right = b'{"method":"m","params":["ak_2MJU325LQVfAu36vjGvdVpVgiCDbjRsMAjHZc7ahzuLZHTjWYS"]}'
    wrong = right.replace(b"TjWYS", b"TjWYT")
    assert rules(right, PROFILES["aeternity"]) == []
    assert rules(wrong, PROFILES["aeternity"]) == ["encoded"]
    assert rules(wrong) == []


def test_what_carries_no_message_breaks_no_rule():
    """Pings, answers without a body, pages of a proxy."""
    ping = Frame(session=1, direction="to_node", opcode="ping", binary=b"x")
    assert [*violations(ping, GENERIC)] == []
    empty = Frame(session=1, direction="from_node", exchange=1, text="")
    assert [*violations(empty, GENERIC)] == []
    page = frame(b"<h1>502</h1>", session=1, direction="from_node", exchange=1, status=502)
    assert [*violations(page, GENERIC)] == []
    endpoint = frame(b"/p?id=7", session=1, direction="from_node", event_type="endpoint")
    assert [*violations(endpoint, GENERIC)] == []
    assert rules(b'{"method":"m","params":7,"x":"%b"}' % (b"x" * (1 << 19))) == []
