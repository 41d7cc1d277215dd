"""`recorder import`: what it writes, and how it says no."""

import subprocess
import sys

import pytest

from recorder.capture import FORMAT, dump, dump_all, frame
from recorder.model import Closed, Header, Note, Opened


def refused(result):
    """The one line of a refusal."""
    assert (result.code, result.out) == (2, "")
    assert result.err.count("\n") == 1
    assert result.err.startswith("recorder: ")
    return result.err


def test_an_import_renders_to_the_same_bytes(run, seed, transcript, tmp_path):
    """A published transcript becomes a capture, which is its transcript's equal; split, it keeps its info lines."""
    published = transcript + "\n#### initiator info\n> a line of its own\n"
    (tmp_path / "x.md").write_text(published)
    assert run("import", "x.md", "-o", "x.jsonl").code == 0
    assert run("render", "x.jsonl").out == published
    run("render", "x.jsonl", "--split", "session", "-o", "out")
    assert "a line of its own" in (tmp_path / "out" / "2-initiator.md").read_text()
    assert "a line of its own" not in (tmp_path / "out" / "1-responder.md").read_text()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["none.md", "-o", "x.jsonl"], "none.md: cannot read: No such file or directory"),
        ([".", "-o", "x.jsonl"], ".: is of no known format"),
        (["title.md", "-o", "x.jsonl"], "title.md:1: belongs to no section"),
        (["bytes.md", "-o", "x.jsonl"], "bytes.md: is not UTF-8 text"),
        (["torn.har", "-o", "x.jsonl"], "torn.har: is no whole HAR file; save it again: "),
        (["torn.zip", "-o", "x.jsonl", "--format", "playwright"], "torn.zip: is no whole Playwright trace: "),
        (["torn.log", "-o", "x.jsonl"], "torn.log:2: this message is not whole; remove the line"),
        (["good.md", "-o", "good.md"], "good.md: is the file itself"),
        (["good.md", "-o", "x.jsonl.zst"], "x.jsonl.zst: captures are written uncompressed; name it .jsonl"),
        (["good.md", "-o", "good.md/x"], "good.md/x: cannot write: "),
        (
            ["good.md", "-o", "x.jsonl", "--profile", "none"],
            "unknown profile 'none'; use one of auto, aeternity, ethereum, mcp, lsp, devtools, bidi, generic",
        ),
    ],
)
def test_what_cannot_be_imported_is_said_in_one_line(run, transcript, tmp_path, arguments, words):
    """Nothing is written."""
    (tmp_path / "title.md").write_text("# A title\n")
    (tmp_path / "bytes.md").write_bytes(b"\n#### a info\n> \xff\n")
    (tmp_path / "good.md").write_text(transcript)
    (tmp_path / "torn.har").write_text('{"log":{"entries":[{"request":{"method":"GET","url":"ws://n/"}},')
    (tmp_path / "torn.zip").write_bytes(b"PK\x03\x04")
    created = '{"method":"Network.webSocketCreated","params":{"requestId":"1","url":"ws://n/"}}'
    (tmp_path / "torn.log").write_text(f"{created}\n{created[:-1]}")
    before = set(tmp_path.iterdir())
    assert words in refused(run("import", *arguments))
    assert set(tmp_path.iterdir()) == before


def test_an_import_replaces_nothing_unasked(run, transcript, tmp_path):
    """A capture that was recorded cannot be made again; an empty file may be filled, and `--overwrite` replaces."""
    (tmp_path / "x.md").write_text(transcript)
    (tmp_path / "x.jsonl").write_text("precious")
    said = refused(run("import", "x.md", "-o", "x.jsonl"))
    assert said == "recorder: x.jsonl: exists already; name another file, or replace it with --overwrite\n"
    assert (tmp_path / "x.jsonl").read_text() == "precious"
    assert run("import", "x.md", "-o", "x.jsonl", "--overwrite").code == 0
    assert run("render", "x.jsonl").out == transcript
    (tmp_path / "empty.jsonl").touch()
    assert run("import", "x.md", "-o", "empty.jsonl").code == 0


@pytest.mark.parametrize(
    "closed",
    [
        {"code": 1000},
        {"code": 1005},
        {"code": 1001, "by": "node"},
        {"code": 1006, "lost": "eof"},
        {"code": 4001, "reason": "bye"},
    ],
)
def test_a_run_and_its_own_transcript_do_not_differ(run, tmp_path, closed):
    """How a session was closed is not in the document: unknown is no difference, in either direction."""
    events = [
        Header(format=FORMAT, run="r", recorder="0"),
        Opened(time=1, session=1, party="alice", url="ws://node/"),
        frame(b'{"id":1,"method":"m"}', time=2, session=1, direction="to_node"),
        Closed(time=3, session=1, **closed),
    ]
    (tmp_path / "run.jsonl").write_bytes(b"".join(map(dump, events)))
    run("render", "run.jsonl", "-o", "run.md")
    run("import", "run.md", "-o", "back.jsonl", "--profile", "generic")
    for pair in (["run.jsonl", "back.jsonl"], ["back.jsonl", "run.jsonl"]):
        result = run("diff", *pair)
        assert result.code == 0, result.out


def test_what_a_format_cannot_hold_is_counted(run, tmp_path):
    """In words that fit one and several."""
    events = [
        Header(format=FORMAT, run="r", recorder="0"),
        Opened(session=1, party="alice", url="ws://node/"),
        frame(b'{"id":1,"method":"m"}', session=1, direction="to_node"),
        Note(text="one"),
        Note(text="two"),
    ]
    (tmp_path / "run.jsonl").write_bytes(b"".join(map(dump, events)))
    said = run("export", "run.jsonl", "-o", "x", "--format", "messages").out
    assert said == "x: a list of messages cannot hold URLs (1), notes (2)\n"


SAID = '\n#### {party} <--- node\n```javascript\n{{\n  "method": "channels.info",\n  "params": {{\n    "data": {{\n      "event": "{event}"\n    }}\n  }}\n}}\n```\n'


def document(**sessions):
    """A transcript of parties that hear these events."""
    text = ""
    for party, events in sessions.items():
        text += f"\n#### {party} opens a WebSocket connection\n```\nws://node/channel?role={party}\n```\n"
        text += "".join(SAID.format(party=party, event=event) for event in events.split())
    return text


def test_what_a_document_was_too_late_for_is_no_difference_where_that_is_said(run, tmp_path):
    """Unsaid it is one, with a hint how to say it; in the capture the sessions are marked, in a transcript nothing is."""
    whole = document(initiator="fsm_up channel_accept", responder="fsm_up channel_open funding_created")
    late = document(initiator="fsm_up channel_accept", responder="funding_created")
    (tmp_path / "whole.md").write_text(whole)
    (tmp_path / "late.md").write_text(late)
    assert run("import", "whole.md", "-o", "whole.jsonl").err == ""
    hint = "1 of 2 sessions do not begin with channels.info fsm_up, unlike the others"
    said = run("import", "late.md", "-o", "late.jsonl").err
    assert said == (f"recorder: warning: late.md: {hint}; if their logs begin late, import it with --partial\n")
    assert "2 differences" in run("diff", "late.jsonl", "whole.jsonl").out
    assert run("import", "late.md", "-o", "late.jsonl", "--partial", "--overwrite").err == ""
    for pair in (["late.jsonl", "whole.jsonl"], ["whole.jsonl", "late.jsonl"]):
        done = run("diff", *pair, "--explain")
        assert done.code == 0
        assert (
            "partial: whole.jsonl:6 channels.info fsm_up: late.jsonl has no log of this session before a later frame"
            in done.out
        )
    assert run("render", "late.jsonl").out == late


def test_an_import_warns_of_what_will_change(run, tmp_path):
    """On standard error, with the line; the capture is written."""
    (tmp_path / "x.md").write_text("\n#### a ---> node\n```javascript\n[ 1 ]\n```\n")
    result = run("import", "x.md", "-o", "x.jsonl")
    assert result.code == 0
    assert result.err.startswith("recorder: warning: x.md:2: this block is not in the documents' form")
    assert run("render", "x.jsonl").out == "\n#### a ---> node\n```javascript\n[\n  1\n]\n```\n"


@pytest.mark.parametrize("template", ["annotated", "summary"])
def test_what_another_template_wrote_is_not_imported(run, seed, template):
    """What it explains is in no frame; the line says whose output can be read."""
    run("render", seed, "-t", template, "-o", "other.md")
    done = run("import", "other.md", "-o", "new.jsonl")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("recorder: other.md:")
    assert done.err.endswith("; import reads what the templates `transcript` and `timestamped` write\n")


def test_line_ends_are_no_content(run, seed, transcript, tmp_path):
    """A document that was checked out with CRLF is the same, for `import` and for `render --check`."""
    (tmp_path / "windows.md").write_bytes(transcript.replace("\n", "\r\n").encode())
    assert run("import", "windows.md", "-o", "x.jsonl").err == ""
    assert run("render", "x.jsonl").out == transcript
    assert run("render", seed, "--check", "windows.md").code == 0
    (tmp_path / "mixed.md").write_bytes(transcript.replace("\n\n####", "\r\n\n####").encode())
    assert run("render", seed, "--check", "mixed.md").code == 1


def test_a_folder_is_filled_only_where_that_is_wanted(run, tmp_path):
    """A folder with files in it is not mixed with others unasked."""
    (tmp_path / "a.io").write_text('>> {"method":"m","id":1}\n<< {"id":1,"result":0}\n')
    assert run("import", "a.io", "-o", "a.jsonl").code == 0
    assert run("export", "a.jsonl", "-o", "out", "--format", "io").code == 0
    assert (tmp_path / "out" / "a.io").read_text() == (tmp_path / "a.io").read_text()
    said = refused(run("export", "a.jsonl", "-o", "out", "--format", "io"))
    assert said == "recorder: out: is a folder with files; name another, or add to it with --overwrite\n"
    assert run("export", "a.jsonl", "-o", "out", "--format", "io", "--overwrite").code == 0


def test_an_import_writes_a_file_and_never_says_how_to_fill_a_folder(run, tmp_path):
    """A capture is one file, whatever is in a folder."""
    (tmp_path / "a.io").write_text('>> {"method":"m","id":1}\n')
    assert refused(run("import", "a.io", "-o", ".")) == "recorder: .: is a folder; name a file\n"


def test_what_comes_by_standard_input_is_imported(tmp_path):
    """Its format is recognised as a file's is, and errors name where it came from."""

    def imported(text):
        command = [sys.executable, "-m", "recorder", "import", "-", "-o", tmp_path / "x.jsonl", "--overwrite"]
        return subprocess.run(command, input=text, capture_output=True, check=False)

    assert imported(b'{"id":1,"method":"a"}\n{"id":1,"result":2}\n').returncode == 0
    assert len((tmp_path / "x.jsonl").read_bytes().splitlines()) == 4
    assert imported(b"").stderr == b"recorder: standard input: is empty\n"


def test_a_capture_need_not_be_imported(run, seed):
    """It is one already."""
    said = refused(run("import", seed, "-o", "x.jsonl"))
    assert said == f"recorder: {seed}: is a capture already; every command takes it as it is\n"


def test_a_byte_order_mark_is_no_content(run, tmp_path):
    """Windows' tools write one."""
    (tmp_path / "x.json").write_bytes(b'\xef\xbb\xbf{"id":1,"method":"a"}\r\n{"id":1,"result":2}\r\n')
    assert run("import", "x.json", "-o", "x.jsonl").code == 0


def test_secrets_in_a_transcript_are_masked(run, tmp_path):
    """In its URLs, and what `--mask` names; with `--mask-none` all of it stands."""
    said = '{"method":"login","params":{"password":"hush"}}'
    events = [
        Opened(session=1, party="a", url="ws://n/?token=pssst"),
        frame(said.encode(), session=1, direction="to_node"),
    ]
    (tmp_path / "a.jsonl").write_bytes(dump_all([Header(format=2, run="r", recorder="0", profile="generic"), *events]))
    assert run("render", "a.jsonl", "-o", "a.md").code == 0
    for option, shown in ((), ["hush"]), (("--mask", "password"), []), (("--mask-none",), ["pssst", "hush"]):
        assert run("import", "a.md", "-o", "b.jsonl", "--overwrite", *option).code == 0
        text = (tmp_path / "b.jsonl").read_text()
        assert [one for one in ("pssst", "hush") if one in text] == shown


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_a_byte_order_mark_is_no_content_of_a_transcript(run, transcript, seed, tmp_path, ends):
    """Whatever its line ends: it is imported, and is what its capture renders to."""
    (tmp_path / "x.md").write_text(transcript, encoding="utf-8-sig", newline=ends)
    assert run("import", "x.md", "-o", "x.jsonl").code == 0
    assert run("render", "x.jsonl", "--check", "x.md").code == 0
    assert run("diff", seed, "x.jsonl").code == 0


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b'{"method":"m","id":1}\n{"id":1,"resu', "x:2: this JSON is not whole"),
        (b'{"method":"m","id":1}\nNaN\n', "x:2: is not JSON"),
        (b'{"method":"m","id":1}\n{"id":1,"result":"\xff"}\n', "x:2: is not JSON"),
        (b'{"method":"m","id":1}\n' + b"[" * 100_000 + b"\n", "x:2: "),
        (b'{"dir":"c2s","msg":{"method":"m"}}\n{"dir":"up","msg":{"method":"m"}}\n', "x:2: 'up' is no direction"),
        (b">> {}\n<< {}\n<< {}\n", "x:3: answers nothing"),
        (b"\x00\xff" * 1000, "x: is of no known format"),
        (b"", "x: is empty"),
    ],
)
def test_a_bad_file_is_said_in_one_line(run, tmp_path, content, words):
    """With its line, where it has lines; what was read before is not written."""
    (tmp_path / "x").write_bytes(content)
    assert words in refused(run("import", "x", "-o", "x.jsonl"))
    assert [path.name for path in tmp_path.iterdir()] == ["x"]
