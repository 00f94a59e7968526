"""Traces, metrics and logs of a whole system of real processes, each call seen from its client to the last stage."""

from __future__ import annotations

import asyncio
import json
import uuid
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
import pytest_asyncio
from opentelemetry import trace

from tests.e2e.test_up import DOOR_NAMES, NAMES, running
from tests.support.otlp import Collector, Received, collecting, is_connected
from tests.support.prometheus import Page, scrape
from tests.support.samples import wave_bars
from wyckoff.client import WyckoffClient
from wyckoff.rpc import catalogue
from wyckoff.rpc.errors import WyckoffError
from wyckoff.schematics import schematic
from wyckoff.telemetry.settings import TelemetrySettings
from wyckoff.telemetry.setup import setup_telemetry
from wyckoff.telemetry.spans import span

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence
    from pathlib import Path

pytestmark = pytest.mark.asyncio(loop_scope="module")

ANALYZE_BARS = catalogue.ANALYZE_BARS.path.removeprefix("/")
ANALYZE_SYMBOL = catalogue.ANALYZE_SYMBOL.path.removeprefix("/")
ANALYZE_VOLUME = catalogue.ANALYZE_VOLUME.path.removeprefix("/")
STAGES = ["data", "volume", "range", "phase", "pattern", "risk", "validation", "signal"]
CANCELLED, DEADLINE_EXCEEDED, INTERNAL = 1, 4, 13
WAIT_S = 30
#: Bars with patterns: without one, risk is not asked.
PATTERNED = schematic(kind="accumulation", shakeout=True, noise=0.3, seed=0).bars
CALLED = (
    catalogue.ANALYZE_SYMBOL,
    catalogue.GET_BARS,
    catalogue.ANALYZE_VOLUME,
    catalogue.DETECT_RANGES,
    catalogue.DETECT_PHASES,
    catalogue.DETECT_PATTERNS,
    catalogue.GET_PORTFOLIO,
    catalogue.ASSESS_PATTERNS,
)


@dataclass(frozen=True)
class Watched:
    """A running system, what it sends and writes, and a client that is traced too."""

    collector: Collector
    orchestrator: str
    marketdata: str
    folder: Path

    def lines(self, service: str) -> list[dict[str, Any]]:
        text = (self.folder / "data" / "logs" / f"{service}.log").read_text()
        return [json.loads(line) for line in text.splitlines() if line.startswith("{")]

    async def metrics(self, service: str) -> Page:
        (port,) = [line["port"] for line in self.lines(service) if line["event"] == "metrics_served"]
        return await scrape(port)

    def break_volume(self, fault: dict[str, Any] | None) -> None:
        part = self.folder / "faults.part"
        part.write_text(json.dumps({"volume": fault} if fault else {}))
        part.replace(self.folder / "faults.json")


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def system(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Watched]:
    folder = tmp_path_factory.mktemp("telemetry")
    async with collecting() as collector:
        environment = {
            "OTEL_EXPORTER_OTLP_ENDPOINT": collector.endpoint,
            "OTEL_BSP_SCHEDULE_DELAY": "50",
            "WYCKOFF_TELEMETRY_METRICS_PORT": "0",
            "WYCKOFF_FAULTS_ENABLED": "1",
            "WYCKOFF_FAULTS_FILE": str(folder / "faults.json"),
            # every analysis is to reach every stage
            "ORCHESTRATOR_ENABLE_CACHING": "false",
            # an analysis in the background would share the reading of the account with the traced one
            "ORCHESTRATOR_LIVE": "false",
        }
        starting = running(folder, environment)
        processes = await asyncio.to_thread(starting.__enter__)
        try:
            services = processes.services()
            settings = TelemetrySettings(otlp_endpoint=collector.endpoint, export_interval_ms=50)
            telemetry = setup_telemetry("client", settings, logs=False)
            try:
                yield Watched(collector, services["orchestrator"]["address"], services["marketdata"]["address"], folder)
            finally:
                # its last export is answered by this event loop
                await asyncio.to_thread(telemetry.shutdown)
        finally:
            await asyncio.to_thread(starting.__exit__, None, None, None)


def _one(spans: Sequence[Received], name: str, kind: str = "INTERNAL") -> Received:
    (found,) = [item for item in spans if (item.name, item.kind) == (name, kind)]
    return found


def _has(*names: tuple[str, str]) -> Callable[[Sequence[Received]], bool]:
    """Whether a trace is connected and has a span of each of these names and kinds."""

    def complete(spans: Sequence[Received]) -> bool:
        return is_connected(spans) and set(names) <= {(item.name, item.kind) for item in spans}

    return complete


async def _finish(system: Watched, trace_id: str, *names: tuple[str, str]) -> list[Received]:
    return await system.collector.wait(trace_id, _has(("client", "INTERNAL"), *names))


def _current_trace() -> str:
    return trace.format_trace_id(trace.get_current_span().get_span_context().trace_id)


async def test_one_call_is_one_trace_over_all_processes(system: Watched) -> None:
    correlation_id = str(uuid.uuid4())
    async with WyckoffClient.connect(system.marketdata, timeout_s=30) as marketdata:
        await marketdata.ingest_bars(PATTERNED)
    async with WyckoffClient.connect(system.orchestrator, timeout_s=30) as client:
        with span("client", correlation_id=correlation_id):
            trace_id = _current_trace()
            analysis = await client.analyze_symbol(PATTERNED.symbol, "1d", correlation_id=correlation_id)
    assert analysis.complete
    stages = [(f"stage.{name}", "INTERNAL") for name in STAGES]
    called = [(analysis_rpc.path.removeprefix("/"), "SERVER") for analysis_rpc in CALLED]
    spans = await _finish(system, trace_id, (ANALYZE_SYMBOL, "CLIENT"), *stages, *called)

    assert {item.service for item in spans} == {"client", *(NAMES - DOOR_NAMES)}
    assert {item.attributes["correlation_id"] for item in spans} == {correlation_id}
    assert not [item for item in spans if item.failed]
    by_id = {item.span_id: item for item in spans}
    served = [item for item in spans if item.kind == "SERVER"]
    for item in served:
        caller = by_id[item.parent_id]
        assert (caller.name, caller.kind) == (item.name, "CLIENT")
        assert caller.service != item.service
        assert item.code == caller.code == 0
    whole = _one(spans, "orchestrator.analyze_symbol")
    assert (whole.attributes["symbol"], whole.attributes["timeframe"]) == (PATTERNED.symbol, "1d")
    assert by_id[whole.parent_id] == _one(spans, ANALYZE_SYMBOL, "SERVER")
    assert [by_id[_one(spans, name).parent_id] for name, _ in stages] == [whole] * len(STAGES)
    assert by_id[_one(spans, ANALYZE_VOLUME, "CLIENT").parent_id].name == "stage.volume"


async def test_a_failed_stage_is_an_error_on_both_ends(system: Watched) -> None:
    system.break_volume({"error": "INTERNAL"})
    async with WyckoffClient.connect(system.orchestrator, timeout_s=30) as client:
        with span("client"):
            trace_id = _current_trace()
            analysis = await client.analyze_bars(wave_bars(300, symbol="FAILED"))
    system.break_volume(None)
    assert not analysis.complete
    spans = await _finish(system, trace_id, (ANALYZE_VOLUME, "SERVER"), (ANALYZE_BARS, "SERVER"))
    for kind in ("CLIENT", "SERVER"):
        end = _one(spans, ANALYZE_VOLUME, kind)
        assert (end.code, end.failed) == (INTERNAL, True)
    stage, whole = _one(spans, "stage.volume"), _one(spans, "orchestrator.analyze_symbol")
    assert stage.failed
    assert "failed on purpose" in stage.message
    # the caller has got an answer, a partial one
    assert (whole.failed, whole.attributes["complete"]) == (False, False)
    assert _one(spans, ANALYZE_BARS, "SERVER").code == 0


async def test_a_call_that_fails_as_a_whole(system: Watched) -> None:
    async with WyckoffClient.connect(system.orchestrator, timeout_s=30) as client:
        with suppress(WyckoffError), span("client"):
            trace_id = _current_trace()
            await client.analyze_symbol("NOBODY", "1d")
    spans = await _finish(system, trace_id, (ANALYZE_SYMBOL, "SERVER"), ("orchestrator.analyze_symbol", "INTERNAL"))
    ends = [_one(spans, ANALYZE_SYMBOL, kind) for kind in ("CLIENT", "SERVER")]
    assert ends[0].failed
    assert ends[0].code == ends[1].code != 0
    for name in ("client", "orchestrator.analyze_symbol", "stage.data"):
        assert _one(spans, name).failed


async def test_a_timed_out_call_ends_on_both_ends(system: Watched) -> None:
    system.break_volume({"hang": True})
    async with WyckoffClient.connect(system.orchestrator, timeout_s=1) as client:
        with span("client"):
            trace_id = _current_trace()
            analysis = await client.analyze_bars(wave_bars(300, symbol="LATE"))
    system.break_volume(None)
    assert not analysis.complete
    spans = await _finish(system, trace_id, (ANALYZE_VOLUME, "SERVER"), (ANALYZE_BARS, "SERVER"))
    for kind in ("CLIENT", "SERVER"):
        end = _one(spans, ANALYZE_VOLUME, kind)
        assert (end.code, end.failed) == (DEADLINE_EXCEEDED, True)
    assert "DEADLINE_EXCEEDED" in _one(spans, "stage.volume").message
    assert _one(spans, ANALYZE_BARS, "SERVER").code == 0


async def test_a_cancelled_call_ends_in_every_process(system: Watched) -> None:
    system.break_volume({"hang": True})
    trace_ids: list[str] = []

    async def ask() -> None:
        async with WyckoffClient.connect(system.orchestrator, timeout_s=60) as client:
            with span("client"):
                trace_ids.append(_current_trace())
                await client.analyze_bars(wave_bars(300, symbol="CANCELLED"))

    task = asyncio.create_task(ask())
    async with asyncio.timeout(WAIT_S):
        while not await _is_hanging(system):
            assert not task.done()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    spans = await _finish(system, trace_ids[0], (ANALYZE_VOLUME, "SERVER"), (ANALYZE_BARS, "SERVER"))
    system.break_volume(None)
    for name in (ANALYZE_VOLUME, ANALYZE_BARS):
        client, server = _one(spans, name, "CLIENT"), _one(spans, name, "SERVER")
        assert (client.code, client.failed) == (CANCELLED, True)
        # to go away is the caller's right, and no error of the server
        assert (server.code, server.failed) == (CANCELLED, False)
    for name in ("client", "orchestrator.analyze_symbol", "stage.volume"):
        assert _one(spans, name).message == "cancelled"
    assert not [item for item in spans if item.name == "stage.range"]
    page = await system.metrics("volume")
    assert page.value("rpc_server_in_flight", rpc_method="AnalyzeVolume") == 0


async def _is_hanging(system: Watched) -> bool:
    page = await system.metrics("volume")
    method = {"rpc_method": "AnalyzeVolume"}
    return page.has("rpc_server_in_flight", **method) and page.value("rpc_server_in_flight", **method) == 1


async def test_logs_and_metrics_tell_of_an_analysis(system: Watched) -> None:
    correlation_id = str(uuid.uuid4())
    async with WyckoffClient.connect(system.orchestrator, timeout_s=30) as client:
        with span("client"):
            trace_id = _current_trace()
            await client.analyze_bars(PATTERNED, correlation_id=correlation_id)
    await _finish(system, trace_id, (ANALYZE_BARS, "SERVER"))
    lines = [line for line in system.lines("orchestrator") if line.get("trace_id") == trace_id]
    assert {line["correlation_id"] for line in lines} == {correlation_id}
    assert {line["service"] for line in lines} == {"orchestrator"}
    events = [line["event"] for line in lines]
    assert events[0] == "orchestrator_analysis_start"
    assert events.count("pipeline_stage_complete") == len(STAGES)
    (risk,) = [line for line in lines if line["event"] == "risk_validation_complete"]
    assert risk["approved_count"] + risk["rejected_count"] == events.count("pattern_detected") > 0
    (signals,) = [line for line in lines if line["event"] == "signals_generated"]
    assert (signals["signal_count"], signals["symbols_analyzed"]) == (risk["approved_count"], 1)
    assert signals["total_time_ms"] > 0

    page = await system.metrics("orchestrator")
    for stage in STAGES:
        assert page.value("wyckoff_stage_duration_seconds_count", stage=stage, success="true") >= 1
    assert page.value("rpc_server_requests_total", rpc_method="AnalyzeBars", code="OK") >= 1
    assert page.value("rpc_client_requests_total", rpc_method="DetectRanges", code="OK") >= 1
    assert page.value("wyckoff_breaker_state", target="range") == 0
    for name in ("wyckoff_cache_hits_total", "wyckoff_cache_misses_total", "wyckoff_events_queue_depth"):
        assert page.has(name)
    assert page.has("wyckoff_events_dropped_total", subscriber="events")
