"""The replay of the page: every state that things had, for a slider over the bars."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from services.gateway.dependencies import Reader
from services.gateway.page.asked import BarCount, Scales, Symbol, Theme, Timeframe
from services.gateway.page.parts import OfPage
from services.gateway.routes.chart import chart_answer

router = APIRouter(tags=["page"], include_in_schema=False)


@router.get("/api/v1/page/replay")
async def replay(
    request: Request,
    page: OfPage,
    reader: Reader,
    symbol: Symbol,
    timeframe: Timeframe,
    bars: BarCount = 0,
    scales: Scales = "",
    theme: Theme = "light",
) -> Response:
    """The same as the chart, each point with the bars for which it is to be seen: the page shows any bar at once."""
    return await chart_answer(request, page, symbol, timeframe, bars, scales, theme, replay=True)
