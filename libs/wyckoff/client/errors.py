"""What calls fail with: the one tree of errors, by the names that callers catch."""

from wyckoff.rpc.errors import (
    AlreadyExistsError,
    CancelledCallError,
    Code,
    DeadlineExceededError,
    FailedPreconditionError,
    FieldViolation,
    InternalError,
    InvalidArgumentError,
    NotFoundError,
    PermissionDeniedError,
    ResourceExhaustedError,
    UnavailableError,
    UnimplementedError,
    WyckoffError,
)

__all__ = [
    "AlreadyExistsError",
    "CancelledCallError",
    "Code",
    "DeadlineExceededError",
    "FailedPreconditionError",
    "FieldViolation",
    "InternalError",
    "InvalidArgumentError",
    "NotFoundError",
    "PermissionDeniedError",
    "ResourceExhaustedError",
    "UnavailableError",
    "UnimplementedError",
    "WyckoffError",
]
