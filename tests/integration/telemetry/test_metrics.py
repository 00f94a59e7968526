"""The Prometheus endpoint, asked over HTTP."""

from __future__ import annotations

import socket
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

import pytest

from tests.support.behaviours import mount_of
from tests.support.prometheus import scrape
from tests.support.serving import serving
from wyckoff.rpc.catalogue import ANALYZE_VOLUME, VOLUME
from wyckoff.rpc.channel import GrpcTransport
from wyckoff.rpc.errors import InvalidArgumentError, UnavailableError
from wyckoff.telemetry.readings import (
    BreakerReading,
    CacheReading,
    QueueReading,
    observe_breakers,
    observe_caches,
    observe_queues,
)
from wyckoff.telemetry.settings import TelemetrySettings
from wyckoff.telemetry.setup import Telemetry, setup_telemetry
from wyckoff.telemetry.spans import stage_ended
from wyckoff.volume.v1 import volume_pb2

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

METHOD = {"rpc_service": VOLUME, "rpc_method": "AnalyzeVolume"}


@contextmanager
def measuring() -> Iterator[Telemetry]:
    telemetry = setup_telemetry("test", TelemetrySettings(metrics_port=0), logs=False)
    try:
        yield telemetry
    finally:
        telemetry.shutdown()


async def test_calls_are_counted_and_timed_on_both_sides() -> None:
    seen: list[float] = []

    async def answer(port: int, request: volume_pb2.AnalyzeVolumeRequest, _context: Any) -> Any:
        seen.append((await scrape(port)).value("rpc_server_in_flight", **METHOD))
        if not request.bars.symbol:
            raise InvalidArgumentError.of("bars.symbol", "is empty")
        return volume_pb2.AnalyzeVolumeResponse()

    with measuring() as telemetry:
        port = telemetry.metrics_port
        async with serving([mount_of(ANALYZE_VOLUME, partial(answer, port))]) as server:
            transport = GrpcTransport.connect(server.address)
            good = volume_pb2.AnalyzeVolumeRequest()
            good.bars.symbol = "AAPL"
            for _ in range(2):
                await transport.unary(ANALYZE_VOLUME, good, timeout_s=30)
            with pytest.raises(InvalidArgumentError):
                await transport.unary(ANALYZE_VOLUME, volume_pb2.AnalyzeVolumeRequest(), timeout_s=30)
            await transport.close()
        page = await scrape(port)
    assert seen == [1, 1, 1]
    for side in ("client", "server"):
        assert page.value(f"rpc_{side}_requests_total", code="OK", **METHOD) == 2
        assert page.value(f"rpc_{side}_requests_total", code="INVALID_ARGUMENT", **METHOD) == 1
        assert page.value(f"rpc_{side}_duration_seconds_count", **METHOD) == 3
        assert page.value(f"rpc_{side}_duration_seconds_bucket", le="+Inf", **METHOD) == 3
        assert page.value(f"rpc_{side}_in_flight", **METHOD) == 0
    assert page.value("target_info", service_name="test", service_namespace="wyckoff") == 1


async def test_readings_are_asked_for_when_the_page_is() -> None:
    breakers = {"volume": BreakerReading.CLOSED}
    stops = [
        observe_breakers(lambda: dict(breakers)),
        observe_caches(lambda: {"stages": CacheReading(hits=3, misses=2, entries=1)}),
        observe_queues(lambda: {"watcher": QueueReading(depth=7, dropped=4)}),
    ]
    with measuring() as telemetry:
        stage_ended("volume", success=True, execution_time_ms=20.0)
        stage_ended("volume", success=False, execution_time_ms=20.0)
        first = await scrape(telemetry.metrics_port)
        breakers["volume"] = BreakerReading.OPEN
        second = await scrape(telemetry.metrics_port)
        for stop in stops:
            stop()
        third = await scrape(telemetry.metrics_port)
    assert first.value("wyckoff_breaker_state", target="volume") == 0
    assert second.value("wyckoff_breaker_state", target="volume") == 2
    assert first.value("wyckoff_cache_hits_total", cache="stages") == 3
    assert first.value("wyckoff_cache_misses_total", cache="stages") == 2
    assert first.value("wyckoff_cache_entries", cache="stages") == 1
    assert first.value("wyckoff_events_queue_depth", subscriber="watcher") == 7
    assert first.value("wyckoff_events_dropped_total", subscriber="watcher") == 4
    assert first.value("wyckoff_stage_duration_seconds_sum", stage="volume", success="true") == pytest.approx(0.02)
    assert first.value("wyckoff_stage_duration_seconds_count", stage="volume", success="false") == 1
    assert not third.has("wyckoff_events_queue_depth")


async def test_the_endpoint_ends_with_telemetry() -> None:
    with measuring() as telemetry:
        port = telemetry.metrics_port
    with pytest.raises(ConnectionRefusedError):
        await scrape(port)


def test_a_taken_port_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(UnavailableError, match=f"127.0.0.1:{port}"):
            setup_telemetry("test", TelemetrySettings(metrics_port=port), logs=False)
