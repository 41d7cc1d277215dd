"""A picture of the page that `recorder render -t html` makes, in a browser without a window.

Rule: what is seen is the page as it opens. Run it to write the picture into a file: `python docs/making/page.py FILE.png`;
it needs `chromium`.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import recorder
from recorder.transcript import data_folder

CAPTURE = "two_withdrawals.jsonl"
WIDTH, HEIGHT = 1200, 800
"""Of the picture, in pixels."""

PATIENCE = 60
"""Seconds that the browser has."""


def page() -> str:
    """The page of a committed capture."""
    with recorder.load(data_folder("transcripts") / CAPTURE) as capture:
        return "".join(recorder.render(capture, "html"))


def picture(html: str, file: Path) -> None:
    """Write a PNG of the top of a page."""
    with tempfile.TemporaryDirectory() as folder:
        shown = Path(folder) / "page.html"
        shown.write_text(html, encoding="utf-8")
        flags = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", f"--window-size={WIDTH},{HEIGHT}"]
        command = ["chromium", *flags, f"--user-data-dir={folder}/profile", f"--screenshot={file.resolve()}", shown.as_uri()]
        subprocess.run(command, check=True, timeout=PATIENCE, capture_output=True)


if __name__ == "__main__":
    picture(page(), Path(sys.argv[1]))
