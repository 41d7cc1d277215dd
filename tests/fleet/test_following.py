"""A stream as one timeline as it comes: what is there first, each line once, sessions and runs in their order."""

import asyncio
from contextlib import suppress

import pytest
from brokers import broker
from hosts import Skew, channels, record
from shipped import parcels, publish, run_in

from recorder import capture
from recorder.errors import InputError
from recorder.fleet import following, reading
from recorder.fleet.address import StreamAddress
from recorder.fleet.fetching import Wanted, fetch
from recorder.fleet.following import follow
from recorder.fleet.ordering import Ordering
from recorder.interchange.files import write_capture
from recorder.model import SECOND, Header, Note, Opened

CHANNEL = "ch_4WWAHJJiAKc2FXw11Y7FRcdRpCfd2YmqyiL5xAJrQZhC38uqm"


@pytest.fixture
def stream(server, request):
    """The address of a stream that nobody else uses."""
    return server.url(request.node.name.partition("[")[0])


@pytest.fixture(autouse=True)
def fast(monkeypatch):
    """Lines are held back for less long, and failures are found sooner."""
    monkeypatch.setattr(following, "HELD", SECOND // 5)
    monkeypatch.setattr(following, "EVERY", 0.02)
    monkeypatch.setattr(following, "LOOK", 0.1)
    monkeypatch.setattr(reading, "BEAT", 0.2)
    monkeypatch.setattr(reading, "PATIENCE", 1)


def write(folder, run, *events):
    """A capture."""
    path = folder / f"{run}.jsonl"
    write_capture(path, Header(format=capture.FORMAT, run=run, recorder="0"), events)
    return path


def notes(first, last, time=5):
    """Notes that are numbered."""
    return [Note(time=time + number, text=str(number)) for number in range(first, last)]


def followed(url, meanwhile=(), *, until=None, **wanted):
    """What was given until all runs have ended, or until something is true of it; and what was said.

    Args:
        url: of the stream.
        meanwhile: called one after the other, in a thread, when following has begun.
        until: takes the lines; whether to end.
        wanted: of `Wanted`.
    """
    given, said, begun, end = [], [], asyncio.Event(), asyncio.Event()

    def give(lines):
        given.extend(lines)
        begun.set()

    async def watch():
        while until is not None:
            if until(given):
                end.set()
                return
            await asyncio.sleep(0.01)

    async def act():
        await begun.wait()
        for one in meanwhile:
            await asyncio.to_thread(one)

    async def run():
        acting = asyncio.gather(act(), watch())
        address = StreamAddress.parse(url)
        try:
            await asyncio.wait_for(
                follow(address, Wanted(**wanted), give, said.append, end, endless=until is not None), 20
            )
        finally:
            acting.cancel()
            with suppress(asyncio.CancelledError):
                await acting

    asyncio.run(run())
    return given, said


def texts(lines, run=None):
    """The lines, of a run."""
    return [line.text for line in lines if run in {None, line.run}]


def lines_of(path):
    """The events of a capture."""
    return path.read_bytes().splitlines(keepends=True)[1:]


def test_what_is_there_comes_and_then_what_is_shipped(stream, tmp_path):
    """Until all runs have ended."""
    path = write(tmp_path, "one", *notes(0, 90))
    made = parcels(path, (7,))
    publish(stream, made[:5])
    given, said = followed(stream, [lambda: publish(stream, made[5:])])
    assert texts(given) == lines_of(path)
    assert said == []


def test_each_line_comes_once_however_often_it_is_shipped(stream, tmp_path):
    """In its order, although sessions are shipped one after the other."""
    paths = record(tmp_path, channels(4, 4), [Skew(), Skew(9 * SECOND)], lambda session: max(session - 1, 0) % 2)
    made = [
        parcels(path, (size,), ahead=ahead * SECOND) for path, size, ahead in zip(paths, (5, 9), (0, 9), strict=True)
    ]
    publish(stream, made[0] + made[0][:-3], ids=False)
    again = parcels(paths[1], (4,), ahead=9 * SECOND, ended=False)
    count = sum(len(lines_of(path)) for path in paths)
    given, said = followed(
        stream,
        [lambda: publish(stream, again + made[1], ids=False)],
        until=lambda given: len(given) >= count,
    )
    for run, path in zip(("original-0", "original-1"), paths, strict=True):
        assert texts(given, run) == lines_of(path)
    assert said == []
    assert all(abs(line.behind) < SECOND for line in given if line.run == "original-0")
    assert all(abs(line.behind + 9 * SECOND) < SECOND for line in given if line.run == "original-1")


def test_a_channel_is_followed_from_the_openings_of_its_sessions(stream, tmp_path):
    """Although it is named later; sessions that join it are found."""
    one, other = record(tmp_path, channels(3, 4), [Skew(), Skew()], lambda session: max(session - 1, 0) % 2)
    first, second = parcels(one, (7,)), parcels(other, (7,))
    channel = next(parcel.channel for parcel in first if parcel.session == 1 and parcel.channel)
    publish(stream, first)
    mine = [
        [line for line in lines_of(path) if b'"session":%d' % session in line]
        for path, session in ((one, 1), (other, 2))
    ]
    count = sum(map(len, mine))
    given, said = followed(
        stream, [lambda: publish(stream, second)], channel=channel, until=lambda given: len(given) >= count
    )
    assert [texts(given, "original-0"), texts(given, "original-1")] == mine
    assert said == []


def test_since_a_time_what_came_before_is_not_missed(stream, tmp_path):
    """Neither given nor said."""
    made = parcels(write(tmp_path, "one", *notes(0, 90)), (7,))
    publish(stream, made[:5])
    given, said = followed(stream, [lambda: publish(stream, made[5:])], since=_now(stream))
    assert texts(given) == lines_of(tmp_path / "one.jsonl")[4 * 7 :]
    assert said == []


def test_since_a_time_sessions_keep_their_openings(stream, tmp_path):
    """Before what they say then; what is given is what is fetched, to the letter."""
    (path,) = record(tmp_path, channels(4, 4), [Skew()], lambda _session: 0)
    made = parcels(path, (9,))
    publish(stream, made[:20])
    since = _now(stream)
    publish(stream, made[20:])
    for channel, sessions in (("", {1, 2, 3, 4}), (CHANNEL, {1, 2})):
        given, said = followed(stream, since=since, channel=channel)
        firsts = {line.session: line.text for line in reversed(given)}
        assert {*firsts} == sessions
        assert all(b'"event":"opened"' in text for text in firsts.values())
        (to := tmp_path / f"to{channel}").mkdir()
        (fetched,) = fetch(StreamAddress.parse(stream), Wanted(since=since, channel=channel), to)
        assert sorted(texts(given)) == sorted(lines_of(fetched.path))
        assert said == []


def _now(stream):
    """The time after the last message of a stream."""
    info = run_in(stream, lambda context, name: context.stream_info(name))
    message = run_in(stream, lambda context, name: context.get_msg(name, info.state.last_seq))
    return round(message.time.timestamp() * 1e6) * 1000 + 1000


def test_one_run_is_followed(stream, tmp_path):
    """And others are not."""
    for run in ("one", "other"):
        publish(stream, parcels(write(tmp_path, run, *notes(0, 9)), (3,)))
    given, _said = followed(stream, run="oth")
    assert {line.run for line in given} == {"other"}


def test_at_the_end_what_is_held_back_is_given(stream, tmp_path, monkeypatch):
    """What is missing or not there yet is said."""
    came, add = [], Ordering.add
    monkeypatch.setattr(Ordering, "add", lambda *given: came.append(add(*given)))
    path = write(tmp_path, "one", Opened(time=1, session=1, party="p"), *notes(0, 20))
    made = parcels(path, (4,), ended=False)
    late = made.pop(2)
    publish(stream, made)
    given, said = followed(stream, until=lambda _given: len(came) == len(made))
    assert len(given) == 21 - len(late.numbers)
    assert len(said) == 1
    assert said[0].startswith("run one: ")


def test_a_server_that_dies_loses_nothing(tmp_path):
    """What is shipped when it is back follows."""
    path = write(tmp_path, "one", *notes(0, 90))
    made = parcels(path, (7,))
    with broker(tmp_path / "server") as own:
        publish(own.url("S"), made[:9])

        def restart():
            own.kill()
            own.start()
            own.ready()
            publish(own.url("S"), made[9:])

        given, said = followed(own.url("S"), [restart])
    assert texts(given) == lines_of(path)
    assert [line.rpartition(" ")[2] for line in said] == ["lost", "back"]


def test_a_stream_that_goes_away_is_said(stream, tmp_path):
    """Following ends then."""
    publish(stream, parcels(write(tmp_path, "one", *notes(0, 9)), ended=False))
    delete = [lambda: run_in(stream, lambda context, name: context.delete_stream(name))]
    with pytest.raises(InputError, match="the stream cannot be read: stream not found"):
        followed(stream, delete)
