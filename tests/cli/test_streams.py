"""Commands of a stream: `gather`, `stats` and `view` of what recorders have shipped."""

import json
import re
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

import pytest
from hosts import Skew, channels, record
from shipped import parcels, publish, run_in

from recorder.fleet import following, reading
from recorder.interchange.files import Capture
from recorder.model import SECOND, Frame


@pytest.fixture
def url(server, request):
    """The address of a stream that nobody else uses."""
    return server.url(request.node.name.partition("[")[0])


@pytest.fixture
def hosts(url, tmp_path):
    """What two hosts recorded of two channels, whose clocks differ by a minute; it is in the stream."""
    paths = record(tmp_path, channels(3, 3), [Skew(), Skew(60 * SECOND)], lambda session: max(session - 1, 0) % 2)
    for path, ahead in zip(paths, (0, 60), strict=True):
        publish(url, parcels(path, (20,), ahead=ahead * SECOND))
    return paths


def lines(path):
    """The lines of a capture's events."""
    return Path(path).read_bytes().splitlines()[1:]


def test_a_stream_is_gathered_as_its_files_are(run, url, hosts):
    """With what is found of the clocks, by the names of the runs."""
    done = run("gather", url, "-o", "stream.jsonl")
    assert (done.code, done.err) == (0, "")
    clock, end = done.out.splitlines()
    assert re.fullmatch(r"original-1: clock 60\.000 s ahead of original-0 \(± .* ms\), from \d+ pairs", clock)
    assert end == "stream.jsonl: 96 events of 2 captures"
    assert run("gather", *hosts, "-o", "files.jsonl").code == 0
    assert lines("stream.jsonl") == lines("files.jsonl")


def test_of_one_run_the_capture_is_given_as_it_is(run, url, hosts):
    """Nothing is to be gathered."""
    done = run("gather", url, "-o", "one.jsonl", "--run", "original-1")
    assert (done.code, done.out) == (0, "one.jsonl: 48 events of run original\n")
    assert Path("one.jsonl").read_bytes() == hosts[1].read_bytes()


def test_one_channel_is_gathered(run, url, hosts):
    """Of thousands."""
    channel = next(parcel.channel for parcel in parcels(hosts[0]) if parcel.channel)
    done = run("gather", url, "-o", "channel.jsonl", "--channel", channel)
    assert done.out.splitlines()[-1] == "channel.jsonl: 48 events of 2 captures"
    assert {event.session for event in Capture("channel.jsonl")} == {1, 2}


def test_statistics_are_those_of_the_gathered_capture(run, url, hosts):
    """In both forms."""
    assert run("gather", *hosts, "-o", "all.jsonl").code == 0
    for options in ([], ["--json"]):
        assert run("stats", url, *options).out == run("stats", "all.jsonl", *options).out
    assert json.loads(run("stats", url, "--json", "--run", "original-0").out)["sessions"][0]["party"] == "initiator"


def test_a_stream_is_followed_until_all_runs_have_ended(run, url, hosts, monkeypatch):
    """Sessions have new numbers, and times are by the clock of the server; all else stays."""
    monkeypatch.setattr(following, "HELD", SECOND // 5)
    done = run("gather", url, "-o", "live.jsonl", "--follow")
    assert (done.code, done.out, done.err) == (0, "live.jsonl: 96 events of 2 runs\n", "")
    with Capture("live.jsonl") as live, Capture(hosts[0]) as one, Capture(hosts[1]) as other:
        assert live.header.meta == {"stream": url.rpartition("/")[2]}
        events = list(live)
        assert all(abs(event.time - known.time) < SECOND for event, known in zip(events[:4], [*one][:4], strict=True))
        for capture in (one, other):
            for session in {event.session for event in capture}:
                payloads = [event.payload for event in capture if isinstance(event, Frame) and event.session == session]
                assert payloads in [
                    [event.payload for event in events if isinstance(event, Frame) and event.session == number]
                    for number in range(1, 5)
                ]


def test_followed_until_a_signal_all_that_came_is_written(url, hosts, tmp_path):
    """The runs have not ended: what is held back is written, too."""
    publish(url, parcels(hosts[0], ended=False)[:-1])
    run_in(url, lambda context, name: context.purge_stream(name, subject=f"{name}.*.*.*.*.ended"))
    with started("gather", url, "-o", "live.jsonl", "--follow", cwd=tmp_path, stdout=subprocess.PIPE) as process:
        _until(lambda: (tmp_path / "live.jsonl").exists() and len(lines(tmp_path / "live.jsonl")) == 96)
        assert process.poll() is None
        process.send_signal(signal.SIGINT)
        assert process.communicate(timeout=20)[0] == "live.jsonl: 96 events of 2 runs\n"
        assert process.returncode == 0


def test_a_page_shows_what_a_stream_has_and_what_comes(url, hosts):
    """Until Ctrl-C; no copy stays."""
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with started("view", url, "--port", "0", "--run", "original", **pipes) as process:
        address = re.search(r"http://\S+", process.stdout.readline())[0]
        copy = Path(re.search(r"a copy of what is shown grows in (\S+)", process.stderr.readline())[1])
        assert copy.exists()

        def shown():
            with urlopen(f"{address}api/capture") as answer:
                return json.loads(answer.read())["events"]

        _until(lambda: shown() == 96)
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0
    assert not copy.parent.exists()


@contextmanager
def started(*arguments, **how):
    """`recorder ARGUMENTS...` in a process of its own, which ends with the block."""
    with subprocess.Popen([sys.executable, "-m", "recorder", *arguments], text=True, **how) as process:
        try:
            yield process
        finally:
            process.kill()


def _until(true):
    """Wait until something is true."""
    end = time.monotonic() + 20
    while not true():
        assert time.monotonic() < end
        time.sleep(0.05)  # asked again, until it is so


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["gather", "{url}", "run.jsonl", "-o", "x"], "give one stream and nothing else; `recorder ship` puts"),
        (
            ["gather", "{url}", "-o", "x", "--since", "soon"],
            "--since 'soon': write a duration, as in 10min or 2h, or a time",
        ),
        (
            ["gather", "run.jsonl", "-o", "x", "--run", "a"],
            "--run, --channel and --since are for a stream; give one, as in",
        ),
        (
            ["gather", "run.jsonl", "-o", "x", "--follow"],
            "--follow is for a stream, as in nats://127.0.0.1:4222/TRAFFIC;",
        ),
        (["stats", "run.jsonl", "--channel", "a"], "--run, --channel and --since are for a stream"),
        (["view", "run.jsonl", "{url}"], "give one stream and nothing else"),
        (["stats", "{url}"], "{url}: there is no such stream"),
        (["gather", "{url}", "-o", "x", "--follow"], "{url}: there is no such stream"),
        (["view", "{url}"], "{url}: there is no such stream"),
        (["stats", "nats://127.0.0.1:1/S"], "nats://127.0.0.1:1/S: cannot connect: "),
        (["stats", "nats://127.0.0.1/a b"], "'nats://127.0.0.1/a b' is not a stream; write it as"),
    ],
)
def test_a_mistake_is_one_line(run, seed, url, arguments, line):
    """With what to do, and nothing is written."""
    del seed
    done = run(*(argument.format(url=url) for argument in arguments))
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"recorder: {line.format(url=url)}")
    assert done.err.count("\n") == 1
    assert not Path("x").exists()


def test_a_time_may_be_given_in_any_form(run, url, hosts):
    """As a duration, and as a time with or without its zone."""
    for since in ("1h", "999999d", "9" * 400 + "s", "2020-01-01", "2020-01-01T10:00:00Z"):
        assert run("gather", url, "-o", "x.jsonl", "--overwrite", "--since", since).code == 0
    assert "that came since then" in run("gather", url, "-o", "y.jsonl", "--since", "2099-01-01").err


def test_a_reader_that_is_ended_in_the_middle_writes_nothing(run, url, hosts, tmp_path, monkeypatch):
    """Neither the capture nor what was put aside."""
    batch = reading._Consumer.batch

    async def interrupted(consumer, **told):
        await batch(consumer, **told)
        raise KeyboardInterrupt

    monkeypatch.setattr(reading._Consumer, "batch", interrupted)
    before = sorted(tmp_path.iterdir())
    assert run("gather", url, "-o", "all.jsonl").code != 0
    assert sorted(tmp_path.iterdir()) == before


def test_files_are_read_without_the_library(seed):
    """It takes its time to start."""
    code = f"import sys; sys.argv = ['recorder', 'stats', {str(seed)!r}]\nfrom recorder.__main__ import main\nmain()\nassert 'nats' not in sys.modules"
    assert subprocess.run([sys.executable, "-c", code], stdout=subprocess.DEVNULL, check=False).returncode == 0
