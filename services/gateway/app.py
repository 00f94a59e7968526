"""The gateway as an ASGI app."""

from __future__ import annotations

from functools import partial
from importlib.metadata import version
from typing import TYPE_CHECKING

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.middleware.cors import CORSMiddleware

from services.gateway.edge import CORRELATION_ID, REQUEST_ID, Edge
from services.gateway.failures import on_http_error, on_problem, on_validation_error, on_wyckoff_error
from services.gateway.guard import KEY_HEADER, OPENAPI_PATH, Guard
from services.gateway.openapi import document
from services.gateway.problems import ProblemError
from services.gateway.routes import ROUTERS
from wyckoff.rpc.errors import WyckoffError

if TYPE_CHECKING:
    from services.gateway.parts import GatewayParts


def create_app(parts: GatewayParts) -> FastAPI:
    """The app over opened parts, which stay the caller's to close."""
    app = FastAPI(
        title="wyckoff gateway",
        version=version("wyckoff"),
        openapi_url=OPENAPI_PATH,
        # the pages for these load scripts from other hosts
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        telemetry={"tracing": False, "metrics": False, "logs": False, "operation_spans": False},
    )
    app.state.parts = parts
    app.openapi = partial(document, app)  # type: ignore[method-assign]
    for router in ROUTERS:
        app.include_router(router)
    app.add_exception_handler(WyckoffError, on_wyckoff_error)
    app.add_exception_handler(ProblemError, on_problem)
    app.add_exception_handler(RequestValidationError, on_validation_error)
    app.add_exception_handler(HTTPException, on_http_error)
    _add_layers(app, parts)
    return app


def _add_layers(app: FastAPI, parts: GatewayParts) -> None:
    """The last one added is the outermost."""
    settings = parts.settings
    app.add_middleware(RequestBodyLimitMiddleware, max_body_size=settings.max_body_bytes)
    app.add_middleware(Guard, parts=parts)
    if settings.allowed_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.allowed_origins,
            allow_methods=["GET", "POST"],
            allow_headers=["Content-Type", "Idempotency-Key", KEY_HEADER, CORRELATION_ID],
            expose_headers=[REQUEST_ID, CORRELATION_ID, "Retry-After"],
        )
    app.add_middleware(Edge)
