"""The layers, as they are drawn."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

import layers
import pytest

ROOT = Path(__file__).parents[2]
CONFIG = """
[importlinter:contract:layers]
layers =
    top
    left | right | (absent)
    (nobody)
    bottom
"""


@pytest.fixture
def package(tmp_path):
    """A package with modules of both kinds."""
    for name in ("top", "left", "bottom"):
        (tmp_path / f"{name}.py").write_text(f'"""What {name} is about.\n\nRule: none."""\n')
    (tmp_path / "right").mkdir()
    (tmp_path / "right" / "__init__.py").write_text('"""A folder."""\n')
    return tmp_path


def test_layers_are_those_of_the_contract(package):
    """From the top down; what it only makes room for is not drawn."""
    assert layers.layers(CONFIG, package) == [["top"], ["left", "right"], ["bottom"]]


def test_a_layer_is_a_row_of_boxes():
    """Side by side, all of the same width, one row below the other, none outside of the picture."""
    drawn = ET.fromstring(layers.drawing([["top"], ["left", "right"], ["bottom"]]))
    boxes = [tuple(float(box.get(at)) for at in ("x", "y", "width", "height")) for box in drawn.iter("rect")]
    top, left, right, bottom = boxes
    assert [text.text for text in drawn.iter("text")] == ["top", "left", "right", "bottom"]
    assert top[1] + top[3] < left[1] == right[1] < left[1] + left[3] < bottom[1]
    assert left[0] + left[2] < right[0]
    assert right[0] + right[2] == top[2] == bottom[2] == 2 * left[2] + layers.GAP
    _left, _top, width, height = map(float, drawn.find("svg").get("viewBox").split())
    assert all(x + w < width and y + h < height for x, y, w, h in boxes)


def test_the_drawing_stays_in_one_piece():
    """An empty line would end the HTML in a page of Markdown."""
    assert "\n\n" not in layers.drawing([["a & b"], ["c"]])


def test_every_module_is_drawn_and_explained():
    """Of the real package: import-linter's contract is exhaustive, so nothing is missing."""
    page = layers.markdown(ROOT)
    modules = {path.stem for path in (ROOT / "recorder").glob("*.py")} | {
        path.parent.name for path in (ROOT / "recorder").glob("*/__init__.py")
    }
    rows = [row for row in page.splitlines() if row.startswith("| `")]
    assert {row.split("`")[1] for row in rows} == modules - {"__init__"}
    assert all(row.split(" | ")[1].removesuffix(" |").endswith((".", "?")) for row in rows), "a sentence each"
