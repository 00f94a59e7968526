"""The whole pipeline in this process. The one place that imports the services."""

from __future__ import annotations

from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING

from orchestrator.bootstrap import build_servicer, utc_now
from orchestrator.settings import OrchestratorSettings
from orchestrator.storage.signals import MemorySignalStore
from services.pattern.config import PatternSettings
from services.pattern.servicer import PatternServicer
from services.phase.config import PhaseSettings
from services.phase.servicer import PhaseServicer
from services.range.config import RangeSettings
from services.range.servicer import RangeServicer
from services.risk.config import RiskSettings
from services.risk.servicer import RiskServicer
from services.volume.config import VolumeSettings
from services.volume.servicer import VolumeServicer
from wyckoff.client.client import DEFAULT_TIMEOUT_S, WyckoffClient
from wyckoff.model.portfolio import DEFAULT_EQUITY, default_portfolio
from wyckoff.orchestrator.v1.orchestrator_pb2_grpc import add_OrchestratorServiceServicer_to_server
from wyckoff.pattern.v1.pattern_pb2_grpc import add_PatternServiceServicer_to_server
from wyckoff.phase.v1.phase_pb2_grpc import add_PhaseServiceServicer_to_server
from wyckoff.range.v1.range_pb2_grpc import add_RangeServiceServicer_to_server
from wyckoff.risk.v1.risk_pb2_grpc import add_RiskServiceServicer_to_server
from wyckoff.rpc import catalogue
from wyckoff.rpc.inprocess import InProcessTransport
from wyckoff.rpc.offload import Inline
from wyckoff.volume.v1.volume_pb2_grpc import add_VolumeServiceServicer_to_server
from wyckoff.wire.portfolio import portfolio_to_proto

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from contextlib import AbstractAsyncContextManager
    from decimal import Decimal
    from pathlib import Path

    from wyckoff.market.provider import Fetcher
    from wyckoff.rpc.transport import Transport


def stage_transports() -> dict[str, Transport]:
    """The five stages in this process, by the full name of their service; they compute inline."""
    inline = Inline()
    registrations = [
        partial(add_VolumeServiceServicer_to_server, VolumeServicer(VolumeSettings(), inline)),
        partial(add_RangeServiceServicer_to_server, RangeServicer(RangeSettings(), inline)),
        partial(add_PhaseServiceServicer_to_server, PhaseServicer(PhaseSettings(), inline)),
        partial(add_PatternServiceServicer_to_server, PatternServicer(PatternSettings(), inline)),
        partial(add_RiskServiceServicer_to_server, RiskServicer(RiskSettings(), inline)),
    ]
    transport = InProcessTransport(registrations)
    names = (catalogue.VOLUME, catalogue.RANGE, catalogue.PHASE, catalogue.PATTERN, catalogue.RISK)
    return dict.fromkeys(names, transport)


@asynccontextmanager
async def embedded_orchestrator(
    *, equity: Decimal = DEFAULT_EQUITY, timeout_s: float = DEFAULT_TIMEOUT_S
) -> AsyncIterator[WyckoffClient]:
    """A client of an orchestrator in this process, for an account of ``equity`` without positions.

    It analyses bars; it has no stored bars and keeps nothing.
    """
    servicer = build_servicer(stage_transports(), MemorySignalStore(utc_now), OrchestratorSettings())
    transport = InProcessTransport([partial(add_OrchestratorServiceServicer_to_server, servicer)])
    portfolio = portfolio_to_proto(default_portfolio(equity))
    async with WyckoffClient(transport, timeout_s=timeout_s, portfolio=portfolio) as client:
        yield client


def open_provider(name: str, source: Path | None) -> AbstractAsyncContextManager[Fetcher]:
    """Bars from the data provider of that name, fetched by this process; it holds the keys in its environment."""
    from services.marketdata.providers import open_fetcher

    return open_fetcher(name, source=source)
