"""The installed command, as a user starts it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Final

COMMAND: Final = str(Path(sys.executable).with_name("wyckoff"))
TIMEOUT_S: Final = 60


def wyckoff(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run to the end; nothing is a terminal."""
    command = [COMMAND, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
