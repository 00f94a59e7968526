"""The gateway says how it is, and how the system behind it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.support.gateway import gateway_settings, running_gateway, serving_gateway

if TYPE_CHECKING:
    from pathlib import Path


async def test_the_component_document(tmp_path: Path) -> None:
    async with running_gateway(tmp_path) as whole:
        answer = await whole.client.get("/api/v1/health/orchestrator")
        document = answer.json()
        assert answer.status_code == 200
        assert document["status"] == "HEALTH_STATUS_HEALTHY"
        assert {item["component"] for item in document["components"]} >= {"marketdata", "volume", "risk"}


async def test_the_gateway_is_alive_without_the_rest(tmp_path: Path) -> None:
    async with serving_gateway(gateway_settings(tmp_path)) as gateway:
        alive = await gateway.client.get("/api/v1/health")
        assert (alive.status_code, alive.json()["status"]) == (200, "serving")

        behind = await gateway.client.get("/api/v1/health/orchestrator")
        assert behind.status_code == 503
        assert behind.headers["content-type"] == "application/problem+json"
        assert behind.json()["code"] == "UNAVAILABLE"
