"""Comparing: each deliberate change is one finding with the right path, and what is harmless is none."""

import re
from collections import Counter

import channel
import pytest
from changes import FOUND, HARMLESS, PONG

from recorder.compare import Rules, compare
from recorder.compare.report import finding_lines
from recorder.difference import text_of
from recorder.model import Closed, Frame
from recorder.timeline import read

RECORDED = channel.live()
SCRIPT = RECORDED.script()
FRESH = channel.live(name="fresh", nonce=3, responder_nonce=9, ids=40, port=4100, started=5_000_000_000)
LIVES = {"the same keys": RECORDED, "fresh keys": FRESH}
DEPOSITED = re.compile(b"deposit_(signed|locked)")
OTHER_LIVES = {
    "fresh keys and hashes": {"name": "other"},
    "other nonces": {"nonce": 41, "responder_nonce": 17},
    "nonces that need more bytes, and so other fees": {"nonce": 5_000, "responder_nonce": 70_000},
    "other ids": {"ids": 7_000},
    "another port": {"port": 5555},
    "another time": {"started": 99},
    "rounds that begin elsewhere": {"rounds": 7},
    "everything at once": {
        "name": "all",
        "nonce": 300,
        "responder_nonce": 2,
        "ids": 9,
        "port": 1,
        "rounds": 2,
        "started": 2,
    },
}


def of(events):
    """A script of changed events."""
    return read(RECORDED.header, events, "live.jsonl")


@pytest.mark.parametrize("life", LIVES)
@pytest.mark.parametrize("change", FOUND, ids=lambda change: change.name)
def test_a_change_is_one_finding(change, life):
    """It has the right kind, and names the path; nothing else is found, whatever the keys."""
    found = compare(SCRIPT, of(change.apply(LIVES[life].events)))
    texts = ["\n".join(finding_lines(finding)) for finding in found.findings]
    assert [finding.kind for finding in found.findings] == [change.kind], texts
    assert change.text in texts[0]


@pytest.mark.parametrize("life", LIVES)
@pytest.mark.parametrize("name", HARMLESS)
def test_what_is_harmless_is_no_finding(name, life):
    """Values that differ from run to run are bound, and what was concurrent has no order."""
    found = compare(SCRIPT, of(HARMLESS[name](LIVES[life].events)))
    assert [list(finding_lines(finding)) for finding in found.findings] == []


@pytest.mark.parametrize("name", OTHER_LIVES)
def test_another_run_is_no_finding(name):
    """The same life with other keys, nonces, fees, ids, ports and times is the same."""
    found = compare(SCRIPT, channel.live(**OTHER_LIVES[name]).script("live.jsonl"))
    assert [list(finding_lines(finding)) for finding in found.findings] == []


@pytest.mark.parametrize("volatile", [{}, {"name": "other", "rounds": 4}])
def test_rounds_that_jump_are_one_finding(volatile):
    """They may begin anywhere, but then count on; where they jump is told once, not at all frames behind it."""
    found = compare(SCRIPT, channel.live(jump=5, **volatile).script("live.jsonl"))
    assert [finding.kind for finding in found.findings] == ["changed"]
    assert text_of(found.findings[0].details[0].path).endswith(".transaction.round")


def ruled(name, rule):
    """What a changed life has of findings and decisions under a rule."""
    change = next(one for one in FOUND if one.name == name)
    found = compare(SCRIPT, of(change.apply(RECORDED.events)), Rules.parse(f"[[rule]]\n{rule}", "r.toml"))
    return len(found.findings), [decision.text for decision in found.decisions if decision.what == "rule"]


@pytest.mark.parametrize(
    ("name", "rule", "said"),
    [
        ("an extra frame", 'method = "channels.surprise"\nignore = true', "live.jsonl:32 channels.surprise: ignored"),
        ("a missing push", 'method = "channels.info"\nignore = true', "recorded.jsonl:4 channels.info: ignored"),
        ("another amount in a request", 'path = "**.amount"\npresent = true', "recorded.jsonl:26 params.amount: let"),
        (
            "another result",
            'method = "channels.initiator_sign"\npath = "result"\npresent = true',
            "recorded.jsonl:11 result: let",
        ),
    ],
)
def test_rules_let_pass_and_say_so(name, rule, said):
    """Whole frames, or values; by the method of what an answer answers too."""
    findings, decisions = ruled(name, rule)
    assert findings == 0
    assert any(text.startswith(said) for text in decisions), decisions


def test_a_rule_frees_frames_of_their_order():
    """They may come at any time of their session."""
    assert ruled("pushes of one session exchanged", 'method = "nothing"\nunordered = true')[0] == 1
    events = list(RECORDED.events)
    at = next(at for at, event in enumerate(events) if b"OffChainTransfer" in getattr(event, "payload", b""))
    moved = [*events[:at], events[at + 3], *events[at : at + 3], *events[at + 4 :]]
    rule = Rules.parse('[[rule]]\nmethod = "channels.sign.*"\nunordered = true', "r.toml")
    assert len(compare(SCRIPT, of(moved), rule).findings) <= len(compare(SCRIPT, of(moved)).findings)


def test_pushes_of_the_chain_have_an_order_of_their_own():
    """Between runs of a live node; in a fixture that was changed on purpose they are told."""
    events = list(RECORDED.events)
    at = next(at for at, event in enumerate(events) if b"own_deposit_locked" in getattr(event, "payload", b""))
    push = events.pop(at)
    last = next(at for at, event in enumerate(events) if b"OffChainWithdrawal" in getattr(event, "payload", b""))
    ends = [i for i, e in enumerate(events[:last]) if getattr(e, "session", 0) == push.session]
    events.insert(ends[-1] + 1, push)
    assert [finding.kind for finding in compare(SCRIPT, of(events)).findings] == ["order"]


def test_pushes_of_the_chain_may_come_late_with_other_fees():
    """On a chain where nonces need more bytes and blocks more time: what the party did meanwhile was concurrent."""
    events = list(channel.live(name="late", nonce=5_000, responder_nonce=70_000).events)
    there = next(at for at, event in enumerate(events) if b"sign.withdraw_ack" in getattr(event, "payload", b""))
    late = [
        event
        for event in events[:there]
        if getattr(event, "session", 0) == events[there].session and DEPOSITED.search(getattr(event, "payload", b""))
    ]
    events = [event for event in events[: there + 1] if event not in late] + late + events[there + 1 :]
    found = compare(SCRIPT, of(events), streams=True)
    assert [list(finding_lines(finding)) for finding in found.findings] == []


def test_a_ping_without_an_answer_is_a_finding():
    """Any number of pings may come or not, each with its answer."""
    pinged = HARMLESS["pings of the protocol"](RECORDED.events)
    assert compare(of(pinged), SCRIPT).same
    mute = next(at for at, event in enumerate(pinged) if getattr(event, "payload", b"") == PONG)
    found = compare(of(pinged), of(pinged[:mute] + pinged[mute + 1 :]))
    assert [(one.kind, one.step) for one in found.findings] == [("missing", "channels.system.pong")]


def test_one_wrong_transaction_is_told_once():
    """Though every frame from then on carries it."""
    node = channel.live(amount=56).script("live.jsonl")
    found = compare(SCRIPT, node)
    paths = [text_of(detail.path) for finding in found.findings for detail in finding.details]
    assert paths.count("params.data.signed_tx.transaction.amount") == 2  # a deposit, and a withdrawal
    assert any(decision.what == "carried" for decision in found.decisions)


def test_a_session_less_is_one_finding():
    """Whatever was said in it."""
    gone = max(event.session for event in RECORDED.events if hasattr(event, "session"))
    events = [event for event in RECORDED.events if getattr(event, "session", 0) != gone]
    found = compare(SCRIPT, of(events))
    assert [(one.kind, one.step) for one in found.findings] == [("missing", "a whole session (open first)")]


def test_a_session_that_breaks_off_is_one_finding():
    """For each scenario: the first frame that is missing (or extra, the other way round), and how many follow it."""
    frames = [event for event in RECORDED.events if isinstance(event, Frame) and event.session == 1]
    gone = frames[len(frames) // 2 :]
    events = [event for event in RECORDED.events if not any(event is one for one in gone)]
    left = Counter(step.scenario for step in SCRIPT.steps if any(step.event is one for one in gone))
    for kind, found in (("missing", compare(SCRIPT, of(events))), ("extra", compare(of(events), SCRIPT))):
        assert {one.kind for one in found.findings} == {kind}
        assert {one.scenario: 1 + one.more for one in found.findings} == left
        assert len(found.findings) == len(left) > 1


def test_how_an_unfinished_session_ended_is_not_compared():
    """The recorder was stopped before it did."""
    events = [event for event in RECORDED.events if not isinstance(event, Closed)]
    found = compare(of(events), SCRIPT)
    assert found.same
    assert sum(decision.what == "end" for decision in found.decisions) == 4
