"""Requests that were sent with an Idempotency-Key: the second one gets the answer of the first."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cachetools import TTLCache

from services.gateway.problems import Problem, ProblemError
from wyckoff.rpc.errors import Code

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@dataclass(slots=True)
class Remembered:
    """A request: the digest of its body, and its answer once there is one."""

    digest: bytes
    answer: bytes | None = None


class AnsweredRequests:
    """In memory, at most ``max_keys`` for ``ttl_s``. What is forgotten is done again, which stores nothing twice."""

    def __init__(self, max_keys: int, ttl_s: float, timer: Callable[[], float] = time.monotonic) -> None:
        self._requests: TTLCache[tuple[str, str], Remembered] = TTLCache(max_keys, ttl_s, timer)

    @contextmanager
    def once(self, caller: str, key: str, digest: bytes) -> Iterator[Remembered]:
        """The request of ``caller`` with ``key``, to answer where it has no answer yet.

        A block that raises has not answered: the key is free again. Raises ProblemError while the first one still
        runs, and for a key that was used with another body.
        """
        known = self._requests.get((caller, key))
        if known is not None:
            _check(known, digest)
            yield known
            return
        fresh = self._requests[caller, key] = Remembered(digest)
        try:
            yield fresh
        finally:
            if fresh.answer is None:
                self._requests.pop((caller, key), None)


def _check(known: Remembered, digest: bytes) -> None:
    if known.digest != digest:
        text = "this Idempotency-Key was sent with another body before; take a new key for a new request"
        raise ProblemError(Problem(409, Code.ALREADY_EXISTS, "IDEMPOTENCY_KEY_REUSED", text))
    if known.answer is None:
        text = "the first request with this Idempotency-Key is still being answered; ask again"
        headers = {"Retry-After": "1"}
        raise ProblemError(Problem(409, Code.FAILED_PRECONDITION, "IDEMPOTENCY_KEY_BUSY", text, headers=headers))
