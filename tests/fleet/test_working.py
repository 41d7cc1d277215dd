"""Workers on real streams: who does what, and what a death costs."""

import asyncio
import dataclasses
import json
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import asynccontextmanager, contextmanager, nullcontext

import nats
import pytest
from brokers import broker
from hosts import HEADER, channels
from lanes import end_of, lines_of, parcels_of, ship
from msgspec.structs import replace
from nats.js.api import AckPolicy, ConsumerConfig
from shipped import run_in

from recorder.assessing import assessing
from recorder.errors import InputError
from recorder.fleet.address import StreamAddress
from recorder.fleet.parcels import pattern
from recorder.fleet.working import Working, work
from recorder.interchange.files import Capture
from recorder.model import Closed, Opened
from recorder.unit_work import Units

PATIENCE = 30


@pytest.fixture
def url(server, request):
    """A stream of the test's own."""
    return server.url(request.node.name)


class Done:
    """What was done, in memory."""

    what = "test"

    def __init__(self):
        self.jobs, self.lines, self.until = [], [], {}

    def done(self, stream, unit):
        """As far as it was done."""
        return self.until.get(unit.name, 0)

    def trying(self, stream, unit):
        """Nobody dies."""
        return nullcontext(0)

    def do(self, job):
        """Remember it."""
        lines = [line for path in job.captures for line in path.read_bytes().splitlines()[1:]]
        self.jobs.append(job)
        self.lines.append(lines)
        self.until[job.unit.name] = job.unit.last

    def nothing_left(self, stream, first):
        """Nobody asks."""

    @property
    def sessions(self):
        """Of each job, the sessions."""
        return [[*map(tuple, job.unit.sessions)] for job in self.jobs]


def how(url, *, once=True, idle=60.0, name="work", say=print):
    """How to work."""
    return Working(StreamAddress.parse(url), name, idle, once, say)


def worked(url, done=None, **given):
    """What a worker does that ends when nothing is left."""
    done = done or Done()
    asyncio.run(asyncio.wait_for(work(how(url, **given), done, asyncio.Event()), PATIENCE))
    return done


@asynccontextmanager
async def at_work(url, done, **given):
    """A worker that goes on until the block ends."""
    stop = asyncio.Event()
    task = asyncio.ensure_future(work(how(url, once=False, **given), done, stop))
    try:
        yield
    finally:
        stop.set()
        await asyncio.wait_for(task, PATIENCE)


async def until(condition):
    """Wait until it is so."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end
        await asyncio.sleep(0.02)  # asked again, until it is so


async def begun(url):
    """Wait until a worker takes part: it is connected then."""
    address = StreamAddress.parse(url)
    client = await nats.connect([*address.servers])
    async with asyncio.timeout(PATIENCE):
        while not any(  # noqa: ASYNC110 - a server's
            one.num_waiting or (one.delivered and one.delivered.consumer_seq)
            for one in await client.jetstream().consumers_info(address.stream)
        ):
            await asyncio.sleep(0.02)
    await client.close()


def closed(events):
    """Events, with an end of each session."""
    last = max(event.time for event in events)
    sessions = sorted({event.session for event in events})
    return [*events, *(Closed(time=last + number, session=number) for number in sessions)]


def run_of(name, events):
    """The lines of a run's capture."""
    return lines_of(replace(HEADER, run=name), events)


def of_sessions(events, *sessions):
    """The events of some sessions."""
    return [event for event in events if event.session in sessions]


def test_a_unit_is_all_sessions_of_a_channel_in_all_runs(url):
    """Each line once, as it was written; and what has no channel is a unit by itself."""
    one = closed(channels(2, 3))
    runs = [
        run_of("left", of_sessions(one, 1, 3)),
        run_of("right", [*of_sessions(one, 2, 4), *closed([Opened(time=1, session=9, party="shop")])]),
    ]
    ship(url, [parcel for lines in runs for parcel in parcels_of(lines)])
    done = worked(url)
    assert sorted(map(tuple, map(sorted, done.sessions))) == [
        (("left", 1), ("right", 2)),
        (("left", 3), ("right", 4)),
        (("right", 9),),
    ]
    assert Counter(line for lines in done.lines for line in lines) == Counter(
        line.rstrip() for lines in runs for line in lines[1:]
    )
    assert [*worked(url).jobs] == []


def test_parcels_that_come_twice_change_nothing(url):
    """Also those that tell of an opening."""
    lines = run_of("a", closed(channels(1)))
    ship(url, [*parcels_of(lines, 3), *parcels_of(lines, 5)])
    done = worked(url)
    assert [len(found) for found in done.lines] == [len(lines) - 1]


def test_what_is_not_over_is_waited_for(url):
    """Until its run ends, or it is silent for long enough."""
    lines = run_of("a", channels(1))
    ship(url, parcels_of(lines))
    done = Done()

    async def story():
        async with at_work(url, done):
            await asyncio.sleep(0.7)  # what it must not do by then, it might do at any time
            assert done.jobs == []
            await asyncio.to_thread(ship, url, [end_of(lines)])
            await until(lambda: done.jobs)

    asyncio.run(story())
    assert len(done.jobs) == 1


def test_silence_ends_a_unit_until_it_goes_on(url):
    """Then it is done again, with all of it; and not again while nothing more comes."""
    lines = run_of("a", closed(channels(1)))
    parcels = [*parcels_of(lines)]
    ship(url, parcels[:-4])
    done = Done()

    async def story():
        async with at_work(url, done, idle=0.5):
            await until(lambda: len(done.jobs) == 1)
            assert done.jobs[0].unit.silent >= 0.5
            await asyncio.to_thread(ship, url, parcels[-4:])
            await until(lambda: done.lines[-1:] and len(done.lines[-1]) == len(lines) - 1)

    asyncio.run(story())
    assert len(done.jobs) <= 3


def test_a_session_that_joins_later_has_the_channel_done_again(url):
    """With all of its sessions."""
    events = closed(channels(2))
    done = Done()
    ship(url, parcels_of(run_of("left", of_sessions(events, 1))))
    worked(url, done)
    ship(url, parcels_of(run_of("right", of_sessions(events, 2))))
    worked(url, done)
    assert done.sessions == [[("left", 1)], [("left", 1), ("right", 2)]]


def test_a_session_that_opened_first_may_join_last(url):
    """The channel was done without it, and is done again."""
    events = closed(channels(2))
    first = [*parcels_of(run_of("left", of_sessions(events, 1)))]
    ship(url, first[:1] + [parcel for parcel in first[1:] if parcel.kind == "opened"])
    done = Done()

    async def story():
        async with at_work(url, done):
            await asyncio.to_thread(ship, url, parcels_of(run_of("right", of_sessions(events, 2))))
            await until(lambda: done.jobs)
            await asyncio.to_thread(ship, url, first[1:])
            await until(lambda: len(done.jobs) == 2)

    asyncio.run(story())
    assert done.sessions == [[("right", 2)], [("left", 1), ("right", 2)]]


def test_workers_share_the_work(url):
    """Each does a part, and all is done once."""
    events = closed(channels(*[1] * 20))
    lines = run_of("a", events)
    ship(url, parcels_of(lines, 50))
    both = Done(), Done()
    together = threading.Barrier(2, timeout=PATIENCE)

    class Met(Done):
        """Does nothing before the other does something, too."""

        def do(self, job):
            """Meet, the first time."""
            if not self.jobs:
                together.wait()
            super().do(job)

    both = Met(), Met()

    async def story():
        await asyncio.wait_for(asyncio.gather(*(work(how(url), one, asyncio.Event()) for one in both)), PATIENCE)

    asyncio.run(story())
    names = Counter(job.unit.name for one in both for job in one.jobs)
    assert len(names) == 20
    assert {*names.values()} == {1}
    assert all(one.jobs for one in both)


def make_consumer(url, wait, what):
    """Begin work of which a worker that is silent for so long is given up."""

    async def make(stream, name):
        await stream.add_consumer(
            name,
            ConsumerConfig(
                durable_name="work",
                description=f"recorder work: {what}",
                filter_subject=pattern(name, kind="opened"),
                ack_policy=AckPolicy.EXPLICIT,
                ack_wait=wait,
                max_ack_pending=-1,
            ),
        )

    run_in(url, make)


SCRIPT = """
import asyncio, os, signal, sys, time
from pathlib import Path
from recorder.assessing import assessing
from recorder.unit_work import Units
from recorder.fleet.address import StreamAddress
from recorder.fleet.working import Working, work

class Fatal(Units):
    def do(self, job):
        if sys.argv[3] == "after":
            super().do(job)
        print("doing", flush=True)
        if sys.argv[3] == "after":
            os.kill(os.getpid(), signal.SIGKILL)
        time.sleep(60)

how = Working(StreamAddress.parse(sys.argv[1]), "work", 60, True, print)
asyncio.run(work(how, Fatal(Path(sys.argv[2]), "transcript", assessing(), print, print), asyncio.Event()))
"""


@contextmanager
def fatal(url, folder, when):
    """A worker that is killed with a unit at hand: before it is written, or after, and before it is acknowledged."""
    folder.mkdir()
    with subprocess.Popen(
        [sys.executable, "-c", SCRIPT, url, str(folder), when], stdout=subprocess.PIPE, text=True
    ) as worker:
        try:
            while (line := worker.stdout.readline()) not in {"doing\n", ""}:
                pass
            assert line
            yield worker
        finally:
            worker.kill()


def own(folder, url):
    """What a command's worker makes in this folder."""
    units = Units(folder, "transcript", assessing(), print, print)
    worked(url, units)
    return units


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_worker_that_is_killed_loses_nothing_and_nothing_is_written_twice(server, tmp_path, when):
    """Another one does its unit, or finds that it is done."""
    url = server.url(f"killed-{when}")
    lines = run_of("a", closed(channels(1)))
    ship(url, parcels_of(lines))
    make_consumer(url, 1.0, Units(tmp_path, "transcript", assessing(), print, print).what)
    folder = tmp_path / "out"
    with fatal(url, folder, when) as worker:
        if when == "before":
            assert [path.suffix for path in folder.iterdir()] == [".trying"]
            worker.send_signal(signal.SIGKILL)
        worker.wait(PATIENCE)
    before = {path: path.stat().st_mtime_ns for path in folder.iterdir() if path.suffix != ".trying"}
    units = own(folder, url)
    after = {path: path.stat().st_mtime_ns for path in folder.iterdir()}
    assert len(units.cases) == 1
    assert {path.suffix for path in after} == {".json", ".jsonl", ".md"}
    assert before == (after if when == "after" else {})
    with Capture(next(folder.glob("*.jsonl"))) as capture:
        assert len([*capture]) == len(lines) - 1


DEADLY = """
import os, signal
import recorder.unit_work
from recorder.__main__ import main

rendered = recorder.unit_work.Units._rendered

def deadly(units, capture, job):
    print("begins", job.unit.name, flush=True)
    if job.unit.name == "bad-1":
        os.kill(os.getpid(), signal.SIGKILL)
    return rendered(units, capture, job)

recorder.unit_work.Units._rendered = deadly
main()
"""


def test_a_unit_that_kills_its_workers_is_put_aside(url, tmp_path):
    """After the third, and it is said; another unit is done once meanwhile."""
    for name in ("bad", "good"):
        ship(url, parcels_of(run_of(name, closed([Opened(time=1, session=1, party="shop")]))))
    folder = tmp_path / "out"
    make_consumer(url, 0.5, Units(folder, "transcript", assessing(), print, print).what)
    codes, said = [], []
    for _worker in range(4):
        done = subprocess.run(
            [sys.executable, "-c", DEADLY, "work", url, "--render", str(folder), "--once"],
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        codes.append(done.returncode)
        said += done.stdout.splitlines()
    assert codes == [-signal.SIGKILL] * 3 + [1]
    assert Counter(line for line in said if line.startswith(("begins", "good"))) == {
        "begins bad-1": 3,
        "begins good-1": 1,
        "good-1: 1 session, 2 events: well": 1,
    }
    look = f"look at it with `recorder gather {url} --run bad -o bad-1.jsonl`"
    assert f"bad-1: 1 session: put aside, because 3 workers died of it; {look}" in said
    assert said[-1].endswith(" 1 put aside")
    assert sorted(path.name for path in folder.iterdir()) == ["bad-1.json", "good-1.json", "good-1.jsonl", "good-1.md"]
    assert json.loads((folder / "bad-1.json").read_bytes())["findings"][0]["lines"] == [look]


def test_a_worker_that_works_for_long_keeps_its_unit(url):
    """It says that it lives; nobody else is given the unit."""
    ship(url, parcels_of(run_of("a", closed(channels(1)))))

    class Slow(Done):
        """Takes longer than a silent worker may."""

        def do(self, job):
            """Do it slowly."""
            time.sleep(1.5)
            super().do(job)

    both = Slow(), Slow()
    make_consumer(url, 0.5, "test")

    async def story():
        await asyncio.wait_for(asyncio.gather(*(work(how(url), one, asyncio.Event()) for one in both)), PATIENCE)

    asyncio.run(story())
    assert sum(len(one.jobs) for one in both) == 1


def test_a_server_that_restarts_is_waited_for(tmp_path):
    """Nothing is lost, nothing is done twice, and it is said."""
    said = []
    with broker(tmp_path) as server:
        url = server.url("restarted")
        lines = run_of("a", closed(channels(1)))
        parcels = [*parcels_of(lines)]
        done = Done()

        async def story():
            await asyncio.to_thread(ship, url, parcels[:3])
            await asyncio.to_thread(make_consumer, url, 1.0, "test")  # what it was looking at comes again so soon
            async with at_work(url, done, say=said.append):
                await asyncio.to_thread(ship, url, parcels[3:6])
                await begun(url)  # a worker waits for a server that it has lost, not for one that it has never reached
                server.kill()
                await until(lambda: said)
                server.start()
                await asyncio.to_thread(server.ready)
                await asyncio.to_thread(ship, url, parcels[6:])
                await until(lambda: done.jobs)

        asyncio.run(story())
    assert len(done.jobs) == 1
    assert len(done.lines[0]) == len(lines) - 1
    assert {f"the connection to {url} is {what}" for what in ("lost", "back")} <= {*said}


def test_what_the_stream_has_lost_is_said(url):
    """A unit is done with what is there."""
    lines = run_of("a", closed(channels(1)))
    made = parcels_of(lines, 1)
    kept = [parcel for number, parcel in enumerate(made) if number not in {6, 7}]
    ship(url, kept)
    (job,) = worked(url).jobs
    assert job.events == len(lines) - 3
    (said,) = job.said
    assert said.startswith("run a: 2 lines are missing, which the stream no longer has (")


def test_lines_that_are_on_their_way_are_waited_for(url):
    """A shipper sends again what a server did not take: the end of a session may be there before."""
    lines = run_of("a", closed(channels(1)))
    made = [replace_taken(parcel) for parcel in parcels_of(lines)]
    ship(url, [*made[:3], *made[4:]])
    done = Done()

    async def story():
        async with at_work(url, done):
            await asyncio.sleep(0.7)  # what it must not do by then, it might do at any time
            assert done.jobs == []
            await asyncio.to_thread(ship, url, made[3:4])
            await until(lambda: done.jobs)

    asyncio.run(story())
    assert [job.events for job in done.jobs] == [len(lines) - 1]
    assert done.jobs[0].said == []


def replace_taken(parcel):
    """A parcel that was sent before the stream had all lines before it."""
    return dataclasses.replace(parcel, taken=1)


def test_foreign_messages_stop_nobody(url):
    """They are left out, and that is said."""
    lines = run_of("a", closed(channels(1)))
    said = []
    ship(url, parcels_of(lines))

    async def intrude(stream, name):
        for subject in ("x.y.z.-.opened", "a.1.x.-.traffic"):
            await stream.publish(f"{name}.{subject}", b"hello")

    run_in(url, intrude)
    (job,) = worked(url, say=said.append).jobs
    assert job.events == len(lines) - 1
    assert [one.partition(" (")[0] for one in job.said] == ["1 message is not of a recorder, and left out"]
    (text,) = said
    assert text.endswith(".x.y.z.-.opened' is not of a recorder; give recorders a stream of their own")


def test_workers_of_one_name_do_the_same(url):
    """One that does something else is told so; under another name it does all of it."""
    ship(url, parcels_of(run_of("a", closed(channels(1)))))
    worked(url)

    class Other(Done):
        what = "something else"

    with pytest.raises(InputError, match=r"workers named work do something else here .* use another --name"):
        worked(url, Other())
    assert len(worked(url, Other(), name="other").jobs) == 1
    with pytest.raises(InputError, match=r"--name 'a.b': write it with letters"):
        worked(url, name="a.b")


def test_work_that_is_removed_ends_its_workers(url):
    """They say so."""
    ship(url, parcels_of(run_of("a", channels(1))))
    address = StreamAddress.parse(url)

    async def story():
        client = await nats.connect([*address.servers])
        working = asyncio.ensure_future(work(how(url, once=False), Done(), asyncio.Event()))
        await begun(url)
        await client.jetstream().delete_stream(address.stream)
        await client.close()
        await asyncio.wait_for(working, PATIENCE)

    with pytest.raises(InputError, match="is gone; begin again"):
        asyncio.run(story())
