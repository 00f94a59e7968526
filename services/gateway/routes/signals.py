"""Stored signals and rejections."""

from typing import Annotated, Final, Literal

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from services.gateway.dependencies import Parts, Reader
from services.gateway.documented import listed
from services.gateway.fields import Moment, PatternNames, Symbol, Timeframe, patterns
from services.gateway.wire import message_response
from wyckoff.orchestrator.v1 import orchestrator_pb2
from wyckoff.risk.v1 import risk_pb2

router = APIRouter(tags=["signals"])

MAX_PAGE_SIZE: Final = 1_000

Stage = Literal["Volume", "Phase", "Levels", "Risk", "Strategy", "SYSTEM"]


class SignalQuery(BaseModel):
    """Which signals, and which page of them."""

    model_config = ConfigDict(extra="forbid", populate_by_name=False)

    symbol: Annotated[Symbol | None, Field(description="Only this instrument.")] = None
    timeframe: Annotated[Timeframe | None, Field(description="Only this bar length.")] = None
    pattern_type: Annotated[PatternNames, Field(description="Only these patterns; may be given more than once.")] = []
    known_from: Annotated[Moment | None, Field(alias="from", description="Only what was known at or after this.")] = (
        None
    )
    page_size: Annotated[int, Field(ge=1, le=MAX_PAGE_SIZE, description="At most so many.")] = 100
    page_token: Annotated[str, Field(max_length=512, description="next_page_token of the page before.")] = ""


class RejectionQuery(SignalQuery):
    """Which rejections, and which page of them."""

    stage: Annotated[Stage | None, Field(description="Only by this stage of the chain.")] = None
    near_misses_only: Annotated[bool, Field(description="Only within 10 % of the threshold.")] = False


@router.get(
    "/api/v1/signals",
    summary="Stored signals, newest first",
    **listed(orchestrator_pb2.ListSignalsResponse, "signals", errors=()),
)
async def list_signals(parts: Parts, reader: Reader, query: Annotated[SignalQuery, Query()]) -> Response:
    """A page of signals. `next_page_token` is empty on the last page."""
    page = await parts.orchestrator.list_signals(
        symbol=query.symbol or "",
        timeframe=query.timeframe or "",
        pattern_types=patterns(query.pattern_type),
        start_time=query.known_from,
        page_size=query.page_size,
        page_token=query.page_token,
    )
    return await message_response(page)


@router.get(
    "/api/v1/signals/{signal_id}",
    summary="One signal with its validation chain",
    **listed(risk_pb2.TradeSignal, "signal", errors=(404,)),
)
async def get_signal(
    parts: Parts, reader: Reader, signal_id: Annotated[str, Path(max_length=64, description="UUID of the signal.")]
) -> Response:
    """Every step of the chain says what was measured and what would have been enough."""
    return await message_response(await parts.orchestrator.get_signal(signal_id))


@router.get(
    "/api/v1/rejections",
    summary="Set-ups that justified no trade, newest first",
    **listed(orchestrator_pb2.ListRejectionsResponse, "rejections", errors=()),
)
async def list_rejections(parts: Parts, reader: Reader, query: Annotated[RejectionQuery, Query()]) -> Response:
    """A page of rejections with stage, reason, threshold and measured value."""
    page = await parts.orchestrator.list_rejections(
        symbol=query.symbol or "",
        timeframe=query.timeframe or "",
        pattern_types=patterns(query.pattern_type),
        stage=query.stage or "",
        near_misses_only=query.near_misses_only,
        start_time=query.known_from,
        page_size=query.page_size,
        page_token=query.page_token,
    )
    return await message_response(page)
