"""What bars say."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from services.gateway.bodies import AnalyzeBody, Read, json_body
from services.gateway.dependencies import Parts, Reader, count_costly
from services.gateway.documented import analyze_route, listed
from services.gateway.fields import ScaleNames, Symbol, Timeframe, scales
from services.gateway.wire import aside, message_response
from wyckoff.market.gate import MAX_BARS
from wyckoff.orchestrator.v1.orchestrator_pb2 import Analysis
from wyckoff.portfolio.v1.portfolio_pb2 import Portfolio

router = APIRouter(tags=["analysis"])


class AnalysisQuery(BaseModel):
    """How much is analysed, and what of it is answered."""

    model_config = ConfigDict(extra="forbid")

    lookback_bars: Annotated[
        int | None, Field(ge=1, le=MAX_BARS, description="The newest so many bars; as configured, 500, when absent.")
    ] = None
    scales: Annotated[
        ScaleNames, Field(description="Only structures of these scales; may be given more than once; all when absent.")
    ] = []
    context_timeframe: Annotated[Timeframe | None, Field(description="A longer bar length to read beside.")] = None


@router.get(
    "/api/v1/analysis/{symbol:path}/{timeframe}",
    summary="Analyse stored bars",
    dependencies=[Depends(count_costly)],
    **listed(Analysis, "analysis", errors=(404,)),
)
async def analyze_symbol(
    request: Request,
    parts: Parts,
    reader: Reader,
    symbol: Annotated[Symbol, Path()],
    timeframe: Annotated[Timeframe, Path()],
    query: Annotated[AnalysisQuery, Query()],
) -> Response:
    """Ranges, phases, events, patterns, signals and rejections. `complete` is false when a stage is missing; `stages`
    says which and why. Signals that are found are stored.
    """
    analysis = await parts.orchestrator.analyze_symbol(
        symbol,
        timeframe,
        lookback_bars=query.lookback_bars or 0,
        correlation_id=request.scope["state"]["correlation_id"],
        scales=scales(query.scales),
        context_timeframe=query.context_timeframe or "",
        timeout_s=parts.settings.analysis_timeout_s,
    )
    return await message_response(analysis)


@router.post(
    "/api/v1/analyze",
    summary="Analyse the bars in the request",
    dependencies=[Depends(count_costly)],
    **analyze_route(AnalyzeBody),
)
async def analyze_bars(
    request: Request, parts: Parts, reader: Reader, body: Annotated[Read[AnalyzeBody], Depends(json_body(AnalyzeBody))]
) -> Response:
    """As for stored bars, but nothing is stored."""
    asked = body.content
    analysis = await parts.orchestrator.analyze_bars(
        await aside(body.size_bytes, asked.bars.bars),
        portfolio=_account(asked.equity),
        correlation_id=request.scope["state"]["correlation_id"],
        scales=scales(asked.scales),
        context_timeframe=asked.context_timeframe or "",
        timeout_s=parts.settings.analysis_timeout_s,
    )
    return await message_response(analysis)


def _account(equity: str | None) -> Portfolio | None:
    """An account without positions; None leaves the account to the orchestrator."""
    if equity is None:
        return None
    return Portfolio(account_id="default", equity=equity, peak_equity=equity, day_pnl="0")
