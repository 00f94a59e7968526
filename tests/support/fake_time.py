"""A day that is given, and a clock that only sleeping moves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from services.marketdata.providers.http import Time


class FakeTime:
    """Sleeping takes no time and is remembered."""

    def __init__(self, now: str) -> None:
        self._start = datetime.fromisoformat(now).replace(tzinfo=UTC)
        self.elapsed_s = 0.0
        self.slept: list[float] = []

    @property
    def times(self) -> Time:
        return Time(self._now, lambda: self.elapsed_s, self._sleep)

    def _now(self) -> datetime:
        return self._start + timedelta(seconds=self.elapsed_s)

    async def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.elapsed_s += seconds
