"""Tables of signals, rejections, health and ingest results."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

from rich import box
from rich.table import Table

from wyckoff.chart.labels import direction_name, health_name, pattern_name, price_text, size_unit_name
from wyckoff.orchestrator.v1.orchestrator_pb2 import BreakerState
from wyckoff.pattern.v1 import pattern_pb2

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from google.protobuf.timestamp_pb2 import Timestamp

    from wyckoff.orchestrator.v1.orchestrator_pb2 import BreakerHealth, GetHealthResponse
    from wyckoff.risk.v1.risk_pb2 import Rejection, TradeSignal

_ORDER_TEXT = {
    pattern_pb2.ENTRY_ORDER_NEXT_OPEN: "next open",
    pattern_pb2.ENTRY_ORDER_LIMIT: "limit",
    pattern_pb2.ENTRY_ORDER_STOP: "stop",
}


def open_table(*headings: str) -> Table:
    """A table without a frame; a heading with ``>`` in front is of numbers, one with ``~`` never wraps."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, collapse_padding=True)
    for heading in headings:
        justify: Literal["left", "right"] = "right" if heading.startswith(">") else "left"
        table.add_column(heading.lstrip(">~"), justify=justify, no_wrap=heading.startswith("~"), overflow="fold")
    return table


def signals_table(
    signals: Iterable[TradeSignal],
    *,
    last_index: int | None = None,
    date: Callable[[int], str] | None = None,
    with_symbol: bool = False,
    alignment: Mapping[str, str] | None = None,
) -> Table:
    """Signals with terms and size; ``last_index`` tells their age, ``date`` the text of a bar's time.

    ``alignment`` tells by pattern how a trade stands to a longer bar length.
    """
    headings = ["~known", "age", "~trade", ">entry", "order", ">stop", ">target", ">R", ">size", ">risk", ">conf."]
    table = open_table(*(["~symbol"] if with_symbol else []), *headings, *_context_heading(alignment))
    for signal in signals:
        row = [
            date(signal.known_at_index) if date else time_text(signal.timestamp),
            "" if last_index is None else _age(last_index - signal.known_at_index),
            f"{pattern_name(signal.pattern_type)} {direction_name(signal.direction)}",
            decimal_price(signal.entry_price),
            _ORDER_TEXT.get(signal.entry_order, ""),
            decimal_price(signal.stop_loss),
            decimal_price(signal.target_levels.primary_target),
            f"{float(signal.r_multiple):.1f}",
            f"{float(signal.position_size):,.10g} {size_unit_name(signal.position_size_unit)}",
            f"{float(signal.risk_amount):,.0f} ({float(signal.risk_pct):.2f} %)",
            str(signal.confidence_score),
            *_context_cell(alignment, signal.pattern_id),
        ]
        table.add_row(*([signal.symbol, *row] if with_symbol else row))
    return table


def _age(bars: int) -> str:
    return "last bar" if bars == 0 else "1 bar" if bars == 1 else f"{bars} bars"


def rejections_table(
    rejections: Iterable[Rejection], *, date: Callable[[int], str], alignment: Mapping[str, str] | None = None
) -> Table:
    """Rejections with stage, reason and how near they came."""
    table = open_table("~known", "~set-up", "~refused by", "reason", ">needed", ">was", *_context_heading(alignment))
    for item in rejections:
        table.add_row(
            date(item.known_at_index),
            pattern_name(item.pattern_type),
            item.stage,
            item.reason + (" (near miss)" if item.near_miss else ""),
            f"{item.threshold:.4g}" if item.HasField("threshold") else "",
            f"{item.actual:.4g}" if item.HasField("actual") else "",
            *_context_cell(alignment, item.pattern_id),
        )
    return table


def _context_heading(alignment: Mapping[str, str] | None) -> list[str]:
    return [] if alignment is None else ["~context"]


def _context_cell(alignment: Mapping[str, str] | None, pattern_id: str) -> list[str]:
    return [] if alignment is None else [alignment.get(pattern_id, "")]


def health_table(response: GetHealthResponse) -> Table:
    """Health by component, with the circuit breaker before it."""
    breakers = {item.component: _breaker_text(item) for item in response.breakers}
    table = open_table("~component", "~health", ">latency", "~breaker", "message")
    for item in response.components:
        latency, breaker = f"{item.latency_ms:.1f} ms", breakers.get(item.component, "")
        table.add_row(item.component, health_name(item.status), latency, breaker, item.message)
    return table


def _breaker_text(item: BreakerHealth) -> str:
    state = BreakerState.Name(item.state).removeprefix("BREAKER_STATE_").lower().replace("_", "-")
    return state if not item.consecutive_failures else f"{state}, {item.consecutive_failures} failures in a row"


def own_health_lines(response: GetHealthResponse) -> list[str]:
    """What the orchestrator says of its own work, a line each; what it cannot say yet is left out."""
    lines = [f"{response.analysis_count} analyses"]
    if response.HasField("avg_analysis_time_ms"):
        lines[0] += f", {response.avg_analysis_time_ms:.1f} ms on average"
    if response.HasField("cache_hit_rate"):
        lines[0] += f", {response.cache_hit_rate:.0%} of stage results from the cache"
    lines += [
        f"detector {item.detector} failed {item.failure_count} times, last: {item.last_error}"
        for item in response.failed_detectors
    ]
    return lines


def decimal_price(text: str) -> str:
    """A price given as decimal text; what is no number stays as it is."""
    try:
        return price_text(float(text))
    except ValueError:
        return text


def time_text(time: Timestamp) -> str:
    """Date, with the time of day unless it is midnight."""
    moment: datetime = time.ToDatetime(tzinfo=UTC)
    return moment.strftime("%Y-%m-%d" if (moment.hour, moment.minute) == (0, 0) else "%Y-%m-%d %H:%M")
