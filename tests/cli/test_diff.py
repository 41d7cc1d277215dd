"""`recorder diff`: exit code 0 for the same, 1 for what differs, 2 for what cannot be compared."""

import json
import re
import subprocess
import sys
import xml.etree.ElementTree as ET

import channel
import pytest
from changes import FOUND

from recorder.capture import dump, dump_all, frame
from recorder.model import Header, Opened

RECORDED = channel.live()
AMOUNT = next(change for change in FOUND if change.name == "another amount in a request")


@pytest.fixture
def write(tmp_path):
    """Writes events as a capture."""

    def _write(name, events):
        path = tmp_path / name
        path.write_bytes(b"".join(map(dump, [RECORDED.header, *events])))
        return name

    return _write


@pytest.fixture
def pair(write):
    """A capture, and one with another amount."""
    return write("a.jsonl", RECORDED.events), write("b.jsonl", AMOUNT.apply(RECORDED.events))


def test_the_same_is_exit_code_0(run, write):
    """Another run of the same life is the same."""
    other = channel.live(name="other", nonce=9).events
    done = run("diff", write("a.jsonl", RECORDED.events), write("b.jsonl", other))
    assert (done.code, done.out, done.err) == (0, "0 differences in 92 frames\n", "")


def test_a_byte_order_mark_is_no_content(run, pair, tmp_path):
    """Of a capture, and of rules: Windows' editors put one there."""
    (tmp_path / "c.jsonl").write_text((tmp_path / pair[0]).read_text(), encoding="utf-8-sig", newline="\r\n")
    (tmp_path / "r.toml").write_text("[[rule]]\npath = 'params.amount'\nignore = true\n", encoding="utf-8-sig")
    assert run("diff", pair[0], "c.jsonl").code == 0
    assert run("diff", pair[1], "c.jsonl", "--rules", "r.toml").code == 0


def test_a_difference_is_exit_code_1(run, pair):
    """It says what, where in both files, the path and both values."""
    done = run("diff", *pair)
    assert (done.code, done.err) == (1, "")
    assert done.out == (
        "a.jsonl:26 | b.jsonl:26: initiator ---> channels.update.new changed\n"
        "  params.amount: 100 expected, 7 came (they must be equal)\n"
        "1 difference in 92 frames\n"
    )


def test_json(run, pair):
    """The same for programs."""
    done = run("diff", *pair, "--json")
    found = json.loads(done.out)
    assert (done.code, found["same"], len(found["findings"])) == (1, False, 1)
    assert found["findings"][0]["recorded"] == "a.jsonl:26"
    assert found["findings"][0]["details"][0]["path"] == "params.amount"


def test_explain_says_what_was_bound(run, write):
    """Each decision is a line: what stands for what, and why a fee may differ."""
    other = channel.live(name="other", nonce=900).events
    done = run("diff", write("a.jsonl", RECORDED.events), write("b.jsonl", other), "--explain")
    assert done.code == 0
    assert re.search(rf"^bound: ak: ak_\w+ stands for {RECORDED.accounts['initiator']}$", done.out, re.MULTILINE)
    assert "follows: a.jsonl:9 params.data.signed_tx.transaction.fee: " in done.out


@pytest.mark.parametrize("place", ["project", "fixture"])
def test_rules_let_differences_pass(run, pair, tmp_path, place):
    """Of the project, or of the fixture beside its capture."""
    name = "rules.toml" if place == "project" else "a.rules.toml"
    (tmp_path / name).write_text('[[rule]]\nmethod = "channels.update.*"\npath = "params.amount"\nignore = true\n')
    done = run("diff", *pair, "--explain", *(["--rules", name] if place == "project" else []))
    assert done.code == 0
    assert f"rule: a.jsonl:26 params.amount: allowed ({name} rule 1, ignore)\n" in done.out


def test_explain_says_which_rules_allowed_nothing(run, pair, tmp_path):
    """A rule that no frame needs may be misspelt."""
    rules = '[[rule]]\nmethod = "channels.update.*"\npath = "params.amount"\nignore = true\n'
    rules += '[[rule]]\nmethod = "chanels.update.*"\noptional = true\n'
    (tmp_path / "r.toml").write_text(rules)
    done = run("diff", *pair, "--explain", "--rules", "r.toml")
    assert [line for line in done.out.splitlines() if line.startswith("unused: ")] == [
        "unused: r.toml rule 2 (optional) allowed nothing"
    ]


@pytest.mark.parametrize(
    ("rules", "line"),
    [
        ('[[rule]]\npth = "x"\nignore = true\n', "unknown key 'pth'; there is path, method, field, ignore, present, "),
        ("[rule\n", "is not TOML: "),
    ],
)
def test_wrong_rules_are_one_line(run, pair, tmp_path, rules, line):
    """A rule that is not understood is an error, with its file."""
    (tmp_path / "r.toml").write_text(rules)
    done = run("diff", *pair, "--rules", "r.toml")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("recorder: r.toml: ")
    assert line in done.err


@pytest.mark.parametrize(("content", "line"), [(None, "cannot read: No such file"), (b"\xff", "is not UTF-8 text")])
def test_rules_that_cannot_be_read(run, pair, tmp_path, content, line):
    """They are named."""
    if content is not None:
        (tmp_path / "r.toml").write_bytes(content)
    done = run("diff", *pair, "--rules", "r.toml")
    assert done.code == 2
    assert f"recorder: r.toml: {line}" in done.err


def test_a_file_that_is_no_capture(run, pair, tmp_path):
    """One line, exit code 2."""
    (tmp_path / "x.md").write_text("# no\n")
    done = run("diff", pair[0], "x.md")
    assert (done.code, done.out) == (2, "")
    assert done.err.count("\n") == 1


def test_standard_input_is_not_compared_with_itself(pair, tmp_path):
    """It can be read only once: one line, exit code 2."""
    command = [sys.executable, "-m", "recorder", "diff", "-", "-"]
    with (tmp_path / pair[0]).open("rb") as capture:
        done = subprocess.run(command, stdin=capture, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "recorder: standard input can be read only once; give a file\n"


def test_a_torn_last_line_is_said(run, pair, tmp_path):
    """What a killed recorder left is compared all the same."""
    with (tmp_path / "b.jsonl").open("ab") as file:
        file.write(b'{"event":"fr')
    done = run("diff", *pair)
    assert done.code == 1
    assert "the last line is incomplete" in done.err


@pytest.mark.parametrize("options", [[], ["--explain"]])
def test_what_a_peer_sent_does_not_reach_the_terminal_unescaped(run, tmp_path, options):
    """Neither clears it nor writes a line that nobody has found."""
    header = Header(format=1, run="x", recorder="0")
    opened = Opened(session=1, party="client", url="ws://n/")
    request = frame(b'{"id":1,"method":"\\u001b[2J\\n0 differences"}', session=1, direction="to_node")
    for name, events in (("a", [opened, request]), ("b", [opened])):
        (tmp_path / f"{name}.jsonl").write_bytes(dump_all([header, *events]))
    done = run("diff", "a.jsonl", "b.jsonl", *options)
    assert done.out.split("\n")[0].endswith("---> \\x1b[2J\\n0 differences missing: it was recorded, and never came")
    assert "\x1b" not in done.out


def test_rules_are_suggested(run, pair, tmp_path):
    """As a file of rules, each with why; with it the two runs are the same."""
    done = run("diff", *pair, "--suggest-rules")
    assert (done.code, done.err) == (0, "")
    assert done.out == (
        "# params.amount: 100, then 7: any value may come\n"
        "[[rule]]\n"
        'method = "channels.update.new"\n'
        'path = "params.amount"\n'
        "present = true\n"
        "\n"
    )
    (tmp_path / "a.rules.toml").write_text(done.out)
    assert run("diff", *pair).code == 0


@pytest.mark.parametrize("option", [["--json"], ["--explain"], ["--junit", "verdicts.xml"]])
def test_rules_are_not_suggested_in_another_form(run, pair, tmp_path, option):
    """What tells a comparison in another way has no effect on rules, and is refused."""
    done = run("diff", *pair, "--suggest-rules", *option)
    assert (done.code, done.out) == (2, "")
    assert done.err == (
        f"recorder: {option[0]} has no effect here: "
        "--suggest-rules prints rules (TOML) instead of a comparison; leave one of the two out\n"
    )
    assert not (tmp_path / "verdicts.xml").exists()


def test_the_verdicts_are_written_for_ci(run, pair, tmp_path):
    """As `verify` writes them: a test case for each scenario, what differs in it."""
    done = run("diff", *pair, "--junit", "verdicts.xml")
    suite = ET.parse(tmp_path / "verdicts.xml").getroot()
    assert (done.code, suite.get("name"), suite.get("failures")) == (1, "a.jsonl", "1")
    (failure,) = suite.iter("failure")
    assert "params.amount: 100 expected, 7 came" in failure.text


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("a.jsonl", "is read by this command; name another file with --junit"),
        ("./b.jsonl", "is read by this command; name another file with --junit"),
        ("rules.toml", "is read by this command; name another file with --junit"),
        (".", "is a folder; name a file with --junit"),
    ],
)
def test_results_replace_nothing_that_is_read(run, pair, tmp_path, name, said):
    """Neither a capture nor a file of rules; nor can they be a folder."""
    (tmp_path / "rules.toml").write_text("")
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    done = run("diff", *pair, "--rules", "rules.toml", "--junit", name)
    assert (done.code, done.out, done.err) == (2, "", f"recorder: {name.removeprefix('./')}: {said}\n")
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before
