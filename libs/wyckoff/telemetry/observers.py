"""What watches calls and steps, and whether anything does.

This module imports nothing of OpenTelemetry: while telemetry is off it is all that a program loads, and all that
its calls meet is an empty chain of interceptors.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from grpc import aio

    from wyckoff.telemetry.spans import OpenedSpan


class Ended(Protocol):
    """Called once when a call has ended, with its canonical code and the message of a failure."""

    def __call__(self, code: int, details: str) -> None: ...


class CallObserver(Protocol):
    """Watches calls. ``service`` is a full name, ``method`` the name in it."""

    def client_call(self, service: str, method: str, headers: dict[str, str]) -> Ended:
        """A call goes out; ``headers`` are sent with it and may be added to."""
        ...

    def server_call(self, service: str, method: str, headers: Mapping[str, str]) -> Ended:
        """A call has come in; this runs in the task of the call."""
        ...


class StageObserver(Protocol):
    """Watches stages of the pipeline."""

    def stage_ended(self, stage: str, *, success: bool, seconds: float) -> None:
        """A stage has run."""
        ...


class LiveObserver(Protocol):
    """Watches live mode."""

    def live_lag(self, seconds: float) -> None:
        """Bars that were stored so long ago are analysed, and what was found is recorded."""
        ...


class HttpEnded(Protocol):
    """Called once when a request has ended, with the pattern of its path; ``status`` 0 is no answer."""

    def __call__(self, route: str, status: int) -> None: ...


class HttpObserver(Protocol):
    """Watches HTTP requests."""

    def http_request(self, method: str) -> HttpEnded:
        """A request has come in."""
        ...


class OpenSpan(Protocol):
    """Starts a span and makes it current until the block ends.

    It is a child of the current one, or with ``headers`` of the one that these W3C headers name, if any.
    """

    def __call__(
        self,
        name: str,
        attributes: Mapping[str, str | int | float | bool],
        headers: Mapping[str, str] | None = None,
    ) -> OpenedSpan: ...


@dataclass(frozen=True, slots=True)
class Watch:
    """All that watches in this process."""

    open_span: OpenSpan | None = None
    stages: StageObserver | None = None
    server: Sequence[aio.ServerInterceptor] = ()
    client: Sequence[aio.ClientInterceptor] = ()
    http: HttpObserver | None = None
    live: LiveObserver | None = None


@dataclass(slots=True)
class _Holder:
    watch: Watch = field(default_factory=Watch)


_current = _Holder()


def current_watch() -> Watch:
    """What watches now; empty while telemetry is off."""
    return _current.watch


def set_watch(watch: Watch) -> Callable[[], None]:
    """Let ``watch`` watch from now on; the result puts the earlier one back."""
    earlier = _current.watch
    _current.watch = watch

    def restore() -> None:
        _current.watch = earlier

    return restore


def server_interceptors() -> list[aio.ServerInterceptor]:
    """To be put before all others of a server, so that they see the status that leaves the process."""
    return list(_current.watch.server)


def client_interceptors() -> list[aio.ClientInterceptor]:
    """To be put behind all others of a channel, so that they see each call as it goes out."""
    return list(_current.watch.client)
