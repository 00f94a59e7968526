"""Requests as spans of one trace over all services, and as metrics."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from opentelemetry import trace

from tests.support.fakes import FakeTransport
from tests.support.gateway import gateway_settings, running_gateway, serving_gateway
from tests.support.gateway_bodies import as_columns
from tests.support.prometheus import scrape
from tests.support.samples import wave_bars
from tests.support.spans import parent_id, span_id, watching
from wyckoff.telemetry.settings import TelemetrySettings
from wyckoff.telemetry.setup import setup_telemetry

if TYPE_CHECKING:
    from pathlib import Path

TRACE_ID = "0af7651916cd43dd8448eb211c80319c"


async def test_one_trace_from_the_request_to_the_stages(tmp_path: Path) -> None:
    correlation_id = str(uuid.uuid4())
    headers = {"traceparent": f"00-{TRACE_ID}-b7ad6b7169203331-01", "X-Correlation-ID": correlation_id}
    with watching() as book:
        async with running_gateway(tmp_path) as whole:
            body = {"bars": as_columns(wave_bars(300))}
            answer = await whole.client.post("/api/v1/analyze", json=body, headers=headers)
            assert answer.status_code == 200
    request = book.named("http.request", "SERVER")
    assert request.context is not None
    assert trace.format_trace_id(request.context.trace_id) == TRACE_ID
    assert request.attributes is not None
    assert dict(request.attributes) == {
        "http.request.method": "POST",
        "http.route": "/api/v1/analyze",
        "http.response.status_code": 200,
        "correlation_id": correlation_id,
    }
    call = book.named("wyckoff.orchestrator.v1.OrchestratorService/AnalyzeBars", "CLIENT")
    assert parent_id(call) == span_id(request)
    stage = book.named("stage.pattern")
    assert stage.context is not None
    assert stage.context.trace_id == request.context.trace_id
    assert (stage.attributes or {})["correlation_id"] == correlation_id


async def test_requests_are_counted_by_route(tmp_path: Path) -> None:
    telemetry = setup_telemetry("test", TelemetrySettings(metrics_port=0), logs=False)
    try:
        async with serving_gateway(gateway_settings(tmp_path), FakeTransport()) as gateway:
            for path in ("signals", "signals/a", "signals/b", "nothing/1", "nothing/2"):
                await gateway.client.get(f"/api/v1/{path}")
            await gateway.client.request("BREW", "/api/v1/signals")
        page = await scrape(telemetry.metrics_port)
        name = "http_server_requests_total"
        assert page.value(name, route="/api/v1/signals", method="GET", status="200") == 1
        # ids and wrong paths make no series of their own
        assert page.value(name, route="/api/v1/signals/{signal_id}", status="200") == 2
        assert page.value(name, route="_OTHER", method="GET", status="404") == 2
        assert page.value(name, method="_OTHER", status="405") == 1
        assert page.value("http_server_in_flight", method="GET") == 0
        assert page.value("http_server_duration_seconds_count", route="/api/v1/signals", method="GET") == 1
    finally:
        telemetry.shutdown()
