"""Every route over a real system: bars in, signals and reasons out."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from tests.support.gateway import running_gateway
from tests.support.gateway_bodies import as_columns, as_rows
from tests.support.live import read_until
from tests.support.samples import wave_bars
from tools.sample_bars import sample_bars
from wyckoff.orchestrator.v1 import orchestrator_pb2
from wyckoff.schematics import schematic

if TYPE_CHECKING:
    from pathlib import Path

    import httpx2

COUNTS = ("inserted_count", "updated_count", "unchanged_count")


def _counts(answer: httpx2.Response) -> tuple[int, ...]:
    assert answer.status_code == 200, answer.text
    document = answer.json()
    assert document["status"] == "ingested"
    return tuple(document[name] for name in COUNTS)


async def test_bars_are_stored_once_and_analysed_in_the_background(tmp_path: Path) -> None:
    bars = schematic("accumulation", shakeout=True, noise=0.3, seed=2).bars
    count = len(bars)
    async with running_gateway(tmp_path) as whole:
        client = whole.client
        events = await whole.live.watch(symbols=["ACC"])
        rows, columns = as_rows(bars, "ACC"), as_columns(bars, "ACC")
        assert _counts(await client.post("/api/v1/bars", json=rows)) == (count, 0, 0)
        assert _counts(await client.post("/api/v1/bars", json=columns)) == (0, 0, count)
        columns["close"][-1] = columns["high"][-1]
        assert _counts(await client.post("/api/v1/bars", json=columns)) == (0, 1, count - 1)
        # nobody asked for an analysis
        await read_until(events, orchestrator_pb2.EVENT_KIND_PATTERN_DETECTED)
        events.cancel()

        rows["rows"][-1]["volume"] = None
        unknown = await client.post("/api/v1/bars", json=rows)
        assert _counts(unknown) == (0, 1, count - 1)
        assert [item["code"] for item in unknown.json()["warnings"]] == ["VOLUME_MISSING"]


async def test_what_is_analysed_is_what_the_orchestrator_says(tmp_path: Path) -> None:
    bars = sample_bars("IBM").tail(700)
    async with running_gateway(tmp_path) as whole:
        client, correlation_id = whole.client, str(uuid.uuid4())
        sent = await client.post(
            "/api/v1/analyze",
            json={"bars": as_columns(bars), "equity": "250000.50"},
            headers={"X-Correlation-ID": correlation_id},
        )
        assert sent.status_code == 200, sent.text
        assert sent.headers["X-Correlation-ID"] == sent.json()["correlation_id"] == correlation_id
        assert sent.json()["complete"]
        unknown = await client.get("/api/v1/analysis/IBM/1d")
        assert (unknown.status_code, unknown.json()["reason"]) == (404, "INSTRUMENT_UNKNOWN")

        await client.post("/api/v1/bars", json=as_columns(bars))
        stored = await client.get("/api/v1/analysis/IBM/1d", params={"lookback_bars": 700})
        for part in ("ranges", "phases", "patterns", "bar_count", "as_of"):
            assert stored.json()[part] == sent.json()[part]
        assert stored.json()["ranges"]

        minor = await client.get(
            "/api/v1/analysis/IBM/1d", params={"lookback_bars": 700, "scales": ["MINOR", "SCALE_MAJOR"]}
        )
        scales = {item["scale"] for item in minor.json()["ranges"]}
        assert scales
        assert scales <= {"SCALE_MINOR", "SCALE_MAJOR"}
        wide = await client.get("/api/v1/analysis/IBM/1d", params={"context_timeframe": "1w"})
        assert wide.json()["complete"]


async def _pages(client: httpx2.AsyncClient, path: str, field: str, **params: Any) -> list[dict[str, Any]]:
    """All pages, of two items each."""
    found: list[dict[str, Any]] = []
    token = ""
    while True:
        answer = await client.get(path, params={**params, "page_size": 2, "page_token": token})
        assert answer.status_code == 200, answer.text
        page = answer.json()
        assert len(page[field]) <= 2
        found += page[field]
        token = page["next_page_token"]
        if not token:
            return found


async def test_signals_and_rejections_by_page_and_filter(tmp_path: Path) -> None:
    async with running_gateway(tmp_path) as whole:
        client = whole.client
        for symbol in ("IBM", "MSFT"):
            await whole.system.marketdata.ingest_bars(sample_bars(symbol))
            await client.get(f"/api/v1/analysis/{symbol}/1d", params={"lookback_bars": 3000})
        await whole.live.settled()

        signals = await _pages(client, "/api/v1/signals", "signals")
        assert len(signals) == len({item["signal_id"] for item in signals}) > 2
        assert signals == sorted(signals, key=lambda item: item["timestamp"], reverse=True)
        whole_page = await client.get("/api/v1/signals", params={"page_size": 1000})
        assert whole_page.json() == {"signals": signals, "next_page_token": ""}

        one = signals[0]
        again = (await client.get(f"/api/v1/signals/{one['signal_id']}")).json()
        assert again == one
        chain = again["validation_chain"]["results"]
        assert [step["stage"] for step in chain] == ["Volume", "Phase", "Levels", "Risk", "Strategy"]

        kind = one["pattern_type"].removeprefix("PATTERN_TYPE_")
        wanted = {"symbol": one["symbol"], "timeframe": "1d", "pattern_type": kind, "from": one["timestamp"]}
        assert one in await _pages(client, "/api/v1/signals", "signals", **wanted)
        for name, value in (("symbol", "NONE"), ("timeframe", "1h"), ("from", "2030-01-01")):
            assert await _pages(client, "/api/v1/signals", "signals", **{**wanted, name: value}) == []

        rejections = await _pages(client, "/api/v1/rejections", "rejections")
        assert rejections
        stages = {item["stage"] for item in rejections}
        for stage in stages:
            of_stage = await _pages(client, "/api/v1/rejections", "rejections", stage=stage)
            assert of_stage == [item for item in rejections if item["stage"] == stage]
        near = await _pages(client, "/api/v1/rejections", "rejections", near_misses_only=True)
        assert near == [item for item in rejections if item["near_miss"]]


async def test_the_same_idempotency_key_gives_the_same_answer(tmp_path: Path) -> None:
    body = as_columns(wave_bars(60))
    async with running_gateway(tmp_path) as whole:
        client, headers = whole.client, {"Idempotency-Key": "first"}
        first = await client.post("/api/v1/bars", json=body, headers=headers)
        again = await client.post("/api/v1/bars", json=body, headers=headers)
        assert _counts(first) == (60, 0, 0)
        assert (again.content, again.headers["Idempotent-Replayed"]) == (first.content, "true")
        assert "Idempotent-Replayed" not in first.headers

        other = await client.post("/api/v1/bars", json=as_columns(wave_bars(50)), headers=headers)
        assert (other.status_code, other.json()["reason"]) == (409, "IDEMPOTENCY_KEY_REUSED")
        # without the key, or with another, it is done again, and changes nothing
        assert _counts(await client.post("/api/v1/bars", json=body)) == (0, 0, 60)

        wrong = {**body, "symbol": "two words"}
        for _ in range(2):
            refused = await client.post("/api/v1/bars", json=wrong, headers={"Idempotency-Key": "second"})
            assert refused.status_code == 400
        # what failed was not answered: the key is free
        assert _counts(await client.post("/api/v1/bars", json=body, headers={"Idempotency-Key": "second"})) == (
            0,
            0,
            60,
        )
