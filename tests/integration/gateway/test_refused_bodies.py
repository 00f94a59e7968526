"""Bodies that are wrong are refused with a problem document that says what, and nothing of them is stored."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any, Final

import structlog

from tests.support.fakes import FakeTransport
from tests.support.gateway import gateway_settings, running_gateway, serving_gateway
from tests.support.gateway_bodies import as_columns, as_rows
from tests.support.gateway_refusals import instrument_count, problem
from tests.support.raw_http import exchange
from tests.support.samples import wave_bars

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path


BARS: Final = wave_bars(20)
JSON: Final = {"Content-Type": "application/json"}


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


async def test_wrong_bars(tmp_path: Path) -> None:
    async with running_gateway(tmp_path) as whole:
        for name, (body, field) in WRONG.items():
            content = body if isinstance(body, str | bytes) else json.dumps(body)
            answer = await whole.client.post("/api/v1/bars", content=content, headers=JSON)
            document = problem(answer, 400)
            named = [item["field"] for item in document["field_violations"]]
            assert any(item.startswith(field) for item in named), (name, named)
            assert document["code"] == "INVALID_ARGUMENT"
            analysed = await whole.client.post(
                "/api/v1/analyze",
                content=f'{{"bars":{content}}}' if isinstance(content, str) else content,
                headers=JSON,
            )
            assert analysed.status_code == 400, name
        assert await instrument_count(whole.gateway) == 0
        # the same way in works
        assert (await whole.client.post("/api/v1/bars", json=_with())).status_code == 200
        assert await instrument_count(whole.gateway) == 1


async def test_more_bars_than_are_taken_at_once_leave_nothing_behind(tmp_path: Path) -> None:
    body = as_columns(wave_bars(100_001))
    async with running_gateway(tmp_path) as whole:
        document = problem(await whole.client.post("/api/v1/bars", json=body), 400)
        assert "100000" in document["detail"].replace(",", "")
        # the first parts of a long body are as it should be
        columns = {name: values[:-1] for name, values in body.items() if isinstance(values, list)}
        columns["high"][90_000] = 0.001
        problem(await whole.client.post("/api/v1/bars", json={**body, **columns}), 400)
        assert await instrument_count(whole.gateway) == 0


def _head(address: str) -> str:
    """The beginning of a request whose length is still to be said."""
    return f"POST /api/v1/bars HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\n"


async def _chunks(size: int) -> AsyncIterator[bytes]:
    for _ in range(size // 1_000):
        yield b" " * 1_000


async def test_bodies_that_are_too_large_or_of_another_type(tmp_path: Path) -> None:
    async with running_gateway(tmp_path, max_body_bytes=10_000) as whole:
        client, address = whole.client, whole.gateway.server.address
        declared = await client.post("/api/v1/bars", content=b" " * 20_000, headers=JSON)
        assert problem(declared, 413)["reason"] == "BODY_TOO_LARGE"
        chunked = await client.post("/api/v1/bars", content=_chunks(20_000), headers=JSON)
        assert problem(chunked, 413)["reason"] == "BODY_TOO_LARGE"
        assert "send less" in chunked.json()["detail"]

        head = _head(address)
        # refused before any of it is sent
        early = await exchange(address, f"{head}Content-Length: 999999999999\r\n\r\n".encode())
        assert (early.status, early.json()["reason"]) == (413, "BODY_TOO_LARGE")

        for media_type in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "", "json"):
            other = await client.post("/api/v1/bars", content=json.dumps(_with()), headers={"Content-Type": media_type})
            assert problem(other, 415)["reason"] == "MEDIA_TYPE_UNSUPPORTED"
        assert await instrument_count(whole.gateway) == 0


async def test_a_body_that_does_not_come(tmp_path: Path) -> None:
    behind = FakeTransport()
    async with serving_gateway(gateway_settings(tmp_path, body_timeout_s=0.2), behind) as gateway:
        head = _head(gateway.server.address)
        slow = await exchange(gateway.server.address, f"{head}Content-Length: 500\r\n\r\n{{".encode())
        assert (slow.status, slow.json()["reason"]) == (408, "BODY_TOO_SLOW")
        assert behind.calls == []


async def test_a_client_that_leaves_half_way_is_no_fault(tmp_path: Path) -> None:
    async with serving_gateway(gateway_settings(tmp_path), FakeTransport()) as gateway:
        host, _, port = gateway.server.address.rpartition(":")
        with structlog.testing.capture_logs() as lines:
            _, writer = await asyncio.open_connection(host, int(port))
            writer.write(f"{_head(gateway.server.address)}Content-Length: 500\r\n\r\n{{".encode())
            await writer.drain()
            # answered after it, on the same loop: by then the first one has been taken
            assert (await gateway.client.get("/api/v1/signals")).status_code == 200
            writer.close()
            await gateway.server.stop()
        assert lines == []
