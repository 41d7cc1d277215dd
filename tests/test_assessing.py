"""What is wrong with a capture."""

import json

import pytest
from hosts import HEADER

from recorder.assessing import MOST, assessing
from recorder.capture import frame
from recorder.errors import InputError
from recorder.interchange.files import write_capture
from recorder.model import Opened, Scenario


def capture(path, *messages, scenario=""):
    """A capture of a session with these messages."""
    begun = [Scenario(time=1, name=scenario)] if scenario else []
    frames = [
        frame(message, time=number, session=1, direction=("to_node", "from_node")[number % 2])
        for number, message in enumerate(messages, 2)
    ]
    write_capture(path, HEADER, [*begun, Opened(time=1, session=1, party="shop", url="ws://node/"), *frames])
    return path


ASK, TOLD = b'{"jsonrpc":"2.0","id":1,"method":"price"}', b'{"jsonrpc":"2.0","id":1,"result":7}'


def test_nothing_is_wrong_where_nothing_is_asked(tmp_path):
    """Each check is one that somebody wanted."""
    assert assessing().of(capture(tmp_path / "run.jsonl", b"nonsense")) == ([], [])


def test_messages_are_held_against_json_rpc(tmp_path):
    """Each violation with its place; many of them are counted."""
    wrong = capture(tmp_path / "run.jsonl", ASK, b"nonsense")
    assert assessing(lint=True).of(wrong) == (
        [("1 violation of the protocol", ["4: session 1 <--- json: is not JSON"])],
        [],
    )
    ((what, lines),) = assessing(lint=True).of(capture(tmp_path / "run.jsonl", *[b"nonsense"] * (MOST + 5))).findings
    assert (what, len(lines)) == (f"{MOST + 5} violations of the protocol", MOST)


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (b"", "answer: no answer: price (id 1)"),
        (b'{"jsonrpc":"2.0","result":7}', "answer: no id: result of price (id 1), without its id"),
        (b'{"jsonrpc":"2.0","id":2,"result":7}', "answer: another id: result of price (id 1), under another id: 2"),
    ],
)
def test_http_answers_are_held_against_their_calls(tmp_path, body, found):
    """One that does not answer its call is a violation, also where it is empty."""
    path = tmp_path / "run.jsonl"
    call, answer = (
        frame(text, time=2, session=1, direction=direction, exchange=1)
        for text, direction in ((ASK, "to_node"), (body, "from_node"))
    )
    write_capture(path, HEADER, [Opened(time=1, session=1, party="shop", url="http://node/"), call, answer])
    assert assessing(lint=True).of(path).findings == [
        ("1 violation of the protocol", [f"4: session 1 <--- {found}"]),
    ]


def test_messages_are_held_against_a_document(tmp_path):
    """What is alike is one line."""
    document = tmp_path / "shop.json"
    document.write_text(json.dumps({"openrpc": "1.3.2", "methods": []}))
    found = assessing(openrpc=document).of(capture(tmp_path / "run.jsonl", ASK, TOLD, ASK))
    assert found.findings == [
        ("2 violations of the document", ["3: price: method: is not in the document (2 times, first here)"])
    ]


@pytest.fixture
def baseline(tmp_path):
    """A folder with what is expected of two scenarios: one says its name, the other is named by it."""
    folder = tmp_path / "expected"
    folder.mkdir()
    capture(folder / "selling.jsonl", ASK, TOLD, scenario="sells")
    capture(folder / "buys.jsonl", ASK, TOLD)
    return folder


@pytest.mark.parametrize("scenario", ["sells", "buys"])
def test_a_capture_is_compared_with_the_one_of_its_scenario(tmp_path, baseline, scenario):
    """By meaning: ids differ in each run, a price does not."""
    held = assessing(baseline=baseline)
    same = capture(tmp_path / "run.jsonl", ASK.replace(b":1,", b":5,"), TOLD.replace(b":1,", b":5,"), scenario=scenario)
    assert held.of(same) == ([], [])
    other = capture(tmp_path / "run.jsonl", ASK, TOLD.replace(b"7", b"8"), scenario=scenario)
    ((what, lines),) = held.of(other).findings
    assert what == f"1 difference from {'selling' if scenario == 'sells' else 'buys'}.jsonl"
    assert any("7" in line and "8" in line for line in lines)


def test_rules_say_what_may_differ(tmp_path, baseline):
    """Those of all, and those beside a capture of the baseline."""
    other = capture(tmp_path / "run.jsonl", ASK, TOLD.replace(b"7", b"8"), scenario="buys")
    rules = tmp_path / "rules.toml"
    rules.write_text('[[rule]]\npath = "result"\nignore = true\n')
    assert assessing(baseline=baseline, rules=rules).of(other) == ([], [])
    (baseline / "buys.rules.toml").write_text(rules.read_text())
    assert assessing(baseline=baseline).of(other) == ([], [])


def test_what_has_no_baseline_is_said(tmp_path, baseline):
    """It is no finding."""
    held = assessing(baseline=baseline)
    assert held.of(capture(tmp_path / "a.jsonl", ASK, scenario="lends")) == ([], ["no baseline of lends"])
    assert held.of(capture(tmp_path / "a.jsonl", ASK)) == ([], ["in no scenario: no baseline"])


def test_what_cannot_be_held_against_is_one_line(tmp_path, baseline):
    """It says what to do."""
    with pytest.raises(InputError, match="name a folder of captures"):
        assessing(baseline=tmp_path / "absent")
    with pytest.raises(InputError, match="has no captures"):
        assessing(baseline=tmp_path)
    capture(baseline / "twice.jsonl", ASK, scenario="sells")
    with pytest.raises(InputError, match=r"twice\.jsonl: is of the same scenarios as selling\.jsonl; keep one"):
        assessing(baseline=baseline)


def test_what_is_held_against_has_an_identity(tmp_path, baseline):
    """Whoever checks something else is known by it: workers share only the same work."""
    document, rules = tmp_path / "shop.json", tmp_path / "rules.toml"
    document.write_text('{"openrpc":"1.3.2","methods":[]}')
    rules.write_text("")
    made = [
        assessing(),
        assessing(lint=True),
        assessing(openrpc=document),
        assessing(baseline=baseline),
        assessing(baseline=baseline, rules=rules),
    ]
    (baseline / "buys.rules.toml").write_text('[[rule]]\npath = "result"\nignore = true\n')
    made.append(assessing(baseline=baseline))
    assert len({one.identity for one in made}) == len(made)
    assert assessing(baseline=baseline).identity == made[-1].identity
