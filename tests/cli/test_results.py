"""The file of results: it tells of this run, however the run ends."""

import json
import xml.etree.ElementTree as ET

import pytest

from recorder.cli.results import results
from recorder.errors import InputError
from recorder.reporting import Case

GREEN = "<testsuite failures='0' errors='0'/>"


@pytest.mark.parametrize(
    ("arguments", "suite", "reason"),
    [
        (["verify", "run.jsonl", "a", "b"], "run.jsonl", "run.jsonl: has 1 node: ws://localhost:3014; give one URL"),
        (["verify", "none.jsonl", "--", "no-such-command"], "none.jsonl", "none.jsonl: cannot read: "),
        (["diff", "run.jsonl", "none.jsonl"], "run.jsonl", "none.jsonl: cannot read: No such file or directory"),
        (["check", "run.jsonl", "--openrpc", "none.json"], "run.jsonl", "none.json: cannot read: No such file"),
        (["work", "nats://127.0.0.1", "--render", "out"], "recorder work", "'nats://127.0.0.1' is not a stream; "),
        (
            ["work", "nats://h/A", "--render", "out", "--verify", "r.toml"],
            "recorder work",
            "--verify gives the rules of",
        ),
    ],
)
def test_a_command_that_cannot_do_its_work_says_so_in_the_file(run, seed, tmp_path, arguments, suite, reason):
    """A report of an earlier run would be taken for this one's: CI reads the file, and may ignore the exit code."""
    (tmp_path / "j.xml").write_text(GREEN)
    options = arguments[: arguments.index("--")] if "--" in arguments else arguments
    done = run(*options, "--junit", "j.xml", *arguments[len(options) :])
    assert (done.code, done.out) == (2, "")
    root = ET.parse(tmp_path / "j.xml").getroot()
    (error,) = root.iter("error")
    assert (root.get("name"), root.get("tests"), root.get("failures"), root.get("errors")) == (suite, "1", "0", "1")
    assert done.err == f"recorder: {error.get('message')}\n"
    assert error.get("message").startswith(reason)


def test_a_check_that_failed_is_a_log_that_says_so(run, seed):
    """Who reads SARIF reads it also where nobody knows what there is to find."""
    done = run("check", "run.jsonl", "--openrpc", "none.json", "--format", "sarif")
    (invocation,) = json.loads(done.out)["runs"][0]["invocations"]
    (told,) = invocation["toolExecutionNotifications"]
    assert (done.code, invocation["executionSuccessful"], told["level"]) == (2, False, "error")
    assert told["message"]["text"] == "none.json: cannot read: No such file or directory"


@pytest.mark.parametrize(
    ("error", "said"),
    [(KeyboardInterrupt(), "the command was interrupted"), (ValueError("odd"), "odd"), (InputError("x"), "x")],
)
def test_whatever_ends_a_run_is_in_the_file(tmp_path, error, said):
    """Ctrl-C and mistakes of the program, too."""
    file = tmp_path / "j.xml"
    with pytest.raises(type(error)), results(file, "s"):
        raise error
    (found,) = ET.parse(file).getroot().iter("error")
    assert found.get("message") == said


def test_what_was_found_before_a_run_ended_is_in_the_file(tmp_path):
    """In front of the reason why there is no more."""

    def told(file):
        with results(file, "s") as reported:
            reported.cases.append(Case("first"))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        told(tmp_path / "j.xml")
    assert [one.get("name") for one in ET.parse(tmp_path / "j.xml").getroot().iter("testcase")] == ["first", "s"]


def test_results_that_are_written_stay(tmp_path):
    """What fails after them, in print, is not about them; and without --junit nothing is written."""

    def told(file):
        with results(file, "s") as reported:
            reported.write(GREEN)
            raise BrokenPipeError

    for file in (tmp_path / "j.xml", None):
        with pytest.raises(BrokenPipeError):
            told(file)
    assert [path.name for path in tmp_path.iterdir()] == ["j.xml"]
    assert (tmp_path / "j.xml").read_text() == GREEN


def test_a_file_that_cannot_be_written_hides_no_reason(tmp_path):
    """The first reason is the one to mend."""
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="first"), results(tmp_path / "file" / "j.xml", "s"):
        raise InputError("first")
