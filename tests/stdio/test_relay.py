"""A server behind the recorder is to its client as it is without: bytes, ends, signals; and all of it is recorded."""

import json
import os
import resource
import select
import signal
import subprocess
import sys
import termios
import time
from fcntl import ioctl
from threading import Thread

import pytest

from recorder.model import Closed
from recorder.stdio.relay import LINGER

PATIENCE = 20.0
ROOM = 400_000  # bytes that a capture may grow to before the "disk" is full
LINE = b'{"jsonrpc":"2.0","method":"m","params":["\xc3\xa4 \\u00e4", 1.0e2]}'
FRAMED = b"Content-Length: %d\r\nContent-Type: x\r\n\r\n%s" % (len(LINE), LINE)
LARGE = b'{"params":"' + b"x" * 10_000_000 + b'"}'

FLOOD = """
import os, sys
print(os.getpid(), flush=True)
for number in range(1_000_000):
    print('{"method":"n%d","params":"%s"}' % (number, "x" * 100), flush=True)
"""

COUNT = """
import signal, time
came = []
signal.signal(signal.SIGINT, lambda *_: came.append(1))
for number in range(10):
    print(number, flush=True)
    while len(came) <= number:
        time.sleep(0.001)
until = time.monotonic() + 0.3  # one more would be on its way
while time.monotonic() < until:
    time.sleep(0.01)
print("came", len(came), flush=True)
"""


def closing(start):
    """How the capture ends."""
    last = start.events[-1]
    assert isinstance(last, Closed)
    return last.by, last.code, last.reason


def until(true):
    """Wait for something that is bound to happen."""
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.01)


def alive(process):
    """Whether a process that is none of ours is there."""
    shown = subprocess.run(["ps", "-o", "stat=", "-p", str(process)], capture_output=True, text=True, check=False)
    return shown.stdout.strip()[:1] not in {"", "Z"}  # one that nobody has waited for is none


@pytest.mark.parametrize(
    ("said", "frames"),
    [
        (b"", []),
        (LINE + b"\n" + LINE + b"\r\n\n", [LINE, LINE]),
        (FRAMED + FRAMED, [LINE, LINE]),
        (LARGE + b"\n", [LARGE]),
        (b"Content-Length: %d\r\n\r\n" % len(LARGE) + LARGE + FRAMED, [LARGE, LINE]),
        (b"\x00\xff no JSON\nand no end", [b"\x00\xff no JSON", b"and no end"]),
    ],
    ids=["nothing", "lines", "lengths", "a large line", "a large length", "no messages"],
)
def test_bytes_pass_unchanged_both_ways_and_are_recorded(start, said, frames):
    """Whatever they are, whatever their framing."""
    assert start.talk("cat", said=said) == (0, said, b"")
    assert (start.frames("to_node"), start.frames("from_node")) == (frames, frames)
    assert closing(start) == ("party", 1000, "exit code 0")


def test_what_is_written_when_the_client_has_ended_passes_and_so_does_the_exit_code(start):
    """The server sees the end of its input, and says the rest."""
    done = start.talk("sh", "-c", "cat > /dev/null; echo '{\"bye\":1}'; echo why >&2; exit 4", said=LINE)
    assert done == (4, b'{"bye":1}\n', b"why\n")
    assert (start.frames("to_node"), start.frames("from_node")) == ([LINE], [b'{"bye":1}'])
    assert closing(start) == ("party", 1006, "exit code 4")


def test_a_server_that_goes_first(start):
    """Its exit code comes though the client has not ended."""
    with start("sh", "-c", "echo 1; exit 3") as client:
        assert client.wait(PATIENCE) == 3
    assert closing(start) == ("node", 1006, "exit code 3")


@pytest.mark.parametrize("name", ["SIGKILL", "SIGTERM", "SIGSEGV"])
def test_a_server_that_a_signal_ends(start, name):
    """The recorder ends by the same signal, which a shell calls 128 and its number."""
    with start("sh", "-c", f"kill -{name[3:]} $$") as client:
        assert client.wait(PATIENCE) == -signal.Signals[name]
    assert closing(start) == ("node", 1006, f"signal {name}")


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT", "SIGHUP", "SIGUSR1"])
def test_a_signal_is_the_server_s(start, name):
    """Which does about it what it likes; the recorder waits for it."""
    server = f"trap 'echo got; exit 5' {name[3:]}; echo ready; while :; do sleep 0.01; done"

    def heard():  # in the background of a shell some signals are ignored, and a child of it cannot trap them
        signal.signal(signal.Signals[name], signal.SIG_DFL)

    with start("sh", "-c", server, preexec_fn=heard) as client:
        assert client.stdout.readline() == b"ready\n"
        client.send_signal(signal.Signals[name])
        assert client.communicate(timeout=PATIENCE) == (b"got\n", b"")
        assert client.returncode == 5
    assert closing(start) == ("party", 1006, "exit code 5")


def test_the_terminal_s_ctrl_c_reaches_the_server_once(start):
    """The terminal has sent it to both of them."""
    master, slave = os.openpty()

    def own_terminal():
        os.setsid()
        ioctl(slave, termios.TIOCSCTTY, 0)

    with start(sys.executable, "-c", COUNT, preexec_fn=own_terminal) as client:
        for number in range(10):
            assert client.stdout.readline() == b"%d\n" % number
            os.write(master, b"\x03")
        assert client.communicate(timeout=PATIENCE)[0] == b"came 10\n"
    os.close(master)
    os.close(slave)


def test_a_client_that_reads_no_more_ends_the_server_as_without(start):
    """It has a pipe that nobody reads."""
    with start("yes", LINE.decode()) as client:
        assert client.stdout.readline() == LINE + b"\n"
        client.stdout.close()
        assert client.wait(PATIENCE) == -signal.SIGPIPE
    assert closing(start) == ("party", 1006, "signal SIGPIPE")


def test_a_client_that_reads_no_more_is_seen_before_anybody_writes(start):
    """A server that has nothing to say may wait for that."""
    program = "import select; one = select.poll(); one.register(1, 0); print('ready', flush=True); one.poll(); exit(9)"
    with start(sys.executable, "-c", program) as client:
        assert client.stdout.readline() == b"ready\n"
        client.stdout.close()
        assert client.wait(PATIENCE) == 9


def test_a_server_that_reads_no_more_tells_its_client(start):
    """The client has a pipe that nobody reads, and sees it before it writes."""
    with start("sh", "-c", "exec 0<&-; echo ready; exec sleep 60") as client:
        assert client.stdout.readline() == b"ready\n"
        unread = select.poll()
        unread.register(client.stdin, 0)
        assert unread.poll(PATIENCE * 1000) != []
        with pytest.raises(BrokenPipeError):
            os.write(client.stdin.fileno(), LINE)
        client.terminate()
        assert client.wait(PATIENCE) == -signal.SIGTERM


def test_a_server_that_says_no_more_tells_its_client(start):
    """The client sees the end, and may still say something."""
    with start("sh", "-c", "exec 1>&-; read line; exit 5") as client:
        assert client.stdout.read() == b""
        client.stdin.write(LINE + b"\n")
        client.stdin.flush()
        assert client.wait(PATIENCE) == 5
    assert start.frames("to_node") == [LINE]


@pytest.mark.untraced
def test_one_direction_does_not_wait_for_the_other(start):
    """A server that reads only when it has written everything, and a client that does so too."""
    program = "import sys; sys.stdout.write('[1]\\n' * 500_000); sys.stdout.flush(); print(len(sys.stdin.read()))"
    with start(sys.executable, "-c", program) as client:
        said = LARGE + b"\n"
        heard = []
        reading = Thread(target=lambda: heard.append(client.stdout.read()))
        reading.start()
        client.stdin.write(said)
        client.stdin.close()
        reading.join(PATIENCE)
        assert heard == [b"[1]\n" * 500_000 + b"%d\n" % len(said)]


def test_a_client_that_does_not_read_holds_up_the_server(start):
    """What it has not read is neither kept nor recorded, but for what pipes hold."""
    program = (
        "import sys\nfor _ in range(10_000): print('[' + '1' * 1000 + ']', flush=True); print('x', file=sys.stderr)"
    )
    with start(sys.executable, "-c", program) as client:
        os.set_blocking(client.stderr.fileno(), False)
        lines, quiet = 0, time.monotonic()
        while not lines or time.monotonic() - quiet < 0.5:  # it stands still
            if data := client.stderr.read():
                lines, quiet = lines + data.count(b"\n"), time.monotonic()
            time.sleep(0.01)
        assert 0 < lines < 500
        assert len(start.frames("from_node")) <= lines + 1


def test_a_client_takes_its_time_to_read_what_a_server_has_left(start):
    """The server is gone, and nothing is lost of what it wrote."""
    with start("sh", "-c", "yes | head -c 150000") as client:
        time.sleep(3 * LINGER)  # longer than anybody waits who has nothing to pass
        assert client.stdout.read() == b"y\n" * 75_000
        assert client.wait(PATIENCE) == 0


def test_a_child_that_outlives_its_server_holds_up_nobody(start):
    """What it holds open is no reason to wait for it."""
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "recorder", "stdio", "-o", start.file, "--", "sh", "-c", "sleep 30 & echo 1; exit 2"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        check=False,
        timeout=PATIENCE,
    )
    assert (done.returncode, done.stdout) == (2, b"1\n")
    assert time.monotonic() - began < 10


def test_what_else_is_open_is_the_server_s(start):
    """As a file that its client has given it by number."""
    read, write = os.pipe()
    with start("sh", "-c", f"echo 1 > /dev/fd/{write}", pass_fds=(write,)) as client:
        assert client.wait(PATIENCE) == 0
    os.close(write)
    assert os.read(read, 10) == b"1\n"
    os.close(read)


def test_nothing_that_a_client_received_is_missing_when_the_recorder_is_killed(start):
    """`kill -9`: the capture is readable, and the server goes for it has nobody to speak to."""
    with start(sys.executable, "-c", FLOOD) as client:
        server = int(client.stdout.readline())
        heard = [client.stdout.readline() for _ in range(2000)]
        client.kill()
        heard += client.stdout.read().splitlines(keepends=True)
        until(lambda: not alive(server))
    whole = [line.rstrip(b"\n") for line in heard if line.endswith(b"\n")]
    assert len(whole) >= 2000
    assert start.frames("from_node")[1 : len(whole) + 1] == whole


def test_nothing_passes_that_cannot_be_recorded(start):
    """A full disk ends the server; the recorder says why, and exits with 1."""

    def full_disk():
        resource.setrlimit(resource.RLIMIT_FSIZE, (ROOM, ROOM))

    environment = os.environ | {"COVERAGE_PROCESS_CONFIG": ""}  # which could not be written either
    code, out, err = start.talk(sys.executable, "-c", FLOOD, preexec_fn=full_disk, env=environment)
    assert code == 1
    assert err.splitlines()[-1].decode() == (
        f"recorder: {start.file}: cannot write the capture: File too large; the server was stopped"
    )
    heard = out[: out.rfind(b"\n")].splitlines()  # a line is a message once it has its end
    assert len(heard) > 100
    assert start.frames("from_node")[: len(heard)] == heard


def test_a_terminal_is_as_good_as_a_pipe(start):
    """Somebody may try a server by hand."""
    master, slave = os.openpty()
    with start("head", "-n", "1", stdin=slave) as client:
        os.write(master, b'{"id":1}\n')
        assert client.communicate(timeout=PATIENCE)[0] == b'{"id":1}\n'
    os.close(master)
    os.close(slave)


def test_a_pipe_that_does_not_wait_is_as_good_as_one_that_does(start):
    """Some clients hand over an end of their own, which never blocks."""
    heard, target = os.pipe()
    source, said = os.pipe()
    for file in (source, target):
        os.set_blocking(file, False)
    with start("cat", stdin=source, stdout=target) as client:
        for file in (source, target):
            os.close(file)
        with os.fdopen(heard, "rb") as reading, os.fdopen(said, "wb") as writing:
            work = Thread(target=lambda: (writing.write(LARGE), writing.close()))
            work.start()
            assert reading.read() == LARGE
            work.join(PATIENCE)
        assert client.wait(PATIENCE) == 0


def test_a_file_is_as_good_as_a_pipe(start, tmp_path):
    """Whatever standard input and output are."""
    said, heard = tmp_path / "said", tmp_path / "heard"
    said.write_bytes(LINE + b"\n")
    with said.open("rb") as source, heard.open("wb") as target, start("cat", stdin=source, stdout=target) as client:
        assert client.wait(PATIENCE) == 0
    assert heard.read_bytes() == LINE + b"\n"
    assert json.loads(start.file.read_text().splitlines()[0])["upstreams"] == ["stdio:cat"]
