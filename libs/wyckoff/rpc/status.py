"""Errors on the wire and back: canonical code, message, ErrorInfo always, BadRequest for wrong fields."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import grpc
from google.protobuf import any_pb2
from google.rpc import error_details_pb2, status_pb2

from wyckoff.rpc.errors import (
    BY_CODE,
    Code,
    FieldViolation,
    InvalidArgumentError,
    ResourceExhaustedError,
    WyckoffError,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

#: ``ErrorInfo.domain`` of every error of this project.
ERROR_DOMAIN: Final = "wyckoff"
DETAILS_KEY: Final = "grpc-status-details-bin"
#: Metadata of an error that says after how many seconds to ask again; ``google.rpc.RetryInfo`` on the wire.
RETRY_AFTER: Final = "retry_after_s"
#: Tells the retry policy of a gRPC client when to try again, in milliseconds; below 0 means never.
_PUSHBACK_KEY: Final = "grpc-retry-pushback-ms"

#: What is said of an error travels as headers, and whoever takes calls bounds those: bytes of the message, and of all
#: violations together.
MAX_MESSAGE_BYTES: Final = 1_024
MAX_VIOLATIONS_BYTES: Final = 2_048

_MAX_WAIT_S: Final = 86_400.0

_GRPC_CODES: Final = {status.value[0]: status for status in grpc.StatusCode}


def grpc_code(code: Code) -> grpc.StatusCode:
    """The transport's name for a canonical code."""
    return _GRPC_CODES[int(code)]


def status_message(error: WyckoffError) -> str:
    """The message of an error, cut to what headers may carry."""
    return _cut(error.message, MAX_MESSAGE_BYTES)


def status_details(error: WyckoffError) -> bytes:
    """Serialized ``google.rpc.Status`` of an error, cut to what headers may carry."""
    status = status_pb2.Status(code=int(error.code), message=status_message(error))
    metadata = {key: _cut(value, MAX_MESSAGE_BYTES) for key, value in error.metadata.items()}
    info = error_details_pb2.ErrorInfo(reason=error.reason, domain=ERROR_DOMAIN, metadata=metadata)
    status.details.append(_packed(info))
    if isinstance(error, InvalidArgumentError):
        status.details.append(_packed(_bad_request(error)))
    wait_ms = _wait_ms(error)
    if wait_ms is not None:
        retry = error_details_pb2.RetryInfo()
        retry.retry_delay.FromMilliseconds(wait_ms)
        status.details.append(_packed(retry))
    serialized: bytes = status.SerializeToString()
    return serialized


def trailers(error: WyckoffError) -> tuple[tuple[str, str | bytes], ...]:
    """What goes with the status of an error: its details, and when a client's retry policy may try again."""
    details = (DETAILS_KEY, status_details(error))
    if not isinstance(error, ResourceExhaustedError):
        return (details,)
    wait_ms = _wait_ms(error)
    return details, (_PUSHBACK_KEY, str(-1 if wait_ms is None else wait_ms))


def _bad_request(error: InvalidArgumentError) -> error_details_pb2.BadRequest:
    bad = error_details_pb2.BadRequest()
    left = MAX_VIOLATIONS_BYTES
    for violation in error.violations:
        field, description = _cut(violation.field, 256), _cut(violation.description, 512)
        left -= len(field.encode()) + len(description.encode())
        if left < 0:
            break
        bad.field_violations.add(field=field, description=description)
    return bad


def _cut(text: str, max_bytes: int) -> str:
    # a lone surrogate, as a file name may have, is no UTF-8
    raw = text.encode("utf-8", "replace")
    return raw.decode() if len(raw) <= max_bytes else raw[: max_bytes - 4].decode("utf-8", "ignore") + " ..."


def _wait_ms(error: WyckoffError) -> int | None:
    try:
        wait_s = float(error.metadata.get(RETRY_AFTER, ""))
    except ValueError:
        return None
    return round(wait_s * 1000) if 0 <= wait_s < _MAX_WAIT_S else None


def _packed(
    message: error_details_pb2.ErrorInfo | error_details_pb2.BadRequest | error_details_pb2.RetryInfo,
) -> any_pb2.Any:
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
    retry = error_details_pb2.RetryInfo()
    for detail in status.details:
        for message in (info, bad, retry):
            if detail.Is(message.DESCRIPTOR):
                detail.Unpack(message)
    violations = [FieldViolation(item.field, item.description) for item in bad.field_violations]
    metadata = dict(info.metadata)
    if retry.HasField("retry_delay"):
        metadata.setdefault(RETRY_AFTER, f"{retry.retry_delay.ToMilliseconds() / 1000:.3f}")
    return info.reason or None, metadata, violations
