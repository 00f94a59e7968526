"""Generate libs/contracts from protos. ``python -m tools.generate_contracts [OUTPUT_DIR]``."""

from __future__ import annotations

import shutil
import sys
from importlib.resources import files
from pathlib import Path

from grpc_tools import protoc

ROOT = Path(__file__).resolve().parent.parent
PROTOS = ROOT / "protos"
OUTPUT = ROOT / "libs" / "contracts"


def generate(output: Path) -> None:
    """Generate messages, services and their type stubs below ``output``; raises RuntimeError when protoc fails."""
    sources = sorted(str(path.relative_to(PROTOS)) for path in PROTOS.glob("wyckoff/**/*.proto"))
    well_known = str(files("grpc_tools") / "_proto")
    scripts = Path(sys.executable).parent
    code = protoc.main(
        [
            "protoc",
            f"--proto_path={PROTOS}",
            f"--proto_path={well_known}",
            f"--plugin=protoc-gen-mypy={scripts / 'protoc-gen-mypy'}",
            f"--plugin=protoc-gen-mypy_grpc={scripts / 'protoc-gen-mypy_grpc'}",
            f"--python_out={output}",
            f"--grpc_python_out={output}",
            f"--mypy_out=quiet:{output}",
            f"--mypy_grpc_out=quiet:{output}",
            *sources,
        ]
    )
    if code != 0:
        raise RuntimeError(f"protoc ended with code {code}")


def main() -> None:
    output = Path(sys.argv[1]) if len(sys.argv) > 1 else OUTPUT
    shutil.rmtree(output / "wyckoff", ignore_errors=True)
    output.mkdir(parents=True, exist_ok=True)
    generate(output)


if __name__ == "__main__":
    main()
