"""What makes the site is a folder of scripts, no package: its modules are found as they find each other."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "docs" / "making"))
sys.path += [str(Path(__file__).parent), str(Path(__file__).parents[1] / "e2e" / "servers")]
