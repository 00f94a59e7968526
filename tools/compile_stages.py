"""Compile the range and the phase stage with mypyc: the same results in less time.

``python -m tools.compile_stages`` builds, ``--remove`` takes away what was built, ``--state`` tells what runs. It needs
a C compiler. Sources are compiled as they are, but for what :func:`lowered` writes otherwise in a copy of them.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

from services import compiled

ROOT: Final = Path(__file__).resolve().parent.parent
STAGED: Final = ROOT / "build" / "compiled"
#: The library that all extension modules share; mypyc ends its name so.
GROUP: Final = "wyckoff_stages"
LIBRARY: Final = f"{GROUP}__mypyc"
#: Settings stay with pydantic, transport with grpc; tables and what starts a process have nothing to gain.
LEFT_PLAIN: Final = frozenset({"__init__.py", "__main__.py", "config.py", "servicer.py", "calibration_table.py"})
_SETUP: Final = """\
import sys
from mypyc.build import mypycify
from setuptools import setup

group, output, *sources = sys.argv[1:]
extensions = mypycify(["--config-file", "mypy.toml", *sources], opt_level="3", group_name=group)
setup(name=group, packages=[], ext_modules=extensions, script_args=["build_ext", "--build-lib", output])
"""


def lowered(source: str) -> str:
    """The source as mypyc 2.4 needs it, line by line the same.

    Names that are imported for type checking only have to exist where they annotate a field: any object will do. Only
    data classes without another decorator become native, and these need none to be made quickly. Of a constant tuple
    with a float in front mypyc says that it was never set, so such constants are ordinary names.
    """
    lines = source.split("\n")
    for node in ast.parse(source).body:
        line = node.lineno - 1
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            if lines[line - 1]:
                raise ValueError(f"line {node.lineno}: an empty line is needed before 'if TYPE_CHECKING:'")
            lines[line - 1] = f"globals().update(dict.fromkeys({tuple(_names(node))!r}, object))"
        elif isinstance(node, ast.AnnAssign) and isinstance(node.value, ast.Tuple):
            lines[line] = re.sub(r": Final\[(\w+)\] = ", r": \1 = ", lines[line]).replace(": Final = ", " = ", 1)
    return "\n".join("" if line == "@quickly_made" else line for line in lines)


def _names(block: ast.If) -> list[str]:
    """The names that a block of imports and aliases gives."""
    names: list[str] = []
    for node in block.body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            names += [alias.asname or alias.name for alias in node.names]
        elif isinstance(node, ast.Assign):
            names += [target.id for target in node.targets if isinstance(target, ast.Name)]
    return names


def staged() -> list[str]:
    """Copy what is compiled and what it imports; the paths of what is compiled."""
    for part in ("libs", "services"):
        shutil.rmtree(STAGED / part, ignore_errors=True)
    shutil.copytree(ROOT / "libs", STAGED / "libs")
    # by another name: setuptools would take the project for one of its own
    shutil.copy(ROOT / "pyproject.toml", STAGED / "mypy.toml")
    (STAGED / "services").mkdir()
    (STAGED / "services" / "__init__.py").touch()
    paths = []
    for stage in compiled.STAGES:
        shutil.copytree(ROOT / "services" / stage, STAGED / "services" / stage)
        for path in sorted((STAGED / "services" / stage).glob("*.py")):
            if path.name not in LEFT_PLAIN:
                path.write_text(lowered(path.read_text()))
                paths.append(str(path.relative_to(STAGED)))
    return paths


def build() -> None:
    """Build the extension modules, and put them in place when all of them are there."""
    digest, paths, output = compiled.digest(compiled.SOURCES), staged(), STAGED / "output"
    shutil.rmtree(output, ignore_errors=True)
    command = [sys.executable, "-c", _SETUP, GROUP, str(output), *paths]
    subprocess.run(command, cwd=STAGED, env={**os.environ, "CFLAGS": "-g0"}, check=True, stdout=subprocess.DEVNULL)
    modules = [LIBRARY, *(path.removesuffix(".py").replace(os.sep, ".") for path in paths)]
    (output / compiled.MANIFEST).write_text(json.dumps({"digest": digest, "modules": modules}, indent=1))
    remove()
    shutil.move(output, compiled.FOLDER)


def remove() -> None:
    """Take away what was built."""
    shutil.rmtree(compiled.FOLDER, ignore_errors=True)


def main() -> None:
    parser = argparse.ArgumentParser(prog="compile_stages", description=__doc__.split("\n")[0])
    parser.add_argument("--remove", action="store_true", help="take away what was built")
    parser.add_argument("--state", action="store_true", help="tell whether the stages run compiled")
    asked = parser.parse_args()
    if asked.remove:
        remove()
    elif not asked.state:
        compiler = (os.environ.get("CC") or "cc").split()[0]
        if shutil.which(compiler) is None:
            raise SystemExit(
                f"{compiler}: no C compiler; on Debian the package gcc. Without it all runs as plain Python"
            )
        build()
    print(compiled.state_of()[0])


if __name__ == "__main__":
    main()
