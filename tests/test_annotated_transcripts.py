"""The annotated examples: valid where people read them."""

from __future__ import annotations

import re

import pytest

import recorder
from recorder.transcript import data_folder

EXAMPLES = sorted(data_folder("transcripts").glob("annotated/*.md"))
PLAIN = {"browser_bidi", "inventory", "devtools_page"}
"""Nothing in them is written otherwise than it reads."""

DETAILS = re.compile(r"\n\n<details>\n<summary>[^\n]+</summary>\n\n(`{3,})\n.*?\n\1\n\n</details>\n(?=\n|$)", re.DOTALL)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_a_decoded_view_is_a_block_of_its_own(path):
    """Blank lines stand where Markdown wants them around HTML, and without the views the transcript is left."""
    text = path.read_text()
    assert text.count("<details>") == text.count("</details>") == len(DETAILS.findall(text))
    assert ("<details>" in text) is (path.stem not in PLAIN)
    assert DETAILS.sub("\n", text) == (path.parents[1] / path.name).read_text()


def test_annotations_of_a_capture():
    """The same from Python: every event with what it means."""
    capture = recorder.load(data_folder("transcripts") / "two_withdrawals.jsonl")
    lines = [annotation.short for _event, annotation in recorder.annotate(capture) if annotation and annotation.short]
    assert lines[2] == "withdraw 1 → initiator · round 2 · 1/2 signed"


def test_a_text_decoded():
    """And one text."""
    assert recorder.decode("cb_KxFE1kQfP4oEp9E=").call() == {
        "function": "init",
        "function_hash": "44d6441f",
        "args": [],
    }
