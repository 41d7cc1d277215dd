"""The documentation of the page's API is complete."""

import re
from pathlib import Path

from viewing import serving, traffic

from recorder.live.exporting import FORMATS
from recorder.live.index import TONES
from recorder.live.server import ROUTES

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "page-api.md").read_text()


def test_every_route_is_documented_and_no_other():
    """The page lists exactly the routes of the server."""
    told = {
        re.sub(r"\b17\b", "([0-9]+)", path)
        for path in re.findall(r"^\| `(?:GET|POST) (/api/[^`?]+)", PAGE, re.MULTILINE)
    }
    routes = {path for path, _handler in ROUTES if path.startswith("/api/")} - {"/api/(scenario|note)"}
    assert told == routes | {"/api/scenario", "/api/note"}


def test_every_member_of_a_row_is_documented(written):
    """The page names every member of a row, every kind and every format."""
    with serving(written(traffic())) as page:
        (row,) = page("/api/events", count=1).value["rows"]
    table = PAGE.partition("## A row")[2].partition("## ")[0]
    assert [name for name in row if f"`{name}`" not in table] == []
    assert [tone for tone in TONES if f"`{tone}`" not in table] == []
    assert [form for form in FORMATS if f"`{form}`" not in PAGE] == []
