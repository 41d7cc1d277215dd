"""Options that several commands take.

Rule: one that means the same has one name and one line of help.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from recorder.profiles import PROFILES

Authority = Annotated[Path | None, typer.Option(help="Trust a wss:// node certified by this authority (PEM).")]
Insecure = Annotated[bool, typer.Option("--insecure", help="Trust any wss:// node.")]
ProfileName = Annotated[str, typer.Option(help=f"What the frames mean: {', '.join(PROFILES)}.")]
RulesFile = Annotated[
    Path | None, typer.Option(help="What may differ (TOML); NAME.rules.toml beside the capture counts too.")
]
