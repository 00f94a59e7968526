"""What is sent to the gateway."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any, Final, Generic, TypeVar

import numpy as np
from pydantic import BaseModel, ConfigDict, Discriminator, Field, RootModel, StringConstraints, Tag, ValidationError
from starlette.requests import Request

from services.gateway.dependencies import parts_of
from services.gateway.failures import violations_of
from services.gateway.fields import BarTime, ScaleNames, Symbol, Timeframe
from services.gateway.problems import ProblemError, http_problem
from services.gateway.wire import aside
from wyckoff.client import Bars, make_bars
from wyckoff.market.gate import MAX_BARS, MAX_PRICE, MAX_TIME_MS, MAX_VOLUME, MIN_PRICE, MIN_TIME_MS, check_bars
from wyckoff.rpc.errors import InvalidArgumentError

_CONFIG: Final = ConfigDict(frozen=True, extra="forbid", strict=True)

Price = Annotated[float, Field(ge=MIN_PRICE, le=MAX_PRICE, allow_inf_nan=False)]
Volume = Annotated[float, Field(ge=0, le=MAX_VOLUME, allow_inf_nan=False)] | None
TimeMs = Annotated[int, Field(ge=MIN_TIME_MS, le=MAX_TIME_MS)]
Prices = Annotated[list[Price], Field(min_length=1, max_length=MAX_BARS)]


class BarRow(BaseModel):
    """One closed bar."""

    model_config = _CONFIG

    timestamp: Annotated[BarTime, Field(description="Open time; a date means midnight UTC, a number milliseconds.")]
    open: Price
    high: Price
    low: Price
    close: Price
    volume: Annotated[Volume, Field(description="0 or null means unknown.")] = None


class BarRows(BaseModel):
    """Closed bars by row, oldest first."""

    model_config = _CONFIG

    symbol: Symbol
    timeframe: Timeframe
    rows: Annotated[list[BarRow], Field(min_length=1, max_length=MAX_BARS)]

    def bars(self) -> Bars:
        """Checked bars; raises BarsError naming field and index."""
        columns = np.array([(row.open, row.high, row.low, row.close, row.volume or 0.0) for row in self.rows]).T
        return _checked(make_bars(self.symbol, self.timeframe, [row.timestamp for row in self.rows], *columns))


class BarColumns(BaseModel):
    """Closed bars by column, oldest first; all columns have the same length. Shorter, and read faster."""

    model_config = _CONFIG

    symbol: Symbol
    timeframe: Timeframe
    open_time_ms: Annotated[list[TimeMs], Field(min_length=1, max_length=MAX_BARS, description="Since 1970, UTC.")]
    open: Prices
    high: Prices
    low: Prices
    close: Prices
    volume: Annotated[list[Volume], Field(min_length=1, max_length=MAX_BARS, description="0 or null means unknown.")]

    def bars(self) -> Bars:
        """Checked bars; raises BarsError naming field and index."""
        volume = [value or 0.0 for value in self.volume]
        made = make_bars(
            self.symbol, self.timeframe, self.open_time_ms, self.open, self.high, self.low, self.close, volume
        )
        return _checked(made)


def _form(value: Any) -> str:  # noqa: ANN401 - whatever was sent
    return "rows" if isinstance(value, dict) and "rows" in value else "columns"


BarsInput = Annotated[
    Annotated[BarRows, Tag("rows")] | Annotated[BarColumns, Tag("columns")],
    Discriminator(_form),
]


class BarsBody(RootModel[BarsInput]):
    """Bars of one symbol and timeframe, by row or by column."""


class AnalyzeBody(BaseModel):
    """Bars to analyse as they are."""

    model_config = _CONFIG

    bars: BarsInput
    scales: Annotated[ScaleNames, Field(description="Only structures of these scales; all when empty.")] = []
    context_timeframe: Annotated[Timeframe | None, Field(description="A longer bar length to read beside.")] = None
    equity: Annotated[
        str | None,
        StringConstraints(pattern=r"^[0-9]{1,15}(\.[0-9]{1,8})?$"),
        Field(description="Account to size for, decimal text; the stored default account when absent."),
    ] = None


def _checked(bars: Bars) -> Bars:
    check_bars(bars)
    return bars


Body = TypeVar("Body", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Read(Generic[Body]):
    """A body that was read, what tells it from others, and how large it was."""

    content: Body
    digest: bytes
    size_bytes: int


def json_body(model: type[Body]) -> Callable[[Request], Awaitable[Read[Body]]]:
    """A dependency: the JSON body of a request as ``model``."""

    async def read(request: Request) -> Read[Body]:
        media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if media_type != "application/json":
            # pages of other sites can send the few types of forms without asking; this is none of them
            raise ProblemError(http_problem(415, "the body must be JSON; send it with Content-Type: application/json"))
        timeout_s = parts_of(request).settings.body_timeout_s
        try:
            async with asyncio.timeout(timeout_s):
                text = await request.body()
        except TimeoutError as error:
            raise ProblemError(http_problem(408, f"the body did not come within {timeout_s:g} s")) from error
        try:
            content = await aside(len(text), partial(model.model_validate_json, text))
        except ValidationError as error:
            raise InvalidArgumentError(violations_of(error.errors(include_input=False, include_url=False))) from error
        return Read(content, hashlib.sha256(text).digest(), len(text))

    return read
