"""`recorder diff`: two captures compared by what they mean.

Rule: see the package.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from recorder.api import load_script
from recorder.cli.options import RulesFile
from recorder.cli.terminal import tell, warn
from recorder.compare import Rules, compare
from recorder.compare.report import lines, value
from recorder.errors import InputError

RULES_SUFFIX = ".rules.toml"


def diff(
    recorded: Annotated[str, typer.Argument(metavar="RECORDED", help="The capture that says how it should be.")],
    other: Annotated[str, typer.Argument(metavar="OTHER", help="The capture to compare with it.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON object instead of text.")] = False,
    rules: RulesFile = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="Say what was bound to what, and which rule let what pass.")
    ] = False,
) -> None:
    """Compare two captures; exit 1 if they differ."""
    found = compare(load_script(recorded, warn=warn), load_script(other, warn=warn), rules_for(recorded, rules))
    if as_json:
        json.dump(value(found), sys.stdout, indent=2, default=str)
        print()
    else:
        for line in lines(found, explain=explain):
            tell(line)
    raise typer.Exit(int(not found.same))


def rules_for(capture: str, project: Path | None) -> Rules:
    """The rules of a fixture and of its project."""
    name = capture.removesuffix(".zst").removesuffix(".jsonl")
    own = Path(name + RULES_SUFFIX)
    files = [file for file in (own if own.is_file() else None, project) if file is not None]
    return sum(map(_rules, files), Rules())


def _rules(file: Path) -> Rules:
    try:
        return Rules.parse(file.read_text(encoding="utf-8"), str(file))
    except OSError as error:
        raise InputError(f"cannot read: {error.strerror}", file=str(file)) from error
    except UnicodeDecodeError as error:
        raise InputError("is not UTF-8 text", file=str(file)) from error
