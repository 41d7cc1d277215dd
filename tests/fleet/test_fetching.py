"""Captures out of a stream: each line once and in order, whatever came how often, and what is missing is said."""

import asyncio
import random
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from brokers import broker, cluster, cluster_url
from hosts import Skew, channels, record
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from msgspec import structs
from shipped import parcels, publish, run_in, stored

from recorder import capture
from recorder.errors import InputError
from recorder.fleet import connection, reading
from recorder.fleet.address import StreamAddress
from recorder.fleet.fetching import Wanted, fetch, short_ids
from recorder.gathering import gather
from recorder.interchange.files import Capture, write_capture
from recorder.model import SECOND, Frame, Header, Note, Opened

MINUTE = 60 * SECOND
SKEWS = some.lists(some.builds(Skew, some.integers(-MINUTE, MINUTE), some.floats(-100, 100)), min_size=1, max_size=8)


@pytest.fixture
def impatient(monkeypatch):
    """What has failed is found sooner."""
    monkeypatch.setattr(reading, "PATIENCE", 1)
    monkeypatch.setattr(reading, "BEAT", 0.25)
    monkeypatch.setattr(connection, "CONNECT_TIMEOUT", 2)


@pytest.fixture
def stream(server, request):
    """The address of a stream that nobody else uses."""
    return server.url(request.node.name.partition("[")[0])


def fetched(url, folder, **wanted):
    """What was fetched, by run, with what was said."""
    said = []
    folder.mkdir()
    return fetch(StreamAddress.parse(url), Wanted(**wanted), folder, said.append), said


def write(folder, run, *events, **header):
    """A capture."""
    path = folder / f"{run}.jsonl"
    write_capture(path, Header(format=capture.FORMAT, run=run, recorder="0", **header), events)
    return path


def talk(count, sessions=2, size=0):
    """Sessions of some frames, in turns."""
    opened = [Opened(time=5, session=number, party=f"p{number}") for number in range(1, sessions + 1)]
    return [
        *opened,
        *(
            capture.frame(
                b"%d%s" % (number, b" " * size), time=9 + number, session=number % sessions + 1, direction="to_node"
            )
            for number in range(count)
        ),
    ]


def test_a_capture_comes_back_byte_for_byte(stream, tmp_path):
    """With its torn slices, in a file named after its run."""
    path = write(tmp_path, "one", *talk(50))
    publish(stream, parcels(path, (3, 1, 20)))
    (one,), said = fetched(stream, tmp_path / "to")
    assert one.path.read_bytes() == path.read_bytes()
    assert (one.name, one.events, one.path.name, said) == ("one", 52, "one.jsonl", [])


def test_runs_are_named_by_what_tells_them_apart(stream, tmp_path):
    """The beginnings of their ids, with what their recorders were told of themselves."""
    for run, meta in (("0123456789", {"host": "alice"}), ("0123456777", {}), ("x", {"a": "1", "b": "2"})):
        publish(stream, parcels(write(tmp_path, run, Note(time=5, text=run), meta=meta)))
    found, _said = fetched(stream, tmp_path / "to")
    assert [one.name for one in found] == ["012345678 (alice)", "012345677", "x"]
    assert short_ids(["a" * 40]) == {"a" * 40: "a" * 8}


@settings(
    max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
@given(some.integers(1, 9), SKEWS, some.integers(0, 2**32), some.lists(some.integers(1, 40), min_size=1, max_size=9))
def test_what_is_gathered_from_a_stream_is_what_is_gathered_from_the_files(server, rounds, skews, seed, slices):
    """Of up to eight hosts with wrong clocks, whatever the slices, the order and the repetitions."""
    chance = random.Random(seed)
    events = channels(*([rounds] * 4))
    with TemporaryDirectory() as name:
        folder = Path(name)
        paths = record(folder, events, skews, lambda session: session % len(skews))
        paths = [path for path in paths if path.read_bytes().count(b"\n") > 1]
        made = [parcel for path in paths for parcel in parcels(path, slices)]
        other = [parcel for path in paths for parcel in parcels(path, (chance.randint(1, 30),))]
        made += chance.sample(made, len(made) // 3) + other * chance.randint(0, 1)
        chance.shuffle(made)
        url = server.url(f"gathered{seed}-{rounds}-{len(skews)}-{chance.randint(0, 10**9)}")
        publish(url, made, ids=False)
        found, said = fetched(url, folder / "to")
        assert said == []
        files = {run_of(path): path for path in paths}
        ordered = [files[run_of(one.path)] for one in found]
        assert [one.path.read_bytes() for one in found] == [path.read_bytes() for path in ordered]
        if len(found) > 1:
            gather([one.path for one in found], folder / "stream.jsonl", names=[path.name for path in ordered])
            gather(ordered, folder / "files.jsonl")
            assert gathered(folder / "stream.jsonl") == gathered(folder / "files.jsonl")


def run_of(path):
    """The run of a capture."""
    with Capture(path) as opened:
        return opened.header.run


def gathered(path):
    """The header without its run, which is new each time, and the lines."""
    header, *lines = path.read_bytes().splitlines()
    return structs.replace(capture.load([header])[0], run=""), lines


def test_of_a_channel_all_of_its_sessions_come(stream, tmp_path):
    """From their openings on, although a session names its channel later; and what is of no session."""
    one, other = record(tmp_path, channels(3, 4), [Skew(), Skew(5 * SECOND)], lambda session: max(session - 1, 0) % 2)
    made = [parcels(path, (7,)) for path in (one, other)]
    for parcels_ in made:
        publish(stream, parcels_)
    channel = next(parcel.channel for parcel in made[0] if parcel.session == 1 and parcel.channel)
    found, said = fetched(stream, tmp_path / "to", channel=channel)
    assert said == []
    for fetched_, path, session in zip(found, (one, other), (1, 2), strict=True):
        mine = [
            line
            for line in path.read_bytes().splitlines()
            if b'"session":' not in line or b'"session":%d' % session in line
        ]
        assert fetched_.path.read_bytes().splitlines() == mine
    assert len(fetched(stream, tmp_path / "one", channel=channel, run="original-1")[0]) == 1


def test_one_run_is_taken_by_the_beginning_of_its_id(stream, tmp_path):
    """Or by all of it; of what is not there, that is said."""
    for run in ("aa1", "aa2", "b"):
        publish(stream, parcels(write(tmp_path, run, Note(time=5, text=run))))
    assert [one.name for one in fetched(stream, tmp_path / "1", run="aa")[0]] == ["aa1", "aa2"]
    assert [one.name for one in fetched(stream, tmp_path / "2", run="b")[0]] == ["b"]
    for number, (wanted, words) in enumerate(
        [
            ({"run": "c"}, "nothing of run c"),
            ({"channel": "ch"}, "nothing of channel ch"),
            ({"since": 2**62}, "since then"),
        ]
    ):
        with pytest.raises(InputError, match=words):
            fetched(stream, tmp_path / f"none{number}", **wanted)


def test_since_a_time_sessions_keep_their_openings(stream, tmp_path):
    """And what lies between is not missing; a run of which nothing came since is left out."""
    path = write(tmp_path, "one", *talk(40))
    publish(stream, parcels(write(tmp_path, "old", *talk(3))))
    *made, last = parcels(path, (10,))
    early = [parcel for parcel in made if parcel.numbers[-1] <= 21]
    publish(stream, early)
    publish(stream, [parcel for parcel in made if parcel not in early])
    since = stored(stream)[len(early) + len(parcels(tmp_path / "old.jsonl"))]
    publish(stream, [last])
    (one,), said = fetched(stream, tmp_path / "to", since=since)
    lines = path.read_bytes().splitlines()
    assert one.path.read_bytes().splitlines() == [*lines[:3], *lines[21:]]
    assert said == []


def test_what_the_stream_threw_away_is_said(stream, tmp_path):
    """How much, and of which run and session; a header is made up."""
    path = write(tmp_path, "one", *talk(400))
    run_in(stream, lambda context, name: context.add_stream(name=name, subjects=[f"{name}.>"], max_msgs=7))
    publish(stream, parcels(path, (20,)), make=False)
    (one,), said = fetched(stream, tmp_path / "to")
    with Capture(one.path) as opened:
        assert (opened.header.run, [*opened.header.meta]) == ("one", ["header"])
        kept = [*opened]
    assert all(isinstance(event, Frame) for event in kept)
    assert one.path.read_bytes().splitlines()[1:] == path.read_bytes().splitlines()[-len(kept) :]
    gone = 403 - len(kept)
    (line,) = said
    assert line.startswith(f"run one: {gone} lines are missing, which the stream no longer has (")
    assert "of session 1" in line
    assert "of session 2" in line


def test_what_has_not_been_shipped_yet_is_said(stream, tmp_path):
    """Later lines of another session were faster; they come all the same."""
    path = write(tmp_path, "one", *talk(40))
    made = parcels(path, (100,), ended=False)
    late = next(parcel for parcel in made if parcel.session == 1 and parcel.kind == "traffic")
    publish(stream, [parcel for parcel in made if parcel is not late])
    (one,), said = fetched(stream, tmp_path / "to")
    assert one.events == 42 - len(late.numbers)
    assert said == [
        f"run one: {len(late.numbers)} lines are not in the stream yet, though later ones are: they have not been shipped"
    ]


def test_long_lines_are_joined(stream, tmp_path):
    """Whatever the order of their pieces; one that lacks a piece is missing."""
    path = write(tmp_path, "one", *talk(3, size=2_000_000))
    made = parcels(path)
    random.Random(1).shuffle(made)
    publish(stream, made)
    (one,), said = fetched(stream, tmp_path / "to")
    assert (one.path.read_bytes(), said) == (path.read_bytes(), [])
    lost = next(parcel for parcel in made if parcel.piece[0] > 1)
    publish(f"{stream}2", [parcel for parcel in made if parcel is not lost])
    (one,), said = fetched(f"{stream}2", tmp_path / "2")
    assert one.events == 4
    assert said[0].startswith("run one: 1 line is missing, which the stream no longer has (1 of ")


def test_messages_of_others_and_torn_ones_are_left_out_and_counted(stream, tmp_path):
    """With where the first is."""
    path = write(tmp_path, "one", *talk(4))
    made = parcels(path)
    publish(stream, made)
    torn = replace(made[-2], numbers=[90, 91], lines=b"{}\n")
    publish(stream, [torn])
    run_in(stream, lambda context, name: context.publish(f"{name}.foreign", b"x"))
    (one,), said = fetched(stream, tmp_path / "to")
    assert one.path.read_bytes() == path.read_bytes()
    (line,) = said
    assert line == (
        f"{stream}: 2 messages are not of a recorder, and left out (first number {len(made) + 1}, {torn.subject(StreamAddress.parse(stream).stream)}); "
        "give recorders a stream of their own"
    )


def test_what_comes_meanwhile_is_for_the_next_time(stream, tmp_path, monkeypatch):
    """Or fetching would never end where traffic is fast."""
    one, other = (write(tmp_path, run, *talk(4)) for run in ("one", "other"))
    publish(stream, parcels(one))
    begin = reading._Consumer.begin

    async def meanwhile(consumer, *given):
        await asyncio.to_thread(publish, stream, parcels(other))
        await begin(consumer, *given)

    monkeypatch.setattr(reading._Consumer, "begin", meanwhile)
    assert [found.name for found in fetched(stream, tmp_path / "to")[0]] == ["one"]


def test_a_stream_that_is_not_there_is_said(server, tmp_path):
    """As is a server."""
    for url, words in ((server.url("ABSENT"), "there is no such stream"), ("nats://127.0.0.1:1/S", "cannot connect")):
        with pytest.raises(InputError, match=words):
            fetch(StreamAddress.parse(url), Wanted(), tmp_path)


def test_a_server_that_dies_while_captures_are_fetched_is_waited_for(tmp_path, monkeypatch, impatient):
    """They are whole when it is back."""
    path = write(tmp_path, "one", *talk(2000))
    with broker(tmp_path / "server") as own:
        publish(own.url("S"), parcels(path, (7,)))
        batch, count = reading._Consumer.batch, []

        async def crash(consumer, **told):
            count.append(1)
            if len(count) == 3:
                own.kill()
                own.start()
            return await batch(consumer, **told)

        monkeypatch.setattr(reading._Consumer, "batch", crash)
        (one,), said = fetched(own.url("S"), tmp_path / "to")
        assert one.path.read_bytes() == path.read_bytes()
        assert [line.rpartition(" ")[2] for line in said] == ["lost", "back"]


def test_a_cluster_goes_on_without_the_server_that_is_read_from(tmp_path, monkeypatch, impatient):
    """Another one has all of it."""
    path = write(tmp_path, "one", *talk(1000))
    with cluster(tmp_path / "servers") as servers:
        url = cluster_url(servers, "S")
        run_in(url, lambda context, name: context.add_stream(name=name, subjects=[f"{name}.>"], num_replicas=3))
        publish(url, parcels(path, (7,)), make=False)
        for one in servers:  # whichever is asked first knows it
            run_in(one.url("S"), lambda context, name: context.stream_info(name))
        batch, count = reading._Consumer.batch, []

        async def crash(consumer, **told):
            count.append(1)
            if len(count) == 2:
                port = consumer._client.connected_url.port
                next(one for one in servers if one.port == port).kill()
            return await batch(consumer, **told)

        monkeypatch.setattr(reading._Consumer, "batch", crash)
        (one,), _said = fetched(url, tmp_path / "to")
        assert one.path.read_bytes() == path.read_bytes()
