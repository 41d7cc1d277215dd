"""Puts the servers and clients of the tests into the user's cache folder, once for each lock file.

Rule: nothing is installed into the checkout or the recorder's own environment: their pins must not quarrel with ours.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import venv
from collections.abc import Callable
from pathlib import Path

import pytest

HERE = Path(__file__).parent
INSTALLING = 500.0  # seconds
UNREACHABLE = (
    *("ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ETIMEDOUT", "ENETUNREACH", "ECONNRESET"),  # npm
    *("Failed to establish a new connection", "Temporary failure in name resolution", "Network is unreachable"),  # pip
)


def program(name: str) -> str:
    """The path of a program that the system has, or a reason to do without."""
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


def npm_folder(locked: Path = HERE) -> Path:
    """The folder that holds `node_modules`, as the `package-lock.json` of a folder says."""
    npm = program("npm")
    program("node")

    def install(folder: Path) -> None:
        for name in ("package.json", "package-lock.json"):
            shutil.copy(locked / name, folder)
        _run([npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"], folder)

    return _once(f"{locked.name}-npm", locked / "package-lock.json", install)


def python_folder(locked: Path = HERE) -> Path:
    """The folder of a virtual environment, with what the `requirements.txt` of a folder says."""

    def install(folder: Path) -> None:
        venv.create(folder, with_pip=True)
        _run(
            [f"{folder}/bin/python", "-m", "pip", "install", "--quiet", "-r", str(locked / "requirements.txt")], folder
        )

    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    return _once(f"{locked.name}-python{version}", locked / "requirements.txt", install)


def _once(name: str, lock: Path, install: Callable[[Path], None]) -> Path:
    """A folder that is there whole or not at all, whoever else installs it meanwhile."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "jsonrpc-recorder"
    folder = cache / f"{name}-{hashlib.sha256(lock.read_bytes()).hexdigest()[:16]}"
    if not folder.exists():
        cache.mkdir(parents=True, exist_ok=True)
        making = Path(tempfile.mkdtemp(dir=cache))
        install(making)
        try:
            making.rename(folder)
        except OSError:  # another worker was faster
            shutil.rmtree(making)
    return folder


def _run(command: list[str], folder: Path) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=INSTALLING, check=False)
    if done.returncode and any(word in done.stderr for word in UNREACHABLE) and not os.environ.get("CI"):
        pytest.skip("the package registry cannot be reached")
    assert not done.returncode, done.stderr
