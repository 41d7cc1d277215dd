"""Which URL is which: a live session is taken for a recorded one by its path and its parameters.

Rule: pure. A path must be the same; parameters are compared as values of a frame are, what is volatile is bound.
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlencode, urlsplit

from recorder.aliases import Bindings, Difference, compare
from recorder.profiles import Volatile
from recorder.replay.script import Script, query

ADDRESS = ("host", "port")
"""Parameters that say where a node's peer listens: they differ everywhere."""


def same_path(recorded: str, live: str) -> bool:
    """Whether both URLs have the same path; a session whose URL nobody recorded was at any."""
    return not recorded or (urlsplit(recorded).path or "/") == (urlsplit(live).path or "/")


def live_path(script: Script, session: int, rewritten: Callable[[str], str]) -> str:
    """The path and parameters that a party of ours opens a session with.

    Args:
        script: what was recorded.
        session: the recorded session.
        rewritten: the live form of an encoded string.
    """
    parts = urlsplit(script.urls.get(session, ""))
    if parts.scheme.startswith("http"):
        return f"{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}"
    parameters = {name: rewritten(value) for name, value in query(parts.geturl()).items()}
    if not parts.netloc:  # it was open before the capture began: say what a node must know
        parameters = {"role": script.parties[session]}
        for party, account in script.accounts.items():
            parameters[f"{party}_id"] = rewritten(account)
    path = parts.path or ("/" if parts.netloc else "/channel")
    return f"{path}?{urlencode(parameters)}" if parameters else path


def differences(
    recorded: dict[str, str], live: dict[str, str], bindings: Bindings, volatile: Volatile
) -> list[Difference]:
    """In what the parameters of a live URL differ; none where no parameters are recorded."""
    return compare(_bare(recorded), _bare(live), bindings, volatile, "url") if recorded else []


def _bare(parameters: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in parameters.items() if name not in ADDRESS}
