"""What was stored of a stream of batches."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wyckoff.common.v1 import common_pb2
from wyckoff.marketdata.v1 import marketdata_pb2
from wyckoff.rpc.errors import InvalidArgumentError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from services.marketdata.repository import Upsert


class StreamTotals:
    """Counts over all parts; warnings once an instrument and kind, so that long streams stay small."""

    def __init__(self) -> None:
        self._parts = 0
        self._response = marketdata_pb2.IngestBarsStreamResponse()
        self._warnings: dict[tuple[str, str, str], common_pb2.Warning] = {}

    def add(self, bars: common_pb2.Bars, upsert: Upsert, warnings: Iterable[common_pb2.Warning]) -> None:
        """Count a stored part."""
        self._parts += 1
        self._response.inserted_count += upsert.inserted
        self._response.updated_count += upsert.updated
        self._response.unchanged_count += upsert.unchanged
        for warning in warnings:
            self._add_warning(bars, warning)

    def refused(self, error: InvalidArgumentError) -> InvalidArgumentError:
        """The error of the part after the last, saying which it is and that those before it are stored."""
        text = f"part {self._parts + 1} is refused, the {self._parts} before it are stored: {error.message}"
        metadata = {**error.metadata, "stored_part_count": str(self._parts)}
        return InvalidArgumentError(error.violations, message=text, reason=error.reason, metadata=metadata)

    def response(self) -> marketdata_pb2.IngestBarsStreamResponse:
        """All of it."""
        self._response.warnings.extend(self._warnings.values())
        return self._response

    def _add_warning(self, bars: common_pb2.Bars, warning: common_pb2.Warning) -> None:
        key = (bars.symbol, bars.timeframe, warning.code)
        known = self._warnings.get(key)
        if known is not None:
            known.bar_count += warning.bar_count
            return
        named = common_pb2.Warning()
        named.CopyFrom(warning)
        named.message = f"{bars.symbol} {bars.timeframe}: {warning.message}"
        self._warnings[key] = named
