"""What is wrong is refused with a problem document that says what, and nothing of it is stored."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from tests.support.gateway import Gateway, gateway_settings, running_gateway, serving_gateway
from tests.support.gateway_bodies import as_columns, as_rows
from tests.support.raw_http import exchange, get
from tests.support.samples import wave_bars

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    import httpx2

BARS: Final = wave_bars(20)
JSON: Final = {"Content-Type": "application/json"}
FIELDS: Final = {"type", "title", "status", "detail", "instance", "code", "reason", "domain"}


def _with(**changes: Any) -> dict[str, Any]:
    return {**as_columns(BARS), **changes}


def _value(column: str, value: Any) -> dict[str, Any]:
    body = as_columns(BARS)
    body[column][7] = value
    return body


def _row(**changes: Any) -> dict[str, Any]:
    body = as_rows(BARS)
    body["rows"][7] = {**body["rows"][7], **changes}
    return body


def _text(value: str) -> str:
    """The body with one closing price written as ``value``."""
    return json.dumps(_value("close", "HERE")).replace('"HERE"', value)


#: Bodies, each with the field that is named.
WRONG: Final[dict[str, tuple[str | bytes | dict[str, Any] | list[Any], str]]] = {
    "NaN": (_text("NaN"), "columns.close[7]"),
    "Infinity": (_text("-Infinity"), "columns.close[7]"),
    "a number beyond all numbers": (_text("1e400"), "columns.close[7]"),
    "a number as text": (_value("close", "12.5"), "columns.close[7]"),
    "a truth value": (_value("close", True), "columns.close[7]"),
    "no number": (_value("close", None), "columns.close[7]"),
    "an object": (_value("close", {}), "columns.close[7]"),
    "below zero": (_value("close", -1.0), "columns.close[7]"),
    "zero": (_value("open", 0), "columns.open[7]"),
    "a negative volume": (_value("volume", -1), "columns.volume[7]"),
    "high below low": (_value("high", 0.5), "bars.high[7]"),
    "a time twice": (_value("open_time_ms", as_columns(BARS)["open_time_ms"][6]), "bars.open_time_ms[7]"),
    "a time in seconds, text": (_value("open_time_ms", "1199750400"), "columns.open_time_ms[7]"),
    "a time beyond 9999": (_value("open_time_ms", 10**18), "columns.open_time_ms[7]"),
    "a time beyond 64 bits": (_value("open_time_ms", 10**30), "columns.open_time_ms[7]"),
    "a fraction of a millisecond": (_value("open_time_ms", 1.5), "columns.open_time_ms[7]"),
    "columns of different lengths": (_with(close=[1.0]), "bars.close"),
    "no bars": (_with(**{name: [] for name in ("open_time_ms", "open", "high", "low", "close", "volume")}), ""),
    "no rows": ({"symbol": "A", "timeframe": "1d", "rows": []}, "rows.rows"),
    "a missing column": ({key: value for key, value in as_columns(BARS).items() if key != "low"}, "columns.low"),
    "an unknown column": (_with(adjusted=[1.0]), "columns.adjusted"),
    "rows and columns": ({**as_columns(BARS), "rows": as_rows(BARS)["rows"]}, "rows.open_time_ms"),
    "a row with an unknown field": (_row(vwap=1.0), "rows.rows[7].vwap"),
    "a row without a zone": (_row(timestamp="2008-01-08T00:00:00"), "rows.rows[7].timestamp"),
    "a row with no time": (_row(timestamp=None), "rows.rows[7].timestamp"),
    "a row with a wrong price": (_row(low="x"), "rows.rows[7].low"),
    "a symbol with a space": (_with(symbol="A B"), "columns.symbol"),
    "a symbol with NUL": (_with(symbol="A\0"), "columns.symbol"),
    "a symbol that ends a line": (_with(symbol="AAPL\n"), "columns.symbol"),
    "a symbol that is too long": (_with(symbol="A" * 21), "columns.symbol"),
    "a very long symbol": (_with(symbol="A" * 1_000_000), "columns.symbol"),
    "no symbol": (_with(symbol=""), "columns.symbol"),
    "a symbol of another alphabet": (_with(symbol="ААPL"), "columns.symbol"),  # noqa: RUF001
    "half a character": (json.dumps(_with(symbol="A")).replace('"A"', '"\\ud800"'), "body"),
    "a wrong bar length": (_with(timeframe="1 day"), "columns.timeframe"),
    "a bar length of nothing": (_with(timeframe="0d"), "columns.timeframe"),
    "an array": ([], "columns"),
    "a number": ("17", "columns"),
    "nothing": ("", "body"),
    "half of it": (json.dumps(_with())[:-10], "body"),
    "two": (json.dumps(_with()) * 2, "body"),
    "bytes that are no text": (b"\xff\xfe{}", "body"),
    "deep arrays": ("[" * 100_000 + "]" * 100_000, "body"),
    "deep objects": ('{"rows":' * 50_000, "body"),
    "deep inside a column": (_text("[" * 5_000 + "]" * 5_000), "body"),
}


async def _instruments(gateway: Gateway) -> int:
    return len((await gateway.parts.marketdata.list_instruments()).instruments)


def _problem(answer: httpx2.Response, status: int) -> dict[str, Any]:
    document: dict[str, Any] = answer.json()
    assert answer.status_code == document["status"] == status, answer.text[:500]
    assert answer.headers["content-type"] == "application/problem+json"
    assert set(document) >= FIELDS
    assert document["instance"] == f"urn:uuid:{answer.headers['X-Request-ID']}"
    assert len(answer.content) < 8_192
    return document


async def test_wrong_bars(tmp_path: Path) -> None:
    async with running_gateway(tmp_path) as whole:
        for name, (body, field) in WRONG.items():
            content = body if isinstance(body, str | bytes) else json.dumps(body)
            answer = await whole.client.post("/api/v1/bars", content=content, headers=JSON)
            document = _problem(answer, 400)
            named = [item["field"] for item in document["field_violations"]]
            assert any(item.startswith(field) for item in named), (name, named)
            assert document["code"] == "INVALID_ARGUMENT"
            analysed = await whole.client.post(
                "/api/v1/analyze",
                content=f'{{"bars":{content}}}' if isinstance(content, str) else content,
                headers=JSON,
            )
            assert analysed.status_code == 400, name
        assert await _instruments(whole.gateway) == 0
        # the same way in works
        assert (await whole.client.post("/api/v1/bars", json=_with())).status_code == 200
        assert await _instruments(whole.gateway) == 1


async def test_more_bars_than_are_taken_at_once_leave_nothing_behind(tmp_path: Path) -> None:
    body = as_columns(wave_bars(100_001))
    async with running_gateway(tmp_path) as whole:
        document = _problem(await whole.client.post("/api/v1/bars", json=body), 400)
        assert "100000" in document["detail"].replace(",", "")
        # the first parts of a long body are as it should be
        columns = {name: values[:-1] for name, values in body.items() if isinstance(values, list)}
        columns["high"][90_000] = 0.001
        _problem(await whole.client.post("/api/v1/bars", json={**body, **columns}), 400)
        assert await _instruments(whole.gateway) == 0


async def _chunks(size: int) -> AsyncIterator[bytes]:
    for _ in range(size // 1_000):
        yield b" " * 1_000


async def test_bodies_that_are_too_large_too_slow_or_of_another_type(tmp_path: Path) -> None:
    async with running_gateway(tmp_path, max_body_bytes=10_000, body_timeout_s=0.3) as whole:
        client, address = whole.client, whole.gateway.server.address
        declared = await client.post("/api/v1/bars", content=b" " * 20_000, headers=JSON)
        assert _problem(declared, 413)["reason"] == "BODY_TOO_LARGE"
        chunked = await client.post("/api/v1/bars", content=_chunks(20_000), headers=JSON)
        assert _problem(chunked, 413)["reason"] == "BODY_TOO_LARGE"
        assert "send less" in chunked.json()["detail"]

        head = f"POST /api/v1/bars HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\n"
        # refused before any of it is sent
        early = await exchange(address, f"{head}Content-Length: 999999999999\r\n\r\n".encode())
        assert (early.status, early.json()["reason"]) == (413, "BODY_TOO_LARGE")
        slow = await exchange(address, f"{head}Content-Length: 500\r\n\r\n{{".encode())
        assert (slow.status, slow.json()["reason"]) == (408, "BODY_TOO_SLOW")

        for media_type in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "", "json"):
            other = await client.post("/api/v1/bars", content=json.dumps(_with()), headers={"Content-Type": media_type})
            assert _problem(other, 415)["reason"] == "MEDIA_TYPE_UNSUPPORTED"
        assert await _instruments(whole.gateway) == 0


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
        assert await _instruments(whole.gateway) == 0


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
            document = _problem(await gateway.client.get(f"/api/v1/{path}"), 400)
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
            assert _problem(answer, 405)["reason"] == "METHOD_NOT_ALLOWED"
            assert answer.headers["Allow"] == allowed
        nowhere = _problem(await client.get("/api/v1/nowhere"), 404)
        assert "openapi.json" in nowhere["detail"]
        assert "plotly" in _problem(await client.get("/web/plotly-0.0.0.min.js"), 404)["detail"]
        wrong_id = await client.get("/api/v1/signals", headers={"X-Correlation-ID": "no id"})
        assert [item["field"] for item in _problem(wrong_id, 400)["field_violations"]] == ["X-Correlation-ID"]
        for token in ("x", "!", "AAAA", "%00"):
            document = _problem(await client.get("/api/v1/signals", params={"page_token": token}), 400)
            assert [item["field"] for item in document["field_violations"]] == ["page_token"]
        key = await client.post("/api/v1/bars", json=_with(), headers={"Idempotency-Key": "x" * 129})
        assert [item["field"] for item in _problem(key, 400)["field_violations"]] == ["Idempotency-Key"]
        assert await _instruments(whole.gateway) == 0
