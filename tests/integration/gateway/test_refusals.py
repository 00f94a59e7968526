"""Paths, parameters and methods that are wrong are refused with a problem document, and nothing is stored."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tests.support.gateway import gateway_settings, running_gateway, serving_gateway
from tests.support.gateway_bodies import as_columns
from tests.support.gateway_refusals import instrument_count, problem
from tests.support.raw_http import get
from tests.support.samples import wave_bars

if TYPE_CHECKING:
    from pathlib import Path


async def test_paths_that_lead_nowhere(tmp_path: Path) -> None:
    async with running_gateway(tmp_path) as whole:
        address = whole.gateway.server.address
        symbols = {
            "..%2f..%2fetc%2fpasswd/1d": (404, "INSTRUMENT_UNKNOWN"),
            "..%5c..%5cx/1d": (404, "INSTRUMENT_UNKNOWN"),
            "%00/1d": (400, "INVALID_ARGUMENT"),
            "A%0d%0aX-Evil:1/1d": (404, "ROUTE_UNKNOWN"),
            f"{'A' * 21}/1d": (400, "INVALID_ARGUMENT"),
            f"{'A' * 8_000}/1d": (400, "INVALID_ARGUMENT"),
            "%ff%fe/1d": (400, "INVALID_ARGUMENT"),
            "%2e%2e/..": (400, "INVALID_ARGUMENT"),
            "AAPL/1d%00": (400, "INVALID_ARGUMENT"),
            "AAPL/1x": (400, "INVALID_ARGUMENT"),
            "AAPL/..%2f1d": (404, "INSTRUMENT_UNKNOWN"),
            "AAPL": (404, "ROUTE_UNKNOWN"),
        }
        for path, expected in symbols.items():
            answer = await get(address, f"/api/v1/analysis/{path}")
            assert (answer.status, answer.json()["reason"]) == expected, path
            assert "x-evil" not in answer.headers
        for path in (
            "/api",
            "/api/v1",
            "/api/v1/../../etc/passwd",
            "//api/v1/signals",
            "/api/v1/signals/",
            "/api/v2/x",
        ):
            answer = await get(address, path)
            assert (answer.status, answer.headers["content-type"]) == (404, "application/problem+json"), path
        for signal_id in ("nobody", "%00", "..%2f", "x" * 65, "'%20or%201=1"):
            assert (await get(address, f"/api/v1/signals/{signal_id}")).status in {400, 404}
        assert await instrument_count(whole.gateway) == 0


#: Queries, each with the field that is named.
WRONG_PARAMETERS: Final = [
    ("signals?symbl=AAPL", "symbl"),
    ("signals?page_size=0", "page_size"),
    ("signals?page_size=1001", "page_size"),
    ("signals?page_size=ten", "page_size"),
    ("signals?pattern_type=HEAD_AND_SHOULDERS", "pattern_type[0]"),
    ("signals?from=yesterday", "from"),
    ("signals?from=2026-01-31T10:00:00", "from"),
    ("signals?symbol=A%20B", "symbol"),
    ("signals?timeframe=day", "timeframe"),
    ("rejections?stage=volume", "stage"),
    ("rejections?near_misses_only=perhaps", "near_misses_only"),
    ("analysis/AAPL/1d?lookback_bars=0", "lookback_bars"),
    ("analysis/AAPL/1d?lookback_bars=100001", "lookback_bars"),
    ("analysis/AAPL/1d?scales=HUGE", "scales[0]"),
    ("analysis/AAPL/1d?context_timeframe=week", "context_timeframe"),
]


async def test_wrong_parameters(tmp_path: Path) -> None:
    async with serving_gateway(gateway_settings(tmp_path)) as gateway:
        for path, field in WRONG_PARAMETERS:
            document = problem(await gateway.client.get(f"/api/v1/{path}"), 400)
            assert [item["field"] for item in document["field_violations"]] == [field], path


async def test_methods_ids_and_tokens(tmp_path: Path) -> None:
    async with running_gateway(tmp_path) as whole:
        client = whole.client
        for method, path, allowed in (
            ("DELETE", "signals", "GET"),
            ("GET", "bars", "POST"),
            ("PUT", "analyze", "POST"),
        ):
            answer = await client.request(method, f"/api/v1/{path}")
            assert problem(answer, 405)["reason"] == "METHOD_NOT_ALLOWED"
            assert answer.headers["Allow"] == allowed
        nowhere = problem(await client.get("/api/v1/nowhere"), 404)
        assert "openapi.json" in nowhere["detail"]
        assert "plotly" in problem(await client.get("/web/plotly-0.0.0.min.js"), 404)["detail"]
        wrong_id = await client.get("/api/v1/signals", headers={"X-Correlation-ID": "no id"})
        assert [item["field"] for item in problem(wrong_id, 400)["field_violations"]] == ["X-Correlation-ID"]
        for token in ("x", "!", "AAAA", "%00"):
            document = problem(await client.get("/api/v1/signals", params={"page_token": token}), 400)
            assert [item["field"] for item in document["field_violations"]] == ["page_token"]
        key = await client.post("/api/v1/bars", json=as_columns(wave_bars(20)), headers={"Idempotency-Key": "x" * 129})
        assert [item["field"] for item in problem(key, 400)["field_violations"]] == ["Idempotency-Key"]
        assert await instrument_count(whole.gateway) == 0
