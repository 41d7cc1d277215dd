"""Published transcripts and recorded traffic made anonymous: nothing is left, all of it plays and verifies."""

import os
from pathlib import Path

import pytest
from leaks import keys_of, leaks
from otherfiles import parse
from play import Play

from recorder.anonymising import Anonymised
from recorder.compare import compare
from recorder.interchange.files import Capture
from recorder.masking import Masking
from recorder.model import Header
from recorder.timeline import read

pytestmark = [pytest.mark.published, pytest.mark.untraced]

FOLDER = Path(os.environ.get("RECORDER_SHARED") or Path(__file__).parents[3] / "shared")
TRANSCRIPTS = [path.relative_to(FOLDER).as_posix() for path in sorted(FOLDER.glob("corpus/**/*.md"))]
RECORDED = [path.relative_to(FOLDER).as_posix() for path in sorted(FOLDER.glob("real/*/*.jsonl"))]


def anonymised(header, events):
    """A capture, its published form, and the events of that."""
    made = Anonymised(header, events, Masking())
    after = [*made]
    recorded, other = read(header, events, "a.jsonl"), read(made.header, after, "b.jsonl")
    assert made.notes == []
    assert compare(recorded, other).same
    return recorded, other, after


@pytest.mark.parametrize("name", TRANSCRIPTS or ["none"])
def test_a_transcript_is_published_and_plays(shared, name):
    """No account, id, hash or host is left, both ends play, and each signature verifies."""
    with (shared / name).open(encoding="utf-8", newline="\n") as lines:
        events = list(parse(lines, "aeternity"))
    recorded, other, after = anonymised(Header(format=2, run="x", recorder="0", info="noted"), events)
    assert leaks(events, after) == []
    play = Play(other, keys_of(other))
    assert play.ok, play.outcomes
    count, _ = Play(recorded, {}).signatures()
    assert play.signatures() == (count, count)


@pytest.mark.parametrize("name", RECORDED or ["none"])
def test_recorded_traffic_is_published(shared, name):
    """Of real nodes and servers: the same to a comparison, and no account, id or hash is left."""
    with Capture(shared / name) as opened:
        header, events = opened.header, [*opened]
    recorded, other, after = anonymised(header, events)
    local = {"localhost", "127.0.0.1"}  # which bodies keep
    assert set(leaks(events, after)) <= local
    if recorded.accounts:
        play = Play(other, keys_of(other))
        total, verified = play.signatures()
        assert total == verified
