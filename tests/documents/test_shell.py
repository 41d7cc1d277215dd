"""Words of commands: read as the program gets them, and written in their own quotes."""

import json
import shlex
import shutil
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st
from recorded import CAPTURES, Captures, call, fenced, recordings, said

from recorder.documents import check
from recorder.documents.reading import read
from recorder.documents.shell import Quoting
from recorder.documents.updating import update
from recorder.documents.written import FILLER, Edit, applied

IT_IS = call("say", {"text": "it's", "to": "bob"}, id=1)
AGAINST = recordings(said((">", IT_IS)))
PLAIN = json.dumps(IT_IS)
QUOTED = {
    "a quote that ends for a quote": "'" + PLAIN.replace("'", r"'\''") + "'",
    "a quote in other quotes": "'" + PLAIN.replace("'", "'\"'\"'") + "'",
    "escapes": '"' + PLAIN.replace('"', r"\"") + '"',
    "escapes of C": "$'" + PLAIN.replace("'", r"\'") + "'",
    "a variable": "'" + PLAIN.replace("it's", "'\"$TEXT\"'") + "'",
    "a variable alone": "'" + PLAIN.replace("'", "-").replace('"id": 1', "\"id\": '$ID'") + "'",
    "a variable in escapes": '"' + PLAIN.replace('"', r"\"").replace("it's", "${TEXT}") + '"',
    "in lines of its own": "'\n" + PLAIN.replace("'", r"'\''") + "\n'",
    "escapes in lines of its own": '"\n' + PLAIN.replace('"', r"\"") + '\n"',
    "a line that goes on": "'" + PLAIN.replace("'", "-").replace("{", "{'\\\n'", 1) + "'",
}


@pytest.mark.parametrize("name", QUOTED)
def test_a_command_is_read_as_its_program_gets_it(name):
    """Whatever quotes its shell takes away; each finding stands where it is in the document."""
    command = f"curl -d {QUOTED[name]} https://x"
    (found,) = check(fenced(command, "sh"), "g.md", AGAINST, CAPTURES)
    assert (found.verdict, len(found.judged)) == ("true", 1)
    (found,) = check(fenced(command.replace("to", "too"), "sh"), "g.md", AGAINST, CAPTURES)
    assert [one.what for one in found.reasons] == ["params.too is called 'to' in what is recorded"]
    assert found.block.text[found.reasons[0].offset :].lstrip("\\").startswith('"too')


@pytest.mark.parametrize("name", QUOTED)
def test_a_command_keeps_its_quotes(name):
    """What is written into it is quoted as what stands around it; a text with a quote in it too."""
    command = f"curl -d {QUOTED[name]} https://x"
    for before in (command.replace("to", "too"), command.replace("bob", "it")):
        after = update(fenced(before, "sh"), "g.md", AGAINST, CAPTURES)
        assert after.text == fenced(before.replace("too", "to"), "sh")
    longer = recordings(said((">", call("say", {"text": "it's", "to": "bob", "more": ["$5 isn't \\ `much`"]}, id=1))))
    after = update(fenced(command, "sh"), "g.md", longer, CAPTURES)
    assert after.left == []
    shell = shutil.which("bash")
    if shell is not None:
        line = after.text.split("```")[1].removeprefix("sh\n").replace("curl -d", "printf '%s\\n'")
        ran = subprocess.run([shell, "-c", f"TEXT=t ID=1\n{line}"], capture_output=True, text=True, check=True)
        assert json.loads(ran.stdout.partition("https")[0])["params"]["more"] == ["$5 isn't \\ `much`"]


TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="$`"), max_size=6)  # shlex leaves `\\$` as it is


@given(st.recursive(TEXTS, lambda inner: st.dictionaries(TEXTS, inner, max_size=3)))
def test_any_word_is_read_and_written(value):
    """As the standard library reads it: in both kinds of quotes, before and after an edit."""
    text = json.dumps({"a": value, "b": 1}, ensure_ascii=False)
    escaped = "".join(f"\\{char}" if char in '"\\' else char for char in text)
    for command in (f"x {shlex.quote(text)}", f'x "{escaped}"'):
        quoting = Quoting(command, shell=True)
        assert len(quoting.readable) == len(command)
        start = quoting.readable.index("{")
        node = read(quoting.readable, start).node
        assert quoting.readable[start : node.end].replace(FILLER, "") == text
        own = node.get("b")
        edits = [Edit(own.start, own.end, json.dumps(value))]
        (_x, word) = shlex.split(applied(command, quoting.written(edits)))
        assert json.loads(word) == {"a": value, "b": value}


@pytest.mark.parametrize("quote", ["'", '"', "$'"])
def test_a_member_goes_out_of_quotes(quote):
    """And nothing of the next one's goes with it, be it the first or the last."""
    for value in (IT_IS | {"aa": 1}, {"aa": 1} | IT_IS):
        text = json.dumps(value).replace("it's", "its")
        word = text.replace('"', r"\"") if quote == '"' else text
        command = f"curl -d {quote}{word}{quote[-1]} x"
        whole = PLAIN.replace("it's", "its")
        expected = (
            f"curl -d {quote}{whole.replace(chr(34), chr(92) + chr(34)) if quote == chr(34) else whole}{quote[-1]} x"
        )
        pinned = "<!-- recorder: x.jsonl method=say -->"
        events = [*said((">", json.loads(whole)))]
        document = fenced(command, "sh", pinned)
        found = update(document, "g.md", recordings(events), Captures(**{"x.jsonl": events}))
        assert found.text == fenced(expected, "sh", pinned)


OTHERS = [
    '{"result": "{\\"a\\": 1}"}',
    "don't: '{\"a\": 1}",
    'x = ["{\\"a\\": 1}"]',
    'echo "done"\n{"a": "b"}',
    'echo \'done\'\n{"a": "b"}',
]


@pytest.mark.parametrize("text", OTHERS)
def test_what_is_no_word_of_a_command_is_read_as_it_stands(text):
    """Texts of JSON that hold JSON, and a quote that never ends."""
    quoting = Quoting(text, shell=True)
    assert (quoting.readable, [*quoting.written([Edit(0, 1, "'")])]) == (text, [Edit(0, 1, "'")])


def test_quotes_without_an_end_cost_no_time():
    """Hundreds of thousands of them are gone through."""
    for text in ("'{" * 200_000 + '"', '"{ ' * 200_000, " {'" * 200_000, "'" + " " * 200_000):
        assert len(Quoting(text, shell=True).readable) == len(text)


@pytest.mark.parametrize("url", ['"http://node/rpc"', "'http://node/rpc'", "http://node/rpc"])
def test_an_answer_right_behind_a_command_stands_in_no_quotes_of_it(url):
    """Whatever closes in the line before."""
    answer = {"jsonrpc": "2.0", "id": 1, "result": True}
    against = recordings(said((">", IT_IS), ("<", answer)))
    block = f"$ curl -d '{json.dumps(call('say', {'text': 'x', 'to': 'bob'}, id=1))}' {url}\n{json.dumps(answer)}"
    (found,) = check(fenced(block, "sh"), "g.md", against, CAPTURES)
    assert (found.verdict, len(found.judged)) == ("true", 2)
