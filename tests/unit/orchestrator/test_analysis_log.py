"""What an analysis tells in its log lines and spans."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
import structlog

from orchestrator.analysis_log import log_analysis
from orchestrator.bootstrap import build_servicer
from orchestrator.context import AnalysisContext, PipelineState
from orchestrator.settings import OrchestratorSettings
from orchestrator.storage.signals import MemorySignalStore
from tests.support.fakes import FakeClock, FakeTransport
from tests.support.samples import wave_bars
from tests.support.scripted import even_volume
from tests.support.spans import parent_id, span_id, watching
from wyckoff.common.v1 import common_pb2
from wyckoff.orchestrator.v1 import orchestrator_pb2
from wyckoff.pattern.v1 import pattern_pb2
from wyckoff.risk.v1 import risk_pb2
from wyckoff.rpc.deadline import Deadline
from wyckoff.rpc.errors import UnavailableError
from wyckoff.wire.bars import bars_to_proto

if TYPE_CHECKING:
    from collections.abc import Iterator

ID = "11111111-2222-4333-8444-555555555555"


@pytest.fixture
def lines() -> Iterator[list[Any]]:
    """Log lines from info up."""
    with _info(), structlog.testing.capture_logs() as captured:
        yield captured


@contextmanager
def _info() -> Iterator[None]:
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.INFO))
    try:
        yield
    finally:
        structlog.configure(**before)


class Caller:
    """A call's context without a deadline."""

    def time_remaining(self) -> None:
        return None


def _rejection(reason: str) -> risk_pb2.Rejection:
    return risk_pb2.Rejection(stage="Risk", reason=reason)


def test_patterns_risk_and_signals_are_told_with_their_fields(lines: list[Any]) -> None:
    clock = FakeClock()
    context = AnalysisContext("AAPL", "1d", 500, ID, "", Deadline.after(5, clock), persist=False)
    assessment = risk_pb2.AssessPatternsResponse(
        signals=[risk_pb2.TradeSignal()], rejections=[_rejection("too far"), _rejection("too far"), _rejection("late")]
    )
    analysis = orchestrator_pb2.Analysis(
        patterns=[
            pattern_pb2.Pattern(type=common_pb2.PATTERN_TYPE_SPRING, confidence=85, phase=common_pb2.PHASE_C),
        ],
        signals=[risk_pb2.TradeSignal()],
    )
    log_analysis(context, PipelineState(assessment=assessment), analysis, 12.3456)
    common = {"symbol": "AAPL", "correlation_id": ID, "log_level": "info"}
    assert lines == [
        {
            "event": "pattern_detected",
            "pattern_type": "PATTERN_TYPE_SPRING",
            "confidence": 85,
            "phase": "PHASE_C",
            **common,
        },
        {
            "event": "risk_validation_complete",
            "approved_count": 1,
            "rejected_count": 3,
            "rejection_reasons": {"Risk: too far": 2, "Risk: late": 1},
            **common,
        },
        {
            "event": "signals_generated",
            "signal_count": 1,
            "symbols_analyzed": 1,
            "total_time_ms": 12.346,
            **common,
        },
    ]


async def test_a_run_is_told_from_start_to_signals_and_a_missing_stage_is_an_error(lines: list[Any]) -> None:
    clock = FakeClock()
    fake = FakeTransport({"AnalyzeVolume": even_volume, "DetectPhases": UnavailableError("gone")})
    store = MemorySignalStore(lambda: datetime(2024, 1, 1, tzinfo=UTC))
    servicer = build_servicer(fake.as_services(), store, OrchestratorSettings(), clock=clock, new_id=lambda: ID)
    request = orchestrator_pb2.AnalyzeBarsRequest(bars=bars_to_proto(wave_bars(60)))
    with watching() as book:
        await servicer.AnalyzeBars(request, Caller())
    events = [line["event"] for line in lines]
    stages = {line["stage"]: line["success"] for line in lines if line["event"] == "pipeline_stage_complete"}
    assert events[0] == "orchestrator_analysis_start"
    assert events[-1] == "signals_generated"
    # risk has not run: nothing is said for it
    assert "risk_validation_complete" not in events
    assert stages["range"]
    assert not stages["phase"]

    whole = book.named("orchestrator.analyze_symbol")
    assert (whole.attributes or {})["complete"] is False
    assert whole.status.status_code.name == "UNSET"
    ran = [item.name for item in book.ended if item.name.startswith("stage.")]
    assert ran == ["stage.data", "stage.volume", "stage.range", "stage.phase"]
    assert {parent_id(book.named(name)) for name in ran} == {span_id(whole)}
    assert book.named("stage.phase").status.description == "UNAVAILABLE: gone"
    assert book.open_count == 0
