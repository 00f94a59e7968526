"""What the OpenAPI document says of the routes beyond their parameters: bodies, answers, errors, each with examples."""

from __future__ import annotations

import json
from http import HTTPStatus
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

from starlette.responses import Response

from services.gateway.problems import MEDIA_TYPE, Problem, http_problem, problem_of
from services.gateway.schemas import REF_PREFIX, reference
from wyckoff.marketdata.v1.marketdata_pb2 import IngestBarsResponse
from wyckoff.orchestrator.v1.orchestrator_pb2 import Analysis
from wyckoff.rpc.errors import (
    Code,
    DeadlineExceededError,
    InternalError,
    InvalidArgumentError,
    NotFoundError,
    PermissionDeniedError,
    ResourceExhaustedError,
    UnauthenticatedError,
    UnavailableError,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from google.protobuf.message import Message
    from pydantic import BaseModel

JSON: Final = "application/json"
INGESTED: Final = "IngestedBars"
PROBLEM: Final = "Problem"

_BODY_ERRORS: Final = (403, 408, 413, 415)
_ALWAYS: Final = (400, 401, 403, 429, 500, 503, 504)

#: One problem of each status, as it is answered.
_PROBLEMS: Final = {
    problem.status: problem
    for problem in (
        problem_of(InvalidArgumentError.of("page_size", "Input should be less than or equal to 1000")),
        problem_of(UnauthenticatedError("an API key is needed; send it as X-API-Key", reason="KEY_MISSING")),
        problem_of(
            PermissionDeniedError(
                "the key 'charts' may not write; it has the scope read",
                reason="SCOPE_MISSING",
                metadata={"scope": "write"},
            )
        ),
        problem_of(
            NotFoundError(
                "no bars of NONE 1d are stored; ListInstruments says what is stored, IngestBars stores more",
                reason="INSTRUMENT_UNKNOWN",
                metadata={"symbol": "NONE", "timeframe": "1d"},
            )
        ),
        http_problem(408, "the body did not come within 30 s"),
        Problem(
            409,
            Code.ALREADY_EXISTS,
            "IDEMPOTENCY_KEY_REUSED",
            "this Idempotency-Key was sent with another body before; take a new key for a new request",
        ),
        http_problem(413, "the body is larger than 16777216 bytes; send less at once"),
        http_problem(415, "the body must be JSON; send it with Content-Type: application/json"),
        problem_of(
            ResourceExhaustedError(
                "more than 1200 requests in a minute; wait 12 s",
                reason="RATE_LIMITED",
                metadata={"retry_after_s": "11.804"},
            )
        ),
        problem_of(InternalError("internal error: ValueError; see the log of the service")),
        problem_of(UnavailableError("failed to connect to all addresses")),
        problem_of(DeadlineExceededError("Deadline Exceeded")),
    )
}
_SHOWN_REQUEST_ID: Final = "0b5a6a3e-9c1d-4f0e-8a55-5d8f6f1c2b90"
_RETRY_AFTER: Final = {"Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}}}

PROBLEM_SCHEMA: Final[dict[str, Any]] = {
    "type": "object",
    "description": "RFC 9457, with what gRPC says of an error.",
    "properties": {
        "type": {"type": "string", "format": "uri", "description": "Of the kind of problem."},
        "title": {"type": "string", "description": "Of the status."},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "detail": {"type": "string", "description": "What was wrong and what would be right, for people."},
        "instance": {"type": "string", "format": "uri", "description": "The request id as a URN."},
        "code": {"type": "string", "description": "Canonical gRPC code, such as NOT_FOUND."},
        "reason": {"type": "string", "description": "For programs, such as INSTRUMENT_UNKNOWN."},
        "domain": {"type": "string", "description": "Who defines the reason."},
        "field_violations": {
            "type": "array",
            "description": "Wrong fields.",
            "items": {
                "type": "object",
                "properties": {"field": {"type": "string"}, "description": {"type": "string"}},
                "required": ["field", "description"],
            },
        },
        "metadata": {"type": "object", "additionalProperties": {"type": "string"}},
    },
    "required": ["type", "title", "status", "detail", "instance", "code", "reason", "domain"],
}
INGESTED_SCHEMA: Final[dict[str, Any]] = {
    "description": "What was stored.",
    "allOf": [
        {
            "type": "object",
            "properties": {
                "status": {"type": "string", "const": "ingested"},
                "symbol": {"type": "string"},
                "timeframe": {"type": "string"},
            },
            "required": ["status", "symbol", "timeframe"],
        },
        reference(IngestBarsResponse),
    ],
}


def example(name: str) -> Any:  # noqa: ANN401 - JSON
    """An answer as it was once given, shortened."""
    return json.loads((files("services.gateway") / "examples" / f"{name}.json").read_text(encoding="utf-8"))


def listed(message: type[Message], name: str, errors: Sequence[int]) -> dict[str, Any]:
    """Arguments of a route that answers with a message; ``name`` is its example."""
    return _answering(reference(message), example(name), (*_ALWAYS, *errors))


def ingest_route(body: type[BaseModel]) -> dict[str, Any]:
    """Arguments of the route that stores bars."""
    route = _answering({"$ref": REF_PREFIX + INGESTED}, example("ingested"), (*_ALWAYS, *_BODY_ERRORS, 409))
    route["responses"][200]["headers"] = {
        "Idempotent-Replayed": {
            "description": "true when this is the answer to an earlier request with the same Idempotency-Key.",
            "schema": {"type": "string", "enum": ["true"]},
        }
    }
    rows, columns = example("bar_rows"), example("bar_columns")
    return {**route, **_taking(body, {"rows": rows, "columns": columns})}


def analyze_route(body: type[BaseModel]) -> dict[str, Any]:
    """Arguments of the route that analyses bars."""
    route = _answering(reference(Analysis), example("analysis"), (*_ALWAYS, *_BODY_ERRORS))
    asked = {"bars": example("bar_columns"), "scales": ["INTERMEDIATE"], "equity": "100000"}
    return {**route, **_taking(body, {"columns": asked})}


def _answering(schema: Mapping[str, Any], shown: object, errors: Sequence[int]) -> dict[str, Any]:
    responses: dict[int, dict[str, Any]] = {
        200: {"description": "OK", "content": {JSON: {"schema": dict(schema), "example": shown}}}
    }
    for status in sorted(set(errors)):
        problem = _PROBLEMS[status]
        document = {"schema": {"$ref": REF_PREFIX + PROBLEM}, "example": problem.document(_SHOWN_REQUEST_ID)}
        responses[status] = {"description": HTTPStatus(status).phrase, "content": {MEDIA_TYPE: document}}
    responses[429]["headers"] = _RETRY_AFTER
    return {"responses": responses, "response_class": Response, "response_model": None}


def _taking(body: type[BaseModel], examples: Mapping[str, object]) -> dict[str, Any]:
    content = {
        "schema": {"$ref": REF_PREFIX + body.__name__},
        "examples": {name: {"value": value} for name, value in examples.items()},
    }
    return {"openapi_extra": {"requestBody": {"required": True, "content": {JSON: content}}}}
