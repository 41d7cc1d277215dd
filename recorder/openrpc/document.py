"""An OpenRPC document, read: its methods, and whether a value fits a schema in it.

Rule: nothing is fetched; a reference leads to a place in the document itself. A document that cannot be read is an InputError.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any, NamedTuple, cast

import msgspec
from jsonschema import Draft7Validator
from jsonschema.exceptions import SchemaError, ValidationError, best_match
from referencing import Registry
from referencing.exceptions import Unresolvable
from referencing.jsonschema import DRAFT7

from recorder.difference import Path
from recorder.errors import InputError
from recorder.model import UNREADABLE

ROOT = "recorder:document"
"""The URI of the document for its references."""

JUDGED, LONG = 10_000, 1024
"""Values whose verdict is remembered, and the most bytes that one may have."""

MOST = 50
"""Most faults of one value."""


class Fault(NamedTuple):
    """Why a value does not fit its schema.

    Args:
        path: below the value.
        text: what is wrong there.
    """

    path: Path
    text: str


class Descriptor(NamedTuple):
    """A param or a result: its name, whether it must be there, and where its schema stands."""

    name: str
    required: bool
    place: str


class Method(NamedTuple):
    """A method of the document.

    Args:
        name: its name.
        params: in their order.
        structure: `by-name`, `by-position` or `either`.
        result: None where the method is only notified.
        errors: the codes that are documented.
    """

    name: str
    params: tuple[Descriptor, ...]
    structure: str
    result: Descriptor | None
    errors: frozenset[int]


class Document:
    """An OpenRPC document.

    Args:
        text: of it.
        file: the name that errors carry.

    Raises:
        InputError: it is no OpenRPC document, or refers to what is not in it.
    """

    def __init__(self, text: bytes, file: str) -> None:
        self._file = file
        try:
            self._value = msgspec.json.decode(text)
        except UNREADABLE as error:
            raise InputError(f"is not JSON: {error}", file=file) from error
        if not isinstance(self._value, dict) or "openrpc" not in self._value:
            raise InputError("is no OpenRPC document: it has no member `openrpc`", file=file)
        resource = DRAFT7.create_resource(self._value)
        self._registry: Registry[Any] = Registry().with_resource(ROOT, resource)
        self._judges: dict[str, Callable[[bytes], tuple[Fault, ...]]] = {}
        self.methods = {method.name: method for method in self._methods()}

    def faults(self, descriptor: Descriptor, raw: bytes) -> tuple[Fault, ...]:
        """Why a value (its JSON) does not fit a schema; nothing where it does.

        Raises:
            InputError: the schema itself is malformed.
        """
        judge = self._judges.get(descriptor.place)
        if judge is None:
            judge = self._judges[descriptor.place] = self._judge(descriptor.place)
        return judge(raw)

    def _judge(self, place: str) -> Callable[[bytes], tuple[Fault, ...]]:
        schema = {"$ref": f"{ROOT}#{place}"}
        try:
            Draft7Validator.check_schema(self._at(place))
        except SchemaError as error:
            raise InputError(f"the schema at #{place} is malformed: {error.message}", file=self._file) from error
        validator = Draft7Validator(schema, registry=self._registry)

        def judge(raw: bytes) -> tuple[Fault, ...]:
            try:
                return tuple(_faults(validator, msgspec.json.decode(raw)))
            except Unresolvable as error:
                raise InputError(
                    f"refers to {error.ref.removeprefix(ROOT)}, which is not in it; only references into it are followed",
                    file=self._file,
                ) from error

        remembered = lru_cache(JUDGED)(judge)
        return lambda raw: remembered(raw) if len(raw) <= LONG else judge(raw)

    def _methods(self) -> Iterator[Method]:
        for place, value in self._items("/methods", self._value):
            name = self._member(value, "name", str, place)
            params = tuple(self._descriptor(at, one) for at, one in self._items("params", value, place))
            errors = [
                self._member(one, "code", int, at) for at, one in self._items("errors", value, place, needed=False)
            ]
            result = value.get("result")
            yield Method(
                name,
                params,
                value.get("paramStructure", "either"),
                None if result is None else self._descriptor(*self._followed(f"{place}/result", result)),
                frozenset(errors),
            )

    def _items(
        self, name: str, value: Mapping[str, Any], place: str = "", *, needed: bool = True
    ) -> Iterator[tuple[str, dict[str, Any]]]:
        """The members of a list, references followed, each with its place."""
        name = name.removeprefix("/")
        found = value.get(name, None if needed else [])
        if not isinstance(found, list):
            raise InputError(f"#{place}/{name} is no list", file=self._file)
        for at, one in enumerate(found):
            yield self._followed(f"{place}/{name}/{at}", one)

    def _followed(self, place: str, value: Any) -> tuple[str, dict[str, Any]]:
        seen = {place}
        while isinstance(value, dict) and "$ref" in value:
            reference = str(value["$ref"])
            place = reference.removeprefix("#")
            if place in seen or not reference.startswith("#/"):
                raise InputError(f"cannot follow {reference!r}; only references into it are followed", file=self._file)
            seen.add(place)
            value = self._at(place)
        if not isinstance(value, dict):
            raise InputError(f"#{place} is no object", file=self._file)
        return place, value

    def _at(self, place: str) -> Any:
        try:
            return self._registry.resolver(ROOT).lookup(f"#{place}").contents
        except Unresolvable as error:
            raise InputError(f"refers to #{place}, which is not in it", file=self._file) from error

    def _descriptor(self, place: str, value: dict[str, Any]) -> Descriptor:
        if "schema" not in value:
            raise InputError(f"#{place} has no schema", file=self._file)
        name = self._member(value, "name", str, place)
        return Descriptor(name, value.get("required") is True, f"{place}/schema")

    def _member(self, value: dict[str, Any], name: str, kind: type, place: str) -> Any:
        found = value.get(name)
        if not isinstance(found, kind):
            raise InputError(f"#{place} has no {name}", file=self._file)
        return found


def _faults(validator: Draft7Validator, value: Any) -> Iterator[Fault]:
    for error, _count in zip(validator.iter_errors(value), range(MOST), strict=False):
        nearest = cast("ValidationError", best_match([error]))
        yield Fault(tuple(nearest.absolute_path), nearest.message)
