"""`recorder record`: what it refuses before it listens; its work is tested in tests/e2e."""

import pytest

NODE = "ws://127.0.0.1:3014"


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (
            ["ftp://node"],
            "'ftp://node' is not a node's URL; write it as ws://127.0.0.1:3014 (ws, wss, http or https)",
        ),
        (
            [NODE + "/channel?role=x"],
            f"'{NODE}/channel?role=x': leave out the query; each party sends its own",
        ),
        (
            [NODE, "--listen", "here"],
            "'here' is not an address to listen on; write HOST:PORT, as in 127.0.0.1:4014",
        ),
        (
            [NODE, "--listen", "1", "--listen", "2"],
            "2 --listen for 1 node URLs; give one for each, in the same order",
        ),
        (
            ["ws://localhost:4014"],
            "ws://localhost:4014 is the address that the recorder listens on; give the node's URL, or another --listen",
        ),
        (
            [NODE, "-o", "run.jsonl.zst"],
            "run.jsonl.zst: captures are written uncompressed; name it .jsonl, and compress it afterwards",
        ),
        (
            [NODE, "--profile", "bitcoin"],
            "unknown profile 'bitcoin'; use one of auto, aeternity, ethereum, mcp, lsp, devtools, bidi, generic",
        ),
        ([NODE, "--meta", "node"], "--meta 'node': write it as key=value"),
        ([NODE, "--mask", "x", "--mask-none"], "--mask and --mask-none cannot be used together; leave one out"),
        ([NODE, "--meta", "=7"], "--meta '=7': write it as key=value"),
        ([NODE, "--slow", "long"], "--slow 'long': write a duration, as in 500ms or 2s"),
        (
            [NODE, "-q", "--not", "eth_*"],
            "--not has no effect here: --quiet shows no traffic; leave it out",
        ),
        ([NODE, "--ca", "/no/such.pem"], "/no/such.pem: no such file"),
        ([NODE, "--cert", "/no/such.pem"], "/no/such.pem: no such file"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_mistake_is_one_line(run, arguments, line):
    """What the user must mend is said in one line on standard error, with exit code 2."""
    result = run("record", *arguments)
    assert (result.code, result.out, result.err) == (2, "", f"recorder: {line}\n")


@pytest.mark.parametrize("arguments", [[], [NODE, "--nonsense"], [NODE, "--sync", "now"]])
def test_a_wrong_usage_is_no_traceback(run, arguments):
    """What the parser of arguments refuses ends the same way."""
    result = run("record", *arguments)
    assert (result.code, result.out) == (2, "")
    assert "Traceback" not in result.err
