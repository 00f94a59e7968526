"""The OpenAPI document of the app."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema

from services.gateway.bodies import AnalyzeBody, BarsBody
from services.gateway.documented import INGESTED, INGESTED_SCHEMA, PROBLEM, PROBLEM_SCHEMA
from services.gateway.guard import KEY_HEADER, LIVENESS_PATH
from services.gateway.schemas import REF_PREFIX, message_schemas
from wyckoff.marketdata.v1.marketdata_pb2 import IngestBarsResponse
from wyckoff.orchestrator.v1 import orchestrator_pb2

if TYPE_CHECKING:
    from fastapi import FastAPI

_DESCRIPTION: Final = (
    "Bars in, and what they say out: trading ranges, phases, events, sized signals and rejections with their reasons. "
    "Answers are proto3 JSON of the contracts: enum names, 64-bit integers and decimals as text, times as RFC 3339. "
    "Errors are problem documents (RFC 9457)."
)
_MESSAGES: Final = (
    IngestBarsResponse,
    orchestrator_pb2.Analysis,
    orchestrator_pb2.GetHealthResponse,
    orchestrator_pb2.ListRejectionsResponse,
    orchestrator_pb2.ListSignalsResponse,
)
#: What the framework says of wrong parameters; here they are problems like all others.
_UNUSED: Final = ("HTTPValidationError", "ValidationError")


def document(app: FastAPI) -> dict[str, Any]:
    """The document; made once."""
    if app.openapi_schema is None:
        app.openapi_schema = _made(app)
    return app.openapi_schema


def _made(app: FastAPI) -> dict[str, Any]:
    made = get_openapi(title=app.title, version=app.version, description=_DESCRIPTION, routes=app.routes)
    components = made.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for name in _UNUSED:
        schemas.pop(name, None)
    _, bodies = models_json_schema(
        [(AnalyzeBody, "validation"), (BarsBody, "validation")], ref_template=REF_PREFIX + "{model}"
    )
    for more in (message_schemas(_MESSAGES), bodies["$defs"], {PROBLEM: PROBLEM_SCHEMA, INGESTED: INGESTED_SCHEMA}):
        if twice := schemas.keys() & more.keys():
            raise ValueError(f"two schemas would share the name {', '.join(sorted(twice))}")
        schemas.update(more)
    components["securitySchemes"] = {
        "key": {
            "type": "apiKey",
            "in": "header",
            "name": KEY_HEADER,
            "description": "Made by `wyckoff keys add`. Needed as soon as there is one.",
        }
    }
    for path, operations in made["paths"].items():
        for operation in operations.values():
            operation["responses"].pop("422", None)
            # an empty requirement: while there are no keys, none is needed
            operation["security"] = [] if path == LIVENESS_PATH else [{"key": []}, {}]
    return made
