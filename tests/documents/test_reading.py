"""The tolerant reader: places of everything, what is left out, what is no JSON and what was meant."""

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recorder.documents.reading import MAX_DEPTH, MOST_PROBLEMS, read
from recorder.documents.written import begins_so, pieces_of

TEXTS = st.text(st.characters(codec="utf-8")).filter(lambda text: not pieces_of(text))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)


def value(node):
    """The JSON value of a node."""
    if node.kind == "object":
        return {member.name: value(member.node) for member in node.members}
    return [value(item) for item in node.items] if node.kind == "list" else node.value


@given(VALUES, st.sampled_from([None, 1, 4]))
def test_json_is_read_as_what_it_is(original, indent):
    """Whatever its form, it has no problem, and its value is the one that any reader finds."""
    text = json.dumps(original, indent=indent)
    node, problems = read(text)
    assert (value(node), problems, node.end) == (json.loads(text, parse_float=Decimal), [], len(text))


@given(VALUES)
def test_each_value_stands_where_it_says(original):
    """What is cut out at its place is the value itself."""
    text = json.dumps(original, ensure_ascii=False)
    for node in read(text).node.walk():
        assert value(read(text[node.start : node.end]).node) == value(node)


@given(st.text(alphabet="{}[]\",:.<>/*-='…\\ \n\ta1tnu", max_size=60))
def test_nothing_raises_and_nothing_is_endless(text):
    """Any text is read as something, with places that are in it."""
    node, problems = read(text)
    assert all(0 <= one.offset <= len(text) for one in problems)
    assert all(0 <= one.start <= one.end <= len(text) for one in node.walk())


@given(VALUES, st.data())
def test_a_cut_is_a_problem(original, data):
    """JSON that lacks its end is never taken for whole."""
    text = json.dumps([original])
    node, problems = read(text[: data.draw(st.integers(1, len(text) - 1))])
    assert problems
    assert node.kind == "list"


LEFT_OUT = {
    "members": '{"a": 1, ...}',
    "members, with a letter of its own": '{"a": 1, …}',
    "members, without a comma": '{"a": 1 ...}',
    "members, as a comment": '{"a": 1, // ...\n}',
    "members, as a comment of several lines": '{"a": 1 /* … */}',
    "members, in brackets": '{"a": 1, [...]}',
    "members, in brackets, in a word": '{"a": 1\n [truncated]}',
    "members, in braces": '{"a": 1, {…}}',
    "members, by dots in a column": '{"a": 1,\n  .\n  .\n  .\n}',
    "members, snipped": '{"a": 1, -- snip --}',
    "members, as a text": '{"a": 1, "...": "..."}',
}


@pytest.mark.parametrize("name", LEFT_OUT)
def test_what_is_left_out_is_no_problem(name):
    """An object says so, and has what is written of it."""
    node, problems = read(LEFT_OUT[name])
    assert (node.elided, node.get("a").value, problems) == (True, 1, [])


@pytest.mark.parametrize(
    "written",
    [
        *("...", "…", "<method>", "<signing method>", '"..."', '"<name>"', '"…"'),
        *('"{{ who }}"', '"$WHO"', '"${who}"', '"YOUR_ADDRESS"', '"your-api-key"', '"«channel_id»"'),
    ],
)
def test_a_placeholder_is_any_value(written):
    """With quotes and without."""
    node, problems = read(f'{{"a": {written}}}')
    assert (node.get("a").kind, problems) == ("any", [])


@pytest.mark.parametrize(
    "written", ["$ref", "cost: $5", "{who}", "your turn", "not YOUR_ADDRESS", "$", "{{", "«token 1»", "««word»»"]
)
def test_words_are_no_placeholders(written):
    """However alike they are."""
    assert pieces_of(written) == ()


def test_items_are_left_out_too():
    """Before, between and behind others."""
    node, problems = read("[..., 1, ..., 2, ...]")
    assert ([item.value for item in node.items], node.elided, problems) == ([1, 2], True, [])
    node, problems = read("[[...], [1, ...], {...}]")
    assert ([item.elided for item in node.items], node.elided, problems) == ([True, True, True], False, [])


def test_a_text_is_left_out_in_part():
    """What is written of it begins and ends it."""
    node, _problems = read('"tx_+N8…OeV"')
    assert (node.elided, node.pieces) == (True, ("tx_+N8", "OeV"))


@given(st.text(max_size=8), st.text(max_size=8), st.text(max_size=8))
def test_what_is_left_out_matches_whatever_begins_so(begin, middle, end):
    """The empty text too."""
    assert begins_so((begin, end), begin + middle + end)


def test_what_is_written_must_be_there():
    """Its beginning, its end, and what stands between, in order."""
    pieces = pieces_of("ab...cd...ef")
    assert [begins_so(pieces, text) for text in ("abXcdYef", "abef", "abcdeg", "bcdef", "abcdef")] == [
        True,
        False,
        False,
        False,
        True,
    ]


BROKEN = {
    "a trailing comma": ('{"a": 1,\n}', 7, "a comma before `}`; leave it out"),
    "a missing comma": ('{"a": "x"\n "b": 2}', 11, "no comma before what follows; a `,` is missing"),
    "a missing brace": ('{"a":\n "b": 2\n}, "c": 3}', 7, "'b' is a name, not a value; a `{` is missing before it"),
    "another language's arrow": ('{"a">> => []}', 4, "`>> =>` stands in no JSON; `:` is meant"),
    "a text cut at the end of its line": (
        '{"a": "tx_abc\n}',
        13,
        'the text is not closed; a `"` is missing at the end of the line',
    ),
    "a text that was wrapped": (
        '{"a": "tx_a\nbc", "b": 2}',
        11,
        "a line break in a text; the text was wrapped or cut: write it in one line",
    ),
    "a name without quotes": ("{a: 1}", 1, 'a is no name of a member; "a" is meant'),
    "other quotes": ("{'a': 1}", 1, "' opens no text in JSON; texts stand in `\"`"),
    "another language's word": ('{"a": None}', 6, "None is no JSON; null is meant"),
    "a misspelt word": ('{"a": nul}', 6, "nul is no JSON; null is meant"),
    "a word in capitals": ('{"a": TRUE}', 6, "TRUE is no JSON; true is meant"),
    "a word of no kind": ('{"a": hello}', 6, 'hello is no JSON; is "hello" meant?'),
    "a number of another kind": ('{"a": 0x1F}', 6, "0x1F is no JSON number; write it in decimal digits, or as a text"),
    "no value": ('{"a": }', 6, "a value is missing; write one, or `...` where it is left out"),
    "no end": ('{"a": [1', 8, "the text ends before `]`; a `]` is missing"),
    "a comment": ('{"a": 1 // one\n}', 8, "a comment is no JSON; leave it out, or call the block jsonc"),
    "another bracket": ('{"a": [1}', 8, "`}` closes no list; a `]` is missing before it"),
    "no escape": (r'{"a": "\x"}', 7, r"\x is no escape of JSON; `\\` is a backslash"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_broken_says_where_and_what_is_meant(name):
    """And is read on as it was meant: its first member is known all the same."""
    text, offset, said = BROKEN[name]
    node, problems = read(text)
    assert (problems[0].offset, str(problems[0])) == (offset, said)
    assert node.members[0].name == "a"


def test_what_follows_a_mistake_is_read():
    """A missing brace, comma or quote hides nothing."""
    for text in (BROKEN["a missing brace"][0], '{"a": "x"\n "c": 3}', '{"a": "tx_abc,\n "c": 3}'):
        assert read(text).node.get("c").value == 3


def test_comments_stand_where_they_may():
    """In jsonc, of both kinds."""
    node, problems = read('{"a": 1, // one\n /* two */ "b": 2}', comments=True)
    assert (value(node), problems, node.elided) == ({"a": 1, "b": 2}, [], False)


@pytest.mark.parametrize("deep", ['{"a":' * 10_000, "[" * 10_000, "[" * 10_000 + "]" * 10_000])
def test_what_is_too_deep_is_said(deep):
    """No stack is the reader's limit."""
    assert f"nested more than {MAX_DEPTH} levels deep" in str(read(deep).problems[0])


def test_junk_is_given_up():
    """A megabyte of something else is not gone through to its end."""
    assert len(read("{" + "a\n" * 500_000).problems) < MOST_PROBLEMS + 10
