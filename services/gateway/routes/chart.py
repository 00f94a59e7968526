"""The chart of the page: the figure, and all that is said beside it."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from services.gateway.dependencies import Reader
from services.gateway.page.answers import tagged
from services.gateway.page.asked import BarCount, Scales, Symbol, Theme, Timeframe, question_of, theme_of
from services.gateway.page.documents import chart_document
from services.gateway.page.parts import OfPage, PageParts

router = APIRouter(tags=["page"], include_in_schema=False)


@router.get("/api/v1/page/chart")
async def chart(
    request: Request,
    page: OfPage,
    reader: Reader,
    symbol: Symbol,
    timeframe: Timeframe,
    bars: BarCount = 0,
    scales: Scales = "",
    theme: Theme = "light",
) -> Response:
    """The newest stored bars and what they say now."""
    return await chart_answer(request, page, symbol, timeframe, bars, scales, theme, replay=False)


async def chart_answer(
    request: Request,
    page: PageParts,
    symbol: str,
    timeframe: str,
    bars: int,
    scales: str,
    theme: str,
    *,
    replay: bool,
) -> Response:
    """The document of a study; its tag is another one as soon as a bar is new or revised."""
    question = question_of(symbol, timeframe, bars or page.settings.bars, scales)
    chosen = theme_of(theme)
    study = await page.studies.study(question)
    terms = (question.scales, chosen, replay)
    body = await page.studies.document(study, terms, chart_document(chosen, replay=replay))
    names = "+".join(sorted(question.scales)) or "all"
    tag = f"{study.version}.{study.analysis.correlation_id}.{names}.{chosen}.{'replay' if replay else 'now'}"
    return tagged(request, tag, body, "application/json")
