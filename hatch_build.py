"""Puts `addons/`, `templates/` and the demo's capture into the wheel as `recorder/_data/`.

Rule: standard builds only; an editable install reads the checkout's folders, so that an edit is live.
"""

from __future__ import annotations

from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

DATA = ("addons", "templates", "transcripts/two_withdrawals.jsonl")


class DataHook(BuildHookInterface):  # type: ignore[type-arg]
    """The build hook hatchling calls."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Add the data folders to a standard wheel."""
        if version == "standard":
            build_data["force_include"].update({folder: f"recorder/_data/{folder}" for folder in DATA})
