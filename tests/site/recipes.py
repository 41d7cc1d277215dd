"""The recipes of a page, written out as somebody would who reads it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

PAGE = (Path(__file__).parents[2] / "docs" / "guides" / "recipes.md").read_text()
SECTIONS = {part.partition("\n")[0]: part for part in re.split(r"^## ", PAGE, flags=re.MULTILINE)[1:]}
FILE = re.compile(r"^`([\w./-]+)`:\n\n(`{3,})\w+\n(.*?)^\2$", re.MULTILINE | re.DOTALL)
TRUE, STALE = '"method": "sum"', '"method": "product"'
FINDING = re.search(r"fails with this finding:\n\n```\n(.*?)\n```$", SECTIONS["The project"], re.MULTILINE)[1]


def files(section):
    """The files that a section shows, by their names."""
    return {name: text for name, _fence, text in FILE.findall(SECTIONS[section])}


class Project:
    """A folder with the files of the project and of a recipe, and `recorder` among its commands."""

    def __init__(self, folder, section, *, stale=False):
        self.folder, self._settings = folder, {**os.environ}
        for name, text in {**files("The project"), **files(section)}.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text.replace(TRUE, STALE) if stale and name == "docs/index.md" else text)
        command = folder / "bin" / "recorder"
        command.parent.mkdir()
        command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m recorder "$@"\n')
        command.chmod(0o755)
        self._settings["PATH"] = os.pathsep.join([str(command.parent), os.environ["PATH"]])

    def run(self, *command, timeout=100):
        """The exit code of a command, and all that it prints."""
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=self._settings,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=timeout,
            check=False,
        )
        return done.returncode, done.stdout
