"""Whole fetches: into the real market data service and into files, again and again."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest

from orchestrator.cli.fetch_store import FileStore, ServiceStore
from services.marketdata.__main__ import open_mounts
from services.marketdata.config import MarketDataSettings
from services.marketdata.providers.fetching import BarFetcher
from services.marketdata.providers.files import FilesProvider
from services.marketdata.providers.polygon import PolygonProvider
from services.marketdata.providers.settings import PolygonSettings
from tests.support.calendars import with_calendars
from tests.support.fetches import MemoryStore, assert_rows, connected, fetched
from tests.support.http_vendor import vendor
from tests.support.serving import serving
from tests.support.vendors import PolygonVendor, Row, ms, new_york_ms, rows_at, weekdays
from wyckoff.market.files import read_bars
from wyckoff.market.provider import FetchReport, FetchRequest
from wyckoff.rpc.channel import GrpcTransport
from wyckoff.rpc.errors import FailedPreconditionError, InvalidArgumentError, NotFoundError, UnavailableError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.support.fake_time import FakeTime
    from wyckoff.market.provider import BarStore

pytestmark = with_calendars

DAYS = weekdays("2024-05-01", 22, ("2024-05-27",))
ROWS = rows_at([new_york_ms(day) for day in DAYS])


@asynccontextmanager
async def provider_of(answer: PolygonVendor, time: FakeTime) -> AsyncIterator[PolygonProvider]:
    async with vendor(answer) as server:
        answer.url = server.url
        headers = {"Authorization": f"Bearer {answer.key}"}
        async with connected(server.url, time.times, provider="polygon", headers=headers) as http:
            yield PolygonProvider(PolygonSettings(base_url=server.url), http, time.times, max_pages=100)


@pytest.fixture(params=["service", "memory", "csv", "parquet"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[BarStore]:
    if request.param == "service":
        async with open_mounts(MarketDataSettings(data_dir=tmp_path)) as mounts, serving(mounts) as server:
            transport = GrpcTransport.connect(server.address)
            yield ServiceStore(transport, 20)
            await transport.close()
    elif request.param == "memory":
        yield MemoryStore()
    else:
        yield FreshFiles({"AAPL": tmp_path / f"AAPL.{request.param}"})


class FreshFiles:
    """A file store that is opened anew for every fetch, as the command does."""

    def __init__(self, paths: dict[str, Path]) -> None:
        self._paths = paths
        self._open = FileStore(paths)

    async def newest(self, *args: Any) -> Any:
        self._open = FileStore(self._paths)
        return await self._open.newest(*args)

    async def save(self, *args: Any) -> Any:
        return await self._open.save(*args)

    async def finish(self, *args: Any) -> None:
        await self._open.finish(*args)
        self._open = FileStore(self._paths)


async def run(provider: Any, store: BarStore, time: FakeTime, **request: Any) -> FetchReport:
    span = {"start_ms": ms("2024-05-01"), "end_ms": ms("2024-06-03")}
    asked: dict[str, Any] = {"symbol": "AAPL", "timeframe": "1d", **span, **request}
    report = FetchReport("polygon", "AAPL", "1d")
    await BarFetcher(provider, time.times).fetch(FetchRequest(**asked), store, report, lambda _: None)
    return report


async def stored(store: BarStore) -> Any:
    bars = await store.newest("AAPL", "1d", 1000)
    assert bars is not None
    return bars


async def test_fetch_then_the_same_again_then_the_rest(store: BarStore, time: FakeTime) -> None:
    vendor_now = PolygonVendor(ROWS[:15])
    async with provider_of(vendor_now, time) as provider:
        first = await run(provider, store, time, end_ms=ms("2024-05-22"))
        assert (first.bar_count, first.inserted_count, first.complete) == (15, 15, True)
        assert first.gaps is not None
        assert first.gaps.complete
        assert first.gaps.calendar == "XNYS"
        again = await run(provider, store, time)
        assert again.gaps is not None
        assert (again.gaps.missing_session_count, again.gaps.missing_sessions[0]) == (7, "2024-05-22")
        assert (again.inserted_count, again.updated_count, again.unchanged_count) == (0, 0, 15)
        vendor_now.rows = ROWS
        more = await run(provider, store, time, update=True, start_ms=None)
        assert (more.bar_count, more.inserted_count, more.overlap_count) == (7, 7, 5)
        assert more.gaps is not None
        assert more.gaps.session_count == 12
        nothing = await run(provider, store, time, update=True, start_ms=None)
        assert (nothing.bar_count, nothing.overlap_count, nothing.complete) == (0, 5, True)
    assert_rows(await stored(store), ROWS)


async def test_a_split_since_the_last_fetch_stores_nothing_until_told_to(store: BarStore, time: FakeTime) -> None:
    vendor_now = PolygonVendor(ROWS[:15])
    split = [Row(r.time_ms, r.open / 4, r.high / 4, r.low / 4, r.close / 4, r.volume * 4) for r in ROWS]
    async with provider_of(vendor_now, time) as provider:
        await run(provider, store, time)
        vendor_now.rows = split
        report = await run(provider, store, time, update=True, start_ms=None)
        assert report.restated is not None
        assert report.restated.price_factor == pytest.approx(0.25)
        assert (report.bar_count, report.complete) == (0, False)
        assert_rows(await stored(store), ROWS[:15])
        replaced = await run(provider, store, time, update=True, replace=True)
        assert (replaced.inserted_count, replaced.updated_count, replaced.restated) == (7, 15, None)
    assert_rows(await stored(store), split)


async def test_a_corrected_volume_replaces_and_is_said(store: BarStore, time: FakeTime) -> None:
    vendor_now = PolygonVendor(ROWS[:15])
    async with provider_of(vendor_now, time) as provider:
        await run(provider, store, time)
        vendor_now.rows = [
            *ROWS[:14],
            Row(ROWS[14].time_ms, ROWS[14].open, ROWS[14].high, ROWS[14].low, ROWS[14].close, 5.0),
        ]
        report = await run(provider, store, time, update=True, start_ms=None)
    assert (report.updated_count, report.notes) == (1, ["the volume of 1 stored bars was corrected"])
    assert (await stored(store)).volume[-1] == 5.0


async def test_a_first_update_needs_a_date(time: FakeTime) -> None:
    async with provider_of(PolygonVendor(ROWS), time) as provider:
        with pytest.raises(InvalidArgumentError, match="nothing is stored yet"):
            await run(provider, MemoryStore(), time, update=True, start_ms=None)
        report = await run(provider, MemoryStore(), time, update=True)
    assert report.bar_count == 22


async def test_an_update_to_before_the_last_bar(time: FakeTime) -> None:
    store = MemoryStore()
    async with provider_of(PolygonVendor(ROWS), time) as provider:
        await run(provider, store, time)
        with pytest.raises(InvalidArgumentError, match="to: is not after the last stored bar, 2024-05-31"):
            await run(provider, store, time, update=True, end_ms=ms("2024-05-31"))


async def test_gaps_are_listed_and_not_filled(time: FakeTime) -> None:
    async with provider_of(PolygonVendor([row for at, row in enumerate(ROWS) if at not in {4, 9}]), time) as provider:
        report, store = await fetched(provider, time.times, first="2024-05-01", last="2024-06-03", calendar="XNYS")
    assert report.gaps is not None
    assert report.gaps.missing_sessions == (DAYS[4].isoformat(), DAYS[9].isoformat())
    assert len(store.bars["AAPL", "1d"]) == 20


async def test_a_gap_before_the_first_new_bar_is_noticed(time: FakeTime) -> None:
    vendor_now = PolygonVendor(ROWS[:10])
    store = MemoryStore()
    async with provider_of(vendor_now, time) as provider:
        await run(provider, store, time)
        vendor_now.rows = [*ROWS[:10], *ROWS[12:]]
        report = await run(provider, store, time, update=True, start_ms=None)
    assert report.gaps is not None
    assert report.gaps.missing_sessions == (DAYS[10].isoformat(), DAYS[11].isoformat())


async def test_a_failure_half_way_keeps_what_was_stored(time: FakeTime) -> None:
    vendor_now = PolygonVendor(ROWS, page=10)
    store = MemoryStore()
    report = FetchReport("polygon", "AAPL", "1d")
    request = FetchRequest("AAPL", "1d", ms("2024-05-01"), ms("2024-06-03"), calendar="none")

    def then_break(_: FetchReport) -> None:
        vendor_now.ticker = "GONE"
        vendor_now.rows = []
        vendor_now.key = "revoked"

    async with provider_of(vendor_now, time) as provider:
        with pytest.raises(FailedPreconditionError, match="401"):
            await BarFetcher(provider, time.times).fetch(request, store, report, then_break)
    assert (report.bar_count, report.complete) == (10, False)
    assert_rows(store.bars["AAPL", "1d"], ROWS[:10])


@pytest.mark.parametrize(
    ("request_part", "words"),
    [
        ({"timeframe": "7m"}, "timeframe: 7m is not offered by polygon; 1m, 5m"),
        ({"timeframe": "day"}, "timeframe"),
        ({"symbol": "A B"}, "symbol"),
        ({"start_ms": ms("2025-01-01")}, "to: is not after from"),
        ({"calendar": "XXXX"}, "calendar: 'XXXX' is no calendar"),
    ],
)
async def test_requests_that_cannot_be_met(time: FakeTime, request_part: dict[str, Any], words: str) -> None:
    async with provider_of(PolygonVendor(ROWS), time) as provider:
        with pytest.raises(InvalidArgumentError, match=words):
            await run(provider, MemoryStore(), time, **request_part)


async def test_a_service_that_is_away(time: FakeTime) -> None:
    transport = GrpcTransport.connect("127.0.0.1:1")
    async with provider_of(PolygonVendor(ROWS), time) as provider:
        with pytest.raises(UnavailableError):
            await run(provider, ServiceStore(transport, 2), time)
    await transport.close()


async def test_files_as_a_provider(tmp_path: Path, time: FakeTime) -> None:
    target = tmp_path / "out" / "AAPL.parquet"
    (tmp_path / "AAPL.csv").write_text(
        "timestamp,open,high,low,close,volume\n"
        + "".join(
            f"{day},{row.open},{row.high},{row.low},{row.close},{row.volume}\n"
            for day, row in zip(DAYS, ROWS, strict=True)
        )
    )
    for source in (tmp_path, tmp_path / "AAPL.csv"):
        report = await run(FilesProvider(source), FileStore({"AAPL": target}), time, start_ms=None, calendar="XNYS")
        assert report.gaps is not None
        assert report.gaps.complete
    assert_rows(read_bars(target, "1d"), ROWS)
    part = await run(FilesProvider(target), MemoryStore(), time, start_ms=ms("2024-05-20"))
    assert (part.first_time, part.bar_count) == ("2024-05-20", 9)


async def test_files_that_are_not_there_or_there_twice(tmp_path: Path, time: FakeTime) -> None:
    provider = FilesProvider(tmp_path)
    with pytest.raises(NotFoundError, match=r"no AAPL\.csv"):
        await run(provider, MemoryStore(), time, start_ms=None)
    for ending in ("csv", "parquet"):
        (tmp_path / f"AAPL.{ending}").write_text("x")
    with pytest.raises(InvalidArgumentError, match=r"AAPL\.csv and AAPL\.parquet"):
        await run(provider, MemoryStore(), time, start_ms=None)
    (tmp_path / "sub").mkdir()
    with pytest.raises(NotFoundError):
        await run(FilesProvider(tmp_path / "sub"), MemoryStore(), time, symbol="../AAPL", start_ms=None)
