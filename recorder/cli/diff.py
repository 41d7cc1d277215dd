"""`recorder diff`: compares two captures, or two folders of them, by meaning.

Rule: see the package.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from recorder.api import load_rules, load_script
from recorder.cli.diff_folders import diff_folders
from recorder.cli.options import RulesFile, refuse
from recorder.cli.results import JunitFile, results
from recorder.cli.terminal import tell, warn
from recorder.compare import compare, suggest
from recorder.compare.report import cases, lines, value
from recorder.errors import InputError
from recorder.reporting import junit

BESIDE = frozenset({"as_json", "explain", "junit_file"})
"""Options for printing a comparison."""


def diff(
    context: typer.Context,
    recorded: Annotated[
        str, typer.Argument(metavar="RECORDED", help="The recorded capture, or a folder of captures: what is expected.")
    ],
    other: Annotated[
        str, typer.Argument(metavar="OTHER", help="The capture to compare with it, or a folder with the same names.")
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON object instead of text.")] = False,
    rules: RulesFile = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="Print also which values stand for which, and which rule allowed what.")
    ] = False,
    suggest_rules: Annotated[
        bool,
        typer.Option(
            "--suggest-rules", help="Print the rules that would make two good runs equal, each with its reason."
        ),
    ] = False,
    junit_file: JunitFile = None,
) -> None:
    """Compare two captures, or those of two folders.

    Exit 1 if they differ.
    """
    if suggest_rules:
        refuse(context, BESIDE, "--suggest-rules prints rules (TOML) instead of a comparison; leave one of the two out")
    if Path(recorded).is_dir() or Path(other).is_dir():
        if suggest_rules:
            raise InputError("--suggest-rules takes two captures; name one of each folder")
        raise typer.Exit(diff_folders(Path(recorded), Path(other), rules, junit_file, as_json=as_json, explain=explain))
    name = Path(recorded).name
    with results(junit_file, name, recorded, other, rules) as reported:
        scripts = load_script(recorded, warn=warn), load_script(other, warn=warn)
        given = load_rules(recorded, rules)
        if suggest_rules:
            for line in suggest(*scripts, given):
                tell(line)
            return
        found = compare(*scripts, given)
        reported.write(junit(name, cases(found, name)))
    if as_json:
        json.dump(value(found), sys.stdout, indent=2, default=str)
        print()
    else:
        for line in lines(found, explain=explain):
            tell(line)
    raise typer.Exit(int(not found.same))
