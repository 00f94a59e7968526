"""Tables of the orchestrator."""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Boolean, Column, Index, LargeBinary, MetaData, Table

from wyckoff.storage.types import plain_string

METADATA: Final = MetaData()

signals: Final = Table(
    "signals",
    METADATA,
    Column("signal_id", plain_string(36), primary_key=True),
    Column("symbol", plain_string(20), nullable=False),
    Column("timeframe", plain_string(8), nullable=False),
    Column("pattern_type", BigInteger, nullable=False),
    Column("known_time_ms", BigInteger, nullable=False),
    # the signal as it was said first, as a message
    Column("message", LargeBinary, nullable=False),
    Index("signals_by_time", "known_time_ms", "signal_id"),
    Index("signals_by_symbol", "symbol", "timeframe", "known_time_ms", "signal_id"),
)

rejections: Final = Table(
    "rejections",
    METADATA,
    Column("rejection_id", plain_string(36), primary_key=True),
    Column("symbol", plain_string(20), nullable=False),
    Column("timeframe", plain_string(8), nullable=False),
    Column("pattern_type", BigInteger, nullable=False),
    Column("stage", plain_string(20), nullable=False),
    Column("near_miss", Boolean, nullable=False),
    Column("known_time_ms", BigInteger, nullable=False),
    # the rejection as it was said first, as a message
    Column("message", LargeBinary, nullable=False),
    Index("rejections_by_time", "known_time_ms", "rejection_id"),
    Index("rejections_by_symbol", "symbol", "timeframe", "known_time_ms", "rejection_id"),
)

live_progress: Final = Table(
    "live_progress",
    METADATA,
    Column("symbol", plain_string(20), primary_key=True),
    Column("timeframe", plain_string(8), primary_key=True),
    # open time of the last bar analysed, and what the bars of that analysis hash to
    Column("bar_time_ms", BigInteger, nullable=False),
    Column("content_hash", plain_string(64), nullable=False),
    Column("analysis_count", BigInteger, nullable=False),
)

untold_events: Final = Table(
    "untold_events",
    METADATA,
    Column("symbol", plain_string(20), primary_key=True),
    Column("timeframe", plain_string(8), primary_key=True),
    # which analysis of the symbol found it, and its place among what that found
    Column("analysis_count", BigInteger, primary_key=True, autoincrement=False),
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    # the event as a message
    Column("message", LargeBinary, nullable=False),
)
