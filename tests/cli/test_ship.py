"""`recorder ship`: what it prints, and its exit codes."""

import asyncio
import signal
import subprocess
import sys
import time

import nats
import pytest
import zstandard
from brokers import broker
from ports import free_port

from recorder.fleet import shipping


@pytest.fixture
def one(tmp_path):
    """A broker."""
    with broker(tmp_path / "broker") as made:
        yield made


def messages(one, stream="T"):
    """How many messages a stream has."""

    async def ask():
        client = await nats.connect(f"nats://127.0.0.1:{one.port}")
        try:
            return (await client.jetstream().stream_info(stream)).state.messages
        except nats.js.errors.NotFoundError:
            return 0
        finally:
            await client.close()

    return asyncio.run(ask())


def test_a_capture(run, seed, one):
    """Twice: the second time there is nothing to do."""
    for _ in range(2):
        result = run("ship", seed, one.url("T"))
        assert (result.code, result.err) == (0, "")
        assert result.out == f"{seed}: all 28 lines are in {one.url('T')}\n"
        assert messages(one) == 9


def test_several_captures(run, seed, one, tmp_path):
    """One after the other, compressed ones too."""
    packed = tmp_path / "packed.jsonl.zst"
    packed.write_bytes(zstandard.compress(seed.read_bytes().replace(b'"run":"', b'"run":"2')))
    result = run("ship", seed, packed, one.url("T"))
    assert (result.code, result.err) == (0, "")
    assert result.out == (f"{seed}: all 28 lines are in {one.url('T')}\n{packed}: all 28 lines are in {one.url('T')}\n")
    assert messages(one) == 18


def test_what_is_missing_is_said(run, seed, one, monkeypatch):
    """With why, what sends it, and exit code 1; a password is not shown."""
    monkeypatch.setattr(shipping, "PATIENCE", 0.5)

    async def make():
        client = await nats.connect(f"nats://127.0.0.1:{one.port}")
        await client.jetstream().add_stream(
            name="T", subjects=["T.>"], max_bytes=1_500, discard=nats.js.api.DiscardPolicy.NEW
        )
        await client.close()

    asyncio.run(make())
    result = run("ship", seed, one.url("T", "me:secret@"))
    assert result.code == 1
    size = len(seed.read_bytes().partition(b"\n")[2])
    assert result.out == (
        f"{seed}: 27 of 28 lines ({size:,} bytes) are not in {one.url('T')}: maximum bytes exceeded; "
        f"`recorder ship {seed} {one.url('T')}` sends them\n"
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["run.jsonl", "run.jsonl"], "'run.jsonl' is not a stream; write it as nats://127.0.0.1:4222/TRAFFIC"),
        (["none.jsonl", "{url}"], "none.jsonl: cannot read: No such file or directory"),
        (["empty.jsonl", "{url}"], "empty.jsonl: the file is empty, not a capture; record one with `recorder record`"),
        (["run.jsonl", "{nowhere}"], "{nowhere}: cannot connect: Connection refused; is the server there?"),
    ],
)
def test_bad_input(run, seed, one, arguments, said, tmp_path):
    """Is one line, and exit code 2."""
    (tmp_path / "empty.jsonl").touch()
    names = {"url": one.url("T"), "nowhere": f"nats://127.0.0.1:{free_port()}/T"}
    result = run("ship", *(argument.format(**names) for argument in arguments))
    assert (result.code, result.out) == (2, "")
    assert result.err == f"recorder: {said.format(**names)}\n"


@pytest.mark.parametrize("options", [(), ("--follow", "--attached")])
def test_captures_that_cannot_be_read_hold_up_no_other(seed, one, tmp_path, options):
    """There is a line for each, and the exit code is 2; of one that is malformed, what stands before is sent."""
    (tmp_path / "empty.jsonl").touch()
    broken = seed.read_bytes().replace(b'"run":"', b'"run":"2') + b"no event\n"
    (tmp_path / "broken.jsonl").write_bytes(broken)
    names = ["empty.jsonl", "broken.jsonl", "none.jsonl"]
    command = [sys.executable, "-m", "recorder", "ship", *names, "run.jsonl", one.url("T"), *options]
    done = subprocess.run(command, input="", capture_output=True, text=True, cwd=tmp_path, timeout=20, check=False)
    assert (done.returncode, done.stdout) == (2, f"run.jsonl: all 28 lines are in {one.url('T')}\n")
    assert sorted(line.split(":")[1].strip() for line in done.stderr.splitlines()) == sorted(names)
    assert messages(one) == 17  # nine of the good one, and eight: the end of the other is not told


def test_without_its_library_the_extra_is_named(seed):
    """In one line; and `record` says the same before anything is recorded."""
    code = "import sys; sys.modules['nats'] = None; from recorder.__main__ import main; sys.exit(main())"
    for arguments, name in (
        (["ship", str(seed), "nats://127.0.0.1/T"], "`recorder ship`"),
        (["record", "ws://127.0.0.1:1", "--ship", "nats://127.0.0.1/T"], "--ship"),
    ):
        done = subprocess.run(
            [sys.executable, "-c", code, *arguments], capture_output=True, text=True, cwd=seed.parent, check=False
        )
        assert (done.returncode, done.stdout) == (2, "")
        assert (
            done.stderr == f"recorder: {name} needs nats-py; install it with `pip install 'jsonrpc-recorder[fleet]'`\n"
        )


def test_the_command_starts_without_what_others_need():
    """Nor do others wait for it."""
    code = "import sys, recorder.cli.record, recorder.cli.ship; sys.exit('nats' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_command_that_was_killed_is_run_again(run, seed, one):
    """It sends the rest."""
    line = seed.read_bytes().splitlines(keepends=True)[4]
    with seed.open("ab") as file:
        file.write(line * 50_000)
    command = [sys.executable, "-m", "recorder", "ship", str(seed), one.url("T")]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        while messages(one) < 3:
            time.sleep(0.001)  # asked again, until it is so
        process.kill()
    assert run("ship", seed, one.url("T")).out == f"{seed}: all 50,028 lines are in {one.url('T')}\n"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_following_ends_with_a_signal(seed, one, number):
    """What was written until then is sent; a line that is not finished is left out."""
    command = [sys.executable, "-m", "recorder", "ship", str(seed), one.url("T"), "--follow"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            while not messages(one):
                time.sleep(0.02)  # asked again, until it is so
            with seed.open("ab") as file:
                file.write(b'{"event":"note","time":1795000000000000000,"text":"more"}\n{"event":')
            process.send_signal(number)
            out, err = process.communicate(timeout=20)
        finally:
            process.kill()
    assert (process.returncode, out) == (0, f"{seed}: all 29 lines are in {one.url('T')}\n")
    assert err == (
        f"recorder: shipping {seed} to {one.url('T')}; Ctrl-C ends it\n"
        f"recorder: {seed}:30: the last line is incomplete (its recorder was killed) and is left out\n"
    )


def test_attached_it_ends_with_its_parent(seed, one):
    """It says what it has to say on standard output."""
    command = [sys.executable, "-m", "recorder", "ship", str(seed), one.url("T"), "--follow", "--attached"]
    done = subprocess.run(command, input="", capture_output=True, text=True, timeout=20, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"{seed}: all 28 lines are in {one.url('T')}\n"


def test_a_compressed_capture_is_not_followed(run, seed, one, tmp_path):
    """It grows no more."""
    packed = tmp_path / "run.jsonl.zst"
    packed.write_bytes(zstandard.compress(seed.read_bytes()))
    result = run("ship", packed, one.url("T"), "--follow")
    assert (result.code, result.err) == (
        2,
        f"recorder: {packed}: is compressed, and grows no more; leave out --follow\n",
    )
