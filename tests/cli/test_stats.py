"""`recorder stats`: a capture counted, for people and for programs."""

import json

import pytest


def test_a_capture_is_counted(run, seed):
    """Totals, methods and sessions."""
    done = run("stats", seed)
    assert (done.code, done.err) == (0, "")
    said = done.out.splitlines()
    assert said[0] == "2 sessions, 0 errors"
    assert said[5].split() == ["--->", "channels.withdraw", "4", "272"]
    assert said[-1].split() == ["2", "initiator", "11", "5.9", "ms", "closed", "by", "party,", "1000"]


def test_programs_get_json(run, seed):
    """One object."""
    said = json.loads(run("stats", seed, "--json").out)
    assert said["methods"][0]["method"] == "channels.withdraw"
    assert [one["party"] for one in said["sessions"]] == ["responder", "initiator"]


@pytest.mark.parametrize("width", ["40", "200"])
def test_what_is_piped_is_not_cut(run, seed, monkeypatch, width):
    """Only a terminal is narrow."""
    monkeypatch.setenv("COLUMNS", width)
    assert "---> channels.withdraw_tx           4" in run("stats", seed).out


def test_a_torn_capture_is_counted_as_far_as_it_goes(run, seed):
    """With a warning."""
    seed.write_bytes(seed.read_bytes()[:-5])
    done = run("stats", seed)
    assert (done.code, done.out.splitlines()[0]) == (0, "2 sessions, 0 errors")
    assert "the last line is incomplete" in done.err


def test_what_is_no_capture_is_said(run, tmp_path):
    """In one line."""
    (tmp_path / "x.md").write_text("hello")
    done = run("stats", "x.md")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("recorder: x.md:1: not a capture")
