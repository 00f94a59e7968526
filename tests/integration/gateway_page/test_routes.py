"""The data of the page over a real system, and the files of the page itself."""

from __future__ import annotations

import gzip
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import pytest
import pytest_asyncio

from services.gateway.routes.page import WEB_FOLDER
from tests.support.gateway import WholeGateway, gateway_settings, running_gateway, serving_gateway
from tests.support.gateway_bodies import as_columns
from tests.support.samples import wave_bars
from tools.sample_bars import sample_bars
from wyckoff.access.keys import KeyFile, Scope
from wyckoff.chart import build_chart

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    import httpx2

pytestmark = pytest.mark.asyncio(loop_scope="module")

BARS = sample_bars("IBM").head(2024)
CHART = "/api/v1/page/chart"
ASKED = {"symbol": "IBM", "timeframe": "1d"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def whole(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[WholeGateway]:
    async with running_gateway(tmp_path_factory.mktemp("page")) as whole:
        await whole.system.marketdata.ingest_bars(BARS)
        for symbol in ("BTC/USD", "AAPL", "MSFT"):
            await whole.client.post("/api/v1/bars", json=as_columns(wave_bars(), symbol))
        yield whole


@pytest.fixture
def client(whole: WholeGateway) -> httpx2.AsyncClient:
    return whole.client


async def test_the_figure_is_that_of_the_one_builder(whole: WholeGateway) -> None:
    answer = await whole.client.get(CHART, params=ASKED)
    newest = BARS.tail(500)
    expected = build_chart(newest, await whole.system.client.analyze_bars(newest)).to_plotly_json()
    found = answer.json()
    assert [trace["name"] for trace in found["figure"]["data"]] == [trace["name"] for trace in expected["data"]]
    candles = next(trace for trace in found["figure"]["data"] if trace["type"] == "candlestick")
    assert candles["close"] == newest.close.tolist()
    assert (found["symbol"], found["bar_count"], found["replay"]) == ("IBM", 500, False)


async def test_a_document_is_sent_again_only_when_a_bar_has_changed(client: httpx2.AsyncClient) -> None:
    asked = {"symbol": "AAPL", "timeframe": "1d"}
    first = await client.get(CHART, params=asked)
    tag = {"If-None-Match": first.headers["ETag"]}
    again = await client.get(CHART, params=asked, headers=tag)
    assert (again.status_code, again.content) == (304, b"")
    # another theme, other scales and the replay are other documents
    for more in ({"theme": "dark"}, {"scales": "minor"}, {"bars": "100"}):
        assert (await client.get(CHART, params=asked | more, headers=tag)).status_code == 200
    assert (await client.get("/api/v1/page/replay", params=asked, headers=tag)).status_code == 200
    revised = as_columns(wave_bars(), "AAPL")
    revised["close"][-1] += 0.25
    await client.post("/api/v1/bars", json=revised)
    changed = await client.get(CHART, params=asked, headers=tag)
    assert changed.status_code == 200
    assert changed.json()["version"] != first.json()["version"]


@pytest.mark.parametrize("path", [CHART, "/api/v1/page/replay"])
@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"symbol": ""}, "symbol"),
        ({"symbol": "x" * 21}, "symbol"),
        ({"timeframe": "1y"}, "timeframe"),
        ({"bars": 49}, "bars"),
        ({"bars": 5001}, "bars"),
        ({"bars": "many"}, "bars"),
        ({"scales": "tiny"}, "scales"),
        ({"theme": "blue"}, "theme"),
    ],
)
async def test_what_is_wrong_is_named(client: httpx2.AsyncClient, path: str, wrong: dict[str, Any], field: str) -> None:
    answer = await client.get(path, params=ASKED | wrong)
    assert answer.status_code in {400, 422}
    assert answer.headers["content-type"] == "application/problem+json"
    assert field in str(answer.json()["field_violations"])


async def test_the_watchlist_is_paged_and_filtered(client: httpx2.AsyncClient) -> None:
    path = "/api/v1/page/watchlist"
    every = (await client.get(path)).json()
    assert [row["symbol"] for row in every["rows"]] == ["AAPL", "BTC/USD", "IBM", "MSFT"]
    assert every["total"] == 4
    part = (await client.get(path, params={"first": 1, "rows": 2})).json()
    assert ([row["symbol"] for row in part["rows"]], part["total"]) == (["BTC/USD", "IBM"], 4)
    found = (await client.get(path, params={"text": "usd"})).json()
    assert [row["symbol"] for row in found["rows"]] == ["BTC/USD"]
    await client.post("/api/v1/bars", json=as_columns(wave_bars(), "NEW"))
    heard_of = (await client.get(path, params={"expected": "NEW/1d"})).json()
    assert heard_of["rows"][-1]["symbol"] == "NEW"
    for wrong in ({"expected": "NEW"}, {"first": -1}, {"rows": 0}, {"rows": 201}, {"text": "x" * 41}):
        assert (await client.get(path, params=wrong)).status_code == 400


async def test_rows_tell_where_instruments_stand_and_one_that_fails_leaves_the_others_alone(
    client: httpx2.AsyncClient,
) -> None:
    names = ["IBM/1d", "NOBODY/1d", "BTC/USD/1d"]
    rows = (await client.get("/api/v1/page/readings", params={"instrument": names})).json()["rows"]
    assert [row["symbol"] for row in rows] == ["IBM", "NOBODY", "BTC/USD"]
    assert rows[0]["stand"]["side"] in {"accumulation", "distribution"}
    assert rows[0]["signal"]["name"] == "LPS"
    assert "NOBODY" in rows[1]["error"]
    assert rows[2]["close"]
    for wrong in ([], ["IBM"], ["IBM/1d"] * 21, ["IBM/soon"]):
        answer = await client.get("/api/v1/page/readings", params={"instrument": wrong})
        assert answer.status_code in {400, 422}


async def test_every_file_of_the_page_is_served_and_nothing_else(client: httpx2.AsyncClient) -> None:
    document = await client.get("/")
    assert document.headers["content-type"] == "text/html; charset=utf-8"
    assert "default-src 'self'" in document.headers["content-security-policy"]
    # nothing is written into the document that would run
    assert "<script>" not in document.text
    assert "style=" not in document.text
    for file in WEB_FOLDER.rglob("*"):
        if file.suffix in {".js", ".css", ".svg"}:
            answer = await client.get(f"/web/{file.relative_to(WEB_FOLDER).as_posix()}")
            assert (answer.status_code, answer.content) == (200, file.read_bytes())
            assert answer.headers["cache-control"] == "no-cache"
    for path in ("../config.py", "%2e%2e/config.py", "..%2fconfig.py", "index.html", "js", "js/", "/etc/passwd", ""):
        answer = await client.get(f"/web/{path}")
        assert answer.status_code == 404, path
        assert answer.headers["content-type"] == "application/problem+json"


async def test_the_plotting_library_is_that_of_the_installed_package_and_kept_for_long(
    client: httpx2.AsyncClient,
) -> None:
    path = f"/web/plotly-{version('plotly')}.min.js"
    assert path in (await client.get("/")).text
    plain = await client.get(path, headers={"Accept-Encoding": "identity"})
    assert plain.content.startswith(b"/**\n* plotly.js")
    assert "immutable" in plain.headers["cache-control"]
    async with client.stream("GET", path, headers={"Accept-Encoding": "gzip"}) as packed:
        raw = b"".join([part async for part in packed.aiter_raw()])
    assert gzip.decompress(raw) == plain.content
    assert len(raw) < len(plain.content) / 2
    assert (await client.get("/web/plotly-0.0.1.min.js")).status_code == 404


async def test_data_needs_a_key_that_may_read_and_the_page_itself_does_not(tmp_path: Path) -> None:
    async with serving_gateway(gateway_settings(tmp_path)) as gateway:
        _, key = KeyFile(gateway.parts.settings.keys_file).add("writer", {Scope.WRITE})
        assert (await gateway.client.get("/")).status_code == 200
        for path in (CHART, "/api/v1/page/replay", "/api/v1/page/watchlist", "/api/v1/page/readings"):
            params = {**ASKED, "instrument": "IBM/1d"}
            assert (await gateway.client.get(path, params=params)).status_code == 401
            refused = await gateway.client.get(path, params=params, headers={"X-API-Key": key})
            assert refused.status_code == 403
