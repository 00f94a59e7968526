"""When a market was open: exchanges from their calendars, crypto always, currencies by their week."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from services.marketdata.providers.spans import DAY_MS, moment_in
from wyckoff.rpc.errors import InvalidArgumentError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from wyckoff.market.bars import IntArray

ALWAYS: Final = "24/7"
FOREX: Final = "forex"
NO_CALENDAR: Final = "none"

_NEW_YORK: Final = "America/New_York"
#: The week of currencies ends and begins at five in the afternoon of New York.
_FOREX_HOUR: Final = 17
_LOADING: Final = Lock()


@dataclass(frozen=True, slots=True, eq=False)
class Sessions:
    """Sessions in order; all arrays have one length. ``dates_ms`` is midnight UTC of the date a session is named by."""

    calendar: str
    zone: str
    until_ms: int
    """What comes later is not known."""

    dates_ms: IntArray
    open_ms: IntArray
    close_ms: IntArray
    break_start_ms: IntArray
    """Equal to ``break_end_ms`` where there is no break."""

    break_end_ms: IntArray
    half_days: NDArray[np.bool_]
    """Shorter at its end than sessions usually are."""

    optional_dates_ms: IntArray
    """Dates without a session on which bars are no surprise."""

    continuous: bool = False
    """Whether there is no trading before the open and after the close."""


def load_sessions(calendar: str, start_ms: int, end_ms: int) -> Sessions:
    """Sessions of the dates from start to end; raises InvalidArgumentError for a calendar that there is not."""
    first, last = start_ms - start_ms % DAY_MS, end_ms - end_ms % DAY_MS
    if calendar == ALWAYS:
        return _always(first, last)
    if calendar == FOREX:
        return _forex(first, last)
    return _exchange(calendar, first, last)


def _days(first_ms: int, last_ms: int) -> IntArray:
    return np.arange(first_ms, last_ms + DAY_MS, DAY_MS, dtype=np.int64)


def _plain(calendar: str, zone: str, until_ms: int, dates: IntArray, opens: IntArray, optional: IntArray) -> Sessions:
    """Sessions of 24 hours."""
    closes = opens + DAY_MS
    half = np.zeros(len(dates), dtype=np.bool_)
    return Sessions(calendar, zone, until_ms, dates, opens, closes, closes, closes, half, optional, continuous=True)


def _always(first_ms: int, last_ms: int) -> Sessions:
    dates = _days(first_ms, last_ms)
    return _plain(ALWAYS, "UTC", last_ms + DAY_MS, dates, dates, np.empty(0, dtype=np.int64))


def _forex(first_ms: int, last_ms: int) -> Sessions:
    """Monday to Friday, each beginning on the evening before.

    Christmas and New Year's Day are quiet, and some sources name the first hours of the week Sunday.
    """
    days = _days(first_ms, last_ms)
    weekday = (days // DAY_MS + 3) % 7
    months_and_days = {(12, 25), (1, 1)}
    calendar_days = days.astype("datetime64[ms]").astype("datetime64[D]").tolist()
    quiet = np.array([(day.month, day.day) in months_and_days for day in calendar_days], dtype=np.bool_)
    trading = (weekday < 5) & ~quiet
    dates = days[trading]
    opens = np.array([moment_in(int(date) - DAY_MS, _NEW_YORK, _FOREX_HOUR) for date in dates], dtype=np.int64)
    return _plain(FOREX, _NEW_YORK, last_ms + DAY_MS, dates, opens, days[(weekday == 6) | quiet])


def _exchange(calendar: str, first_ms: int, last_ms: int) -> Sessions:
    """Whole years, so that many symbols share what takes a third of a second to work out."""
    first, last = (int(str(np.datetime64(day, "ms").astype("datetime64[Y]"))) for day in (first_ms, last_ms))
    # symbols under way at once wait for the first of them instead of doing the same
    with _LOADING:
        try:
            return _exchange_years(calendar, first, last)
        except InvalidArgumentError:
            # some exchanges say their holidays a year ahead only; what comes later is not known then
            if last > first:
                with suppress(InvalidArgumentError):
                    return _exchange_years(calendar, first, last - 1)
            raise


@lru_cache(maxsize=64)
def _exchange_years(calendar: str, first_year: int, last_year: int) -> Sessions:
    # brings pandas, which takes a second to import
    import exchange_calendars  # type: ignore[import-untyped]
    from exchange_calendars.errors import InvalidCalendarName, NoSessionsError  # type: ignore[import-untyped]

    start, end = f"{first_year:04d}-01-01", f"{last_year:04d}-12-31"
    until_ms = int(np.datetime64(f"{last_year + 1:04d}-01-01", "ms").astype(np.int64))
    try:
        found = exchange_calendars.get_calendar(calendar, start=start, end=end)
    except InvalidCalendarName as error:
        right = f"an exchange code such as XNYS or XLON, {ALWAYS}, {FOREX} or {NO_CALENDAR} is needed"
        raise InvalidArgumentError.of("calendar", f"{calendar!r} is no calendar; {right}") from error
    except NoSessionsError:
        return _none(calendar, until_ms)
    except ValueError as error:
        text = f"{calendar} does not reach from {first_year} to {last_year}: {error}"
        raise InvalidArgumentError.of("calendar", text) from error
    return _from_schedule(calendar, str(found.tz), until_ms, found.schedule)


def _none(calendar: str, until_ms: int) -> Sessions:
    nothing = np.empty(0, dtype=np.int64)
    return _plain(calendar, "UTC", until_ms, nothing, nothing, nothing)


def _from_schedule(calendar: str, zone: str, until_ms: int, schedule: Any) -> Sessions:  # noqa: ANN401  # pandas
    def in_ms(column: Any) -> IntArray:  # noqa: ANN401
        times = column.dt.tz_convert(None).to_numpy().astype("datetime64[ms]")
        return np.asarray(times.astype(np.int64))

    dates = np.asarray(schedule.index.to_numpy().astype("datetime64[ms]").astype(np.int64))
    opens, closes = in_ms(schedule["open"]), in_ms(schedule["close"])
    has_break = schedule["break_start"].notna().to_numpy()
    start = np.where(has_break, in_ms(schedule["break_start"]), closes)
    end = np.where(has_break, in_ms(schedule["break_end"]), closes)
    length = closes - opens
    half = length < np.median(length)
    return Sessions(calendar, zone, until_ms, dates, opens, closes, start, end, half, np.empty(0, dtype=np.int64))
