"""The pytest plugin, as a project uses it: each test here runs pytest on a small project of its own.

Rule: pytest runs in this process, for its start takes longer than most of these tests; in one of its own it runs where
that is what is tested.
"""

import json
import re
import subprocess
import sys
import threading
import uuid
from pathlib import Path

import pytest
import websockets.asyncio.client
import websockets.sync.client
from ports import free_port
from websockets.sync.server import serve

import recorder.server.child
import recorder.server.thread
from recorder import capture, load
from recorder.model import MARK, Closed, Header, Note, Opened

pytest_plugins = ["pytester"]

# Pytester forgets the modules that a run in this process was the first to import, and imported twice, some differ from
# themselves (asyncio's exceptions): what the plugin and its users import when they need it is there before.
IMPORTED = [websockets.asyncio.client, websockets.sync.client, recorder.server.child, recorder.server.thread]
TRANSCRIPTS = Path(__file__).parents[1] / "transcripts"
ASK = b'{"jsonrpc":"2.0","id":1,"method":"sum","params":[1,2]}'
ANSWER = b'{"jsonrpc":"2.0","id":1,"result":3}'
CLIENT = """
import json
import pytest
from websockets.sync.client import connect

def ask(url, method="sum", path="/rpc"):
    with connect(url + path, proxy=None) as wire:
        wire.send(json.dumps({"jsonrpc": "2.0", "id": 7, "method": method, "params": [1, 2]}))
        return json.loads(wire.recv(timeout=10))
"""


def dialogue(session, *payloads, url="ws://node/rpc"):
    """The events of a session in which client and node take turns."""
    yield Opened(session=session, party=f"client {session}", url=url)
    for number, payload in enumerate(payloads):
        yield capture.frame(payload, session=session, direction=("to_node", "from_node")[number % 2])
    yield Closed(session=session, code=1000)


@pytest.fixture
def project(pytester, monkeypatch):
    """Writes a project with the capture of one question, and runs pytest there, `alone` in a process of its own."""
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
    folder = pytester.mkdir("captures")
    lines = [capture.dump(item) for item in [Header(format=1, run="x", recorder="0"), *dialogue(1, ASK, ANSWER)]]
    (folder / "sum.jsonl").write_bytes(b"".join(lines))

    def run(test, *options, capture="sum.jsonl", alone=False):
        marked = f"\npytestmark = pytest.mark.capture({capture!r})\n" if capture else "\n"
        pytester.makepyfile(CLIENT + marked + test)
        pytest_in = pytester.runpytest_subprocess if alone else pytester.runpytest_inprocess
        return pytest_in("-p", "recorder.plugin", "-p", "no:cacheprovider", "-W", "error", "--strict-markers", *options)

    run.capture = folder / "sum.jsonl"
    return run


def test_a_test_talks_to_the_capture(project):
    """A sync client gets the recorded answer, with its own id."""
    project(
        "def test(mock_node):\n    assert ask(mock_node.url) == {'jsonrpc': '2.0', 'id': 7, 'result': 3}"
    ).assert_outcomes(passed=1)


def test_each_test_has_a_node_of_its_own(project):
    """The capture begins anew for every test."""
    test = (
        "@pytest.mark.parametrize('n', range(3))\ndef test(mock_node, n):\n    assert ask(mock_node.url)['result'] == 3"
    )
    project(test).assert_outcomes(passed=3)


def test_asyncio_tests_need_nothing_else(project):
    """The node answers while the test's own loop waits, and when that loop is gone."""
    test = """
import asyncio
from websockets.asyncio.client import connect as connect_async
def test(mock_node):
    async def talk():
        async with connect_async(mock_node.url + "/rpc", proxy=None) as wire:
            await wire.send('{"jsonrpc":"2.0","id":"a","method":"sum","params":[1,2]}')
            return json.loads(await wire.recv())
    assert asyncio.run(talk())["id"] == "a"
    assert mock_node.outcome.ok
"""
    project(test).assert_outcomes(passed=1)


@pytest.mark.untraced
def test_it_works_under_xdist(project):
    """Workers play the same capture at the same time."""
    pytest.importorskip("xdist")
    test = (
        "@pytest.mark.parametrize('n', range(6))\ndef test(mock_node, n):\n    assert ask(mock_node.url)['result'] == 3"
    )
    project(test, "-n", "2", alone=True).assert_outcomes(passed=6)


def test_a_client_in_another_language_needs_the_url_alone(project):
    """A process that knows nothing of pytest talks to the node."""
    test = f"""
import subprocess, sys
SCRIPT = {CLIENT + "import sys; print(ask(sys.argv[1])['result'])"!r}
def test(mock_node):
    done = subprocess.run([sys.executable, "-c", SCRIPT, mock_node.url], capture_output=True, text=True, check=True)
    assert done.stdout == "3\\n"
"""
    project(test).assert_outcomes(passed=1)


def test_an_unexpected_frame_fails_the_test(project):
    """What nobody recorded is explained: what came, what comes nearest, and where that stands."""
    result = project("def test(mock_node):\n    assert 'error' in ask(mock_node.url, 'product')")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "*sum.jsonl: the traffic differs from the capture",
            "client 1 product extra: it came, and was not recorded",
            "  not *sum.jsonl:3 sum:",
            '    method: "sum" expected, "product" came (they must be equal)',
        ]
    )


def test_an_unused_frame_fails_the_test(project):
    """What was recorded must come."""
    result = project("def test(mock_node):\n    assert mock_node.url.startswith('ws://127.0.0.1:')")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*sum.jsonl:3: client 1 sum missing: it was recorded, and never came"])


def test_a_test_that_failed_is_not_judged(project):
    """The first failure is the one to mend; what the node saw stands beside it, for it may be the reason."""
    result = project("def test(mock_node):\n    assert ask(mock_node.url, 'product') == 3")
    result.assert_outcomes(failed=1)
    assert "not as recorded" not in result.stdout.str()
    result.stdout.fnmatch_lines(
        [
            "*Captured mock_node teardown*",
            "client 1 product extra: it came, and was not recorded",
            '    method: "sum" expected, "product" came (they must be equal)',
            "*sum.jsonl:3: client 1 sum missing: it was recorded, and never came",
            "and 1 more is missing",
        ]
    )


def test_what_was_unexpected_is_told_once(project):
    """A failure that says it already is followed by no second telling."""
    test = "def test(mock_node):\n    assert 'error' in ask(mock_node.url, 'product')"
    result = project(test, "-rN")  # no summary, which repeats it where CI is set
    assert result.stdout.str().count("client 1 product extra: it came, and was not recorded") == 1


def test_a_client_may_end_with_its_own_fixture(project):
    """What a fixture does in its teardown counts, and so does what it leaves undone."""
    test = """
@pytest.fixture
def client(mock_node):
    with connect(mock_node.url + "/rpc", proxy=None) as wire:
        yield wire
        wire.send('{"jsonrpc":"2.0","id":1,"method":"sum","params":[1,2]}')
        wire.recv(timeout=10)
def test_asks_later(client):
    pass
@pytest.fixture
def idle(mock_node):
    with connect(mock_node.url + "/rpc", proxy=None) as wire:
        yield wire
def test_never_asks(idle):
    pass
"""
    result = project(test)
    result.assert_outcomes(passed=2, errors=1)
    result.stdout.fnmatch_lines(["*client 1 sum missing: it was recorded, and never came"])


def test_a_client_may_stay_connected(project):
    """One of the whole test run closes its session when all tests are over; what it has not asked is missing all the same."""
    test = """
from contextlib import ExitStack
@pytest.fixture(scope="session")
def clients():
    with ExitStack() as stack:
        yield stack
def test(mock_node, clients):
    wire = clients.enter_context(connect(mock_node.url + "/rpc", proxy=None))
    wire.send('{"jsonrpc":"2.0","id":1,"method":"sum","params":[1,2]}')
    wire.recv(timeout=10)
def test_never_asks(mock_node, clients):
    clients.enter_context(connect(mock_node.url + "/rpc", proxy=None))
"""
    result = project(test)
    result.assert_outcomes(passed=2, errors=1)
    result.stdout.fnmatch_lines(["*client 1 sum missing: it was recorded, and never came"])
    result.stdout.no_fnmatch_line("*close missing*")


def test_the_marker_says_how_to_play(project):
    """Mode, faults, speed and loop are the marker's arguments."""
    test = """
@pytest.mark.capture("sum.jsonl", mode="lenient", faults=['error:2={"code":5}'], speed="recorded", loop=True)
def test(mock_node):
    assert [ask(mock_node.url)["error"]["code"] for _ in range(3)] == [5, 5, 5]
"""
    project(test).assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("marker", "options", "line"),
    [
        (
            "none.jsonl",
            [],
            "*none.jsonl: no such capture; record it with --capture-mode once --capture-upstream ws://*",
        ),
        ("none.jsonl", ["--capture-mode", "once"], "--capture-mode once needs a node to record: --capture-upstream *"),
        ("sum.jsonl", ["--capture-mode", "new"], "--capture-mode new needs a node to record: --capture-upstream *"),
        ("test_a_mistake_is_one_line.py", [], "*test_a_mistake_is_one_line.py:1: not a capture*"),
    ],
)
def test_a_mistake_is_one_line(project, marker, options, line):
    """What the user must mend is said in one line, once, without a traceback."""
    result = project("def test(mock_node):\n    pass", *options, capture=marker)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([line])
    result.stdout.no_fnmatch_line("*Traceback*")
    result.stdout.no_fnmatch_line("During handling*")


@pytest.mark.parametrize(
    ("given", "line"),
    [
        (
            "moode='strict'",
            "the marker capture has no argument 'moode'; it takes faults, file, keys, loop, mask, mode, network_id, play, profile, rules, speed",
        ),
        ("mode='exact'", "mode 'exact': write strict, shape, lenient"),
        ("faults='drop:99'", "--fault drop:99: no such frame is sent or answered in *sum.jsonl; give its method, or *"),
        ("play='nobody'", "*sum.jsonl has no nobody to play; it has client 1, node"),
    ],
)
def test_a_mistake_in_the_marker_is_one_line(project, given, line):
    """A word that nobody knows is not passed over, and a text where a list belongs is one item of it."""
    result = project(f"@pytest.mark.capture('sum.jsonl', {given})\ndef test(mock_node):\n    pass")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([line])


def test_a_party_may_be_played_with_its_key(project):
    """`play` and `keys` are read as the command's are; a key's file stands beside the capture."""
    (project.capture.parent / "initiator.key").write_text("07" * 32)
    (project.capture.parent / "two.jsonl").write_bytes((TRANSCRIPTS / "two_withdrawals.jsonl").read_bytes())
    test = """
import subprocess, sys
@pytest.mark.capture("two.jsonl", play=("node", "responder"), keys={"initiator": "initiator.key"})
def test(mock_node):
    key = f"initiator={mock_node.file.parent / 'initiator.key'}"
    command = [sys.executable, "-m", "recorder", "replay", str(mock_node.file), mock_node.url, "--as", "initiator"]
    subprocess.run([*command, "--key", key], check=True)
@pytest.mark.capture("two.jsonl", keys={"initiator": "none.key"})
def test_without(mock_node):
    pass
@pytest.mark.capture("two.jsonl", keys={"alice": "initiator.key"})
def test_for_nobody(mock_node):
    pass
"""
    result = project(test)
    result.assert_outcomes(passed=1, errors=2)
    result.stdout.fnmatch_lines(["*/captures/none.key: cannot read the key: No such file or directory"])
    result.stdout.fnmatch_lines(["*UserWarning: --key alice: no account in */two.jsonl has this name; there is *"])
    result.stdout.no_fnmatch_line("*captures/captures*")


@pytest.fixture
def upstream(tmp_path):
    """A node that answers for ever: its URL."""
    file = tmp_path / "upstream.jsonl"
    file.write_bytes(
        b"".join(
            capture.dump(item)
            for item in [
                Header(format=1, run="y", recorder="0"),
                *dialogue(1, ASK, b'{"jsonrpc":"2.0","id":1,"result":30}'),
            ]
        )
    )
    port = free_port()
    command = [sys.executable, "-m", "recorder", "replay", str(file), "--listen", f"127.0.0.1:{port}", "--loop", "-q"]
    with subprocess.Popen([*command, "--mode", "lenient"], stdout=subprocess.PIPE, text=True) as process:
        assert "listening" in process.stdout.readline()
        yield f"ws://127.0.0.1:{port}"
        process.terminate()
        process.communicate(timeout=20)


ASKS = "def test(mock_node):\n    assert ask(mock_node.url)['result'] == {}"


def test_once_records_what_does_not_exist(project, upstream):
    """The first run records, the next one plays, without a node."""
    once = ["--capture-mode", "once", "--capture-upstream", upstream]
    project(ASKS.format(30), *once, capture="fresh.jsonl").assert_outcomes(passed=1)
    recorded = list(load(project.capture.with_name("fresh.jsonl")))
    assert [event.payload[:20] for event in recorded if hasattr(event, "payload")] == [
        b'{"jsonrpc": "2.0", "',
        b'{"jsonrpc":"2.0","id',
    ]
    project(ASKS.format(30), capture="fresh.jsonl").assert_outcomes(passed=1)
    project(ASKS.format(3), *once).assert_outcomes(passed=1)


def test_all_records_again(project, upstream):
    """What exists is replaced; what people put into it is kept, and so is its party's name."""
    old = [*load(project.capture)]
    put = [*old[:2], Note(text="It adds", party="client 1"), *old[2:]]
    about = Header(format=2, run="x", recorder="0", meta={"team": "billing"})
    project.capture.write_bytes(capture.dump_all([about, *put]))
    project(ASKS.format(30), "--capture-mode", "all", "--capture-upstream", upstream).assert_outcomes(passed=1)
    project(ASKS.format(30)).assert_outcomes(passed=1)
    new = load(project.capture)
    assert [type(event).__name__ for event in new] == ["Opened", "Frame", "Note", "Frame", "Closed"]
    assert next(iter(new)).party == "client 1"
    assert new.header.meta.keys() == {"team", "test"}


EACH = """
@pytest.mark.parametrize("name", ["5", "/a b"])
def test(mock_node, name):
    assert ask(mock_node.url)["result"] == 30
class Test:
    def test(self, mock_node):
        assert ask(mock_node.url)["result"] == 30
"""


@pytest.mark.untraced
def test_each_test_has_a_capture_of_its_own(project, upstream):
    """Where the marker names none; each parameter too, also in the workers of xdist. The next run plays them."""
    once = ["--capture-mode", "once", "--capture-upstream", upstream]
    project(EACH, *once, "-n", "2", capture="", alone=True).assert_outcomes(passed=3)
    names = [path.name for path in project.capture.parent.glob("test_each*/*")]
    assert sorted(re.sub("-[0-9a-f]{8}[.]", "-DIGEST.", name) for name in names) == [
        "Test.test.jsonl",
        "test[-a-b]-DIGEST.jsonl",
        "test[5].jsonl",
    ]
    project(EACH, capture="").assert_outcomes(passed=3)


def test_a_marker_may_say_how_to_play_a_test_s_own_capture(project, upstream):
    """It has arguments, and no file; or there is no marker. A very long name is cut."""
    test = "@pytest.mark.capture(mode='lenient')\n@pytest.mark.parametrize('n', [1], ids=['x' * 300])\n"
    test += "def test(mock_node, n):\n    assert ask(mock_node.url)['result'] == 30"
    project(test, "--capture-mode", "once", "--capture-upstream", upstream).assert_outcomes(passed=1)
    ((name, file),) = ((path.name, path) for path in project.capture.parent.glob("*/*"))
    assert name.startswith("test[xxx")
    assert len(name) < 120
    project(test).assert_outcomes(passed=1)
    file.unlink()
    result = project(test)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*/test[[]xxx*.jsonl: no such capture; record it with *"])


@pytest.mark.untraced
@pytest.mark.parametrize(("mode", "options"), [("once", ("-n", "2")), ("all", ())], ids=["xdist", "alone"])
def test_two_tests_do_not_record_one_capture(project, upstream, mode, options):
    """One would replace what the other recorded: both say so, and nothing is written. Alone, each may."""
    test = "@pytest.mark.parametrize('n', [5, 6])\n" + ASKS.format(30).replace("mock_node", "mock_node, n", 1)
    record = ["--capture-mode", mode, "--capture-upstream", upstream]
    result = project(test, *record, *options, capture="fresh.jsonl", alone=bool(options))
    result.assert_outcomes(errors=2)
    name = "test_two_tests_do_not_record_one_capture.py::test"
    result.stdout.fnmatch_lines([f"*/fresh.jsonl: 2 tests record it ({name}[[]5], {name}[[]6]); leave the file out *"])
    assert not project.capture.with_name("fresh.jsonl").exists()
    project(test, *record, "-k", "5", capture="fresh.jsonl").assert_outcomes(passed=1, deselected=1)
    project(test, capture="fresh.jsonl").assert_outcomes(passed=2)


def test_two_tests_do_not_add_to_one_capture(project, upstream):
    """Nor at the same time; those that have nothing to add play it."""
    test = "def test_plays(mock_node):\n    assert ask(mock_node.url)['result'] == 3\n"
    adds = "def test_adds(mock_node):\n    assert [ask(mock_node.url)['result'] for _ in range(2)] == [3, 30]"
    before = project.capture.read_bytes()
    result = project(test + adds, "--capture-mode", "new", "--capture-upstream", upstream)
    result.assert_outcomes(passed=2, errors=1)
    result.stdout.fnmatch_lines(["*/sum.jsonl: 2 tests record it (*::test_adds, *::test_plays); *"])
    assert project.capture.read_bytes() == before


def test_faults_are_played_whatever_the_mode(project, upstream):
    """No real node has them; so they are no reason for another test not to record."""
    test = ASKS.format(30).replace("test", "test_records")
    test += """
@pytest.mark.capture(CAPTURE, faults=['error:2={"code":5}'])
def test_busy(mock_node):
    assert ask(mock_node.url)["error"]["code"] == 5
"""
    record = ["--capture-mode", "all", "--capture-upstream", upstream]
    project(test.replace("CAPTURE", "'sum.jsonl'"), *record).assert_outcomes(passed=2)
    result = project(test.replace("CAPTURE", "'none.jsonl'"), *record)
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*/none.jsonl: no such capture; record it with *, by a test that asks for no faults"])


def test_a_test_that_fails_records_nothing(project, upstream):
    """The capture of a failure does not replace a good one."""
    before = project.capture.read_bytes()
    project(ASKS.format(31), "--capture-mode", "all", "--capture-upstream", upstream).assert_outcomes(failed=1)
    assert project.capture.read_bytes() == before


IN_A_FIXTURE = """
@pytest.fixture
def answer(mock_node):
    return ask(mock_node.url)
def test(answer):
    pass
"""
OVER_HTTP = """
def test(mock_node):
    import urllib.request
    asked = urllib.request.Request(mock_node.urls[1], b'{"id":1,"method":"sum"}', {"content-type": "application/json"})
    urllib.request.urlopen(asked)
"""
GIVES_UP = """
def test(mock_node):
    try:
        ask(mock_node.url)
    except Exception:
        pytest.fail("502")
"""


LOGIN = """
def test(mock_node):
    with connect(mock_node.url + "/rpc", proxy=None) as wire:
        wire.send('{"id":1,"method":"login","params":{"password":"s3cret-Pa55"}}')
        assert json.loads(wire.recv(timeout=10))["result"]["token"]
"""


@pytest.fixture
def login():
    """A node that gives each client another token: its URL."""

    def answers(wire):
        for asked in wire:
            wire.send(json.dumps({"id": json.loads(asked)["id"], "result": {"token": uuid.uuid4().hex}}))

    with serve(answers, "127.0.0.1", 0) as server:
        threading.Thread(target=server.serve_forever).start()
        yield f"ws://127.0.0.1:{server.socket.getsockname()[1]}"
        server.shutdown()


@pytest.mark.untraced
def test_what_looks_like_a_secret_in_what_was_recorded_is_said(project, login):
    """In the summary, also of workers: with the capture, the places, and what masks them. What is played says nothing."""
    once = ["--capture-mode", "once", "--capture-upstream", login]
    for name, more in (("a.jsonl", ()), ("b.jsonl", ("-n", "1"))):
        result = project(LOGIN, *once, *more, capture=name, alone=bool(more))
        result.assert_outcomes(passed=1)
        found = "2 values look like secrets: params.password of login, result.token"
        result.stdout.fnmatch_lines(
            [
                "*= secrets in captures =*",
                f"*/captures/{name}: {found}; --mask password --mask token masks them",
                "The marker takes mask=[[]…], and the ini file capture_mask, for what --mask takes.",
            ]
        )
    project(LOGIN, *once, capture="a.jsonl").stdout.no_fnmatch_line("* in captures *")


@pytest.mark.parametrize("inis", ["password\n    token", "password", ""])
def test_what_is_recorded_is_masked(project, pytester, login, inis):
    """As the ini file and the marker say; recorded again it stays masked, and what is added to it is."""
    pytester.makeini(f"[pytest]\ncapture_mask =\n    {inis}\n")
    marked = {"": "mask=['password', 'token']", "password": "mask='token'"}.get(inis, "")
    test = f"@pytest.mark.capture('new.jsonl', {marked})\n{LOGIN.lstrip()}"
    upstream = ["--capture-upstream", login]
    result = project(test, "--capture-mode", "once", *upstream)
    result.assert_outcomes(passed=1)
    result.stdout.no_fnmatch_line("* in captures *")
    file = project.capture.with_name("new.jsonl")
    assert MARK.findall(file.read_text()) == ["«password 1»", "«token 1»"]
    (pytester.path / "tox.ini").unlink()
    project(LOGIN, "--capture-mode", "all", *upstream, capture="new.jsonl").assert_outcomes(passed=1)
    assert MARK.findall(file.read_text()) == ["«password 1»", "«token 1»"]
    again = LOGIN.replace("    with", "    for _ in range(2):\n     with").replace("        ", "         ")
    project(again, "--capture-mode", "new", *upstream, capture="new.jsonl").assert_outcomes(passed=1)
    assert MARK.findall(file.read_text()) == ["«password 1»", "«token 1»", "«password 2»", "«token 2»"]
    assert "s3cret" not in file.read_text()


TWICE = "def test(mock_node):\n    assert [ask(mock_node.url)['result'] for _ in range(2)] == [3, 30]"


@pytest.mark.untraced
@pytest.mark.parametrize(
    ("test", "mode", "fails"),
    [
        (ASKS.format(31), "all", "failed"),
        (OVER_HTTP, "all", "failed"),
        (GIVES_UP, "all", "failed"),
        (IN_A_FIXTURE, "all", "errors"),
        (TWICE, "new", "failed"),
    ],
)
def test_a_node_that_is_not_there_is_told(project, test, mode, fails):
    """Before all that its client says, which sees a 502 alone; and once."""
    nowhere = f"ws://127.0.0.1:{free_port()}"
    result = project(test, "--capture-mode", mode, "--capture-upstream", nowhere)
    result.assert_outcomes(**{fails: 1})
    result.stdout.fnmatch_lines(["____*", "cannot reach the node at 127.0.0.1:*; is it running?", "*502*"])
    assert sum(line.startswith("cannot reach") for line in result.outlines) == 1  # it stands in pytest's summary too
    result.stdout.fnmatch_lines(["FAILED * Failed: cannot reach*" if fails == "failed" else "ERROR * Failed: cannot*"])


def test_a_test_that_fails_by_itself_says_so(project, upstream):
    """Where the node was there, or nobody has asked for it."""
    nowhere = f"ws://127.0.0.1:{free_port()}"
    for test, node in ((ASKS.format(31), upstream), ("def test(mock_node):\n    assert 30 == 31", nowhere)):
        result = project(test, "--capture-mode", "all", "--capture-upstream", node)
        result.assert_outcomes(failed=1)
        result.stdout.fnmatch_lines(["FAILED * assert 30 == 31"])


def test_new_adds_what_the_capture_lacks(project, upstream):
    """Recorded sessions are played, further ones are recorded and added."""
    project(TWICE, "--capture-mode", "new", "--capture-upstream", upstream).assert_outcomes(passed=1)
    opened = [event for event in load(project.capture) if isinstance(event, Opened)]
    assert [(event.session, event.party) for event in opened] == [(1, "client 1"), (2, "client-2")]
    project(TWICE).assert_outcomes(passed=1)


def test_it_costs_nothing_where_it_is_not_used(pytester):
    """A test-suite that has the plugin and does not use it imports none of the heavy parts."""
    pytester.makepyfile(
        "import sys\ndef test():\n    assert {'websockets', 'msgspec', 'mitmproxy', 'nacl', 'recorder.api'} & sys.modules.keys() == set()"
    )
    pytester.runpytest_subprocess("-p", "recorder.plugin").assert_outcomes(passed=1)
