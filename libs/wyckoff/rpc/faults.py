"""Faults on purpose, on the server's side: for tests, and for operators who want to see what a failure does.

Off unless the process was started with ``WYCKOFF_FAULTS_ENABLED=1``. Then ``WYCKOFF_FAULTS='{"latency_ms": 500}'``
holds for every call to this process, and ``WYCKOFF_FAULTS_FILE`` names a file that is read again at every call, for
faults that come and go in running processes: ``{"range": {"error": "UNAVAILABLE"}, "volume": {"hang": true}}``. The
file speaks first; a service that it does not name, or a file that is not there, leaves what ``WYCKOFF_FAULTS`` says.
Health, reflection and channelz have no faults.
"""

from __future__ import annotations

import asyncio
import os
from pathlib import Path  # noqa: TC003 - pydantic reads the annotation
from typing import TYPE_CHECKING, Any, Final

import grpc
import structlog
from grpc import aio
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError

from wyckoff.rpc.errors import BY_CODE, Code, FailedPreconditionError, InvalidArgumentError, WyckoffError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

#: What a process that crashes on purpose ends with.
CRASH_EXIT_CODE: Final = 86
#: No protobuf message starts like this: field number 0 is not allowed.
GARBAGE: Final = b"\x00\xff\x00\xff"

_log = structlog.get_logger("wyckoff.faults")


class Fault(BaseModel):
    """What goes wrong with a call: first it waits, then the first of the others that is set happens."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    latency_ms: float = Field(default=0.0, ge=0)
    """Time to wait before anything else, milliseconds."""

    crash: bool = False
    """End the process at once, without a word."""

    hang: bool = False
    """Never answer."""

    error: str | None = Field(default=None, pattern=f"^({'|'.join(code.name for code in Code)})$")
    """Answer with this canonical code, such as UNAVAILABLE."""

    garbage: bool = False
    """Answer with bytes that are no message."""


_BY_COMPONENT: Final = TypeAdapter(dict[str, Fault])


class FaultSettings(BaseSettings):
    """Read from variables with the prefix ``WYCKOFF_``."""

    model_config = SettingsConfigDict(env_prefix="WYCKOFF_", frozen=True)

    faults_enabled: bool = False
    """Whether this process may fail on purpose at all."""

    faults: Fault | None = None
    """Fault of every call, as JSON."""

    faults_file: Path | None = None
    """JSON file of faults by component (volume, range, ...), read again at every call."""


class FaultPlan:
    """Says which fault a call meets now."""

    def __init__(self, settings: FaultSettings) -> None:
        self._settings = settings

    def fault_of(self, path: str) -> Fault | None:
        """``path`` is that of the RPC, ``/wyckoff.range.v1.RangeService/DetectRanges``.

        Raises FailedPreconditionError for a file that cannot be understood.
        """
        component = path.split(".")[1]
        return self._read().get(component, self._settings.faults)

    def _read(self) -> dict[str, Fault]:
        file = self._settings.faults_file
        if file is None:
            return {}
        try:
            return _BY_COMPONENT.validate_json(file.read_bytes())
        except FileNotFoundError:
            return {}
        except ValidationError as error:
            raise FailedPreconditionError(f"the fault file {file} cannot be used: {error}") from error


def read_fault_settings() -> FaultSettings:
    """From the environment; raises FailedPreconditionError when it cannot be understood."""
    try:
        return FaultSettings()
    except (SettingsError, ValidationError) as error:
        raise FailedPreconditionError(f"the WYCKOFF_FAULTS variables cannot be used: {error}") from error


def fault_interceptors(settings: FaultSettings) -> Sequence[aio.ServerInterceptor]:
    """None, unless faults are enabled; raises FailedPreconditionError when some are given but not enabled."""
    if settings.faults_enabled:
        _log.warning("faults_enabled", faults=str(settings.faults), file=str(settings.faults_file))
        return [FaultInterceptor(FaultPlan(settings))]
    if settings.faults is not None or settings.faults_file is not None:
        raise FailedPreconditionError(
            "WYCKOFF_FAULTS or WYCKOFF_FAULTS_FILE is set, but faults are not enabled; "
            "set WYCKOFF_FAULTS_ENABLED=1 as well, or remove them"
        )
    return []


class FaultInterceptor(aio.ServerInterceptor):
    """Gives calls the faults of ``plan``; belongs inside of what turns errors into statuses."""

    def __init__(self, plan: FaultPlan) -> None:
        self._plan = plan

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[grpc.RpcMethodHandler[Any, Any] | None]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> grpc.RpcMethodHandler[Any, Any] | None:
        handler = await continuation(handler_call_details)
        path = handler_call_details.method
        if handler is None or path.startswith("/grpc.") or handler.unary_unary is None:
            return handler
        return self._faulty(handler, path)

    def _faulty(self, handler: grpc.RpcMethodHandler[Any, Any], path: str) -> grpc.RpcMethodHandler[Any, Any]:
        serialize: Any = handler.response_serializer
        behaviour: Any = handler.unary_unary

        async def call(request: Any, context: aio.ServicerContext[Any, Any]) -> Any:  # noqa: ANN401
            fault = self._plan.fault_of(path)
            if fault is not None and await _suffer(fault):
                return GARBAGE
            return await behaviour(request, context)

        return grpc.unary_unary_rpc_method_handler(
            call,
            request_deserializer=handler.request_deserializer,
            response_serializer=lambda response: response if response is GARBAGE else serialize(response),
        )


async def _suffer(fault: Fault) -> bool:
    """Whether the answer shall be garbage."""
    if fault.latency_ms:
        await asyncio.sleep(fault.latency_ms / 1000)
    if fault.crash:
        os._exit(CRASH_EXIT_CODE)
    if fault.hang:
        await asyncio.Event().wait()
    if fault.error is not None:
        raise _error(Code[fault.error])
    return fault.garbage


def _error(code: Code) -> WyckoffError:
    message, reason = "failed on purpose", "FAULT_INJECTED"
    if code is Code.INVALID_ARGUMENT:
        return InvalidArgumentError([], message=message, reason=reason)
    return BY_CODE.get(code, WyckoffError)(message, reason=reason)
