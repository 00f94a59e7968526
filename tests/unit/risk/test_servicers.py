"""Contract and domain of the pattern and risk stages say the same; wrong requests are refused by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from services.pattern.config import PatternSettings
from services.pattern.detect import detect_patterns
from services.pattern.servicer import PatternServicer
from services.risk.assess import assess_patterns
from services.risk.servicer import RiskServicer
from tests.unit.pattern.scenes import breakout_sketch
from tests.unit.risk.cases import SETTINGS
from wyckoff.model.portfolio import default_portfolio
from wyckoff.pattern.v1 import pattern_pb2
from wyckoff.risk.v1 import risk_pb2
from wyckoff.rpc.errors import InvalidArgumentError
from wyckoff.rpc.offload import Inline
from wyckoff.wire.bars import bars_to_proto
from wyckoff.wire.patterns import patterns_from_proto
from wyckoff.wire.phases import phases_to_proto
from wyckoff.wire.portfolio import portfolio_to_proto
from wyckoff.wire.ranges import ranges_to_proto
from wyckoff.wire.risk import rejection_from_proto, signal_from_proto
from wyckoff.wire.volume import volume_to_proto

if TYPE_CHECKING:
    from collections.abc import Callable


def pattern_request() -> pattern_pb2.DetectPatternsRequest:
    bars, volume, trading_range, reading = breakout_sketch().build()
    times = bars.open_time_ms.tolist()
    return pattern_pb2.DetectPatternsRequest(
        bars=bars_to_proto(bars),
        volume=volume_to_proto(volume),
        ranges=ranges_to_proto([trading_range], times),
        phases=phases_to_proto([reading], times),
    )


def risk_request() -> risk_pb2.AssessPatternsRequest:
    request = pattern_request()
    return risk_pb2.AssessPatternsRequest(
        symbol="TEST",
        timeframe="1d",
        open_time_ms=request.bars.open_time_ms,
        patterns=PatternServicer(PatternSettings(), Inline()).detect(request).patterns,
        ranges=request.ranges,
        phases=request.phases,
        volume=request.volume,
        portfolio=portfolio_to_proto(default_portfolio()),
    )


async def test_patterns_over_the_contract_are_those_of_the_domain() -> None:
    bars, volume, trading_range, reading = breakout_sketch().build()
    answer = await PatternServicer(PatternSettings(), Inline()).DetectPatterns(pattern_request(), object())

    domain = detect_patterns(bars, volume, [trading_range], [reading], PatternSettings())
    assert len(domain.patterns) == 2
    assert patterns_from_proto(answer.patterns, len(bars)) == domain.patterns


async def test_assessments_over_the_contract_are_those_of_the_domain() -> None:
    bars, volume, trading_range, reading = breakout_sketch().build()
    patterns = detect_patterns(bars, volume, [trading_range], [reading], PatternSettings()).patterns
    answer = await RiskServicer(SETTINGS, Inline()).AssessPatterns(risk_request(), object())

    domain = assess_patterns(
        "TEST",
        "1d",
        bars.open_time_ms.tolist(),
        patterns,
        [trading_range],
        [reading],
        volume,
        default_portfolio(),
        SETTINGS,
    )
    assert len(domain.signals) + len(domain.rejections) == 2
    assert tuple(signal_from_proto(item) for item in answer.signals) == domain.signals
    assert tuple(rejection_from_proto(item) for item in answer.rejections) == domain.rejections


def test_a_reading_without_its_range_is_refused() -> None:
    request = pattern_request()
    request.phases[0].range_id = "elsewhere"

    with pytest.raises(InvalidArgumentError) as caught:
        PatternServicer(PatternSettings(), Inline()).detect(request)

    assert caught.value.violations[0].field == "phases[0].range_id"


def test_a_wrong_risk_request_names_its_field() -> None:
    def field_of(change: Callable[[risk_pb2.AssessPatternsRequest], object]) -> str:
        request = risk_request()
        change(request)
        with pytest.raises(InvalidArgumentError) as caught:
            RiskServicer(SETTINGS, Inline()).assess(request)
        return caught.value.violations[0].field

    assert field_of(lambda request: request.ClearField("portfolio")) == "portfolio"
    assert field_of(lambda request: request.ClearField("open_time_ms")) == "open_time_ms"
    assert field_of(lambda request: request.open_time_ms.__setitem__(5, 0)) == "open_time_ms[5]"
    assert field_of(lambda request: request.ClearField("symbol")) == "symbol"
    assert field_of(lambda request: setattr(request, "timeframe", "daily")) == "timeframe"
    assert field_of(lambda request: setattr(request.portfolio, "equity", "1e5")) == "portfolio.equity"
    assert field_of(lambda request: setattr(request.patterns[0], "known_at_index", 120)) == "patterns[0].known_at_index"
