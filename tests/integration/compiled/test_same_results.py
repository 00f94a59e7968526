"""Compiled stages say what the plain ones say, to the last bit."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from services import compiled

ROOT = Path(__file__).resolve().parents[3]


def _results(**environment: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.support.stage_results"]
    kept = {name: value for name, value in os.environ.items() if name != "WYCKOFF_COMPILED"}
    run = subprocess.run(command, cwd=ROOT, env={**kept, **environment}, capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(run.stdout)
    return found


def test_compiled_and_plain_stages_say_the_same() -> None:
    state, _ = compiled.state_of()
    if state is not compiled.State.COMPILED:
        pytest.skip(f"{state}; 'make compile' builds what is compared here")
    fast, plain = _results(), _results(WYCKOFF_COMPILED="0")
    assert (fast["state"], plain["state"]) == (compiled.State.COMPILED, compiled.State.OFF)
    assert fast["results"] == plain["results"]
    assert any(not found.startswith("0 ranges") for found in plain["results"].values())
