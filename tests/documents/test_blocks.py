"""The fences of documents: where every character stands, whatever is around them."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from recorder.documents.blocks import Position, blocks

CONTAINED = {
    "a list": "- one\n\n  ```json\n  {\n    1}\n  ```\n",
    "a quote": "> ```json\n> {\n>   1}\n> ```\n",
    "a list in a quote": "> 1. x\n>\n>    ```json\n>    {\n>      1}\n>    ```\n",
    "a longer fence": "````json\n{\n  1}\n````\n",
    "tildes": "~~~json title='x'\n{\n  1}\n~~~\n",
    "Windows": "text\r\n\r\n```json\r\n{\r\n  1}\r\n```\r\n",
    "tabs": "-\tx\n\n\t```json\n\t{\n\t  1}\n\t```\n",
    "a tab of MkDocs": '=== "JSON"\n\n    ```json\n    {\n      1}\n    ```\n',
    "an admonition in a list": "- x\n\n    !!! note\n\n        ```json\n        {\n          1}\n        ```\n",
    "a mark before it": "\ufeff```json\n{\n  1}\n```\n",
    "an end without a newline": "```json\n{\n  1}\n```",
    "a directive": "```{code-block} json\n{\n  1}\n```\n",
    "attributes": "```{.json}\n{\n  1}\n```\n",
}


@pytest.mark.parametrize("name", CONTAINED)
def test_a_fence_knows_its_text_and_places(name):
    """Each character of the text is the document's at its offset."""
    document = CONTAINED[name]
    (block,) = blocks(document)
    assert (block.language, block.text, block.closed) == ("json", "{\n  1}\n", True)
    for at in (0, 4, 5):
        assert document[block.offset(at)] == block.text[at]
    line, column = block.position_of(4)
    assert document.replace("\r\n", "\n").split("\n")[line - 1][column - 1] == "1"
    assert document[block.start : block.end].startswith(block.fence)
    assert document[block.start : block.end].endswith(block.fence)


def test_a_tab_may_be_several_spaces():
    """What is no space stands where it says all the same."""
    document = "- ```\n\t{ 1\n\t}\n  ```\n"
    (block,) = blocks(document)
    for at, sign in enumerate(block.text):
        assert sign.isspace() or document[block.offset(at)] == sign


def test_lines_and_columns_begin_with_1():
    """As editors count them."""
    (block,) = blocks("a\n\n> ```\n> xy\n> ```\n")
    assert (block.position, block.position_of(1)) == (Position(3, 3), Position(4, 4))


def test_a_fence_that_never_ends_says_so():
    """It reaches to the end of the document."""
    (block,) = blocks("```json\n{}\n\n# not a heading\n")
    assert (block.closed, block.text) == (False, "{}\n\n# not a heading\n")


UNFENCED = {
    "indented": "As this:\n\n    {\n      1}\n\nMore.\n",
    "indented in a list": "- x\n\n      {\n        1}\n",
    "indented in a quote": "> x\n>\n>     {\n>       1}\n",
    "indented by tabs": "x\n\n\t{\n\t  1}\n",
    "indented on Windows": "x\r\n\r\n    {\r\n      1}\r\n",
    "in HTML": "<pre>\n{\n  1}\n</pre>\n",
    "in HTML, with its language": '<pre class="x"><code class="language-json">{\n  1}\n</code></pre>\n',
    "in HTML in a quote": "> <pre>\n> {\n>   1}\n> </pre>\n",
    "in HTML on Windows": "<pre>\r\n{\r\n  1}\r\n</pre>\r\n",
}


@pytest.mark.parametrize("name", UNFENCED)
def test_code_without_a_fence_knows_its_text_and_places(name):
    """As that of a fence does, and where its lines begin and end."""
    document = UNFENCED[name]
    (block,) = blocks(document)
    assert (block.text, block.closed, block.language) == ("{\n  1}\n", True, "json" if "class" in document else "")
    for at in (0, 4, 5):
        assert document[block.offset(at)] == block.text[at]
    assert document[block.start :].startswith(block.margin or "<pre")
    inside = document[slice(*block.inside)].replace("> ", "").replace("\r\n", "\n")
    assert (inside.split("\n")[0].strip(), inside[-5:]) == ("{", "  1}\n")


def test_indented_code_that_is_a_fence_is_of_a_document_about_documents():
    """And under a tab or an admonition what is indented is Markdown."""
    (block,) = blocks("As this:\n\n    ```json\n    {}\n    ```\n")
    assert (block.language, block.text) == ("markdown", "```json\n{}\n```\n")
    assert [*blocks('=== "JSON"\n\n    {\n      1}\n')] == []


UNREAD = {
    "a table": '| a |\n|---|\n| `{"jsonrpc": "2.0"}` |\n',
    "inline code": 'Say `{"jsonrpc": "2.0"}`.\n',
    "<CodeBlock>": '<CodeBlock>\n{"jsonrpc": "2.0"}\n</CodeBlock>\n',
    "<pre>": '<pre>\n{<b>"jsonrpc"</b>: "2.0"}\n</pre>\n',
    "a paragraph": '{"jsonrpc": "2.0"}\n',
}


@pytest.mark.parametrize("name", UNREAD)
def test_where_else_json_rpc_stands_is_told(name):
    """Nobody is to believe that it was checked; a comment says nothing, and words between a heading and a block stay its own."""
    found, block = blocks(f"# Title\n\nThe node sends:\n\n{UNREAD[name]}\n```\n1\n```\n\n<!-- jsonrpc: x -->\n")
    assert (found.unread, found.position.line, block.unread, block.heading) == (name, 5, "", "Title")
    assert block.words.startswith("The node sends:")


def test_a_fence_in_a_fence_is_text():
    """A document about documents shows fences."""
    (block,) = blocks("````markdown\n```json\n{}\n```\n````\n")
    assert (block.language, block.text) == ("markdown", "```json\n{}\n```\n")


def test_a_block_has_the_words_before_it():
    """Those of its section, behind any other block; the heading is that of the first block alone."""
    first, second = blocks("# One\n\n## Two `x` ##\n\nThe node sends:\n```\n1\n```\nIt answers:\n\n```\n2\n```\n")
    assert (first.heading, first.words) == ("Two `x`", "The node sends:")
    assert (second.heading, second.words) == ("", "It answers:")


@pytest.mark.parametrize("comment", ["<!-- recorder: ignore why not -->", "<!--recorder: ignore: why not-->"])
def test_a_comment_leaves_the_next_block_alone(comment):
    """With its reason; it reaches no further."""
    first, second = blocks(f"{comment}\n\n```\n1\n```\n\n```\n2\n```\n")
    assert (first.ignored, second.ignored) == ("why not", None)


def test_words_between_end_a_comment():
    """It is about the block that follows it."""
    (block,) = blocks("<!-- recorder: ignore -->\n\nMore words.\n\n```\n1\n```\n")
    assert block.ignored is None


def test_mdx_has_blocks_in_tags():
    """However they are indented; its comments are its own."""
    document = "<Tabs>\n<Tab>\n    {/* recorder: ignore later */}\n    ```json\n    {}\n    ```\n</Tab>\n</Tabs>\n"
    (block,) = blocks(document, mdx=True)
    assert (block.text, block.ignored) == ("{}\n", "later")
    assert [*blocks(document)] == []


@example(["```\n", "```\n", "> x\n", "> "])
@given(
    st.lists(st.sampled_from(["```\n", "~~~\n", "> ", "- ", "\t", "x\r\n", "\r", "    ", "{}\n", "\0", "<a>\n", "\n"]))
)
def test_any_document_has_blocks_in_it(parts):
    """With places inside of it, and texts that stand there."""
    document = "".join(parts)
    for block in blocks(document):
        assert 0 <= block.start <= block.end <= len(document)
        assert all(0 <= block.offset(at) <= len(document) for at in range(len(block.text)))


def test_what_has_no_fence_is_not_looked_at():
    """Ten megabytes of words take no time."""
    assert [*blocks("some words\n" * 1_000_000)] == []


RENDERED = "x\n\n{0} recorder: run.jsonl as=table {1}\n\n```\n1\n```\n\n{0} /recorder {1}\n\n```\n2\n```\n"


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize(("mdx", "signs"), [(False, ("<!--", "-->")), (True, ("{/*", "*/}"))])
def test_what_stands_between_comments_is_one_block(mdx, signs, newline):
    """Whatever is in it; what follows is as ever."""
    document = RENDERED.format(*signs).replace("\n", newline)
    rendering, after = blocks(document, mdx=mdx)
    assert (rendering.text, rendering.fence, rendering.closed) == ("\n```\n1\n```\n\n", "", True)
    assert rendering.pin == "run.jsonl as=table"
    assert document[slice(*rendering.inside)] == rendering.text.replace("\n", newline)
    assert rendering.position_of(5) == (6, 1)
    assert (after.text, after.comment) == ("2\n", None)


@pytest.mark.parametrize(
    "document",
    [
        "<!-- recorder: run.jsonl as=table -->\n\nx\n",
        "<!-- recorder: run.jsonl as=table -->",
        "- <!-- recorder: run.jsonl as=table -->\n\n  x\n\n  <!-- /recorder -->\n",
        "<!-- recorder: run.jsonl as=table -->\n<!-- recorder: ignore -->\n<!-- /recorder -->\n",
    ],
)
def test_what_no_comment_ends_is_not_closed(document):
    """Nor what ends behind another of ours, or stands in a list."""
    (block,) = blocks(document)
    assert (block.closed, block.text) == (False, "")


def test_what_is_commented_out_is_no_block():
    """Of several lines too; comments of ours are read."""
    for mdx, (opening, closing) in ((False, ("<!--", "-->")), (True, ("{/*", "*/}"))):
        out = f"{opening} later\n```\n1\n```\n{closing}\n"
        (block,) = blocks(f"{out}\n{opening} recorder:\n ignore it {closing}\n```\n2\n```\n{out}", mdx=mdx)
        assert (block.text, block.ignored) == ("2\n", "it")


def test_comments_in_a_fence_are_its_text():
    """As of documents that explain them."""
    (block,) = blocks("````\n<!-- recorder: run.jsonl as=table -->\n<!-- /recorder -->\n````\n")
    assert (block.fence, block.comment) == ("````", None)


def test_comments_without_an_end_cost_no_time():
    """Thousands of them are gone through once."""
    assert [*blocks("<!-- recorder: x as=table\n" * 50_000 + "```\n1\n```\n")] == []


LINES = st.sampled_from(
    [
        *("words\n", "w\n", "1. w\n", "- w\n", "> w\n", "    w\n", "\tw\n", "  w\n", "> > w\n", " - w\n", "# w\n"),
        *(
            "```\n",
            "```json\n",
            "~~~\n",
            "===\n",
            "---\n",
            "\n",
            "<div>\n",
            "</div>\n",
            "<!-- recorder: ignore w -->\n",
        ),
    ]
)


@given(st.lists(LINES, max_size=14).map("".join), st.booleans())
def test_a_line_of_words_is_as_any_other(document, mdx):
    """Those that begin with a letter are gone over fast, and end where those end that do not."""
    signs = document.replace("w", "&")
    found, expected = [*blocks(document, mdx=mdx)], [*blocks(signs, mdx=mdx)]
    assert [(one.start, one.end, one.heading.replace("w", "&")) for one in found] == [
        (one.start, one.end, one.heading) for one in expected
    ]
    assert [one.text.replace("w", "&") for one in found] == [one.text for one in expected]
    assert [one.comment is None for one in found] == [one.comment is None for one in expected]
