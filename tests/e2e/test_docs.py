"""The pages for users, run from the first command to the last."""

from __future__ import annotations

import asyncio
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.e2e.test_up import running
from tests.support.code_blocks import markdown_blocks, run_block
from tests.support.console import check_step, console_steps

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PORTS = {
    "gateway": 8080,
    "orchestrator": 50050,
    "marketdata": 50051,
    "volume": 50052,
    "phase": 50054,
    "portfolio": 50057,
}
PROGRAMS = ("bash", "grpcurl", "curl")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("desk")


@pytest.fixture(scope="module")
def replaced(folder: Path) -> Iterator[dict[str, str]]:
    with running(folder) as system:
        addresses = {name: service["address"].removeprefix("http://") for name, service in system.services().items()}
        where = {f"127.0.0.1:{port}": addresses[name] for name, port in PORTS.items()}
        # the commands of the quick start name no service: they mean the one at its port
        yield where


@pytest.mark.skipif(not all(map(shutil.which, PROGRAMS)), reason=f"not all of {', '.join(PROGRAMS)} are installed")
def test_quick_start_and_api_show_what_comes(folder: Path, replaced: dict[str, str]) -> None:
    targets = {
        "wyckoff ingest ACME.csv": f"wyckoff ingest ACME.csv --target {replaced['127.0.0.1:50051']}",
        "wyckoff signals --symbol ACME": f"wyckoff signals --symbol ACME --target {replaced['127.0.0.1:50050']}",
        "wyckoff health": f"wyckoff health --target {replaced['127.0.0.1:50050']}",
    }
    steps = console_steps(DOCS / "quickstart.md")
    assert len(steps) == 9
    for step in steps:
        check_step(step, folder, replaced | targets)
    (block,) = markdown_blocks(DOCS / "quickstart.md")
    asyncio.run(run_block(block, {}, replaced))
    for step in console_steps(DOCS / "api.md"):
        check_step(step, folder, replaced)


def test_every_page_is_in_the_index_and_every_link_leads_somewhere() -> None:
    index = (DOCS / "README.md").read_text()
    for page in DOCS.glob("*.md"):
        assert page.name == "README.md" or f"({page.name})" in index, page.name
        for link in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text()):
            assert link.startswith(("http://", "https://")) or (DOCS / link).exists(), f"{page.name}: {link}"
