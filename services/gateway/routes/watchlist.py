"""The watchlist of the page."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Query

from services.gateway.dependencies import Reader
from services.gateway.page.asked import instruments_of
from services.gateway.page.parts import OfPage
from services.gateway.page.rows import instrument_row
from wyckoff.rpc.errors import InvalidArgumentError

MAX_ROWS: Final = 200
#: Rows that are read at once: the page asks for those that are in sight.
MAX_READINGS: Final = 20
_MAX_TEXT_CHARS: Final = 40

router = APIRouter(tags=["page"], include_in_schema=False)


@router.get("/api/v1/page/watchlist")
async def watchlist(
    page: OfPage,
    reader: Reader,
    text: Annotated[str, Query(description="Only symbols with this in them.")] = "",
    first: Annotated[int, Query(description="Rows before the first one.")] = 0,
    rows: Annotated[int, Query(description="Most rows.")] = 50,
    expected: Annotated[str, Query(description="SYMBOL/TIMEFRAME that must be among all of them by now.")] = "",
) -> dict[str, Any]:
    """Instruments that have bars, by symbol and bar length, without a word on where they stand."""
    if len(text) > _MAX_TEXT_CHARS:
        raise InvalidArgumentError.of("text", f"has {len(text)} characters; at most {_MAX_TEXT_CHARS} are looked for")
    if first < 0:
        raise InvalidArgumentError.of("first", f"is {first}; 0 or more rows can be skipped")
    if not 1 <= rows <= MAX_ROWS:
        raise InvalidArgumentError.of("rows", f"is {rows}; 1 to {MAX_ROWS} rows are given at once")
    heard_of = instruments_of([expected], 1)[0] if expected else None
    found = await page.watchlist.instruments(text, heard_of)
    part = found[first : first + rows]
    return {"total": len(found), "first": first, "rows": [instrument_row(item) for item in part]}


@router.get("/api/v1/page/readings")
async def readings(
    page: OfPage,
    reader: Reader,
    instrument: Annotated[list[str], Query(description="SYMBOL/TIMEFRAME; once for each row.")],
) -> dict[str, Any]:
    """Where these instruments stand, and the last signal of each."""
    return {"rows": await page.watchlist.readings(instruments_of(instrument, MAX_READINGS))}
