"""Errors on the wire and back: canonical code, message, ErrorInfo always, BadRequest for wrong fields."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import grpc
from google.protobuf import any_pb2
from google.rpc import error_details_pb2, status_pb2

from wyckoff.rpc.errors import BY_CODE, Code, FieldViolation, InvalidArgumentError, WyckoffError

if TYPE_CHECKING:
    from collections.abc import Iterable

#: ``ErrorInfo.domain`` of every error of this project.
ERROR_DOMAIN: Final = "wyckoff"
DETAILS_KEY: Final = "grpc-status-details-bin"

_GRPC_CODES: Final = {status.value[0]: status for status in grpc.StatusCode}


def grpc_code(code: Code) -> grpc.StatusCode:
    """The transport's name for a canonical code."""
    return _GRPC_CODES[int(code)]


def status_details(error: WyckoffError) -> bytes:
    """Serialized ``google.rpc.Status`` of an error."""
    status = status_pb2.Status(code=int(error.code), message=error.message)
    info = error_details_pb2.ErrorInfo(reason=error.reason, domain=ERROR_DOMAIN, metadata=error.metadata)
    status.details.append(_packed(info))
    if isinstance(error, InvalidArgumentError):
        bad = error_details_pb2.BadRequest()
        for violation in error.violations:
            bad.field_violations.add(field=violation.field, description=violation.description)
        status.details.append(_packed(bad))
    serialized: bytes = status.SerializeToString()
    return serialized


def _packed(message: error_details_pb2.ErrorInfo | error_details_pb2.BadRequest) -> any_pb2.Any:
    packed = any_pb2.Any()
    packed.Pack(message)
    return packed


def error_from_call(error: grpc.aio.AioRpcError) -> WyckoffError:
    """The error that the other side raised."""
    code = _canonical(error.code())
    reason, metadata, violations = _read_details(error.trailing_metadata() or ())
    message = error.details() or error.code().name
    if code is Code.INVALID_ARGUMENT:
        return InvalidArgumentError(violations, message=message, reason=reason, metadata=metadata)
    return BY_CODE.get(code, WyckoffError)(message, reason=reason, metadata=metadata)


def _canonical(code: grpc.StatusCode) -> Code:
    number = code.value[0]
    return Code(number) if number in Code._value2member_map_ else Code.UNKNOWN


def _read_details(
    trailing: Iterable[tuple[str, str | bytes]],
) -> tuple[str | None, dict[str, str], list[FieldViolation]]:
    status = status_pb2.Status()
    for key, value in trailing:
        if key == DETAILS_KEY and isinstance(value, bytes):
            status.ParseFromString(value)
    info = error_details_pb2.ErrorInfo()
    bad = error_details_pb2.BadRequest()
    for detail in status.details:
        if detail.Is(info.DESCRIPTOR):
            detail.Unpack(info)
        elif detail.Is(bad.DESCRIPTOR):
            detail.Unpack(bad)
    violations = [FieldViolation(item.field, item.description) for item in bad.field_violations]
    return info.reason or None, dict(info.metadata), violations
