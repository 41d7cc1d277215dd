"""`recorder verify`: plays a capture's parties against a live node, and compares the result with the capture.

Rule: the recorder itself makes the new capture; the old one is replaced only on demand, as a whole, and when all
that were asked for have been played.
"""

from __future__ import annotations

import asyncio
import shutil
import sys
import tempfile
from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from recorder.api import load_rules, load_script, play_settings
from recorder.capture import marks_in
from recorder.cli.folders import captures_at, none_in
from recorder.cli.funding import Funds, fund_parties, parse_funds
from recorder.cli.options import (
    Authority,
    Headers,
    Insecure,
    NetworkId,
    RulesFile,
    Secrets,
    SigningKeys,
)
from recorder.cli.output import Mask
from recorder.cli.recording import play_and_record, play_and_record_stdio
from recorder.cli.results import JunitFile, results
from recorder.cli.terminal import note, tell, warn
from recorder.compare import Comparison, compare
from recorder.compare.report import cases, lines, table
from recorder.errors import InputError, RecorderError
from recorder.failed_runs import failure
from recorder.interchange.files import Capture, same_file, write_all, write_capture
from recorder.keys import parse_keys
from recorder.masked_places import masks_of
from recorder.masking import Masking
from recorder.model import Header
from recorder.renewing import Whole, headed, renewed
from recorder.replay import Outcome, PlaySettings
from recorder.reporting import Case, junit
from recorder.rules import Rule, Rules
from recorder.settings import Address, RecordSettings, Upstream, parse_headers, parse_secrets, split_path
from recorder.suspects import looks_secret
from recorder.timeline import Script, Step, read
from recorder.wording import counted

MOST = 20
"""Most findings that are printed; the rest is in the new capture."""

PATIENCE = 30.0
GRACE = 5.0
"""Seconds until a run is ended that did not end by itself when nothing more could happen."""

ANOTHER_PATH = Rules((Rule("the path of the live node's URL", path="path", method="open"),))
"""Where a path is given, a session with that path is the recorded one."""


Recorded = Annotated[
    Path,
    typer.Argument(
        metavar="CAPTURE", help="The recorded capture: what is expected; or a folder of captures, at any depth."
    ),
]
NodeUrls = Annotated[
    list[str],
    typer.Argument(
        metavar="URL|-- COMMAND",
        help="The live node, as ws://127.0.0.1:3014; if the capture has several nodes, one URL for each, in its order. "
        "A path is used instead of that of the node's first session. For a capture of `recorder stdio`: the command that starts the server.",
    ),
]
Output = Annotated[
    Path | None,
    typer.Option("-o", "--output", help="Keep the new capture in this file; by default it is kept only if it differs."),
]
Explain = Annotated[
    bool, typer.Option("--explain", help="Print also which values stand for which, and what was allowed to differ.")
]
Update = Annotated[
    bool,
    typer.Option(
        "--update",
        help="Replace the capture by the new one if they differ; exit 1 then too. Not if the run failed.",
    ),
]
Timeout = Annotated[float, typer.Option(min=0.1, help="Seconds to wait for messages that depend on a chain's blocks.")]
Patience = Annotated[
    float | None,
    typer.Option(
        min=0.1, help="Seconds to wait for all other messages of the node.", show_default="30, at most --timeout"
    ),
]
Fund = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Fund each party that has no --key, from the account whose key is in this file."),
]
Faucet = Annotated[
    str,
    typer.Option(metavar="URL", help="Fund each party that has no --key from this faucet: POST URL/account/ACCOUNT."),
]
NodeApi = Annotated[
    str, typer.Option(metavar="URL", help="The node's HTTP API, for --fund and --faucet, as http://127.0.0.1:3013.")
]


def verify(
    recorded: Recorded,
    nodes: NodeUrls,
    key: SigningKeys = None,
    output: Output = None,
    rules: RulesFile = None,
    explain: Explain = False,
    junit_file: JunitFile = None,
    update: Update = False,
    network_id: NetworkId = "",
    fund: Fund = None,
    faucet: Faucet = "",
    node_api: NodeApi = "",
    timeout: Timeout = 600,
    patience: Patience = None,
    header: Headers = None,
    secret: Secrets = None,
    mask: Mask = None,
    ca: Authority = None,
    insecure: Insecure = False,
) -> None:
    """Play a capture's parties against a live node, and compare.

    Exit 1 if the node does not do what it did in the capture.
    """
    captures, suite = captures_at(recorded), recorded.name or str(recorded)
    with results(junit_file, suite, *captures.values(), rules, fund) as reported, ExitStack() as folders:
        if not captures:
            raise none_in(recorded)
        _check_given(recorded, output, mask or [])
        run = _Run(
            nodes=nodes,
            keys=parse_keys(key or []),
            rules=rules,
            network_id=network_id,
            secrets=_secrets_of(captures.values(), parse_secrets(secret or [])),
            funds=parse_funds(fund, faucet, node_api, ca=ca, insecure=insecure),
            headers=parse_headers(header or []),
            masks=mask or [],
            output=output,
            update=update,
            explain=explain,
            timeout=timeout,
            patience=min(PATIENCE, timeout) if patience is None else patience,
            ca=ca,
            insecure=insecure,
            online={"--header": header, "--ca": ca, "--insecure": insecure, "--fund": fund, "--faucet": faucet},
        )
        verified, errors = _verified_each(captures, recorded, run, folders, reported.cases)
        reported.write(junit(suite, reported.cases))
        for line in table({name: one.found for name, one in verified.items()}):
            tell(line)
        sys.stdout.flush()  # what follows is on standard error, and read after the table
        for text in errors.values():
            note(text)
        for one in verified.values():
            _conclude(one, run)
    raise typer.Exit(2 if errors else int(not all(one.found.same for one in verified.values())))


def _check_given(recorded: Path, output: Path | None, masks: list[str]) -> None:
    """Check what is given for all captures.

    Raises:
        InputError: the options do not fit.
    """
    Masking(masks)  # raises an InputError if one is wrong
    if output is not None and recorded.is_dir():
        raise InputError(
            "is a folder, and -o keeps one new capture; leave -o out, or name a capture of the folder",
            file=str(recorded),
        )
    if output is not None and same_file(output, recorded):
        raise InputError("is the recorded capture; name another file, or replace it with --update", file=str(output))


def _secrets_of(captures: Collection[Path], given: dict[str, str]) -> dict[Path, dict[str, str]]:
    """The secrets for each capture: those whose marks it has, and those whose marks none has, which it will refuse."""
    marks = {path: _marks(path) if given else set() for path in captures}
    nowhere = given.keys() - set().union(*marks.values())
    return {
        path: {mark: value for mark, value in given.items() if mark in own | nowhere} for path, own in marks.items()
    }


def _marks(recorded: Path) -> set[str]:
    """The marks of a capture; none where it cannot be read, which is said when it is verified."""
    with suppress(InputError), Capture(recorded) as capture:
        return {*marks_in([*capture])}
    return set()


@dataclass(frozen=True)
class _Run:
    """What is the same for all captures: the options; `online` are those that are only for nodes on a network, by name."""

    nodes: list[str]
    keys: dict[str, bytes]
    rules: Path | None
    network_id: str
    secrets: dict[Path, dict[str, str]]
    funds: Funds | None
    headers: tuple[tuple[str, str], ...]
    masks: list[str]
    output: Path | None
    update: bool
    explain: bool
    timeout: float
    patience: float
    ca: Path | None
    insecure: bool
    online: dict[str, Any]


@dataclass(frozen=True)
class _Verified:
    """A capture that was played.

    Args:
        recorded: the capture.
        target: the new one.
        folder: the folder that is made for the new one.
        profile: of both.
        found: how they differ.
        notes: what was said of the run.
        failed: why the new one can replace no other; empty where it can.
    """

    recorded: Path
    target: Path
    folder: _Folder
    profile: str
    found: Comparison
    notes: list[str]
    failed: str


def _verified_each(
    captures: dict[str, Path], given: Path, run: _Run, folders: ExitStack, told: list[Case]
) -> tuple[dict[str, _Verified], dict[str, str]]:
    """Verify captures one after the other, print what differs in each, and add its test cases to those that are told.

    Returns:
        Those that were played, and why the others could not be, in a line each.
    """
    verified: dict[str, _Verified] = {}
    errors: dict[str, str] = {}
    for name, path in captures.items():
        try:
            verified[name] = one = _verified(path, run, folders.enter_context(_folder()))
            if run.explain or not one.found.same:
                _tell(one, explain=run.explain)
        except RecorderError as error:
            named = path == given or (isinstance(error, InputError) and error.file == str(path))  # which capture it is
            errors[name] = str(error) if named else f"{path}: {error}"
        told += _cases(name, verified.get(name), errors.get(name, ""))
    return verified, errors


def _verified(recorded: Path, run: _Run, folder: _Folder) -> _Verified:
    """Play a capture's parties, and compare.

    Raises:
        InputError: it cannot be read or played, or the options do not fit it.
    """
    if run.update and recorded.suffix == ".zst":
        raise InputError("--update writes plain captures; decompress it first", file=str(recorded))
    with Capture(recorded) as capture:
        about = capture.header
    allowed = load_rules(recorded, run.rules)
    script = load_script(recorded, _named(run.network_id), warn)
    _check(script, run.nodes, run.online)
    settings = replace(
        play_settings(
            script,
            script.parties.values(),
            keys=run.keys,
            network_id=run.network_id,
            rules=allowed,
            secrets=run.secrets[recorded],
            warn=warn,
        ),
        headers=run.headers,
        patience=run.patience,
        endurance=run.timeout,
        goes_on=True,
    )
    target = run.output or folder.path / recorded.name.removesuffix(".zst")
    if run.funds is not None:
        settings = _funded(script, settings, run.funds, split_path(run.nodes[0])[0])
    outcome = _played(script, settings, run, target, about)
    came = _renewed(recorded, script, target, allowed, _named(settings.network_id)).settled
    elsewhere = not script.over_stdio and any(path for _node, path in map(split_path, run.nodes))
    found = compare(script.settled, came, allowed + ANOTHER_PATH if elsewhere else allowed, streams=True)
    failed = failure(script.settled, came, outcome.masked)
    return _Verified(recorded, target, folder, about.profile, found, outcome.notes, failed)


def _funded(script: Script, settings: PlaySettings, funds: Funds, node: str) -> PlaySettings:
    """The settings with the network of the live node, once the accounts that were made for this run are funded."""
    made = {account: seed for account, seed in settings.keys.items() if account in settings.made}
    paid = fund_parties(script, made, funds, node, settings.network_id, settings.endurance)
    return replace(settings, network_id=asyncio.run(paid))


def _played(script: Script, settings: PlaySettings, run: _Run, target: Path, about: Header) -> Outcome:
    """Play the parties, and record what the live nodes do; what is masked in the script is masked, and more."""
    masks = [*masks_of(script), *run.masks]
    silence = max(settings.patience, settings.endurance) + GRACE
    waiting = partial(_say_awaited, script, settings)
    if script.over_stdio:
        return asyncio.run(play_and_record_stdio(script, settings, run.nodes, target, masks, silence, waiting))
    live = [split_path(node) for node in run.nodes]
    recording = RecordSettings(
        capture=target,
        upstreams=[Upstream(node, Address("127.0.0.1", 0)) for node, _path in live],
        profile=about.profile,
        meta=about.meta,
        overwrite=True,
        ca=run.ca,
        insecure=run.insecure,
        mask=tuple(masks),
    )
    return asyncio.run(play_and_record(script, settings, recording, silence, [path for _node, path in live], waiting))


def _renewed(recorded: Path, script: Script, target: Path, allowed: Rules, networks: list[str]) -> Script:
    """The script of the new capture, once that has what people put into the recorded one."""
    with Capture(recorded) as old, Capture(target, warn) as new:
        header = headed(old.header, new.header, old.header.profile)
        came = Whole.read(header, new, str(target), networks)
        events = renewed(Whole(old.header, [*old], script), came, allowed)
    write_capture(target, header, events)
    return read(header, events, str(target), networks)


def _named(network_id: str) -> list[str]:
    """The networks that a user names."""
    return [network_id] if network_id else []


def _say_awaited(script: Script, settings: PlaySettings, step: Step, passed: float) -> None:
    slow = step.profile.slow(step.label)
    most, option = (settings.endurance, "--timeout") if slow else (settings.patience, "--patience")
    note(f"waiting for {script.described(step)} ({passed:.0f} s; {option}: {most:g} s)")


def _cases(name: str, verified: _Verified | None, error: str) -> list[Case]:
    """The test cases of a capture; if it was not verified, one that says why."""
    return [Case(name, error=error, group=name)] if verified is None else cases(verified.found, name)


def _tell(one: _Verified, *, explain: bool) -> None:
    """Print what differs, and what was said of the run."""
    for line in lines(one.found, explain=explain, most=MOST):
        tell(line)
    print()
    for known in one.notes:
        tell(f"note: {known}")
    sys.stdout.flush()


def _conclude(one: _Verified, run: _Run) -> None:
    """Keep the new capture, or have it replace the old one, and say so; and what looks like a secret in it."""
    if run.output or not one.found.same:
        for line in looks_secret(one.target, one.profile):
            tell(line)
    if one.found.same:
        return
    if run.update and not one.failed:
        write_all([(one.recorded, [one.target.read_text(encoding="utf-8")])])
        print(f"updated: {one.recorded}")
        return
    one.folder.keep = run.output is None
    if run.update:
        print(f"not updated: {one.recorded}: {one.failed}")
    print(f"the new capture: {one.target}")


@dataclass
class _Folder:
    """The folder of the new capture, and whether to keep it."""

    path: Path
    keep: bool = False


@contextmanager
def _folder() -> Iterator[_Folder]:
    folder = _Folder(Path(tempfile.mkdtemp(prefix="recorder-verify-")))
    try:
        yield folder
    finally:
        if not folder.keep:
            shutil.rmtree(folder.path, ignore_errors=True)


def _check(script: Script, nodes: list[str], options: dict[str, Any]) -> None:
    """Check what is given for a capture's nodes.

    Args:
        script: what was recorded.
        nodes: a URL for each; for a server over standard input and output, its command.
        options: the values of options that are only for nodes on a network, by name.

    Raises:
        InputError: it does not fit the capture.
    """
    if script.over_stdio:
        if "://" in nodes[0]:
            raise InputError(
                "was recorded with `recorder stdio`: give -- and the command that starts the server", file=script.file
            )
        if given := [name for name, value in options.items() if value]:
            raise InputError(f"{', '.join(given)}: for nodes on a network, not for a server over standard input")
    elif (wanted := len(script.upstreams) or 1) != len(nodes):  # the capture of a document names none
        known = f": {', '.join(script.upstreams)}" if script.upstreams else ""
        order = "give a URL for each, in this order" if wanted > 1 else "give one URL"
        raise InputError(f"has {counted(wanted, 'node')}{known}; {order}", file=script.file)
    else:
        for node in nodes:
            split_path(node)
