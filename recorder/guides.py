"""Documents on disk: checked against captures, rewritten, and pinned to frames of captures that lie near them.

Rule: documents know neither files nor transcripts, and transcripts no documents: here they meet. A capture that pins name
is read once, whatever pins and documents name it.
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from recorder.api import CAPTURES, render
from recorder.documents import Recordings, Result, check
from recorder.documents.blocks import Block, blocks, is_mdx
from recorder.documents.examples import example_of
from recorder.documents.pinning import hold
from recorder.documents.pins import ENDS, Pin
from recorder.documents.placing import Placed, place
from recorder.documents.recordings import Opening, Recorded
from recorder.documents.updating import Updated, update
from recorder.documents.written import Edit, applied
from recorder.errors import InputError
from recorder.interchange.files import Capture, TextFile, files_in, read_text
from recorder.interchange.markdown import is_heading, numbered
from recorder.model import AnyEvent
from recorder.profiles import AUTO
from recorder.rules import PathPattern
from recorder.transcript import Excerpt, Selection
from recorder.transcript.excerpt import Cutting

TRANSCRIPTS = (".md", ".markdown")


def load_recordings(paths: Iterable[str | Path], warn: Callable[[str], None] = lambda _text: None) -> Recordings:
    """What captures hold, for documents to be held against.

    Args:
        paths: captures, published transcripts, and folders of them: in a folder every `.jsonl` and `.jsonl.zst` is a
            capture; in one without any, every Markdown file that begins as transcripts do is one.
        warn: called (with one line) where a last line is torn, which is left out.

    Raises:
        InputError: one cannot be read, is neither, or a folder has none.
    """
    recordings = Recordings()
    for file in captures_of(paths):
        with _events(file, warn) as (events, profile):
            recordings.add(file, events, profile)
    return recordings


def captures_of(paths: Iterable[str | Path]) -> list[str]:
    """The captures and transcripts that are meant, as in `load_recordings`."""
    return [file for path in paths for file in _captures(path)]


def pinned_captures(guides: Iterable[str | Path]) -> list[str]:
    """The captures that the pins of documents name, for their other examples to be held against.

    Raises:
        InputError: a document cannot be read, or has an example while none is pinned.
    """
    found: dict[str, None] = {}
    examples = 0
    for guide in guides:
        for block in blocks(read_text(Path(guide)), mdx=is_mdx(str(guide))):
            if block.pin is None:
                examples += block.ignored is None and example_of(block) is not None
                continue
            with suppress(InputError):  # a finding of the block
                found[_beside(Path(guide).parent, Pin.parse(block.pin).capture)] = None
    if examples and not found:
        raise InputError("no captures to hold the examples against; name one with --against, or pin an example to one")
    return [file for file in found if Path(file).is_file()]


def _captures(path: str | Path) -> list[str]:
    if not Path(path).is_dir():
        return [str(path)]
    found = files_in(path, CAPTURES) or [file for file in files_in(path, TRANSCRIPTS) if _is_transcript(file)]
    if not found:
        raise InputError(f"has no capture ({', '.join(CAPTURES)}) in it, and no transcript", file=str(path))
    return found


def _is_transcript(file: str) -> bool:
    """Whether a file begins as transcripts do."""
    if not file.endswith(TRANSCRIPTS):
        return False
    with suppress(InputError):  # it is no text
        first = next((line for line in TextFile(Path(file)) if line.strip()), "")
        return is_heading(first.removesuffix("\n"))
    return False


@contextmanager
def _events(
    file: str, warn: Callable[[str], None] = lambda _text: None
) -> Iterator[tuple[Iterable[tuple[int, AnyEvent]], str]]:
    """The events of a capture or of a transcript, each with its line, and the name of the profile."""
    if file.endswith(TRANSCRIPTS):
        yield numbered(TextFile(Path(file)), AUTO, file=file, partial=True), AUTO
        return
    with Capture(file, warn) as capture:
        yield enumerate(capture, 2), capture.header.profile


def check_documents(guides: Iterable[str | Path], recordings: Recordings) -> list[Result]:
    """The blocks of documents: examples with their verdicts, others with why they are none.

    Args:
        guides: files of Markdown, or MDX by their names.
        recordings: what `load_recordings` gave.

    Raises:
        InputError: one cannot be read.
    """
    known: Known = {}
    return [
        result
        for guide in guides
        for result in check(read_text(Path(guide)), str(guide), recordings, Near(guide, known))
    ]


def update_document(guide: str | Path, recordings: Recordings) -> tuple[str, Updated]:
    """A document as it is, and with its stale and broken examples rewritten; nothing is written.

    Args:
        guide: a file of Markdown, or MDX by its name.
        recordings: what `load_recordings` gave.

    Raises:
        InputError: it cannot be read.
    """
    text, near = read_text(Path(guide)), Near(guide)
    moved = _moved(text, guide, recordings, near)
    updated = update(moved.text, str(guide), recordings, near)
    return text, updated._replace(changed=[*moved.before, *updated.changed])


def pin_document(
    guide: str | Path, recordings: Recordings, captures: Iterable[str], *, values: bool = False
) -> tuple[str, Placed]:
    """A document as it is, and with pins before its true examples; nothing is written.

    Args:
        guide: a file of Markdown, or MDX by its name.
        recordings: what `load_recordings` gave.
        captures: those that are in it.
        values: whether examples with the values of another run are pinned too, and get those of the frame.

    Raises:
        InputError: it cannot be read.
    """
    text, near = read_text(Path(guide)), Near(guide)
    moved = _moved(text, guide, recordings, near)
    names = {name: near.path_to(name) for name in captures}
    placed = place(moved.text, str(guide), recordings, near, names, values=values)
    return text, placed._replace(pinned=[*moved.after, *placed.pinned])


class _Moved(NamedTuple):
    """A document whose pins lead to their captures again.

    Args:
        text: the document.
        before: what the blocks were that are true now.
        after: what they are.
    """

    text: str
    before: list[Result]
    after: list[Result]


_CAPTURE = re.compile(r"recorder:\s*(?P<capture>(?:'[^']*'|\"[^\"]*\"|\\.|[^\s'\"\\])+)")
"""How the comment of a pin begins."""


def _moved(text: str, guide: str | Path, recordings: Recordings, near: Near) -> _Moved:
    """A document with other paths in its pins, where the captures that they name are not there, but were given.

    A capture is known by its name, and by a block that is true with it.
    """
    lost: dict[str, list[tuple[Block, Pin, Edit]]] = {}
    for block in blocks(text, mdx=is_mdx(str(guide))):
        said = _CAPTURE.match(text, max(text.rfind("recorder:", 0, block.start), 0))
        with suppress(InputError):  # it cannot be read: a finding of the block
            pin = Pin.parse(block.pin or "")
            if said is not None and not near.has(pin.capture) and shlex.split(said["capture"]) == [pin.capture]:
                lost.setdefault(pin.capture, []).append((block, pin, Edit(*said.span("capture"), "")))
    found = _Moved(text, [], [])
    edits: list[Edit] = []
    for capture, places in lost.items():
        ways = (near.path_to(name) for name in recordings.captures if Path(name).name == Path(capture).name)
        tried = {
            way: [hold(str(guide), _pinned(block, pin, way), near) for block, pin, _edit in places] for way in ways
        }
        best = max(tried, key=lambda way: sum(one.verdict == "true" for one in tried[way]), default="")
        if all(one.verdict != "true" for one in tried.get(best, ())) or any(sign in best for sign in ENDS):
            continue
        for (block, _pin, edit), held in zip(places, tried[best], strict=True):
            if held.verdict == "true":
                found.before.append(hold(str(guide), block, near))
                found.after.append(held)
            edits.append(edit._replace(text=shlex.quote(best)))
    return found._replace(text=applied(text, edits))


def _pinned(block: Block, pin: Pin, capture: str) -> Block:
    """A block whose pin names another capture."""
    return replace(block, comment=str(replace(pin, capture=capture)))


_NOT_THERE = (
    "cannot read: No such file or directory; a pin has the path of its capture from the document's folder: correct it, "
    "or run `docs update` with a capture of this name as --against"
)

Known = dict[str, tuple[list[Recorded], list[Opening]]]
"""By the paths of captures that were read: their messages, and the openings of their sessions."""


class Near:
    """Captures, by their paths from the folder of a document; see `recorder.documents.pins.Source`.

    Args:
        document: whose pins name them.
        known: what was read for other documents; what is read for this one is added.
    """

    def __init__(self, document: str | Path, known: Known | None = None) -> None:
        self._folder, self._known = Path(document).parent, {} if known is None else known

    def messages(self, capture: str) -> list[Recorded]:
        """The messages of a capture, in their order.

        Raises:
            InputError: it cannot be read.
        """
        return self._read(capture)[0]

    def openings(self, capture: str) -> list[Opening]:
        """The openings of sessions in a capture, as `messages`."""
        return self._read(capture)[1]

    def has(self, capture: str) -> bool:
        """Whether there is such a file."""
        return Path(_beside(self._folder, capture)).exists()

    def path_to(self, file: str) -> str:
        """The path of a file from the document's folder."""
        return Path(os.path.relpath(file, self._folder)).as_posix()

    def _read(self, capture: str) -> tuple[list[Recorded], list[Opening]]:
        path = _beside(self._folder, capture)
        if path not in self._known:
            if not self.has(capture):
                raise InputError(_NOT_THERE, file=path)
            recordings = Recordings()
            with _events(path) as (events, profile):
                messages = [*recordings.read(path, events, profile)]
            self._known[path] = messages, recordings.openings
        return self._known[path]

    def excerpts(self, pin: Pin, messages: Sequence[Recorded]) -> list[bytes]:
        """What a pin shows of messages, each as JSON.

        Raises:
            InputError: a path leads nowhere, or is none.
        """
        return excerpts_of(messages, pin)

    def rendered(self, pin: Pin) -> tuple[str, list[Recorded]]:
        """What a pin shows of a stretch by its template, and the messages in it.

        Raises:
            InputError: nothing is there, or as of `excerpts`.
        """
        if pin.capture.endswith(TRANSCRIPTS):
            raise InputError(f"{pin.capture} is a transcript; import it, and pin to the capture what as= is to show")
        messages = self.messages(pin.capture)
        selection = _selection(pin, messages)
        shown = [one for one in messages if pin.shows(one) and selection.reaches(one.at.line, one.scenario)]
        said: list[str] = []
        with Capture(_beside(self._folder, pin.capture)) as capture:
            text = "".join(render(capture, pin.form, selection, excerpt=_excerpt(pin), warn=said.append))
        if said and not shown:
            raise _nothing(pin)
        if said:
            raise InputError(f"{said[0]}; correct the pin")
        return text, shown


def _beside(folder: Path, capture: str) -> str:
    return os.path.normpath(folder / capture)


def _selection(pin: Pin, messages: Sequence[Recorded]) -> Selection:
    """What a pin shows by a template: one frame where it names a line or counts, else all that `render` would."""
    parties, first, last = frozenset({pin.party} - {""}), pin.first, pin.last
    if pin.lines or pin.nth > 1:
        about = [one for one in messages if pin.fits(one)]
        if len(about) < pin.nth:
            raise _nothing(pin)
        first = last = max(first, about[pin.nth - 1].at.line)
    methods = () if first == last > 0 else pin.methods
    return Selection(parties, methods, first=first, last=last, scenario=pin.scenario)


def _nothing(pin: Pin) -> InputError:
    return InputError(f"{pin.capture} has nothing of what the pin asks for ({pin}); ask for another")


def _excerpt(pin: Pin) -> Excerpt:
    return Excerpt(pin.elide, tuple(map(PathPattern, pin.show)), tuple(map(PathPattern, pin.drop)))


def excerpts_of(messages: Sequence[Recorded], pin: Pin) -> list[bytes]:
    """What a pin shows of recorded messages, each as JSON.

    Raises:
        InputError: one of its paths is none, or leads nowhere.
    """
    cutting = Cutting(_excerpt(pin))
    shown = [cutting.event(message.alone).payload for message in messages]
    if cutting.missed:
        lines = ", ".join(dict.fromkeys(str(message.at) for message in messages))
        raise InputError(f"nothing in {lines} is at {cutting.missed[0].text}; correct the pin's show= or drop=")
    return shown
