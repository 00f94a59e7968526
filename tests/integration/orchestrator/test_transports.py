"""In process and over gRPC give equal bytes, stage by stage and as a whole."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

import pytest

from orchestrator.bootstrap import build_servicer
from orchestrator.embedded import stage_transports
from orchestrator.servicer import SERVICE_NAME
from orchestrator.settings import OrchestratorSettings
from orchestrator.storage.signals import MemorySignalStore
from tests.support.fakes import FakeClock
from tests.support.servers import stage_transports_over_grpc
from tests.support.serving import serving
from tools.sample_bars import sample_bars
from wyckoff.client import WyckoffClient
from wyckoff.model.portfolio import default_portfolio
from wyckoff.orchestrator.v1.orchestrator_pb2_grpc import add_OrchestratorServiceServicer_to_server
from wyckoff.rpc.channel import GrpcTransport
from wyckoff.rpc.inprocess import InProcessTransport
from wyckoff.rpc.server import Mount
from wyckoff.schematics import random_walk, schematic
from wyckoff.wire.portfolio import portfolio_to_proto

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orchestrator.servicer import OrchestratorServicer
    from wyckoff.market.bars import Bars
    from wyckoff.rpc.transport import Transport

ID = "11111111-2222-4333-8444-555555555555"


def _servicer(transports: Mapping[str, Transport]) -> OrchestratorServicer:
    # clock and ids are the only things that may differ between two runs
    return build_servicer(
        transports,
        MemorySignalStore(lambda: datetime(2026, 1, 1, tzinfo=UTC)),
        OrchestratorSettings(default_deadline_s=60),
        clock=FakeClock(),
        new_id=lambda: ID,
    )


def _series() -> list[Bars]:
    stock = sample_bars("MSFT")
    return [
        schematic(kind="accumulation", shakeout=True, noise=0.5, seed=7).bars,
        schematic(kind="distribution", shakeout=True, noise=1.0, seed=8).bars,
        random_walk(9, 400),
        stock.head(1200),
        stock.head(1),
    ]


@pytest.mark.parametrize("bars", _series(), ids=lambda bars: f"{bars.symbol}-{len(bars)}")
async def test_both_transports_give_equal_bytes(bars: Bars) -> None:
    portfolio = portfolio_to_proto(default_portfolio())
    register = partial(add_OrchestratorServiceServicer_to_server, _servicer(stage_transports()))
    async with WyckoffClient(InProcessTransport([register]), timeout_s=60, portfolio=portfolio) as local:
        expected = await local.analyze_bars(bars)
    assert expected.complete
    assert not expected.failed_detectors

    async with stage_transports_over_grpc() as transports:
        register = partial(add_OrchestratorServiceServicer_to_server, _servicer(transports))
        async with (
            serving([Mount(SERVICE_NAME, register)]) as server,
            WyckoffClient(GrpcTransport.connect(server.address), timeout_s=60, portfolio=portfolio) as remote,
        ):
            answer = await remote.analyze_bars(bars)
    assert answer.SerializeToString(deterministic=True) == expected.SerializeToString(deterministic=True)
