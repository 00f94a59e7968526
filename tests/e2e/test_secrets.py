"""Secrets in every setting that may hold one: no process writes them down, whether it runs or fails."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import signal
import sys
from typing import TYPE_CHECKING, Final

import httpx2
import pytest

from orchestrator.events.settings import EventSettings
from orchestrator.settings import OrchestratorSettings
from services.alerts.config import AlertsSettings
from services.marketdata.config import MarketDataSettings
from services.marketdata.providers.settings import AlpacaSettings, PolygonSettings
from services.portfolio.config import PortfolioSettings
from wyckoff.access.keys import KeyFile, Scope

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

SECRET: Final = "s3cr3t-Tr0ub4dor"
#: As webhooks are signed with.
HOOK_SECRET: Final = "whsec_" + base64.b64encode(SECRET.encode() * 2).decode()
#: Nobody listens there.
NOWHERE: Final = "127.0.0.1:1"
WAIT_S: Final = 60
EVERYWHERE: Final = {
    "PROVIDER_POLYGON_API_KEY": SECRET,
    "PROVIDER_ALPACA_KEY_ID": SECRET,
    "PROVIDER_ALPACA_SECRET_KEY": SECRET,
    "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://{NOWHERE}",
    "OTEL_EXPORTER_OTLP_HEADERS": f"authorization={SECRET}",
    "ORCHESTRATOR_EVENT_CONNECT_TIMEOUT_S": "1",
}
DATABASE: Final = f"postgresql://wyckoff:{SECRET}@{NOWHERE}/bars"
#: By module: settings with which it does not start, each in its own way.
FAILING: Final = [
    ("services.marketdata", {"MARKETDATA_DATABASE_URL": DATABASE}),
    ("services.portfolio", {"PORTFOLIO_DATABASE_URL": f"postgresql://wyckoff:{SECRET}@["}),
    ("orchestrator", {"ORCHESTRATOR_EVENT_BUS_URL": f"nats://wyckoff:{SECRET}@{NOWHERE}"}),
    ("orchestrator", {"ORCHESTRATOR_EVENT_BUS_URL": f"{SECRET}@["}),
]


def environment(folder: Path, more: Mapping[str, str]) -> dict[str, str]:
    folders = {
        f"{name}_DATA_DIR": str(folder) for name in ("MARKETDATA", "PORTFOLIO", "ORCHESTRATOR", "ALERTS", "GATEWAY")
    }
    return {**os.environ, **folders, **EVERYWHERE, **more}


async def start(module: str, folder: Path, more: Mapping[str, str]) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", module, "--address", "127.0.0.1:0", "--log-level", "debug"),
        *("--ready-file", str(folder / "ready.json")),
        env=environment(folder, more),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )


async def written_by(process: asyncio.subprocess.Process) -> str:
    """All that it wrote until it ended."""
    async with asyncio.timeout(WAIT_S):
        said, _ = await process.communicate()
    return said.decode()


@pytest.mark.parametrize(("module", "settings"), FAILING, ids=lambda value: value if isinstance(value, str) else "")
async def test_a_process_that_cannot_start_does_not_say_with_what(
    tmp_path: Path, module: str, settings: dict[str, str]
) -> None:
    process = await start(module, tmp_path, settings)
    said = await written_by(process)
    assert process.returncode == 1, said
    assert said
    assert SECRET not in said


async def test_alerts_and_gateway_do_not_write_what_they_were_given(tmp_path: Path) -> None:
    file = tmp_path / "alerts.toml"
    file.write_text(
        f"""
[[targets]]
name = "desk"
url = "http://{NOWHERE}/{SECRET}"
secrets = ["env:DESK_SECRET"]
[[targets]]
name = "mail"
apprise = "mailto://user:{SECRET}@example.org"
[[rules]]
targets = ["desk", "mail"]
""",
        encoding="utf-8",
    )
    settings = {"ALERTS_CONFIG": str(file), "DESK_SECRET": HOOK_SECRET, "ALERTS_ORCHESTRATOR_TARGET": NOWHERE}
    targets = {"GATEWAY_ORCHESTRATOR_TARGET": NOWHERE, "GATEWAY_MARKETDATA_TARGET": NOWHERE}
    folders = [tmp_path / name for name in ("alerts", "gateway")]
    for folder in folders:
        folder.mkdir()
    _, key = KeyFile(folders[1] / "keys.json").add("desk", [Scope.READ])
    processes = [
        await start("services.alerts", folders[0], settings),
        await start("services.gateway", folders[1], targets),
    ]
    reading = [asyncio.create_task(written_by(process)) for process in processes]
    try:
        await until_ready(processes, folders)
        await call_gateway(folders[1], key)
    finally:
        for process in processes:
            if process.returncode is None:
                process.send_signal(signal.SIGTERM)
        written = await asyncio.gather(*reading)
    for said in written:
        assert "service_started" in said
        for secret in (SECRET, HOOK_SECRET, key):
            assert secret not in said


async def until_ready(processes: Sequence[asyncio.subprocess.Process], folders: Sequence[Path]) -> None:
    async with asyncio.timeout(WAIT_S):
        while not all((folder / "ready.json").exists() for folder in folders):
            assert [process.returncode for process in processes] == [None] * len(processes)
            await asyncio.sleep(0.05)


async def call_gateway(folder: Path, key: str) -> None:
    """With a key that is none, and with the key."""
    address = json.loads((folder / "ready.json").read_text(encoding="utf-8"))["address"]
    async with httpx2.AsyncClient(base_url=f"http://{address}", trust_env=False, timeout=WAIT_S) as client:
        assert (await client.get("/api/v1/signals", headers={"X-API-Key": SECRET})).status_code == 401
        assert (await client.get(f"/api/v1/signals?symbol={SECRET}", headers={"X-API-Key": key})).status_code == 503


def test_settings_do_not_show_their_secrets() -> None:
    held = [
        MarketDataSettings(database_url=DATABASE),
        PortfolioSettings(database_url=DATABASE),
        OrchestratorSettings(database_url=DATABASE),
        AlertsSettings(database_url=DATABASE),
        EventSettings(bus_url=f"nats://wyckoff:{SECRET}@{NOWHERE}"),
        PolygonSettings.model_validate({"api_key": SECRET}),
        AlpacaSettings.model_validate({"key_id": SECRET, "secret_key": SECRET}),
    ]
    for settings in held:
        assert SECRET in str(settings.model_dump()) or "SecretStr" in str(settings.model_dump())
        assert SECRET not in repr(settings), type(settings).__name__
        assert SECRET not in str(settings), type(settings).__name__
