"""The recorded examples: every committed transcript is what its capture renders to."""

import pytest

import recorder
from recorder.transcript import data_folder

CAPTURES = sorted(data_folder("transcripts").glob("*.jsonl"))


@pytest.mark.parametrize("capture", CAPTURES, ids=lambda path: path.stem)
def test_a_committed_transcript_is_what_its_capture_renders_to(capture):
    """Byte for byte; `recorder render NAME.jsonl -o NAME.md` mends it."""
    with recorder.load(capture) as opened:
        assert "".join(recorder.render(opened)).encode() == capture.with_suffix(".md").read_bytes()


def test_every_transcript_has_its_capture():
    """And none stands alone."""
    assert {path.stem for path in data_folder("transcripts").glob("*.md")} == {path.stem for path in CAPTURES} != set()
