"""An orchestrator over scripted services: three bars of ACME, one range, two patterns, a signal and a rejection."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from orchestrator.bootstrap import build_servicer
from orchestrator.cache import StageCache
from orchestrator.settings import OrchestratorSettings
from orchestrator.storage.signals import MemorySignalStore
from tests.support.fakes import FakeClock
from wyckoff.common.v1 import common_pb2
from wyckoff.marketdata.v1 import marketdata_pb2
from wyckoff.orchestrator.v1 import orchestrator_pb2
from wyckoff.pattern.v1 import pattern_pb2
from wyckoff.range.v1 import range_pb2
from wyckoff.risk.v1 import risk_pb2
from wyckoff.volume.v1 import volume_pb2

if TYPE_CHECKING:
    from orchestrator.servicer import OrchestratorServicer
    from tests.support.fakes import FakeTransport

ID: Final = "11111111-2222-4333-8444-555555555555"
STAGES: Final = ("data", "volume", "range", "phase", "pattern", "risk", "validation", "signal")
DAY_MS: Final = 86_400_000


class Caller:
    """A call's context with a deadline, or none."""

    def __init__(self, time_left_s: float | None = None) -> None:
        self._time_left_s = time_left_s

    def time_remaining(self) -> float | None:
        return self._time_left_s


def flat_bars(symbol: str = "ACME", count: int = 3) -> common_pb2.Bars:
    """Daily bars at one price."""
    prices = [10.0] * count
    return common_pb2.Bars(
        symbol=symbol,
        timeframe="1d",
        open_time_ms=[index * DAY_MS for index in range(count)],
        open=prices,
        high=prices,
        low=prices,
        close=prices,
        volume=prices,
    )


def even_volume(request: volume_pb2.AnalyzeVolumeRequest) -> volume_pb2.AnalyzeVolumeResponse:
    """Every bar as usual."""
    count = len(request.bars.close)
    columns = volume_pb2.VolumeAnalysis(
        volume_ratio=[1.0] * count,
        spread_ratio=[1.0] * count,
        close_position=[0.5] * count,
        effort_result=[volume_pb2.EFFORT_RESULT_NORMAL] * count,
    )
    return volume_pb2.AnalyzeVolumeResponse(volume=columns)


def passed_signal(pattern_id: str = "p1") -> risk_pb2.TradeSignal:
    """A signal that passed the whole chain."""
    signal = risk_pb2.TradeSignal(signal_id=f"s-{pattern_id}", pattern_id=pattern_id, symbol="ACME", timeframe="1d")
    signal.pattern_type = common_pb2.PATTERN_TYPE_SOS
    signal.timestamp.FromMilliseconds(DAY_MS)
    for stage in ("Volume", "Phase", "Levels", "Risk", "Strategy"):
        signal.validation_chain.results.add(stage=stage, status=risk_pb2.VALIDATION_STATUS_PASS)
    return signal


def refused(pattern_id: str = "p2") -> risk_pb2.Rejection:
    """A rejection."""
    sos = common_pb2.PATTERN_TYPE_SOS
    return risk_pb2.Rejection(rejection_id=f"x-{pattern_id}", pattern_id=pattern_id, pattern_type=sos)


def script(**changes: Any) -> dict[str, Any]:
    """What each service answers."""
    sos = common_pb2.PATTERN_TYPE_SOS
    patterns = [pattern_pb2.Pattern(pattern_id=name, type=sos) for name in ("p1", "p2")]
    answers: dict[str, Any] = {
        "GetBars": lambda request: marketdata_pb2.GetBarsResponse(bars=flat_bars(request.symbol)),
        "AnalyzeVolume": even_volume,
        "DetectRanges": range_pb2.DetectRangesResponse(ranges=[range_pb2.TradingRange(range_id="r1")]),
        "DetectPatterns": pattern_pb2.DetectPatternsResponse(patterns=patterns),
        "AssessPatterns": risk_pb2.AssessPatternsResponse(signals=[passed_signal()], rejections=[refused()]),
    }
    return answers | changes


def scripted_orchestrator(
    transport: FakeTransport, clock: FakeClock | None = None, **settings: Any
) -> OrchestratorServicer:
    """Over ``transport`` for every service, with signals in memory; every correlation id is :data:`ID`."""
    store = MemorySignalStore(lambda: datetime(2026, 1, 1, tzinfo=UTC))
    chosen, now = OrchestratorSettings(**settings), clock or FakeClock()
    cache = StageCache(chosen.cache_max_size, chosen.cache_ttl_seconds, now) if chosen.enable_caching else None
    return build_servicer(transport.as_services(), store, chosen, clock=now, new_id=lambda: ID, cache=cache)


async def analyze_acme(
    servicer: OrchestratorServicer, time_left_s: float | None = None, **fields: Any
) -> orchestrator_pb2.Analysis:
    """An analysis as a client asks for it."""
    request = orchestrator_pb2.AnalyzeSymbolRequest(symbol="ACME", timeframe="1d", **fields)
    return (await servicer.AnalyzeSymbol(request, Caller(time_left_s))).analysis
