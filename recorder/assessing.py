"""What is wrong with a capture: by JSON-RPC itself, by an OpenRPC document, by what was recorded before.

Rule: what is wrong with the traffic is found, never raised; each finding says how much there is of it, and then each.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from recorder.api import CAPTURES, load_rules, load_script
from recorder.compare import compare
from recorder.compare.report import finding_lines
from recorder.errors import InputError, lacking
from recorder.escaping import escape
from recorder.interchange.files import Capture, read_head
from recorder.model import ARROWS, Closed, Frame, Opened
from recorder.rules import Rules
from recorder.stats.lint import unexpected, violations
from recorder.timeline import Script
from recorder.timeline.followed import Followed
from recorder.wording import counted

if TYPE_CHECKING:
    from recorder.openrpc.document import Document

MOST = 100
"""Most lines of a finding."""


class Finding(NamedTuple):
    """Something that is wrong.

    Args:
        what: what, in a few words, and how much of it.
        lines: each, with its place in the capture.
    """

    what: str
    lines: Sequence[str]


class Assessed(NamedTuple):
    """What was found.

    Args:
        findings: what is wrong.
        notes: what could not be held against anything, a line each.
    """

    findings: Sequence[Finding]
    notes: Sequence[str]


class Baseline(NamedTuple):
    """A capture of what is expected.

    Args:
        name: of its file.
        script: what happens in it.
        rules: what may differ.
    """

    name: str
    script: Script
    rules: Rules


@dataclass(frozen=True)
class Assessing:
    """What captures are held against.

    Args:
        lint: whether messages are held against JSON-RPC and their protocols.
        document: the OpenRPC document; None for none.
        baselines: captures by the scenarios that they are of; None where nothing is compared.
        identity: differs where anything of it does.
    """

    lint: bool = False
    document: Document | None = None
    baselines: dict[tuple[str, ...], Baseline] | None = None
    identity: str = ""

    def of(self, path: Path) -> Assessed:
        """What is wrong with a capture.

        Raises:
            InputError: it is malformed, or a schema of the document is.
        """
        findings: list[Finding] = []
        notes: list[str] = []
        if self.lint:
            findings += _found("violation of the protocol", "violations of the protocol", _linted(path))
        if self.document is not None:
            findings += _held(path, self.document)
        if self.baselines is not None:
            script = load_script(path)
            baseline = self.baselines.get(names := scenarios(script))
            if baseline is None:
                notes.append(f"no baseline of {' and '.join(names)}" if names else "in no scenario: no baseline")
            else:
                compared = compare(baseline.script, script, baseline.rules, streams=True)
                text = [line for finding in compared.findings for line in finding_lines(finding)]
                count = len(compared.findings)
                if count:
                    findings.append(Finding(f"{counted(count, 'difference')} from {baseline.name}", _most(text)))
        return Assessed(findings, notes)


def assessing(
    *, lint: bool = False, openrpc: Path | None = None, baseline: Path | None = None, rules: Path | None = None
) -> Assessing:
    """Read what captures are to be held against.

    Args:
        lint: as for `Assessing`.
        openrpc: the file of an OpenRPC document.
        baseline: a folder of captures. One is for what has the same scenarios; without any it is for the one of its name.
        rules: a file of rules for what may differ from all of them.

    Raises:
        InputError: one cannot be read, a library is not installed, or two captures are of the same scenarios.
    """
    digest = hashlib.sha256(repr(lint).encode())
    for file in (openrpc, rules):
        digest.update(read_head(str(file), -1) if file is not None else b"-")
    document = None
    if openrpc is not None:
        try:
            from recorder.openrpc.document import LARGEST, Document  # noqa: PLC0415 - its libraries are an extra
        except ModuleNotFoundError as error:
            raise lacking("--openrpc", str(error.name), "openrpc") from error
        document = Document(read_head(str(openrpc), LARGEST + 1), str(openrpc))
    found: dict[tuple[str, ...], Baseline] | None = None
    if baseline is not None:
        found = {}
        for file in _captures(baseline):
            digest.update(file.name.encode() + read_head(str(file), -1))
            script, own = load_script(file), load_rules(file, rules)
            digest.update(repr(own).encode())
            names = scenarios(script) or (file.name.partition(".jsonl")[0],)
            if (other := found.get(names)) is not None:
                raise InputError(f"is of the same scenarios as {other.name}; keep one of the two", file=str(file))
            found[names] = Baseline(file.name, script, own)
    return Assessing(lint, document, found, digest.hexdigest()[:12])


def scenarios(script: Script) -> tuple[str, ...]:
    """The scenarios in which something happens."""
    return tuple(dict.fromkeys(step.scenario for step in script.steps if step.scenario))


def _captures(folder: Path) -> list[Path]:
    try:
        found = sorted(path for path in folder.iterdir() if path.name.endswith(CAPTURES))
    except OSError as error:
        raise InputError(f"cannot read: {error.strerror}; name a folder of captures", file=str(folder)) from error
    if not found:
        raise InputError("has no captures (NAME.jsonl)", file=str(folder))
    return found


def _linted(path: Path) -> Iterator[str]:
    with Capture(path) as capture:
        followed = Followed(capture.header.profile)
        for line, event in enumerate(capture, 2):
            if isinstance(event, Opened | Closed):
                followed.see(event)
            elif isinstance(event, Frame):
                look = followed.look(event)
                for rule, text in (*violations(event, look.profile), *unexpected(look)):
                    yield f"{line}: session {event.session} {ARROWS[event.direction]} {rule}: {escape(text)}"


def _held(path: Path, document: Document) -> Iterator[Finding]:
    from recorder.openrpc.checking import Checking  # noqa: PLC0415 - its libraries are an extra
    from recorder.openrpc.report import Kinds  # noqa: PLC0415

    kinds = Kinds()
    with Capture(path) as capture:
        deque(kinds.seen(Checking(document).violations(capture.header.profile, capture)), maxlen=0)
    if kinds.total:
        lines = [line.removeprefix(":") for _method, line in kinds.lines("")]
        yield Finding(f"{counted(kinds.total, 'violation')} of the document", _most(lines))


def _found(one: str, many: str, lines: Iterator[str]) -> Iterator[Finding]:
    first = [*islice(lines, MOST)]
    count = len(first) + sum(1 for _line in lines)
    if count:
        yield Finding(f"{count} {one if count == 1 else many}", first)


def _most(lines: Sequence[str]) -> Sequence[str]:
    return [*lines[:MOST], f"and {len(lines) - MOST} more lines"] if len(lines) > MOST else lines
