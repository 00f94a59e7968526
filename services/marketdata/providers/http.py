"""The one way in which providers are called over HTTP."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import httpx2
import stamina

from services.marketdata.providers.answers import (
    BAD_ANSWER,
    LIMIT_STATUSES,
    RETRY_AFTER_S,
    TOO_LARGE,
    UNAVAILABLE,
    Redactor,
    bad_answer,
    error_of,
    retry_after_s,
    words_of,
)
from services.marketdata.providers.limiter import RateLimit
from wyckoff.access.loopback import is_loopback_host
from wyckoff.rpc.errors import FailedPreconditionError, ResourceExhaustedError, UnavailableError, WyckoffError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from types import TracebackType
    from typing import Self

    from services.marketdata.providers.settings import HttpSettings

_MAX_REDIRECTS: Final = 3
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
#: Of an answer that says what went wrong.
_MAX_ERROR_BYTES: Final = 64 * 1024
_WORTH_RETRYING: Final = frozenset({UNAVAILABLE, BAD_ANSWER})


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Time:
    """The seams of time: what day it is, a steady clock in seconds, and waiting."""

    now: Callable[[], datetime] = _utc_now
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep

    def now_ms(self) -> int:
        """Milliseconds since the epoch."""
        return int(self.now().timestamp() * 1000)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Who is called, and with what."""

    provider: str
    base_url: str
    calls_per_minute: float
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)
    key_names: str = ""
    """Settings that hold the keys, for messages."""


class ProviderHttp:
    """JSON from one host: paced, retried, bounded. Keys travel in headers, and to no other host."""

    def __init__(self, endpoint: Endpoint, settings: HttpSettings, times: Time) -> None:
        self.provider = endpoint.provider
        self._endpoint = endpoint
        self._settings = settings
        self._time = times
        self._base = httpx2.URL(endpoint.base_url)
        self._limit = RateLimit(endpoint.calls_per_minute, times.clock, times.sleep)
        self._redact = Redactor(endpoint.secrets)
        self._client = httpx2.AsyncClient(
            headers={"Accept": "application/json", "Accept-Encoding": "gzip", **endpoint.headers},
            timeout=httpx2.Timeout(settings.timeout_s),
            follow_redirects=False,
            # a proxy of the environment is for other machines
            trust_env=not is_loopback_host(self._base.host),
        )

    async def get_json(self, target: str, params: Mapping[str, str | int] | None = None) -> Any:  # noqa: ANN401
        """The JSON at ``target``, a path or a whole address on the same host. Raises WyckoffError."""
        url = self._resolved(target)
        async for attempt in stamina.retry_context(
            on=self._backoff,
            attempts=self._settings.max_attempts,
            timeout=None,
            wait_initial=self._settings.retry_wait_s,
            wait_jitter=self._settings.retry_wait_s,
            wait_max=self._settings.retry_wait_max_s,
        ):
            with attempt:
                await self._limit.wait_for_turn()
                return await self._once(url, params)
        raise AssertionError("the last attempt returns or raises")

    def _backoff(self, error: Exception) -> bool | float:
        """Whether to try again; 0 seconds where the limit itself makes everyone wait."""
        if not isinstance(error, WyckoffError):
            return False
        if RETRY_AFTER_S in error.metadata:
            return 0.0 if float(error.metadata[RETRY_AFTER_S]) <= self._settings.max_retry_after_s else False
        return error.reason in _WORTH_RETRYING

    async def _once(self, url: httpx2.URL, params: Mapping[str, str | int] | None) -> Any:  # noqa: ANN401
        try:
            async with asyncio.timeout(self._settings.answer_timeout_s):
                status, headers, body = await self._followed(url, params)
        except (httpx2.TransportError, httpx2.DecodingError, TimeoutError) as error:
            raise self._unreachable(error) from error
        if status != 200:
            raise self._failure(status, headers, body)
        try:
            return json.loads(body)
        except (ValueError, RecursionError) as error:
            words = self._redact.clean(words_of(body[:200]))
            raise bad_answer(self.provider, f"this is no JSON ({len(body)} bytes): {words}") from error

    async def _followed(
        self, url: httpx2.URL, params: Mapping[str, str | int] | None
    ) -> tuple[int, httpx2.Headers, bytes]:
        for _ in range(_MAX_REDIRECTS + 1):
            async with self._client.stream("GET", url, params=params) as response:
                place = response.headers.get("location")
                if response.status_code not in _REDIRECTS or place is None:
                    return response.status_code, response.headers, await self._bounded(response)
                url, params = self._same_host(response.url.join(place)), None
        raise bad_answer(self.provider, f"it redirects more than {_MAX_REDIRECTS} times")

    async def _bounded(self, response: httpx2.Response) -> bytes:
        body = bytearray()
        limit = self._settings.max_response_bytes
        async for part in response.aiter_bytes():
            body += part
            if response.status_code != 200:
                if len(body) > _MAX_ERROR_BYTES:
                    break
            elif len(body) > limit:
                raise ResourceExhaustedError(
                    f"{self.provider} answered more than {limit} bytes; ask for fewer bars at a time, "
                    "or raise PROVIDER_HTTP_MAX_RESPONSE_BYTES",
                    reason=TOO_LARGE,
                    metadata={"provider": self.provider},
                )
        return bytes(body)

    def _failure(self, status: int, headers: httpx2.Headers, body: bytes) -> WyckoffError:
        wait_s = retry_after_s(headers, self._time.now())
        if status in LIMIT_STATUSES and wait_s is None:
            wait_s = self._settings.limited_wait_s
        words = self._redact.clean(words_of(body))
        error = error_of(self.provider, status, words, self._endpoint.key_names, wait_s)
        if wait_s is not None and RETRY_AFTER_S in error.metadata:
            self._limit.close_for(min(wait_s, self._settings.max_retry_after_s))
        return error

    def _unreachable(self, error: Exception) -> UnavailableError:
        what = self._redact.clean(str(error)) or type(error).__name__
        return UnavailableError(
            f"{self.provider} at {self._base.host} cannot be read: {what}",
            reason=UNAVAILABLE,
            metadata={"provider": self.provider},
        )

    def _resolved(self, target: str) -> httpx2.URL:
        if target.startswith("/"):
            return httpx2.URL(f"{self._endpoint.base_url}{target}")
        try:
            return self._same_host(httpx2.URL(target))
        except (httpx2.InvalidURL, TypeError) as error:
            raise bad_answer(self.provider, "the address of its next page is none") from error

    def _same_host(self, url: httpx2.URL) -> httpx2.URL:
        """``url``, unless it would take the keys elsewhere."""
        if (url.scheme, url.host, url.port, url.userinfo) == (self._base.scheme, self._base.host, self._base.port, b""):
            return url
        here, there = (f"{place.scheme}://{place.host}:{place.port or 443}" for place in (self._base, url))
        raise FailedPreconditionError(
            f"{self.provider} points to {self._redact.clean(there)}, another host than {here}; it is not followed, "
            "because the key would go along. If the provider moved, set its base address",
            reason="PROVIDER_OTHER_HOST",
            metadata={"provider": self.provider},
        )

    def clean(self, text: str) -> str:
        """``text`` of the provider, fit for a message: short, on one line, without keys."""
        return self._redact.clean(text)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()
