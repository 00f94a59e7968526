"""Rows of the watchlist."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

from services.gateway.page.documents import open_structure
from services.gateway.page.study import Question
from wyckoff.chart.labels import direction_name, pattern_name, price_text, scale_name
from wyckoff.chart.scene import time_label
from wyckoff.common.v1 import common_pb2
from wyckoff.replay.stand import stands
from wyckoff.rpc.errors import WyckoffError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from services.gateway.page.settings import PageSettings
    from services.gateway.page.study import Studies, Study
    from wyckoff.client import MarketDataClient
    from wyckoff.marketdata.v1.marketdata_pb2 import Instrument
    from wyckoff.orchestrator.v1.orchestrator_pb2 import Analysis

Row = dict[str, Any]

#: The largest page of instruments that the market data service gives.
_MOST_INSTRUMENTS = 1000


class Watchlist:
    """All instruments that have bars, and where each stands. ``clock`` is monotonic, in seconds."""

    def __init__(
        self,
        studies: Studies,
        marketdata: MarketDataClient,
        settings: PageSettings,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._studies = studies
        self._marketdata = marketdata
        self._settings = settings
        self._clock = clock
        self._instruments: list[Instrument] = []
        self._read_at_s: float | None = None
        self._reading = asyncio.Lock()

    async def instruments(self, text: str, expected: tuple[str, str] | None = None) -> list[Instrument]:
        """Those whose symbol has ``text`` in it, whatever the case; by symbol and bar length.

        The list is read again when it is old, and when ``expected``, of which somebody has heard, is not in it.
        """
        async with self._reading:
            now_s = self._clock()
            is_old = self._read_at_s is None or now_s - self._read_at_s > self._settings.instruments_age_s
            if is_old or not self._has(expected):
                found = self._marketdata.iterate_instruments(page_size=_MOST_INSTRUMENTS)
                self._instruments = [item async for item in found]
                self._read_at_s = now_s
        wanted = text.casefold()
        return [item for item in self._instruments if wanted in item.symbol.casefold()]

    def _has(self, expected: tuple[str, str] | None) -> bool:
        return expected is None or any((item.symbol, item.timeframe) == expected for item in self._instruments)

    async def readings(self, instruments: Sequence[tuple[str, str]]) -> list[Row]:
        """A row for each symbol and bar length, in their order; one that fails says why and leaves the others alone."""
        return await asyncio.gather(*(self._reading_of(*instrument) for instrument in instruments))

    async def _reading_of(self, symbol: str, timeframe: str) -> Row:
        name: Row = {"symbol": symbol, "timeframe": timeframe}
        try:
            return name | reading_row(await self._studies.study(Question(symbol, timeframe, self._settings.bars)))
        except WyckoffError as error:
            return name | {"error": error.message}


def instrument_row(instrument: Instrument) -> Row:
    """What is known of an instrument without an analysis."""
    return {
        "symbol": instrument.symbol,
        "timeframe": instrument.timeframe,
        "bar_count": instrument.bar_count,
        "last_time": time_label(instrument.last_time.ToMilliseconds(), instrument.timeframe),
    }


def reading_row(study: Study) -> Row:
    """Where an instrument stands and its last signal."""
    closes = study.bars.close
    before = float(closes[-2]) if len(closes) > 1 else float(closes[-1])
    return {
        "version": study.version,
        "last_time": time_label(int(study.bars.open_time_ms[-1]), study.bars.timeframe),
        "close": price_text(float(closes[-1])),
        "change_pct": round((float(closes[-1]) / before - 1) * 100, 2),
        "stand": _stand(study.analysis),
        "signal": _last_signal(study),
        "complete": study.analysis.complete,
    }


def _stand(analysis: Analysis) -> Row | None:
    """The largest open structure whose side is known; the largest one when none is."""
    still_open = stands(analysis)[-1].open
    known = [item for item in still_open if item.side != common_pb2.SIDE_UNDETERMINED]
    chosen = next(iter([*known, *still_open]), None)
    return None if chosen is None else open_structure(chosen)


def _last_signal(study: Study) -> Row | None:
    signal = max(study.analysis.signals, key=lambda item: (item.known_at_index, item.priority), default=None)
    if signal is None:
        return None
    withdrawn = {item.pattern_id for item in study.analysis.patterns if item.HasField("withdrawn_at_index")}
    return {
        "id": signal.signal_id,
        "name": pattern_name(signal.pattern_type),
        "direction": direction_name(signal.direction),
        "scale": scale_name(signal.scale),
        "known_time": time_label(int(study.bars.open_time_ms[signal.known_at_index]), study.bars.timeframe),
        "age_bars": len(study.bars) - 1 - signal.known_at_index,
        "entry": price_text(float(signal.entry_price)),
        "confidence": signal.confidence_score,
        "withdrawn": signal.pattern_id in withdrawn,
    }
