"""The layers of the package, drawn and listed, from the contract that import-linter holds it to.

Rule: `.importlinter` says which modules stand on which layer, a module's own first line says what it is about.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from configparser import ConfigParser
from html import escape
from pathlib import Path

CONTRACT = "importlinter:contract:layers"
WIDTH, HEIGHT, GAP = 720, 34, 12
"""Of the drawing, of a layer in it, and of what is between two; in the SVG's units."""


def layers(config: str, package: Path) -> list[list[str]]:
    """The modules of each layer, from the top down.

    Args:
        config: the text of `.importlinter`.
        package: the folder of the package; modules that the contract only makes room for are not in it, and left out.
    """
    parser = ConfigParser()
    parser.read_string(config)
    lines = parser[CONTRACT]["layers"].split("\n")
    named = [[name.strip(" ()") for name in line.split("|")] for line in lines if line.strip()]
    there = [[name for name in layer if _source(package, name).exists()] for layer in named]
    return [layer for layer in there if layer]


def markdown(root: Path) -> str:
    """The drawing, and a table of what each module is about.

    Args:
        root: the project's folder.
    """
    package = root / "recorder"
    found = layers((root / ".importlinter").read_text(encoding="utf-8"), package)
    rows = [f"| `{name}` | {_about(_source(package, name))} |" for layer in found for name in layer]
    return "\n".join([drawing(found), "", "| module | what it is about |", "| --- | --- |", *rows, ""])


def drawing(found: list[list[str]]) -> str:
    """An SVG (in HTML, without an empty line): a box for each module, a row for each layer, in the page's own colours."""
    height = len(found) * (HEIGHT + GAP) - GAP
    label = "Layers from the top down: " + "; ".join(", ".join(layer) for layer in found)
    frame = f'viewBox="-1 -1 {WIDTH + 42} {height + 2}" width="{WIDTH + 42}" role="img" aria-label="{escape(label)}"'
    font = 'font-family="var(--md-code-font-family, monospace)" font-size="14" text-anchor="middle" fill="currentColor"'
    arrow = f'<path d="M{WIDTH + 20} 4V{height - 4}m-6 -9l6 9l6 -9" fill="none" stroke="currentColor"/>'
    caption = "<figcaption>Imports go down only. Modules of one row do not import each other.</figcaption>"
    return "\n".join(["<figure>", f"<svg {frame} {font}>", *_boxes(found), arrow, "</svg>", caption, "</figure>"])


def _boxes(found: list[list[str]]) -> Iterator[str]:
    for number, layer in enumerate(found):
        width = (WIDTH - GAP * (len(layer) - 1)) / len(layer)
        top = number * (HEIGHT + GAP)
        for place, name in enumerate(layer):
            left = place * (width + GAP)
            yield (
                f'<rect x="{left:g}" y="{top}" width="{width:g}" height="{HEIGHT}" rx="4" fill="currentColor" '
                'fill-opacity="0.08" stroke="currentColor" stroke-opacity="0.4"/>'
            )
            yield f'<text x="{left + width / 2:g}" y="{top + HEIGHT / 2 + 5:g}">{escape(name)}</text>'


def _source(package: Path, name: str) -> Path:
    folder = package / name / "__init__.py"
    return folder if folder.exists() else package / f"{name}.py"


def _about(source: Path) -> str:
    """The first line of a module's docstring."""
    return (ast.get_docstring(ast.parse(source.read_text(encoding="utf-8"))) or "").partition("\n")[0]
