"""Errors as RFC 9457 problem documents that carry what gRPC says of an error."""

from __future__ import annotations

from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from starlette.responses import JSONResponse

from wyckoff.rpc.errors import Code, FieldViolation, InvalidArgumentError, WyckoffError
from wyckoff.rpc.status import ERROR_DOMAIN

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from starlette.requests import HTTPConnection

MEDIA_TYPE: Final = "application/problem+json"
#: ``type`` of a problem: this, and the reason in lower case.
TYPE_PREFIX: Final = "urn:wyckoff:problem:"

STATUS_OF_CODE: Final = {
    Code.CANCELLED: 503,
    Code.UNKNOWN: 500,
    Code.INVALID_ARGUMENT: 400,
    Code.DEADLINE_EXCEEDED: 504,
    Code.NOT_FOUND: 404,
    Code.ALREADY_EXISTS: 409,
    Code.PERMISSION_DENIED: 403,
    Code.RESOURCE_EXHAUSTED: 429,
    Code.FAILED_PRECONDITION: 409,
    Code.UNIMPLEMENTED: 501,
    Code.INTERNAL: 500,
    Code.UNAVAILABLE: 503,
    Code.UNAUTHENTICATED: 401,
}
#: Where the code alone would say something else over HTTP.
_STATUS_OF_REASON: Final = {"DATABASE_DAMAGED": 503}

#: What HTTP itself refuses: the code and the reason that go with it.
_OF_STATUS: Final = {
    400: (Code.INVALID_ARGUMENT, "MALFORMED_REQUEST"),
    404: (Code.NOT_FOUND, "ROUTE_UNKNOWN"),
    405: (Code.UNIMPLEMENTED, "METHOD_NOT_ALLOWED"),
    408: (Code.DEADLINE_EXCEEDED, "BODY_TOO_SLOW"),
    413: (Code.INVALID_ARGUMENT, "BODY_TOO_LARGE"),
    415: (Code.INVALID_ARGUMENT, "MEDIA_TYPE_UNSUPPORTED"),
}


@dataclass(frozen=True, slots=True)
class Problem:
    """What went wrong, for people and for programs."""

    status: int
    code: Code
    reason: str
    detail: str
    violations: Sequence[FieldViolation] = ()
    metadata: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)

    def document(self, request_id: str) -> dict[str, Any]:
        """The document; ``request_id`` is a UUID and names this occurrence."""
        content: dict[str, Any] = {
            "type": TYPE_PREFIX + self.reason.lower().replace("_", "-"),
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": self.detail,
            "instance": f"urn:uuid:{request_id}",
            "code": self.code.name,
            "reason": self.reason,
            "domain": ERROR_DOMAIN,
        }
        if self.violations:
            content["field_violations"] = [
                {"field": item.field, "description": item.description} for item in self.violations
            ]
        if self.metadata:
            content["metadata"] = dict(self.metadata)
        return content


class ProblemError(Exception):
    """A problem that no error of the one tree says."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.detail)
        self.problem = problem


def http_problem(status: int, detail: str, headers: Mapping[str, str] | None = None) -> Problem:
    """What HTTP itself refuses."""
    code, reason = _OF_STATUS.get(status, (Code.UNKNOWN, HTTPStatus(status).name))
    return Problem(status, code, reason, detail, headers=headers or {})


def problem_of(error: WyckoffError) -> Problem:
    """The problem that an error of a service behind, or of the gateway, means to the caller."""
    status = _STATUS_OF_REASON.get(error.reason, STATUS_OF_CODE[error.code])
    headers: dict[str, str] = {}
    if status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = 'ApiKey realm="wyckoff"'
    if "retry_after_s" in error.metadata:
        headers["Retry-After"] = _whole_seconds(error.metadata["retry_after_s"])
    violations = error.violations if isinstance(error, InvalidArgumentError) else ()
    return Problem(status, error.code, error.reason, error.message, violations, error.metadata, headers)


def problem_response(connection: HTTPConnection, problem: Problem) -> JSONResponse:
    """The answer."""
    request_id = connection.scope["state"]["request_id"]
    return JSONResponse(
        problem.document(request_id), problem.status, headers=dict(problem.headers), media_type=MEDIA_TYPE
    )


def _whole_seconds(text: str) -> str:
    try:
        return str(max(1, -int(-float(text) // 1)))
    except (ValueError, OverflowError):
        return "1"
