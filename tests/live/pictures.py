"""Takes the pictures of the page that the documents show: `python tests/live/pictures.py FOLDER`.

It needs what the browser's tests need: chromium, Node, and the packages that they install. Look at what it made.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
sys.path += [str(HERE), str(HERE.parent)]

from test_browser import HUNG, answer, browser, viewed, written  # noqa: E402 - they use the page

EXAMPLES = HERE.parents[1] / "transcripts"

PICTURES = {
    "view": ("two_withdrawals", {"hash": "#event=7", "shown": "signs withdraw", "height": 760}),
    "view-waiting": ("", {"until": "#waiting", "height": 400}),
    "view-health": ("", {"hash": "#view=health", "until": "#health table", "height": 640}),
}
"""By name: of which example, or of a client that hangs; and what is looked at."""


def main(folder: Path) -> None:
    """Take them."""
    os.environ["TZ"] = "UTC"
    with tempfile.TemporaryDirectory() as made:
        place = Path(made)
        use = browser(place, str(place))
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
