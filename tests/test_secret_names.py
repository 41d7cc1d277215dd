"""What is a secret by its name."""

import pytest

from recorder.secret_names import kind_of, says_secret, secrets_of_command, signs, words_of


@pytest.mark.parametrize("name", ["accessToken", "access_token", "Access-Token"])
def test_a_name_is_its_words(name):
    """However they are put together."""
    assert words_of(name) == ["access", "token"]


@pytest.mark.parametrize(
    ("name", "is_one"),
    [
        ("X-Api-Key", True),
        ("password", True),
        ("key", True),
        ("pass", True),
        ("tokens_used", False),
        ("monkey", False),
        ("passes", False),
        ("id", False),
    ],
)
def test_a_name_says_whether_it_is_a_secret(name, is_one):
    """By whole words."""
    assert says_secret(name) is is_one


def test_a_secret_is_called_by_its_name():
    """Without what all such headers begin with; one without a name is just that."""
    assert [kind_of(name) for name in ("X-Api-Key", "password", "-")] == ["api key", "password", "secret"]


@pytest.mark.parametrize(
    ("command", "found"),
    [
        ("serve --token abc file", [(2, "abc", "token")]),
        ("serve --api-key=abc", [(1, "abc", "api key")]),
        ("env GITHUB_TOKEN=abc serve", [(1, "abc", "github token")]),
        ("serve --token --verbose file", []),
        ("serve token abc", []),
        ("serve --tokenizer bert --port=80", []),
    ],
)
def test_a_command_line_has_secrets_behind_their_names(command, found):
    """As the value of an option or of a variable; a word alone announces nothing."""
    assert [*secrets_of_command(command.split())] == found


@pytest.mark.parametrize(
    ("name", "signature"),
    [("sig", True), ("X-Goog-Signature", True), ("signature_input", False), ("sign", False), ("", False)],
)
def test_what_signs_a_url(name, signature):
    """Only there: elsewhere a signature is no secret."""
    assert signs(name) is signature
    assert not says_secret(name)
