"""`.io` files become captures that play over HTTP, and captures become `.io` files."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from otherfiles import exported, imported, played, shown

from recorder.capture import frame
from recorder.errors import InputError
from recorder.model import Closed, Note, Opened, Scenario

ASK = b'{"jsonrpc":"2.0","id":1,"method":"sum"}'
SUM = """\
// two numbers
//
// are added
>> {"jsonrpc":"2.0","id":1,"method":"sum","params":[1,2]}
<< {"jsonrpc":"2.0","id":1,"result":3}
// nothing is added
>> {"jsonrpc":"2.0","id":1,"method":"sum","params":[]}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"nothing"}}
// the end
"""
NOTED = """\
>> {"jsonrpc":"2.0","method":"noted"}
>> no JSON
<< {"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"no JSON"}}
"""


@pytest.fixture
def folder(tmp_path):
    """A folder with two files, and one that is none."""
    (tmp_path / "in" / "maths").mkdir(parents=True)
    (tmp_path / "in" / "maths" / "sum two.io").write_text(SUM)
    (tmp_path / "in" / "noted.io").write_text(NOTED)
    (tmp_path / "in" / "README.md").write_text("# Tests\n")
    return tmp_path / "in"


def called(number, exchange=0, session=1):
    """A call."""
    return frame(b'{"id":%d,"method":"m"}' % number, session=session, direction="to_node", exchange=exchange)


def answered(number, exchange=0, session=1):
    """Its answer."""
    return frame(b'{"id":%d,"result":0}' % number, session=session, direction="from_node", exchange=exchange)


def test_a_file_is_exchanges_and_notes_and_comes_back_as_it_was(tmp_path):
    """Adjacent comments are one note; a request and its answer are an exchange over HTTP."""
    (tmp_path / "a.io").write_text(SUM)
    events = imported(tmp_path / "a.io")
    assert [line[:30] for line in shown(events)] == [
        "opened http://node/",
        "# two numbers\n\nare added",
        '> {"jsonrpc":"2.0","id":1,"met',
        '< {"jsonrpc":"2.0","id":1,"res',
        "# nothing is added",
        '> {"jsonrpc":"2.0","id":1,"met',
        '< {"jsonrpc":"2.0","id":1,"err',
        "# the end",
    ]
    assert [event.exchange for event in events if hasattr(event, "exchange")] == [1, 1, 2, 2]
    assert exported("io", events, tmp_path / "b.io") == {}
    assert (tmp_path / "b.io").read_text() == SUM


def test_a_folder_is_a_capture_with_a_scenario_a_file_and_back(folder, tmp_path):
    """Named by its path; what is no such file is said."""
    warned = []
    events = imported(folder, warned=warned)
    assert [event.name for event in events if isinstance(event, Scenario)] == ["maths/sum two", "noted"]
    assert warned == [f"{folder}: 1 other file left out: no .io"]
    assert exported("io", events, tmp_path / "out") == {}
    made = {
        path.relative_to(tmp_path / "out").as_posix(): path.read_text() for path in (tmp_path / "out").rglob("*.io")
    }
    assert made == {"maths/sum two.io": SUM, "noted.io": NOTED}


def test_what_is_read_plays_over_http(folder, tmp_path):
    """Its client's part and its node's, whatever the node is called."""
    outcome, url = played(imported(folder), tmp_path)
    assert url.startswith("http://")
    assert outcome.ok, outcome


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b">> {}\n<< {}\n<< {}\n", "a.io:3: answers nothing; a line `>> …` must come before it"),
        (b"// x\n<< {}\n>> {}\n", "a.io:2: answers nothing"),
        (b">> {}\n<< {}\nhello\n", "a.io:3: is of no exchange; a line begins with `//`, `>>` or `<<`"),
        (b">> {}\n<< {}\n{\n", "a.io:3: is of no exchange"),
        (b"// \xff\n>> {}\n", "a.io:1: this comment is not UTF-8 text"),
    ],
)
def test_a_file_that_is_none_is_refused_with_its_line(tmp_path, text, words):
    """Nothing of it is guessed."""
    (tmp_path / "a.io").write_bytes(text)
    with pytest.raises(InputError, match=re.escape(words)):
        exported("io", read_as_io(tmp_path / "a.io"), tmp_path / "b.io")


def read_as_io(path):
    """A file that is not recognised, read all the same."""
    from recorder.interchange import io_files
    from recorder.interchange.formats import Source

    return list(io_files.read(Source(path)))


def test_another_form_is_said_once(tmp_path):
    """The exchanges are read; what will not come back to the letter is not passed over."""
    (tmp_path / "a.io").write_bytes(b"//one\r\n\r\n>>  {}\r\n<< 1")
    warned = []
    assert shown(imported(tmp_path / "a.io", warned=warned))[1:] == ["# one", "> {}", "< 1"]
    assert warned == [f"{tmp_path}/a.io:1: export will write 4 lines otherwise: with one space after the mark only"]


def test_an_answer_stands_behind_its_call_whatever_passed_between(tmp_path):
    """Over WebSockets by id, over HTTP by exchange; calls keep their order."""
    events = [Opened(session=1, party="a", url="ws://n/"), called(1), called(2), called(3), answered(2), answered(1)]
    assert exported("io", events, tmp_path / "a.io") == {"URLs": 1}
    assert re.findall(r"^(..).*?(\d)", (tmp_path / "a.io").read_text(), re.MULTILINE) == [
        (">>", "1"), ("<<", "1"), (">>", "2"), ("<<", "2"), (">>", "3"),
    ]  # fmt: skip
    events = [
        Opened(session=1, party="a", url="http://node/"),
        called(1, 1),
        called(1, 2),
        answered(1, 2),
        answered(1, 1),
    ]
    assert exported("io", events, tmp_path / "b.io") == {}


def test_what_a_file_cannot_hold_is_counted(tmp_path):
    """Each kind by its name."""
    events = [
        Opened(time=5, session=1, party="a", url="ws://n/", headers=[("a", "b")]),
        Opened(session=2, party="b", url="http://node/"),
        frame(b'{"method":"told"}', session=1, direction="from_node"),
        frame(b"\xff", session=1, direction="to_node", opcode="binary"),
        frame(b"x", session=1, direction="to_node", opcode="ping"),
        frame(b'{"id":1,\n"method":"m"}', session=2, direction="to_node", exchange=1),
        frame(b"busy", session=2, direction="from_node", exchange=1, status=503),
        Note(text="one\ntwo", party="a"),
        Closed(session=1),
    ]
    assert exported("io", events, tmp_path / "a.io") == {
        "times": 1,
        "headers": 1,
        "URLs": 1,
        "further sessions": 1,
        "messages that answer no call": 1,
        "messages that are no line of text": 1,
        "control frames": 1,
        "binary frames": 1,
        "statuses": 1,
        "parties of notes": 1,
        "closings": 1,
    }
    assert (tmp_path / "a.io").read_text() == '>> {"id":1, "method":"m"}\n<< busy\n// one\n// two\n'


def test_a_scenario_cannot_leave_the_folder(tmp_path):
    """Its name may be anything; a name that is given twice gets a number."""
    events = [
        called(1),
        *(item for name in ("../up", "/root", "a", "A", "a/") for item in (Scenario(name=name), called(2))),
    ]
    lost = exported("io", [Opened(session=1, party="a", url="http://node/"), *events], tmp_path / "out" / "in")
    names = sorted(path.relative_to(tmp_path / "out").as_posix() for path in (tmp_path / "out").rglob("*.io"))
    assert names == ["in/A-2.io", "in/_./up.io", "in/_/root.io", "in/a.io", "in/a/_.io", "in/of-the-events.io"]
    assert lost == {"names of scenarios": 4}


def test_several_scenarios_need_a_folder(folder, tmp_path):
    """One file would not come back."""
    with pytest.raises(InputError, match="has several scenarios, for a file each; give a folder"):
        exported("io", imported(folder), tmp_path / "a.io")
    assert not (tmp_path / "a.io").exists()


def test_a_call_that_waits_when_a_scenario_begins_is_in_a_file(tmp_path):
    """In that of what came before it; where there is but one file, the scenario needs another."""
    call = frame(ASK, session=1, direction="to_node", exchange=1)
    events = [Opened(session=1, party="a", url="http://node/"), call, Scenario(name="b")]
    with pytest.raises(InputError, match="has several scenarios"):
        exported("io", events, tmp_path / "a.io")
    assert [path.name for path in tmp_path.iterdir()] == ["of-the-events.jsonl"]
    exported("io", events, tmp_path / "out")
    assert (tmp_path / "out" / "of-the-events.io").read_bytes() == b">> " + ASK + b"\n"


LINES = st.text(st.characters(codec="utf-8", exclude_characters="\r\n", exclude_categories=["Cs"])).map(str.strip)
SAID = LINES.filter(lambda line: line.encode().strip())


@given(st.lists(st.tuples(st.lists(LINES, max_size=3), SAID, st.none() | SAID), min_size=1, max_size=6))
def test_any_exchanges_come_back_as_they_were(tmp_path_factory, exchanges):
    """Whatever is asked and answered, JSON or not."""
    folder = tmp_path_factory.mktemp("io")
    text = "".join(
        "".join(f"// {line}".rstrip(" ") + "\n" for line in comments)
        + f">> {asked}\n"
        + (f"<< {answer}\n" if answer is not None else "")
        for comments, asked, answer in exchanges
    )
    (folder / "a.io").write_bytes(text.encode())
    exported("io", imported(folder / "a.io"), folder / "b.io")
    assert (folder / "b.io").read_bytes() == text.encode()
