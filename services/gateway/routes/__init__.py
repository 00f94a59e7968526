"""The routes: each module has a ``router``, and is listed here."""

from typing import Final

from services.gateway.live import router as live
from services.gateway.routes import health

ROUTERS: Final = (health.router, live.router)
"""In the order in which they are looked through."""
