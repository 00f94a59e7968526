"""HTTP requests that come in, as spans and metrics; next to nothing while telemetry is off."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wyckoff.telemetry.observers import current_watch
from wyckoff.telemetry.spans import CORRELATION_ID, OFF

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType
    from typing import Self

    from wyckoff.telemetry.observers import HttpEnded
    from wyckoff.telemetry.spans import OpenedSpan

_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
#: What others send is not to make ever more series.
_OTHER: Final = "_OTHER"
_SERVER_ERROR: Final = 500


class HttpRequest:
    """One request, while its block runs: a span of the trace that ``headers`` name, current in the block.

    ``route`` is the pattern of the path, set once it is known; ``status`` is 0 when there was no answer.
    """

    def __init__(self, method: str, headers: Mapping[str, str], correlation_id: str) -> None:
        self.route = ""
        self.status = 0
        self._method = method if method in _METHODS else _OTHER
        self._headers = headers
        self._correlation_id = correlation_id
        self._span: OpenedSpan = OFF
        self._ended: HttpEnded | None = None

    def __enter__(self) -> Self:
        watch = current_watch()
        if watch.http is not None:
            self._ended = watch.http.http_request(self._method)
        if watch.open_span is not None:
            attributes = {"http.request.method": self._method, CORRELATION_ID: self._correlation_id}
            self._span = watch.open_span("http.request", attributes, self._headers)
        self._span.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._span.set("http.response.status_code", self.status)
        if self.route:
            self._span.set("http.route", self.route)
        if error is None and self.status >= _SERVER_ERROR:
            self._span.fail(f"status {self.status}")
        self._span.__exit__(kind, error, traceback)
        if self._ended is not None:
            self._ended(self.route or _OTHER, self.status)
