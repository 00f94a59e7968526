"""What the routes of the page work with: one of each for an app."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends
from starlette.requests import HTTPConnection

from services.gateway.dependencies import parts_of
from services.gateway.page.rows import Watchlist
from services.gateway.page.settings import PageSettings
from services.gateway.page.study import Studies


@dataclass(frozen=True, slots=True)
class PageParts:
    """Studies and the watchlist over them."""

    settings: PageSettings
    studies: Studies
    watchlist: Watchlist


async def page_parts_of(connection: HTTPConnection) -> PageParts:
    """Those of the app that a request has come to, made when the first one comes."""
    state = connection.app.state
    found: PageParts | None = getattr(state, "page_parts", None)
    if found is None:
        found = state.page_parts = _open(connection)
    return found


def _open(connection: HTTPConnection) -> PageParts:
    parts, settings = parts_of(connection), PageSettings()
    studies = Studies(parts.orchestrator, parts.marketdata, settings, parts.settings.analysis_timeout_s)
    return PageParts(settings, studies, Watchlist(studies, parts.marketdata, settings))


OfPage = Annotated[PageParts, Depends(page_parts_of)]
"""Parameter of a route."""
