"""Bars with what is in them: labels, levels, and the mirror that turns an accumulation into a distribution."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, Literal

import numpy as np

from wyckoff.market.bars import PRICE_COLUMNS, Bars, make_bars
from wyckoff.model.kinds import EventType
from wyckoff.schematics.noise import business_days_ms

Kind = Literal["accumulation", "distribution"]

#: What an event of an accumulation is called in the mirror.
MIRROR_TYPES: Final = {
    EventType.PS: EventType.PSY,
    EventType.SC: EventType.BC,
    EventType.AR: EventType.AR,
    EventType.ST: EventType.ST,
    EventType.UT: EventType.UT,
    EventType.SPRING: EventType.UTAD,
    EventType.TEST: EventType.TEST,
    EventType.SOS: EventType.SOW,
    EventType.LPS: EventType.LPSY,
}
#: The same, read from either side.
_REFLECTED: Final = {**MIRROR_TYPES, **{there: here for here, there in MIRROR_TYPES.items()}}
SETTLING_BARS: Final = 10


@dataclass(frozen=True, slots=True)
class Label:
    """An event that is really there."""

    type: EventType
    bar_index: int


@dataclass(frozen=True, slots=True)
class LabelledRange:
    """A trading range that is really there: first and last bar, prices of support and resistance."""

    start: int
    end: int
    support: float
    resistance: float


@dataclass(frozen=True, slots=True)
class LabelledSeries:
    """Bars and what is in them.

    ``support`` < ``resistance`` are prices of the (first) structure, from ``range_start`` (its climax) to
    ``range_end`` (where it was left). ``scored`` are the index intervals, both ends included, in which every
    detection has to be right, but for those of ``unscored_types``. ``broken_at`` is the bar that broke a base,
    None when it held. ``unscored_events`` are there, too, but of types that are not scored.
    """

    bars: Bars
    events: tuple[Label, ...]
    range_start: int
    range_end: int
    support: float
    resistance: float
    scored: tuple[tuple[int, int], ...]
    broken_at: int | None = None
    more_ranges: tuple[LabelledRange, ...] = ()
    unscored_types: tuple[EventType, ...] = ()
    unscored_events: tuple[Label, ...] = ()


def mirrored_bars(bars: Bars, product: float | None = None) -> Bars:
    """Every price p becomes ``product`` / p, high and low exchanged: a reflection of log prices.

    ``product`` defaults to the square of the first close, which leaves that close as it is.
    """
    k = float(bars.close[0]) ** 2 if product is None else product
    prices = (k / bars.open, k / bars.low, k / bars.high, k / bars.close)
    return make_bars(bars.symbol, bars.timeframe, bars.open_time_ms, *prices, bars.volume)


def mirrored(series: LabelledSeries) -> LabelledSeries:
    """The reflection of a series: an accumulation becomes a distribution, and the other way round."""
    k = float(series.bars.close[0]) ** 2
    return replace(
        series,
        bars=mirrored_bars(series.bars, k),
        events=_reflected(series.events),
        support=k / series.resistance,
        resistance=k / series.support,
        more_ranges=tuple(
            replace(item, support=k / item.resistance, resistance=k / item.support) for item in series.more_ranges
        ),
        unscored_types=tuple(_REFLECTED[kind] for kind in series.unscored_types),
        unscored_events=_reflected(series.unscored_events),
    )


def followed(first: LabelledSeries, second: LabelledSeries) -> LabelledSeries:
    """``second`` after ``first``; between the two structures nothing is scored. ``range_*`` are the first's."""
    offset = len(first.bars)
    start = offset + max(second.range_start - SETTLING_BARS, second.scored[0][0])
    ranges = (LabelledRange(second.range_start, second.range_end, second.support, second.resistance),)
    scale = float(first.bars.close[-1] / second.bars.open[0])
    return replace(
        first,
        bars=joined(first.bars, second.bars),
        events=first.events + _shifted(second.events, offset),
        scored=(*first.scored, (start, second.scored[-1][1] + offset)),
        more_ranges=first.more_ranges + _moved(ranges + second.more_ranges, offset, scale),
        unscored_types=tuple(dict.fromkeys(first.unscored_types + second.unscored_types)),
        unscored_events=first.unscored_events + _shifted(second.unscored_events, offset),
    )


def preceded(lead: Bars, series: LabelledSeries, unscored_bars: int) -> LabelledSeries:
    """``series`` after bars of which nothing is known; scoring begins ``unscored_bars`` into the series."""
    offset = len(lead)
    scale = float(lead.close[-1] / series.bars.open[0])
    first, *others = series.scored
    scored = ((max(first[0], unscored_bars), first[1]), *others)
    return replace(
        series,
        bars=joined(lead, series.bars),
        events=_shifted(series.events, offset),
        range_start=series.range_start + offset,
        range_end=series.range_end + offset,
        support=series.support * scale,
        resistance=series.resistance * scale,
        scored=tuple((start + offset, end + offset) for start, end in scored),
        broken_at=None if series.broken_at is None else series.broken_at + offset,
        more_ranges=_moved(series.more_ranges, offset, scale),
        unscored_events=_shifted(series.unscored_events, offset),
    )


def joined(first: Bars, second: Bars) -> Bars:
    """``second`` continues ``first``: same price and volume level at the seam, days run on."""
    scale = float(first.close[-1] / second.open[0])
    busy = float(np.median(first.volume[-50:]) / np.median(second.volume[:50]))
    open_, high, low, close = (
        np.concatenate([getattr(first, name), getattr(second, name) * scale]) for name in PRICE_COLUMNS
    )
    volume = np.concatenate([first.volume, np.round(second.volume * busy)])
    return make_bars(first.symbol, first.timeframe, business_days_ms(len(volume)), open_, high, low, close, volume)


def _reflected(labels: tuple[Label, ...]) -> tuple[Label, ...]:
    return tuple(Label(_REFLECTED[label.type], label.bar_index) for label in labels)


def _shifted(labels: tuple[Label, ...], offset: int) -> tuple[Label, ...]:
    return tuple(Label(label.type, label.bar_index + offset) for label in labels)


def _moved(ranges: tuple[LabelledRange, ...], offset: int, scale: float) -> tuple[LabelledRange, ...]:
    return tuple(
        LabelledRange(item.start + offset, item.end + offset, item.support * scale, item.resistance * scale)
        for item in ranges
    )
