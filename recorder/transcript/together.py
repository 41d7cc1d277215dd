"""Renders several transcripts while reading a capture once.

Rule: linear in the capture and in bounded memory, for any number of transcripts: each is a template that waits for its
next event, and their texts are in one temporary file until they are read.
"""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Generator, Iterable, Iterator, Mapping
from tempfile import TemporaryFile
from types import coroutine
from typing import IO

from recorder.model import Header
from recorder.transcript.template import Template
from recorder.transcript.view import View

IN_MEMORY = 16 << 20
"""Characters of text that are held before they go to the temporary file."""

ENCODING = ("utf-8", "surrogatepass")  # what a scenario's name may hold comes back as it was


def render_together(
    template: Template, header: Header, items: Iterable[View], names: Mapping[int, str]
) -> Iterator[tuple[str, Iterator[str]]]:
    """Transcripts by name, those of which something is printed; an item of no session is in all of them.

    Args:
        template: what each is rendered with.
        header: the capture's.
        items: what is printed, in the order of the timeline.
        names: the name of the transcript that a session is in.

    Raises:
        InputError: as `Template.render`.
    """
    order = dict.fromkeys(names.values())
    made: dict[str, _Transcript] = {}
    with TemporaryFile() as file:
        texts = _Texts(file)
        try:
            for item in items:
                name = names.get(item.session)
                for chosen in order if name is None else (name,):
                    if (transcript := made.get(chosen)) is None:
                        made[chosen] = transcript = _Transcript(template, header)
                    texts.add(chosen, transcript.take(item))
            for chosen, transcript in made.items():
                texts.add(chosen, transcript.end())
        finally:
            for transcript in made.values():
                transcript.close()
        yield from ((name, texts.of(name)) for name in order if name in made)


@coroutine
def _nothing_yet() -> Generator[None]:
    """What a transcript awaits where no item is there for it."""
    yield


class _Transcript:
    """A transcript in the making, which takes its items one by one."""

    def __init__(self, template: Template, header: Header) -> None:
        self._item: View | None = None
        self._over = self._whole = False
        self._pieces: list[str] = []
        self._writing = template.fed(header, self, self._pieces.append)

    def __aiter__(self) -> _Transcript:
        return self

    async def __anext__(self) -> View:
        while (item := self._item) is None:
            if self._over:
                raise StopAsyncIteration
            await _nothing_yet()
        self._item = None
        return item

    def take(self, item: View) -> str:
        """What is written of an item, at once: what is known of it may change with the next."""
        self._item = item
        return self._written()

    def end(self) -> str:
        """What stands behind the last item."""
        self._over = True
        return self._written()

    def close(self) -> None:
        """Write nothing more."""
        self._writing.close()

    def _written(self) -> str:
        if not self._whole:
            try:
                self._writing.send(None)
            except StopIteration:  # a template may be done before its items are
                self._whole = True
        text = "".join(self._pieces)
        self._pieces.clear()
        return text


class _Texts:
    """What has been written of each transcript: the last of it in memory, the rest in a file."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file, self._size = file, 0
        self._pieces: defaultdict[str, list[str]] = defaultdict(list)
        # In the file: where each piece begins, and how long it is.
        self._chunks: defaultdict[str, array[int]] = defaultdict(lambda: array("Q"))

    def add(self, name: str, text: str) -> None:
        """Write on a transcript; where too much is held, the file takes it."""
        self._pieces[name].append(text)
        self._size += len(text)
        if self._size >= IN_MEMORY:
            self._keep()

    def _keep(self) -> None:
        self._size = 0
        for name, pieces in self._pieces.items():
            if data := "".join(pieces).encode(*ENCODING):
                pieces.clear()
                self._chunks[name].extend((self._file.tell(), len(data)))
                self._file.write(data)

    def of(self, name: str) -> Iterator[str]:
        """The whole text of a transcript, piece by piece."""
        chunks = iter(self._chunks[name])
        for begin, length in zip(chunks, chunks, strict=True):
            self._file.seek(begin)
            yield self._file.read(length).decode(*ENCODING)
        yield "".join(self._pieces[name])
