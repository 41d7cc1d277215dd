"""An iteration in a process of its own."""

import os
import subprocess
import sys
import textwrap
import threading

from recorder.forked import worthwhile

WAIT = 30


def run(program):
    """What a program prints that has `forked`; nothing goes wrong in it."""
    begin = "import os, signal, sys, time\nfrom recorder.forked import forked\n"
    command = [sys.executable, "-W", "error", "-c", begin + textwrap.dedent(program)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=WAIT, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_messages_come_from_another_process():
    """All of them, in their order, whatever their size."""
    program = """
        def make():
            yield b"%d" % os.getpid()
            yield from (b"x" * size for size in (1, 70_000, 2))
        first, *rest = forked(make)
        print(int(first) != os.getpid(), [len(one) for one in rest])
    """
    assert run(program) == "True [1, 70000, 2]\n"


def test_what_it_raises_is_raised_here():
    """Behind the messages before it."""
    program = """
        def make():
            yield b"one"
            raise KeyError("two")
        messages = forked(make)
        print(next(messages))
        try:
            next(messages)
        except KeyError as error:
            print(error)
    """
    assert run(program) == "b'one'\n'two'\n"


def test_it_ends_with_who_takes_it():
    """Nothing is left of it, however much it still had to say."""
    program = """
        def make():
            yield b"%d" % os.getpid()
            while True:
                yield b"x" * 1000
        messages = forked(make)
        child = int(next(messages))
        messages.close()
        try:
            os.kill(child, 0)
        except ProcessLookupError:
            print("gone")
    """
    assert run(program) == "gone\n"


def test_one_that_is_ended_from_outside_is_an_error():
    """It does not count as an end of what is read."""
    program = """
        def make():
            yield b"one"
            os.kill(os.getpid(), signal.SIGKILL)
        try:
            print(list(forked(make)))
        except ChildProcessError as error:
            print(error)
    """
    assert run(program) == "the process that reads was ended; there may be too little memory\n"


def test_an_interrupt_is_for_who_takes_it():
    """It is told once, though both are in one group of processes."""
    program = """
        def make():
            yield b"ready"
            time.sleep(60)
        messages = forked(make)
        next(messages)
        try:
            os.killpg(os.getpid(), signal.SIGINT)
            next(messages)
        except KeyboardInterrupt:
            messages.close()
            print("interrupted")
    """
    begin = (
        "os.setpgid(0, 0)\nsignal.signal(signal.SIGINT, signal.default_int_handler)\n"  # who runs tests may ignore it
    )
    assert run(begin + textwrap.dedent(program)) == "interrupted\n"


def test_where_it_is_of_use():
    """With several cores, and no other thread: a copy would have none of these."""
    one_core = f"import os\nos.sched_setaffinity(0, {{{min(os.sched_getaffinity(0))}}})\n" if os.name == "posix" else ""
    say = "from recorder.forked import worthwhile\nprint(worthwhile())"
    alone = subprocess.run(
        [sys.executable, "-c", one_core + say], capture_output=True, text=True, timeout=WAIT, check=True
    )
    assert alone.stdout == "False\n"
    ended = threading.Event()
    other = threading.Thread(target=ended.wait)
    other.start()
    try:
        assert not worthwhile()
    finally:
        ended.set()
        other.join()
