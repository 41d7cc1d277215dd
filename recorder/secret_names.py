"""Which names say that their value is a secret.

Rule: decided by the words of the name alone, and quick to import; `masking` decides what is done about it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

SECRET = "secret"  # noqa: S105 - a word of a mark
"""The kind of a secret without a name."""

_WORDS = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z0-9]+(?![a-z])")
_NAME = (
    r".*(?:api_?key|(?:access|private|secret|auth|subscription)_?key|token|secret|credentials?|passw(?:or)?d"
    r"|passphrase)(?:_.*)?|(?:.*_)?(?:auth|authorization|authentication|jwt|pwd|mnemonic)(?:_.*)?"
    r"|(?:.*_)?pass|key"
)
_ARGUMENT = r"(?s)(-{0,2})([A-Za-z][\w-]*)(=?)(.*)"


def words_of(name: str) -> list[str]:
    """The words of a name, in small letters: `accessToken`, `access_token` and `Access-Token` have the same."""
    return [word.lower() for word in _WORDS.findall(name)]


def says_secret(name: str) -> bool:
    """Whether a header, a parameter or an option has the name of a secret."""
    return re.fullmatch(_NAME, "_".join(words_of(name))) is not None


def signs(name: str) -> bool:
    """Whether a parameter of a URL is called a signature: with it anybody may ask there."""
    return words_of(name)[-1:] in (["sig"], ["signature"])


def kind_of(name: str) -> str:
    """The kind of a secret, by its name."""
    return " ".join(word for word in words_of(name) if word != "x") or SECRET


def secrets_of_command(command: Iterable[str]) -> Iterator[tuple[int, str, str]]:
    """The secrets in a command line: after `--token`, `--token=` or `TOKEN=`.

    Yields:
        The index of the word with the secret, the secret (that word, or its end), and its kind.
    """
    announced = ""
    for at, word in enumerate(command):
        found = re.fullmatch(_ARGUMENT, word)
        if announced and not word.startswith("-"):
            yield at, word, kind_of(announced)
            announced = ""
        elif found is not None and says_secret(found[2]) and (found[3] or found[1]):
            if found[3]:
                yield at, found[4], kind_of(found[2])
            announced = "" if found[3] else found[2]
        else:
            announced = ""
