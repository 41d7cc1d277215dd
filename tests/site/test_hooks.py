"""What is made from the code, and the places for it."""

from __future__ import annotations

import hooks
import pytest
from mkdocs.exceptions import PluginError

PLACES = "\n\n".join(f"<!-- generated: {name} -->" for name in hooks.GENERATORS)


@pytest.fixture
def made(monkeypatch):
    """Something simple to make."""
    monkeypatch.setattr(hooks, "GENERATORS", {"one": lambda: "made\n", "two words": lambda: r"\1"})


def test_a_place_is_filled(made):
    """Alone on its line; in a sentence it is a comment as any other."""
    text = "# Page\n\n<!-- generated: one -->\n\n<!-- generated: two words -->\na <!-- generated: one -->\n"
    assert hooks.filled("x.md", text) == "# Page\n\nmade\n\n\n\\1\na <!-- generated: one -->\n"


def test_a_place_for_what_nobody_makes_ends_the_build(made):
    """With the page, and what there is."""
    with pytest.raises(PluginError, match=r"^x\.md: nothing makes `three`, only one, two words$"):
        hooks.filled("x.md", "<!-- generated: three -->")


def test_what_is_made_for_no_page_ends_the_build(made):
    """It is missed in all pages together."""
    assert hooks.unplaced(["<!-- generated: one -->", "text"]) == ["two words"]
    assert hooks.unplaced(["<!-- generated: one -->", "<!-- generated: two words -->"]) == []


def test_every_generator_makes_something():
    """Of the real ones, in Markdown that leaves no place open."""
    assert not hooks.PLACE.search(hooks.filled("x.md", PLACES))
    assert all(make().strip() for make in [*hooks.GENERATORS.values(), *hooks.FILES.values()])
