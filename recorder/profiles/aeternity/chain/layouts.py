"""One layout per (tag, version), and the objects that stand inside other objects as byte strings.

Rule: reading an object is one walk over its layout; every failure leaves here with the path and offset of the element.
Depth and number of objects are bounded, so that thousands in each other or a million beside each other are an error,
neither a crash nor a long wait.
"""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING, Any

from recorder.errors import InputError
from recorder.profiles.aeternity.chain.fields import hex_bytes, int_bytes
from recorder.profiles.aeternity.chain.reading import Field, Reading, refuse
from recorder.profiles.rlp import LIST, Malformed, decode_list, encode, payload_offset

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from recorder.profiles.rlp import Item

# The node's own limit is its memory; its tests go thirty meta transactions deep, which is sixty objects.
MAX_DEPTH = 100
# One is a few microseconds; a megabyte of real state trees has some ten thousand.
MAX_COUNT = 1 << 17
# Before the fields of an object stand its tag and its version.
HEAD = 2
# A list of a tag and a version.
SHORTEST = 3


class Layout:
    """How one version of one object is serialized.

    Args:
        tag: the object's tag.
        version: the object's version.
        name: the node's name of the object.
        fields: name and type of each field, in order.
        check: what the node demands of the fields together; it names the field at fault.
    """

    def __init__(
        self,
        tag: int,
        version: int,
        name: str,
        fields: Mapping[str, Field],
        *,
        check: Callable[[dict[str, Any], Reading], None] | None = None,
    ) -> None:
        self.tag, self.version, self.name, self.fields = tag, version, name, fields
        self.check = check
        self.readers = [(field_name, field.deserialize) for field_name, field in fields.items()]

    def deserialize(self, data: bytes, items: list[Item], reading: Reading) -> dict[str, Any]:
        """The fields of an object, given its bytes and their RLP items."""
        if len(items) != len(self.readers) + HEAD:
            raise Malformed(f"expected {len(self.readers)} fields, found {len(items) - HEAD}")
        fields: dict[str, Any] = {}
        notes = reading.notes
        seen = len(notes)
        index, name = HEAD, ""
        try:
            for name, read in self.readers:
                fields[name] = read(items[index], reading)
                index += 1
                if len(notes) > seen:
                    notes[seen:] = [((name, *path), text) for path, text in notes[seen:]]
                    seen = len(notes)
        except Malformed as problem:
            _inside(problem, name, data, index)
            raise
        if self.check is not None:
            self._check(data, fields, reading)
        return fields

    def _check(self, data: bytes, fields: dict[str, Any], reading: Reading) -> None:
        assert self.check is not None
        try:
            self.check(fields, reading)
        except Malformed as problem:
            name, problem.path = str(problem.path[0]), ()
            _inside(problem, name, data, HEAD + list(fields).index(name))
            raise

    def serialize(self, fields: Mapping[str, Any]) -> bytes:
        """The bytes of an object, given its fields."""
        if fields.keys() != self.fields.keys():
            raise InputError(self._mismatch(fields))
        items: list[Item] = [int_bytes(self.tag), int_bytes(self.version)]
        for name, field in self.fields.items():
            try:
                items.append(field.serialize(fields[name]))
            except InputError as error:
                raise InputError(f"{self.name}.{name}: {error.reason}") from error
        return encode(items)

    def _mismatch(self, fields: Mapping[str, Any]) -> str:
        lacking, unknown = self.fields.keys() - fields.keys(), fields.keys() - self.fields.keys()
        told = [f"lacks {', '.join(sorted(lacking))}"] if lacking else []
        told += [f"has no field {', '.join(sorted(unknown))}"] if unknown else []
        return f"{self.name} version {self.version} {' and '.join(told)}; its fields: {', '.join(self.fields)}"


def _inside(problem: Malformed, name: str, data: bytes, index: int) -> None:
    """Note that a problem is in the field `name`, item `index` of the object that `data` is."""
    in_lists = takewhile(lambda step: isinstance(step, int), problem.path)
    problem.offset += payload_offset(data, [index, *map(int, in_lists)])
    problem.path = (name, *problem.path)


class Registry:
    """All layouts, by tag and version.

    Args:
        layouts: them.
        reserved: tags that have a name but no layout.
    """

    def __init__(self, layouts: Iterable[Layout], reserved: Mapping[int, str]) -> None:
        self.reserved = reserved
        self.by_key = {(layout.tag, layout.version): layout for layout in layouts}
        self.by_name: dict[str, list[Layout]] = {}
        self._by_head: dict[tuple[Any, Any], Layout] = {}
        for (tag, version), layout in self.by_key.items():
            self.by_name.setdefault(layout.name, []).append(layout)
            self._by_head[int_bytes(tag), int_bytes(version)] = layout
            for field in layout.fields.values():
                field.bind(self)

    def find(self, items: list[Item], reading: Reading) -> Layout:
        """The layout that the first two items of an object name."""
        if len(items) < HEAD:
            raise Malformed("an object starts with a tag and a version")
        try:
            return self._by_head[items[0], items[1]]
        except (KeyError, TypeError):
            return self._explain(items, reading)

    def _explain(self, items: list[Item], reading: Reading) -> Layout:
        numbers = []
        for name, item in zip(("tag", "version"), items, strict=False):
            if not isinstance(item, bytes) or (item[:1] == b"\0" and len(item) > 1):
                raise Malformed(f"the {name} is not an integer")
            if not item:
                reading.lenient(f"the {name} is the empty string, read as 0")
            numbers.append(int.from_bytes(item[:8], "big"))
        tag, version = numbers
        if (tag, version) in self.by_key:
            return self.by_key[tag, version]
        known = next((layout.name for layout in self.by_key.values() if layout.tag == tag), "")
        if known:
            raise Malformed(f"unknown version {version} of {known} (tag {tag})")
        if tag in self.reserved:
            raise Malformed(f"tag {tag} is reserved for {self.reserved[tag]}, which the node does not read")
        raise Malformed(f"unknown tag {tag} (version {version})")

    def read(self, data: bytes, reading: Reading, names: frozenset[str] | None = None) -> dict[str, Any]:
        """The object that `data` is, in the form {"type", "tag", "version", "fields"}.

        Args:
            data: its bytes.
            reading: where notes go.
            names: the types it may have.
        """
        reading.count += 1
        if reading.depth >= MAX_DEPTH:
            raise Malformed(f"objects nested deeper than {MAX_DEPTH}")
        if reading.count > MAX_COUNT:
            raise Malformed(f"more than {MAX_COUNT} objects")
        canonical: list[str] = []
        items = decode_list(data, canonical)
        for note in canonical:
            reading.lenient(note)
        layout = self.find(items, reading)
        if names is not None and layout.name not in names:
            raise Malformed(f"{layout.name} cannot stand here: expected {_list(names)}")
        reading.depth += 1
        fields = layout.deserialize(data, items, reading)
        reading.depth -= 1
        return {"type": layout.name, "tag": layout.tag, "version": layout.version, "fields": fields}

    def layout(self, value: Mapping[str, Any]) -> Layout:
        """The layout of an object in the form {"type", "tag", "version", "fields"}."""
        try:
            layout = self.by_key[value["tag"], value["version"]]
        except (KeyError, TypeError):
            refuse("an object with a known tag and version", {key: value.get(key) for key in ("tag", "version")})
        if value.get("type", layout.name) != layout.name:
            refuse(f"{layout.name} for tag {layout.tag}", value["type"])
        return layout

    def write(self, value: Mapping[str, Any]) -> bytes:
        """The bytes of an object: the inverse of `read`."""
        return self.layout(value).serialize(value.get("fields") or {})


class Nested(Field):
    """Another object, as a byte string.

    Args:
        names: the types it may have.
        strict: whether the node reads it; if it does not, bytes that are not such an object are given in hex.
        prefix: the text encoding that people see such bytes in.
        leaves: for a state tree, what its values may be.
    """

    def __init__(self, *names: str, strict: bool = True, prefix: str = "", leaves: tuple[str, ...] = ()) -> None:
        self.names, self.strict, self.prefix = frozenset(names), strict, prefix
        self.leaves = frozenset(leaves)
        self.registry: Registry

    def bind(self, registry: Registry) -> None:
        """Take the registry to look nested objects up in."""
        self.registry = registry

    def allowed(self, reading: Reading) -> frozenset[str]:
        """The types it may have here."""
        return self.names

    def deserialize(self, item: Item, reading: Reading) -> Any:
        """Read it."""
        if not isinstance(item, bytes):
            raise Malformed("expected a byte string, found a list")
        return self._strictly(item, reading) if self.strict else self._as_view(item, reading)

    def _strictly(self, data: bytes, reading: Reading) -> dict[str, Any]:
        outer = reading.leaves
        reading.leaves = self.leaves or outer
        value = self.registry.read(data, reading, self.allowed(reading))
        reading.leaves = outer
        return value

    def _as_view(self, data: bytes, reading: Reading) -> Any:
        # For the node these bytes are opaque, so a view is given only when it writes back the same bytes.
        if len(data) < SHORTEST or data[0] < LIST or reading.count >= MAX_COUNT:
            return data.hex()
        inner = Reading()
        inner.count, inner.depth, inner.leaves = reading.count, reading.depth, reading.leaves
        try:
            value = self.registry.read(data, inner, self.allowed(reading))
        except Malformed:
            return data.hex()
        finally:
            reading.count = inner.count
        if inner.lossy:
            return data.hex()
        reading.notes += inner.notes
        return value

    def serialize(self, value: Any) -> bytes:
        """Write it."""
        return self.registry.write(value) if isinstance(value, dict) else hex_bytes(value)


class Leaf(Nested):
    """The value in a state tree: what it may be depends on the tree."""

    def allowed(self, reading: Reading) -> frozenset[str]:
        """The leaves of its tree; any leaf if the tree is not known."""
        return reading.leaves or self.names


def _list(names: Iterable[str]) -> str:
    told = sorted(names)
    return " or ".join(told) if len(told) < 4 else "a transaction" if "spend_tx" in told else "another object"  # noqa: PLR2004
