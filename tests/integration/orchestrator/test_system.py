"""The main job over real servers: bars in, signals out, stored once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.system import running_system
from tools.sample_bars import STOCKS, sample_bars
from wyckoff.orchestrator.v1 import orchestrator_pb2
from wyckoff.risk.v1 import risk_pb2
from wyckoff.rpc.errors import InvalidArgumentError, NotFoundError
from wyckoff.schematics import schematic

if TYPE_CHECKING:
    from pathlib import Path

    from wyckoff.client import WyckoffClient
    from wyckoff.risk.v1.risk_pb2 import TradeSignal

CHAIN = ["Volume", "Phase", "Levels", "Risk", "Strategy"]


def _check_signal(signal: TradeSignal) -> None:
    assert [result.stage for result in signal.validation_chain.results] == CHAIN
    assert signal.validation_chain.overall_status in (
        risk_pb2.VALIDATION_STATUS_PASS,
        risk_pb2.VALIDATION_STATUS_WARN,
    )
    assert 70 <= signal.confidence_score <= 95
    entry, stop, target = (
        float(text) for text in (signal.entry_price, signal.stop_loss, signal.target_levels.primary_target)
    )
    assert (stop < entry < target) or (stop > entry > target)
    assert float(signal.position_size) >= 1
    assert float(signal.risk_amount) > 0
    for name in ("signal_id", "symbol", "pattern_id", "range_id", "campaign_id", "timeframe", "r_multiple"):
        assert getattr(signal, name), name
    assert signal.pattern_data
    assert signal.volume_analysis
    assert signal.HasField("timestamp")


async def _stored_rejections(client: WyckoffClient) -> list[risk_pb2.Rejection]:
    found: list[risk_pb2.Rejection] = []
    token = ""
    while True:
        page = await client.list_rejections(page_size=7, page_token=token)
        found += page.rejections
        if not (token := page.next_page_token):
            return found


async def test_real_bars_give_signals_and_reasons_and_are_stored_once(tmp_path: Path) -> None:
    async with running_system(tmp_path) as system:
        for symbol in STOCKS:
            bars = sample_bars(symbol)
            stored = await system.marketdata.ingest_bars(bars)
            assert stored.inserted_count == len(bars)
        analyses = {}
        async for answer in system.client.analyze_symbols(list(STOCKS), "1d", lookback_bars=5000):
            analyses[answer.analysis.symbol] = answer.analysis
        assert set(analyses) == set(STOCKS)
        signals = [signal for analysis in analyses.values() for signal in analysis.signals]
        assert signals
        for analysis in analyses.values():
            assert analysis.complete
            assert len(analysis.signals) + len(analysis.rejections) == len(analysis.patterns)
        for signal in signals:
            _check_signal(signal)
            assert signal.HasField("created_at")
        for rejection in (item for analysis in analyses.values() for item in analysis.rejections):
            assert rejection.stage in CHAIN
            assert rejection.reason

        again = await system.client.analyze_symbol(signals[0].symbol, "1d", lookback_bars=5000)
        assert list(again.signals) == list(analyses[signals[0].symbol].signals)
        listed = await system.client.list_signals(page_size=1000)
        assert {item.signal_id for item in listed.signals} == {item.signal_id for item in signals}
        assert await system.client.get_signal(signals[0].signal_id) == signals[0]
        refused = {item.rejection_id for analysis in analyses.values() for item in analysis.rejections}
        assert {item.rejection_id for item in await _stored_rejections(system.client)} == refused


async def test_a_schematic_gives_its_events_over_grpc(tmp_path: Path) -> None:
    labelled = schematic(kind="accumulation", shakeout=True, noise=0.3, seed=11)
    async with running_system(tmp_path) as system:
        analysis = await system.client.analyze_bars(labelled.bars)
        kinds = {event.type for reading in analysis.phases for event in reading.events}
        assert len(kinds) >= 6
        listed = await system.client.list_signals()
        assert not listed.signals


async def test_errors_of_the_system_name_what_is_wrong(tmp_path: Path) -> None:
    async with running_system(tmp_path) as system:
        with pytest.raises(NotFoundError, match="ACME"):
            await system.client.analyze_symbol("ACME", "1d")
        with pytest.raises(InvalidArgumentError) as caught:
            await system.client.analyze_symbol("", "1d")
        assert [item.field for item in caught.value.violations] == ["symbol"]
        with pytest.raises(NotFoundError):
            await system.client.get_signal("nobody")


async def test_health_tells_which_service_is_missing(tmp_path: Path) -> None:
    async with running_system(tmp_path) as system:
        health = await system.client.get_health()
        assert health.status == orchestrator_pb2.HEALTH_STATUS_HEALTHY
        assert {item.component for item in health.components} == {
            "marketdata",
            "volume",
            "range",
            "phase",
            "pattern",
            "risk",
            "portfolio",
        }
