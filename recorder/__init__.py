"""Record JSON-RPC between parties and a node, read it as Markdown, play it back.

Rule: importing this package costs nothing; its functions come from `recorder.api` when they are first asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from recorder.api import annotate, decode, load, render, render_split

__version__ = "0.1.0"

__all__ = ["__version__", "annotate", "decode", "load", "render", "render_split"]


def __getattr__(name: str) -> Any:
    if name in __all__:
        return getattr(import_module("recorder.api"), name)
    raise AttributeError(name)
