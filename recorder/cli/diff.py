"""`recorder diff`: two captures compared by what they mean.

Rule: see the package.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from recorder.api import load_rules, load_script
from recorder.cli.options import JunitFile, RulesFile, refuse
from recorder.cli.terminal import tell, warn
from recorder.compare import compare, suggest
from recorder.compare.report import junit, lines, value
from recorder.interchange.files import write_all

BESIDE = frozenset({"as_json", "explain", "junit_file"})
"""What says how a comparison is told."""


def diff(
    context: typer.Context,
    recorded: Annotated[str, typer.Argument(metavar="RECORDED", help="The capture that says how it should be.")],
    other: Annotated[str, typer.Argument(metavar="OTHER", help="The capture to compare with it.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON object instead of text.")] = False,
    rules: RulesFile = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="Say what was bound to what, and which rule let what pass.")
    ] = False,
    suggest_rules: Annotated[
        bool,
        typer.Option("--suggest-rules", help="Print the rules that would make two good runs the same, each with why."),
    ] = False,
    junit_file: JunitFile = None,
) -> None:
    """Compare two captures; exit 1 if they differ."""
    if suggest_rules:
        refuse(context, BESIDE, "--suggest-rules prints a file of rules (TOML), and compares nothing; leave one out")
    scripts, given = (load_script(recorded, warn=warn), load_script(other, warn=warn)), load_rules(recorded, rules)
    if suggest_rules:
        for line in suggest(*scripts, given):
            tell(line)
        return
    found = compare(*scripts, given)
    if junit_file is not None:
        write_all([(junit_file, [junit(found, Path(recorded).name)])])
    if as_json:
        json.dump(value(found), sys.stdout, indent=2, default=str)
        print()
    else:
        for line in lines(found, explain=explain):
            tell(line)
    raise typer.Exit(int(not found.same))
