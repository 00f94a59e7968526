"""A replay in print: as tables, as one JSON object, or as one JSON object an entry."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from rich.text import Text

from orchestrator.cli.report import BarDates
from orchestrator.cli.tables import open_table
from wyckoff.chart.labels import range_status_name, scale_name, side_name
from wyckoff.replay.lags import lags
from wyckoff.replay.table import HEADINGS, row, said_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console
    from rich.table import Table

    from wyckoff.market.bars import Bars
    from wyckoff.orchestrator.v1.orchestrator_pb2 import Analysis
    from wyckoff.range.v1.range_pb2 import TradingRange
    from wyckoff.replay.entry import Entry
    from wyckoff.replay.verify import Rewrite, Verification


class ReplayFormat(StrEnum):
    """How a replay is printed."""

    TABLE = "table"
    JSON = "json"
    JSONL = "jsonl"


def print_replay(
    console: Console,
    output: ReplayFormat,
    bars: Bars,
    analysis: Analysis,
    entries: Sequence[Entry],
    verification: Verification | None,
) -> None:
    """Print ``entries`` of the replay of ``bars``."""
    if output is ReplayFormat.TABLE:
        _print_tables(console, bars, entries, verification)
    elif output is ReplayFormat.JSON:
        print(json.dumps(_object(bars, analysis, entries, verification)), flush=True)
    else:
        for entry in entries:
            print(json.dumps(_entry(entry, bars)))


def _print_tables(console: Console, bars: Bars, entries: Sequence[Entry], verification: Verification | None) -> None:
    date = BarDates(bars)
    span = f"{len(bars)} bars, {date(0)} to {date(len(bars) - 1)}, {len(entries)} entries"
    console.print(Text.assemble((f"{bars.symbol}  {bars.timeframe}", "bold"), f"  {span}"))
    # dates and short names keep their width, so that only the reason wraps
    table = open_table(*(heading if heading in (">bar", "reason") else _unwrapped(heading) for heading in HEADINGS))
    for entry in entries:
        table.add_row(*row(entry, date), style="dim" if entry.kind.value.endswith("withdrawn") else None)
    console.print(table)
    found = lags(entries)
    if found:
        console.print(Text("Lag from the bar to the close that made it known, bars", style="bold"))
        lag_table = open_table("~said", "~what", ">count", ">median", ">longest")
        for lag in found:
            lag_table.add_row(lag.kind, lag.what, str(lag.count), f"{lag.median_bars:g}", str(lag.longest_bars))
        console.print(lag_table)
    if verification is not None:
        count = len(verification.rewrites)
        text = f"Verified at {verification.checked} bars: {count or 'no'} rewrite{'' if count == 1 else 's'}"
        console.print(Text(text, style="bold"))
        if verification.rewrites:
            console.print(_rewrites_table(verification.rewrites, date))


def _unwrapped(heading: str) -> str:
    return heading if heading.startswith(">") else f"~{heading}"


def _rewrites_table(rewrites: Sequence[Rewrite], date: BarDates) -> Table:
    table = open_table("~at", "~change", "~said", "~what", "~of", "said then", "claimed by all bars")
    for rewrite in rewrites:
        entry = rewrite.then or rewrite.claimed
        if entry is not None:
            table.add_row(
                date(rewrite.bar_index),
                rewrite.change,
                said_text(entry),
                entry.what,
                date(entry.bar_index),
                _terms(rewrite.then, date),
                _terms(rewrite.claimed, date),
            )
    return table


def _terms(entry: Entry | None, date: BarDates) -> str:
    if entry is None:
        return "nothing"
    said = [f"known {date(entry.known_at_index)}"]
    said += [] if entry.price is None else [f"price {entry.price!r}"]
    said += [] if entry.confidence is None else [f"confidence {entry.confidence}"]
    return ", ".join([*said, entry.reason] if entry.reason else said)


def _object(
    bars: Bars, analysis: Analysis, entries: Sequence[Entry], verification: Verification | None
) -> dict[str, Any]:
    told = {entry.range_id for entry in entries}
    return {
        "symbol": bars.symbol,
        "timeframe": bars.timeframe,
        "bar_count": len(bars),
        "complete": analysis.complete,
        "entries": [_entry(entry, bars) for entry in entries],
        "ranges": [_range(item) for item in analysis.ranges if item.range_id in told],
        "lags": [
            {
                "kind": lag.kind,
                "what": lag.what,
                "count": lag.count,
                "median_bars": lag.median_bars,
                "longest_bars": lag.longest_bars,
            }
            for lag in lags(entries)
        ],
        "verification": None if verification is None else _verification(verification, bars),
    }


def _entry(entry: Entry, bars: Bars) -> dict[str, Any]:
    return {
        "known_at_index": entry.known_at_index,
        "known_at_time": _time(bars, entry.known_at_index),
        "kind": entry.kind,
        "what": entry.what,
        "bar_index": entry.bar_index,
        "bar_time": _time(bars, entry.bar_index),
        "lag_bars": entry.lag_bars,
        "range_id": entry.range_id,
        "scale": entry.scale,
        "price": entry.price,
        "confidence": entry.confidence,
        "stage": entry.stage,
        "reason": entry.reason,
    }


def _range(item: TradingRange) -> dict[str, Any]:
    return {
        "range_id": item.range_id,
        "scale": scale_name(item.scale),
        "side": side_name(item.side),
        "start_index": item.start_index,
        "end_index": item.end_index,
        "known_at_index": item.known_at_index,
        "ice": item.ice,
        "creek": item.creek,
        "jump": item.jump,
        "status": range_status_name(item.status),
    }


def _verification(verification: Verification, bars: Bars) -> dict[str, Any]:
    return {
        "checked": verification.checked,
        "rewrites": [
            {
                "bar_index": rewrite.bar_index,
                "change": rewrite.change,
                "then": None if rewrite.then is None else _entry(rewrite.then, bars),
                "claimed": None if rewrite.claimed is None else _entry(rewrite.claimed, bars),
            }
            for rewrite in verification.rewrites
        ],
    }


def _time(bars: Bars, index: int) -> str:
    """Open time of a bar, as timestamps are written in proto JSON."""
    return datetime.fromtimestamp(int(bars.open_time_ms[index]) / 1000, tz=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
