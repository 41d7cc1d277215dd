"""`recorder render`: what it writes, and how it says no."""

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest
import zstandard


def refused(result):
    """The one line of a refusal."""
    assert (result.code, result.out) == (2, "")
    assert result.err.count("\n") == 1
    assert result.err.startswith("recorder: ")
    assert "Traceback" not in result.err
    return result.err


def test_a_capture_is_printed(run, seed, transcript):
    """Without an output, the transcript is standard output."""
    result = run("render", seed)
    assert (result.code, result.out, result.err) == (0, transcript, "")


def test_a_dash_is_standard_output(run, seed, transcript, monkeypatch, tmp_path):
    """As it is standard input where a capture is named; no file of that name is made."""
    monkeypatch.chdir(tmp_path)
    assert run("render", seed, "-o", "-").out == transcript
    assert not Path("-").exists()


def test_a_transcript_is_utf8_in_every_terminal(seed, tmp_path):
    """Byte for byte, whatever encoding the terminal claims."""
    seed.write_bytes(seed.read_bytes() + '{"event":"note","text":"é\u2028☃"}\n'.encode())
    env = {**os.environ, "PYTHONIOENCODING": "ascii"}
    command = [sys.executable, "-m", "recorder", "render", str(seed)]
    done = subprocess.run(command, capture_output=True, check=True, env=env)
    assert done.stdout.endswith("\n#### info\n> é\u2028☃\n".encode())
    assert done.stderr == b""


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_reader_that_has_seen_enough_ends_the_command_quietly(seed, unbuffered):
    """`| head` closes the pipe: no traceback, even for what was still in the buffer."""
    read, write = os.pipe()
    os.close(read)
    command = [
        sys.executable,
        "-m",
        "recorder",
        "render",
        str(seed),
        "--method",
        "channels.withdraw",
    ]  # fits into the buffer
    env = {**os.environ, "PYTHONUNBUFFERED": unbuffered}
    done = subprocess.run(command, stdout=write, stderr=subprocess.PIPE, check=False, env=env)
    os.close(write)
    assert (done.returncode, done.stderr) == (1, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_full_disk_behind_standard_output_is_one_line(seed, unbuffered):
    """The shell opened the file, so that only writing tells."""
    command = [sys.executable, "-m", "recorder", "render", str(seed)]
    env = {**os.environ, "PYTHONUNBUFFERED": unbuffered}
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, check=False, env=env)
    assert (done.returncode, done.stderr) == (2, b"recorder: No space left on device\n")


def test_a_capture_is_written(run, seed, transcript, tmp_path):
    """In a new folder too, in silence."""
    result = run("render", seed, "-o", "new/x.md")
    assert (result.code, result.out, result.err) == (0, "", "")
    assert (tmp_path / "new" / "x.md").read_bytes().decode() == transcript


@pytest.mark.parametrize(
    ("split", "names"),
    [
        ("scenario", ["before.md", "two_withdrawals.md"]),
        ("session", ["1-responder.md", "2-initiator.md"]),
        ("channel", ["ch_2BMQYgssMhC6X6vrZ4vwdoqMo5yAasWyUCTqY1rB4MLtqYXZQU.md"]),
    ],
)
def test_a_capture_is_split(run, seed, tmp_path, split, names):
    """Each transcript's path is printed; what is written then passes its own check."""
    result = run("render", seed, "--split", split, "-o", "out")
    assert (result.code, result.out) == (0, "".join(f"out/{name}\n" for name in names))
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == names
    assert run("render", seed, "--split", split, "--check", "out").code == 0
    (tmp_path / "out" / names[-1]).write_text("other")
    assert run("render", seed, "--split", split, "--check", "out").code == 1


@pytest.mark.parametrize("split", ["scenario", "session", "channel"])
def test_a_committed_transcript_of_what_is_no_more_is_stale(run, seed, tmp_path, split):
    """It is named, and the check fails; what is no transcript is nobody's business."""
    run("render", seed, "--split", split, "-o", "out")
    (tmp_path / "out" / "notes.txt").touch()
    (tmp_path / "out" / "gone.md").write_text("of a scenario that was renamed")
    result = run("render", seed, "--split", split, "--check", "out")
    assert (result.code, result.err) == (1, "")
    assert result.out == "out/gone.md: the capture has nothing that renders to this file; delete it\n"


def test_a_scenario_cannot_write_outside_the_folder(run, seed, tmp_path):
    """A capture is data, whoever wrote it."""
    seed.write_bytes(seed.read_bytes().replace(b'"name":"two_withdrawals"', b'"name":"../../gone"'))
    assert run("render", seed, "--split", "scenario", "-o", "a/b").code == 0
    assert sorted(path.name for path in (tmp_path / "a" / "b").iterdir()) == [
        "_._.._gone.md",
        "before.md",
    ]
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["b"]


def test_filters_select(run, seed):
    """By party, method and time, each given again where that makes sense."""
    assert "responder" not in run("render", seed, "--party", "initiator").out
    both = run("render", seed, "--party", "initiator", "--party", "responder").out
    assert both == run("render", seed).out
    withdrawals = run("render", seed, "--method", "channels.withdraw", "--method", "no.such").out
    assert withdrawals.count("####") == withdrawals.count('"channels.withdraw"') > 0
    assert run("render", seed, "--since", "2100-01-01").out == ""
    assert run("render", seed, "--until", "2000-01-01T00:00:00+02:00").out == ""
    assert run("render", seed, "--since", "2000-01-01", "--until", "2100-01-01").out == both


@pytest.mark.parametrize("output", [[], ["-o", "t.md"], ["-o", "t", "--split", "scenario"]])
def test_a_selection_of_nothing_is_said(run, seed, output):
    """Most often a name is misspelt; a capture without filters may well be empty."""
    done = run("render", seed, "--party", "initator", *output)
    assert (done.code, done.out) == (0, "")
    said = f"{seed}: no event matches --party, --method, --since and --until"
    assert done.err == f"recorder: warning: {said}\n"
    assert said in run("render", seed, "--party", "initator", "-t", "table").err, "whatever else the template prints"
    assert run("render", seed, "--party", "initiator", "-o", "t.md").err == ""
    seed.write_bytes(seed.read_bytes().partition(b"\n")[0] + b"\n")
    assert run("render", seed).err == ""


@pytest.mark.parametrize("command", [["render", "run.jsonl"], ["decode", "ak_1"]])
def test_the_old_spelling_of_an_account_is_told_the_new_one(run, seed, command):
    """`--key` is a signing key's, everywhere."""
    said = refused(run(*command, "--key", "initiator=ak_1"))
    assert (
        said
        == "recorder: --key 'initiator=ak_1': --key gives a party's signing key; name an account with --account NAME=ACCOUNT\n"
    )


def test_a_check_that_holds_is_silent(run, seed, transcript, tmp_path):
    """Exit code 0 means that the committed transcript is what the capture renders to."""
    (tmp_path / "x.md").write_bytes(transcript.encode())
    result = run("render", seed, "--check", "x.md")
    assert (result.code, result.out, result.err) == (0, "", "")


@pytest.mark.parametrize(
    ("before", "after"),
    [('"amount": 1', '"amount": 2'), ("\n", "\r\n"), ("#### responder ---> node", "#### responder ---> node\u2028")],
)
def test_a_check_that_fails_shows_the_difference(run, seed, transcript, tmp_path, before, after):
    """A unified diff, exit code 1, and the committed file stays."""
    committed = transcript.replace(before, after, 1).encode()
    (tmp_path / "x.md").write_bytes(committed)
    result = run("render", seed, "--check", "x.md")
    assert (result.code, result.err) == (1, "")
    assert result.out.startswith("--- x.md (committed)\n+++ x.md (rendered)\n@@ ")
    assert (tmp_path / "x.md").read_bytes() == committed


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (
            ["run.jsonl", "--check", "none.md"],
            "none.md: cannot read: No such file or directory; render it first with -o",
        ),
        (["run.jsonl", "--split", "session", "--check", "none"], "render it first with -o"),
        (["none.jsonl"], "none.jsonl: cannot read: No such file or directory"),
        (["."], "is a folder; name a file in it"),
        (["text.md"], "text.md:1: not a capture; `recorder import` makes one from a transcript"),
        (["newer.jsonl"], "newer.jsonl: format 9 is newer than this recorder reads (2): upgrade it"),
        (["empty.jsonl"], "empty.jsonl: the file is empty"),
        (["bad.jsonl"], "bad.jsonl:2: malformed event"),
        (
            ["run.jsonl", "-t", "nothing"],
            "nothing: no such template; there is annotated,",
        ),
        (["run.jsonl", "-t", "own.j2"], "own.j2:2: 'nobody' is undefined"),
        (["run.jsonl", "-t", "own.j2", "-o", "x.md"], "own.j2:2: 'nobody' is undefined"),
        (["run.jsonl", "-o", "text.md/x"], "text.md/x: cannot write: "),
        (["run.jsonl", "-o", "."], ".: is a folder; name a file"),
        (["run.jsonl", "-o", "run.jsonl"], "run.jsonl: is the capture itself; name another file"),
        (["none.jsonl", "-o", "text.md"], "none.jsonl: cannot read: No such file or directory"),
        (["run.jsonl", "--split", "session"], "name a folder with -o FOLDER"),
        (["run.jsonl", "--split", "session", "-o", "text.md"], "cannot write: "),
        (["run.jsonl", "-o", "x.md", "--check", "x.md"], "--check writes nothing; leave out -o"),
        (["run.jsonl", "--drop", "a..b"], "path 'a..b': write dots between names"),
        (["run.jsonl", "--since", "soon"], "--since 'soon': write a time, as in 2026-01-31T12:00:00"),
    ],
)
def test_what_must_be_mended_is_said_in_one_line(run, seed, tmp_path, arguments, words):
    """Exit code 2, no traceback, nothing printed and nothing written."""
    (tmp_path / "text.md").write_text("# A text\n")
    (tmp_path / "newer.jsonl").write_text('{"format":9,"run":"x","recorder":"9"}\n')
    (tmp_path / "empty.jsonl").touch()
    (tmp_path / "bad.jsonl").write_bytes(seed.read_bytes().split(b"\n")[0] + b"\n{}\n")
    (tmp_path / "own.j2").write_text("\n{{ nobody }}")
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    assert words in refused(run("render", *arguments))
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


@pytest.mark.parametrize("option", ["--split", "--no-such"])
def test_a_wrong_option_is_exit_code_2(run, seed, option):
    """As everything that the user must mend."""
    result = run("render", seed, option, "what")
    assert (result.code, result.out) == (2, "")
    assert option in result.err


def test_an_output_that_fails_midway_leaves_the_old_one(run, seed, transcript, tmp_path):
    """A capture that is malformed at its end replaces nothing, and leaves nothing lying about."""
    seed.write_bytes(seed.read_bytes() + b"{}\n")
    (tmp_path / "x.md").write_text("old")
    refused(run("render", seed, "-o", "x.md"))
    assert {path.name for path in tmp_path.iterdir()} == {"x.md", "run.jsonl"}
    assert (tmp_path / "x.md").read_text() == "old"


def test_a_torn_capture_renders_with_a_warning(run, seed, transcript, tmp_path):
    """Its recorder was killed; what it wrote is worth reading."""
    seed.write_bytes(seed.read_bytes() + b'{"event":"fra')
    number = seed.read_bytes().count(b"\n") + 1
    result = run("render", seed)
    assert (result.code, result.out) == (0, transcript)
    assert result.err == (
        f"recorder: warning: {seed}:{number}: the last line is incomplete (its recorder was killed) and is left out\n"
    )
    assert run("render", seed, "--split", "session", "-o", "out").err.count("left out") == 1


def test_compressed_captures_and_standard_input_are_read(run, seed, transcript, tmp_path, monkeypatch):
    """Plain or compressed, from a file or a pipe."""
    packed = zstandard.ZstdCompressor().compress(seed.read_bytes())
    (tmp_path / "run.jsonl.zst").write_bytes(packed)
    assert run("render", "run.jsonl.zst").out == transcript
    for data in (packed, seed.read_bytes()):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(io.BytesIO(data))))
        assert run("render", "-").out == transcript
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(io.BytesIO(packed))))
    assert "can be read only once; give a file" in refused(run("render", "-", "--split", "session", "-o", "out"))


@pytest.mark.parametrize("template", ["transcript", "summary", "annotated"])
def test_an_account_that_is_none_is_told_whatever_the_template(run, seed, template):
    """Also by one that shows no accounts: nobody is to find out later."""
    done = run("render", seed.name, "-t", template, "--account", "initiator=nobody")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("recorder: 'nobody' is not an account (ak_…)")
    assert done.err.count("\n") == 1


def test_a_path_that_leads_nowhere_is_told(run, seed):
    """It may be misspelt; what it was to hide is shown."""
    result = run("render", seed, "--drop", "jsonrpc", "--drop", "amout", "--elide", "12")
    assert (result.code, "jsonrpc" in result.out, "tx_+HoLAcC4d…" in result.out) == (0, False, True)
    assert result.err == f"recorder: warning: {seed}: no message has the path amout\n"


def test_an_aliased_transcript_is_imported(run, seed, transcript, tmp_path):
    """With its legend, from file to file."""
    aliased, capture = tmp_path / "aliased.md", tmp_path / "again.jsonl"
    assert run("render", seed, "--alias", "-o", aliased).code == 0
    assert "«initiator»" in aliased.read_text()
    assert "ak_" not in aliased.read_text().partition("#### aliases")[0]
    assert run("import", aliased, "-o", capture).code == 0
    assert run("render", capture).out == transcript


def test_a_check_says_when_the_capture_has_changed(run, seed, tmp_path):
    """With the difference; where the capture is as it was, it is silent."""
    document = tmp_path / "run.md"
    assert run("render", seed, "--provenance", "-o", document).code == 0
    same = run("render", seed, "--provenance", "--check", document)
    assert (same.code, same.out, same.err) == (0, "", "")
    seed.write_bytes(seed.read_bytes() + b'{"event":"note","text":"more"}\n')
    result = run("render", seed, "--provenance", "--check", document)
    assert (result.code, "+> more" in result.out) == (1, True)
    assert result.out.endswith(f"\n{document}: {seed.name} has changed since this was rendered\n")


def test_a_page_that_browsers_open_slowly_is_told(run, seed, tmp_path, monkeypatch):
    """Once, while it is written, with the command that shows large captures; a transcript may have any length."""
    monkeypatch.setattr("recorder.cli.render.LARGE", 1_000)
    large = seed.rename(tmp_path / "a large run.jsonl")
    page = run("render", large, "-t", "html", "-o", tmp_path / "page.html")
    assert (page.code, page.err.count("\n")) == (0, 1)
    assert f"`recorder view '{large}'` shows large captures" in page.err
    assert run("render", large, "-o", tmp_path / "page.md").err == ""
