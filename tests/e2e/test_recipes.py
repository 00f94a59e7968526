"""Commands of the pages for operators, run as they stand there; and a runbook for every alert."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from orchestrator.cli.services import ALL_SERVICES
from tests.e2e.test_up import running
from tests.support.console import check_step, console_steps

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
RULES = ROOT / "deploy" / "k8s" / "components" / "observability"
PROGRAMS = ("bash", "grpcurl")


@pytest.fixture(scope="module")
def replaced(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    with running(tmp_path_factory.mktemp("system")) as system:
        addresses = {name: service["address"].removeprefix("http://") for name, service in system.services().items()}
        yield {f"127.0.0.1:{service.port}": addresses[service.name] for service in ALL_SERVICES}


@pytest.mark.skipif(not all(map(shutil.which, PROGRAMS)), reason=f"not all of {', '.join(PROGRAMS)} are installed")
@pytest.mark.parametrize("page", ["operations.md", "scaling.md"])
def test_recipes_show_what_comes(page: str, tmp_path: Path, replaced: dict[str, str]) -> None:
    steps = console_steps(DOCS / page)
    assert steps
    for step in steps:
        check_step(step, tmp_path, replaced)


def test_every_alert_has_a_runbook_and_no_runbook_is_left_over() -> None:
    documents = [item for path in sorted(RULES.glob("rules-*.yaml")) for item in yaml.safe_load_all(path.read_text())]
    rules = [rule for item in documents for group in item["spec"]["groups"] for rule in group["rules"]]
    alerts = {rule["alert"]: rule["annotations"]["runbook"] for rule in rules if "alert" in rule}
    assert alerts
    headings = re.findall(r"^## (\w+)$", (DOCS / "runbooks.md").read_text(), re.MULTILINE)
    assert sorted(headings) == sorted(alerts)
    for name, link in alerts.items():
        assert link.endswith(f"docs/runbooks.md#{name.lower()}")
