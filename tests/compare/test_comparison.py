"""Comparing: each deliberate change is one finding with the right path, and what is harmless is none."""

import channel
import pytest
from changes import FOUND, HARMLESS

from recorder.compare import compare
from recorder.compare.report import finding_lines
from recorder.replay import read

RECORDED = channel.live()
SCRIPT = RECORDED.script()
FRESH = channel.live(name="fresh", nonce=3, responder_nonce=9, ids=40, port=4100, started=5_000_000_000)
LIVES = {"the same keys": RECORDED, "fresh keys": FRESH}
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
    assert found.findings[0].details[0].path.endswith(".transaction.round")
