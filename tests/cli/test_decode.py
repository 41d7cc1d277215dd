"""`recorder decode`: readable trees, one line of JSON a string, and errors that name the place."""

from __future__ import annotations

import json
from hashlib import sha256

import pytest
from typer.testing import CliRunner

from recorder import capture
from recorder.cli.app import app
from recorder.errors import InputError
from recorder.model import Header, Opened
from recorder.profiles.aeternity import chain

INITIATOR = sha256(b"initiator").digest()
ALICE = chain.account_of(INITIATOR)
WITHDRAW = chain.sign(
    chain.decode(
        chain.build(
            "channel_withdraw_tx",
            channel_id=chain.encode_text("ch", bytes(32)),
            to_id=ALICE,
            amount=1,
            ttl=0,
            fee=2,
            state_hash=bytes(range(32)),
            round=2,
            nonce=3,
        )
    ),
    [INITIATOR],
    "ae_uat",
)
TREE = f"""\
withdraw 1 → initiator · round 2 · 1/2 signed

signed_tx (tag 11, version 1)
  signatures:
    0: {chain.encode_text("sg", bytes.fromhex(chain.decode(WITHDRAW).value["fields"]["signatures"][0]))} signed by initiator ✓
  transaction: channel_withdraw_tx (tag 52, version 1)
    channel_id: {chain.encode_text("ch", bytes(32))}
    to_id: {ALICE} (initiator)
    amount: 1 (0.000000000000000001 AE)
    ttl: 0
    fee: 2 (0.000000000000000002 AE)
    state_hash: {chain.encode_text("st", bytes(range(32)))}
    round: 2
    nonce: 3

signed by initiator ✓ (for ae_uat)
1 of 2 signatures
"""
FRAME = f'{{"method":"channels.withdraw_tx","params":{{"signed_tx":"{WITHDRAW}"}}}}\n'


def decode(*arguments: str, given: str = ""):
    """What `recorder decode` does with these arguments and this standard input."""
    return CliRunner().invoke(app, ["decode", *arguments], input=given)


def test_a_transaction_as_a_tree():
    """A literal is shown field by field, with who signed it."""
    result = decode(WITHDRAW, "--account", f"initiator={ALICE}")
    assert (result.exit_code, result.output) == (0, TREE)


def test_several_texts():
    """Texts are shown in order, an empty line between them."""
    assert decode(ALICE, "cb_KxFE1kQfP4oEp9E=").output.splitlines()[1:] == ["", "call init()"]


def test_whole_bytes():
    """`--hex` shows bytes whole, and those of the payload."""
    bytes_ = chain.encode_text("ba", bytes(40))
    assert "…" in decode(bytes_).output
    assert "…" not in decode(bytes_, "--hex").output
    assert f"40 bytes: {bytes(40).hex()}" in decode(bytes_, "--hex").output


def test_a_broken_text_among_good_ones():
    """What cannot be read is told on standard error with reason and offset; the others are shown; exit code 2."""
    result = decode("ak_1", WITHDRAW)
    assert result.exit_code == 2
    assert result.stderr == "recorder: ak_1: 1 bytes are too short for a checksum (offset 3)\n"
    assert "withdraw 1" in result.stdout


def test_an_error_names_the_field():
    """An error inside a transaction names the path of the element."""
    data = chain.decode_text(WITHDRAW).data.replace(b"\x06" + bytes(32), b"\x05" + bytes(32))
    result = decode(chain.encode_text("tx", data))
    assert "signed_tx.transaction.channel_id: " in result.stderr


def test_frames_from_standard_input():
    """Lines that are frames show what is decoded in them, each below its path."""
    result = decode("-", given=FRAME)
    assert result.output.startswith("params.signed_tx:\nwithdraw 1 → ak_")


def test_texts_from_a_file(tmp_path):
    """A file of texts is read line by line."""
    file = tmp_path / "texts"
    file.write_text(f"{ALICE}\n\nsee {WITHDRAW}, please\n")
    output = decode(str(file)).output
    assert output.startswith("account_pubkey ")
    assert "withdraw 1" in output


def test_a_capture(tmp_path):
    """In a capture each frame has its sentence, and names come from the sessions' URLs."""
    file = tmp_path / "run.jsonl"
    events = [
        Header(format=1, run="x", recorder="x", profile="aeternity"),
        Opened(session=1, party="initiator", role="initiator", url=f"ws://n/channel?initiator_id={ALICE}"),
        capture.frame(FRAME.strip().encode(), session=1, direction="to_node"),
    ]
    file.write_bytes(b"".join(map(capture.dump, events)))
    output = decode(str(file)).output
    assert output.startswith("initiator signs a withdrawal of 1 aetto, round 2\nparams.signed_tx:\n")
    assert TREE.splitlines()[0] in output


def test_a_capture_written_by_hand_that_is_torn(tmp_path):
    """A header is one however it is spaced; what stands before a torn last line is shown, and that is said."""
    file = tmp_path / "run.jsonl"
    line = capture.dump(capture.frame(FRAME.strip().encode(), session=1, direction="to_node")).decode()
    file.write_text(f'{{ "format": 1, "run": "by hand", "recorder": "0" }}\n{line}{{"ev')
    result = decode(str(file))
    assert result.stdout.startswith("client-1 signs a withdrawal of 1 aetto, round 2\nparams.signed_tx:\n")
    assert (result.exit_code, result.stderr.count("\n")) == (0, 1)
    assert f"{file}:3: the last line is incomplete" in result.stderr


def test_what_a_peer_sent_does_not_reach_the_terminal_unescaped(tmp_path):
    """Neither by a method, nor by the name of a member, that can be read or not."""
    file = tmp_path / "run.jsonl"
    params = {"\x1b[1m\n": "cb_KxFE1kQfP4oEp9E=", "\x1b[2m\n": "tx_KxFE1kQfP4oEp9E="}
    message = json.dumps({"method": "\x1b[2J\n", "params": params}).encode()
    header = Header(format=1, run="x", recorder="x")
    file.write_bytes(capture.dump_all([header, capture.frame(message, session=1, direction="to_node")]))
    result = decode(str(file))
    assert result.stdout == "client-1 calls \\x1b[2J\\n\nparams.\\x1b[1m\\n:\ncall init()\n\n"
    assert result.stderr.startswith(f"recorder: {file}:2: params.\\x1b[2m\\n: ")
    assert result.stderr.count("\n") == 1


def test_a_line_that_cannot_be_read_is_named(tmp_path):
    """By file and line; lines that are no encoded string, as of a transcript, are passed over."""
    (tmp_path / "texts").write_text(f"# Deposits\n\n{ALICE}\nak_1\n```javascript\n}}\n+L0LAf\n")
    result = decode(str(tmp_path / "texts"))
    assert (result.exit_code, result.stdout.split()[0]) == (2, "account_pubkey")
    assert result.stderr.splitlines() == [
        f"recorder: {tmp_path}/texts:4: 1 bytes are too short for a checksum (offset 3)",
        f"recorder: {tmp_path}/texts:7: no prefix: expected a text such as tx_… (offset 0)",
    ]


def test_a_file_without_any_is_told(tmp_path):
    """Silence would look like a fault of the recorder."""
    (tmp_path / "notes").write_text("nothing here\n")
    result = decode(str(tmp_path / "notes"))
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == f"recorder: warning: {tmp_path}/notes: nothing in it to decode\n"


@pytest.mark.parametrize("source", ["nothing.txt", "hello", "."])
def test_no_such_file(source):
    """What is neither a text nor a file is told so."""
    result = decode(source)
    assert (result.exit_code, result.stderr) == (
        2,
        f"recorder: {source}: no such file, and not an encoded string (no prefix: expected a text such as tx_…)\n",
    )


def test_an_account_that_is_none():
    """`--account` wants NAME=ak_…."""
    result = decode(WITHDRAW, "--account", "initiator")
    assert isinstance(result.exception, InputError)


def test_json_for_programs():
    """One object a line, in order: the value as the library gives it, and what is known besides."""
    result = decode("--json", "-", given=f"{WITHDRAW}\nak_1\ncb_KxFE1kQfP4oEp9E=\n")
    first, second, third = map(json.loads, result.output.splitlines())
    assert result.exit_code == 1
    assert first.items() >= chain.decode(WITHDRAW).value.items()
    assert first["signatures"][0]["key"] == ALICE
    assert first["hash"] == chain.tx_hash(chain.decode(WITHDRAW))
    assert second == {"error": {"path": "", "offset": 3, "reason": "1 bytes are too short for a checksum"}}
    assert (third["t"], third["function"], third["args"]) == ("tuple", "init", [])


def test_json_keeps_the_order_of_lines():
    """Every line has its answer, an empty one, too; a text that holds a newline may stand as a JSON string."""
    result = decode("--json", "-", given=f"\n{json.dumps(ALICE[:9] + chr(10))}\n{ALICE}\n")
    assert ["error" in json.loads(line) for line in result.output.splitlines()] == [True, True, False]


def test_json_without_failures():
    """Exit code 0 when every line could be read."""
    assert decode("--json", "-", given=f"{ALICE}\n").exit_code == 0


@pytest.mark.parametrize(("exponent", "digits"), [(20, "1" + "0" * 20), (5000, "1" + "0" * 5000)])
def test_integers_are_exact(exponent, digits):
    """Integers beyond what other tools hold are written digit by digit."""
    text = chain.build("channel_offchain_update_deposit", **{"from": ALICE, "amount": 10**exponent})
    line = decode("--json", text).output
    assert f'"amount": {digits}}}' in line
