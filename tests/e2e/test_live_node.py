"""`recorder verify` against a node that runs the channel's state machine, and does not always do as it did.

Rule: what is recorded is what the stand-in says when two parties do as written here; what is played against it is that
capture, by the command itself. Only the behaviour of the node differs between the two.
"""

import os
import re
from pathlib import Path
from types import SimpleNamespace

import pytest
from stand_in import Behaviour, Recording, StandIn
from typer.testing import CliRunner

from recorder.cli.app import app
from recorder.interchange.files import Capture
from recorder.model import Closed
from recorder.server import websocket

REAL = Path(os.environ.get("RECORDER_SHARED", Path(__file__).parents[3] / "shared")) / "real" / "node"
STOPPED = "initiator > channels.system"
MINUTE_PINGS = 0.1
"""Seconds between pings, where a hundred seconds of the node's pass in one of ours."""


pytestmark = pytest.mark.untraced


@pytest.fixture(scope="module")
def verify(tmp_path_factory):
    """Runs `recorder verify` of a recording against a node that behaves like this."""

    def _verify(recording, behaviour=None, *options, speed=1.0, pings=MINUTE_PINGS, rules=""):
        folder = tmp_path_factory.mktemp("run")
        if isinstance(recording, Recording):
            recording = recording.write(folder / "run.jsonl")
        if rules:
            (folder / "rules.toml").write_text(rules)
            options = ("--rules", folder / "rules.toml", *options)
        with pytest.MonkeyPatch.context() as patch, StandIn(behaviour, speed) as node:
            patch.setattr("tempfile.tempdir", str(folder))
            patch.setattr("recorder.cli.recording.LINGER", 0.1)
            patch.setitem(websocket.connect.__kwdefaults__, "ping_every", pings)
            command = ["verify", recording, node.url, "-o", folder / "new.jsonl", *options]
            done = CliRunner().invoke(app, list(map(str, command)))
        assert done.exit_code in {0, 1}, done.output
        lines = done.output.splitlines()
        rows = (re.fullmatch(r"(\S+) +\d+ +\d+  (\S.*)", line) for line in lines)
        return SimpleNamespace(
            code=done.exit_code,
            out=done.output,
            lines=lines,
            table={row[1]: row[2] for row in rows if row},
            new=folder / "new.jsonl",
        )

    return _verify


def opened(behaviour=None, **about):
    """A recording in which a channel opens, and something is sent from one to the other."""
    recording = Recording(behaviour, **about)
    recording.scenario("open")
    recording.open("responder")
    recording.open("initiator")
    recording.scenario("update")
    recording.transfer("initiator", 1000)
    return recording


def closed(recording):
    """It, and the channel's end."""
    recording.scenario("shutdown")
    recording.ask("initiator", "shutdown")
    return recording


def deposited(behaviour=None):
    """A recording with a deposit, and the end."""
    recording = opened(behaviour)
    recording.scenario("deposit")
    recording.ask("initiator", "deposit", amount=10**15)
    return closed(recording)


def lived(*, ids):
    """A recording of all that two parties can do, as the node answers requests with ids, or without."""
    recording = opened(ids=ids)
    recording.transfer("responder", 500, meta=["one", "two"])
    recording.scenario("refused")
    for role, code in (("initiator", 4242), ("responder", 77)):
        recording.refuse(role, code)
        recording.transfer("initiator", 3)
    recording.scenario("asked")
    recording.ask("initiator", "message", info="hello", to=recording.accounts["responder"])
    recording.ask("initiator", "get.balances", accounts=list(recording.accounts.values()))
    recording.ask("responder", "get.offchain_state")
    recording.scenario("on chain")
    recording.ask("initiator", "deposit", amount=2 * 10**15)
    recording.ask("responder", "withdraw", amount=10**15)
    recording.scenario("mistaken")
    recording.transfer("initiator", 10**20)
    recording.ask("initiator", "get.balances", accounts=["ak_bad"])
    recording.scenario("left")
    recording.ask("initiator", "leave")
    recording.close("responder")
    recording.open("responder", existing=True)
    recording.open("initiator", existing=True)
    recording.transfer("initiator", 5)
    return closed(recording)


def told(lines):
    """The findings, without the lines below each, and what follows them."""
    return [line for line in lines[: lines.index("")] if not line.startswith(" ")][:-1]


@pytest.mark.parametrize("ids", [False, True])
def test_a_node_does_as_it_did(verify, ids):
    """With other keys, nonces, rounds and channels, the whole life is the same; so it is once more."""
    done = verify(lived(ids=ids), Behaviour(nonce=500))
    assert (done.code, set(done.table.values())) == (0, {"same"}), done.out
    done = verify(done.new, Behaviour(nonce=7))
    assert (done.code, set(done.table.values())) == (0, {"same"}), done.out


@pytest.mark.skipif(not REAL.is_dir(), reason="no recordings of a real node beside the project")
@pytest.mark.parametrize(
    ("name", "network_id"), [("run2", "ae_dev"), ("ct-022", "local_ceres_testnet"), ("ct-024", "local_ceres_testnet")]
)
def test_a_stand_in_does_as_a_real_node_did(verify, name, network_id):
    """What a real node said to the SDK, and to its own tests, the stand-in says too."""
    done = verify(REAL / f"{name}.jsonl", Behaviour(network_id=network_id, key_block=0.05, depth=1))
    assert (done.code, set(done.table.values())) == (0, {"same"}), done.out


# Alive while nothing happens


def test_sessions_stay_open_while_the_chain_confirms(verify):
    """Key blocks each 80 s, and a node that ends silent sessions after 60: the parties' pings keep them open."""
    done = verify(opened(), Behaviour(silence=60, key_block=80), "--timeout", 5, speed=100)
    assert (done.code, set(done.table.values())) == (0, {"same"}), done.out


def test_what_pings_are_answered_is_not_compared(verify):
    """A node may not know yet, or know already, of which channel it speaks."""
    recording = opened()
    recording.ask("initiator", "system", action="ping")
    done = verify(closed(recording), Behaviour(adds={"* pong channels.system": {"channel_id": None}}))
    assert (done.code, set(done.table.values())) == (0, {"same"}), done.out


@pytest.fixture(scope="module")
def silent(verify):
    """A run whose parties do not ping while the chain confirms."""
    return verify(opened(), Behaviour(silence=60, key_block=80), "--timeout", 3, speed=100, pings=100)


def test_a_node_ends_silent_sessions(silent):
    """Without pings the node ends both sessions, and nothing after that has happened."""
    assert (silent.code, silent.table["update"]) == (1, "not run"), silent.out
    with Capture(silent.new) as new:
        ends = [event for event in new if isinstance(event, Closed)]
    assert [(end.by, end.code) for end in ends] == [("node", 1000)] * 2


def test_silence_is_told_as_the_reason(silent):
    """That the node has ended the session is the reason for all that is missing."""
    assert len(told(silent.lines)) == 1, silent.out
    assert silent.lines[1] == "  node ends the session: 1000", silent.out


def test_a_session_that_the_node_ended_awaits_no_chain(silent):
    """No chain that takes its time is the cause, where the node has ended the session before."""
    assert "--timeout" not in silent.out, silent.out


# A push that is not as recorded


def test_an_added_member_is_signed(verify):
    """A node that says more in each push that asks for a signature is answered, and exactly that is told."""
    done = verify(deposited(), Behaviour(adds={"* channels.sign.*": {"since": "8.0"}}))
    below = [line for line in done.lines if line.startswith("  ")]
    assert below == ['  params.since was added: "8.0"'] * 8, done.out
    assert all("channels.sign." in line for line in told(done.lines)), done.out
    assert set(done.table.values()) == {"differs"}, done.out


def test_a_rule_allows_an_added_member(verify):
    """What a rule lets pass reaches the player and the comparison."""
    rules = '[[rule]]\nmethod = "channels.sign.*"\npath = "params.since"\nignore = true\n'
    done = verify(deposited(), Behaviour(adds={"* channels.sign.*": {"since": "8.0"}}), rules=rules)
    assert (done.code, set(done.table.values())) == (0, {"same"}), done.out


@pytest.mark.parametrize(
    ("changed", "line"),
    [
        ({"depth": 4}, "  params.data.depth was added: 4"),
        (
            {"event": "own_funding_seen"},
            '  params.data.event: "own_funding_locked" expected, "own_funding_seen" came',
        ),
    ],
)
def test_a_changed_push_is_not_waited_for(verify, changed, line):
    """A push that came, though not as recorded, costs no patience, and is one finding."""
    done = verify(closed(opened()), Behaviour(adds={"responder own_funding_locked": {"data": changed}}))
    assert "had not come" not in done.out, done.out
    assert len(told(done.lines)) == 1, done.out
    assert done.lines[1].startswith(line), done.out


@pytest.mark.parametrize(("recorded", "live"), [(2, 1), (1, 2)])
def test_another_version_plays_to_its_end(verify, recorded, live):
    """A create transaction of another version is signed and posted, and told once, where it first came."""
    done = verify(deposited(Behaviour(version=recorded)), Behaviour(version=live))
    (finding,) = told(done.lines)
    assert finding.endswith("initiator <--- channels.sign.initiator_sign changed"), done.out
    path = "params.data.signed_tx.transaction"
    assert f"  {path}.version: {recorded} expected, {live} came (they must be equal)" in done.lines, done.out
    assert any(re.match(rf"  {path}\.\w*delegate_ids is missing", line) for line in done.lines), done.out
    assert done.table == {"open": "differs", "update": "same", "deposit": "same", "shutdown": "same"}, done.out


# The reason first

PATIENCE = ("--timeout", 1, "--patience", 0.3)


@pytest.fixture(scope="module")
def unfunded(verify):
    """A run with accounts that the chain does not know."""
    return verify(deposited(), Behaviour(funded=frozenset()), *PATIENCE)


def test_accounts_without_funds_are_told_first(unfunded):
    """The node's first frame says why, whole; what was never reached is not run."""
    assert unfunded.lines[1] == "  node refuses responder: error 3 Rejected (Participant not found)", unfunded.out
    verdicts = {"open": "differs", "update": "not run", "deposit": "not run", "shutdown": "not run"}
    assert (unfunded.code, unfunded.table) == (1, verdicts), unfunded.out


def test_what_did_not_happen_is_one_line(unfunded):
    """One refusal ends all, so that one line says how much is missing."""
    assert "missing" not in unfunded.out, unfunded.out
    assert len(re.findall(r"\d+ frames after it did not happen", unfunded.out)) == 1, unfunded.out


def test_a_lack_of_funds_is_named(unfunded):
    """Who reads `Participant not found` is told that the accounts are not on this chain."""
    assert re.search(r"^  usually: .*\bfund", unfunded.out, re.MULTILINE), unfunded.out


@pytest.fixture(scope="module")
def refused(verify):
    """A run in which the node refuses a deposit."""
    return verify(deposited(), Behaviour(refuses={"channels.deposit": "Insufficient balance"}), *PATIENCE)


def test_a_refused_request_is_told_first(refused):
    """What the node refuses, and with which words; what needed it is below."""
    reason = "  node refuses initiator's channels.deposit: error 3 Rejected (Insufficient balance)"
    assert (refused.code, refused.lines[1]) == (1, reason), refused.out
    assert [refused.table[name] for name in ("open", "update", "deposit")] == ["same", "same", "differs"], refused.out


def test_our_own_giving_up_is_no_difference(refused):
    """That the player ended the sessions with code 1001 follows from what did not happen."""
    assert "1001" not in refused.out, refused.out


def test_a_channel_that_dies_is_told_first(verify):
    """A `died` long before the recorded one is the reason for all that is missing."""
    done = verify(deposited(), Behaviour(died_after="initiator open"), *PATIENCE)
    (finding,) = told(done.lines)
    assert finding.endswith("initiator ---> channels.update.new was recorded, initiator <--- channels.info died came")
    assert done.table == {"open": "same", "update": "differs", "deposit": "not run", "shutdown": "not run"}, done.out


def test_a_scenario_that_went_on_twice_is_not_called_not_run(verify):
    """One name for two stretches, of which the first was as recorded, and the second never came."""
    recording = opened()
    recording.scenario("message")
    recording.ask("initiator", "message", info="hello", to=recording.accounts["responder"])
    recording.scenario("update")
    recording.transfer("initiator", 1)
    done = verify(recording, Behaviour(died_after="initiator > channels.message"), *PATIENCE)
    assert done.table["update"] == "differs", done.out


def test_a_session_that_ends_early_is_told_first(verify):
    """A node that ends a session in the middle is named before what could not follow."""
    done = verify(deposited(), Behaviour(closed_after="responder deposit_created"), *PATIENCE)
    (finding,) = told(done.lines)
    assert finding.endswith("responder <--- channels.sign.deposit_ack was recorded, responder close came"), done.out
    assert done.lines[1] == "  node ends the session: 1000", done.out


@pytest.fixture(scope="module")
def foreign(verify):
    """A run whose signatures are for another network than the node's."""
    return verify(deposited(), Behaviour(network_id="ae_uat"), *PATIENCE)


def test_a_signature_for_another_network_gets_no_answer(foreign):
    """A node says nothing to it: the first frame that is missing is what it says to a good one."""
    assert (foreign.code, len(told(foreign.lines))) == (1, 1), foreign.out
    awaited = "responder <--- channels.info funding_created was recorded, nothing more came"
    assert told(foreign.lines)[0].endswith(awaited), foreign.out


def test_another_network_is_named_as_a_cause(foreign):
    """Silence after a signature usually means another key, or another network."""
    assert re.search("^  usually: .*--network-id", foreign.out, re.MULTILINE), foreign.out


def test_a_signature_for_the_right_network_is_taken(verify):
    """The network that is named is the one that is signed for."""
    done = verify(closed(opened()), Behaviour(network_id="ae_uat"), "--network-id", "ae_uat")
    assert (done.code, set(done.table.values())) == (0, {"same"}), done.out


# Order that nobody ordered, and races that end otherwise


def conflicting(behaviour=None):
    """A recording in which both want to withdraw at once."""
    recording = opened(behaviour)
    recording.scenario("conflict")
    recording.keep("initiator", "responder")
    recording.ask("initiator", "withdraw", amount=1)
    recording.ask("responder", "withdraw", amount=2)
    for role in ("initiator", "responder", "responder", "initiator"):
        if role in recording.kept:
            recording.sign(role)
    recording.keep()
    return closed(recording)


@pytest.mark.parametrize("wins", ["", "initiator", "responder"])
def test_a_conflict_ends_as_it_did(verify, wins):
    """Both lose, or one of them: played again, it is the same."""
    done = verify(conflicting(Behaviour(wins=wins)), Behaviour(wins=wins))
    assert (done.code, set(done.table.values())) == (0, {"same"}), done.out


WINS = [
    ("initiator", "responder"),
    ("responder", "initiator"),
    ("initiator", ""),
]


@pytest.mark.parametrize(("recorded", "live"), WINS)
def test_a_conflict_that_the_other_wins_is_one_finding(verify, recorded, live):
    """From where the runs part nothing is paired any more: one finding, with what came next on both sides."""
    done = verify(conflicting(Behaviour(wins=recorded)), Behaviour(wins=live), *PATIENCE)
    assert done.out.count("the runs part here") == 1, done.out
    assert len(told(done.lines)) <= 2, done.out


def test_a_lost_conflict_is_no_wrong_signature(verify):
    """A node says nothing to a signature of which the other's proposal has made nothing."""
    done = verify(conflicting(Behaviour(wins="responder")), Behaviour(wins="initiator"), *PATIENCE)
    assert "--network-id" not in done.out, done.out


def stopped(held):
    """A recording in which both stop the channel at once."""
    recording = opened(Behaviour(held=held), ids=True)
    recording.scenario("stop")
    for role in ("responder", "initiator"):
        recording.ask(role, "system", action="stop")
    return recording


AT_ONCE: dict[str, str] = {}
THEN_STOPPED = {"initiator end": STOPPED}
DIED_FIRST = {"initiator end": STOPPED, "responder ok channels.system": "responder died"}
STOPPED_FIRST = {"initiator died": STOPPED}
BOTH = {"initiator died": STOPPED, "initiator ok channels.system": "initiator died"}


@pytest.mark.parametrize(
    ("recorded", "live"),
    [
        (THEN_STOPPED, BOTH),
        (THEN_STOPPED, DIED_FIRST),
        (DIED_FIRST, THEN_STOPPED),
        (STOPPED_FIRST, BOTH),
        (THEN_STOPPED, AT_ONCE),
        (STOPPED_FIRST, AT_ONCE),
    ],
)
def test_how_a_channel_stops_is_free(verify, recorded, live):
    """A stop, its `ok`, and `died` come in any order; who is told that its channel has died may stop it, or not."""
    done = verify(stopped(recorded), Behaviour(held=live), *PATIENCE)
    assert (done.code, set(done.table.values())) == (0, {"same"}), done.out


def reestablished(held):
    """A recording in which both come back, and ask for the state at once."""
    recording = opened(Behaviour(held=held))
    recording.scenario("leave")
    recording.ask("initiator", "leave")
    recording.close("responder")
    for role in ("responder", "initiator"):
        recording.open(role, existing=True)
        recording.ask(role, "get.offchain_state")
    return closed(recording)


def messaged(held):
    """A recording in which messages are sent as soon as the channel is open."""
    recording = Recording(Behaviour(held=held))
    recording.scenario("open")
    recording.open("responder")
    recording.open("initiator")
    recording.scenario("message")
    for role, to in (("initiator", "responder"), ("responder", "initiator")):
        recording.ask(role, "message", info="hello", to=recording.accounts[to])
    return closed(recording)


FREE = {
    "an answer against reestablishing": (
        reestablished,
        {"initiator channel_reestablished": "initiator > channels.get.offchain_state"},
    ),
    "an update after funding against a message": (
        messaged,
        {"responder channels.update": "responder channels.message"},
    ),
}


@pytest.mark.parametrize("late_first", [False, True])
@pytest.mark.parametrize("race", FREE)
def test_what_was_caused_elsewhere_comes_at_any_time(verify, race, late_first):
    """Neither needs the other, so that either may come first."""
    recorded, held = FREE[race]
    done = verify(recorded(held if late_first else {}), Behaviour(held={} if late_first else held), *PATIENCE)
    assert (done.code, set(done.table.values())) == (0, {"same"}), done.out


# Patience that knows what it waits for


def test_the_chain_is_waited_for_as_long_as_it_moves(verify):
    """Confirmations may take longer than a node's answers: `--patience` is not for them."""
    done = verify(opened(), Behaviour(key_block=0.4, depth=1), "--timeout", 2, "--patience", 0.2)
    assert (done.code, set(done.table.values())) == (0, {"same"}), done.out


def test_what_the_chain_does_not_bring_is_named(verify):
    """A chain that does not confirm in time: what was awaited, for how long, and the option that helps."""
    done = verify(opened(), Behaviour(key_block=60), "--timeout", 1, "--patience", 0.3)
    awaited = r"channels\.on_chain_tx channel_changed had not come after \d+ s \(--timeout waits longer\)"
    assert re.search(awaited, done.out), done.out
    assert len(told(done.lines)) == 1, done.out
