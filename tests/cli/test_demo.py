"""`recorder demo`: the whole job, from an empty folder."""

import subprocess
import sys

from recorder import load
from recorder.model import Frame


def test_the_demo_records_and_shows_the_seeds_transcript(tmp_path, transcript):
    """Through a real proxy; a second time too, over the first one's files."""
    for _time in range(2):
        command = [sys.executable, "-m", "recorder", "demo"]
        shown = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert (shown.returncode, shown.stderr) == (0, "")
        written = (tmp_path / "demo" / "two_withdrawals.md").read_text()
        assert shown.stdout.startswith(
            f"{written}\nThat was {written.count('```javascript')} frames between an initiator"
        )
    assert transcript.endswith(written)
    with load(tmp_path / "demo" / "two_withdrawals.jsonl") as capture:
        assert sum(isinstance(event, Frame) for event in capture) == written.count("```javascript") > 0


def test_a_folder_that_cannot_be_made_is_said_so(run, tmp_path):
    """Before anything is started."""
    (tmp_path / "file").touch()
    result = run("demo", "-o", "file/demo")
    assert (result.code, result.out) == (2, "")
    assert result.err == "recorder: file/demo: cannot make this folder: Not a directory\n"
