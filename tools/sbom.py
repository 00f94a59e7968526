"""The list of what is in the image, as CycloneDX: ``make sbom`` writes ``out/sbom.cdx.json``."""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
OUT: Final = ROOT / "out" / "sbom.cdx.json"
_VERSION: Final = "1.6"


def write_sbom(path: Path, *, validate: bool = True) -> None:
    """Write the list of the locked packages, unless it breaks its schema; checking takes some seconds."""
    path.parent.mkdir(parents=True, exist_ok=True)
    command = [
        *(sys.executable, "-W", "ignore::UserWarning", "-m", "cyclonedx_py", "requirements"),
        *("--pyproject", str(ROOT / "pyproject.toml"), "--spec-version", _VERSION, "--output-format", "JSON"),
        *("--output-reproducible", "--validate" if validate else "--no-validate", "--output-file", str(path)),
        str(ROOT / "requirements" / "runtime.txt"),
    ]
    subprocess.run(command, check=True)


def main() -> int:
    """Write it where it was asked for."""
    parser = argparse.ArgumentParser(prog="tools.sbom", description="Writes the list of what is in the image.")
    parser.add_argument("--out", type=Path, default=OUT, help="where to")
    options = parser.parse_args()
    write_sbom(options.out)
    print(f"wrote {options.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
