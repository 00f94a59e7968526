"""Known vulnerabilities of the locked packages: ``make audit``.

The exit code is 1 when one is known, and 0 otherwise. Packages that could not be looked up, because no vulnerability
service can be reached or it does not know them, are named: about them nothing is said.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT: Final = Path(__file__).resolve().parents[1]
RUNTIME: Final = ROOT / "requirements" / "runtime.txt"
_NAMES_SHOWN: Final = 5


@dataclass(frozen=True, slots=True)
class Audit:
    """What was found: vulnerabilities as lines of text, how many packages were looked up, and which could not be."""

    vulnerabilities: tuple[str, ...]
    checked: int
    unchecked: tuple[str, ...]
    failure: str = ""

    @property
    def exit_code(self) -> int:
        return 1 if self.vulnerabilities else 0

    def lines(self) -> list[str]:
        """For people."""
        said = list(self.vulnerabilities)
        if self.failure:
            said.append(f"the packages could not be audited: {self.failure}")
        elif self.unchecked:
            names = ", ".join(self.unchecked[:_NAMES_SHOWN])
            more = f" and {len(self.unchecked) - _NAMES_SHOWN} more" if len(self.unchecked) > _NAMES_SHOWN else ""
            said.append(f"{len(self.unchecked)} packages could not be looked up: {names}{more}")
        if not self.failure:
            said.append(f"{self.checked} packages looked up, {len(self.vulnerabilities)} known vulnerabilities")
        return said


def read_report(stdout: str, stderr: str) -> Audit:
    """What pip-audit printed."""
    try:
        packages = json.loads(stdout)["dependencies"]
    except (ValueError, KeyError, TypeError):
        words = stderr.strip().splitlines() or ["pip-audit said nothing"]
        return Audit((), 0, (), failure=words[-1][:300])
    found = [_line(package, known) for package in packages for known in package.get("vulns", ())]
    unchecked = tuple(package["name"] for package in packages if "skip_reason" in package)
    return Audit(tuple(found), len(packages) - len(unchecked), unchecked)


def _line(package: dict[str, Any], known: dict[str, Any]) -> str:
    fixed = ", ".join(known.get("fix_versions", ())) or "no version yet"
    return f"{package['name']} {package['version']}: {known['id']}, fixed in {fixed}"


def audit(requirements: Path, options: Sequence[str] = ()) -> Audit:
    """Look up every package of a file with hashes; ``options`` go to pip-audit."""
    command = [
        *(sys.executable, "-m", "pip_audit", "--requirement", str(requirements), "--require-hashes", "--disable-pip"),
        *("--progress-spinner", "off", "--format", "json", *options),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return read_report(done.stdout, done.stderr)


def main() -> int:
    """Audit the packages of the image, or of another file."""
    parser = argparse.ArgumentParser(prog="tools.audit", description="Known vulnerabilities of the locked packages.")
    parser.add_argument("requirements", type=Path, nargs="?", default=RUNTIME, help="file of locked packages")
    options, passed_on = parser.parse_known_args()
    found = audit(options.requirements, passed_on)
    print("\n".join(found.lines()))
    return found.exit_code


if __name__ == "__main__":
    sys.exit(main())
