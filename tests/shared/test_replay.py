"""Published transcripts, played in memory with fresh keys, and compared with what was recorded."""

import os
import re
from pathlib import Path

import pytest
from changes import FOUND, HARMLESS
from otherfiles import parse
from play import Play

from recorder.compare import compare
from recorder.compare.report import finding_lines
from recorder.model import Frame, Header
from recorder.profiles import PROFILES
from recorder.timeline import read

pytestmark = [pytest.mark.published, pytest.mark.untraced]

HEADER = Header(format=1, run="x", recorder="0", profile="aeternity")
FOLDER = Path(os.environ.get("RECORDER_SHARED") or Path(__file__).parents[3] / "shared")
TRANSCRIPTS = [path.relative_to(FOLDER).as_posix() for path in sorted(FOLDER.glob("corpus/**/*.md"))]
SAMPLE = [
    name
    for name in TRANSCRIPTS
    if Path(name).stem
    in {"sc_ws_basic_open_close", "sc_ws_leave_reestablish", "sc_ws_deposit", "sc_ws_wrong_call_data"}
]

SETTING_UP = re.compile(rb'"event":"(fsm_up|channel_open|channel_accept)"')

CLOSINGS = {"another close code", "closed by the other end", "a session that is not closed"}
"""Changes that nobody can find where a transcript tells no more than that a session was closed."""


def events_of(folder, name, *, partial=False):
    """The events of a transcript."""
    with (folder / name).open(encoding="utf-8", newline="\n") as lines:
        return list(parse(lines, PROFILES["aeternity"], partial=partial))


def logged_late(events):
    """The events without those that tell how a session is set up."""
    return [event for event in events if not (isinstance(event, Frame) and SETTING_UP.search(event.payload))]


def told(found):
    """The findings as text."""
    return ["\n".join(finding_lines(finding)) for finding in found.findings]


@pytest.mark.parametrize("name", TRANSCRIPTS or ["none"])
def test_a_transcript_plays_with_fresh_keys(shared, name):
    """No mismatch, nothing unused, all signatures verify, and nothing but bound values differs."""
    script = read(HEADER, events_of(shared, name), name)
    play = Play(script)
    assert play.ok, play.outcomes
    total, verified = play.signatures()
    assert total == verified
    assert told(compare(script, read(HEADER, play.events, "live.jsonl"))) == []


@pytest.mark.parametrize("name", TRANSCRIPTS or ["none"])
def test_a_transcript_that_was_logged_late_plays(shared, name):
    """Against itself, and less its beginnings against the whole: nothing unexpected or unused, and nothing differs."""
    marked, whole = events_of(shared, name, partial=True), read(HEADER, events_of(shared, name), name)
    for script, node in ((read(HEADER, marked, name), None), (read(HEADER, logged_late(marked), name), whole)):
        play = Play(script, node_script=node)
        assert play.ok, play.outcomes
        live = read(HEADER, play.events, "live.jsonl")
        assert told(compare(script, live)) == told(compare(live, script)) == []


@pytest.mark.parametrize("name", SAMPLE or ["none"])
def test_a_change_is_one_finding(shared, name):
    """In recorded traffic too, with the recorded keys and with fresh ones."""
    events = events_of(shared, name)
    script = read(HEADER, events, name)
    wrong = {}
    for keys, lived in (("recorded", events), ("fresh", Play(script).events)):
        for change in FOUND:
            changed = change.apply(lived)
            untold = "URL" in change.name and not all(script.urls.values())
            if changed is None or changed == lived or untold or change.name in CLOSINGS:
                continue  # it has nothing of the kind; a URL that nobody recorded is not compared
            found = told(compare(script, read(HEADER, changed, "live.jsonl")))
            if len(found) != 1 or change.text not in found[0]:
                wrong[keys, change.name] = found
    assert wrong == {}


@pytest.mark.parametrize("name", SAMPLE or ["none"])
def test_what_is_harmless_is_no_finding(shared, name):
    """In recorded traffic too."""
    events = events_of(shared, name)
    script = read(HEADER, events, name)
    wrong = {}
    for change, apply in HARMLESS.items():
        found = told(compare(script, read(HEADER, apply(Play(script).events), "live.jsonl")))
        if found:
            wrong[change] = found
    assert wrong == {}
