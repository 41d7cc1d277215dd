"""The recorded examples: every committed transcript is what its capture renders to, and every protocol has one."""

from pathlib import Path

import pytest

import recorder
from recorder.profiles import PROFILES
from recorder.timeline import read
from recorder.transcript import data_folder

FOLDER = data_folder("transcripts")
CAPTURES = sorted(FOLDER.glob("*.jsonl"))
TEMPLATES = {"transcript": FOLDER, **{name: FOLDER / name for name in ("annotated", "summary", "sequence")}}
COMMITTED = {
    f"{template} {path.stem}": (template, path)
    for template, folder in TEMPLATES.items()
    for path in sorted(folder.glob("*.md"))
}
MOST = 60_000
"""Bytes of a capture: an example is read."""
HERE = [f"/{folder.name}/" for folder in Path("/").iterdir() if folder.is_dir()]
"""How paths begin on the machine that runs this."""


@pytest.mark.parametrize(("template", "path"), COMMITTED.values(), ids=COMMITTED)
def test_a_committed_transcript_is_what_its_capture_renders_to(template, path):
    """Byte for byte; `recorder render NAME.jsonl -t TEMPLATE -o NAME.md` mends it."""
    with recorder.load(FOLDER / f"{path.stem}.jsonl") as opened:
        assert "".join(recorder.render(opened, template)).encode() == path.read_bytes()


def test_every_transcript_has_its_capture():
    """And none stands alone."""
    assert {path.stem for path in FOLDER.glob("*.md")} == {path.stem for path in CAPTURES} != set()


@pytest.mark.parametrize("profile", PROFILES)
def test_every_protocol_has_an_example_in_each_form(profile):
    """The sessions of its capture are told from their traffic, or named in the header of a capture that is older."""
    for path in CAPTURES:
        with recorder.load(path) as capture:
            told = read(capture.header, capture, str(path)).profiles
        if {one.name for one in told.values()} == {profile}:
            committed = [form for form, folder in TEMPLATES.items() if (folder / f"{path.stem}.md").exists()]
            if committed == [*TEMPLATES]:
                return
    pytest.fail(f"no capture in {FOLDER.name}/ is of {profile} alone, with a transcript in each form")


@pytest.mark.parametrize("capture", CAPTURES, ids=lambda path: path.stem)
def test_an_example_gives_nothing_away(capture):
    """It is small, of this machine alone, and says nothing of its folders."""
    text = capture.read_text()
    assert len(text) < MOST
    assert not any(word in text for word in ("/home/", "/root/", "/tmp/", "/usr/", *HERE, "authorization"))
