"""Published transcripts, byte for byte: read back, and played as real traffic."""

import os
import re
import subprocess
import sys
from itertools import chain

import pytest
from otherfiles import parse

from recorder.api import render
from recorder.capture import FORMAT, dump
from recorder.interchange.files import Capture
from recorder.model import Frame, Header
from recorder.profiles import PROFILES
from recorder.transcript import Excerpt, data_folder, views
from recorder.transcript.template import Template

pytestmark = [pytest.mark.published, pytest.mark.untraced]

HEADER = Header(format=FORMAT, run="r", recorder="0", profile="aeternity", info="noted")


def test_every_published_transcript_is_imported_and_rendered_to_the_same_bytes(shared, tmp_path):
    """Through a capture on disk, with nothing to warn of."""
    paths = [*sorted((shared / "corpus").rglob("*.md")), *sorted((shared / "seed").glob("*.md"))]
    form, capture, warnings = Template("transcript"), tmp_path / "x.jsonl", []
    for path in paths:
        with path.open(encoding="utf-8", newline="\n") as lines:
            events = parse(lines, "aeternity", file=str(path), warn=warnings.append)
            capture.write_bytes(b"".join(map(dump, chain([HEADER], events))))
        with Capture(capture) as opened:
            assert "".join(form.render(opened.header, views(opened.header, opened))).encode() == path.read_bytes(), path
    assert warnings == []
    assert len(paths) >= 61


def test_every_published_transcript_comes_back_from_its_aliases(shared, tmp_path):
    """Byte for byte: names stand in the place of accounts and channels, and the legend gives them back."""
    capture, named = tmp_path / "x.jsonl", 0
    for path in sorted((shared / "corpus").rglob("*.md")):
        events = parse(path.read_text().splitlines(keepends=True), "aeternity")
        capture.write_bytes(b"".join(map(dump, chain([HEADER], events))))
        with Capture(capture) as opened:
            aliased = "".join(render(opened, excerpt=Excerpt(alias=True)))
        named += "«initiator»" in aliased
        again = parse(aliased.splitlines(keepends=True), "aeternity")
        assert [*again] == [*parse(path.read_text().splitlines(keepends=True), "aeternity")], path
    assert named > 50, "some of the others begin late in a session"


def test_each_session_of_a_published_transcript_has_one_channel(shared):
    """Though its party may have opened the next one before it ended."""
    profile = PROFILES["aeternity"]
    for path in sorted((shared / "corpus").rglob("*.md")):
        with path.open(encoding="utf-8", newline="\n") as lines:
            frames = [event for event in parse(lines, profile.name) if isinstance(event, Frame)]
        spoken = {(frame.session, profile.channel(frame)) for frame in frames if profile.channel(frame)}
        assert len(spoken) == len({session for session, _channel in spoken}), path


def test_published_transcripts_are_recorded_and_rendered_to_the_same_bytes(shared):
    """Played through a running recorder as real traffic: one alone, and several in one session."""
    chosen = [str(shared / "seed" / "two_withdrawals.md"), str(shared / "corpus" / "continuous")]
    tool = [sys.executable, str(shared / "tools" / "lockstep.py"), "--recorder", f"{sys.executable} -m recorder"]
    env = {
        name: value for name, value in os.environ.items() if not name.startswith("COV")
    }  # it would take thrice as long
    done = subprocess.run([*tool, *chosen], env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    played, all_ = re.findall(r"(\d+)/(\d+) transcripts byte-identical", done.stdout)[0]
    assert played == all_ == "8"


def test_the_demos_transcript_is_the_seeds(shared):
    """The document that this project was asked for, but for the openings that the demo adds."""
    seed = (shared / "seed" / "two_withdrawals.md").read_bytes()
    ours = (data_folder("transcripts") / "two_withdrawals.md").read_bytes()
    first = ours.index(b"\n#### responder ---> node")
    assert ours[first:].startswith(seed.rstrip(b"\n"))
