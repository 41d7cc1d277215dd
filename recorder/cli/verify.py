"""`recorder verify`: a capture's parties played against a live node, and what came compared with what was recorded.

Rule: the new capture is made by the recorder itself, as any other; the old one is replaced only on demand, and whole.
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from recorder.api import load_rules, load_script, play_settings
from recorder.cli.funding import fund_parties, parse_funds
from recorder.cli.options import Authority, Headers, Insecure, JunitFile, NetworkId, RulesFile, SigningKeys
from recorder.cli.recording import play_and_record
from recorder.cli.terminal import note, tell, warn
from recorder.compare import Comparison, compare
from recorder.compare.report import junit, lines, table
from recorder.errors import InputError
from recorder.interchange.files import Capture, same_file, write_all
from recorder.keys import parse_keys
from recorder.model import ARROWS, Header
from recorder.replay import Outcome, PlaySettings
from recorder.settings import Address, RecordSettings, Upstream, parse_headers, split_path
from recorder.timeline import Script, Step

MOST = 20
"""Findings that are told in full; the rest is in the new capture."""

PATIENCE = 30.0
GRACE = 5.0
"""Seconds after which a run ends that did not end when nothing more could happen."""


Recorded = Annotated[Path, typer.Argument(metavar="CAPTURE", help="The capture that says how it should be.")]
NodeUrls = Annotated[
    list[str],
    typer.Argument(
        metavar="URL",
        help="The live node, as ws://127.0.0.1:3014; for a capture of several nodes one for each, in its order. "
        "A path stands for that of the node's first session.",
    ),
]
Output = Annotated[
    Path | None, typer.Option("-o", "--output", help="Keep the new capture here; else it is kept if it differs.")
]
Explain = Annotated[bool, typer.Option("--explain", help="Say the decisions too.")]
Update = Annotated[
    bool, typer.Option("--update", help="Replace the capture by the new one if they differ; exit 1 where it did.")
]
Timeout = Annotated[float, typer.Option(min=0.1, help="Seconds to wait for what a chain brings, block by block.")]
Patience = Annotated[
    float | None,
    typer.Option(
        min=0.1, help="Seconds to wait for what the node says by itself.", show_default="30, and at most --timeout"
    ),
]
Fund = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Fund each party that has no --key, from the account whose key this is."),
]
Faucet = Annotated[
    str, typer.Option(metavar="URL", help="Fund each party that has no --key: POST URL/account/ACCOUNT for each.")
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
    ca: Authority = None,
    insecure: Insecure = False,
) -> None:
    """Play a capture's parties against a live node, and compare; exit 1 if it differs."""
    about = _checked(recorded, output, update=update)
    allowed, given = load_rules(recorded, rules), parse_keys(key or [])
    script = load_script(recorded, _named(network_id), warn)
    _check_nodes(script, nodes)
    funds = parse_funds(fund, faucet, node_api, ca=ca, insecure=insecure)
    settings = replace(
        play_settings(script, script.parties.values(), keys=given, network_id=network_id, rules=allowed, warn=warn),
        headers=parse_headers(header or []),
        patience=min(PATIENCE, timeout) if patience is None else patience,
        endurance=timeout,
        goes_on=True,
    )
    with _folder() as folder:
        target = output or folder.path / recorded.name.removesuffix(".zst")
        live = [split_path(node) for node in nodes]
        upstreams = [Upstream(node, Address("127.0.0.1", 0)) for node, _path in live]
        recording = RecordSettings(capture=target, upstreams=upstreams, overwrite=True, ca=ca, insecure=insecure)
        recording = replace(recording, profile=about.profile, meta=about.meta)
        silence = max(settings.patience, timeout) + GRACE
        paths = [path for _node, path in live]
        if funds is not None:
            made = {account: settings.keys[account] for account in settings.made}
            paid = fund_parties(script, made, funds, live[0][0], network_id, timeout)
            settings = replace(settings, network_id=asyncio.run(paid))
        playing = play_and_record(script, settings, recording, silence, paths, partial(_say_awaited, script, settings))
        outcome = asyncio.run(playing)
        found = compare(script, load_script(target, _named(settings.network_id), warn), allowed, streams=True)
        _tell(found, outcome, script, junit_file, explain=explain)
        folder.keep = not (found.same or update or output)
        if not found.same:
            _conclude(recorded, target, update=update)
    raise typer.Exit(int(not found.same))


def _named(network_id: str) -> list[str]:
    """The networks that a user names."""
    return [network_id] if network_id else []


def _say_awaited(script: Script, settings: PlaySettings, step: Step, passed: float) -> None:
    slow = step.profile.slow(step.label)
    most, option = (settings.endurance, "--timeout") if slow else (settings.patience, "--patience")
    what = f"{script.parties.get(step.session, '')} {ARROWS[step.direction]} {step.label}".lstrip()
    note(f"waiting for {what} ({passed:.0f} s; {option}: {most:g} s)")


def _conclude(recorded: Path, target: Path, *, update: bool) -> None:
    if update:
        write_all([(recorded, [target.read_text(encoding="utf-8")])])
        print(f"updated: {recorded}")
    else:
        print(f"the new capture: {target}")


@dataclass
class _Folder:
    """Where the new capture is written, and whether it stays."""

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


def _checked(recorded: Path, output: Path | None, *, update: bool) -> Header:
    """The capture's header, when what is asked for can be done."""
    if update and recorded.suffix == ".zst":
        raise InputError("--update writes plain captures; decompress it first", file=str(recorded))
    if output is not None and same_file(output, recorded):
        raise InputError("is the recorded capture; --update replaces it", file=str(output))
    with Capture(recorded) as capture:
        return capture.header


def _check_nodes(script: Script, nodes: list[str]) -> None:
    """There must be a node for each that was recorded; a capture of a document names none."""
    if (wanted := len(script.upstreams) or 1) != len(nodes):
        known = f": {', '.join(script.upstreams)}" if script.upstreams else ""
        order = "give a URL for each, in this order" if wanted > 1 else "give one URL"
        raise InputError(f"is of {wanted} node{'s' * (wanted > 1)}{known}; {order}", file=script.file)


def _tell(found: Comparison, outcome: Outcome, script: Script, junit_file: Path | None, *, explain: bool) -> None:
    name = Path(script.file).name
    if junit_file is not None:
        write_all([(junit_file, [junit(found, name)])])
    if not found.same or explain:
        for line in lines(found, explain=explain, most=MOST):
            tell(line)
        print()
    for known in outcome.notes if not found.same or explain else []:
        tell(f"note: {known}")
    for line in table(found, name):
        tell(line)
