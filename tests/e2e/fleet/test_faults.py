"""Whatever dies, hangs or comes twice: every event that a recorder wrote is in the gathered capture, once, in order."""

from __future__ import annotations

import json
import random
import re
from collections import Counter
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from threading import Thread

import pytest
from brokers import broker, cluster, cluster_url
from comparing import assert_once
from fleet_rig import STREAM, Growing, Network, run, running, wait_for
from nats.js.api import StreamConfig
from nats.js.errors import NotFoundError
from shipped import run_in
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect
from websockets.sync.server import serve

pytestmark = pytest.mark.servers

SEEDS = (1, 2)
"""Of the moments; a fault that was found with another one is added here."""


def made(url, **how):
    """Make the stream beforehand, with settings of its own."""
    run_in(url, lambda context, name: context.add_stream(StreamConfig(name=name, subjects=[f"{name}.>"], **how)))


def messages(url):
    """How many have ever come into the stream."""
    try:
        return run_in(url, lambda context, name: context.stream_info(name)).state.last_seq
    except NotFoundError:
        return 0


@contextmanager
def ship(folder, one, url, seen=""):
    """`recorder ship --follow` of a capture, which has begun."""
    before = messages(seen or url)
    with running(folder, "ship", one.path.name, url, "--follow") as shipper:
        wait_for(lambda: messages(seen or url) > before)
        yield shipper


def gathered(folder, url):
    """The stream's captures as one, and what was said of it."""
    said = run(folder, "gather", url, "-o", "all.jsonl")
    return folder / "all.jsonl", said


def count(path):
    """How many lines a file has."""
    return path.read_bytes().count(b"\n")


def arrived(folder, url):
    """How many events are in the stream, as far as its servers tell."""
    with running(folder, "gather", url, "-o", "arrived.jsonl", "--overwrite") as one:
        one.end(None)
    return count(folder / "arrived.jsonl") - 1 if (folder / "arrived.jsonl").exists() else 0


def moments(seed, lines, count):
    """So many numbers of lines, in order, none of them in the first or last tenth."""
    return sorted(random.Random(seed).sample(range(lines // 10, lines - lines // 10), count))


@pytest.mark.parametrize("seed", SEEDS)
def test_servers_of_a_cluster_are_killed(tmp_path, seed):
    """One at a time, of three; the last killed one comes back."""
    with cluster(tmp_path / "servers") as servers, ExitStack() as stack:
        url = cluster_url(servers, STREAM)
        made(url, num_replicas=3)
        captures = [Growing(tmp_path / f"{name}.jsonl", name, 3_000) for name in ("a", "b", "c")]
        shippers = [stack.enter_context(ship(tmp_path, one, url)) for one in captures]
        for one in captures:
            stack.enter_context(one)
        for number, line in enumerate(moments(seed, 3_000, 3)):
            captures[number].reaches(line)
            victim = random.Random(seed + number).choice(servers)
            victim.kill()
            victim.start()
            victim.ready()
        for one in captures:
            one.ends()
        wait_for(lambda: arrived(tmp_path, url) == sum(count(one.path) - 1 for one in captures))
        for shipper in shippers:
            assert shipper.end() == 0, shipper.said
        assert_once([one.path for one in captures], gathered(tmp_path, url)[0])


@pytest.mark.parametrize("seed", SEEDS)
def test_a_shipper_is_killed(tmp_path, seed):
    """And started anew, when the stream has forgotten which messages it has taken: what comes twice is one event."""
    with broker(tmp_path / "server") as server:
        url = server.url(STREAM)
        made(url, duplicate_window=0.1)
        with Growing(tmp_path / "a.jsonl", "a", 2_000) as one:
            for line in moments(seed, 2_000, 3):
                with ship(tmp_path, one, url) as shipper:
                    one.reaches(line)
                    shipper.kill()
            one.ends()
        run(tmp_path, "ship", "a.jsonl", url)
        run(tmp_path, "ship", "a.jsonl", url)
        assert_once([one.path], gathered(tmp_path, url)[0])


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("broken", [False, True])
def test_the_network_is_parted(tmp_path, seed, broken):
    """Connections hang, and go on; or they are lost, and made anew."""
    with broker(tmp_path / "server") as server, Network(server.port) as network:
        url = server.url(STREAM)
        away = url.replace(str(server.port), str(network.port))
        one = Growing(tmp_path / "a.jsonl", "a", 2_000)
        with ship(tmp_path, one, away, url) as shipper, one:
            apart, together = moments(seed, 2_000, 2)
            one.reaches(apart)
            network.part()
            one.reaches(together)
            network.heal(broken=broken)
            one.ends()
            assert shipper.end() == 0, shipper.said
        assert_once([one.path], gathered(tmp_path, url)[0])


def test_a_consumer_is_slow(tmp_path):
    """It gathers over a thin line what servers hold ready; none of it is dropped."""
    with broker(tmp_path / "server") as server, Network(server.port, rate=4e6) as network:
        url = server.url(STREAM)
        with Growing(tmp_path / "a.jsonl", "a", 5_000, pause=0) as one:
            one.ends()
        run(tmp_path, "ship", "a.jsonl", url)
        assert_once([one.path], gathered(tmp_path, url.replace(str(server.port), str(network.port)))[0])


def test_what_retention_has_removed_is_said(tmp_path):
    """So many lines, of which run; what is left is there once."""
    with broker(tmp_path / "server") as server:
        url = server.url(STREAM)
        made(url, max_msgs=20)
        one = Growing(tmp_path / "a.jsonl", "a", 2_000)
        with ship(tmp_path, one, url) as shipper, one:
            one.ends()
            assert shipper.end() == 0, shipper.said
        output, said = gathered(tmp_path, url)
        told = sum(int(number.replace(",", "")) for number in re.findall(r"([\d,]+) lines? .*missing", said))
        there = output.read_bytes().split(b"\n")[1:-1]
        assert 0 < len(there) < 1_999
        assert len(there) + told == one.lines, said  # the header is a line that is missing, too


def echoed(node):
    """Answer each message with itself."""
    with suppress(ConnectionClosed):
        for message in node:
            node.send(message)


@contextmanager
def echoing():
    """A node that echoes: its URL."""
    with serve(echoed, "127.0.0.1", 0) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"ws://127.0.0.1:{server.socket.getsockname()[1]}"
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize("seed", SEEDS)
def test_a_recorder_is_killed(tmp_path, seed):
    """In the middle of its traffic: all that an end had is shipped, by the recorder itself or from its capture."""
    with broker(tmp_path / "server") as server, echoing() as node:
        url, captures, heard = server.url(STREAM), [], Counter()
        for number, count in enumerate(moments(seed, 400, 2)):
            captures.append(tmp_path / f"{number}.jsonl")
            with running(
                tmp_path, "record", node, "--listen", "127.0.0.1:0", "-o", captures[-1].name, "-q", "--ship", url
            ) as recorder:
                address = recorder.says(r"listening on (\S+),")[1]
                recorder.says("recording to")
                with connect(f"ws://{address}", proxy=None) as client:
                    for turn in range(count):
                        client.send(json.dumps({"jsonrpc": "2.0", "method": "count", "params": [number, turn]}))
                        heard[client.recv().encode()] += 1
                    recorder.kill()
            run(tmp_path, "ship", captures[-1].name, url)
        output, _said = gathered(tmp_path, url)
        assert_once(captures, output)
        lines = output.read_bytes()
        assert all(lines.count(message) == 2 for message in heard)  # there, and back


async def give_up_soon(context, name):
    """Hand out after a second what a worker has taken and not done: by itself the stream waits half a minute."""
    found = await context.consumer_info(name, "work")
    await context.add_consumer(name, replace(found.config, ack_wait=1))


@pytest.mark.parametrize("seed", SEEDS)
def test_a_worker_is_killed(tmp_path, seed):
    """In the middle of what it does; another does it, and nothing is written twice."""
    with broker(tmp_path / "server") as server, ExitStack() as stack:
        url, out = server.url(STREAM), tmp_path / "out"
        for name in ("a", "b", "c", "d"):
            with Growing(tmp_path / f"{name}.jsonl", name, 300, pause=0) as one:
                one.ends()
            run(tmp_path, "ship", one.path.name, url)
        work = ("work", url, "--render", "out", "--once")
        victim, other = (stack.enter_context(running(tmp_path, *work)) for _worker in range(2))
        done = random.Random(seed).randrange(1, 6)
        wait_for(lambda: len([*out.glob("*.json")]) >= done)
        victim.kill()
        run_in(url, give_up_soon)
        assert other.end(None) == 0, other.said
        assert len([*out.glob("*.json")]) == 4 * 3
        told = Counter(
            (run_of, int(number))
            for path in out.glob("*.md")
            for run_of, number in re.findall(r'"([abcd])",\s*(\d+),', path.read_text())
        )
        assert told == Counter((name, number) for name in "abcd" for number in range(300 - 7))
