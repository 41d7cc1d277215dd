"""What the documents show: the README and the pages of `docs/`, with their blocks, the files they make, and their tables."""

import re
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
README = "README.md"
PAGES = [README, *sorted(str(path.relative_to(ROOT)) for path in (ROOT / "docs").rglob("*.md"))]

_FENCE = re.compile(
    r"^(?P<fence>`{3,}|~{3,})(?P<language>[\w-]*)\n(?P<text>.*?)^(?P=fence)$\n?", re.MULTILINE | re.DOTALL
)
_FILE = re.compile(r"`(?P<file>[\w.-]+(?:/[\w.-]+)*\.\w+)`:\n\s*(?:<!--[^>]*-->\n)?\Z")


class Block(NamedTuple):
    """A fenced block.

    Args:
        language: empty where it has none.
        text: with the last line's end.
        file: the name of the file that it is; empty where the line before it does not end with one.
        adjoins: whether it stands right after the block before it.
    """

    language: str
    text: str
    file: str
    adjoins: bool


def text_of(page):
    """A page as it is written, by its path in the project."""
    return (ROOT / page).read_text(encoding="utf-8")


def blocks(page, *languages):
    """The blocks of a page, in their order; those of some languages, or all."""
    found, text, end = [], text_of(page), 0
    for match in _FENCE.finditer(text):
        before = text[end : match.start()]
        named = _FILE.search(before)
        adjoins = bool(found) and not before.strip()
        found.append(Block(match["language"], match["text"], named["file"] if named else "", adjoins))
        end = match.end()
    return [block for block in found if not languages or block.language in languages]


def files(page):
    """The files that a page shows whole, by their names."""
    return {block.file: block.text for block in blocks(page) if block.file}


def table(page, heading):
    """The rows of a page's table whose first cell is this."""
    rows = re.search(rf"^\| {heading} \|.*\n\|[ -|]*\n((?:\|.*\n)+)", text_of(page), re.MULTILINE)[1]
    return [[cell.strip() for cell in row.strip("|").split(" | ")] for row in rows.strip().split("\n")]


def plain(line):
    """A line without what differs in each run: times, ports, which of two parties was first, how wide columns are."""
    for pattern, name in (
        (r"\d\d:\d\d:\d\d\.\d+", "TIME"),
        (r"\d[\d.]* (?:ms|s)\b", "LONG"),
        (r"127\.0\.0\.1:\d+", "HOST"),
        (r"(?<=\.jsonl:)\d+", "LINE"),
    ):
        line = re.sub(pattern, name, line)
    return " ".join(line.split())


def assert_printed(command, lines, output):
    """That a command printed these lines, in their order."""
    rest = iter([plain(line) for line in output.split("\n")])
    missing = [line for line in lines if plain(line) not in rest]
    assert not missing, f"{command}\n{output}"
