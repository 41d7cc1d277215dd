"""Reads JSON as documents write it: every value with its place, what is left out, and what is no JSON.

Rule: pure and total. What is written wrong is a `Problem` with its place and what is likely meant, and is read as it was
meant, so that the rest is known too; each character is looked at a bounded number of times. Documents leave out: `...` or
`…` for members, items, a value or the rest of a text, `<name>` for a value. What a program computes is left out, too.
"""

from __future__ import annotations

import re
from decimal import Decimal
from difflib import get_close_matches
from typing import NamedTuple

from recorder.documents.written import ELISION, FILLER, Edit, Member, Node, Problem, indent_of, leaves_out, pieces_of
from recorder.jsonrpc import value_of
from recorder.profiles.sentences import shortened

MAX_DEPTH = 200
"""Deeper values are read no further; captures keep JSON of 256 levels."""

MOST_PROBLEMS = 200
"""With more of them a value is read no further."""

LONG = 24
"""Characters that are quoted of what is no JSON."""

_SPACE = re.compile(r"[ \t\r\n\ufeff\u00a0\0]+")
_COMMENT = re.compile(r"//[^\n]*|/\*[\s\S]*?(?:\*/|\Z)")
_STRING = re.compile(r'[^"\\\n]+')
_PLACEHOLDER = re.compile(r"<[^<>\n{}\[\]\",:]{1,80}>")
_SNIPPED = rf"{ELISION.pattern}|\.(?:\s*\n\s*\.)+|-{{2,}} *snip *-{{2,}}"
_LEFT_OUT = {
    "list": re.compile(_SNIPPED),
    "object": re.compile(
        rf"{_SNIPPED}|\[ *(?:\.{{3,}}|…|snip|truncated|omitted|snipped) *\]|[{{(] *(?:\.{{3,}}|…) *[)}}]"
    ),
}
"""What stands for members or items that are left out."""

_BARE = re.compile(r"(?:(?!/[/*])[^\s\0{}\[\],:\"'“”])+")
_NAME = re.compile(r"[A-Za-z_$][\w$.-]*")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_LIKE_NUMBER = re.compile(r"[+-]?(?:0[xX][0-9a-fA-F]+|[0-9][0-9_]*\.?[0-9]*|\.[0-9]+)")
_NEXT_LINE = re.compile(r"[ \t]*(?:\"[^\"\n]*\"[ \t]*:|[}\]])")
_AFTER_TEXT = re.compile(r"[\s\0]*(?:[,:}\]]|\Z|//|/\*)")
_SEPARATOR = re.compile(r"(?:->|[=:>])+(?:\s*[=>]+)*")
_CLOSED_QUOTE = {"'": "'", "“": "”", "”": "”", "\u2018": "\u2019"}
_WORDS = {"true": True, "false": False, "null": None}
_MEANT = {"True": "true", "False": "false", "None": "null", "undefined": "null", "nil": "null", "NaN": "null"}
ALIKE = 0.75
"""How alike a word is to one of JSON that is misspelt: two letters of `ture` are exchanged."""

BUILT = frozenset({"object", "list"})
"""Kinds of values that are made of others."""

_GOES_ON = re.compile(r"(?!\.{3})[+*/%.?&|<>=(\[!^-]")
"""What makes of a literal the beginning of an expression."""

_STEP = re.compile(
    r"(?P<opens>[(\[{])|(?P<closes>[)\]}])|(?P<comma>,)|(?P<blank>\s+|//[^\n]*|/\*[\s\S]*?(?:\*/|\Z))"
    r"|'(?:[^'\\\n]|\\.)*'|\"(?:[^\"\\\n]|\\.)*\"|`(?:[^`\\]|\\[\s\S])*(?:`|\Z)|[\w$.]+|[\s\S]"
)
"""A step through an expression: what may hold brackets and commas of its own is taken whole."""

_SPREAD = re.compile(r"(?<=\.{3})[\w$(\[{]")
"""What is spread over an object or a list."""

_ESCAPE = re.compile(r'\\\0*(?P<sign>["\\/bfnrt])')
_UNITS = re.compile(r"(?:\\\0*u[0-9a-fA-F]{4}\0*)+")


class Read(NamedTuple):
    """What was read: the value, and everything in it that is no JSON, in its order."""

    node: Node
    problems: list[Problem]


def read(text: str, start: int = 0, *, comments: bool = False, json5: bool = False, code: bool = False) -> Read:
    """The value that begins at a place of a text; `node.end` is behind it.

    Args:
        text: the text; what stands behind the value is left alone.
        start: where the value begins.
        comments: whether comments may stand in it; one that leaves out (`// ...`) may stand anywhere.
        json5: whether it may be JSON5 or JavaScript: names without quotes, texts in `'`, a comma behind the last value.
        code: whether it is a literal in a program: a value that the program computes may be any.
    """
    reader = _Reader(text, start, comments=comments, json5=json5, code=code)
    node = reader.value(0)
    return Read(node, sorted(reader.problems, key=lambda problem: problem.offset))


class _Reader:
    def __init__(self, text: str, start: int, *, comments: bool, json5: bool, code: bool) -> None:
        self.problems: list[Problem] = []
        self._text, self._at, self._comments, self._json5 = text, start, comments or json5 or code, json5 or code
        self._code = code
        self._elided = False  # a comment that leaves out has passed

    def _problem(self, offset: int, what: str, meant: str = "", *edits: Edit) -> None:
        self.problems.append(Problem(offset, what, meant, edits))

    def _skip(self) -> str:
        """Go on to what is neither space nor comment: its first character, empty at the end."""
        text = self._text
        if len(self.problems) > MOST_PROBLEMS:  # it is something else than JSON
            self._at = len(text)
        while True:
            space = _SPACE.match(text, self._at)
            self._at = space.end() if space else self._at
            comment = _COMMENT.match(text, self._at)
            if comment is None:
                return text[self._at : self._at + 1]
            if leaves_out(comment[0]):
                self._elided = True
            elif not self._comments:
                self._problem(self._at, "a comment is no JSON", "leave it out, or call the block jsonc")
            self._at = comment.end()

    def _inside(self, node: Node) -> str:
        """As `_skip`, where a comment that leaves out does so in this object or list."""
        sign = self._skip()
        node.elided, self._elided = node.elided or self._elided, False
        return sign

    def value(self, depth: int) -> Node:
        first, start = self._skip(), self._at
        if first in "{[" and first:
            if depth >= MAX_DEPTH:
                self._problem(start, f"nested more than {MAX_DEPTH} levels deep", "nothing that is recorded is")
                self._at = len(self._text)
                return Node("any", start, self._at)
            self._at += 1
            return self._filled(Node("object" if first == "{" else "list", start, start), depth)
        if first == '"':
            return self._string()
        if first in _CLOSED_QUOTE and first:
            return self._quoted(first)
        return self._scalar(start)

    def _scalar(self, start: int) -> Node:
        text = self._text
        for pattern in (ELISION, _PLACEHOLDER):
            if found := pattern.match(text, start):
                self._at = found.end()
                return Node("any", start, self._at)
        found = _BARE.match(text, start)
        if found is None:
            self._problem(start, "a value is missing", "write one, or `...` where it is left out")
            return Node("any", start, start)
        word = found[0]
        if (cut := ELISION.search(word)) and cut.start():
            word = word[: cut.end()]
        self._at = start + len(word)
        if word in _WORDS:
            return Node("word", start, self._at, _WORDS[word])
        if _NUMBER.fullmatch(word):
            value = value_of(word)
            return Node("number", start, self._at, Decimal(word) if value is None else value)
        return self._mistaken(word, start)

    def _mistaken(self, word: str, start: int) -> Node:
        """What was likely meant by a word that is no value."""
        if _LIKE_NUMBER.fullmatch(word):
            self._problem(start, f"{_short(word)} is no JSON number", "write it in decimal digits, or as a text")
            return Node("number", start, self._at, 0, elided=True)
        if ELISION.search(word):
            self._problem(
                start,
                f"{_short(word)} is no JSON",
                f'"{_short(word)}" is meant: texts stand in quotes',
                self._in_quotes(start),
            )
            return Node("text", start, self._at, word, elided=True, pieces=pieces_of(word))
        if meant := _MEANT.get(word) or next(iter(get_close_matches(word.lower(), _WORDS, 1, ALIKE)), ""):
            self._problem(start, f"{_short(word)} is no JSON", f"{meant} is meant", Edit(start, self._at, meant))
            return Node("word", start, self._at, _WORDS[meant])
        self._problem(start, f"{_short(word)} is no JSON", f'is "{_short(word)}" meant?')
        return Node("any", start, self._at)

    def _in_quotes(self, start: int) -> Edit:
        """What was read since, in quotes."""
        return Edit(start, self._at, f'"{self._text[start : self._at]}"')

    def _string(self) -> Node:
        """A text; one that is cut or wrapped is read as it was meant."""
        text, start = self._text, self._at
        at, parts = start + 1, [""]
        wrapped: list[Edit] = []
        while True:
            plain = _STRING.match(text, at)
            if plain:
                parts.append(plain[0].replace(FILLER, ""))
                at = plain.end()
            sign = text[at : at + 1]
            if sign == '"':
                at += 1
                break
            if sign == "\\":
                at = self._escape(at, parts)
            elif not sign or _NEXT_LINE.match(text, at + 1) or (not wrapped and not self._goes_on(at + 1)):
                parts[-1] = parts[-1].rstrip(" \t\r,")
                at = start + len(text[start:at].rstrip(" \t\r,"))
                self._problem(
                    at, "the text is not closed", 'a `"` is missing at the end of the line', Edit(at, at, '"')
                )
                break
            else:  # a line break
                space = _SPACE.match(text, at)
                end = space.end() if space else at + 1
                wrapped.append(Edit(at, end, ""))
                at = end
        self._at = at
        if wrapped:
            meant = "the text was wrapped or cut: write it in one line"
            self._problem(wrapped[0].start, "a line break in a text", meant, *wrapped)
        value = "".join(parts)
        pieces = pieces_of(value)
        if len(pieces) == 2 and not any(pieces):  # noqa: PLR2004 - nothing is written of it: any value
            return Node("any", start, at)
        return Node("text", start, at, value, elided=bool(pieces), pieces=pieces)

    def _goes_on(self, at: int) -> bool:
        """Whether a text that a line break is in has an end: a quote that something may follow, not far from here."""
        closing = self._text.find('"', at, at + (1 << 16))
        return closing >= 0 and _AFTER_TEXT.match(self._text, closing + 1) is not None

    def _escape(self, at: int, parts: list[str]) -> int:
        if units := _UNITS.match(self._text, at):
            parts.append(str(value_of(f'"{units[0].replace(FILLER, "")}"', "\ufffd")))  # a lone surrogate is no text
            return units.end()
        if found := _ESCAPE.match(self._text, at):
            parts.append(str(value_of(f'"\\{found["sign"]}"')))
            return found.end()
        sign = self._text[at + 1 : at + 2]
        self._problem(at, f"\\{sign} is no escape of JSON", r"`\\` is a backslash", Edit(at, at, "\\"))
        parts.append("\\")
        return at + 1

    def _quoted(self, quote: str) -> Node:
        start = self._at
        end = self._text.find(_CLOSED_QUOTE[quote], start + 1)
        line = self._text.find("\n", start)
        if end < 0 or 0 <= line < end:
            end = line if line >= 0 else len(self._text)
            self._at = end
        else:
            self._at = end + 1
        value = self._text[start + 1 : end]
        if not (self._json5 and quote == "'"):
            edits = () if '"' in value else (Edit(start, self._at, f'"{value}"'),)
            self._problem(start, f"{quote} opens no text in JSON", 'texts stand in `"`', *edits)
        pieces = pieces_of(value)
        return Node("text", start, self._at, value, elided=bool(pieces), pieces=pieces)

    def _filled(self, node: Node, depth: int) -> Node:
        """What stands in an object or a list, up to its end."""
        closing, other = ("]", "}") if node.kind == "list" else ("}", "]")
        comma = -1
        while (sign := self._inside(node)) and sign != closing:
            if sign == other:
                edit = Edit(self._at, self._at, closing)
                self._problem(self._at, f"`{other}` closes no {node.kind}", f"a `{closing}` is missing before it", edit)
                node.end = self._at
                return node
            if sign == ",":
                self._problem(
                    self._at, "a comma with nothing before it", "leave it out", Edit(self._at, self._at + 1, "")
                )
                self._at += 1
                continue
            if (found := _LEFT_OUT[node.kind].match(self._text, self._at)) is not None:
                self._at, node.elided, comma = found.end(), True, -1
                if self._code and _SPREAD.match(self._text, self._at):
                    self._at = self._past_expression(self._at)
                self._past_comma()
                continue
            before = self._at
            comma = self._between(self._one(node, depth))
            if self._at == before:
                self._junk()
        return self._closed(node, closing, comma)

    def _one(self, node: Node, depth: int) -> int:
        """Add an item or a member; where it ends."""
        if node.kind == "list":
            known = len(self.problems)
            node.items.append(self._as_code(self.value(depth + 1), known))
            return node.items[-1].end
        if (member := self._member(depth)) is None:
            node.elided = True
            return self._at
        node.members.append(member)
        return member.node.end

    def _member(self, depth: int) -> Member | None:
        """A member; None where it stands for members that are left out."""
        start = self._at
        name = self._name()
        end = self._at
        first = self._skip()
        if first == ":":
            self._at += 1
            odd = _SEPARATOR.match(self._text, self._at)
            if odd:
                self._problem(
                    odd.start() - 1,
                    f"`:{odd[0]}` stands in no JSON",
                    "`:` is meant",
                    Edit(odd.start(), odd.end(), ""),
                )
                self._at = odd.end()
        elif odd := _SEPARATOR.match(self._text, self._at):
            edit = Edit(end, odd.end(), ":")
            self._problem(self._at, f"`{odd[0]}` stands in no JSON", "`:` is meant", edit)
            self._at = odd.end()
        elif first in {"", ",", "}", "]"}:
            if name is None:
                return None
            if self._code:
                return Member(name, start, end, Node("any", end, end))
            self._problem(end, f"{_short(name)!r} has no value", "write one, or `...` where it is left out")
            return Member(name, start, end, Node("any", end, end))
        else:
            self._problem(end, f"no `:` behind {_short(name or '...')!r}", "a `:` is missing", Edit(end, end, ":"))
        colon, known = self._at, len(self.problems)
        node = self._as_code(self.value(depth + 1), known)
        if node.kind == "text" and self._skip() == ":" and depth + 1 < MAX_DEPTH:
            self._problem(
                node.start,
                f"{_short(node.value)!r} is a name, not a value",
                "a `{` is missing before it",
                Edit(colon, colon, " {"),
            )
            self._at = node.start
            node = Node("object", node.start, node.start)
            self._filled(node, depth + 1)
        return None if name is None else Member(name, start, end, node)

    def _as_code(self, node: Node, known: int) -> Node:
        """A value of a program: what goes on behind it, or is no literal, is computed; as many problems were known before."""
        if not self._code:
            return node
        self._skip()
        computed = node.end > node.start and _GOES_ON.match(self._text, self._at) is not None
        if computed or (node.kind not in BUILT and len(self.problems) > known):
            del self.problems[known:]
            self._at = self._past_expression(node.start)
            return Node("any", node.start, self._at)
        return node

    def _past_expression(self, start: int) -> int:
        """Where an expression ends: before a comma, or before a bracket that it has not opened."""
        depth, end = 0, start
        for step in _STEP.finditer(self._text, start):
            depth += bool(step["opens"]) - bool(step["closes"])
            if depth < 0 or (step["comma"] and not depth):
                break
            end = end if step["blank"] else step.end()
        return end

    def _name(self) -> str | None:
        """The name of a member; None where it stands for what is left out."""
        sign, start = self._text[self._at : self._at + 1], self._at
        if sign == '"':
            node = self._string()
            return None if node.kind == "any" else str(node.value)
        if sign in _CLOSED_QUOTE:
            return str(self._quoted(sign).value)
        if found := _PLACEHOLDER.match(self._text, start):
            self._at = found.end()
            return None
        if self._code and sign == "[":
            self._at = self._past_expression(start + 1)
            if self._skip() == "]":
                self._at += 1
            return None
        found = _NAME.match(self._text, start) or _BARE.match(self._text, start)
        word = found[0] if found else self._text[start : start + 1]
        self._at = start + len(word)
        what = f"{_short(word)} is no name of a member"
        if self._json5 and found is not None and _NAME.fullmatch(word):
            return word
        if _NAME.fullmatch(word):
            self._problem(start, what, f'"{_short(word)}" is meant', self._in_quotes(start))
        else:
            self._problem(start, what)
        return word

    def _between(self, end: int) -> int:
        """Go past the comma behind a value: its place, -1 where there is none."""
        sign = self._skip()
        if sign == ",":
            self._at += 1
            return self._at - 1
        if sign and sign not in "}]" and _LEFT_OUT["object"].match(self._text, self._at) is None:
            self._problem(self._at, "no comma before what follows", "a `,` is missing", Edit(end, end, ","))
        return -1

    def _past_comma(self) -> None:
        if self._skip() == ",":
            self._at += 1

    def _closed(self, node: Node, closing: str, comma: int) -> Node:
        if self._text[self._at : self._at + 1] == closing:
            if comma >= 0 and not node.elided and not self._json5:
                self._problem(comma, f"a comma before `{closing}`", "leave it out", Edit(comma, comma + 1, ""))
            self._at += 1
        else:
            self._problem(
                self._at, f"the text ends before `{closing}`", f"a `{closing}` is missing", self._end(node, closing)
            )
        node.end = self._at
        return node

    def _end(self, node: Node, closing: str) -> Edit:
        """What closes a value at the end of the text: in a line of its own, where it has begun one."""
        at = len(self._text.rstrip())
        indent = indent_of(self._text, node.start)
        return Edit(at, at, f"\n{indent}{closing}" if "\n" in self._text[node.start : at] else closing)

    def _junk(self) -> None:
        """Go past what is nothing at all."""
        self._problem(self._at, f"{self._text[self._at]} stands in no JSON")
        self._at += 1


def _short(text: str) -> str:
    return shortened(text, LONG)
