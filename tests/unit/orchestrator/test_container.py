"""The container: lazy, one of each, closed in reverse, every mode, every failure told."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from orchestrator.cache import StageCache
from orchestrator.container import OrchestratorContainer
from orchestrator.events.factory import Messaging
from orchestrator.observed import observe
from orchestrator.parts import Transports
from orchestrator.servicer import OrchestratorServicer
from orchestrator.settings import OrchestratorSettings
from orchestrator.storage.signals import SignalStore, SqlSignalStore
from tests.support.fakes import FakeTransport
from wyckoff.client import WyckoffClient
from wyckoff.model.portfolio import default_portfolio
from wyckoff.orchestrator.v1 import orchestrator_pb2
from wyckoff.orchestrator.v1.orchestrator_pb2_grpc import add_OrchestratorServiceServicer_to_server
from wyckoff.rpc.errors import FailedPreconditionError
from wyckoff.rpc.inprocess import InProcessTransport, LocalContext
from wyckoff.schematics import schematic
from wyckoff.telemetry.readings import BREAKERS, CACHES, QUEUES
from wyckoff.wire.portfolio import portfolio_to_proto

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path


async def test_nothing_is_made_before_it_is_asked_for() -> None:
    async with OrchestratorContainer(OrchestratorSettings(detector_mode="test")) as container:
        assert not any(part.loaded for part in container.health())
        cache = await container.get(StageCache)
        assert [part.part for part in container.health() if part.loaded] == ["StageCache"]
        assert await container.get(StageCache) is cache


async def test_test_mode_analyses_in_process() -> None:
    async with OrchestratorContainer(OrchestratorSettings(detector_mode="test")) as container:
        servicer = await container.get(OrchestratorServicer)
        transport = InProcessTransport([lambda server: add_OrchestratorServiceServicer_to_server(servicer, server)])
        portfolio = portfolio_to_proto(default_portfolio())
        async with WyckoffClient(transport, timeout_s=60, portfolio=portfolio) as client:
            bars = schematic("accumulation", shakeout=True, noise=0.3, seed=2).bars
            cold, warm = await client.analyze_bars(bars), await client.analyze_bars(bars)
            health = await client.get_health()
        assert cold.complete
        assert cold.ranges
        assert [stage.stage for stage in warm.stages if stage.cached] == ["volume", "range", "phase", "pattern", "risk"]
        assert health.analysis_count == 2
        assert health.cache_hit_rate == 0.5
        assert health.avg_analysis_time_ms > 0


async def test_mock_mode_reaches_nothing_unless_it_is_given() -> None:
    settings = OrchestratorSettings(detector_mode="mock")
    async with OrchestratorContainer(settings) as container:
        with pytest.raises(FailedPreconditionError, match="Transports"):
            await container.get(OrchestratorServicer)
        failed = {part.part: part.error for part in container.health() if part.error}
        assert set(failed) == {"Transports", "OrchestratorServicer"}
    transport = FakeTransport()
    async with OrchestratorContainer(
        settings, {Transports: lambda _: Transports(transport.as_services())}
    ) as container:
        servicer = await container.get(OrchestratorServicer)
        health = await servicer.GetHealth(orchestrator_pb2.GetHealthRequest(), LocalContext((), 1.0))
        assert len(health.components) == 7


async def test_what_was_made_is_closed_the_last_first() -> None:
    closed: list[str] = []

    @asynccontextmanager
    async def cache(container: OrchestratorContainer) -> AsyncIterator[StageCache]:
        yield StageCache(1, 1, lambda: 0.0)
        closed.append("cache")

    @asynccontextmanager
    async def transports(container: OrchestratorContainer) -> AsyncIterator[Transports]:
        await container.get(StageCache)
        yield Transports()
        closed.append("transports")

    settings = OrchestratorSettings(detector_mode="mock")
    async with OrchestratorContainer(settings, {StageCache: cache, Transports: transports}) as container:
        await container.get(Transports)
    assert closed == ["transports", "cache"]


async def test_production_mode_keeps_signals_in_its_database(tmp_path: Path) -> None:
    async with OrchestratorContainer(OrchestratorSettings(data_dir=tmp_path)) as container:
        store = await container.get(SignalStore)  # type: ignore[type-abstract]
        assert isinstance(store, SqlSignalStore)
        assert (await store.get("nobody")) is None
    assert (tmp_path / "orchestrator.db").exists()


async def test_breakers_cache_and_bus_are_told_to_the_metrics(tmp_path: Path) -> None:
    async with OrchestratorContainer(OrchestratorSettings(data_dir=tmp_path)) as container:
        with await observe(container):
            assert set(BREAKERS.read()) >= {"volume", "range", "phase", "pattern", "risk"}
            assert CACHES.read()["stages"].hits == 0
            assert QUEUES.read()["events"].depth == 0
        assert "stages" not in CACHES.read()
        assert (await container.get(Messaging)).bus.metrics.published == 0
