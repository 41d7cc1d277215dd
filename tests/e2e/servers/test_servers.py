"""Real servers and real clients: two runs are the same, a capture serves its client, and a fresh server verifies.

Rule: no rules file helps. A row in `pairings.py` is all that a further server or client takes.
"""

from __future__ import annotations

import sys

import pytest
from installing import INSTALLING
from pairings import PAIRINGS
from verdicts import RUNNING, Trial

pytestmark = [pytest.mark.servers, pytest.mark.timeout(INSTALLING + 4 * RUNNING)]


@pytest.fixture(scope="module", params=PAIRINGS, ids=lambda pairing: pairing.name)
def trial(request, tmp_path_factory):
    """A pairing that was recorded twice, each time with a fresh server."""
    made = Trial(request.param, tmp_path_factory.mktemp(request.param.name), [sys.executable, "-m", "recorder"])
    for run in "ab":
        made.record(run)
    return made


def test_two_runs_are_the_same(trial):
    """What differs between two runs of an unchanged server and client is no difference."""
    code, differences, text = trial.diff()
    assert (code, differences) == (0, 0), text


def test_the_mock_serves_the_client(trial):
    """The client says in front of the mock what it said in front of the server, and nothing is left over."""
    played = trial.replay()
    assert (played.client, played.said) == (0, trial.said("a")), f"{played.said}\n{played.text}"
    assert played.code == 0, played.text


def test_a_fresh_server_verifies(trial):
    """The capture's clients, played to a server that nobody changed, are answered as recorded."""
    verified = trial.verify()
    assert (verified.code, verified.differences) == (0, 0), verified.text


def test_clients_and_mock_of_a_capture_are_each_other_s_mirror(trial):
    """Neither waits for anything of the other that does not come: nothing is missing, and no note says so."""
    verified = trial.mirror()
    assert (verified.code, verified.differences) == (0, 0), verified.text
    assert "note:" not in verified.text


def test_the_summary_speaks_the_protocol(trial):
    """The profile is told from the traffic: nobody said at recording what it is."""
    code, text = trial.ask("render", str(trial.capture("a")), "-t", "summary")
    assert code == 0, text
    assert [words for words in trial.pairing.words if words not in text] == [], text
