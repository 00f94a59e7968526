"""The committed contracts are what the protos give."""

from __future__ import annotations

import filecmp
import subprocess
import sys
from pathlib import Path

from tools.generate_contracts import OUTPUT, ROOT

BUF = Path(sys.executable).parent / "buf"


def test_regenerating_changes_nothing(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "tools.generate_contracts", str(tmp_path)], cwd=ROOT, check=True)
    fresh = {path.relative_to(tmp_path) for path in tmp_path.rglob("*.py*") if "__pycache__" not in path.parts}
    committed = {path.relative_to(OUTPUT) for path in OUTPUT.rglob("*.py*") if "__pycache__" not in path.parts}
    assert fresh == committed
    assert fresh
    _, different, unreadable = filecmp.cmpfiles(tmp_path, OUTPUT, [str(path) for path in fresh], shallow=False)
    assert (different, unreadable) == ([], [])


def test_contracts_pass_buf_lint_and_are_formatted() -> None:
    for command in (["lint", "protos"], ["format", "--diff", "--exit-code", "protos"]):
        done = subprocess.run([BUF, *command], cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
