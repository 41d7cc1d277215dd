"""`recorder stdio` and `recorder replay --stdio`, as a client starts them."""

import json
import re
import subprocess
import sys

import pytest
from brokers import broker
from ports import free_port

from recorder.api import load

PATIENCE = 20.0
SERVER = """
import json, sys
for line in sys.stdin:
    asked = json.loads(line)
    print(json.dumps({"jsonrpc": "2.0", "id": asked["id"], "result": sum(asked["params"])}), flush=True)
"""
CALL, ANSWER = (
    b'{"jsonrpc":"2.0","id":1,"method":"sum","params":[1,2]}\n',
    b'{"jsonrpc": "2.0", "id": 1, "result": 3}\n',
)


@pytest.fixture
def call(tmp_path):
    """Runs the command as a client does: exit code, output, errors."""

    def _call(*arguments, said=b""):
        command = [sys.executable, "-m", "recorder", *map(str, arguments)]
        done = subprocess.run(command, input=said, capture_output=True, cwd=tmp_path, timeout=PATIENCE, check=False)
        return done.returncode, done.stdout, done.stderr.decode()

    return _call


@pytest.fixture
def recorded(call, tmp_path):
    """A capture of one sum."""
    assert call("stdio", "--", sys.executable, "-c", SERVER, said=CALL) == (0, ANSWER, "")
    return tmp_path / "run.jsonl"


def test_a_server_s_options_are_its_own(call, tmp_path):
    """Behind `--` nothing is the recorder's."""
    code, out, _err = call("stdio", "-o", "a.jsonl", "--", "echo", "-v", "--help", "--", "-o", "b.jsonl")
    assert (code, out) == (0, b"-v --help -- -o b.jsonl\n")
    assert [path.name for path in tmp_path.iterdir()] == ["a.jsonl"]


def test_nothing_is_shown_unless_somebody_wants_to_see_it(call, recorded):
    """Then on standard error, with what there was in all."""
    code, out, err = call("stdio", "-v", "--overwrite", "--", sys.executable, "-c", SERVER, said=CALL)
    assert (code, out) == (0, ANSWER)
    shown = re.sub(r"\d\d:\d\d:\d\d\.\d{3} |[\d.]+ m?s, ", "", err).splitlines()
    assert shown[0].startswith("client opens stdio:")
    assert shown[1:7] == [
        "client ---> sum 1  54 B",
        "client <--- result of sum  40 B",
        "client closed by party, 1000 exit code 0",
        "",
        "1 session, 0 errors",
        "to node:   1 frame, 54 bytes",
    ]


def test_each_start_may_make_a_capture(call, tmp_path):
    """With the time in its name; another is never replaced unless somebody says so."""
    for _ in range(2):
        assert call("stdio", "-o", "run-{time}.jsonl", "--", "true")[0] == 0
    names = sorted(path.name for path in tmp_path.iterdir())
    assert len(names) == 2
    assert all(re.fullmatch(r"run-\d{8}T\d{6}\.\d{6}Z\.jsonl", name) for name in names)
    code, out, err = call("stdio", "-o", names[0], "--", "true")
    assert (code, out) == (2, b"")
    assert "exists already" in err


def test_a_server_that_there_is_not(call, tmp_path):
    """Is said in one line, and leaves no capture."""
    assert call("stdio", "--", "no-such-server") == (
        2,
        b"",
        "recorder: cannot start 'no-such-server': No such file or directory\n",
    )
    assert list(tmp_path.iterdir()) == []


def test_a_capture_is_written_plain(call):
    """As every command says."""
    code, _out, err = call("stdio", "-o", "run.jsonl.zst", "--", "true")
    assert (code, "written uncompressed" in err) == (2, True)


def test_a_capture_is_the_server_for_its_client(call, recorded):
    """Standard output is the client's alone; what else there is to say is said on standard error."""
    live = CALL.replace(b'"id":1', b'"id":"x"')
    code, out, err = call("replay", "--stdio", recorded, "-q", said=live)
    assert (code, json.loads(out)) == (0, {"jsonrpc": "2.0", "id": "x", "result": 3})
    assert err.splitlines() == [
        f"playing {recorded} on standard input and output",
        "everything recorded came, and nothing else",
    ]


def test_what_is_other_than_recorded_is_exit_code_1(call, recorded):
    """With the explanation that `replay` gives."""
    code, out, err = call("replay", "--stdio", recorded, said=CALL.replace(b"sum", b"product"))
    assert code == 1
    assert "no such request" in json.loads(out)["error"]["message"]
    assert "client product extra: it came, and was not recorded" in err
    assert "client ---> product" in err


def test_two_recordings_are_the_same_run_wherever_the_server_stands(call, recorded):
    """What starts it is no difference, as an address is none."""
    assert call("stdio", "-o", "b.jsonl", "--", sys.executable, "-u", "-c", SERVER, said=CALL)[0] == 0
    assert call("diff", recorded, "b.jsonl")[:2] == (0, b"0 differences in 2 frames\n")


@pytest.mark.untraced
@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--stdio", "--listen", "127.0.0.1:3999"], "--listen has no effect here"),
        (["--stdio", "--loop"], "--loop has no effect here"),
        (["--stdio", "--as", "client", "ws://127.0.0.1:1"], "--stdio has no effect here"),
        (["--as", "client", "ws://127.0.0.1:1"], "cannot be played against a URL"),
        ([], "play it with --stdio"),
    ],
)
def test_what_has_no_effect_is_refused(call, recorded, options, said):
    """In one line that says why."""
    code, out, err = call("replay", recorded, *options)
    assert (code, out) == (2, b"")
    assert said in err


def test_the_header_tells_what_was_recorded(recorded):
    """By which recorder, when, and what was started."""
    with load(recorded) as capture:
        assert capture.header.started > 0
        assert capture.header.mitmproxy == ""
        assert capture.header.upstreams[0].startswith("stdio:")


def test_a_client_may_end_its_mock_by_a_signal(recorded):
    """What never came is said then, too."""
    command = [sys.executable, "-m", "recorder", "replay", "--stdio", str(recorded)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as mock:
        assert b"playing" in mock.stderr.readline()
        mock.terminate()
        out, err = mock.communicate(timeout=PATIENCE)
    assert (mock.returncode, out) == (1, b"")
    assert b"0 extra, 2 missing" in err


def test_secrets_are_masked_in_the_command_and_where_somebody_says(call, tmp_path):
    """Before they are written; the server and its client have them as they are."""
    said = b'{"jsonrpc":"2.0","id":1,"method":"log_in","params":["hunter2"]}\n'
    command = ("--", "env", "API_KEY=abcd", "cat")
    assert call("stdio", "--mask", "log_in params[0]", *command, said=said)[:2] == (0, said)
    with load(tmp_path / "run.jsonl") as capture:
        opened, asked, *_ = capture
    assert opened.url == "stdio:env 'API_KEY=«api key 1»' cat"
    assert capture.header.upstreams == [opened.url]
    assert json.loads(asked.payload)["params"] == ["«secret 1»"]
    call("stdio", "--mask-none", "--overwrite", *command, said=said)
    with load(tmp_path / "run.jsonl") as capture:
        assert next(iter(capture)).url == "stdio:env API_KEY=abcd cat"


def test_what_passes_is_shipped(call, tmp_path):
    """While the server runs, and at the end the rest, which is said; the server's output is its own."""
    with broker(tmp_path / "broker") as one:
        code, out, err = call("stdio", "--ship", one.url("T"), "--", sys.executable, "-c", SERVER, said=CALL)
        assert (code, out) == (0, ANSWER)
        assert err == f"--ship: run.jsonl: all 5 lines are in {one.url('T')}\n"


def test_a_server_of_a_stream_that_is_not_there(call, tmp_path):
    """Delays nothing but the end, by some seconds; what sends the capture is said."""
    url = f"nats://127.0.0.1:{free_port()}/T"
    code, out, err = call("stdio", "--ship", url, "--", sys.executable, "-c", SERVER, said=CALL)
    assert (code, out) == (0, ANSWER)
    assert err.startswith("--ship: ")
    assert err.splitlines()[0].endswith("it is tried again until it works")
    assert err.endswith(f"are not in {url}: no server has answered; `recorder ship run.jsonl {url}` sends them\n")


def test_a_stream_that_is_none(call, tmp_path):
    """Is refused before the server is started."""
    code, out, err = call("stdio", "--ship", "T", "--", sys.executable, "-c", SERVER, said=CALL)
    assert (code, out) == (2, b"")
    assert err == "recorder: --ship: 'T' is not a stream; write it as nats://127.0.0.1:4222/TRAFFIC\n"
    assert not [*tmp_path.iterdir()]
