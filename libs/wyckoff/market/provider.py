"""What a source of bars is, and what fetching from one says: plain values, whoever provides them."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable

    from wyckoff.market.bars import Bars


class Adjustment(StrEnum):
    """What was done to prices and volumes for splits and dividends."""

    RAW = "raw"
    """Nothing: prices and volumes as they were traded."""

    SPLITS = "splits"
    """Prices divided and volumes multiplied by later splits."""

    ALL = "all"
    """Splits as above, and prices before a cash dividend lowered by its share of the price; volumes by splits only."""

    UNSTATED = "unstated"
    """The source does not say, as files do not."""


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a provider can be asked for."""

    timeframes: tuple[str, ...]
    """Bar lengths; any when empty."""

    adjustments: tuple[Adjustment, ...]
    """The first is what it gives when nothing is asked for."""

    max_bars_per_request: int
    """Bars in one answer of the provider, at most."""

    needs_key: bool
    """Whether it answers only who has a key."""

    settle_s: int = 0
    """How long after its end a bar may still be restated or not be given yet."""

    start_needed: bool = True
    """Whether a first date must be named."""


@dataclass(frozen=True, slots=True, eq=False)
class Chunk:
    """Bars of one page: ascending, each possible in itself, perhaps none; and what was left out of it."""

    bars: Bars
    adjustment: Adjustment
    empty_rows: int = 0
    impossible_rows: int = 0
    notes: tuple[str, ...] = ()
    lag_ms: int = 0
    """How much later its days end than their dates say in UTC, for markets that never close."""


class BarProvider(Protocol):
    """A source of bars. Every failure is a :class:`wyckoff.rpc.errors.WyckoffError`."""

    @property
    def name(self) -> str:
        """As the command calls it."""
        ...

    @property
    def capabilities(self) -> Capabilities:
        """What can be asked for."""
        ...

    def calendar_of(self, symbol: str) -> str:
        """The calendar that ``symbol`` most likely trades by; empty when that cannot be said."""
        ...

    def fetch(
        self, symbol: str, timeframe: str, start_ms: int, end_ms: int, *, adjustment: Adjustment
    ) -> AsyncGenerator[Chunk]:
        """Bars that open in [start_ms, end_ms), a page at a time, oldest first.

        Bars of a day or longer open at midnight UTC of their date. The last one may still be open; pages may overlap.
        """
        ...


@dataclass(frozen=True, slots=True)
class Saved:
    """What storing did: counts of bars, and what the data gate found, by text."""

    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    warnings: tuple[tuple[str, int], ...] = ()


class BarStore(Protocol):
    """Where fetched bars go."""

    async def newest(self, symbol: str, timeframe: str, count: int) -> Bars | None:
        """The last ``count`` stored bars, oldest first; None when there are none."""
        ...

    async def save(self, bars: Bars) -> Saved:
        """Store bars; the same again changes nothing, differing ones are replaced."""
        ...

    async def finish(self, symbol: str, timeframe: str, adjustment: Adjustment) -> None:
        """All bars of the symbol were saved."""
        ...


@dataclass(frozen=True, slots=True)
class GapReport:
    """Where the bars and the sessions of a calendar differ. Times are ISO; lists hold the first few."""

    calendar: str
    session_count: int
    half_day_count: int
    missing_session_count: int
    missing_sessions: tuple[str, ...]
    missing_bar_count: int
    missing_bars: tuple[str, ...]
    unexpected_bar_count: int
    unexpected_bars: tuple[str, ...]

    @property
    def complete(self) -> bool:
        """Whether nothing is missing and nothing is out of place."""
        return not (self.missing_session_count or self.missing_bar_count or self.unexpected_bar_count)


@dataclass(frozen=True, slots=True)
class Restated:
    """Stored bars that the provider gives differently now."""

    bar_count: int
    first_time: str
    price_factor: float | None
    """What all stored prices were multiplied by, when it is one factor: the mark of a new adjustment."""

    explanation: str
    advice: str


@dataclass(frozen=True, slots=True)
class FetchRequest:
    """What to fetch. ``start_ms`` may be None with ``update`` when something is stored."""

    symbol: str
    timeframe: str
    start_ms: int | None
    end_ms: int
    adjustment: Adjustment | None = None
    calendar: str | None = None
    """A calendar, ``none``, or None for the provider's own choice."""

    update: bool = False
    replace: bool = False


@dataclass(slots=True)
class FetchReport:
    """What came of a fetch; filled while it goes on, so that an interrupted one says how far it came."""

    provider: str
    symbol: str
    timeframe: str
    adjustment: Adjustment = Adjustment.UNSTATED
    bar_count: int = 0
    first_time: str = ""
    last_time: str = ""
    inserted_count: int = 0
    updated_count: int = 0
    unchanged_count: int = 0
    overlap_count: int = 0
    open_bar_count: int = 0
    empty_row_count: int = 0
    impossible_row_count: int = 0
    duplicate_row_count: int = 0
    conflicting_row_count: int = 0
    complete: bool = False
    gaps: GapReport | None = None
    restated: Restated | None = None
    notes: list[str] = field(default_factory=list)
    warnings: dict[str, int] = field(default_factory=dict)


class Fetcher(Protocol):
    """A provider with all that fetching from it takes."""

    @property
    def provider(self) -> BarProvider:
        """Where the bars come from."""
        ...

    async def fetch(
        self, request: FetchRequest, store: BarStore, report: FetchReport, on_page: Callable[[FetchReport], None]
    ) -> None:
        """Fetch, store and check, into ``report``; raises :class:`wyckoff.rpc.errors.WyckoffError`."""
        ...
