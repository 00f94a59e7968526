"""`wyckoff up --tls` as a user runs it: every call between real processes with mutual TLS."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sys
from pathlib import Path

import httpx2
import pytest

from orchestrator.cli.services import ALL_SERVICES
from tests.e2e.command import wyckoff
from tests.e2e.test_up import running
from tests.support.code_blocks import markdown_blocks, run_block
from tests.support.console import check_step, console_steps
from tests.support.samples import to_csv, wave_bars
from wyckoff.client import TlsSettings, WyckoffClient, tls_of_folder
from wyckoff.client.errors import PermissionDeniedError

PAGE = Path(__file__).parents[2] / "docs" / "tls.md"
#: Where commands are looked for: grpcurl may not be installed.
SEARCHED = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
REFUSED = {"spiffe://wyckoff/risk", "spiffe://wyckoff/operator"}


def check_page(folder: Path, addresses: dict[str, str]) -> None:
    """The commands and the program of the page about TLS do what it shows."""
    replaced = {f"127.0.0.1:{service.port}": addresses[service.name] for service in ALL_SERVICES}
    for step in console_steps(PAGE):
        if shutil.which(step.command.split()[0], path=SEARCHED):
            check_step(step, folder, {**replaced, "desk/tls": "data/tls"})
    (block,) = markdown_blocks(PAGE)
    asyncio.run(run_block(block, {"folder": folder / "data" / "tls"}, replaced))


async def ask_health(target: str, tls: TlsSettings) -> None:
    async with WyckoffClient.connect(target, tls=tls) as client:
        await client.get_health()


def test_bars_go_in_and_analyses_come_out_for_those_with_a_certificate(tmp_path: Path) -> None:
    (tmp_path / "AAPL.csv").write_text(to_csv(wave_bars(300)))
    tls = tmp_path / "data" / "tls"
    with running(tmp_path, {"WYCKOFF_TELEMETRY_LOG_LEVEL": "info"}, "--tls") as system:
        services = system.services()
        orchestrator, marketdata = services["orchestrator"]["address"], services["marketdata"]["address"]

        stored = wyckoff("ingest", tmp_path / "AAPL.csv", "--target", marketdata, "--tls-dir", tls)
        assert stored.returncode == 0, stored.stderr
        health = wyckoff("health", "--target", orchestrator, "--tls-dir", tls, "--format", "json")
        assert health.returncode == 0, health.stderr
        assert {part["status"] for part in json.loads(health.stdout)["components"]} == {"HEALTH_STATUS_HEALTHY"}

        # the gateway is a client of both, and serves HTTP on loopback as ever
        url = f"{services['gateway']['address']}/api/v1/analysis/AAPL/1d"
        answer = httpx2.get(url, params={"lookback_bars": 300}, timeout=30, trust_env=False).json()
        assert answer["complete"]

        plain = wyckoff("health", "--target", orchestrator)
        assert plain.returncode == 1
        assert "does the server expect TLS" in plain.stderr
        with pytest.raises(PermissionDeniedError, match="spiffe://wyckoff/risk may not call"):
            asyncio.run(ask_health(orchestrator, tls_of_folder(tls, "risk")))

        shown = wyckoff("certs", "show", "--dir", tls)
        assert shown.returncode == 0
        assert all(f"spiffe://wyckoff/{service.name}" in shown.stdout for service in ALL_SERVICES)
        check_page(tmp_path, {name: service["address"] for name, service in services.items()})
    for log in (tmp_path / "data" / "logs").iterdir():
        # nothing but lines of our own, no handshake of grpc; refused was only who should be
        lines = [json.loads(line) for line in log.read_text().splitlines()]
        assert [line for line in lines if line["level"] == "error"] == []
        assert {line["peer"] for line in lines if line["event"] == "peer_refused"} <= REFUSED
