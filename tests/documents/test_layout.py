"""Members go and come with their commas and comments, in whatever layout."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from recorder.documents.layout import added, dropped
from recorder.documents.reading import read
from recorder.documents.written import applied

DROPPED = {
    "the only one": ('{"x": 1}', "{}"),
    "the first": ('{"x": 1, "a": 2}', '{"a": 2}'),
    "the last": ('{"a": 2,"x": 1}', '{"a": 2}'),
    "behind what is left out": ('{ ..., "x": 1 }', "{ ... }"),
    "before what is left out": ('{ "x": 1, ... }', "{ ... }"),
    "between both": ('{ "a": 2, ..., "x": 1 }', '{ "a": 2, ... }'),
    "before what is left out, without a comma": ('{"a": 2, "x": 1 ...}', '{"a": 2 ...}'),
    "with its comment": (
        '{\n  "a": 2, // of a\n  "x": 1, // of x\n  "b": 3\n}',
        '{\n  "a": 2, // of a\n  "b": 3\n}',
    ),
    "the last, with its comment": (
        '{\n  "a": 2, // of a\n  "x": 1 // of x\n}',
        '{\n  "a": 2 // of a\n}',
    ),
    "with the comments above it": (
        '{\n  // of a\n  "a": 2,\n  // of x:\n  /* all */\n  "x": 1,\n  // of b\n  "b": 3\n}',
        '{\n  // of a\n  "a": 2,\n  // of b\n  "b": 3\n}',
    ),
    "with no comment that leaves out": (
        '{\n  "a": 2,\n  // ...\n  "x": 1 // ...\n}',
        '{\n  "a": 2\n  // ... // ...\n}',
    ),
    "between two comments of one line": (
        '{"a": 2, /* of a */ "x": 1, /* of b */ "b": 3}',
        '{"a": 2, /* of a */ /* of b */ "b": 3}',
    ),
    "of one line among others": ('{\n  "a": 2, "x": 1,\n  "b": 3\n}', '{\n  "a": 2,\n  "b": 3\n}'),
}


@pytest.mark.parametrize("name", DROPPED)
def test_a_member_goes_with_its_comma_and_comments(name):
    """What is said of another stays, and no comma is left over."""
    before, after = DROPPED[name]
    node, problems = read(before, comments=True)
    (member,) = (one for one in node.members if one.name == "x")
    assert (problems, applied(before, dropped(before, node, member.start, member.node.end))) == ([], after)


ADDED = {
    "behind one": ("a", '{"a": 2, "b": 3}', '{"a": 2, "x": 1, "b": 3}'),
    "as the last": ("b", '{"a": 2, "b": 3}', '{"a": 2, "b": 3, "x": 1}'),
    "as the first": ("", '{"a": 2}', '{"x": 1, "a": 2}'),
    "behind a comment": (
        "a",
        '{\n  "a": 2,   // of a\n  "b": 3\n}',
        '{\n  "a": 2,   // of a\n  "x": 1,\n  "b": 3\n}',
    ),
    "as the last, behind a comment": (
        "b",
        '{\n  "a": 2,\n  "b": 3 // of b\n}',
        '{\n  "a": 2,\n  "b": 3, // of b\n  "x": 1\n}',
    ),
    "before a comment of the next": (
        "a",
        '{\n  "a": 2,\n  // of b\n  "b": 3\n}',
        '{\n  "a": 2,\n  "x": 1,\n  // of b\n  "b": 3\n}',
    ),
    "as the first, before its comment": (
        "",
        '{ // of it\n  // of a\n  "a": 2\n}',
        '{ // of it\n  "x": 1,\n  // of a\n  "a": 2\n}',
    ),
    "in a line of several": ("a", '{\n  "a": 2, "b": 3\n}', '{\n  "a": 2,\n  "x": 1, "b": 3\n}'),
    "behind the first in the brace's line": ("", '{"a": 2,\n "b": 3}', '{"x": 1, "a": 2,\n "b": 3}'),
}


@pytest.mark.parametrize("name", ADDED)
def test_a_member_comes_where_no_comment_is_another_s(name):
    """Behind what is said of the one before, and before what is said of the next."""
    behind, before, after = ADDED[name]
    node, _problems = read(before, comments=True)
    end = next((one.node.end for one in node.members if one.name == behind), node.start)
    assert applied(before, added(before, node, end, '"x": 1', ", ")) == after


SAID = r"(?:\s|//[^\n]*|/\*[^*]*\*/)"
PARTS = st.sampled_from(["...", '"a": 1', '"b": {"c": 2}', "// of it\n", "/* so */", "// ...\n", "\n  ", " "])


@example(['"a": 1', "/* so */", "...", "/* so */"], "\n")
@given(st.lists(PARTS, max_size=8), st.sampled_from(["", " ", "\n"]))
def test_no_comma_is_left_over(parts, end):
    """Whatever stands around a member, it is read without a problem when that is gone, and has no dangling comma."""
    text = "{"
    for part in parts:
        text += part + ("," if part[-1] in '."1}' else "")
    text = re.sub(rf",({SAID}*)\Z", r"\1", text) + end + "}"
    node, problems = read(text, comments=True)
    for member in node.members if not problems else ():
        after = applied(text, dropped(text, node, member.start, member.node.end))
        found, problems = read(after, comments=True)
        assert (problems, len(found.members)) == ([], len(node.members) - 1)
        assert re.search(rf",{SAID}*[,}}]|\{{{SAID}*,", after) is None
