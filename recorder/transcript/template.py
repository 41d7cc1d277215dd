"""A template at work: events in, text out.

Rule: the only module that knows jinja2. A template's mistake is an InputError with its file and line.
"""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import cached_property
from itertools import islice
from typing import Any

import jinja2

from recorder.errors import InputError
from recorder.escaping import escape
from recorder.model import Header
from recorder.profiles.sentences import shortened
from recorder.transcript import data_folder, suffix_of, template_path
from recorder.transcript.diagram import Diagram, mermaid
from recorder.transcript.picture import fitted, pictures
from recorder.transcript.view import Dotted, View

BATCH = 512
"""Pieces of text joined at once: templates make some eight small ones an event."""

_OTHERS = r"{%[-+]?\s*(?:include|import|from|extends)\b"
UNANSWERED = re.compile(rf"\b(?:unanswered|diagram)\b|{_OTHERS}")
FOLLOWING = re.compile(rf"\b(?:saying|waits|answers|slow)\b|{UNANSWERED.pattern}")
ANNOTATED = re.compile(rf"\bannotation\b|{FOLLOWING.pattern}")
"""In a template's source: it prints what answers what, or what is known with annotations, or may."""

_MARKUP = re.compile(r"[&<|\\`*\[\]~$]|(?<![^\W_])_|_(?![^\W_])")
"""What may be more than text in Markdown; `_` between letters never is."""

_TEMPLATE_MISTAKES = (ArithmeticError, AttributeError, LookupError, RuntimeError, TypeError, ValueError)
"""What Python raises where a template asks for what cannot be."""


class _Missing(jinja2.StrictUndefined):
    """What a template asks for and is not there, in the words of its author, who knows no Python classes."""

    @property
    def _undefined_message(self) -> str:
        about = self._undefined_obj
        if self._undefined_hint or not isinstance(about, View | Header):
            return super()._undefined_message
        what = f"{about.kind} events have" if isinstance(about, View) else "the header has"
        return f"{what} no {self._undefined_name!r}"


class _Environment(jinja2.Environment):
    """Finds the members of objects; what is absent, which is None, has none but absent ones."""

    def getattr(self, obj: Any, attribute: str) -> Any:
        return None if obj is None else super().getattr(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        return None if obj is None else super().getitem(obj, argument)


def _printed(value: object) -> object:
    """What a value is printed as: nothing where it is absent, which is None."""
    return "" if value is None else value


class Template:
    """A template: one of the project's by name, or the user's own by path.

    Attributes:
        annotated: whether it (or a part it includes) prints annotations, which cost more than all the rest.
        following: whether it prints what answers what.
        unanswered: whether it prints calls without an answer.

    Raises:
        InputError: there is no such template, or it has an error (with its line).
    """

    def __init__(self, name: str) -> None:
        self.path = path = template_path(name)
        self._environment = environment = _Environment(
            loader=jinja2.FileSystemLoader(path.parent),
            undefined=_Missing,
            finalize=_printed,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
            autoescape=suffix_of(name) == ".html",
        )
        environment.filters |= FILTERS
        try:
            self._template = environment.get_template(path.name)
            source = environment.loader.get_source(environment, path.name)[0] if environment.loader else ""
            self.annotated = ANNOTATED.search(source) is not None
            self.following = FOLLOWING.search(source) is not None
            self.unanswered = UNANSWERED.search(source) is not None
        except jinja2.TemplateNotFound as error:
            known = ", ".join(sorted(file.name.partition(".")[0] for file in data_folder("templates").glob("*.j2")))
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
    """A text as a line of a list or a cell of a table shows it: nothing in it is Markdown or HTML."""
    return _MARKUP.sub(_written, escape(text.replace("\n", " ")))


def sha256(text: str) -> str:
    """The hash of a script or a style, as a Content-Security-Policy names it."""
    return f"sha256-{b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _written(found: re.Match[str]) -> str:
    return {"&": "&amp;", "<": "&lt;"}.get(found[0], f"\\{found[0]}")


FILTERS: dict[str, Callable[..., object]] = {
    "cell": cell,
    "mermaid": mermaid,
    "fitted": fitted,
    "pictures": pictures,
    "sha256": sha256,
    "shortened": shortened,
}
"""What the templates may ask for besides jinja2's own filters."""


def _given(header: Header, items: object) -> dict[str, object]:
    """What a template gets, by name."""
    return {"header": header, "meta": Dotted(header.meta), "events": items, "diagram": Diagram()}
