"""Every RPC that a program of this project calls."""

from __future__ import annotations

from typing import Final

from wyckoff.alerts.v1 import alerts_pb2
from wyckoff.marketdata.v1 import marketdata_pb2
from wyckoff.orchestrator.v1 import orchestrator_pb2
from wyckoff.pattern.v1 import pattern_pb2
from wyckoff.phase.v1 import phase_pb2
from wyckoff.portfolio.v1 import portfolio_pb2
from wyckoff.range.v1 import range_pb2
from wyckoff.risk.v1 import risk_pb2
from wyckoff.rpc.methods import Method
from wyckoff.volume.v1 import volume_pb2

MARKETDATA: Final = "wyckoff.marketdata.v1.MarketDataService"
VOLUME: Final = "wyckoff.volume.v1.VolumeService"
RANGE: Final = "wyckoff.range.v1.RangeService"
PHASE: Final = "wyckoff.phase.v1.PhaseService"
PATTERN: Final = "wyckoff.pattern.v1.PatternService"
RISK: Final = "wyckoff.risk.v1.RiskService"
PORTFOLIO: Final = "wyckoff.portfolio.v1.PortfolioService"
ORCHESTRATOR: Final = "wyckoff.orchestrator.v1.OrchestratorService"
ALERTS: Final = "wyckoff.alerts.v1.AlertsService"

INGEST_BARS: Final = Method(
    MARKETDATA, "IngestBars", marketdata_pb2.IngestBarsRequest, marketdata_pb2.IngestBarsResponse
)
GET_BARS: Final = Method(MARKETDATA, "GetBars", marketdata_pb2.GetBarsRequest, marketdata_pb2.GetBarsResponse)
LIST_INSTRUMENTS: Final = Method(
    MARKETDATA, "ListInstruments", marketdata_pb2.ListInstrumentsRequest, marketdata_pb2.ListInstrumentsResponse
)
WATCH_BARS: Final = Method(MARKETDATA, "WatchBars", marketdata_pb2.WatchBarsRequest, marketdata_pb2.WatchBarsResponse)
ANALYZE_VOLUME: Final = Method(
    VOLUME, "AnalyzeVolume", volume_pb2.AnalyzeVolumeRequest, volume_pb2.AnalyzeVolumeResponse
)
DETECT_RANGES: Final = Method(RANGE, "DetectRanges", range_pb2.DetectRangesRequest, range_pb2.DetectRangesResponse)
DETECT_PHASES: Final = Method(PHASE, "DetectPhases", phase_pb2.DetectPhasesRequest, phase_pb2.DetectPhasesResponse)
DETECT_PATTERNS: Final = Method(
    PATTERN, "DetectPatterns", pattern_pb2.DetectPatternsRequest, pattern_pb2.DetectPatternsResponse
)
ASSESS_PATTERNS: Final = Method(RISK, "AssessPatterns", risk_pb2.AssessPatternsRequest, risk_pb2.AssessPatternsResponse)
GET_PORTFOLIO: Final = Method(
    PORTFOLIO, "GetPortfolio", portfolio_pb2.GetPortfolioRequest, portfolio_pb2.GetPortfolioResponse
)
UPDATE_ACCOUNT: Final = Method(
    PORTFOLIO, "UpdateAccount", portfolio_pb2.UpdateAccountRequest, portfolio_pb2.UpdateAccountResponse
)
OPEN_POSITION: Final = Method(
    PORTFOLIO, "OpenPosition", portfolio_pb2.OpenPositionRequest, portfolio_pb2.OpenPositionResponse
)
CLOSE_POSITION: Final = Method(
    PORTFOLIO, "ClosePosition", portfolio_pb2.ClosePositionRequest, portfolio_pb2.ClosePositionResponse
)
LIST_CAMPAIGNS: Final = Method(
    PORTFOLIO, "ListCampaigns", portfolio_pb2.ListCampaignsRequest, portfolio_pb2.ListCampaignsResponse
)
ANALYZE_SYMBOL: Final = Method(
    ORCHESTRATOR, "AnalyzeSymbol", orchestrator_pb2.AnalyzeSymbolRequest, orchestrator_pb2.AnalyzeSymbolResponse
)
ANALYZE_SYMBOLS: Final = Method(
    ORCHESTRATOR, "AnalyzeSymbols", orchestrator_pb2.AnalyzeSymbolsRequest, orchestrator_pb2.AnalyzeSymbolsResponse
)
ANALYZE_BARS: Final = Method(
    ORCHESTRATOR, "AnalyzeBars", orchestrator_pb2.AnalyzeBarsRequest, orchestrator_pb2.AnalyzeBarsResponse
)
LIST_SIGNALS: Final = Method(
    ORCHESTRATOR, "ListSignals", orchestrator_pb2.ListSignalsRequest, orchestrator_pb2.ListSignalsResponse
)
GET_SIGNAL: Final = Method(
    ORCHESTRATOR, "GetSignal", orchestrator_pb2.GetSignalRequest, orchestrator_pb2.GetSignalResponse
)
LIST_REJECTIONS: Final = Method(
    ORCHESTRATOR, "ListRejections", orchestrator_pb2.ListRejectionsRequest, orchestrator_pb2.ListRejectionsResponse
)
GET_HEALTH: Final = Method(
    ORCHESTRATOR, "GetHealth", orchestrator_pb2.GetHealthRequest, orchestrator_pb2.GetHealthResponse
)
WATCH_EVENTS: Final = Method(
    ORCHESTRATOR, "WatchEvents", orchestrator_pb2.WatchEventsRequest, orchestrator_pb2.WatchEventsResponse
)
GET_ALERTS_STATUS: Final = Method(ALERTS, "GetStatus", alerts_pb2.GetStatusRequest, alerts_pb2.GetStatusResponse)
