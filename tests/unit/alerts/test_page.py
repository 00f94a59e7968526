"""The receiver and the settings that the page shows."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from services.alerts.config import AlertsSettings
from services.alerts.signing import secret_bytes, signed_headers
from tests.support.alerts import NEW_SECRET, SECRET
from tests.support.code_blocks import markdown_blocks, run_block

PAGE = Path(__file__).parents[3] / "docs" / "alerts.md"
BODY = json.dumps({"text": "ACME 1d: SPRING long"}).encode()
NOW_S = 1_767_960_000


@pytest.fixture
async def receive() -> Any:
    names: dict[str, Any] = {}
    (block,) = markdown_blocks(PAGE)
    await run_block(block, names, {})
    return names["receive"]


async def test_what_is_signed_by_one_of_the_keys_is_taken_once(
    receive: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    headers = signed_headers("id", NOW_S, BODY, [secret_bytes(NEW_SECRET), secret_bytes(SECRET)])
    for secrets in ([SECRET], [NEW_SECRET], [NEW_SECRET, SECRET]):
        assert receive(headers, BODY, secrets, NOW_S + 299) == 204
    assert capsys.readouterr().out == "ACME 1d: SPRING long\n"


async def test_what_is_old_or_forged_is_refused(receive: Any, capsys: pytest.CaptureFixture[str]) -> None:
    headers = signed_headers("id", NOW_S, BODY, [secret_bytes(SECRET)])
    assert receive(headers, BODY, [SECRET], NOW_S + 301) == 400
    assert receive(headers, BODY, [NEW_SECRET], NOW_S) == 401
    assert receive(headers, BODY + b" ", [SECRET], NOW_S) == 401
    assert receive(headers | {"webhook-id": "other"}, BODY, [SECRET], NOW_S) == 401
    assert receive(headers | {"webhook-timestamp": str(NOW_S + 1)}, BODY, [SECRET], NOW_S) == 401
    assert capsys.readouterr().out == ""


def test_the_settings_of_the_page_are_right_and_every_setting_is_on_it() -> None:
    (block,) = markdown_blocks(PAGE, "toml")
    text = block.code.replace("env:DESK_SECRET", SECRET).replace("env:MAIL_URL", "mailto://user:pass@example.org")
    chosen = AlertsSettings(**tomllib.loads(text))
    assert [target.name for target in chosen.targets] == ["desk", "mail"]
    page = PAGE.read_text()
    elsewhere = {"health_interval_s", "busy_timeout_ms", "pool_size", "statement_timeout_ms", "connect_timeout_s"}
    for name, field in AlertsSettings.model_fields.items():
        if name not in {"targets", "rules"} | elsewhere:
            assert f"`{name}`" in page, name
            if isinstance(field.default, float | int):
                row = next(line for line in page.splitlines() if line.startswith("|") and f"`{name}`" in line)
                assert f"{field.default:g}" in row, row
