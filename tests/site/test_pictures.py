"""The pictures show what the program does today; `make pictures` makes them anew."""

from __future__ import annotations

import html
import re
from pathlib import Path

import page
import pytest
import terminal

PICTURES = Path(__file__).parents[2] / "docs" / "pictures"
MOST = 200_000
"""Bytes of a picture."""
VOLATILE = re.compile(r"\d\d:\d\d:\d\d\.\d{3}|[\d.]+ m?s\b|\s+")
"""Times, durations, and the spaces that they move."""


def words(text):
    """A text without what differs from run to run."""
    return VOLATILE.sub("", text)


@pytest.mark.untraced
def test_the_terminal_shows_what_is_printed_today():
    """Line by line, but for times."""
    svg = (PICTURES / "terminal.svg").read_text()
    shown = html.unescape("".join(re.findall(r"<text[^>]*clip-path[^>]*>(.*?)</text>", svg, re.DOTALL)))
    printed = re.sub(r"\x1b\[\d*m", "", terminal.session())
    assert words(shown.replace("\xa0", " ")) == words(printed)


def test_the_terminal_keeps_its_colours():
    """And takes nothing from another host."""
    svg = terminal.picture("$ ls\n\x1b[31mred\x1b[0m <&>\n")
    assert "red" in svg
    assert terminal.THEME.ansi_colors[1].hex in svg
    assert "&lt;&amp;&gt;" in svg
    assert set(re.findall(r"https?://[^\"]+", svg)) == {"http://www.w3.org/2000/svg"}


def test_the_page_shows_what_is_rendered_today():
    """The picture says which page it was made of."""
    assert page.source((PICTURES / "page.png").read_bytes()) == page.digest(page.page())


def test_pictures_are_small():
    """A README is read on telephones."""
    assert {path.name: path.stat().st_size for path in PICTURES.iterdir() if path.stat().st_size > MOST} == {}
