"""What the routes raise, as problem documents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from services.gateway.problems import ProblemError, http_problem, problem_of, problem_response
from wyckoff.rpc.errors import FieldViolation, InvalidArgumentError, WyckoffError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

    from starlette.requests import Request
    from starlette.responses import Response

#: What the framework says, in words that help.
_TEXTS: Final = {
    "Not Found": "there is nothing at this path; /api/v1/openapi.json names the routes",
    "Method Not Allowed": "the path is known, but not with this method; the header Allow names the right ones",
    "Content Too Large": "the body is larger than is taken; send less at once",
}
#: More would be noise, and the body may be large.
_MAX_VIOLATIONS: Final = 20


async def on_wyckoff_error(request: Request, error: Exception) -> Response:
    """An error of the one tree."""
    assert isinstance(error, WyckoffError)
    return problem_response(request, problem_of(error))


async def on_problem(request: Request, error: Exception) -> Response:
    """A problem that has its document already."""
    assert isinstance(error, ProblemError)
    return problem_response(request, error.problem)


async def on_validation_error(request: Request, error: Exception) -> Response:
    """Wrong parameters, by field."""
    violations = violations_of(error.errors())  # type: ignore[attr-defined]
    return problem_response(request, problem_of(InvalidArgumentError(violations)))


async def on_http_error(request: Request, error: Exception) -> Response:
    """What HTTP itself refuses."""
    status: int = error.status_code  # type: ignore[attr-defined]
    text = str(error.detail)  # type: ignore[attr-defined]
    headers: Mapping[str, str] | None = error.headers  # type: ignore[attr-defined]
    return problem_response(request, http_problem(status, _TEXTS.get(text, text), headers))


def violations_of(errors: Iterable[Mapping[str, Any]]) -> list[FieldViolation]:
    """Errors of pydantic as fields; the first part of a place says whether it is path, query or body."""
    found = [FieldViolation(_path(item["loc"]), item["msg"]) for item in errors]
    return found[:_MAX_VIOLATIONS]


def _path(place: Iterable[str | int]) -> str:
    parts = [part for part in place if part not in {"path", "query", "body", "header"}]
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in parts)
    return text.removeprefix(".") or "body"
