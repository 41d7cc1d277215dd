"""Which URL is which: a live session is taken for a recorded one by its path and its parameters.

Rule: pure. A path must be the same; parameters are compared as values of a frame are, what is volatile is bound.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from recorder.aliases import Bindings, Difference, compare
from recorder.profiles import Volatile

ADDRESS = ("host", "port")
"""Parameters that say where a node's peer listens: they differ everywhere."""


def same_path(recorded: str, live: str) -> bool:
    """Whether both URLs have the same path; a session whose URL nobody recorded was at any."""
    return not recorded or (urlsplit(recorded).path or "/") == (urlsplit(live).path or "/")


def differences(
    recorded: dict[str, str], live: dict[str, str], bindings: Bindings, volatile: Volatile
) -> list[Difference]:
    """In what the parameters of a live URL differ; none where no parameters are recorded."""
    return compare(_bare(recorded), _bare(live), bindings, volatile, "url") if recorded else []


def _bare(parameters: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in parameters.items() if name not in ADDRESS}
