"""Alerts as signed HTTP requests."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Final

import httpx2

from services.alerts.channels import Delivered, Failed, Gone, Refused
from services.alerts.signing import signed_headers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from services.alerts.channels import Sent
    from services.alerts.message import Alert

_GONE: Final = 410
#: Client errors that pass: request timeout, too early, too many requests.
_PASSING: Final = frozenset({408, 425, 429})
_MAX_RETRY_AFTER_S: Final = 3_600.0


class WebhookChannel:
    """POSTs to one address. No redirect is followed, no proxy used, and nothing of the answer read but its head."""

    def __init__(self, url: str, keys: Sequence[bytes], timeout_s: float) -> None:
        self._url = url
        self._keys = tuple(keys)
        self._timeout_s = timeout_s
        self._client = httpx2.AsyncClient(
            timeout=timeout_s,
            follow_redirects=False,
            trust_env=False,
            headers={"user-agent": "wyckoff-alerts", "content-type": "application/json"},
            limits=httpx2.Limits(max_connections=1),
        )

    async def send(self, alert: Alert, now_ms: int) -> Sent:
        headers = signed_headers(alert.alert_id, now_ms // 1_000, alert.body, self._keys)
        try:
            # the client's own bounds are for each step
            async with asyncio.timeout(self._timeout_s):
                async with self._client.stream("POST", self._url, content=alert.body, headers=headers) as response:
                    return _judged(response.status_code, response.headers.get("retry-after"), now_ms)
        except (TimeoutError, httpx2.TimeoutException):
            return Failed(f"no answer within {self._timeout_s:g} s")
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            # its text may have the address, which may be secret
            return Failed(f"no connection: {type(error).__name__}")

    async def close(self) -> None:
        await self._client.aclose()


def _judged(status: int, retry_after: str | None, now_ms: int) -> Sent:
    if 200 <= status < 300:
        return Delivered()
    reason = f"answered {status}"
    if status == _GONE:
        return Gone(reason)
    if 300 <= status < 400:
        return Failed(f"{reason}; redirects are not followed")
    if 400 <= status < 500 and status not in _PASSING:
        return Refused(reason)
    return Failed(reason, _seconds(retry_after, now_ms))


def _seconds(retry_after: str | None, now_ms: int) -> float | None:
    """What a Retry-After header asks for, within reason; None when it says nothing that can be read."""
    if retry_after is None:
        return None
    if retry_after.isascii() and retry_after.isdigit():
        return min(float(retry_after), _MAX_RETRY_AFTER_S)
    try:
        time = parsedate_to_datetime(retry_after)
    except ValueError:
        return None
    wait_s = (time - datetime.fromtimestamp(now_ms / 1_000, UTC)).total_seconds() if time.tzinfo else 0.0
    return min(max(wait_s, 0.0), _MAX_RETRY_AFTER_S)
