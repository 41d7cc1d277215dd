"""Ethereum's protocol: what is bound when a chain begins again, what is compared, and calls in words."""

import copy
import json
from typing import NamedTuple

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from recorder.bindings import Bindings, Kinds, compare
from recorder.difference import path_text
from recorder.interchange.files import Capture
from recorder.jsonrpc import value_of
from recorder.model import Frame, Opened
from recorder.profiles import PROFILES, profile_for
from recorder.profiles.ethereum import CALLS, SELECTORS, transaction_of
from recorder.profiles.parts import Identities
from recorder.profiles.rlp import decode_list, encode
from recorder.timeline import read
from recorder.timeline.followed import Followed
from recorder.timeline.handed_out import HandedOut
from recorder.timeline.words import described

ETHEREUM = PROFILES["ethereum"]
OPENED = Opened(session=1, party="client-1", url="http://127.0.0.1:8545/")

ALICE, BOB = "0x90f8bf6a479f320ead074411a4b0e7944ea8c9c1", "0xffcf8fdee72ac11b5c542428b35eef5769c409f0"
HASH, OTHER, THIRD = "0x" + "a1" * 32, "0x" + "b2" * 32, "0x" + "c3" * 32
ZERO = "0x" + "00" * 32

BLOCK = {
    "number": "0x1a",
    "hash": HASH,
    "parentHash": OTHER,
    "timestamp": "0x6b0b066a",
    "gasUsed": "0x5208",
    "baseFeePerGas": "0x3b9aca00",
    "miner": ALICE,
    "transactions": [THIRD],
}


# Raw transactions, to read


def raw(kind=2, **changed):
    """A raw transaction with some fields changed."""
    fields = {
        "chainId": b"\x05\x39",
        "nonce": b"",
        "maxPriorityFeePerGas": b"\x01",
        "maxFeePerGas": b"\x09",
        "gas": b"\x52\x08",
        "to": b"\xaa" * 20,
        "value": b"\x07",
        "input": b"",
        "accessList": [],
        "yParity": b"",
        "r": b"\x11" * 32,
        "s": b"\x22" * 32,
    } | changed
    return f"0x{kind:02x}{encode(list(fields.values())).hex()}"


RAW = raw(to=bytes(19) + b"\xaa", value=(10**18).to_bytes(8), yParity=b"\x01")
"""1 ETH to 0x…aa, the first transaction of its account."""


# Keccak-256, to compute what the tables hold

_ROTATIONS = [[0, 36, 3, 41, 18], [1, 44, 10, 45, 2], [62, 6, 43, 15, 61], [28, 55, 25, 21, 56], [27, 20, 39, 8, 14]]
_LANE, _RATE = (1 << 64) - 1, 136


def _round_constants():
    register, constants = 1, []
    for _round in range(24):
        constant = 0
        for power in range(7):
            constant |= (register & 1) << ((1 << power) - 1)
            register = (register << 1) ^ (0x171 if register & 0x80 else 0)
        constants.append(constant)
    return constants


_CONSTANTS = _round_constants()


def _rotated(lane, by):
    return ((lane << by) | (lane >> (64 - by))) & _LANE if by else lane


def keccak(data):
    """Keccak-256 with Ethereum's padding (FIPS 202's differs), lane by lane."""
    padded = bytearray(data + b"\x01" + bytes(-(len(data) + 1) % _RATE))
    padded[-1] |= 0x80
    state = [[0] * 5 for _column in range(5)]
    for start in range(0, len(padded), _RATE):
        for at in range(_RATE // 8):
            state[at % 5][at // 5] ^= int.from_bytes(padded[start + 8 * at : start + 8 * at + 8], "little")
        for constant in _CONSTANTS:
            sums = [column[0] ^ column[1] ^ column[2] ^ column[3] ^ column[4] for column in state]
            mixed = [sums[x - 1] ^ _rotated(sums[(x + 1) % 5], 1) for x in range(5)]
            moved = [[0] * 5 for _column in range(5)]
            for x in range(5):
                for y in range(5):
                    moved[y][(2 * x + 3 * y) % 5] = _rotated(state[x][y] ^ mixed[x], _ROTATIONS[x][y])
            state = [
                [moved[x][y] ^ (~moved[(x + 1) % 5][y] & moved[(x + 2) % 5][y]) for y in range(5)] for x in range(5)
            ]
            state[0][0] ^= constant
    return b"".join(state[at % 5][at // 5].to_bytes(8, "little") for at in range(4))


def test_the_tests_know_keccak():
    """The known hash of nothing, and of a text."""
    assert keccak(b"").hex() == "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"
    assert keccak(b"balanceOf(address)").hex()[:8] == "70a08231"


def test_selectors_are_those_of_their_functions():
    """A function is named by the first 4 bytes of its signature's hash."""
    assert {keccak(name.encode()).hex()[:8]: name for name in SELECTORS.values()} == SELECTORS


# Whose session it is


@pytest.mark.parametrize(
    "method",
    [
        "eth_chainId",
        "eth_subscription",
        "net_version",
        "web3_clientVersion",
        "debug_traceTransaction",
        "txpool_content",
        "evm_snapshot",
        "anvil_setBalance",
        "hardhat_reset",
    ],
)
def test_a_method_of_its_own_claims_a_session(method):
    """One unmistakable method tells the protocol, whatever stands before it."""
    messages = [{"jsonrpc": "2.0", "id": 1, "result": 1}, None, {"method": 7}, {"method": method}]
    assert profile_for("auto", OPENED, messages) is ETHEREUM


@pytest.mark.parametrize("method", ["debug_mode", "net_open", "ethics", "aria2.addUri", "tools/call", "eth_", ""])
def test_other_methods_claim_nothing(method):
    """What only looks alike is another protocol's."""
    assert profile_for("auto", OPENED, [{"method": method}]) is not ETHEREUM


# What is bound

BOUND = [
    ("eth_getBlockByNumber", ("result", "hash"), HASH, "hash"),
    ("eth_getBlockByNumber", ("result", "parentHash"), HASH, "hash"),
    ("eth_getBlockByNumber", ("result", "transactions", 0), HASH, "hash"),
    ("eth_getBlockByNumber", ("result", "transactions", 0, "hash"), HASH, "hash"),
    ("eth_getBlockByNumber", ("result", "mixHash"), HASH, "hash"),
    ("eth_getBlockByNumber", ("result", "timestamp"), "0x6b0b066a", "timestamp"),
    ("eth_getBlockByNumber", ("result", "nonce"), "0x0000000000000000", "nonce"),
    ("eth_getBlockByNumber", ("result", "baseFeePerGas"), "0x7", "base fee"),
    ("eth_getTransactionByHash", ("params", 0), HASH, "hash"),
    ("eth_getTransactionReceipt", ("params", 0), HASH, "hash"),
    ("eth_getTransactionReceipt", ("result", "transactionHash"), HASH, "hash"),
    ("eth_getTransactionReceipt", ("result", "effectiveGasPrice"), "0x7", "gas price"),
    ("eth_getTransactionReceipt", ("result", "logs", 0, "blockHash"), HASH, "hash"),
    ("eth_sendTransaction", ("result",), HASH, "hash"),
    ("eth_sendTransaction", ("params", 0, "nonce"), "0x1", "nonce"),
    ("eth_sendRawTransaction", ("result",), HASH, "hash"),
    ("eth_sendRawTransaction", ("params", 0), RAW, "raw transaction"),
    ("eth_getFilterChanges", ("result", 0), HASH, "hash"),
    ("eth_getFilterChanges", ("params", 0), "0x1", "filter"),
    ("eth_newBlockFilter", ("result",), "0x1", "filter"),
    ("eth_subscribe", ("result",), "0x1", "subscription"),
    ("eth_subscription", ("params", "subscription"), "0x1", "subscription"),
    ("eth_subscription", ("params", "result"), HASH, "hash"),
    ("eth_unsubscribe", ("params", 0), "0x1", "subscription"),
    ("eth_getTransactionCount", ("result",), "0x1", "nonce"),
    ("eth_gasPrice", ("result",), "0x77359400", "gas price"),
    ("evm_snapshot", ("result",), "0x1", "snapshot"),
    ("evm_revert", ("params", 0), "0x1", "snapshot"),
    ("eth_getBalance", ("params", 1, "blockHash"), HASH, "hash"),
    ("eth_getTransactionByHash", ("result", "r"), HASH, "signature"),
]

COMPARED = [
    ("eth_blockNumber", ("result",), "0x1a"),
    ("eth_getBlockByNumber", ("result", "number"), "0x1a"),
    ("eth_getBlockByNumber", ("result", "gasUsed"), "0x5208"),
    ("eth_getBlockByNumber", ("result", "parentHash"), ZERO),
    ("eth_getBalance", ("result",), "0x3635c9adc5dea00000"),
    ("eth_getBalance", ("params", 0), ALICE),
    ("eth_call", ("result",), HASH),
    ("eth_call", ("params", 0, "data"), HASH),
    ("eth_getStorageAt", ("result",), HASH),
    ("eth_getStorageAt", ("params", 1), HASH),
    ("web3_sha3", ("result",), HASH),
    ("eth_chainId", ("result",), "0x539"),
    ("eth_estimateGas", ("result",), "0x5208"),
    ("eth_getLogs", ("result", 0, "data"), HASH),
    ("eth_getLogs", ("result", 0, "topics", 0), HASH),
    ("eth_getTransactionReceipt", ("result", "contractAddress"), ALICE),
    ("eth_getTransactionReceipt", ("result", "status"), "0x1"),
    ("eth_sendTransaction", ("params", 0, "value"), "0x3e8"),
]


@pytest.mark.parametrize(("method", "path", "value", "kind"), BOUND)
def test_what_a_chain_makes_anew_is_bound(method, path, value, kind):
    """Hashes, ids, times, nonces, prices of gas and signatures, by their place."""
    assert Kinds(ETHEREUM).of(method, path, value) == kind


@pytest.mark.parametrize(("method", "path", "value"), COMPARED)
def test_what_users_see_is_compared(method, path, value):
    """Balances, results, logs, addresses, numbers of blocks and gas used, though an end sends them back."""
    assert not Kinds(ETHEREUM, HandedOut(frozenset({value}))).of(method, path, value)


def test_other_ids_are_learned():
    """What stands in no table and is no hexadecimal is bound where a capture hands it out, as in any protocol."""
    identity = "6f1c3a52-8b7d-4e0f-9a21-3c4d5e6f7a8b"
    assert Kinds(ETHEREUM, HandedOut(frozenset({identity}))).of("eth_other", ("result",), identity) == "handed out"


def test_a_hash_is_one_everywhere():
    """The hash that a transaction was answered with is that of its receipt and of its block, and of no other."""
    bindings, kinds = Bindings(one_to_one=ETHEREUM.one_to_one), Kinds(ETHEREUM)
    assert compare({"result": HASH}, {"result": OTHER}, bindings, kinds, "eth_sendTransaction") == []
    receipt = {"result": {"transactionHash": HASH}}
    same, wrong = {"result": {"transactionHash": OTHER}}, {"result": {"transactionHash": THIRD}}
    assert compare(receipt, same, bindings, kinds, "eth_getTransactionReceipt") == []
    (found,) = compare(receipt, wrong, bindings, kinds, "eth_getTransactionReceipt")
    assert (path_text(found.path), found.rule, found.recorded) == ("result.transactionHash", "bound", OTHER)
    (found,) = compare({"result": {"hash": THIRD}}, {"result": {"hash": OTHER}}, bindings, kinds, "eth_getBlockByHash")
    assert found.rule == "bound"


# Raw transactions


def test_a_raw_transaction_is_read():
    """Its fields have the names and the form that a node gives them."""
    assert transaction_of(RAW) == {
        "type": "0x2",
        "chainId": "0x539",
        "nonce": "0x0",
        "maxPriorityFeePerGas": "0x1",
        "maxFeePerGas": "0x9",
        "gas": "0x5208",
        "to": "0x00000000000000000000000000000000000000aa",
        "value": "0xde0b6b3a7640000",
        "input": "0x",
        "accessList": [],
        "yParity": "0x1",
        "r": "0x" + "11" * 32,
        "s": "0x" + "22" * 32,
    }


def test_an_old_transaction_is_read():
    """Those of before types begin with their list; one that makes a contract is to nobody."""
    fields = [b"\x01", b"\x02", b"\x52\x08", b"", b"", b"\x60" * 70, b"\x26", b"\x11" * 32, b"\x22" * 32]
    found = transaction_of("0x" + encode(fields).hex())
    assert (found["nonce"], found["to"], found["input"], found["v"]) == ("0x1", None, "0x" + "60" * 70, "0x26")


def test_a_transaction_with_its_blobs_is_read():
    """As it is sent, its fields are the first item of a list; with a field too many it is none."""
    fields = decode_list(bytes.fromhex(RAW[4:]))
    blob = [*fields[:9], b"\x02", [b"\xcc" * 32], *fields[9:]]
    sent = "0x03" + encode([blob, [b"blob"], [b"commitment"], [b"proof"]]).hex()
    assert transaction_of(sent) == transaction_of("0x03" + encode(blob).hex())
    assert transaction_of(sent)["blobVersionedHashes"] == ["0x" + "cc" * 32]
    assert transaction_of("0x03" + encode([*blob, b""]).hex()) is None


def test_a_transaction_that_no_node_would_write_is_read():
    """Its fields say more than its digits: here the nonce has a size before it that one byte needs none for."""
    written = raw(nonce=b"\x05")
    head, size, fields = written[:6], int(written[6:8], 16), written[8:]
    odd = f"{head}{size + 1:02x}{fields.replace('82053905', '8205398105')}"
    assert transaction_of(odd) == transaction_of(written)


@pytest.mark.parametrize("text", ["", "0x", RAW[:-2], RAW + "00", "0x02zz" + RAW[6:], "0xf8" + "ff" * 100])
def test_what_is_no_transaction_is_plain(text):
    """Anything else is a text as any other."""
    assert transaction_of(text) is None


def told(recorded, live):
    """The paths of what differs between two raw transactions that are sent."""
    ours, theirs = {"params": [recorded]}, {"params": [live]}
    found = compare(ours, theirs, Bindings(), Kinds(ETHEREUM), "eth_sendRawTransaction")
    passed = ETHEREUM.comparison(Identities(), Identities()).follows(ours, theirs, found)
    return [path_text(one.path) for one in found if one not in passed]


def test_raw_transactions_are_compared_by_what_they_hold():
    """Other fees, nonces and signatures are bound; another receiver or amount is told with its path."""
    assert told(raw(), raw(nonce=b"\x05", maxFeePerGas=b"\x08", r=b"\x33" * 32, yParity=b"\x01")) == []
    assert told(raw(), raw(value=b"\x08", r=b"\x33" * 32)) == ["params[0].value"]
    assert told(raw(), raw(to=b"\xbb" * 20)) == ["params[0].to"]
    assert told(raw(), raw(yParity=b"\x01")) == ["params[0].yParity"]


def test_the_time_of_another_block_may_be_another():
    """Two blocks of one second may stand in two seconds elsewhere; one block has one time."""
    bindings, kinds = Bindings(), Kinds(ETHEREUM)

    def block(identity, seconds):
        return {"result": {"hash": identity, "timestamp": hex(seconds)}}

    compare(block(HASH, 100), block(OTHER, 200), bindings, kinds)

    def passed(recorded, live):
        found = compare(recorded, live, bindings, kinds)
        return len(found), len(ETHEREUM.comparison(Identities(), Identities()).follows(recorded, live, found))

    assert passed(block(THIRD, 100), block("0x" + "d4" * 32, 201)) == (1, 1)
    assert passed(block(THIRD, 100), block("0x" + "d4" * 32, 20_000)) == (1, 0)
    compare({"result": {"timestamp": 300}}, {"result": {"timestamp": 400}}, bindings, kinds)
    numbers = [{"result": {"blockHash": one, "timestamp": at}} for one, at in ((THIRD, 300), (OTHER, 401))]
    assert passed(*numbers) == (2, 1)  # as some nodes write it in receipts
    same = {"result": {"timestamp": "0x64"}}
    assert passed(same, {"result": {"timestamp": hex(201)}}) == (1, 0)


def test_a_transaction_may_not_be_in_a_block_yet():
    """It depends on a clock when it is asked for; who sent it and what it pays does not."""
    mined = {
        "result": {"hash": HASH, "value": "0x5", "blockHash": OTHER, "blockNumber": "0x2", "blockTimestamp": "0x64"}
    }
    waits = {"result": {"hash": HASH, "value": "0x6", "blockHash": None, "blockNumber": None}}
    for recorded, live in ((mined, waits), (waits, mined)):
        found = compare(recorded, live, Bindings(), Kinds(ETHEREUM))
        passed = ETHEREUM.comparison(Identities(), Identities()).follows(recorded, live, found)
        assert [path_text(one.path) for one in found if one not in passed] == ["result.value"]


def test_each_subscription_has_an_order_of_its_own():
    """Heads and logs of one block come in any order; two heads do not."""

    def pushed(subscription):
        return {"method": "eth_subscription", "params": {"subscription": subscription, "result": {}}}

    threads = [ETHEREUM.thread(message) for message in (pushed("0x1"), pushed("0x2"), pushed("0x1"), [], {"id": 1})]
    assert threads == ["0x1", "0x2", "0x1", "", ""]


# Words

BALANCE = "0x70a08231" + "00" * 12 + ALICE[2:]
TRANSFER = "0xa9059cbb" + "00" * 12 + BOB[2:] + f"{25:064x}"

SAID = [
    ("eth_call", [{"to": BOB, "data": BALANCE}, "latest"], "eth_call balanceOf(0x90f8…c9c1) of 0xffcf…09f0"),
    ("eth_call", [{"to": BOB, "input": BALANCE[:20]}], "eth_call balanceOf(…) of 0xffcf…09f0"),
    ("eth_call", [{"to": BOB, "data": "0x82ad56cb" + "00" * 64}], "eth_call aggregate3(…) of 0xffcf…09f0"),
    ("eth_call", [{"to": BOB, "data": "0x12345678"}], "eth_call 0x12345678(…) of 0xffcf…09f0"),
    ("eth_sendTransaction", [{"to": BOB, "value": "0x14d1120d7b160000"}], "eth_sendTransaction 1.5 ETH to 0xffcf…09f0"),
    ("eth_sendTransaction", [{"to": BOB, "value": "0x3e8"}], "eth_sendTransaction 1000 wei to 0xffcf…09f0"),
    (
        "eth_sendTransaction",
        [{"to": BOB, "data": TRANSFER, "value": "0xde0b6b3a7640000"}],
        "eth_sendTransaction transfer(0xffcf…09f0, 25) of 0xffcf…09f0 with 1 ETH",
    ),
    ("eth_sendTransaction", [{"data": "0x6001"}], "eth_sendTransaction a new contract of 2 bytes"),
    ("eth_sendRawTransaction", [RAW], "eth_sendRawTransaction 1 ETH to 0x0000…00aa"),
    ("eth_sendRawTransaction", ["0x00"], ""),
    ("eth_getBlockByNumber", ["latest", False], "eth_getBlockByNumber latest"),
    ("eth_getTransactionReceipt", [HASH], "eth_getTransactionReceipt 0xa1a1…a1a1"),
    ("eth_getBalance", [ALICE, "latest"], "eth_getBalance 0x90f8…c9c1 latest"),
    ("eth_subscribe", ["newHeads"], "eth_subscribe newHeads"),
    ("eth_subscription", {"subscription": "0x1", "result": BLOCK}, "eth_subscription newHeads 0x1a"),
    (
        "eth_subscription",
        {"subscription": "0x1", "result": {"address": BOB, "topics": []}},
        "eth_subscription logs of 0xffcf…09f0",
    ),
    (
        "eth_subscription",
        {"subscription": "0x1", "result": HASH},
        "eth_subscription newPendingTransactions 0xa1a1…a1a1",
    ),
    ("eth_subscription", {"subscription": "0x1", "result": {"syncing": True}}, "eth_subscription syncing"),
    ("eth_chainId", [], ""),
]


@pytest.mark.parametrize(("method", "params", "words"), SAID)
def test_a_call_says_what_it_is_about(method, params, words):
    """The function that is called, amounts as ETH, what a subscription tells."""
    assert ETHEREUM.words.called(method, params) == words


@pytest.mark.parametrize(
    ("method", "result", "words"),
    [
        ("eth_getBalance", "0x3635c9adc5dea00000", "1000 ETH"),
        ("eth_getBalance", "0x0", "0 ETH"),
        ("eth_gasPrice", "0x77359400", "2 gwei"),
        ("eth_blockNumber", "0x1a", "26"),
        ("eth_getBlockByNumber", BLOCK, "block 26 with 1 transaction"),
        (
            "eth_getTransactionReceipt",
            {"status": "0x1", "blockNumber": "0x1", "gasUsed": "0x5208"},
            "success in block 1, 21000 gas",
        ),
        ("eth_getTransactionReceipt", None, ""),
        ("eth_call", "0x01", ""),
        ("eth_call", f"0x{42:064x}", "42"),
        ("eth_call", HASH, ""),
        ("eth_sendRawTransaction", HASH, f"{HASH[:6]}…{HASH[-4:]}"),
    ],
)
def test_an_answer_says_what_matters(method, result, words):
    """Quantities as what they are."""
    assert ETHEREUM.words.said(method, {"result": result}) == words


def test_details_read_quantities():
    """A block's members that say more when they are read, each with its path."""
    assert list(ETHEREUM.words.details("eth_getBlockByNumber", {**BLOCK, "transactions": [{"value": "0x3e8"}]})) == [
        "number: 26",
        "timestamp: 2026-11-28 16:50:50 UTC",
        "gasUsed: 21000",
        "baseFeePerGas: 1 gwei",
        "transactions[0].value: 1000 wei",
    ]


def test_details_read_raw_transactions():
    """What a signed transaction holds stands below it."""
    lines = list(ETHEREUM.words.details("eth_sendRawTransaction", [RAW]))
    assert {"to: 0x00000000000000000000000000000000000000aa", "value: 1 ETH", "gas: 21000"} <= set(lines)


def test_details_of_a_subscription_are_of_what_it_brings():
    """As those of the same block that was asked for."""
    lines = ETHEREUM.words.details("eth_subscription", {"subscription": "0x1", "result": BLOCK})
    assert list(lines) == list(ETHEREUM.words.details("eth_getBlockByNumber", BLOCK))


def test_a_live_line_speaks_the_protocol():
    """Calls and results of a session that is followed are in the protocol's words."""
    followed = Followed()
    texts = [
        {"jsonrpc": "2.0", "id": 1, "method": "eth_getBalance", "params": [ALICE, "latest"]},
        {"jsonrpc": "2.0", "id": 1, "result": "0xde0b6b3a7640000"},
        {"jsonrpc": "2.0", "method": "eth_subscription", "params": {"subscription": "0x1", "result": BLOCK}},
    ]
    frames = [
        Frame(session=1, direction="to_node" if at == 0 else "from_node", text=json.dumps(text))
        for at, text in enumerate(texts)
    ]
    assert [described(frame, followed.look(frame)) for frame in frames] == [
        "eth_getBalance 0x90f8…c9c1 latest",
        "result of eth_getBalance: 1 ETH",
        "eth_subscription newHeads 0x1a",
    ]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.sampled_from([HASH, ALICE, RAW, BALANCE, "0x1", "0x"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from([*BLOCK, "to", "data", "input", "value", "result", "topics"]), inner, max_size=4
        )
    ),
)


@given(st.sampled_from([*CALLS, "eth_getBlockByNumber", "eth_getTransactionByHash"]), JSON)
@example("eth_getBlockByNumber", {"timestamp": -62135596801})
def test_no_message_is_too_odd(method, value):
    """Whatever a peer sends is put in words, or is not."""
    assert isinstance(ETHEREUM.words.called(method, value), str)
    assert isinstance(ETHEREUM.words.said(method, {"result": value}), str)
    assert all(isinstance(line, str) for line in ETHEREUM.words.details(method, value))


def test_an_annotation_speaks_the_protocol():
    """The sentence of the summary and the details of `annotated` come from the profile."""
    annotator = ETHEREUM.annotator({}, ())
    text = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "eth_sendRawTransaction", "params": [RAW]})
    found = annotator.see(Frame(session=1, direction="to_node", text=text))
    assert found.sentence == "client-1 calls eth_sendRawTransaction 1 ETH to 0x0000…00aa"
    assert "value: 1 ETH" in found.tree.splitlines()


# Real nodes


class Pair(NamedTuple):
    """A message of one run, and that of another in its place."""

    method: str
    recorded: dict
    live: dict


def script(path):
    """A capture whose protocols are told from its traffic."""
    capture = Capture(path)
    return read(msgspec.structs.replace(capture.header, profile="auto"), capture, str(path))


def messages(one):
    """The messages of a run in a place that every run has: requests by their order, answers by their requests."""
    counts = {}
    found = {}
    for part in (part for step in one.steps for part in step.parts if part.request is None):
        key = part.step.session, part.step.direction, part.method
        counts[key] = counts.get(key, 0) + 1
        found[*key, counts[key], "asked"] = part
        if part.answer is not None:
            found[*key, counts[key], "answered"] = part.answer
    return found


def pairs(recorded, live):
    """The messages of two runs of one scenario, in the order of the first."""
    ours, theirs = messages(recorded), messages(live)
    assert ours.keys() == theirs.keys()
    in_order = sorted(ours, key=lambda key: ours[key].step.index)
    return [Pair(ours[key].method, bare(ours[key].value), bare(theirs[key].value)) for key in in_order]


def bare(message):
    """A message without its id."""
    return {name: value for name, value in message.items() if name != "id"}


def differences(found):
    """Where the messages of two runs differ: method and path."""
    bindings, comparison = Bindings(one_to_one=ETHEREUM.one_to_one), ETHEREUM.comparison(Identities(), Identities())
    kinds, told = Kinds(ETHEREUM), []
    for method, recorded, live in found:
        some = compare(recorded, live, bindings, kinds, method)
        passed = comparison.follows(recorded, live, some)
        told += [(method, path_text(one.path)) for one in some if one not in passed]
    return told


@pytest.fixture(scope="session")
def nodes(shared_folder):
    """Recordings of one scenario on ganache with ethers: twice from genesis, and once on a chain that went on."""
    folder = shared_folder / "real" / "servers"
    if not (folder / "eth-e1.jsonl").exists():
        pytest.skip(f"no recordings of an Ethereum node in {folder}")
    return {name: script(folder / f"eth-{name}.jsonl") for name in ("e1", "e2", "e3")}


def test_a_restarted_chain_differs_in_nothing(nodes):
    """Two runs of one scenario, each from genesis, differ in hashes and times alone: all are bound."""
    found = pairs(nodes["e1"], nodes["e3"])
    assert len(found) == 49
    assert any(value_of(json.dumps(pair.recorded)) != pair.live for pair in found)
    assert differences(found) == []


def test_a_chain_that_went_on_is_told(nodes):
    """On a chain that was not restarted balances and numbers of blocks are others, and what is in the last block."""
    assert set(differences(pairs(nodes["e1"], nodes["e2"]))) == {
        ("eth_blockNumber", "result"),
        ("eth_getBalance", "result"),
        ("eth_getBlockByNumber", "result.gasUsed"),
        ("eth_getBlockByNumber", "result.number"),
        ("eth_getBlockByNumber", "result.parentHash"),
        ("eth_getBlockByNumber", "result.transactions"),
        ("eth_getTransactionByHash", "result.blockNumber"),
        ("eth_getTransactionReceipt", "result.blockNumber"),
        ("eth_subscription", "params.result.number"),
    }


@pytest.mark.parametrize(
    ("method", "part", "path", "value"),
    [
        ("eth_getBalance", "result", (), "0x3635c9adc5dea00001"),
        ("eth_estimateGas", "result", (), "0x5209"),
        ("eth_chainId", "result", (), "0x1"),
        ("eth_sendTransaction", "params", (0, "to"), ALICE),
        ("eth_getTransactionByHash", "result", ("blockHash",), HASH),
        ("eth_getTransactionByHash", "result", ("value",), "0x8"),
        ("eth_getTransactionReceipt", "result", ("transactionHash",), HASH),
        ("eth_getTransactionReceipt", "result", ("gasUsed",), "0x5209"),
        ("eth_getTransactionReceipt", "result", ("status",), "0x0"),
        ("eth_unsubscribe", "params", (0,), "0x9"),
        ("eth_subscription", "params", ("result", "parentHash"), HASH),
        ("eth_subscription", "params", ("subscription",), "0x9"),
    ],
)
def test_one_change_is_found_where_it_is(nodes, method, part, path, value):
    """A value that is not as it was, or that does not fit the others, is told by its method and path."""
    found = pairs(nodes["e1"], nodes["e3"])
    at = max(index for index, pair in enumerate(found) if pair.method == method and part in pair.live)
    changed = copy.deepcopy(found[at].live)
    inside = changed
    for step in (part, *path)[:-1]:
        inside = inside[step]
    inside[(part, *path)[-1]] = value
    found[at] = found[at]._replace(live=changed)
    assert differences(found) == [(method, path_text((part, *path)))]


def test_published_examples_are_put_in_words(shared_folder):
    """Every request and answer of the execution API's own tests is claimed, read and described."""
    files = sorted((shared_folder / "io").glob("*/*.io"))
    if not files:
        pytest.skip(f"no examples in {shared_folder / 'io'}")
    for file in files:
        method = ""
        for line in file.read_text().splitlines():
            if not line.startswith((">> ", "<< ")):
                continue
            message = value_of(line[3:])
            method = message.get("method", method)
            assert isinstance(ETHEREUM.words.called(method, message.get("params")), str)
            assert isinstance(ETHEREUM.words.said(method, {"result": message.get("result")}), str)
            assert all(map(str.isprintable, ETHEREUM.words.details(method, message.get("result"))))
            if method == "eth_sendRawTransaction" and "params" in message:
                assert transaction_of(message["params"][0]) is not None, file
