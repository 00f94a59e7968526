"""The routes: each module has a ``router``, and is listed here."""

from typing import Final

from services.gateway.live import router as live
from services.gateway.routes import analysis, bars, chart, health, page, replay, signals, watchlist

_OF_PAGE: Final = (page.router, watchlist.router, chart.router, replay.router)

ROUTERS: Final = (health.router, signals.router, bars.router, analysis.router, live.router, *_OF_PAGE)
"""In the order in which they are looked through."""
