"""Links out of `docs/` to files of the project, which the site has too, under `project/`.

Rule: pure. A page says where a file lies in the project, so that the link works wherever the project is read.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator

DOCS = "docs/"
PUBLISHED = "project/"
_TARGET = re.compile(r"(\]\()(?!\w+:|[/#])([^)\s#]+)")


def path_of(page: str) -> str:
    """Where the source of a page lies in the project.

    Args:
        page: its path as the site has it.
    """
    return page.removeprefix(PUBLISHED) if page.startswith(PUBLISHED) else DOCS + page


def page_of(path: str) -> str:
    """Where the site has a file of the project; the other way round."""
    return path.removeprefix(DOCS) if path.startswith(DOCS) else PUBLISHED + path


def outside(page: str, markdown: str) -> Iterator[str]:
    """The paths in the project that a page's links lead to, but those inside of `docs/`."""
    for found in _TARGET.finditer(markdown):
        path = _target(page, found[2])
        if not path.startswith((DOCS, "../")):
            yield path


def rewritten(page: str, markdown: str, on_site: Callable[[str], bool]) -> str:
    """A page with links as the site needs them.

    Args:
        page: its path as the site has it.
        markdown: its text.
        on_site: whether the site has a page; links to others stay as they are.
    """

    def lead(found: re.Match[str]) -> str:
        target = page_of(_target(page, found[2]))
        return found[1] + posixpath.relpath(target, posixpath.dirname(page) or ".") if on_site(target) else found[0]

    return _TARGET.sub(lead, markdown)


def _target(page: str, link: str) -> str:
    return posixpath.normpath(posixpath.join(posixpath.dirname(path_of(page)), link))
