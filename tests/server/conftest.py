"""What the tests of the shells share: scripts made of a few lines, and nodes that play them."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent))
