"""The one tree of errors, the same on both sides of a call.

::

    WyckoffError
    +-- InvalidArgumentError      the caller must change the request; names the fields
    |   +-- BarsError             bars that break the data gate (wyckoff.market.gate)
    +-- NotFoundError             the thing asked for does not exist
    +-- AlreadyExistsError        the id is taken by something else
    +-- PermissionDeniedError     the caller is known, and may not do this
    +-- UnauthenticatedError      the caller did not say validly who it is
    +-- FailedPreconditionError   right request, wrong state; must not be retried as it is
    +-- ResourceExhaustedError    a limit is reached; may be retried later
    +-- DeadlineExceededError     the time of the call ran out
    +-- CancelledCallError        the caller went away
    +-- UnavailableError          the service cannot be reached; may be retried
    |   +-- BreakerOpenError      the circuit breaker lets no call through; metadata: retry_after_s
    +-- UnimplementedError        the service does not know the method
    +-- InternalError             a fault of this project

This module knows no transport: codes are the canonical numbers of gRPC.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class Code(IntEnum):
    """Canonical status codes."""

    CANCELLED = 1
    UNKNOWN = 2
    INVALID_ARGUMENT = 3
    DEADLINE_EXCEEDED = 4
    NOT_FOUND = 5
    ALREADY_EXISTS = 6
    PERMISSION_DENIED = 7
    RESOURCE_EXHAUSTED = 8
    FAILED_PRECONDITION = 9
    UNIMPLEMENTED = 12
    INTERNAL = 13
    UNAVAILABLE = 14
    UNAUTHENTICATED = 16


@dataclass(frozen=True, slots=True)
class FieldViolation:
    """One wrong field: ``field`` is its path (``bars.high[17]``), ``description`` what is wrong and what is right."""

    field: str
    description: str


class WyckoffError(Exception):
    """Base of all. ``message`` is for people, ``reason`` (upper snake case) and ``metadata`` are for programs."""

    code: ClassVar[Code] = Code.UNKNOWN
    default_reason: ClassVar[str] = "UNKNOWN"

    def __init__(self, message: str, *, reason: str | None = None, metadata: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.reason = reason or self.default_reason
        self.metadata: dict[str, str] = dict(metadata or {})


class InvalidArgumentError(WyckoffError):
    """The request is wrong; ``violations`` name the fields."""

    code = Code.INVALID_ARGUMENT
    default_reason = "INVALID_ARGUMENT"

    def __init__(
        self,
        violations: Sequence[FieldViolation],
        *,
        message: str | None = None,
        reason: str | None = None,
        metadata: Mapping[str, str] | None = None,
    ) -> None:
        text = message or "; ".join(f"{item.field}: {item.description}" for item in violations)
        super().__init__(text, reason=reason, metadata=metadata)
        self.violations = tuple(violations)

    @classmethod
    def of(cls, field: str, description: str) -> InvalidArgumentError:
        """The common case of a single wrong field."""
        return cls([FieldViolation(field, description)])


class NotFoundError(WyckoffError):
    """The thing asked for does not exist."""

    code = Code.NOT_FOUND
    default_reason = "NOT_FOUND"


class AlreadyExistsError(WyckoffError):
    """The id is taken by something else."""

    code = Code.ALREADY_EXISTS
    default_reason = "ALREADY_EXISTS"


class PermissionDeniedError(WyckoffError):
    """The caller may not do this."""

    code = Code.PERMISSION_DENIED
    default_reason = "PERMISSION_DENIED"


class UnauthenticatedError(WyckoffError):
    """The caller did not say validly who it is."""

    code = Code.UNAUTHENTICATED
    default_reason = "UNAUTHENTICATED"


class FailedPreconditionError(WyckoffError):
    """The request is right, the state is not."""

    code = Code.FAILED_PRECONDITION
    default_reason = "FAILED_PRECONDITION"


class ResourceExhaustedError(WyckoffError):
    """A limit is reached."""

    code = Code.RESOURCE_EXHAUSTED
    default_reason = "RESOURCE_EXHAUSTED"


class DeadlineExceededError(WyckoffError):
    """The time of the call ran out."""

    code = Code.DEADLINE_EXCEEDED
    default_reason = "DEADLINE_EXCEEDED"


class CancelledCallError(WyckoffError):
    """The caller went away."""

    code = Code.CANCELLED
    default_reason = "CANCELLED"


class UnavailableError(WyckoffError):
    """The service cannot be reached."""

    code = Code.UNAVAILABLE
    default_reason = "UNAVAILABLE"


class BreakerOpenError(UnavailableError):
    """The service has failed too often and is left alone; ``metadata["retry_after_s"]`` says for how long."""

    default_reason = "BREAKER_OPEN"


class UnimplementedError(WyckoffError):
    """The service does not know the method."""

    code = Code.UNIMPLEMENTED
    default_reason = "UNIMPLEMENTED"


class InternalError(WyckoffError):
    """A fault of this project."""

    code = Code.INTERNAL
    default_reason = "INTERNAL"


#: Error class by code; what is not listed becomes a plain :class:`WyckoffError`.
BY_CODE: dict[Code, type[WyckoffError]] = {
    kind.code: kind
    for kind in (
        NotFoundError,
        AlreadyExistsError,
        PermissionDeniedError,
        UnauthenticatedError,
        FailedPreconditionError,
        ResourceExhaustedError,
        DeadlineExceededError,
        CancelledCallError,
        UnavailableError,
        UnimplementedError,
        InternalError,
    )
}
