"""Which URL is which: a live session is taken for a recorded one by its path and its parameters.

Rule: pure. A path must be the same; parameters are compared as values of a frame are, what is volatile is bound.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from urllib.parse import urlencode

from recorder.aliases import Bindings, Difference, compare
from recorder.profiles import Volatile
from recorder.replay.script import query, url_parts

ADDRESS = ("host", "port")
"""Parameters that say where a node's peer listens: they differ everywhere."""


def same_path(recorded: str, live: str) -> bool:
    """Whether both URLs have the same path; a session whose URL nobody recorded was at any."""
    return not recorded or (url_parts(recorded).path or "/") == (url_parts(live).path or "/")


def live_path(recorded: str, party: str, accounts: Mapping[str, str], rewrite: Callable[[str], str]) -> str:
    """The path and parameters to open a session with, as it was recorded.

    Args:
        recorded: its URL; of a session that was open before the capture began there is none, and what a node must know
            is said instead.
        party: whose it is.
        accounts: recorded accounts by party.
        rewrite: from a recorded encoded text to the live one.
    """
    parts = url_parts(recorded)
    if parts.scheme.startswith("http"):
        return f"{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}"
    parameters = query(recorded)
    path = parts.path or "/"
    if not parts.netloc:
        path = parts.path or "/channel"
        parameters = {"role": party} | {f"{name}_id": account for name, account in accounts.items()}
    live = {name: rewrite(value) for name, value in parameters.items()}
    return f"{path}?{urlencode(live)}" if live else path


def differences(
    recorded: dict[str, str], live: dict[str, str], bindings: Bindings, volatile: Volatile
) -> list[Difference]:
    """In what the parameters of a live URL differ; none where no parameters are recorded."""
    return compare(_bare(recorded), _bare(live), bindings, volatile, "url") if recorded else []


def _bare(parameters: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in parameters.items() if name not in ADDRESS}
