"""What the commands do, as functions: the documented Python interface.

Rule: the commands call these, so that neither can do what the other cannot. Reading, annotating and rendering are lazy,
in constant memory; only a script to play is held whole.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from recorder.errors import InputError
from recorder.interchange.files import STDIN, Capture, read_lines
from recorder.model import AnyEvent
from recorder.profiles import PROFILES, Profile
from recorder.settings import parse_speed
from recorder.transcript import WHOLE, Excerpt, Selection, Split, session_names, split_by_scenario, suffix_of, views

if TYPE_CHECKING:
    from recorder.anonymising import Anonymised
    from recorder.profiles.annotation import Annotation
    from recorder.profiles.parts import Decoder
    from recorder.replay import Mode, PlaySettings
    from recorder.rules import Rules
    from recorder.stats import Statistics
    from recorder.timeline import Script
    from recorder.timeline.annotating import Annotations
    from recorder.transcript.aliases import Aliases
    from recorder.transcript.excerpt import Cutting
    from recorder.transcript.template import Template
    from recorder.transcript.view import View

EVERYTHING = Selection()

CAPTURES = (".jsonl", ".jsonl.zst")
"""How the names of captures end."""

RULES_SUFFIX = ".rules.toml"


def load(path: str | Path) -> Capture:
    """Open a capture: its `header`, and its events by iterating over it.

    Args:
        path: the file, plain or zstd-compressed.

    Raises:
        InputError: it cannot be read, or is not a capture; a malformed line raises when it is reached.
    """
    return Capture(path)


def anonymise(capture: Capture, masks: Iterable[str] = ()) -> Anonymised:
    """An anonymised copy of a capture: its `header`, and its events by iterating over it.

    Args:
        capture: what `load` gave; it is read whole.
        masks: further secrets to mask, written as for `--mask`.

    Raises:
        InputError: a mask cannot be read, or the capture is malformed.
    """
    from recorder.anonymising import Anonymised  # noqa: PLC0415 - its libraries are for those who ask
    from recorder.masking import Masking  # noqa: PLC0415

    return Anonymised(capture.header, capture, Masking(masks, capture.header.profile), capture.path)


def statistics(capture: Capture) -> Statistics:
    """The figures of a capture: calls and errors by method, how long answers took, how sessions ended, open calls.

    Args:
        capture: what `load` gave.

    Raises:
        InputError: a line of it is malformed.
    """
    from recorder.stats import Statistics  # noqa: PLC0415 - for those who ask

    counted = Statistics(capture.header.profile)
    for event in capture:
        counted.see(event)
    return counted


def load_script(
    path: str | Path, networks: Iterable[str] = (), warn: Callable[[str], None] = lambda _text: None
) -> Script:
    """Read a capture as a script to play.

    Args:
        path: the capture, as for `load`.
        networks: network ids to look for in signatures, besides the usual ones.
        warn: called with one line about an incomplete last line, which is left out.

    Raises:
        InputError: it cannot be read, or is not a capture.
    """
    from recorder.timeline import read  # noqa: PLC0415 - its libraries are for those who ask

    with Capture(path, warn) as capture:
        return read(capture.header, capture, str(path), networks)


def play_settings(
    script: Script,
    ends: Iterable[str] = ("node",),
    *,
    mode: Mode = "shape",
    speed: str | float = "instant",
    faults: Iterable[str] = (),
    keys: Mapping[str, bytes] | None = None,
    network_id: str = "",
    rules: Rules | None = None,
    secrets: Mapping[str, str] | None = None,
    warn: Callable[[str], None] = lambda _text: None,
) -> PlaySettings:
    """How to play a script. An account of a played party without a key gets one that is made for the run.

    Args:
        script: what `load_script` gave.
        ends: `node`, and parties by name.
        mode: what must be as recorded: every value (`strict`), the frames' `shape`, or their methods (`lenient`).
        speed: `instant`, `recorded`, or how many times as fast as recorded.
        faults: what to do wrong on purpose, as in `drop:12`.
        keys: 32-byte seeds by party, or by recorded account.
        network_id: of the live network, if it is not the recorded one.
        rules: what may be repeated, missing or different (`load_rules` reads them).
        secrets: by mark (`«password 1»`), what played parties send in the place of it.
        warn: called with one line about a key that no account in the capture needs.

    Raises:
        InputError: the capture has no such end, frame or mark, a key is for several accounts, or a setting cannot be read.
    """
    from recorder.keys import by_account, made_for  # noqa: PLC0415 - its libraries are for those who ask
    from recorder.replay import Fault, PlaySettings  # noqa: PLC0415
    from recorder.replay.faults import check  # noqa: PLC0415
    from recorder.rules import NO_RULES  # noqa: PLC0415
    from recorder.timeline.script import NODE  # noqa: PLC0415

    played = frozenset(ends)
    _check_ends(script, played, {*script.parties.values(), NODE})
    _check_marks(script, (secrets or {}).keys())
    given = by_account(keys or {}, script.accounts, script.file, warn)
    made = made_for(played, given, script.accounts)
    wrong = tuple(Fault.parse(text) for text in faults)
    check(wrong, script, played)
    return PlaySettings(
        ends=played,
        mode=mode,
        keys=given | made,
        made=frozenset(made),
        network_id=network_id,
        speed=parse_speed(str(speed)),
        faults=wrong,
        rules=rules or NO_RULES,
        secrets=secrets or {},
    )


def _check_ends(script: Script, played: frozenset[str], known: set[str]) -> None:
    if not script.parties:
        raise InputError("it has no session to play", file=script.file)
    there = f"it has {', '.join(sorted(known))}"
    if unknown := sorted(played - known):
        raise InputError(f"{script.file} has no {unknown[0]} to play; {there}")
    if not played or played >= known:
        raise InputError(f"play at least one end of {script.file}, and not all of them; {there}")


def _check_marks(script: Script, given: Collection[str]) -> None:
    from recorder.capture import marks_in  # noqa: PLC0415 - for those who ask

    known = {*marks_in([step.event for step in script.steps])} if given else set()
    if unknown := sorted({*given} - known):
        there = f"it has {', '.join(sorted(known))}" if known else "nothing in it is masked"
        raise InputError(f"has no {unknown[0]}; {there}", file=script.file)


def load_rules(capture: str | Path, project: Path | None = None) -> Rules:
    """The rules of a fixture, in `NAME.rules.toml` beside it, and those of its project.

    Args:
        capture: the fixture.
        project: the project's file.

    Raises:
        InputError: a file cannot be read, or has an unknown key.
    """
    from recorder.rules import Rules  # noqa: PLC0415 - for those who ask

    own = Path(str(capture).removesuffix(".zst").removesuffix(".jsonl") + RULES_SUFFIX)
    found = Rules()
    for file in filter(None, (own if own.is_file() else None, project)):
        try:
            found += Rules.parse(file.read_text(encoding="utf-8-sig"), str(file))
        except OSError as error:
            raise InputError(f"cannot read: {error.strerror}", file=str(file)) from error
        except UnicodeDecodeError as error:
            raise InputError("is not UTF-8 text", file=str(file)) from error
    return found


def decode(text: str) -> Any:
    """Decode an encoded string: its `value`, its bytes (`data`), its `warnings`.

    Args:
        text: one of the 27 encodings of æternity's chain.

    Raises:
        DecodeError: the node would reject it; with `path`, `offset` and `reason`.
    """
    return encoded_profile().decode(text)


def encoded_profile() -> Profile:
    """The protocol whose encoded strings `decode` reads."""
    return next(profile for profile in PROFILES.values() if profile.encoded is not None)


@dataclass(frozen=True)
class Knowledge:
    """What a user adds to what the capture shows.

    Args:
        keys: accounts by name, as the protocol writes them.
        network_ids: that transactions may be signed for.

    Raises:
        InputError: a key is not an account.
    """

    keys: Mapping[str, str] = field(default_factory=dict)
    network_ids: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.keys:  # a template that shows no accounts would never read them
            decoder_of(self)


NOTHING = Knowledge()


def decoder_of(knowledge: Knowledge) -> Decoder:
    """The decoder for encoded strings outside of frames."""
    decoder = encoded_profile().decoder(knowledge.keys, knowledge.network_ids)
    assert decoder is not None, "who has encoded texts reads them"
    return decoder


def annotate(capture: Capture, knowledge: Knowledge = NOTHING) -> Iterator[tuple[AnyEvent, Annotation | None]]:
    """Every event of a capture with its annotation; None for events that are not traffic.

    Args:
        capture: what `load` gave.
        knowledge: keys and network ids besides those in the capture.
    """
    annotations = annotations_of(capture, knowledge)
    return ((event, annotations.see(event)) for event in capture)


def annotations_of(capture: Capture, knowledge: Knowledge) -> Annotations:
    """The annotator of a capture; it reads the capture ahead if that can be read twice."""
    from recorder.timeline.annotating import Annotations  # noqa: PLC0415 - for those who ask

    header = capture.header
    annotations = Annotations(header.profile, knowledge.keys, knowledge.network_ids, node=header.node)
    if capture.path != STDIN:
        annotations.scan(capture)
    return annotations


def render(
    capture: Capture,
    template: str = "transcript",
    selection: Selection = EVERYTHING,
    knowledge: Knowledge = NOTHING,
    excerpt: Excerpt = WHOLE,
    warn: Callable[[str], None] = lambda _text: None,
    *,
    provenance: bool = False,
) -> Iterator[str]:
    """The transcript of a capture, piece by piece.

    Args:
        capture: what `load` gave.
        template: a name (`transcript`, `timestamped`, `annotated`, `summary`, `sequence`, `table`), or
            the path of a `.j2` file.
        selection: which events to render.
        knowledge: keys and network ids for templates that show who signed.
        excerpt: how much is shown of each event.
        warn: called with one line about a selection without events, or a path that was not found.
        provenance: whether to end with a comment that names the capture and its hash.

    Raises:
        InputError: there is no such template, or it has an error (with file and line); or aliases or provenance are
            wanted for a capture that can be read only once.
    """
    from recorder.transcript.template import Template  # noqa: PLC0415 - jinja2 is for those who render

    form, aliases = Template(template), _aliases(capture, excerpt, knowledge)
    items = _views(capture, form, selection, knowledge, _cutting(excerpt, aliases), warn)
    ending = _provenance(capture) if provenance else ""
    return _ended(form.render(capture.header, items), aliases, suffix_of(template), ending)


def _aliases(capture: Capture, excerpt: Excerpt, knowledge: Knowledge) -> Aliases | None:
    if not excerpt.alias:
        return None
    if capture.path == STDIN:
        raise InputError("--alias reads the capture twice: give its file, not standard input")
    from recorder.transcript.aliases import aliases_of  # noqa: PLC0415 - for those who ask

    return aliases_of(load_script(capture.path, knowledge.network_ids), knowledge.keys)


def _cutting(excerpt: Excerpt, aliases: Aliases | None) -> Cutting | None:
    from recorder.transcript.excerpt import Cutting  # noqa: PLC0415 - for those who ask

    return None if excerpt == WHOLE else Cutting(excerpt, aliases)


def _provenance(capture: Capture) -> str:
    if capture.path == STDIN:
        raise InputError("--provenance names the capture: give its file, not standard input")
    from recorder.transcript.provenance import provenance  # noqa: PLC0415 - for those who ask

    digest = hashlib.sha256()
    for line in read_lines(capture.path):
        digest.update(line)
    return provenance(Path(capture.path).name, digest.hexdigest(), capture.header)


def _ended(pieces: Iterable[str], aliases: Aliases | None, suffix: str, ending: str) -> Iterator[str]:
    """A transcript with its legend and its provenance."""
    if aliases is None:
        yield from pieces
    else:
        from recorder.transcript.aliases import legend  # noqa: PLC0415 - for those who ask

        used: dict[str, str] = {}
        yield from aliases.used(pieces, used)
        yield legend(used, suffix)
    yield ending


def _views(
    capture: Capture,
    form: Template,
    selection: Selection,
    knowledge: Knowledge,
    cutting: Cutting | None,
    warn: Callable[[str], None],
) -> Iterator[View]:
    annotations = annotations_of(capture, knowledge) if form.annotated else None
    empty = selection != EVERYTHING
    for item in views(
        capture.header, capture, selection, annotations, cutting, follow=form.following, unanswered=form.unanswered
    ):
        empty = False
        yield item
    if empty:
        warn(f"{capture.path}: no event matches --party, --method, --since and --until")
    for pattern in cutting.missed if cutting is not None else ():
        warn(f"{capture.path}: no message has the path {pattern.text}")


def render_split(
    capture: Capture,
    split: Split,
    template: str = "transcript",
    selection: Selection = EVERYTHING,
    knowledge: Knowledge = NOTHING,
    excerpt: Excerpt = WHOLE,
    warn: Callable[[str], None] = lambda _text: None,
    *,
    provenance: bool = False,
) -> Iterator[tuple[str, Iterable[str]]]:
    """Several transcripts of a capture, each with its name; read one to its end before asking for the next.

    Args:
        capture: what `load` gave; it is read twice if split by channel or session.
        split: what each transcript covers.
        template: as in `render`.
        selection: as in `render`.
        knowledge: as in `render`.
        excerpt: as in `render`.
        warn: as in `render`.
        provenance: as in `render`.
    """
    from recorder.transcript.template import Template  # noqa: PLC0415 - jinja2 is for those who render
    from recorder.transcript.together import render_together  # noqa: PLC0415

    header, form, aliases = capture.header, Template(template), _aliases(capture, excerpt, knowledge)
    items = _views(capture, form, selection, knowledge, _cutting(excerpt, aliases), warn)
    texts: Iterator[tuple[str, Iterator[str]]]
    if split == "scenario":
        texts = ((name, form.render(header, group)) for name, group in split_by_scenario(items))
    else:
        texts = render_together(form, header, items, session_names(header, capture, split))
    ending = _provenance(capture) if provenance else ""
    for name, pieces in texts:
        yield name, _ended(pieces, aliases, suffix_of(template), ending)
