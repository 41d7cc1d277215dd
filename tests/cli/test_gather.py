"""`recorder gather`: captures of several hosts on one timeline."""

import pytest
from hosts import BEGAN, HEADER, Skew, channels, record
from msgspec.structs import replace

from recorder.capture import frame
from recorder.interchange.files import Capture, write_capture
from recorder.model import SECOND, Frame


@pytest.fixture
def hosts(tmp_path):
    """What two hosts recorded of a channel, whose clocks differ by a minute."""
    return record(tmp_path, channels(3), [Skew(), Skew(60 * SECOND)], lambda session: max(session - 1, 0))


def test_what_is_found_is_said(run, hosts):
    """A line for each capture but the first, and one for the timeline."""
    done = run("gather", "host-0.jsonl", "host-1.jsonl", "-o", "all.jsonl")
    assert (done.code, done.err) == (0, "")
    clock, end = done.out.splitlines()
    assert clock.startswith("host-1.jsonl: clock 60.000 s ahead of host-0.jsonl (± ")
    assert clock.endswith(" pairs")
    assert end.startswith("all.jsonl: ")
    assert end.endswith(" events of 2 captures")


def test_an_output_is_replaced_only_if_asked(run, hosts, tmp_path):
    """And one of the captures never is."""
    (tmp_path / "all.jsonl").write_text("x")
    done = run("gather", *hosts, "-o", "all.jsonl")
    assert done.code == 2
    assert "all.jsonl: exists already; name another file, or replace it with --overwrite" in done.err
    assert run("gather", *hosts, "-o", "all.jsonl", "--overwrite").code == 0
    assert run("gather", *hosts, "-o", hosts[0], "--overwrite").code == 2
    assert run("gather", *hosts, "-o", "all.jsonl.zst").code == 2


def test_bad_input_is_one_line(run, hosts, tmp_path):
    """With exit code 2."""
    (tmp_path / "bad.jsonl").write_bytes(b'{"format":2,"run":"b","recorder":"0"}\n{"event":"frame","session":1}\n{}\n')
    for given in ([hosts[0]], [hosts[0], hosts[0]], [hosts[0], "bad.jsonl"], [hosts[0], "absent.jsonl"]):
        done = run("gather", *given, "-o", "all.jsonl")
        assert (done.code, done.out, done.err.count("\n")) == (2, "", 1), done
    assert not (tmp_path / "all.jsonl").exists()


def test_a_clock_that_was_set_meanwhile_is_said_and_causes_still_come_first(run, hosts):
    """No steady clock explains it: what came too early is put behind its cause."""
    with Capture(hosts[1]) as opened:
        header, events = opened.header, list(opened)
    jumped = [
        replace(event, time=event.time + SECOND * (number > len(events) // 2)) for number, event in enumerate(events)
    ]
    write_capture(hosts[1], header, jumped)
    done = run("gather", *hosts, "-o", "all.jsonl")
    assert done.code == 0
    assert "before what caused" in done.err
    with Capture("all.jsonl") as opened:
        assert frames(opened) == frames(channels(3))


def frames(events):
    """The payloads of the frames that carry a signature, in their order."""
    return [event.payload for event in events if isinstance(event, Frame) and b"signed_tx" in event.payload]


def test_what_no_order_keeps_is_said_with_exit_code_1(run, tmp_path):
    """Each host got what the other sent before it sent what the other got: the timeline is written all the same."""
    sent = [event for event in channels(2) if isinstance(event, Frame) and b"signed_tx" in event.payload]
    one, other = [event.payload for event in sent if event.direction == "to_node"][2:5:2]
    for name, first, second in (("a", one, other), ("b", other, one)):
        frames_ = [
            frame(first, time=BEGAN, session=1, direction="from_node"),
            frame(second, time=BEGAN + 1000, session=1, direction="to_node"),
        ]
        write_capture(tmp_path / f"{name}.jsonl", replace(HEADER, run=name), frames_)
    done = run("gather", "a.jsonl", "b.jsonl", "-o", "all.jsonl")
    assert done.code == 1
    assert "a.jsonl:2: stands before b.jsonl:3, which caused it: no order keeps both captures' own\n" in done.out
    with Capture("all.jsonl") as opened:
        assert len(list(opened)) == 4
