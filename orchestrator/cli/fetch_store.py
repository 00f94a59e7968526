"""Where `wyckoff fetch` puts bars: the market data service, or files."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING, Final

import numpy as np

from wyckoff.market.bars import COLUMNS, Bars, make_bars
from wyckoff.market.file_write import write_bars
from wyckoff.market.files import read_bars
from wyckoff.market.gate import check_bars, inspect_bars
from wyckoff.market.provider import Saved
from wyckoff.marketdata.v1 import marketdata_pb2
from wyckoff.rpc import catalogue
from wyckoff.rpc.errors import NotFoundError
from wyckoff.wire.bars import bars_from_proto, bars_to_proto

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from wyckoff.market.provider import Adjustment
    from wyckoff.rpc.transport import Transport

#: Bars a call.
BATCH_BARS: Final = 20_000
MAX_FILE_BARS: Final = 10_000_000


def batches(bars: Bars) -> Iterator[Bars]:
    """Parts of at most BATCH_BARS bars."""
    for start in range(0, len(bars), BATCH_BARS):
        yield bars.head(start + BATCH_BARS).tail(min(BATCH_BARS, len(bars) - start))


class ServiceStore:
    """The market data service behind ``transport``. Each page is stored as it comes."""

    def __init__(self, transport: Transport, timeout_s: float) -> None:
        self._transport = transport
        self._timeout_s = timeout_s

    async def newest(self, symbol: str, timeframe: str, count: int) -> Bars | None:
        request = marketdata_pb2.GetBarsRequest(symbol=symbol, timeframe=timeframe, limit=count)
        try:
            answer = await self._transport.unary(catalogue.GET_BARS, request, timeout_s=self._timeout_s)
        except NotFoundError:
            return None
        return bars_from_proto(answer.bars) if answer.bars.open_time_ms else None

    async def save(self, bars: Bars) -> Saved:
        inserted = updated = unchanged = 0
        warnings: dict[str, int] = {}
        for part in batches(bars):
            request = marketdata_pb2.IngestBarsRequest(bars=bars_to_proto(part))
            answer = await self._transport.unary(catalogue.INGEST_BARS, request, timeout_s=self._timeout_s)
            inserted += answer.inserted_count
            updated += answer.updated_count
            unchanged += answer.unchanged_count
            for warning in answer.warnings:
                warnings[warning.message] = warnings.get(warning.message, 0) + warning.bar_count
        return Saved(inserted, updated, unchanged, tuple(warnings.items()))

    async def finish(self, symbol: str, timeframe: str, adjustment: Adjustment) -> None:
        """Nothing is left to do: every page is stored already."""


class FileStore:
    """One file a symbol, written whole when all its bars are there; an existing one is merged with them."""

    def __init__(self, path_of: dict[str, Path]) -> None:
        self._path_of = path_of
        self._parts: dict[str, list[Bars]] = {}
        self._stored: dict[str, Bars | None] = {}

    async def newest(self, symbol: str, timeframe: str, count: int) -> Bars | None:
        stored = await self._read(symbol, timeframe)
        return stored.tail(count) if stored is not None else None

    async def save(self, bars: Bars) -> Saved:
        stored = await self._read(bars.symbol, bars.timeframe)
        self._parts.setdefault(bars.symbol, []).append(bars)
        known, same = _compared(bars, stored)
        findings = tuple((finding.message, finding.bar_count) for finding in inspect_bars(bars).findings)
        return Saved(len(bars) - known, known - same, same, findings)

    async def finish(self, symbol: str, timeframe: str, adjustment: Adjustment) -> None:
        parts = self._parts.pop(symbol, [])
        if not parts:
            return
        bars = merged([*filter(None, [await self._read(symbol, timeframe)]), *parts])
        check_bars(bars, max_bars=MAX_FILE_BARS)
        await asyncio.to_thread(write_bars, self._path_of[symbol], bars, adjustment)

    async def _read(self, symbol: str, timeframe: str) -> Bars | None:
        if symbol not in self._stored:
            path = self._path_of[symbol]
            there = await asyncio.to_thread(os.path.exists, path)
            self._stored[symbol] = (
                await asyncio.to_thread(read_bars, path, timeframe, symbol=symbol, max_bars=MAX_FILE_BARS)
                if there
                else None
            )
        return self._stored[symbol]


def _compared(bars: Bars, stored: Bars | None) -> tuple[int, int]:
    """How many of ``bars`` are stored, and how many of these with the same values."""
    if stored is None:
        return 0, 0
    common, rows, places = np.intersect1d(
        bars.open_time_ms, stored.open_time_ms, assume_unique=True, return_indices=True
    )
    same = np.ones(len(common), dtype=np.bool_)
    for name in COLUMNS:
        same &= getattr(bars, name)[rows] == getattr(stored, name)[places]
    return len(common), int(same.sum())


def merged(parts: list[Bars]) -> Bars:
    """All bars in time order; of two for one time the later part counts."""
    times = np.concatenate([part.open_time_ms for part in parts])
    # the first of equal times in reversed order is the last one given
    unique, places = np.unique(times[::-1], return_index=True)
    columns = (np.concatenate([getattr(part, name) for part in parts])[::-1][places] for name in COLUMNS)
    return make_bars(parts[0].symbol, parts[0].timeframe, unique, *columns)
