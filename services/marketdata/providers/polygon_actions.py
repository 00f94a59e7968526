"""Splits and dividends of Massive, formerly Polygon: ``/stocks/v1/splits`` and ``/stocks/v1/dividends``."""

from __future__ import annotations

from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from services.marketdata.providers.adjust import Dividend, Split
from services.marketdata.providers.answers import bad_answer
from services.marketdata.providers.json_shapes import items_of, text_of
from services.marketdata.providers.paging import pages
from services.marketdata.providers.spans import DAY_MS, is_intraday, iso, local_midnights, moment_in
from wyckoff.market.file_columns import iso_ms

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    Get = Callable[[str, Mapping[str, str | int] | None], Awaitable[dict[str, Any]]]

ZONE: Final = "America/New_York"
_PROVIDER: Final = "polygon"
_PAGE_ROWS: Final = 1000
#: Prices of stocks there are in dollars; a dividend in another currency cannot be set against them.
_CURRENCY: Final = "USD"


@dataclass(frozen=True, slots=True)
class Actions:
    """Splits and dividends in force, and how many dividends were in another currency or of no amount."""

    splits: list[Split]
    dividends: list[Dividend]
    left_out: int


async def actions_since(
    get: Get, symbol: str, timeframe: str, start_ms: int, now_ms: int, *, max_pages: int
) -> Actions:
    """Actions from the start to today; announced ones are not in force yet."""
    today = iso(int(local_midnights(np.array([now_ms], dtype=np.int64), ZONE)[0]))
    span = (iso(start_ms - start_ms % DAY_MS), today)
    splits = [
        Split(_in_force(row, "execution_date", timeframe), _number(row, "split_to") / _number(row, "split_from"))
        for row in await _rows(get, "splits", symbol, "execution_date", span, max_pages)
    ]
    paid = await _rows(get, "dividends", symbol, "ex_dividend_date", span, max_pages)
    usable = [row for row in paid if row.get("currency", _CURRENCY) in (_CURRENCY, None, "") and row.get("cash_amount")]
    dividends = [Dividend(_in_force(row, "ex_dividend_date", timeframe), _number(row, "cash_amount")) for row in usable]
    return Actions(splits, dividends, len(paid) - len(usable))


async def _rows(
    get: Get, kind: str, symbol: str, date: str, span: tuple[str, str], max_pages: int
) -> list[dict[str, Any]]:
    path = f"/stocks/v1/{kind}"
    params: dict[str, str | int] = {
        "ticker": symbol,
        f"{date}.gte": span[0],
        f"{date}.lte": span[1],
        "limit": _PAGE_ROWS,
        "sort": f"{date}.asc",
    }

    async def load(target: str) -> tuple[list[dict[str, Any]], str | None]:
        answer = await get(target, params if target == path else None)
        return items_of(_PROVIDER, answer, "results"), text_of(answer, "next_url")

    found: list[dict[str, Any]] = []
    async with aclosing(pages(_PROVIDER, path, load, max_pages=max_pages)) as parts:
        async for part in parts:
            found.extend(part)
    if any(row.get("ticker", symbol) != symbol for row in found):
        raise bad_answer(_PROVIDER, f"it gives {kind} of other symbols than {symbol}")
    # the same action on two pages must not count twice
    return list({repr(sorted(row.items(), key=str)): row for row in found}.values())


def _in_force(row: dict[str, Any], key: str, timeframe: str) -> int:
    """When bars begin to trade on the other side of the action."""
    try:
        date_ms = iso_ms(str(row.get(key)))
    except (ValueError, OverflowError) as error:
        raise bad_answer(_PROVIDER, f"an action has no {key}") from error
    return moment_in(date_ms, ZONE) if is_intraday(timeframe) else date_ms


def _number(row: dict[str, Any], key: str) -> float:
    try:
        value = float(row[key])
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise bad_answer(_PROVIDER, f"an action has no {key}") from error
    if not 0 < value < float("inf"):
        raise bad_answer(_PROVIDER, f"an action has {value:g} for {key}")
    return value
