"""The pytest plugin beside httpx, whose httpcore wants another h11 than mitmproxy may: in an environment of its own."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

import pytest

from recorder import capture
from recorder.model import Header, Opened

ROOT = Path(__file__).parents[2]
INSTALLING = 300.0  # seconds
PACKAGES = ("httpx>=0.28", "pytest>=8.2")
UNREACHABLE = ("Failed to establish a new connection", "Temporary failure in name resolution", "Network is unreachable")
TEST = """
import asyncio
import json
from importlib.metadata import version

import httpx
import pytest

ASK = {"jsonrpc": "2.0", "id": 7, "method": "sum", "params": [1, 2]}
ANSWER = {"jsonrpc": "2.0", "id": 7, "result": 3}

pytestmark = pytest.mark.capture("sum.jsonl")


def test_a_client_that_blocks(mock_node):
    with httpx.Client(trust_env=False) as client:
        assert client.post(mock_node.url + "/rpc", json=ASK).json() == ANSWER


def test_a_client_that_awaits(mock_node):
    async def ask():
        async with httpx.AsyncClient(trust_env=False) as client:
            return (await client.post(mock_node.url + "/rpc", json=ASK)).json()

    assert asyncio.run(ask()) == ANSWER


def test_versions():
    print("\\nversions", json.dumps({name: version(name) for name in ("mitmproxy", "h11", "httpcore", "httpx")}))
"""


def environment() -> Path:
    """The Python of an environment with this checkout and httpx, made once for what both of them ask for."""
    asked = f"{sys.version_info[:2]} {PACKAGES} {ROOT}".encode() + (ROOT / "pyproject.toml").read_bytes()
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "jsonrpc-recorder"
    folder = cache / f"httpx-{hashlib.sha256(asked).hexdigest()[:16]}"
    if not folder.exists():
        cache.mkdir(parents=True, exist_ok=True)
        making = Path(tempfile.mkdtemp(dir=cache))
        try:
            install(making)
            making.rename(folder)
        except OSError:  # another worker was faster
            assert folder.exists()
        finally:
            shutil.rmtree(making, ignore_errors=True)
    return folder / "bin" / "python"


def install(folder: Path) -> None:
    """Let pip find versions of everything that fit each other."""
    venv.create(folder)
    pip = [sys.executable, "-m", "pip", "--python", folder / "bin" / "python", "install", "--quiet"]
    command = [*pip, "--no-compile", "--editable", ROOT, *PACKAGES]  # what is imported is compiled then
    done = subprocess.run(command, capture_output=True, text=True, timeout=INSTALLING, check=False)
    if done.returncode and any(word in done.stderr for word in UNREACHABLE) and not os.environ.get("CI"):
        pytest.skip("the package registry cannot be reached")
    assert not done.returncode, done.stderr


@pytest.mark.servers
@pytest.mark.untraced
@pytest.mark.timeout(INSTALLING + 60)
def test_the_plugin_works_beside_httpx(tmp_path):
    """Clients made with httpx get what was recorded over HTTP, with the newest h11 that this mitmproxy lets in."""
    events = [
        Header(format=1, run="x", recorder="0"),
        Opened(session=1, party="client", url="http://node/rpc"),
        capture.frame(
            b'{"jsonrpc":"2.0","id":1,"method":"sum","params":[1,2]}', session=1, direction="to_node", exchange=1
        ),
        capture.frame(b'{"jsonrpc":"2.0","id":1,"result":3}', session=1, direction="from_node", exchange=1),
    ]
    (tmp_path / "sum.jsonl").write_bytes(b"".join(map(capture.dump, events)))
    (tmp_path / "test_sum.py").write_text(TEST)
    done = subprocess.run(
        [environment(), "-m", "pytest", "-q", "-s", "-W", "error", "-p", "no:cacheprovider", "test_sum.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "COV"))},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "3 passed" in done.stdout
    (said,) = (line for line in done.stdout.splitlines() if line.startswith("versions "))
    versions = {name: numbers(text) for name, text in json.loads(said.removeprefix("versions ")).items()}
    assert versions["httpx"] >= (0, 28)
    if versions["mitmproxy"] >= (12,):
        assert versions["h11"] >= (0, 16), "httpcore >= 1.0.9 wants it"
        assert versions["httpcore"] >= (1, 0, 9)
    else:
        assert versions["h11"] < (0, 15), "mitmproxy 11 wants it"


def numbers(version: str) -> tuple[int, ...]:
    """A version as it is compared."""
    return tuple(int(part) for part in version.split(".") if part.isdecimal())
