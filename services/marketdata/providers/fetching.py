"""One fetch from beginning to end: pages in, closed bars out, history compared, gaps listed."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import TYPE_CHECKING, Final

import numpy as np

from services.marketdata.providers.gaps import find_gaps
from services.marketdata.providers.overlap import OVERLAP_BARS, Overlap
from services.marketdata.providers.sequence import Sequence, selected
from services.marketdata.providers.sessions import NO_CALENDAR, load_sessions
from services.marketdata.providers.spans import DAY_MS, closed, iso
from wyckoff.market.gate import MIN_TIME_MS, check_identity
from wyckoff.rpc.errors import InvalidArgumentError, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Callable

    from services.marketdata.providers.http import Time
    from services.marketdata.providers.sessions import Sessions
    from wyckoff.market.bars import Bars, IntArray
    from wyckoff.market.provider import (
        Adjustment,
        BarProvider,
        BarStore,
        Capabilities,
        Chunk,
        FetchReport,
        FetchRequest,
    )

#: Around the present, to know the session that ends a month.
_BEFORE_MS: Final = 40 * DAY_MS
_AFTER_MS: Final = 40 * DAY_MS


class BarFetcher:
    """Fetches from one provider, for as many symbols at once as its callers like."""

    def __init__(self, provider: BarProvider, times: Time) -> None:
        self._provider = provider
        self._time = times

    @property
    def provider(self) -> BarProvider:
        return self._provider

    async def fetch(
        self, request: FetchRequest, store: BarStore, report: FetchReport, on_page: Callable[[FetchReport], None]
    ) -> None:
        check_identity(request.symbol, request.timeframe)
        report.adjustment = chosen_adjustment(self._provider, request)
        stored = None
        if request.update and not request.replace:
            stored = await store.newest(request.symbol, request.timeframe, OVERLAP_BARS)
        start_ms = self._start_of(request, stored)
        calendar = request.calendar or self._provider.calendar_of(request.symbol) or NO_CALENDAR
        run = _Run(request, report, start_ms, stored, calendar, await self._sessions_now(calendar))
        until_ms = self._time.now_ms() - self._provider.capabilities.settle_s * 1000
        pages = self._provider.fetch(
            request.symbol, request.timeframe, start_ms, request.end_ms, adjustment=report.adjustment
        )
        async with aclosing(pages):
            async for page in pages:
                fresh = run.take(page, until_ms)
                if report.restated is not None:
                    return
                await run.save(store, fresh)
                on_page(report)
        await run.finish(self._provider.name, until_ms)
        await store.finish(request.symbol, request.timeframe, report.adjustment)
        report.complete = True

    def _start_of(self, request: FetchRequest, stored: Bars | None) -> int:
        if stored is not None:
            if stored.open_time_ms[-1] >= request.end_ms:
                last = iso(int(stored.open_time_ms[-1]))
                raise InvalidArgumentError.of(
                    "to", f"is not after the last stored bar, {last}; nothing is to be updated"
                )
            return int(stored.open_time_ms[0])
        if request.start_ms is None and not self._provider.capabilities.start_needed:
            return MIN_TIME_MS
        if request.start_ms is None:
            why = ", as nothing is stored yet" if request.update and not request.replace else ""
            raise InvalidArgumentError.of("from", f"is missing; the first date is needed{why}")
        if request.start_ms >= request.end_ms:
            raise InvalidArgumentError.of("to", "is not after from; it must be")
        return request.start_ms

    async def _sessions_now(self, calendar: str) -> Sessions | None:
        now_ms = self._time.now_ms()
        return await _sessions(calendar, now_ms - _BEFORE_MS, now_ms + _AFTER_MS)


class _Run:
    """What one fetch keeps while it goes on."""

    def __init__(
        self,
        request: FetchRequest,
        report: FetchReport,
        start_ms: int,
        stored: Bars | None,
        calendar: str,
        sessions_now: Sessions | None,
    ) -> None:
        self._request, self._report = request, report
        self._sequence = Sequence(start_ms, request.end_ms)
        self._overlap = Overlap(stored) if stored is not None else None
        self._calendar, self._sessions_now = calendar, sessions_now
        self._times: list[IntArray] = []

    def take(self, page: Chunk, until_ms: int) -> Bars:
        """The closed new bars of a page; nothing once ``report.restated`` says that history is another one."""
        report = self._report
        bars = self._sequence.take(page.bars)
        around_the_clock = self._sessions_now is None or self._sessions_now.continuous
        lag_ms = page.lag_ms if around_the_clock else 0
        ended = closed(bars.open_time_ms, bars.timeframe, until_ms - lag_ms, self._sessions_now)
        report.open_bar_count += len(bars) - int(ended.sum())
        report.empty_row_count += page.empty_rows
        report.impossible_row_count += page.impossible_rows
        report.duplicate_row_count = self._sequence.duplicate_rows
        report.conflicting_row_count = self._sequence.conflicting_rows
        report.notes.extend(note for note in page.notes if note not in report.notes)
        bars = selected(bars, ended)
        self._times.append(bars.open_time_ms)
        if self._overlap is None:
            return bars
        report.restated = self._overlap.compare(bars)
        report.overlap_count = self._overlap.compared
        return self._overlap.to_save(bars)

    async def save(self, store: BarStore, bars: Bars) -> None:
        if not len(bars):
            return
        saved = await store.save(bars)
        report = self._report
        report.bar_count += len(bars)
        report.first_time = report.first_time or iso(int(bars.open_time_ms[0]))
        report.last_time = iso(int(bars.open_time_ms[-1]))
        report.inserted_count += saved.inserted
        report.updated_count += saved.updated
        report.unchanged_count += saved.unchanged
        for text, count in saved.warnings:
            report.warnings[text] = report.warnings.get(text, 0) + count

    async def finish(self, provider: str, until_ms: int) -> None:
        """Gaps, and what else is to be said when all pages are there."""
        times = np.concatenate(self._times) if self._times else np.empty(0, dtype=np.int64)
        if not len(times):
            self._nothing(provider)
            return
        if self._overlap is not None and self._overlap.volumes_corrected:
            count = self._overlap.volumes_corrected
            self._report.notes.append(f"the volume of {count} stored bars was corrected")
        until_ms = min(until_ms, self._request.end_ms)
        last_ms = max(int(times[-1]), until_ms) + _AFTER_MS
        sessions = await _sessions(self._calendar, int(times[0]) - DAY_MS, last_ms)
        if sessions is None:
            self._report.notes.append("no calendar: gaps were not looked for")
        else:
            self._report.gaps = find_gaps(times, self._request.timeframe, sessions, until_ms)

    def _nothing(self, provider: str) -> None:
        request = self._request
        if self._overlap is not None:
            self._report.notes.append(f"{provider} does not give the last stored bars any more")
            return
        raise NotFoundError(
            f"{provider} has no closed bars of {request.symbol} {request.timeframe} in that time; "
            "check the symbol and the dates",
            reason="PROVIDER_NO_BARS",
            metadata={"provider": provider, "symbol": request.symbol},
        )


async def _sessions(calendar: str, start_ms: int, end_ms: int) -> Sessions | None:
    return None if calendar == NO_CALENDAR else await asyncio.to_thread(load_sessions, calendar, start_ms, end_ms)


def chosen_adjustment(provider: BarProvider, request: FetchRequest) -> Adjustment:
    """What the request asks for, if the provider can do that; raises InvalidArgumentError naming the field."""
    can: Capabilities = provider.capabilities
    if can.timeframes and request.timeframe not in can.timeframes:
        text = f"{request.timeframe} is not offered by {provider.name}; {', '.join(can.timeframes)} are"
        raise InvalidArgumentError.of("timeframe", text)
    chosen = request.adjustment or can.adjustments[0]
    if chosen not in can.adjustments:
        text = f"{chosen} is not offered by {provider.name}; {', '.join(can.adjustments)} are"
        raise InvalidArgumentError.of("adjustment", text)
    return chosen
