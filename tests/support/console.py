"""Console sessions in Markdown, run as they stand there and compared with what they show."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tests.support.code_blocks import markdown_blocks

if TYPE_CHECKING:
    from collections.abc import Mapping

TIMEOUT_S: Final = 60
#: What a system in the background has to do may take so many looks.
_LOOKS: Final = 20
_LEFT_OUT: Final = "..."


@dataclass(frozen=True, slots=True)
class Step:
    """A command, and the lines that it shows."""

    command: str
    shown: tuple[str, ...]


def console_steps(page: Path) -> list[Step]:
    """Every command of the console blocks of a page, in order."""
    steps: list[Step] = []
    for block in markdown_blocks(page, "console"):
        for line in block.code.splitlines():
            if line.startswith("$ "):
                steps.append(Step(line.removeprefix("$ "), ()))
            else:
                steps[-1] = Step(steps[-1].command, (*steps[-1].shown, line))
    return steps


def check_step(step: Step, folder: Path, replaced: Mapping[str, str]) -> None:
    """Run a command in ``folder``; raises AssertionError unless it shows its lines. ``replaced`` are addresses."""
    said = missing = ""
    for _ in range(_LOOKS):
        said = _run(step.command, folder, replaced)
        for there, real in replaced.items():
            said = said.replace(real, there)
        missing = _missing(step.shown, said.splitlines())
        if not missing:
            return
    raise AssertionError(f"{step.command}\nshows no line\n{missing}\nbut\n{said}")


def _run(command: str, folder: Path, replaced: Mapping[str, str]) -> str:
    for there, real in replaced.items():
        command = command.replace(there, real)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env={**os.environ, "PATH": path, "COLUMNS": "140"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    return done.stdout


def _missing(shown: tuple[str, ...], said: list[str]) -> str:
    """The first line that is shown and not said behind the one before; empty when there is none."""
    lines = iter(said)
    for line in shown:
        expected = line.rstrip()
        if expected == _LEFT_OUT:
            continue
        beginning = expected.removesuffix(_LEFT_OUT)
        if not any(
            item.startswith(beginning) if beginning != expected else item.rstrip() == expected for item in lines
        ):
            return line
    return ""
