"""`recorder diff` of two folders: captures that have the same name are compared.

Rule: see the package. A capture that cannot be read does not hold up the others.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from recorder.api import load_rules, load_script
from recorder.cli.folders import captures_at, none_in
from recorder.cli.results import results
from recorder.cli.terminal import note, tell, warn
from recorder.compare import Comparison, compare
from recorder.compare.report import cases, lines, table, value
from recorder.errors import InputError, RecorderError
from recorder.reporting import Case, junit

COMPRESSED = ".zst"


@dataclass
class Compared:
    """What became of the captures of two folders, by their names.

    Args:
        comparisons: of those that are in both.
        alone: those that are in one, each with what is said of it.
        errors: why the others could not be compared, in a line each.
    """

    comparisons: dict[str, Comparison] = field(default_factory=dict)
    alone: dict[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)

    @property
    def same(self) -> bool:
        """Whether nothing differs, as far as it is known."""
        return not self.alone and all(one.same for one in self.comparisons.values())

    @property
    def exit_code(self) -> int:
        """That of the command."""
        return 2 if self.errors else int(not self.same)

    def cases(self) -> Iterator[Case]:
        """A test case for each scenario, and for each capture that was not compared."""
        for name in sorted({*self.comparisons, *self.alone, *self.errors}):
            if name in self.comparisons:
                yield from cases(self.comparisons[name], name)
            else:
                yield Case(name, self.alone.get(name, ""), error=self.errors.get(name, ""), group=name)

    def json(self) -> str:
        """All of it, for programs."""
        captures = {name: value(one) for name, one in self.comparisons.items()}
        found = {"same": self.same, "captures": captures, "alone": self.alone, "errors": self.errors}
        return json.dumps(found, indent=2, default=str)


def diff_folders(
    recorded: Path, other: Path, rules: Path | None, junit_file: Path | None, *, as_json: bool, explain: bool
) -> int:
    """Compare two folders, and print what differs.

    Returns:
        The exit code.

    Raises:
        InputError: one of them is no folder, or has no captures.
    """
    captures = [captures_at(folder) for folder in (recorded, other)]
    suite = recorded.name or str(recorded)
    with results(junit_file, suite, *(path for one in captures for path in one.values()), rules) as reported:
        for folder, found in zip((recorded, other), captures, strict=True):
            if not folder.is_dir():
                raise InputError("is no folder, as the other is; name two captures or two folders", file=str(folder))
            if not found:
                raise none_in(folder)
        compared = Compared()
        for name, here, there in _pairs(*captures):
            if here is None:
                compared.alone[name] = f"{there}: {recorded} has no capture of this name"
            elif there is None:
                compared.alone[name] = f"{here}: {other} has no capture of this name"
            else:
                _compare(compared, name, (here, there), rules, quiet=as_json, explain=explain)
        reported.write(junit(suite, [*compared.cases()]))
    if as_json:
        print(compared.json())
    else:
        for line in [*compared.alone.values(), *table(compared.comparisons)]:
            tell(line)
    sys.stdout.flush()  # what follows is on standard error, and read after the table
    for text in compared.errors.values():
        note(text)
    return compared.exit_code


def _compare(
    compared: Compared, name: str, pair: tuple[Path, Path], rules: Path | None, *, quiet: bool, explain: bool
) -> None:
    """Compare two captures, and print what differs unless `quiet`."""
    recorded, other = pair
    try:
        found = compare(load_script(recorded, warn=warn), load_script(other, warn=warn), load_rules(recorded, rules))
    except RecorderError as error:
        compared.errors[name] = str(error)
        return
    compared.comparisons[name] = found
    if not quiet and (explain or not found.same):
        for line in lines(found, explain=explain):
            tell(line)
        print(flush=True)


def _pairs(recorded: dict[str, Path], other: dict[str, Path]) -> Iterator[tuple[str, Path | None, Path | None]]:
    """The captures of one name, in order; one may be compressed, or missing."""
    left = dict(other)
    for name, path in recorded.items():
        another = name.removesuffix(COMPRESSED) if name.endswith(COMPRESSED) else name + COMPRESSED
        yield name, path, left.pop(name if name in left else another, None)
    for name, path in left.items():
        yield name, None, path
