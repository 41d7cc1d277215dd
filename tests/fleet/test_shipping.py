"""A capture reaches a stream whole, whatever happens to the server, the stream or whoever ships it; what is missing is said."""

import asyncio
import fcntl
import os
import time
from contextlib import asynccontextmanager, contextmanager, suppress
from random import Random

import nats
import pytest
import zstandard
from brokers import broker

from recorder import capture
from recorder.errors import InputError
from recorder.fleet import shipping, window
from recorder.fleet.address import StreamAddress
from recorder.fleet.parcels import Parcel
from recorder.fleet.shipping import Shipping
from recorder.model import Closed, Header, Opened

HEADER = Header(format=capture.FORMAT, run="7f", recorder="0", profile="generic")
LIMIT = 30


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """A capture is looked at more often."""
    monkeypatch.setattr(shipping, "LOOK", 0.05)
    monkeypatch.setattr(shipping, "WATCH", 0.05)


def traffic(frames, size=300, sessions=3, begin=0):
    """Events of some sessions, of frames of this size."""
    opened = [Opened(time=1, session=one + 1, party=f"p{one}", url="ws://node/") for one in range(sessions)]
    frames = [
        capture.frame(
            b'{"id":%d,"method":"add","params":["%s"]}' % (number, b"x" * size),
            time=number + 2,
            session=number % sessions + 1,
            direction="to_node",
        )
        for number in range(begin, begin + frames)
    ]
    return frames if begin else [*opened, *frames]


def write(path, *events):
    """A capture."""
    path.write_bytes(capture.dump_all([HEADER, *events]))
    return path


def add(path, *events):
    """More of it."""
    with path.open("ab") as file:
        file.write(capture.dump_all(events))


def play(scene):
    """Run a scene, for a limited time."""
    asyncio.run(asyncio.wait_for(scene, LIMIT))


async def until(condition, what="the condition"):
    """Wait until something is so."""
    try:
        async with asyncio.timeout(LIMIT / 2):
            while not condition():  # noqa: ASYNC110 - what is waited for sets no event
                await asyncio.sleep(0.01)
    except TimeoutError:
        raise AssertionError(f"{what} did not come about") from None


async def parcels(one, stream="T"):
    """All parcels of a stream, in its order."""
    client = await nats.connect(f"nats://127.0.0.1:{one.port}")
    try:
        js, found = client.jetstream(), []
        state = (await js.stream_info(stream)).state
        for number in range(state.first_seq, state.last_seq + 1):
            message = await js.get_msg(stream, number)
            found.append(Parcel.read(message.subject, message.headers, message.data or b""))
        return found
    finally:
        await client.close()


def lines(found):
    """The lines by number, joined of their pieces; what came twice must be the same."""
    back, pieces = {}, {}
    for parcel in found:
        number, of = parcel.piece
        if parcel.kind == "ended":
            continue
        if of > 1:
            pieces.setdefault((parcel.numbers[0], of), {})[number] = parcel.lines
            continue
        for at, line in zip(parcel.numbers, parcel.lines.splitlines(keepends=True), strict=True):
            assert back.setdefault(at, line) == line
    for (at, of), parts in pieces.items():
        if len(parts) == of:
            line = b"".join(parts[number] for number in range(1, of + 1))
            assert back.setdefault(at, line) == line
    return back


async def whole(one, path, stream="T"):
    """Assert that the stream has all lines of a capture."""
    back = lines(await parcels(one, stream))
    assert b"".join(back[number] for number in sorted(back)) == path.read_bytes()
    assert [*sorted(back)] == [*range(1, len(back) + 1)]


@contextmanager
def shipped(path, one, said=None, until=None, stream="T", url=""):
    """A shipping."""
    address = StreamAddress.parse(url or one.url(stream))
    made = Shipping(path, address, (said if said is not None else []).append, until)
    try:
        yield made
    finally:
        made.close()


async def ship(path, one, **options):
    """Ship a file."""
    with shipped(path, one, **options) as made:
        return await made.run()


@asynccontextmanager
async def following(path, one, said=None, **options):
    """Ship a capture while it grows; at the end of the block no more is followed."""
    end = asyncio.Event()
    with shipped(path, one, said, end, **options) as made:
        task = asyncio.create_task(made.run())
        try:
            yield made
            end.set()
            made.result = await task
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def has(one, path, stream="T"):
    """Wait until the stream has all of a capture."""
    count, found = path.read_bytes().count(b"\n"), 0
    async with asyncio.timeout(LIMIT / 2):
        while found != count:
            with suppress(nats.errors.Error):
                found = len(lines(await parcels(one, stream)))


def test_a_file_is_in_the_stream_byte_for_byte(tmp_path):
    """And the stream knows that it ends there; to ship it again changes nothing."""
    path = write(tmp_path / "run.jsonl", *traffic(2_000), Closed(time=9, session=1, code=1000))

    async def scene():
        with broker(tmp_path / "broker") as one:
            found = await ship(path, one)
            assert (found.lines, found.missing, found.size) == (2_005, 0, 0)
            await whole(one, path)
            there = await parcels(one)
            assert (there[-1].kind, there[-1].numbers, there[-1].taken) == ("ended", [2_005], 2_005)
            assert await ship(path, one) == found
            assert await parcels(one) == there

    play(scene())


def test_a_compressed_file(tmp_path):
    """Is unpacked; it grows no more, and cannot be followed."""
    path = write(tmp_path / "run.jsonl", *traffic(20))
    packed = tmp_path / "run.jsonl.zst"
    packed.write_bytes(zstandard.compress(path.read_bytes()))

    async def scene():
        with broker(tmp_path / "broker") as one:
            assert (await ship(packed, one)).missing == 0
            await whole(one, path)
            with pytest.raises(InputError, match=r"run\.jsonl\.zst: is compressed, and grows no more"):
                Shipping(packed, StreamAddress.parse(one.url("T")), print, asyncio.Event())

    play(scene())


def test_a_capture_that_grew_is_shipped_on(tmp_path):
    """From the line that the stream knows to have, and ended anew."""
    path = write(tmp_path / "run.jsonl", *traffic(100))

    async def scene():
        with broker(tmp_path / "broker") as one:
            await ship(path, one)
            before = len(await parcels(one))
            add(path, *traffic(50, begin=100))
            assert (await ship(path, one)).lines == 154
            await whole(one, path)
            after = (await parcels(one))[before:]
            assert min(parcel.numbers[0] for parcel in after) == 105
            assert [parcel.numbers for parcel in after if parcel.kind == "ended"] == [[154]]

    play(scene())


def test_what_is_written_is_in_the_stream_within_a_moment(tmp_path):
    """While the recorder still writes: then nothing says that it ended."""
    path = write(tmp_path / "run.jsonl", *traffic(3))

    async def scene():
        with broker(tmp_path / "broker") as one, path.open("ab") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            async with following(path, one) as made:
                for number in range(3):
                    add(path, *traffic(10, begin=3 + 10 * number))
                    began = time.monotonic()
                    await has(one, path)
                    assert time.monotonic() - began < 2
            assert (made.result.lines, made.result.missing) == (37, 0)
            assert "ended" not in {parcel.kind for parcel in await parcels(one)}
            fcntl.flock(file, fcntl.LOCK_UN)
            async with following(path, one):
                pass
            assert (await parcels(one))[-1].kind == "ended"

    play(scene())


def test_a_line_is_sent_when_it_is_whole(tmp_path):
    """What its recorder did not finish is left out, and said."""
    path, said = write(tmp_path / "run.jsonl", *traffic(3)), []
    line = capture.dump_all(traffic(1, begin=3))

    async def scene():
        with broker(tmp_path / "broker") as one:
            async with following(path, one, said) as made:
                for piece in (line[:40], line[40:], line[:20]):
                    with path.open("ab") as file:
                        file.write(piece)
                    await until(lambda: made._growing.read == path.stat().st_size, "that it is read")
            assert (made.result.lines, made.result.missing) == (8, 0)
            assert said == [f"{path}:9: the last line is incomplete (its recorder was killed) and is left out"]
            found = lines(await parcels(one))
            assert found[8] == line
            assert len(found) == 8

    play(scene())


@pytest.mark.parametrize("seed", range(4))
def test_whoever_ships_may_be_killed_at_any_moment(tmp_path, seed):
    """The next one goes on after what the stream surely has, and every line is there in the end."""
    path, random = write(tmp_path / "run.jsonl", *traffic(6_000, sessions=5)), Random(seed)

    async def scene():
        with broker(tmp_path / "broker") as one:
            for number in range(4):
                task = asyncio.create_task(ship(path, one))
                await asyncio.wait({task}, timeout=random.uniform(0.0, 0.1))
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
                add(path, *traffic(50, begin=6_000 + 50 * number, sessions=5))
            assert (await ship(path, one)).missing == 0
            await whole(one, path)

    play(scene())


@pytest.mark.parametrize("kind", ["killed", "paused"])
def test_a_server_that_goes_and_comes_back(tmp_path, kind, monkeypatch):
    """Nothing is lost; what waits is said, and that it has been caught up."""
    monkeypatch.setattr(shipping, "BEHIND", 0.3)
    monkeypatch.setattr(window, "ANSWER", 0.5)
    path, said = write(tmp_path / "run.jsonl", *traffic(100)), []

    async def scene():
        with broker(tmp_path / "broker") as one:
            async with following(path, one, said) as made:
                await has(one, path)
                if kind == "killed":
                    one.kill()
                else:
                    one.pause()
                add(path, *traffic(5_000, begin=100))
                await until(lambda: any("bytes wait since" in line for line in said), "that it is said")
                if kind == "killed":
                    one.start()
                else:
                    one.pause(on=False)
                one.ready()
                await has(one, path)
                await until(lambda: any("caught up, after" in line for line in said), "that it is said")
            assert made.result.missing == 0
            await whole(one, path)

    play(scene())


def test_a_server_that_comes_later(tmp_path):
    """Is waited for while a capture is followed, which is said."""
    path, said = write(tmp_path / "run.jsonl", *traffic(100)), []

    async def scene():
        with broker(tmp_path / "broker") as one:
            one.kill()
            async with following(path, one, said) as made:
                await until(lambda: said, "that it is said")
                add(path, *traffic(10, begin=100))
                one.start()
                one.ready()
                await has(one, path)
            assert made.result.missing == 0
            assert said[0].startswith(f"{one.url('T')}: cannot connect: ")
            assert said[0].endswith("is the server there?; it is tried again until it works")

    play(scene())


def test_a_stream_that_is_full(tmp_path, monkeypatch):
    """What it refuses is said, and is sent again until it is taken."""
    monkeypatch.setattr(shipping, "BEHIND", 0.3)
    path, said = write(tmp_path / "run.jsonl", *traffic(3_000)), []

    async def scene():
        with broker(tmp_path / "broker") as one:
            client = await nats.connect(f"nats://127.0.0.1:{one.port}")
            config = nats.js.api.StreamConfig(
                name="T", subjects=["T.>"], max_bytes=400_000, discard=nats.js.api.DiscardPolicy.NEW
            )
            await client.jetstream().add_stream(config)
            async with following(path, one, said) as made:
                await until(lambda: said, "that it is said")
                assert said[0].endswith(": maximum bytes exceeded")
                config.max_bytes = 100_000_000
                await client.jetstream().update_stream(config)
                await has(one, path)
            assert made.result.missing == 0
            await whole(one, path)
            await client.close()

    play(scene())


def test_a_file_is_given_up_when_nothing_is_taken(tmp_path, monkeypatch):
    """How much is missing is said, with why."""
    monkeypatch.setattr(shipping, "PATIENCE", 1.0)
    path = write(tmp_path / "run.jsonl", *traffic(3_000))

    async def scene():
        with broker(tmp_path / "broker") as one:
            client = await nats.connect(f"nats://127.0.0.1:{one.port}")
            await client.jetstream().add_stream(
                name="T", subjects=["T.>"], max_bytes=400_000, discard=nats.js.api.DiscardPolicy.NEW
            )
            await client.close()
            found = await ship(path, one)
            assert found.why == "maximum bytes exceeded"
            assert found.lines + found.missing == 3_004
            assert found.size == len(b"".join(path.read_bytes().splitlines(keepends=True)[found.lines :]))
            assert 0 < found.lines < 2_000

    play(scene())


def test_the_end_of_a_recording_waits_for_nobody(tmp_path, monkeypatch):
    """When no more is followed, there are some seconds for the rest; what is not sent by then is counted."""
    monkeypatch.setattr(shipping, "REST", 0.5)
    path = write(tmp_path / "run.jsonl", *traffic(10))

    async def scene():
        with broker(tmp_path / "broker") as one:
            async with following(path, one) as made:
                await has(one, path)
                one.pause()
                add(path, *traffic(20, begin=10))
                began = time.monotonic()
            assert time.monotonic() - began < 3
            one.pause(on=False)
            assert (made.result.lines, made.result.missing) == (14, 20)

    play(scene())


def test_what_is_written_slowly_goes_together(tmp_path, monkeypatch):
    """As one message for all that a session said between two looks; the last of it goes when no more is followed."""
    monkeypatch.setattr(shipping, "LOOK", LIMIT)
    path = write(tmp_path / "run.jsonl", *traffic(3))

    async def scene():
        with broker(tmp_path / "broker") as one:
            async with following(path, one):
                await has(one, path)
                before = len(await parcels(one))
                for number in range(3, 33):
                    add(path, *traffic(1, begin=number))
            await whole(one, path)
            *talk, ended = (await parcels(one))[before:]
            assert [len(parcel.numbers) for parcel in talk] == [10, 10, 10]
            assert ended.kind == "ended"

    play(scene())


@pytest.mark.parametrize("pausing", [True, False])
def test_a_full_window_waits_without_turning_round(tmp_path, monkeypatch, pausing):
    """Whether answers are late or the server is gone: it looks again a few times in a second, not thousands."""
    monkeypatch.setattr(window, "MOST_HELD", 1_000)
    path, turns = write(tmp_path / "run.jsonl", *traffic(10)), []
    turn = window.Window.turn

    async def counted(*given):
        turns.append(1)
        await turn(*given)

    monkeypatch.setattr(window.Window, "turn", counted)

    async def scene():
        with broker(tmp_path / "broker") as one:
            async with following(path, one) as made:
                await has(one, path)
                if pausing:
                    one.pause()
                else:
                    one.kill()
                add(path, *traffic(20, begin=10))
                await until(lambda: made._window is not None and not made._window.room, "that it is full")
                turns.clear()
                await asyncio.sleep(0.5)  # in which it must not do more
                assert len(turns) < 20
                if pausing:
                    one.pause(on=False)
                else:
                    one.start()
                one.ready()
                await has(one, path)

    play(scene())


@pytest.mark.parametrize("ours", [True, False])
def test_a_stream_that_is_deleted(tmp_path, ours):
    """What a shipper made, one makes again; another is waited for. All of the capture is sent to it."""
    path, said = write(tmp_path / "run.jsonl", *traffic(100)), []

    async def scene():
        with broker(tmp_path / "broker") as one:
            client = await nats.connect(f"nats://127.0.0.1:{one.port}")
            js = client.jetstream()
            if not ours:
                await js.add_stream(name="T", subjects=["T.>"])
            async with following(path, one, said) as made:
                await has(one, path)
                await js.delete_stream("T")
                add(path, *traffic(10, begin=100))
                await until(lambda: said, "that it is said")
                if not ours:
                    await until(lambda: made._trouble == "stream not found", "that it is waited for")
                    await js.add_stream(name="T", subjects=["T.>"])
                await has(one, path)
            assert said == [f"{one.url('T')}: the stream is gone; what it lacks is shipped again when it is there"]
            await whole(one, path)
            await client.close()

    play(scene())


def test_a_stream_that_is_made_anew_meanwhile(tmp_path):
    """While nothing is under way: it counts from one again, which is seen, and gets all of the capture."""
    path, said = write(tmp_path / "run.jsonl", *traffic(100)), []

    async def scene():
        with broker(tmp_path / "broker") as one:
            client = await nats.connect(f"nats://127.0.0.1:{one.port}")
            js = client.jetstream()
            async with following(path, one, said) as made:
                await has(one, path)
                await until(lambda: made._window.empty, "that all is taken")
                await js.delete_stream("T")
                await js.add_stream(name="T", subjects=["T.>"])
                add(path, *traffic(10, begin=100))
                await has(one, path)
            assert [line.partition(";")[0] for line in said] == [
                f"{one.url('T')}: another stream has its name, or it lost what it had"
            ]
            await whole(one, path)
            await client.close()

    play(scene())


def test_a_stream_that_was_purged(tmp_path):
    """Of which nothing is left, gets all again, even within its window of duplicates; of which something is left, the rest."""
    path = write(tmp_path / "run.jsonl", *traffic(100))

    async def scene():
        with broker(tmp_path / "broker") as one:
            await ship(path, one)
            client = await nats.connect(f"nats://127.0.0.1:{one.port}")
            js = client.jetstream()
            await js.purge_stream("T")
            await ship(path, one)
            await whole(one, path)
            await js.purge_stream("T", keep=1)
            add(path, *traffic(10, begin=100))
            await ship(path, one)
            assert sorted(lines(await parcels(one))) == [*range(105, 115)]
            await client.close()

    play(scene())


@pytest.mark.parametrize("limit", [("server", 65_536), ("server", 1_024), ("stream", 32_768)])
def test_a_line_that_is_larger_than_what_is_taken(tmp_path, limit):
    """Arrives in pieces, whether the server or the stream takes less than usual."""
    where, most = limit
    long = traffic(1, 80 * most, begin=20)
    path = write(tmp_path / "run.jsonl", *traffic(20), *long, *traffic(20, begin=21))

    async def scene():
        with broker(tmp_path / "broker", f"max_payload: {most}" if where == "server" else "") as one:
            if where == "stream":
                client = await nats.connect(f"nats://127.0.0.1:{one.port}")
                await client.jetstream().add_stream(name="T", subjects=["T.>"], max_msg_size=most)
                await client.close()
            assert (await ship(path, one)).missing == 0
            await whole(one, path)

    play(scene())


def test_several_ship_the_same(tmp_path):
    """At once, which sends much twice and changes nothing."""
    path = write(tmp_path / "run.jsonl", *traffic(5_000))

    async def scene():
        with broker(tmp_path / "broker") as one:
            found = await asyncio.gather(*(ship(path, one) for _ in range(3)))
            assert {result.missing for result in found} == {0}
            await whole(one, path)

    play(scene())


@pytest.mark.parametrize("change", ["truncated", "replaced", "written anew"])
def test_a_capture_that_changes_under_it(tmp_path, change):
    """Is said in one line; nothing of another capture is sent under the old name."""
    path = write(tmp_path / "run.jsonl", *traffic(100))

    async def scene():
        with broker(tmp_path / "broker") as one:
            end, error = asyncio.Event(), r"run\.jsonl: was (truncated|replaced by another) while it was shipped"
            with shipped(path, one, until=end) as made:
                task = asyncio.create_task(made.run())
                await has(one, path)
                if change == "truncated":
                    os.truncate(path, 1_000)
                elif change == "replaced":
                    other = write(tmp_path / "other.jsonl", *traffic(100))
                    other.replace(path)
                else:
                    header = Header(format=capture.FORMAT, run="80", recorder="0", profile="generic")
                    path.write_bytes(capture.dump_all([header, *traffic(500)]))
                with pytest.raises(InputError, match=error):
                    await task
            assert len(lines(await parcels(one))) == 104

    play(scene())


def test_a_capture_that_lost_its_end(tmp_path):
    """After a power cut the stream may have more of it: this is said."""
    path, said = write(tmp_path / "run.jsonl", *traffic(100)), []

    async def scene():
        with broker(tmp_path / "broker") as one:
            await ship(path, one)
            write(path, *traffic(90))
            assert (await ship(path, one, said=said)).missing == 0
            assert said == [f"{path}: the stream has 104 lines of this run, and the capture 94 only"]

    play(scene())


def test_a_malformed_line_ends_it(tmp_path):
    """With its number in the capture; all before it is in the stream."""
    path = write(tmp_path / "run.jsonl", *traffic(10))
    before = path.read_bytes()
    with path.open("ab") as file:
        file.write(b"{}\n")

    async def scene():
        with broker(tmp_path / "broker") as one:
            task = asyncio.create_task(ship(path, one))
            with pytest.raises(InputError, match=r"run\.jsonl:15: malformed event"):
                await task
            path.write_bytes(before)
            await whole(one, path)

    play(scene())
