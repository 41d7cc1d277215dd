"""A template at work: events in, text out.

Rule: the only module that knows jinja2. A template's mistake is an InputError with its file and line.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import cached_property
from itertools import islice
from pathlib import Path

import jinja2

from recorder.errors import InputError
from recorder.escaping import escape
from recorder.model import Header
from recorder.transcript import data_folder
from recorder.transcript.diagram import Diagram, mermaid
from recorder.transcript.view import Dotted, View

BATCH = 512
"""Pieces of text joined at once: templates make some eight small ones an event."""

SUFFIX = ".md.j2"

ANNOTATED = re.compile(r"\b(?:annotation|saying|diagram)\b|{%[-+]?\s*(?:include|import|from|extends)\b")
"""In a template's source: it prints annotations, or may."""

_MARKUP = re.compile(r"[&<|\\`*_\[\]~$]")

_TEMPLATE_MISTAKES = (ArithmeticError, AttributeError, LookupError, RuntimeError, TypeError, ValueError)
"""What Python raises where a template asks for what cannot be."""


class Template:
    """A template: one of the project's by name, or the user's own by path.

    Attributes:
        annotated: whether it (or a part it includes) prints annotations, which cost more than all the rest.

    Raises:
        InputError: there is no such template, or it has an error (with its line).
    """

    def __init__(self, name: str) -> None:
        folder = data_folder("templates")
        path = Path(name) if name.endswith(".j2") else folder / f"{name}{SUFFIX}"
        self.path = path
        self._environment = environment = jinja2.Environment(
            loader=jinja2.FileSystemLoader(path.parent),
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
            autoescape=False,  # noqa: S701 - Markdown: a transcript shows what was said
        )
        environment.filters |= FILTERS
        try:
            self._template = environment.get_template(path.name)
            source = environment.loader.get_source(environment, path.name)[0] if environment.loader else ""
            self.annotated = ANNOTATED.search(source) is not None
        except jinja2.TemplateNotFound as error:
            known = ", ".join(sorted(file.name.removesuffix(SUFFIX) for file in folder.glob(f"*{SUFFIX}")))
            raise InputError(
                f"no such template; there is {known}, or give the path of a .j2 file", file=name
            ) from error
        except jinja2.TemplateSyntaxError as error:
            raise InputError(str(error.message), file=error.filename or str(path), line=error.lineno) from error
        except OSError as error:
            raise InputError(f"cannot read: {error.strerror}", file=name) from error
        except UnicodeDecodeError as error:
            raise InputError("is not UTF-8 text", file=name) from error

    def render(self, header: Header, items: Iterable[View]) -> Iterator[str]:
        """The text, piece by piece.

        Raises:
            InputError: the template asks for what is not there (with its line).
        """
        pieces = self._template.generate(**_given(header, items))
        with self._explained():
            while batch := [*islice(pieces, BATCH)]:
                yield "".join(batch)

    async def fed(self, header: Header, items: AsyncIterator[View], write: Callable[[str], object]) -> None:
        """The text of items that come one by one, piece by piece to `write`; it awaits nothing but them.

        Raises:
            InputError: as `render`.
        """
        with self._explained():
            async for piece in self._waiting.generate_async(**_given(header, items)):
                write(piece)

    @cached_property
    def _waiting(self) -> jinja2.Template:
        """The same template, compiled so that it waits for its items."""
        return self._environment.overlay(enable_async=True).get_template(self.path.name)

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except jinja2.TemplateSyntaxError as error:  # in a template that this one includes
            raise InputError(str(error.message), file=error.filename or str(self.path), line=error.lineno) from error
        except (jinja2.TemplateError, *_TEMPLATE_MISTAKES) as error:
            raise InputError(str(error), file=str(self.path), line=self._line(error)) from error

    def _line(self, error: BaseException) -> int:
        """The template's line that an error came from; jinja2 puts it into the traceback."""
        trace, line = error.__traceback__, 0
        while trace is not None:
            if trace.tb_frame.f_code.co_filename == str(self._template.filename):
                line = trace.tb_lineno
            trace = trace.tb_next
        return line


def cell(text: str) -> str:
    """A text as a cell of a table shows it: on one line, and nothing in it is Markdown or HTML."""
    return _MARKUP.sub(_written, escape(text.replace("\n", " ")))


def _written(found: re.Match[str]) -> str:
    return {"&": "&amp;", "<": "&lt;"}.get(found[0], f"\\{found[0]}")


FILTERS: dict[str, Callable[[str], str]] = {"mermaid": mermaid, "cell": cell}


def _given(header: Header, items: object) -> dict[str, object]:
    """What a template gets, by name."""
    return {"header": header, "meta": Dotted(header.meta), "events": items, "diagram": Diagram()}
