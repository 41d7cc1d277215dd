"""The table of the benchmark."""

from __future__ import annotations

import json
from pathlib import Path

import figures

BENCH = Path(__file__).parents[2] / "bench"


def test_the_table_is_that_of_the_last_results():
    """A row each, and when it was measured."""
    page = figures.markdown(BENCH)
    results = json.loads((BENCH / "results.json").read_text())
    rows = [line for line in page.splitlines() if line.startswith("| ")]
    assert rows[0].startswith("|  | recorder | mitmdump |")
    assert len(rows) > len(results["samples"])
    assert f"Measured {results['about']['date'][:10]} by" in page
