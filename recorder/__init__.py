"""Record JSON-RPC between parties and a node, read it as Markdown, play it back."""

from __future__ import annotations

__version__ = "0.1.0"
