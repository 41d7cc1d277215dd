"""Captures of several hosts on one timeline: causality kept, clocks found, nothing changed but times and numbers."""

import math
import os
import re
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import zstandard
from hosts import BEGAN, HEADER, MILLISECOND, Skew, channels, record
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from msgspec.structs import replace

from recorder import capture
from recorder.api import render
from recorder.errors import InputError
from recorder.gathering import gather
from recorder.gathering.clocks import Clocks
from recorder.gathering.gather import LARGE
from recorder.interchange.files import Capture, write_capture
from recorder.model import SECOND, Frame, Header, Note, Opened, Scenario
from recorder.timeline import read
from recorder.transcript import data_folder

SHARED = Path(os.environ.get("RECORDER_SHARED") or Path(__file__).parents[3] / "shared")
REAL = [path.name for path in sorted(SHARED.glob("real/node/*.jsonl"))]
TRANSCRIPTS = data_folder("transcripts")
MINUTE = 60 * SECOND

SKEWS = some.lists(some.builds(Skew, some.integers(-MINUTE, MINUTE), some.floats(-100, 100)), min_size=2, max_size=8)
QUICK = settings(max_examples=10, suppress_health_check=[HealthCheck.too_slow])
SLOW = settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])


def load(path):
    """The header and the events of a capture."""
    with Capture(path) as opened:
        return opened.header, list(opened)


def timed(events):
    """Events that can be told apart, with times where they have none: a frame has its place as the id of its event."""
    return [
        replace(
            event,
            time=event.time or BEGAN + number * MILLISECOND,
            **({"event_id": str(number)} if isinstance(event, Frame) else {}),
        )
        for number, event in enumerate(events, 1)
    ]


def sent_before(header, events):
    """What must stay in its order: what a party sent, before what the node says of the same to another session."""
    sent, found = {}, []
    for step in read(header, events).steps:
        for thing in step.carries:
            if step.direction == "to_node":
                sent.setdefault(thing, []).append(step)
            else:
                found += [(one, step) for one in sent.get(thing, ()) if one.session != step.session]
    return [(one.event.event_id, other.event.event_id) for one, other in found]


def sessions(events):
    """The events of each session, without their times and its number."""
    found = {}
    for event in events:
        if number := getattr(event, "session", 0):
            blank = {"asked": 0} if isinstance(event, Opened) else {}
            found.setdefault(number, []).append(capture.dump(replace(event, session=0, time=0, **blank)))
    return sorted(found.values())


def check(header, events, skews, *, tight=0):
    """Gather what hosts with these clocks recorded, and hold it against what happened.

    Args:
        header: of the capture that is split among them.
        events: of the capture.
        skews: the clock of each host.
        tight: by how much a clock may be missed, in nanoseconds, if pairs bind it on both sides; 0 for as much as it says.
    """
    events = timed(events)
    began = events[0].time
    with TemporaryDirectory() as folder:
        paths = record(Path(folder), events, skews, lambda session: max(session - 1, 0) % len(skews), header)
        made = gather(paths, Path(folder) / "all.jsonl")
        found_header, found = load(Path(folder) / "all.jsonl")
        ends = [[event.time for event in load(path)[1] if event.time] for path in paths]
    assert made.held == made.impossible == []
    assert made.events == len(found) == len(events)

    at = {event.event_id: place for place, event in enumerate(found) if isinstance(event, Frame)}
    assert sorted(map(int, at)) == [int(event.event_id) for event in events if isinstance(event, Frame)]
    assert [(one, other) for one, other in sent_before(header, events) if at[one] > at[other]] == []
    assert sessions(found) == sessions(events)

    for clock, skew, times in zip(made.clocks, skews, ends, strict=True):
        if not times or math.isinf(clock.earlier) or math.isinf(clock.later):
            continue
        true = clock_time(clock.began, skew, began)
        wrong = clock.placed - skews[clock.reference].told(true, began)
        assert abs(wrong) <= (tight or max(clock.earlier, clock.later)) + drifted(max(times) - min(times))
    return made, found_header, found


def clock_time(told, skew, began):
    """When a clock says this."""
    return began + round((told - began - skew.ahead) / (1 + skew.drift / 1e6))


def drifted(long):
    """How far two clocks drift apart at most: where no pair shows it, it is not corrected."""
    return long * 200 // 1_000_000 + 1_000


@given(rounds=some.lists(some.integers(0, 4), min_size=1, max_size=4), skews=SKEWS)
@SLOW
def test_what_hosts_recorded_is_gathered_as_it_happened(rounds, skews):
    """Channels whose parties are recorded by up to eight hosts: every cause stays before its effect."""
    check(HEADER, channels(*rounds), skews)


@given(skews=SKEWS)
@QUICK
@pytest.mark.parametrize("name", ["channel_lifecycle", "two_withdrawals"])
def test_committed_captures_are_gathered_as_they_happened(name, skews):
    """Whose parties left and came back; who disagreed, so that no pair shows their clocks."""
    check(*load(TRANSCRIPTS / f"{name}.jsonl"), skews)


@pytest.mark.skipif(not REAL, reason=f"no shared data at {SHARED}; RECORDER_SHARED names another place")
@pytest.mark.untraced
@pytest.mark.parametrize("hosts", [2, 5])
@pytest.mark.parametrize("name", REAL)
def test_what_real_nodes_said_is_gathered_as_it_happened(name, hosts):
    """Recorded at one place, and split."""
    skews = [Skew((-1) ** host * host * 7 * SECOND, 100 - 30 * host) for host in range(hosts)]
    header, events = load(SHARED / "real" / "node" / name)
    check(header, events, skews)


def test_clocks_are_found_to_the_delay_between_cause_and_effect():
    """Two hosts a minute apart, whose parties ask in turns: each frame comes a millisecond after the one that caused it."""
    made, _header, found = check(HEADER, channels(6), [Skew(), Skew(MINUTE, 90)], tight=MILLISECOND)
    assert made.clocks[1].pairs > 10
    assert [event.time for event in found] == sorted(event.time for event in found)


def test_what_clocks_agree_on_is_left_as_it_was():
    """Hosts whose clocks are right: the timeline is that of one recorder, to the letter."""
    events = timed(channels(3, 2, 4))
    made, _header, found = check(HEADER, events, [Skew()] * 3)
    assert [clock.ahead for clock in made.clocks] == [0, 0, 0]
    assert [(event.time, getattr(event, "event_id", "")) for event in found] == [
        (event.time, getattr(event, "event_id", "")) for event in events
    ]


@pytest.mark.parametrize("name", ["channel_lifecycle", "two_withdrawals"])
def test_what_is_gathered_renders_to_the_transcript_of_the_original(tmp_path, name):
    """Whose clocks agree; and of each session, whatever they say."""
    header, events = load(TRANSCRIPTS / f"{name}.jsonl")
    for ahead in (0, MINUTE):
        paths = record(tmp_path, events, [Skew(), Skew(ahead)], lambda session: (session + 1) % 2, header)
        gather(paths, tmp_path / "all.jsonl")
        found = load(tmp_path / "all.jsonl")
        assert by_session(*found) == by_session(header, events)
        if not ahead:
            assert transcript(*found) == transcript(header, events)


def transcript(header, events):
    """What a capture renders to."""
    with TemporaryDirectory() as folder:
        write_capture(Path(folder) / "one.jsonl", header, events)
        with Capture(Path(folder) / "one.jsonl") as opened:
            return "".join(render(opened))


def by_session(header, events):
    """What each session renders to."""
    numbers = {event.session for event in events if isinstance(event, Opened)}
    return sorted(
        transcript(header, [replace(event, session=1) for event in events if getattr(event, "session", 0) == number])
        for number in numbers
    )


def test_a_drift_shows_where_a_run_is_long():
    """An hour at 80 parts of a million is a third of a second."""
    early = channels(5, 5)
    late = [replace(event, time=event.time + 60 * MINUTE * (event.session > 2)) for event in early]
    events = sorted(late, key=lambda event: event.time)
    made, *_rest = check(HEADER, events, [Skew(), Skew(-3 * SECOND, 80)], tight=2 * MILLISECOND)
    assert made.clocks[1].drift == pytest.approx(80, abs=1)


NOTHING = Header(format=capture.FORMAT, run="", recorder="0")


def write(folder, run, *events, **more):
    """A capture of a run."""
    path = folder / f"{run}.jsonl"
    write_capture(path, replace(NOTHING, run=run, **more), events)
    return path


def test_sessions_are_numbered_anew_and_all_else_stays_byte_for_byte(tmp_path):
    """Numbers as they are written, escapes, members that this recorder does not know, in whatever order they stand."""
    lines = [
        b'{"event":"frame","time":5,"session":1,"direction":"to_node","json":{"a":1.50,"b":"\\u00e9"},"new":{"x":[1, 2]}}',
        b'{"session":7, "event":"frame","direction":"from_node","text":"x", "time":7 }',
        b'{"event":"opened","time":9,"session":8,"party":"p","asked":8}',
    ]
    one, other = (
        write(tmp_path, "a"),
        write(tmp_path, "b", Note(time=6, text="here"), Opened(time=8, session=1, party="q")),
    )
    with one.open("ab") as file:
        file.write(b"\n".join(lines))
    gather([one, other], tmp_path / "all.jsonl")
    assert (tmp_path / "all.jsonl").read_bytes().splitlines()[1:] == [
        lines[0],
        b'{"event":"note","time":6,"text":"here"}',
        b'{"session":2,"event":"frame","direction":"from_node","text":"x","time":7}',
        b'{"event":"opened","time":8,"session":3,"party":"q"}',
        b'{"event":"opened","time":9,"session":4,"party":"p","asked":8}',
    ]


def test_the_header_tells_where_it_comes_from(tmp_path):
    """What all captures say is said again; nodes are united; each capture is named with its run and its clock."""
    shared = {"node": "server", "upstreams": ["ws://one"], "meta": {"build": "7"}, "profile": "mcp", "started": 5}
    one = write(tmp_path, "a", Note(time=9, text="x"), **shared)
    other = write(
        tmp_path, "b", Note(time=8, text="y"), **shared | {"upstreams": ["ws://two", "ws://one"], "started": 4}
    )
    third = write(tmp_path, "c", **shared | {"profile": "auto", "node": "node"})
    gather([one, other], tmp_path / "two.jsonl")
    gather([one, other, third], tmp_path / "three.jsonl")
    header = load(tmp_path / "two.jsonl")[0]
    assert (header.node, header.profile, header.started) == ("server", "mcp", 4)
    assert header.upstreams == ["ws://one", "ws://two"]
    assert header.meta == {
        "build": "7",
        "a.jsonl": "run a: its clock is taken as it is",
        "b.jsonl": "run b: its clock is taken as it is",
    }
    assert header.run not in {"a", "b"}
    header = load(tmp_path / "three.jsonl")[0]
    assert (header.node, header.profile) == ("node", "auto")


def test_captures_of_one_name_are_told_apart_by_their_folders(tmp_path):
    """As where each host writes `run.jsonl`."""
    paths = []
    for host in "ab":
        (tmp_path / host).mkdir()
        paths.append(write(tmp_path, host, Note(time=5, text=host)).rename(tmp_path / host / "run.jsonl"))
    gather(paths, tmp_path / "all.jsonl")
    assert [*load(tmp_path / "all.jsonl")[0].meta] == [*map(str, paths)]


def test_a_capture_that_is_still_written_is_read_as_far_as_it_was_at_first(tmp_path, monkeypatch):
    """What comes while it is gathered is for the next time."""
    one, other = (write(tmp_path, run, Note(time=5, text=run)) for run in "ab")
    found = Clocks.found

    def meanwhile(clocks):
        with one.open("ab") as file:
            file.write(capture.dump(Note(time=6, text="more")) + b'{"event":')
        return found(clocks)

    monkeypatch.setattr(Clocks, "found", meanwhile)
    gather([one, other], tmp_path / "all.jsonl")
    assert [event.text for event in load(tmp_path / "all.jsonl")[1]] == ["a", "b"]


def test_events_keep_the_order_of_their_capture_and_their_place_among_others(tmp_path):
    """What has no time, or an earlier one than what stands above it, comes right behind that."""
    one = write(
        tmp_path,
        "a",
        Scenario(time=10, name="s"),
        Note(text="untimed"),
        Note(time=4, text="late"),
        Note(time=30, text="end"),
    )
    other = write(tmp_path, "b", Note(time=5, text="first"), Note(time=20, text="between"))
    gather([one, other], tmp_path / "all.jsonl")
    assert [getattr(event, "text", "s") for event in load(tmp_path / "all.jsonl")[1]] == [
        "first",
        "s",
        "untimed",
        "late",
        "between",
        "end",
    ]


def test_older_and_compressed_captures_are_read(tmp_path):
    """As everywhere."""
    old = tmp_path / "old.jsonl"
    old.write_bytes(
        b'{"format":1,"run":"o","recorder":"0","profile":"aeternity"}\n{"event":"note","time":5,"text":"x"}\n'
    )
    other = write(tmp_path, "b", Note(time=4, text="y"))
    packed = tmp_path / "b.jsonl.zst"
    packed.write_bytes(zstandard.ZstdCompressor().compress(other.read_bytes()))
    gather([old, packed], tmp_path / "all.jsonl")
    header, events = load(tmp_path / "all.jsonl")
    assert (header.format, header.profile, [event.text for event in events]) == (capture.FORMAT, "auto", ["y", "x"])


def test_a_torn_last_line_is_said_and_left_out(tmp_path):
    """Its recorder was killed; and a whole line that lacks its newline is kept."""
    one, other = (write(tmp_path, run, Note(time=5, text=run), Note(time=6, text=run)) for run in "ab")
    one.write_bytes(one.read_bytes()[:-9])
    other.write_bytes(other.read_bytes()[:-1])
    said = []
    gather([one, other], tmp_path / "all.jsonl", said.append)
    assert [event.text for event in load(tmp_path / "all.jsonl")[1]] == ["a", "b", "b"]
    assert said == [f"{one}:3: the last line is incomplete (its recorder was killed) and is left out"]


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere all is done in one process")
def test_large_captures_are_gathered_alike_on_one_core_and_on_several(tmp_path):
    """Several are used where they are: with the same result, warnings and errors."""
    padding = [Note(time=BEGAN, text="x" * 1000) for _ in range(LARGE // 1000)]
    events = timed([*channels(3, 2), *padding])
    # the second host's clock is set back in between, so that effects are held back
    skews = [Skew(), Skew(-MINUTE)]
    one, other = record(tmp_path, events, skews, lambda session: max(session - 1, 0) % 2)
    lines = other.read_bytes().splitlines(keepends=True)
    later = [
        re.sub(rb'"time":(\d+)', lambda found: b'"time":%d' % (int(found[1]) + 9 * SECOND), line) for line in lines
    ]
    other.write_bytes(b"".join(lines[: len(lines) // 2] + later[len(lines) // 2 :]) + b'{"event":"no')
    core = min(os.sched_getaffinity(0))
    program = (
        "import os, sys\nos.sched_setaffinity(0, eval(sys.argv.pop(1)))\nfrom recorder.__main__ import main\nmain()"
    )
    said = []
    for number, cores in enumerate([{core}, os.sched_getaffinity(0)]):
        gathers = ["gather", str(one), str(other), "-o", f"{number}.jsonl"]
        command = [sys.executable, "-c", program, repr(cores), *gathers]
        said.append(subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, cwd=tmp_path))
    (first, second) = [(done.returncode, done.stdout.replace("1.jsonl", "0.jsonl"), done.stderr) for done in said]
    assert first == second
    assert "the last line is incomplete" in first[2]
    assert "come before what caused them" in first[2]
    made = [(tmp_path / f"{number}.jsonl").read_bytes().split(b"\n", 1) for number in (0, 1)]
    assert made[0][1] == made[1][1]


def refused(tmp_path):
    """What cannot be gathered, by what is said of it."""
    good, other = write(tmp_path, "a", Note(time=5, text="x")), write(tmp_path, "b", Note(time=5, text="x"))
    copy = tmp_path / "copy.jsonl"
    copy.write_bytes(good.read_bytes())
    (tmp_path / "new.jsonl").write_text('{"format":99,"run":"n","recorder":"9"}\n')
    (tmp_path / "bad.jsonl").write_bytes(
        other.read_bytes().replace(b'"b"', b'"c"') + b"\xff{\n" + b'{"event":"note"}\n'
    )
    return {
        "a.jsonl: is one capture: give two or more": [good],
        "a.jsonl: is given twice": [good, other, good],
        "copy.jsonl: is the same run as .*a.jsonl": [good, copy],
        "b.jsonl: is one of the captures": [good, other, "b.jsonl"],
        "standard input can be read only once": [good, Path("-")],
        "new.jsonl: format 99 is newer": [good, tmp_path / "new.jsonl"],
        "bad.jsonl:3: malformed event": [good, tmp_path / "bad.jsonl"],
        "none.jsonl: its events have no times": [good, write(tmp_path, "none", Note(text="x"))],
        "absent: cannot read": [good, tmp_path / "absent"],
    }


def test_bad_input_is_one_line_and_writes_nothing(tmp_path):
    """One capture, one twice, a newer format, a line that is broken, no times."""
    cases = refused(tmp_path)
    before = sorted(path.name for path in tmp_path.iterdir())
    for words, paths in cases.items():
        *given, output = paths if isinstance(paths[-1], str) else [*paths, "all.jsonl"]
        with pytest.raises(InputError, match=words) as caught:
            gather(given, tmp_path / output)
        assert "\n" not in str(caught.value)
    assert sorted(path.name for path in tmp_path.iterdir()) == before
