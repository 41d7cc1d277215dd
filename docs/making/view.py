"""Pictures of the page that `recorder view` shows, in a browser without a window.

Rule: what is seen is the page as it opens. Run it to write the pictures into a folder: `python docs/making/view.py
FOLDER`; it needs what the browser's tests need, which it uses: `chromium`, Node, and the packages that they install.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path += [str(ROOT / "tests"), str(ROOT / "tests" / "live")]

from test_browser import HUNG, answer, browser, viewed, written  # noqa: E402 - they use the page

EXAMPLES = ROOT / "transcripts"

PICTURES = {
    "view": ("two_withdrawals", {"hash": "#event=7", "shown": "signs a withdrawal", "width": 1160, "height": 620}),
    "view-waiting": ("", {"until": "#waiting", "height": 400}),
    "view-health": ("", {"hash": "#view=health", "until": "#health table", "height": 640}),
}
"""By name: of which example, or of a client that hangs; and what is looked at."""


def main(folder: Path) -> None:
    """Take them."""
    os.environ["TZ"] = "UTC"
    with tempfile.TemporaryDirectory() as made:
        place = Path(made)
        use = browser("chromium", place, str(place))
        hung = written(place / "shop.jsonl", HUNG)
        for name, (example, wanted) in PICTURES.items():
            with viewed(EXAMPLES / f"{example}.jsonl" if example else hung) as address:
                use(address, "look", picture=name, **wanted)
        other = written(
            place / "shop-today.jsonl", [*HUNG[:2], answer(1, 13, left=5), *HUNG[3:-1], answer(4, 4900, left=2)]
        )
        with viewed(hung, other) as address:
            use(address, "compare")
        (place / "compare.png").rename(place / "view-compare.png")
        folder.mkdir(parents=True, exist_ok=True)
        for picture in place.glob("view*.png"):
            (folder / picture.name).write_bytes(picture.read_bytes())


if __name__ == "__main__":
    main(Path(sys.argv[1]))
