"""Links out of the documents' folder."""

from __future__ import annotations

import links

PAGE = """
[a](../transcripts/summary/mcp_tools.md) [b](../transcripts/two.md#x) [c](rules.md) [d](guides/ci.md#in-ci)
[e](https://x.example/../y.md) [f](#here) [g](/absolute) [h](../CHANGELOG.md) [i](../../elsewhere.md)
"""


def test_what_lies_outside_is_found():
    """In the project, not in `docs/`, and not outside of the project."""
    assert [*links.outside("index.md", PAGE)] == [
        "transcripts/summary/mcp_tools.md",
        "transcripts/two.md",
        "CHANGELOG.md",
    ]
    assert [*links.outside("guides/ci.md", "[a](../../bench/results.json) [b](../index.md)")] == ["bench/results.json"]


def test_links_lead_to_where_the_site_has_it():
    """Anchors stay, and so does what is not on the site."""
    turned = links.rewritten("index.md", PAGE, {"project/transcripts/two.md", "rules.md"}.__contains__)
    assert "[b](project/transcripts/two.md#x)" in turned
    assert turned == PAGE.replace("(../transcripts/two.md", "(project/transcripts/two.md")


def test_links_lead_up_and_down():
    """From pages in folders, and back from what lies outside."""
    assert links.rewritten("guides/ci.md", "[a](../../x/y.md)", lambda _: True) == "[a](../project/x/y.md)"
    assert links.rewritten("project/x/y.md", "[a](../docs/guides/ci.md)", lambda _: True) == "[a](../../guides/ci.md)"
    assert links.rewritten("project/x/y.md", "[a](z.md)", lambda _: True) == "[a](z.md)"
