"""`recorder view`: what it refuses, and what it prints; the page's server is tested in tests/live."""

import json
import re
import signal
import subprocess
import sys
from contextlib import contextmanager
from urllib.request import HTTPCookieProcessor, build_opener, urlopen

import pytest

ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+/")


@contextmanager
def viewing(*arguments, **how):
    """`recorder view ARGUMENTS...` in a process of its own; it, and its page's address."""
    command = [sys.executable, "-m", "recorder", "view", *map(str, arguments)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "stdin": subprocess.PIPE}
    with subprocess.Popen(command, **pipes, text=True, **how) as process:
        try:
            line = process.stdout.readline()
            found = ADDRESS.search(line)
            assert found, line + process.stderr.read()
            yield process, found[0], line
        finally:
            process.kill()


def events(address):
    """How many events a page knows."""
    with urlopen(f"{address}api/capture") as answer:
        return json.loads(answer.read())["events"]


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["a", "b", "c"], "at most two captures can be shown; give one or two"),
        (["-", "-"], "standard input can be only one of the captures; give a file for the other"),
        (
            ["run.jsonl", "--host", "0.0.0.0"],
            "--host 0.0.0.0 lets other machines open the page; add --token with a secret of 16 characters or more",
        ),
        (
            ["run.jsonl", "--host", "10.0.0.1", "--token", "short"],
            "--host 10.0.0.1 lets other machines open the page; add --token with a secret of 16 characters or more",
        ),
        (["no-such.jsonl"], "no-such.jsonl: cannot read: No such file or directory"),
        (["run.jsonl", "--port", "70000"], "70000 is not a port to listen on; write one from 1 to 65535"),
        (
            ["run.jsonl", "--marks", "here"],
            "'here' is not an address to listen on; write HOST:PORT, as in 127.0.0.1:4014",
        ),
    ],
)
def test_a_mistake_is_one_line(run, seed, arguments, line):
    """With what to do."""
    del seed
    done = run("view", *arguments)
    assert (done.code, done.out, done.err) == (2, "", f"recorder: {line}\n")


def test_a_capture_is_shown_until_ctrl_c(seed):
    """At the address that is printed."""
    with viewing(seed, "--port", "0") as (process, address, line):
        assert line == f"run.jsonl: {address}\n"
        assert events(address) == 27
        with urlopen(address) as page:
            assert b"<script" in page.read()
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0


def test_a_port_that_is_taken_is_said_or_another_taken(seed, run):
    """Another, where nobody asked for that one."""
    with viewing(seed, "--port", "0") as (_process, address, _line):
        port = address.rstrip("/").rpartition(":")[2]
        done = run("view", seed, "--port", port)
        assert (done.code, "choose another with --port" in done.err) == (2, True)
    with viewing(seed) as (_one, first, _line), viewing(seed) as (_other, second, _said):
        assert first != second
        assert events(first) == events(second) == 27


def test_an_address_that_is_not_this_machine_s_is_told_by_its_option(run, seed):
    """Another port would not help."""
    done = run("view", seed, "--host", "192.0.2.1", "--token", "a-long-secret-token", "--port", "0")
    assert (done.code, done.err.count("\n")) == (2, 1)
    assert done.err.endswith(
        "cannot listen on 192.0.2.1:0: Cannot assign requested address; choose another with --host\n"
    )


@pytest.mark.parametrize("token", ["a-long-secret-token", "p&ss w#rd; 0123456789+%20", 'töken "\\ 0123456789'])
def test_any_token_opens_the_page_by_the_printed_address(seed, token):
    """Whatever characters it has; afterwards the browser's cookie holds it."""
    with viewing(seed, "--port", "0", "--token", token) as (_process, _address, line):
        browser = build_opener(HTTPCookieProcessor())
        printed = line.split()[-1]
        with browser.open(printed) as page:
            assert b"<script" in page.read()
        with browser.open(f"{printed.partition('?')[0]}api/capture") as answer:
            assert json.loads(answer.read())["events"] == 27


def test_standard_input_is_shown_as_it_comes(seed):
    """Its first lines before its last."""
    lines = seed.read_text().splitlines(keepends=True)
    process = subprocess.Popen(
        [sys.executable, "-m", "recorder", "view", "-", "--port", "0"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            process.stdin.write("".join(lines[:5]))
            process.stdin.flush()
            address = ADDRESS.search(process.stdout.readline())[0]
            while events(address) < 4:
                pass
            process.stdin.write("".join(lines[5:]))
            process.stdin.close()
            while events(address) < 27:
                pass
        finally:
            process.kill()


@pytest.mark.parametrize(("sent", "code"), [('{"a"\n', 2), (None, 0)])
def test_it_ends_while_standard_input_is_open(seed, sent, code):
    """Because of what has come from it, or by Ctrl-C; nothing is printed but what is the user's."""
    process = subprocess.Popen(
        [sys.executable, "-m", "recorder", "view", "-", "--port", "0"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            process.stdin.write(sent or "".join(seed.read_text().splitlines(keepends=True)[:5]))
            process.stdin.flush()
            if sent is None:
                assert ADDRESS.search(process.stdout.readline())
                process.send_signal(signal.SIGINT)
            assert process.wait(20) == code
            assert len(process.stderr.read().splitlines()) == 1
        finally:
            process.kill()


def test_what_is_attached_ends_with_its_other(seed):
    """When its standard input does, however that came about."""
    with viewing(seed, "--port", "0", "--attached") as (process, address, line):
        assert line == f"{address}\n"
        process.stdin.close()
        assert process.wait(20) == 0


def test_what_is_torn_is_said_at_the_end(seed):
    """As by other commands."""
    seed.write_bytes(seed.read_bytes()[:-5])
    with viewing(seed, "--port", "0") as (process, _address, _line):
        process.send_signal(signal.SIGTERM)
        assert "the last line is incomplete" in process.communicate(timeout=20)[1]


def test_what_the_name_of_a_file_says_is_shown_and_not_obeyed(seed):
    """On a terminal, too."""
    odd = seed.with_name("x\x1b[2J\udcff.jsonl")
    seed.rename(odd)
    with viewing(odd, "--port", "0") as (_process, address, line):
        assert line.startswith(r"x\x1b[2J")
        assert line.rstrip("\n").isprintable()
        assert events(address) == 27
