"""`recorder docs`: exit code 0 where every example is true, 1 where one is not, 2 where nothing can be said."""

import json
import os
import re
from pathlib import Path

import pytest
from recorded import call, fenced, said

from recorder.capture import dump
from recorder.model import Header

HEADER = Header(format=2, run="x", recorder="0")
TRUE, UNTRUE = fenced(call("sum", {"a": 2})), fenced(call("sum", {"a": "2"}))
SHARED = Path(os.environ.get("RECORDER_SHARED") or Path(__file__).parents[3] / "shared")


@pytest.fixture
def capture(tmp_path):
    """A capture of one request, in a folder."""
    path = tmp_path / "captures" / "run.jsonl"
    path.parent.mkdir()
    path.write_bytes(b"".join(map(dump, [HEADER, *said((">", call("sum", {"a": 1})))])))
    return path


@pytest.fixture
def guide(tmp_path):
    """Writes a document."""

    def _write(text, name="guide.md"):
        (tmp_path / name).write_text(text, newline="")
        return name

    return _write


def test_true_examples_are_exit_code_0(run, guide, capture):
    """With a summary."""
    done = run("docs", "check", guide(TRUE), "--against", str(capture))
    assert (done.code, done.out, done.err) == (0, "1 example: 1 true\n", "")


def test_an_untrue_example_is_exit_code_1(run, guide, capture):
    """With its place, the path and the nearest frame; Windows' line ends make no difference."""
    done = run("docs", "check", guide(UNTRUE.replace("\n", "\r\n")), "--against", str(capture))
    assert (done.code, done.err) == (1, "")
    assert done.out == (
        f"guide.md:8:10: stale: sum: params.a is a text; a number is recorded (nearest: {capture}:3)\n"
        "1 example: 1 stale\n"
    )


def test_a_folder_is_all_captures_in_it(run, guide, capture):
    """At whatever depth."""
    assert run("docs", "check", guide(TRUE), "--against", str(capture.parent.parent)).code == 0


def test_a_folder_is_all_documents_in_it(run, guide, capture, tmp_path):
    """For each of the commands, at whatever depth, each once and in order; but nothing hidden, and no packages."""
    for folder in ("docs/b/c", "docs/.hidden", "docs/b/node_modules/x"):
        (tmp_path / folder).mkdir(parents=True)
        guide(UNTRUE, f"{folder}/guide.MD")
    guide(TRUE, "docs/z.mdx")
    guide("words", "docs/a.txt")
    done = run("docs", "check", "docs", "docs/z.mdx", "--against", "captures", "--format", "json")
    assert [one["file"] for one in json.loads(done.out)] == ["docs/b/c/guide.MD", "docs/z.mdx"]
    assert run("docs", "update", "docs", "--against", "captures").out.endswith("\n1 rewritten, 0 still not true\n")
    assert run("docs", "pin", "docs", "--values", "--against", "captures").out.endswith(
        "2 pinned, 0 true but not pinned\n"
    )
    assert run("docs", "check", "docs").out == "2 examples: 2 true\n"
    assert run("docs", "coverage", "docs").code == 0
    assert (tmp_path / "docs/.hidden/guide.MD").read_text() == UNTRUE


def test_several_documents_are_checked(run, guide, capture):
    """In their order; programs read the findings alone."""
    done = run("docs", "check", guide(TRUE), guide(UNTRUE, "b.mdx"), "--against", str(capture), "--format", "json")
    assert [(one["file"], one["verdict"]) for one in json.loads(done.out)] == [("guide.md", "true"), ("b.mdx", "stale")]
    assert (done.code, done.err) == (1, "2 examples: 1 true, 1 stale\n")


def test_pinned_documents_name_what_they_are_held_against(run, guide, capture):
    """All commands know by the pins; without any there is one thing to say."""
    name = guide(fenced(call("sum", {"a": 1})) + UNTRUE)
    for command in ("check", "update", "pin", "coverage"):
        done = run("docs", command, name)
        said = "no captures to hold the examples against; name one with --against, or pin an example to one"
        assert (done.code, done.out, done.err) == (2, "", f"recorder: {said}\n")
    run("docs", "pin", name, "--against", "captures")
    assert run("docs", "check", name).out.endswith(
        "stale: sum: params.a is a text; a number is recorded (nearest: captures/run.jsonl:3)\n2 examples: 1 true, 1 stale\n"
    )
    assert run("docs", "update", name).code == 0
    assert run("docs", "pin", name, "--values").out.endswith("1 pinned, 0 true but not pinned\n")
    assert run("docs", "coverage", name).out == "1 of 1 recorded are shown (100 %)\n"
    assert run("docs", "check", name).out == "2 examples: 2 true\n"


def test_untrue_examples_are_rewritten(run, guide, capture, tmp_path):
    """With what they were; a second run changes nothing, and a check is content."""
    name = guide("Words.\r\n" + UNTRUE.replace("\n", "\r\n"))
    done = run("docs", "update", name, "--against", str(capture))
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("rewritten: guide.md:9:10: stale: sum: params.a is a text; a number is recorded")
    assert done.out.endswith("\n1 rewritten, 0 still not true\n")
    written = (tmp_path / name).read_bytes()
    assert written.decode() == (
        "Words.\r\n" + UNTRUE.replace('"2"', "2").replace('"2.0"', "?").replace("\n", "\r\n")
    ).replace("?", '"2.0"')
    assert run("docs", "check", name, "--against", str(capture)).code == 0
    assert run("docs", "update", name, "--against", str(capture)).out == "0 rewritten, 0 still not true\n"
    assert (tmp_path / name).read_bytes() == written


def test_what_an_update_leaves_is_exit_code_1(run, guide, capture):
    """Each finding of a check that comes after it, in the same words."""
    name = guide(UNTRUE + fenced(call("mul")) + fenced(call("sum", {"a": 1}), before="The node sends:"))
    done = run("docs", "update", name, "--against", str(capture))
    still = [
        line.removeprefix("still not true: ") for line in done.out.splitlines() if line.startswith("still not true")
    ]
    assert still == run("docs", "check", name, "--against", str(capture)).out.splitlines()[:-1]
    assert (done.code, len(still), done.out.splitlines()[-1]) == (1, 2, "1 rewritten, 2 still not true")


def test_a_diff_writes_nothing(run, guide, capture, tmp_path):
    """What would change is exit code 1; what cannot be told is left with its finding."""
    name = guide(UNTRUE + fenced('{"jsonrpc": "2.0", "method": "sum", "params": }'))
    done = run("docs", "update", name, "--against", str(capture), "--diff")
    assert done.code == 1
    assert '-    "a": "2"\n+    "a": 2\n' in done.out
    assert re.search(r"^still not true: guide.md:\d+:47: broken: sum: a value is missing", done.out, re.MULTILINE)
    assert done.out.endswith("\n1 would be rewritten, 1 still not true\n")
    assert (tmp_path / name).read_text().startswith(UNTRUE)


def test_why_an_example_is_not_pinned_is_told_of_each(run, guide, tmp_path):
    """A pin leaves out a member of all its frames, or of none: where only one of two lacks its id, it cannot say so."""
    one, other = call("sum", {"a": 1}, id=1), call("one", id=2)
    recorded = said((">", one), (">", other))
    (tmp_path / "run.jsonl").write_bytes(b"".join(map(dump, [HEADER, *recorded])))
    name = guide(fenced(f"> {json.dumps(one)}\n> {json.dumps(call('one'))}", "text"))
    why = "no pin can say what they leave out"
    for options in ([], ["--values"]):
        done = run("docs", "pin", name, "--against", "run.jsonl", *options)
        assert done.out.splitlines()[-1] == f"0 pinned, 1 true but not pinned: {why}"
    name = guide(Path(tmp_path / name).read_text() + fenced(call("sum", {"a": 2})))
    assert run("docs", "pin", name, "--against", "run.jsonl").out.splitlines()[-1] == (
        "0 pinned, 2 true but not pinned: 1 because they have values of another run, which --values replaces; "
        f"1 because {why}"
    )


def test_true_examples_are_pinned(run, guide, capture, tmp_path):
    """To captures from the document's folder; a second run changes nothing, and a value is a finding from then on."""
    (tmp_path / "docs").mkdir()
    name = guide(fenced(call("sum", {"a": 1})) + UNTRUE + TRUE, "docs/guide.md")
    done = run("docs", "pin", name, "--against", "captures", "--diff")
    comment = "<!-- recorder: ../captures/run.jsonl party=client method=sum -->"
    assert done.code == 1
    assert f"\n+{comment}\n" in done.out
    assert "recorder:" not in (tmp_path / name).read_text()
    done = run("docs", "pin", name, "--against", "captures")
    assert (done.code, done.err) == (0, "")
    assert done.out == (
        "pinned: docs/guide.md:3:1: true: sum (captures/run.jsonl:3)\n"
        "1 pinned, 1 true but not pinned: they have values of another run, which --values replaces\n"
    )
    written = (tmp_path / name).read_text()
    assert written == fenced(call("sum", {"a": 1})).replace("```json", f"{comment}\n```json") + UNTRUE + TRUE
    assert run("docs", "pin", name, "--against", str(capture)).out.startswith("0 pinned")
    assert (tmp_path / name).read_text() == written
    guide(written.replace('"a": 1', '"a": 3'), name)
    done = run("docs", "check", name, "--against", "captures")
    assert "stale: sum: params.a is 3; 1 is recorded (nearest: captures/run.jsonl:3)\n" in done.out
    run("docs", "update", name, "--against", "captures")
    assert (tmp_path / name).read_text() == written.replace('"a": "2"', '"a": 2')


def test_a_pin_that_leads_nowhere_is_exit_code_1(run, guide, capture):
    """A finding of the document, not of the command."""
    name = guide(fenced("", before="<!-- recorder: nowhere.jsonl -->"))
    done = run("docs", "check", name, "--against", str(capture))
    assert (done.code, done.err) == (1, "")
    assert done.out.startswith("guide.md:4:1: broken: a pinned example: nowhere.jsonl: cannot read: No such file")


def test_what_is_never_shown_is_a_table(run, guide, capture):
    """With what nobody recorded; a share that is too small is exit code 1."""
    done = run("docs", "coverage", guide(fenced(call("mul"))), "--against", str(capture), "--fail-under", "50")
    assert (done.code, done.out) == (
        1,
        (
            "             recorded  shown\n"
            "mul  method         0      1\n"
            "sum  method         1      0\n"
            "0 of 1 recorded are shown (0 %); 1 shown is not recorded\n"
        ),
    )
    done = run("docs", "coverage", guide(TRUE), "--against", str(capture), "--fail-under", "100")
    assert (done.code, done.out) == (0, "1 of 1 recorded are shown (100 %)\n")


@pytest.mark.parametrize(
    ("guide_name", "against", "said"),
    [
        ("nowhere.md", "captures/run.jsonl", "nowhere.md: cannot read: No such file or directory"),
        ("guide.md", "nowhere.jsonl", "nowhere.jsonl: cannot read: No such file or directory"),
        ("guide.md", "empty", "empty: has no capture (.jsonl, .jsonl.zst) in it, and no transcript"),
        ("empty", "captures/run.jsonl", "empty: has no document (.md, .markdown, .mdx) in it"),
        ("latin.md", "captures/run.jsonl", "latin.md: is not UTF-8 text"),
    ],
)
def test_what_cannot_be_read_is_exit_code_2(run, guide, capture, tmp_path, guide_name, against, said):
    """In one line."""
    guide(TRUE)
    (tmp_path / "empty").mkdir()
    (tmp_path / "latin.md").write_bytes(b"\xe9")
    done = run("docs", "check", guide_name, "--against", against)
    assert (done.code, done.out, done.err) == (2, "", f"recorder: {said}\n")
    assert capture.exists()


FINER = {731}
"""Blocks of which the table looks at less: this one's last frame lacks what it calls stale elsewhere."""


@pytest.mark.published
@pytest.mark.skipif(not (SHARED / "documents").is_dir(), reason="no published guide at hand")
def test_a_published_guide_gets_the_verdicts_that_people_gave_it(run, tmp_path):
    """Every block of it, against published transcripts."""
    for number, transcript in enumerate(sorted((SHARED / "corpus").rglob("*.md"))):
        assert run("import", str(transcript), "-o", f"all/{number}.jsonl", "--partial").code == 0
    done = run(
        "docs", "check", str(SHARED / "documents" / "channels_api_usage.md"), "--against", "all", "--format", "json"
    )
    found = {one["line"]: one["verdict"] for one in json.loads(done.out)}
    rows = (row.split("\t") for row in (SHARED / "documents" / "expected.tsv").read_text().splitlines()[1:])
    for line, verdict, what in rows:
        expected = {"session": "true"}.get(verdict, verdict)
        if int(line) not in FINER:
            assert found.get(int(line), "left alone") in expected.split(" or "), (line, what)


@pytest.mark.published
@pytest.mark.skipif(not (SHARED / "documents").is_dir(), reason="no published guide at hand")
def test_a_published_guide_is_pinned_and_kept_true(run, tmp_path):
    """Against transcripts as they are published: nearly every true example gets a pin, and all that nobody saw is left."""
    name = "guide.md"
    (tmp_path / name).write_bytes((SHARED / "documents" / "channels_api_usage.md").read_bytes())
    done = run("docs", "pin", name, "--values", "--against", str(SHARED / "corpus"))
    pinned, left = map(int, re.search(r"(\d+) pinned, (\d+) true but not pinned", done.out).groups())
    assert (pinned > 110, left < 5) == (True, True)
    written = (tmp_path / name).read_bytes()
    assert f"\n0 pinned, {left} true but not pinned" in f"\n{run('docs', 'pin', name, '--values').out.splitlines()[-1]}"
    assert (tmp_path / name).read_bytes() == written
    assert run("docs", "update", name).code == 1
    found = json.loads(run("docs", "check", name, "--format", "json").out)
    assert {one["verdict"] for one in found} == {"true", "unseen"}
