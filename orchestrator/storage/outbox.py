"""Events that are kept with the analysis that found them until they have been published."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog
from google.protobuf.message import DecodeError
from pydantic import ValidationError
from sqlalchemy import delete, insert, select

from orchestrator.events.codec import event_from_proto, event_to_proto
from orchestrator.storage.tables import untold_events
from wyckoff.orchestrator.v1 import orchestrator_pb2
from wyckoff.rpc.errors import InvalidArgumentError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy.ext.asyncio import AsyncConnection

    from orchestrator.events.model import Event

_log = structlog.get_logger("wyckoff.live")


@dataclass(frozen=True, slots=True)
class Untold:
    """Events of a symbol in the order they were found, up to those of analysis number ``analysis_count``."""

    symbol: str
    timeframe: str
    analysis_count: int
    events: tuple[Event, ...]


async def keep_events(
    connection: AsyncConnection, symbol: str, timeframe: str, analysis_count: int, events: Sequence[Event]
) -> None:
    """Keep what analysis number ``analysis_count`` of the symbol found, in the transaction of ``connection``."""
    rows = [
        {
            "symbol": symbol,
            "timeframe": timeframe,
            "analysis_count": analysis_count,
            "position": position,
            "message": event_to_proto(event).SerializeToString(),
        }
        for position, event in enumerate(events)
    ]
    if rows:
        await connection.execute(insert(untold_events), rows)


async def read_untold(connection: AsyncConnection, symbol: str, timeframe: str) -> Untold | None:
    """What is kept of the symbol, None when that is nothing."""
    table = untold_events.c
    query = (
        select(table.analysis_count, table.message)
        .where(table.symbol == symbol, table.timeframe == timeframe)
        .order_by(table.analysis_count, table.position)
    )
    rows = (await connection.execute(query)).all()
    if not rows:
        return None
    return Untold(symbol, timeframe, rows[-1].analysis_count, tuple(_events(row.message for row in rows)))


async def forget_told(connection: AsyncConnection, told: Untold) -> None:
    """Remove what has been published; what a later analysis found stays."""
    table = untold_events.c
    await connection.execute(
        delete(untold_events).where(
            table.symbol == told.symbol,
            table.timeframe == told.timeframe,
            table.analysis_count <= told.analysis_count,
        )
    )


def _events(messages: Iterator[bytes]) -> Iterator[Event]:
    for message in messages:
        try:
            yield event_from_proto(orchestrator_pb2.Event.FromString(message))
        except (DecodeError, InvalidArgumentError, ValidationError, ValueError) as error:
            # written by another version: it must not hold up those behind it
            _log.error("event_unreadable", error=str(error))
