"""`recorder work`: what it writes and says about the units of a real stream."""

import json
import signal
import subprocess
import sys

import pytest
from hosts import BEGAN, HEADER, Skew, channels, record
from lanes import end_of, lines_of, parcels_of, ship
from msgspec.structs import replace

from recorder.capture import frame
from recorder.model import SECOND, Closed, Opened, Scenario

CHANNEL = "ch_4WWAHJJiAKc2FXw11Y7FRcdRpCfd2YmqyiL5xAJrQZhC38uqm"
ASK, TOLD = b'{"jsonrpc":"2.0","id":1,"method":"price"}', b'{"jsonrpc":"2.0","id":1,"result":7}'


@pytest.fixture
def url(server, request):
    """A stream of the test's own."""
    return server.url(request.node.name)


def shop(*answers, run="shop", scenario="sells"):
    """The lines of a capture with a session for each answer."""
    events = [Scenario(time=BEGAN, name=scenario)] if scenario else []
    for session, answer in enumerate(answers, 1):
        events += [
            Opened(time=BEGAN, session=session, party="buyer", url="ws://shop/"),
            frame(ASK, time=BEGAN, session=session, direction="to_node"),
            frame(answer, time=BEGAN, session=session, direction="from_node"),
            Closed(time=BEGAN, session=session),
        ]
    return lines_of(replace(HEADER, run=run, profile="auto"), events)


def test_a_channel_gets_its_transcript_its_capture_and_a_record(run, url, tmp_path):
    """As `render` makes one of the same traffic; a second worker finds nothing left."""
    lines = lines_of(HEADER, [Scenario(time=BEGAN, name="transfers"), *channels(3)])
    ship(url, [*parcels_of(lines), end_of(lines)])
    done = run("work", url, "--render", "out", "--once", "--lint")
    assert (done.code, done.err) == (0, "")
    assert done.out == f"{CHANNEL}: 2 sessions, 48 events: well\n1 unit: nothing wrong\n"
    made = {path.name.removeprefix(CHANNEL): path for path in (tmp_path / "out").iterdir()}
    assert {*made} == {".json", ".jsonl", ".transfers.md"}
    assert made[".jsonl"].read_bytes() == b"".join(lines)
    (tmp_path / "run.jsonl").write_bytes(b"".join(lines))
    assert made[".transfers.md"].read_text() == run("render", "run.jsonl").out
    record = json.loads(made[".json"].read_text())
    assert (record["channel"], record["findings"], record["notes"]) == (CHANNEL, [], [])
    again = run("work", url, "--render", "out", "--once", "--lint")
    assert (again.out, again.err, made[".json"].exists()) == ("1 unit: nothing wrong\n", "", True)


def test_what_two_hosts_recorded_of_a_channel_is_one_timeline(run, url, tmp_path):
    """Though their clocks differ by a minute."""
    events = channels(3)
    for path in record(tmp_path, events, [Skew(), Skew(60 * SECOND)], lambda session: max(session - 1, 0)):
        lines = path.read_bytes().splitlines(keepends=True)
        ship(url, [*parcels_of(lines), end_of(lines)])
    done = run("work", url, "--render", "out", "--once", "-t", "summary")
    assert (done.code, done.out) == (0, f"{CHANNEL}: 2 sessions of 2 runs, 48 events: well\n1 unit: nothing wrong\n")
    (tmp_path / "run.jsonl").write_bytes(b"".join(lines_of(HEADER, events)))
    summary = (tmp_path / "out" / f"{CHANNEL}.md").read_text()
    assert summary == run("render", "run.jsonl", "-t", "summary").out


def test_a_session_without_a_channel_is_named_by_its_run(run, url, tmp_path):
    """And its number."""
    ship(url, parcels_of(shop(TOLD, TOLD, scenario="")))
    done = run("work", url, "--render", "out", "--once")
    assert sorted(done.out.splitlines()) == [
        "2 units: nothing wrong",
        "shop-1: 1 session, 4 events: well",
        "shop-2: 1 session, 4 events: well",
    ]
    assert "price" in (tmp_path / "out" / "shop-2.md").read_text()


def test_what_is_wrong_is_said_and_recorded(run, url, tmp_path):
    """In a line for each unit; the exit code is 1, and JUnit's file has a case for each."""
    (tmp_path / "expected").mkdir()
    (tmp_path / "expected" / "sells.jsonl").write_bytes(b"".join(shop(TOLD)))
    (tmp_path / "rules.toml").write_text("")
    (tmp_path / "shop.json").write_text(
        json.dumps(
            {
                "openrpc": "1.3.2",
                "methods": [{"name": "price", "params": [], "result": {"name": "p", "schema": {"type": "integer"}}}],
            }
        )
    )
    ship(url, parcels_of(shop(TOLD, TOLD.replace(b"7", b'"much"').replace(b"2.0", b"3.0"))))
    wrong = ["1 violation of the protocol", "1 violation of the document", "1 difference from sells.jsonl"]
    given = ("--lint", "--openrpc", "shop.json", "--baseline", "expected", "--verify", "rules.toml", "--junit", "j.xml")
    done = run("work", url, "--render", "out", "--once", *given)
    assert done.code == 1
    assert sorted(done.out.splitlines()) == [
        "2 units: 1 with something wrong",
        "shop-1: 1 session, 4 events: well",
        f"shop-2: 1 session, 4 events: {'; '.join(wrong)}",
    ]
    found = json.loads((tmp_path / "out" / "shop-2.json").read_text())["findings"]
    assert [len(one["lines"]) > 0 for one in found] == [True] * 3
    assert 'tests="2" failures="1"' in (tmp_path / "j.xml").read_text()


def test_what_was_held_against_nothing_is_said(run, url, tmp_path):
    """In its line; in JUnit's file it is skipped, so that nobody takes it for verified."""
    (tmp_path / "expected").mkdir()
    (tmp_path / "expected" / "lends.jsonl").write_bytes(b"".join(shop(TOLD, scenario="lends")))
    ship(url, parcels_of(shop(TOLD)))
    done = run("work", url, "--render", "out", "--once", "--baseline", "expected", "--junit", "j.xml")
    assert (done.code, done.out) == (0, "shop-1: 1 session, 4 events: no baseline of sells\n1 unit: nothing wrong\n")
    assert '<skipped message="no baseline of sells"/>' in (tmp_path / "j.xml").read_text()


def test_who_finds_all_done_says_again_what_was_wrong(run, url, tmp_path):
    """A step of CI that is tried again fails again, and JUnit's file says the same."""
    (tmp_path / "expected").mkdir()
    (tmp_path / "expected" / "lends.jsonl").write_bytes(b"".join(shop(TOLD, scenario="lends")))
    ship(url, parcels_of(shop(TOLD, TOLD.replace(b"2.0", b"3.0"))))
    command = ("work", url, "--render", "out", "--once", "--lint", "--baseline", "expected", "--junit", "j.xml")
    assert run(*command).code == 1
    first = sorted((tmp_path / "j.xml").read_text().splitlines())
    again = run(*command)
    assert (again.code, again.out) == (
        1,
        "shop-2: 1 violation of the protocol, as recorded in out/shop-2.json\n2 units: 1 with something wrong\n",
    )
    assert sorted((tmp_path / "j.xml").read_text().splitlines()) == first


def test_a_record_of_something_else_is_no_verdict(run, url, tmp_path):
    """Of what the stream no longer has, another stream, or other options; and one that somebody has changed."""
    ship(url, parcels_of(shop(TOLD.replace(b"2.0", b"3.0"))))
    command = ("work", url, "--render", "out", "--once", "--lint")
    assert run(*command).code == 1
    record = tmp_path / "out" / "shop-1.json"
    written = json.loads(record.read_text())
    for changed in ({"until": 0}, {"stream": "another"}, {"work": "other"}, {"findings": 7}, {"findings": [{}, 7]}):
        record.write_text(json.dumps(written | changed))
        assert run(*command).code == 0, changed
    record.write_text(json.dumps(written))
    assert run(*command).code == 1


def test_who_finds_all_done_elsewhere_says_so(run, url):
    """Nothing was held against anything here."""
    ship(url, parcels_of(shop(TOLD)))
    run("work", url, "--render", "out", "--once")
    again = run("work", url, "--render", "empty", "--once")
    assert (again.code, again.out) == (0, "")
    assert again.err == (
        "recorder: empty: has no record, and nothing is left to do; another --name does again what was done\n"
    )


def test_a_unit_that_takes_too_long_is_given_up(url, tmp_path):
    """Its worker ends, which counts like a death: the mark stays. Here a pattern of a schema is never through."""
    schema = {"type": "string", "pattern": "^(a+)+$"}
    method = {"name": "price", "params": [], "result": {"name": "p", "schema": schema}}
    (tmp_path / "shop.json").write_text(json.dumps({"openrpc": "1.3.2", "methods": [method]}))
    ship(url, parcels_of(shop(TOLD.replace(b"7", b'"%s!"' % (b"a" * 60)))))
    given = ["--render", "out", "--openrpc", "shop.json", "--once", "--limit", "0.5"]
    command = [sys.executable, "-m", "recorder", "work", url, *given]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, timeout=20, check=False)
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout == (
        "shop-1: given up, because it takes longer than 0.5 s (--limit); this worker ends, "
        "and after 3 of them the unit is put aside\n"
    )
    assert [path.suffix for path in (tmp_path / "out").iterdir()] == [".trying"]


def test_a_unit_that_cannot_be_read_is_recorded_and_left(run, url, tmp_path):
    """The others are done, and nobody is given it again."""
    good, bad = shop(TOLD, run="good", scenario=""), shop(TOLD, run="bad", scenario="")
    parcels = [*parcels_of(bad)]
    broken = [replace_lines(parcel, b'"frame"', b'"fame!"') for parcel in parcels]
    ship(url, [*broken, *parcels_of(good)])
    done = run("work", url, "--render", "out", "--once")
    assert done.code == 1
    assert sorted(done.out.splitlines()) == [
        "2 units: 1 with something wrong",
        "bad-1: 1 session, 4 events: it cannot be read",
        "good-1: 1 session, 4 events: well",
    ]
    found = json.loads((tmp_path / "out" / "bad-1.json").read_text())["findings"]
    assert found[0]["lines"][0].startswith("bad.jsonl:3: malformed event")
    again = run("work", url, "--render", "out", "--once")
    assert (again.code, again.out) == (
        1,
        "bad-1: it cannot be read, as recorded in out/bad-1.json\n2 units: 1 with something wrong\n",
    )


def replace_lines(parcel, old, new):
    """A parcel with something else in its lines."""
    import dataclasses

    return dataclasses.replace(parcel, lines=parcel.lines.replace(old, new))


def test_a_mistake_is_one_line(run, url, tmp_path):
    """Before anything is taken from the stream."""
    (tmp_path / "file").touch()
    (tmp_path / "expected").mkdir()
    for given, said in (
        ([url, "--render", "out", "--once"], "there is no such stream; `recorder ship` makes one"),
        (["nats://127.0.0.1", "--render", "out"], "is not a stream; write it as nats://"),
        ([url, "--render", "file"], "file: is not a folder; name one with --render"),
        ([url, "--render", "out", "-t", "absent"], "absent: no such template"),
        ([url, "--render", "out", "--verify", "rules.toml"], "name the captures to compare with by --baseline DIR"),
        ([url, "--render", "out", "--baseline", "expected"], "expected: has no captures"),
        ([url, "--render", "out", "--openrpc", "absent"], "absent: cannot read"),
        (
            [url, "--render", "out", "--openrpc", "file", "--junit", "file"],
            "file: is read by this command; name another",
        ),
        ([url, "--render", "out", "--name", "a b"], "--name 'a b': write it with letters, digits, - and _"),
    ):
        done = run("work", *given)
        assert (done.code, done.out, done.err.count("\n")) == (2, "", 1), done
        assert said in done.err


def test_the_library_is_named_with_its_extra(tmp_path):
    """The package alone does not bring it."""
    code = "import sys; sys.modules['nats'] = None; from recorder.__main__ import main; main()"
    given = ["work", "nats://127.0.0.1:1/A", "--render", str(tmp_path / "out")]
    done = subprocess.run([sys.executable, "-c", code, *given], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "recorder: `recorder work` needs nats-py; install it with `pip install 'jsonrpc-recorder[fleet]'`\n"
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_worker_ends_when_it_is_told_to(server, tmp_path, number):
    """With what it has found as its exit code."""
    url = server.url(f"told-{number}")
    ship(url, parcels_of(shop(TOLD.replace(b"2.0", b"3.0"), scenario="")))
    command = [sys.executable, "-m", "recorder", "work", url, "--render", str(tmp_path / "out"), "--lint"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as worker:
        assert worker.stdout.readline() == "shop-1: 1 session, 4 events: 1 violation of the protocol\n"
        worker.send_signal(number)
        assert worker.communicate(timeout=20) == ("1 unit: 1 with something wrong\n", "")
        assert worker.returncode == 1
