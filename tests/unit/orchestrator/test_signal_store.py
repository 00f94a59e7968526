"""All signal stores behave alike: once each, first stamp kept, pages in order; rejections as well."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from orchestrator.bootstrap import MIGRATIONS
from orchestrator.storage.kept import REJECTIONS, SIGNALS, RejectionFilter, SignalFilter
from orchestrator.storage.signals import MemorySignalStore, SqlSignalStore
from tests.support.databases import database_url
from wyckoff.common.v1 import common_pb2
from wyckoff.risk.v1 import risk_pb2
from wyckoff.storage.database import Database

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from orchestrator.storage.signals import SignalStore

START = datetime(2026, 1, 1, tzinfo=UTC)
DAY_MS = 86_400_000


class Ticking:
    """A clock that moves a second with every look."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now


@pytest.fixture
async def store(each_store: str, tmp_path: Path) -> AsyncIterator[SignalStore]:
    if each_store == "memory":
        yield MemorySignalStore(Ticking())
        return
    async with aclosing(await Database.open(database_url(tmp_path, "orchestrator"), MIGRATIONS)) as database:
        yield SqlSignalStore(database, Ticking())


def _signal(
    number: int, symbol: str = "ACME", kind: common_pb2.PatternType.ValueType = common_pb2.PATTERN_TYPE_SOS
) -> risk_pb2.TradeSignal:
    signal = risk_pb2.TradeSignal(
        signal_id=f"{number:04d}", symbol=symbol, timeframe="1d", pattern_type=kind, entry_price="10.5"
    )
    # two signals a day, so that ties in time occur
    signal.timestamp.FromMilliseconds(number // 2 * DAY_MS)
    return signal


def _rejection(
    number: int, symbol: str = "ACME", stage: str = "Risk", *, near_miss: bool = False
) -> risk_pb2.Rejection:
    rejection = risk_pb2.Rejection(
        rejection_id=f"x{number:04d}",
        symbol=symbol,
        timeframe="1d",
        pattern_type=common_pb2.PATTERN_TYPE_SOS,
        stage=stage,
        near_miss=near_miss,
        reason="too wide",
    )
    rejection.timestamp.FromMilliseconds(number // 2 * DAY_MS)
    return rejection


async def test_a_signal_keeps_the_stamp_of_its_first_storing(store: SignalStore) -> None:
    first = await store.add([_signal(1)], correlation_id="one")
    again = await store.add([_signal(1), _signal(2)], correlation_id="two")
    assert again[0] == first[0]
    assert [signal.correlation_id for signal in again] == ["one", "two"]
    assert first[0].created_at.ToDatetime(tzinfo=UTC) == START + timedelta(seconds=1)


async def test_storing_at_the_same_time_stores_once(store: SignalStore) -> None:
    answers = await asyncio.gather(
        *(store.add([_signal(1), _signal(2)], correlation_id=str(number)) for number in range(20))
    )
    assert len({answer[0].correlation_id for answer in answers}) == 1
    assert len(await store.list(SignalFilter(), limit=10, after=None)) == 2


async def test_a_missing_signal_is_none(store: SignalStore) -> None:
    assert await store.get("nobody") is None


async def test_pages_cover_everything_once_newest_first(store: SignalStore) -> None:
    signals = [_signal(number) for number in range(11)]
    await store.add(signals, correlation_id="c")
    seen: list[str] = []
    after = None
    while page := await store.list(SignalFilter(), limit=3, after=after):
        seen += [signal.signal_id for signal in page]
        after = SIGNALS.key(page[-1])
    assert seen == [f"{number:04d}" for number in reversed(range(11))]


async def test_filters_narrow(store: SignalStore) -> None:
    spring = common_pb2.PATTERN_TYPE_SPRING
    await store.add([_signal(1), _signal(2, "OTHER"), _signal(8, kind=spring)], correlation_id="c")

    async def ids(wanted: SignalFilter) -> list[str]:
        return [signal.signal_id for signal in await store.list(wanted, limit=10, after=None)]

    assert await ids(SignalFilter(symbol="OTHER")) == ["0002"]
    assert await ids(SignalFilter(pattern_types=(spring,))) == ["0008"]
    assert await ids(SignalFilter(start_ms=2 * DAY_MS)) == ["0008"]
    assert await ids(SignalFilter(timeframe="1h")) == []


async def test_a_rejection_is_kept_as_it_was_said_first(store: SignalStore) -> None:
    later = _rejection(1)
    later.bar_index = 7
    assert await store.add([], [_rejection(1)], correlation_id="one") == []
    await store.add([_signal(1)], [later, _rejection(2)], correlation_id="two")
    listed = await store.list_rejections(RejectionFilter(), limit=10, after=None)
    assert list(listed) == [_rejection(2), _rejection(1)]
    assert len(await store.list(SignalFilter(), limit=10, after=None)) == 1


async def test_pages_of_rejections_cover_everything_once_newest_first(store: SignalStore) -> None:
    await store.add([], [_rejection(number) for number in range(11)], correlation_id="c")
    seen: list[str] = []
    after = None
    while page := await store.list_rejections(RejectionFilter(), limit=4, after=after):
        seen += [rejection.rejection_id for rejection in page]
        after = REJECTIONS.key(page[-1])
    assert seen == [f"x{number:04d}" for number in reversed(range(11))]


@pytest.mark.parametrize(
    ("wanted", "ids"),
    [
        (RejectionFilter(symbol="OTHER"), ["x0002"]),
        (RejectionFilter(stage="Volume"), ["x0004"]),
        (RejectionFilter(near_miss=True), ["x0006", "x0004"]),
        (RejectionFilter(near_miss=True, stage="Risk"), ["x0006"]),
        (RejectionFilter(start_ms=3 * DAY_MS), ["x0006"]),
        (RejectionFilter(pattern_types=(common_pb2.PATTERN_TYPE_SPRING,)), []),
        (RejectionFilter(timeframe="1d", symbol="ACME"), ["x0006", "x0004", "x0001"]),
    ],
)
async def test_filters_of_rejections_narrow(store: SignalStore, wanted: RejectionFilter, ids: list[str]) -> None:
    rejections = [
        _rejection(1),
        _rejection(2, "OTHER"),
        _rejection(4, stage="Volume", near_miss=True),
        _rejection(6, near_miss=True),
    ]
    await store.add([], rejections, correlation_id="c")
    found = await store.list_rejections(wanted, limit=10, after=None)
    assert [item.rejection_id for item in found] == ids


async def test_signals_survive_a_restart(tmp_path: Path, each_database: str) -> None:
    url = database_url(tmp_path, "orchestrator")
    async with aclosing(await Database.open(url, MIGRATIONS)) as database:
        stored = await SqlSignalStore(database, Ticking()).add([_signal(1)], correlation_id="c")
    async with aclosing(await Database.open(url, MIGRATIONS)) as database:
        assert await SqlSignalStore(database, Ticking()).get("0001") == stored[0]
