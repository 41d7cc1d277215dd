"""Fuzz everything that reads bytes of the chain: nothing but `DecodeError` may leave, and what is read comes back.

Run it (atheris needs its own environment, CPython 3.11 to 3.13 on Linux):

    pip install atheris -e .
    python tests/fuzz/fuzz_chain.py -max_total_time=600 -max_len=4096 corpus/

The first byte of an input chooses the prefix, the rest is the payload; an input of text is also searched for encoded
strings. A finding is written to `crash-…`; `python tests/fuzz/fuzz_chain.py crash-…` repeats it.
"""

from __future__ import annotations

import sys

try:
    import atheris
except ImportError:  # the tests import this module without it
    atheris = None

if atheris is not None:
    with atheris.instrument_imports(include=["recorder"]):
        from recorder.errors import DecodeError
        from recorder.jsonrpc import json_text
        from recorder.profiles.aeternity import chain
else:
    from recorder.errors import DecodeError
    from recorder.jsonrpc import json_text
    from recorder.profiles.aeternity import chain

PREFIXES = sorted(chain.PREFIXES)


def one_input(data: bytes) -> None:
    """Read one input in every way there is."""
    prefix, payload = PREFIXES[data[0] % len(PREFIXES) if data else 0], data[1:]
    read_payload(prefix, payload)
    text = data.decode("utf-8", "replace")
    for found in chain.occurrences(text):
        assert found.text in text or "%" in text[found.start : found.end]
    for candidate in (text, f"{prefix}_{text}"):
        try:
            chain.decode_text(candidate)
        except DecodeError:
            continue


def read_payload(prefix: str, payload: bytes) -> None:
    """What is read without a warning is written back to the same bytes."""
    try:
        decoded = chain.decode(chain.Encoded(prefix, payload))
    except DecodeError:
        return
    if not decoded.warnings:
        assert chain.decode_text(chain.encode(decoded)) == (prefix, payload)
    json_text(decoded.as_json())
    if decoded.value.get("type") in ("state_trees", "trees_poi"):
        state_hash(decoded.value)
    chain.Verifier({}).verify(decoded)


def state_hash(value: dict) -> None:
    """Hash trees, which may be too deep."""
    try:
        chain.state_hash(value)
    except DecodeError:
        return


def main() -> None:
    """Fuzz until told otherwise."""
    if atheris is None:
        sys.exit("atheris is not installed: pip install atheris")
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
