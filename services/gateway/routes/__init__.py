"""The routes: each module has a ``router``, and is listed here."""

from typing import Final

from services.gateway.routes import health

ROUTERS: Final = (health.router,)
"""In the order in which they are looked through."""
