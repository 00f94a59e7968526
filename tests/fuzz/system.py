"""The real servicers of all services on one real server, and calls of bytes."""

from __future__ import annotations

from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Any, Final

import grpc
from grpc import aio

from orchestrator.embedded import stage_transports
from orchestrator.mounts import open_mounts as open_orchestrator
from orchestrator.settings import OrchestratorSettings
from services.marketdata.__main__ import open_mounts as open_marketdata
from services.marketdata.config import MarketDataSettings
from services.portfolio.__main__ import open_mounts as open_portfolio
from services.portfolio.config import PortfolioSettings
from tests.support.servers import stage_mounts
from tests.support.serving import serving
from wyckoff.common.v1 import common_pb2
from wyckoff.marketdata.v1 import marketdata_pb2
from wyckoff.model.portfolio import default_portfolio
from wyckoff.orchestrator.v1 import orchestrator_pb2
from wyckoff.pattern.v1 import pattern_pb2
from wyckoff.phase.v1 import phase_pb2
from wyckoff.portfolio.v1 import portfolio_pb2
from wyckoff.range.v1 import range_pb2
from wyckoff.risk.v1 import risk_pb2
from wyckoff.rpc import catalogue
from wyckoff.rpc.offload import ThreadOffload
from wyckoff.volume.v1 import volume_pb2
from wyckoff.wire.bars import bars_to_proto
from wyckoff.wire.portfolio import portfolio_to_proto

if TYPE_CHECKING:
    import asyncio
    from collections.abc import AsyncIterator
    from pathlib import Path

    from google.protobuf.descriptor import MethodDescriptor

    from wyckoff.market.bars import Bars

_CONTRACTS: Final = (
    marketdata_pb2,
    volume_pb2,
    range_pb2,
    phase_pb2,
    pattern_pb2,
    risk_pb2,
    portfolio_pb2,
    orchestrator_pb2,
)
#: Every RPC of these contracts, by its path.
METHODS: Final[dict[str, MethodDescriptor]] = {
    f"/{service.full_name}/{method.name}": method
    for contract in _CONTRACTS
    for service in contract.DESCRIPTOR.services_by_name.values()
    for method in service.methods
}
#: They last until their reader goes: their headers are all that is waited for.
_ENDLESS: Final = frozenset({catalogue.WATCH_BARS.path, catalogue.WATCH_EVENTS.path})
#: What a server may say to a request, whatever is in it. Others mean that something broke, or hung.
CLEAN: Final = frozenset(
    {
        grpc.StatusCode.OK,
        grpc.StatusCode.INVALID_ARGUMENT,
        grpc.StatusCode.NOT_FOUND,
        grpc.StatusCode.ALREADY_EXISTS,
        grpc.StatusCode.FAILED_PRECONDITION,
    }
)
_TIMEOUT_S: Final = 30.0


class FuzzedSystem:
    """Sends whatever bytes to any RPC, from a test that is no coroutine."""

    def __init__(self, runner: asyncio.Runner, channel: aio.Channel) -> None:
        self._runner = runner
        self._channel = channel

    def send(self, path: str, request: bytes) -> tuple[grpc.StatusCode, str]:
        """Status and message of the answer."""
        return self._runner.run(self._send(path, request))

    async def _send(self, path: str, request: bytes) -> tuple[grpc.StatusCode, str]:
        method, channel = METHODS[path], self._channel
        try:
            if method.client_streaming:
                upload: Any = channel.stream_unary(path)
                await upload(iter([request]), timeout=_TIMEOUT_S)
            elif method.server_streaming:
                start: Any = channel.unary_stream(path)
                await _read(start(request, timeout=_TIMEOUT_S), endless=path in _ENDLESS)
            else:
                ask: Any = channel.unary_unary(path)
                await ask(request, timeout=_TIMEOUT_S)
        except aio.AioRpcError as error:
            return error.code(), error.details() or ""
        return grpc.StatusCode.OK, ""


async def _read(call: Any, *, endless: bool) -> None:
    if endless:
        await call.initial_metadata()
        if call.done() and await call.code() is not grpc.StatusCode.OK:
            async for _ in call:
                break
        call.cancel()
        return
    async for _ in call:
        pass


@asynccontextmanager
async def fuzzed_channel(folder: Path) -> AsyncIterator[aio.Channel]:
    """A channel to a server of all of them, with empty databases in ``folder``."""
    async with AsyncExitStack() as stack:
        offload = stack.enter_context(ThreadOffload())
        mounts = [
            *stage_mounts(offload),
            *await stack.enter_async_context(open_marketdata(MarketDataSettings(data_dir=folder))),
            *await stack.enter_async_context(open_portfolio(PortfolioSettings(data_dir=folder))),
            *await stack.enter_async_context(open_orchestrator(OrchestratorSettings(detector_mode="test"))),
        ]
        server = await stack.enter_async_context(serving(mounts))
        options = (("grpc.max_receive_message_length", -1),)
        yield await stack.enter_async_context(aio.insecure_channel(server.address, options=options))


async def real_requests(bars: Bars) -> dict[str, Any]:
    """A real request of every RPC that takes more than a name or two, by path."""
    stages = stage_transports()

    async def ask(method: Any, request: Any) -> Any:
        return await stages[method.service].unary(method, request, timeout_s=_TIMEOUT_S)

    message = bars_to_proto(bars)
    portfolio = portfolio_to_proto(default_portfolio())
    volume = volume_pb2.AnalyzeVolumeRequest(bars=message)
    measured = (await ask(catalogue.ANALYZE_VOLUME, volume)).volume
    ranges = range_pb2.DetectRangesRequest(bars=message, volume=measured)
    found = (await ask(catalogue.DETECT_RANGES, ranges)).ranges
    phases = phase_pb2.DetectPhasesRequest(bars=message, volume=measured, ranges=found)
    read = (await ask(catalogue.DETECT_PHASES, phases)).phases
    patterns = pattern_pb2.DetectPatternsRequest(bars=message, volume=measured, ranges=found, phases=read)
    risk = risk_pb2.AssessPatternsRequest(
        symbol=bars.symbol,
        timeframe=bars.timeframe,
        open_time_ms=message.open_time_ms,
        patterns=(await ask(catalogue.DETECT_PATTERNS, patterns)).patterns,
        ranges=found,
        phases=read,
        volume=measured,
        portfolio=portfolio,
    )
    requests: dict[Any, Any] = {
        catalogue.ANALYZE_VOLUME: volume,
        catalogue.DETECT_RANGES: ranges,
        catalogue.DETECT_PHASES: phases,
        catalogue.DETECT_PATTERNS: patterns,
        catalogue.ASSESS_PATTERNS: risk,
        catalogue.INGEST_BARS: marketdata_pb2.IngestBarsRequest(bars=message),
        catalogue.ANALYZE_BARS: orchestrator_pb2.AnalyzeBarsRequest(bars=message, portfolio=portfolio),
        catalogue.OPEN_POSITION: portfolio_pb2.OpenPositionRequest(position=_position()),
    }
    return {method.path: request for method, request in requests.items()}


def _position() -> portfolio_pb2.Position:
    return portfolio_pb2.Position(
        position_id="6f1c7c70-9d0e-5f43-8a4c-3f0b0a3f4b10",
        symbol="AAPL",
        campaign_id="AAPL-2024-01-02",
        pattern_type=common_pb2.PATTERN_TYPE_SPRING,
        direction=common_pb2.DIRECTION_LONG,
        size="10",
        entry_price="100.5",
        stop_loss="95",
        risk_amount="55",
    )
