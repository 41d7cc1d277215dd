"""Whatever dies, hangs or comes twice: every event that a recorder wrote is in the gathered capture, once, in order."""

from __future__ import annotations

import asyncio
import random
import re
from contextlib import ExitStack

import nats
import pytest
from brokers import broker, cluster, cluster_url
from comparing import assert_once
from fleet_rig import STREAM, Growing, Network, run, running
from nats.js.api import StreamConfig

SEEDS = (1, 2)
"""Of the moments; a fault that was found with another one is added here."""


def made(url, **how):
    """Make the stream beforehand, with settings of its own."""

    async def _make():
        client = await nats.connect(url.rpartition("/")[0].split(",")[0])
        try:
            config = StreamConfig(name=STREAM, subjects=[f"{STREAM}.>"], **how)
            await client.jetstream(timeout=10).add_stream(config)
        finally:
            await client.close()

    asyncio.run(_make())


def ship(folder, one, url, **how):
    """`recorder ship --follow` of a capture."""
    return running(folder, "ship", one.path.name, url, "--follow", **how)


def gathered(folder, url):
    """The stream's captures as one, and what was said of it."""
    said = run(folder, "gather", url, "-o", "all.jsonl")
    return folder / "all.jsonl", said


def moments(seed, lines, count):
    """So many numbers of lines, in order, none of them in the first or last tenth."""
    return sorted(random.Random(seed).sample(range(lines // 10, lines - lines // 10), count))


@pytest.mark.servers
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
        for one, shipper in zip(captures, shippers, strict=True):
            one.ends()
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
        with Growing(tmp_path / "a.jsonl", "a", 2_000) as one, ship(tmp_path, one, away) as shipper:
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
        with Growing(tmp_path / "a.jsonl", "a", 5_000) as one:
            one.ends()
        run(tmp_path, "ship", "a.jsonl", url)
        assert_once([one.path], gathered(tmp_path, url.replace(str(server.port), str(network.port)))[0])


def test_what_retention_has_removed_is_said(tmp_path):
    """So many lines, of which run; what is left is there once."""
    with broker(tmp_path / "server") as server:
        url = server.url(STREAM)
        made(url, max_msgs=20)
        with Growing(tmp_path / "a.jsonl", "a", 2_000) as one, ship(tmp_path, one, url) as shipper:
            one.ends()
            assert shipper.end() == 0, shipper.said
        output, said = gathered(tmp_path, url)
        told = sum(int(number.replace(",", "")) for number in re.findall(r"([\d,]+) lines? .*missing", said))
        there = output.read_bytes().split(b"\n")[1:-1]
        assert 0 < len(there) < 1_999
        assert len(there) + told == 1_999, said
