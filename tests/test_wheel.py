"""What is handed out: the exact files of wheel and sdist, and a wheel that works alone."""

import os
import subprocess
import sys
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

import recorder

pytest.importorskip("hatchling", reason="builds with hatchling, which is in the dev extra")

from hatchling.builders.sdist import SdistBuilder
from hatchling.builders.wheel import WheelBuilder

ROOT = Path(__file__).parent.parent
VERSION = f"jsonrpc_recorder-{recorder.__version__}"
INFO = {
    f"{VERSION}.dist-info/{name}" for name in ("METADATA", "RECORD", "WHEEL", "entry_points.txt", "licenses/LICENSE")
}
TOP = {".gitignore", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "Makefile", "PKG-INFO", "README.md"}
FOLDERS = ("addons", "bench", "docs", "recorder", "templates", "tests", "transcripts")


def tree(*folders):
    """The files of the checkout's folders, caches left out."""
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*")):
            inside = path.relative_to(ROOT)
            if path.is_file() and "__pycache__" not in inside.parts and path.suffix != ".pyc":
                yield inside.as_posix()


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """A built wheel."""
    return Path(next(WheelBuilder(str(ROOT)).build(directory=str(tmp_path_factory.mktemp("wheel")))))


def test_the_wheel_holds_the_package_and_its_data(wheel):
    """Modules, scripts, templates and the demo's capture; no top-level package but the one."""
    data = [*tree("addons", "templates"), "transcripts/two_withdrawals.jsonl"]
    wanted = {*tree("recorder"), *(f"recorder/_data/{name}" for name in data), *INFO}
    assert set(zipfile.ZipFile(wheel).namelist()) == wanted


def test_the_sdist_holds_what_builds_and_tests_it(tmp_path):
    """Nothing from the machine it was made on."""
    with tarfile.open(next(SdistBuilder(str(ROOT)).build(directory=str(tmp_path)))) as archive:
        names = {name.removeprefix(f"{VERSION}/") for name in archive.getnames()}
    wanted = {*tree(*FOLDERS), *TOP, "hatch_build.py", "mkdocs.yml", "pyproject.toml", ".pre-commit-hooks.yaml"}
    assert names == wanted


def test_an_installed_wheel_runs_the_demo(wheel, tmp_path):
    """In an empty folder, far from any checkout."""
    home = tmp_path / "venv"
    venv.create(home, symlinks=True)
    packages = next((home / "lib").glob("python*/site-packages"))
    pip = [sys.executable, "-m", "pip", "--python", home / "bin" / "python", "install", "-q", "--no-deps", "--no-index"]
    subprocess.run([*pip, wheel], check=True)
    others = [path for path in sys.path if path.endswith("site-packages")]
    (packages / "others.pth").write_text("\n".join(others))
    env = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "COV"))}
    command = home / "bin" / "recorder"
    where = subprocess.run([command, "addon"], cwd=tmp_path, env=env, capture_output=True, text=True, check=True)
    assert where.stdout == f"{packages}/recorder/_data/addons/record_websockets.py\n"
    done = subprocess.run([command, "demo"], cwd=tmp_path, env=env, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "demo" / "two_withdrawals.md").is_file()
