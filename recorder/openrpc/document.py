"""An OpenRPC document, read: its methods, and whether a value fits a schema in it.

Rule: nothing is fetched; a reference leads to a place in the document itself. A document that cannot be read is an
InputError, and so is a schema, when it is first used.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import chain
from typing import Any, NamedTuple, cast

import msgspec
from jsonschema import Draft7Validator
from jsonschema.exceptions import SchemaError, ValidationError, best_match
from referencing import Registry
from referencing.exceptions import Unresolvable
from referencing.jsonschema import DRAFT7

from recorder.difference import Path, short_json
from recorder.errors import InputError
from recorder.model import UNREADABLE
from recorder.openrpc.messages import UNREAD, read
from recorder.openrpc.shapes import is_data

ROOT = "recorder:document"
"""The URI of the document for its references."""

JUDGED, LONG = 10_000, 1024
"""Values whose verdict is remembered, and the most bytes that one may have."""

MOST = 50
"""Most faults of one value."""

SHAPED = frozenset(
    {
        "$ref",
        "type",
        "properties",
        "required",
        "additionalProperties",
        "items",
        "anyOf",
        "allOf",
        "oneOf",
        "not",
        "format",
    }
)
"""Keywords that ask for nothing but the shape of a value (see `shapes`); `format` asks for nothing."""

LARGEST = 1 << 26
"""Most bytes of a document."""

STRUCTURES = ("by-name", "by-position", "either")

_NOWHERE = (Unresolvable, ValueError, TypeError)
"""What `referencing` raises for a reference that leads to nothing, also through what is neither a list nor an object."""


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
        if len(text) > LARGEST:
            raise InputError(f"has more than {LARGEST >> 20} MiB; give an OpenRPC document", file=file)
        try:
            self._value = msgspec.json.decode(text)
        except UNREADABLE as error:
            raise InputError(f"is not JSON: {error}", file=file) from error
        if not isinstance(self._value, dict) or "openrpc" not in self._value:
            raise InputError("is no OpenRPC document: it has no member `openrpc`", file=file)
        if str(self._value["openrpc"]).partition(".")[0] != "1":
            raise InputError(f"is of OpenRPC {self._value['openrpc']}; version 1 is read", file=file)
        resource = DRAFT7.create_resource(self._value)
        self._registry: Registry[Any] = Registry().with_resource(ROOT, resource)
        self._validators: dict[str, Draft7Validator] = {}
        self._sound: set[int] = set()  # the ids of schemas that were looked at; all are parts of the document
        self._remembered = lru_cache(JUDGED)(self._judge)
        self._by_shape: dict[str, bool] = {}
        self.methods = {method.name: method for method in self._methods()}

    def faults(self, descriptor: Descriptor, raw: bytes) -> tuple[Fault, ...]:
        """Why a value (its JSON) does not fit a schema; nothing where it does.

        Raises:
            InputError: the schema itself is malformed.
        """
        return (self._remembered if len(raw) <= LONG else self._judge)(descriptor.place, raw)

    def by_shape(self, descriptor: Descriptor) -> bool:
        """Whether the shape of a value decides if it fits a schema; not of a schema that is malformed."""
        place = descriptor.place
        if place not in self._by_shape:
            try:
                schema, resolver = self._lookup(self._registry.resolver(ROOT), f"#{place}")
                self._by_shape[place] = self._is_shaped(schema, resolver, set())
            except (*_NOWHERE, AttributeError, InputError, RecursionError):
                self._by_shape[place] = False
        return self._by_shape[place]

    def _is_shaped(self, schema: Any, resolver: Any, seen: set[int]) -> bool:
        """Whether a schema, and all in it, asks for nothing but the shape; a name that is data is none to a shape."""
        if not isinstance(schema, dict) or id(schema) in seen:
            return True
        seen.add(id(schema))
        if "$ref" in schema:
            return self._is_shaped(*self._lookup(resolver, schema["$ref"]), seen)
        if not SHAPED.issuperset(schema.keys() & Draft7Validator.VALIDATORS.keys()) or isinstance(
            schema.get("items"), list
        ):
            return False
        if any(map(is_data, chain(schema.get("properties", ()), schema.get("required", ())))):
            return False
        return all(
            self._is_shaped(inner, resolver.in_subresource(DRAFT7.create_resource(inner)), seen)
            for inner in DRAFT7.subresources_of(schema)
        )

    def _judge(self, place: str, raw: bytes) -> tuple[Fault, ...]:
        validator = self._validators.get(place)
        if validator is None:
            validator = self._validators[place] = self._validator(place)
        value = read(raw)
        if value is UNREAD:
            return (Fault((), "cannot be read"),)
        try:
            return tuple(_faults(validator, value))
        except RecursionError:
            return (Fault((), "cannot be checked: it is nested too deeply, or its schema is"),)

    def _validator(self, place: str) -> Draft7Validator:
        try:
            self._check(*self._lookup(self._registry.resolver(ROOT), f"#{place}"))
        except SchemaError as error:
            raise InputError(f"the schema at #{place} cannot be used: {error.message}", file=self._file) from error
        except RecursionError as error:
            raise InputError(f"the schema at #{place} is nested too deeply", file=self._file) from error
        return Draft7Validator({"$ref": f"{ROOT}#{place}"}, registry=self._registry)

    def _check(self, schema: Any, resolver: Any) -> None:
        """Look at a schema and at those that it refers to, before a value is held against them."""
        if id(schema) not in self._sound:
            self._sound.add(id(schema))
            Draft7Validator.check_schema(schema)
            self._follow(schema, resolver)

    def _follow(self, schema: Any, resolver: Any) -> None:
        if isinstance(schema, dict) and "$ref" in schema:
            self._check(*self._lookup(resolver, schema["$ref"]))
        for inner in DRAFT7.subresources_of(schema):
            self._follow(inner, resolver.in_subresource(DRAFT7.create_resource(inner)))

    def _lookup(self, resolver: Any, reference: str) -> tuple[Any, Any]:
        """What a reference leads to, and the resolver of references there."""
        try:
            found = resolver.lookup(reference)
        except _NOWHERE as error:
            raise InputError(
                f"refers to {reference}, which is not in it; only references into it are followed", file=self._file
            ) from error
        return found.contents, found.resolver

    def _methods(self) -> Iterator[Method]:
        for place, value in self._items("methods", self._value):
            name = self._member(value, "name", str, place)
            params = tuple(self._descriptor(at, one) for at, one in self._items("params", value, place))
            errors = [self._code(*one) for one in self._items("errors", value, place, needed=False)]
            structure = value.get("paramStructure", "either")
            if structure not in STRUCTURES:
                raise InputError(f"#{place}/paramStructure is none of {', '.join(STRUCTURES)}", file=self._file)
            result = value.get("result")
            yield Method(
                name,
                params,
                structure,
                None if result is None else self._descriptor(*self._followed(f"{place}/result", result)),
                frozenset(errors),
            )

    def _items(
        self, name: str, value: Mapping[str, Any], place: str = "", *, needed: bool = True
    ) -> Iterator[tuple[str, dict[str, Any]]]:
        """The members of a list, references followed, each with its place."""
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
            value, _resolver = self._lookup(self._registry.resolver(ROOT), reference)
        if not isinstance(value, dict):
            raise InputError(f"#{place} is no object", file=self._file)
        return place, value

    def _descriptor(self, place: str, value: dict[str, Any]) -> Descriptor:
        if "schema" not in value:
            raise InputError(f"#{place} has no schema", file=self._file)
        name = self._member(value, "name", str, place)
        return Descriptor(name, value.get("required") is True, f"{place}/schema")

    def _code(self, place: str, value: dict[str, Any]) -> int:
        return int(self._member(value, "code", int, place))

    def _member(self, value: dict[str, Any], name: str, kind: type, place: str) -> Any:
        found = value.get(name)
        if type(found) is not kind:
            raise InputError(f"#{place} has no {name}", file=self._file)
        return found


def _faults(validator: Draft7Validator, value: Any) -> Iterator[Fault]:
    for error, _count in zip(validator.iter_errors(value), range(MOST), strict=False):
        nearest = cast("ValidationError", best_match([error]))
        yield Fault(tuple(nearest.absolute_path), _said(nearest))


def _said(error: ValidationError) -> str:
    """What is wrong, and of a choice that says nothing, what is wrong with each branch."""
    branches = dict.fromkeys(_reason(one).strip() for one in error.context or () if not one.relative_path)
    what = _reason(error)
    value = short_json(error.instance) if what != error.message else ""
    return f"{value}{what}: {'; '.join(branches)}" if branches else f"{value}{what}"


def _reason(error: ValidationError) -> str:
    """The message without the value that it begins with: that may be of any length."""
    return str(error.message).removeprefix(repr(error.instance))
