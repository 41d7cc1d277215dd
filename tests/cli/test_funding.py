"""`recorder verify --fund` and `--faucet`: accounts that were made for the run are funded before it, or it does not begin."""

import os
import re
import subprocess
import sys
from types import SimpleNamespace

import channel
import pytest
from chain_api import AE, ChainApi

from recorder.capture import dump_all, frame
from recorder.interchange.files import Capture
from recorder.model import Closed, Header, Opened
from recorder.profiles.aeternity import chain
from recorder.replay import PlaySettings
from recorder.server.thread import NodeThread
from recorder.timeline.script import NODE
from recorder.timeline.urls import query

RECORDED = channel.live()
LATER = channel.live(name="node", nonce=700, responder_nonce=4)
SEED = bytes(range(32))
FUNDED = chain.account_of(SEED)
WAIT = 60


@pytest.fixture(scope="module")
def node():
    """A node that plays the channel's life again and again."""
    with NodeThread(LATER.script(), PlaySettings(ends=frozenset({NODE})), loop=True) as live:
        yield live.urls[0]


@pytest.fixture
def verify(tmp_path, node):
    """Runs `recorder verify run.jsonl NODE ARGUMENTS...` as a shell does."""
    (tmp_path / "run.jsonl").write_bytes(dump_all([RECORDED.header, *RECORDED.events]))
    (tmp_path / "funded.key").write_text(SEED.hex())

    def _run(*arguments):
        command = [sys.executable, "-m", "recorder", "verify", "run.jsonl", node, "--timeout", 5, *arguments]
        done = subprocess.run(
            list(map(str, command)),
            cwd=tmp_path,
            env=os.environ | {"TMPDIR": str(tmp_path)},
            capture_output=True,
            text=True,
            timeout=WAIT,
            check=False,
        )
        return SimpleNamespace(code=done.returncode, out=done.stdout, err=done.stderr)

    return _run


def accounts(capture):
    """The parties' accounts, as the URLs of a capture name them."""
    with Capture(capture) as live:
        urls = [query(event.url) for event in live if isinstance(event, Opened)]
    return {party: {url[f"{party}_id"] for url in urls} for party in ("initiator", "responder")}


def test_one_account_funds_all_parties(verify, tmp_path):
    """Each gets a spend with a nonce of its own, and is there before the run; its new account is in the new capture."""
    with ChainApi({FUNDED: AE}) as api:
        done = verify("--fund", "funded.key", "--node-api", api.url, "-o", "new.jsonl")
    assert (done.code, done.err) == (0, ""), done.out + done.err
    (initiator,), (responder,) = accounts(tmp_path / "new.jsonl").values()
    assert {spend["recipient_id"]: spend["nonce"] for spend in api.spends} == {initiator: 7, responder: 8}
    assert {initiator, responder}.isdisjoint(RECORDED.accounts.values())


def test_runs_beside_each_other_are_paid_from_one_account(verify):
    """A spend whose nonce another has taken meanwhile is made again, with the next one."""
    with ChainApi({FUNDED: AE}, others=3) as api:
        done = verify("--fund", "funded.key", "--node-api", api.url)
    assert (done.code, done.err) == (0, ""), done.out + done.err
    assert [spend["nonce"] for spend in api.spends] == [10, 11]


def test_a_party_with_a_key_is_not_funded(verify, tmp_path):
    """Who brings a key brings an account; the other one is funded alone."""
    (tmp_path / "own.key").write_text(bytes(32).hex())
    with ChainApi({FUNDED: AE}) as api:
        done = verify("--key", "initiator=own.key", "--fund", "funded.key", "--node-api", api.url, "-o", "new.jsonl")
    assert (done.code, done.err) == (0, ""), done.out + done.err
    own, (responder,) = accounts(tmp_path / "new.jsonl").values()
    assert own == {chain.account_of(bytes(32))}
    assert [spend["recipient_id"] for spend in api.spends] == [responder]


def test_the_run_waits_for_the_chain_and_signs_for_its_network(verify, tmp_path):
    """What is awaited is said; so is that the parties sign for another network than was recorded, as they do."""
    with ChainApi({FUNDED: AE}, looks=5, network_id="my_own_net") as api:
        done = verify("--fund", "funded.key", "--node-api", api.url, "-o", "new.jsonl")
    assert done.code == 0, done.out + done.err
    assert done.err.splitlines() == [
        "recorder: the parties sign for my_own_net, the node's network; the capture was recorded on ae_uat",
        "recorder: waiting for 2 payments to be confirmed (0 s; --timeout: 5 s)",
    ]
    known = {name: account for name, (account,) in accounts(tmp_path / "new.jsonl").items()}
    verifier = chain.Verifier(known, ["my_own_net"])
    with Capture(tmp_path / "new.jsonl") as live:
        said = [event.payload for event in live if getattr(event, "direction", "") == "to_node"]
    texts = {text.text for payload in said for text in chain.occurrences(payload.decode()) if text.text[:3] == "tx_"}
    signers = {made.signer for text in texts for made in verifier.verify(chain.decode(text))}
    assert signers >= {"initiator", "responder"}


def test_a_faucet_funds_the_parties(verify):
    """It is asked for each, and the run waits until the node has what it gave."""
    with ChainApi(looks=3) as api:
        done = verify("--faucet", api.url, "--node-api", api.url)
    assert done.code == 0, done.out + done.err
    assert done.err == "recorder: waiting for 2 payments to be confirmed (0 s; --timeout: 5 s)\n"
    assert sorted(api.balances.values()) == [5 * AE, 5 * AE]


def test_a_node_has_its_api_on_the_port_before(tmp_path, run):
    """Nobody names it where the node listens as nodes do."""
    (tmp_path / "run.jsonl").write_bytes(dump_all([RECORDED.header, *RECORDED.events]))
    (tmp_path / "funded.key").write_text(SEED.hex())
    with ChainApi() as api:
        port = int(api.url.rpartition(":")[2])
        done = run("verify", "run.jsonl", f"ws://127.0.0.1:{port + 1}/channel", "--fund", "funded.key")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"recorder: {FUNDED} has 0 AE, and the parties need 0.2001")


ARGUMENTS = ["--fund", "funded.key", "--node-api", "API"]
REFUSED = 400, {"reason": "Invalid tx", "error_code": "nonce_too_low"}


@pytest.mark.parametrize(
    ("chain_api", "arguments", "line"),
    [
        ({}, ["--fund", "funded.key", "--faucet", "API"], "--fund and --faucet cannot be used together; leave one out"),
        (
            {},
            ["--node-api", "API"],
            "--node-api has no effect without --fund or --faucet; add one of them, or leave it out",
        ),
        ({}, ["--faucet", "faucet"], "--faucet 'faucet': write it as http://HOST:PORT, or https://HOST/PATH"),
        ({}, ["--fund", "funded.key", "--node-api", "ws://x"], "--node-api 'ws://x': write it as http://HOST:PORT"),
        ({}, ["--fund", "none.key"], "none.key: cannot read the key: No such file or directory"),
        ({"balances": {}}, ARGUMENTS, f"{FUNDED} has 0 AE, and the parties need 0.2001"),
        ({"balances": {FUNDED: AE // 100}}, ARGUMENTS, f"{FUNDED} has 0.01 AE, and the parties need 0.2001"),
        (
            {"routes": {("POST", "/v3/transactions"): REFUSED}},
            ARGUMENTS,
            rf"API refuses a spend of 0\.1\d* AE from {FUNDED}: Invalid tx \(nonce_too_low\); check that its key may spend",
        ),
        (
            {"network_id": "ae_mainnet"},
            ARGUMENTS,
            "API is on ae_mainnet: keys are made for one run, and what is paid to them is lost afterwards; give each party",
        ),
        (
            {"looks": None},
            [*ARGUMENTS, "--timeout", "1"],
            r"waited \d s for 2 payments to be confirmed \(ak_\w+, ak_\w+\); if the chain makes no blocks, start it; if it is slow, give a longer",
        ),
        (
            {"routes": {("GET", "/v3/status"): (404, None)}},
            ARGUMENTS,
            r"API is not a node's HTTP API \(404 to /v3/status\); give its URL with --node-api",
        ),
        (
            {},
            ["--fund", "funded.key", "--node-api", "http://127.0.0.1:1"],
            r"no answer from http://127.0.0.1:1/v3/status: .*; name the node's HTTP API with --node-api URL",
        ),
        (
            {},
            [*ARGUMENTS, "--network-id", "ae_dev"],
            "API is on ae_uat, not on ae_dev; leave out --network-id, or name another node",
        ),
        (
            {"routes": {("GET", f"/v3/accounts/{FUNDED}/next-nonce"): (404, {"reason": "Not found"})}},
            ARGUMENTS,
            f"API does not report the next nonce of {FUNDED}: Not found",
        ),
        (
            {"routes": {("GET", f"/v3/accounts/{FUNDED}"): (503, None)}},
            ARGUMENTS,
            f"API does not report the balance of {FUNDED}: HTTP status 503",
        ),
        (
            {"gives": 5},
            ["--faucet", "API", "--node-api", "API"],
            r"ak_\w+ got 0\.000000000000000005 AE, and its party needs 0\.00\d+ AE; --fund it from an account",
        ),
        (
            {"gives": None},
            ["--faucet", "API", "--node-api", "API"],
            r"API does not fund ak_\w+: The address ak_\w+ is graylisted; try later, or --fund from an account",
        ),
        (
            {},
            [*ARGUMENTS, "--key", "initiator=funded.key", "--key", "responder=other.key"],
            "run.jsonl: there is no account to fund: each party",
        ),
    ],
)
def test_what_must_be_mended_is_one_line(run, tmp_path, chain_api, arguments, line):
    """Exit code 2, with what is wrong and what to do, and nothing has been played."""
    (tmp_path / "run.jsonl").write_bytes(dump_all([RECORDED.header, *RECORDED.events]))
    (tmp_path / "funded.key").write_text(SEED.hex())
    (tmp_path / "other.key").write_text("07" * 32)
    with ChainApi(**{"balances": {FUNDED: AE}} | chain_api) as api:
        given = [argument.replace("API", api.url) for argument in arguments]
        done = run("verify", "run.jsonl", "ws://127.0.0.1:1", *given)
        told = re.sub(r"^recorder: waiting for 2 payments .*\n", "", done.err.replace(api.url, "API"))
    assert (done.code, done.out) == (2, "")
    assert re.match(f"recorder: {line}", told), told
    assert told.count("\n") == 1


def test_a_protocol_without_accounts_is_not_funded(run, tmp_path):
    """It is said, rather than let pass."""
    events = [
        Opened(session=1, party="client", url="ws://node/rpc"),
        frame(b'{"id":1,"method":"sum"}', session=1, direction="to_node"),
        frame(b'{"id":1,"result":3}', session=1, direction="from_node"),
        Closed(session=1, code=1000),
    ]
    (tmp_path / "sum.jsonl").write_bytes(dump_all([Header(format=2, run="r", recorder="0"), *events]))
    done = run("verify", "sum.jsonl", "ws://127.0.0.1:1", "--faucet", "http://127.0.0.1:1")
    line = "recorder: sum.jsonl: generic has no accounts to fund; leave out --fund and --faucet\n"
    assert (done.code, done.out, done.err) == (2, "", line)
