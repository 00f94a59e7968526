"""The report as one HTML file that needs nothing else: no network, no other file."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from wyckoff.backtest.figures import account_figure, trades_figure
from wyckoff.backtest.report import group_remarks
from wyckoff.backtest.text import (
    CURVE_HEADINGS,
    GROUP_HEADINGS,
    curve_rows,
    date_text,
    group_row,
    notes,
    orders_text,
    rule_texts,
    unfiltered_text,
)
from wyckoff.chart.document import PLOT_CONFIG, document, table, write_document

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence
    from pathlib import Path

    from wyckoff.backtest.report import GroupTable, Report


def write_page(path: str | os.PathLike[str], report: Report) -> Path:
    """Write the page to ``path`` (folders are made); returns the path."""
    return write_document(path, page(report))


def page(report: Report) -> str:
    """The whole page as text."""
    symbols = ", ".join(span.symbol for span in report.spans)
    body = [
        f"<h1>Backtest: {escape(symbols)}</h1>",
        f"<p class='faint'>{'<br>'.join(escape(_sentence(line)) for line in rule_texts(report))}.</p>",
        _remarks(report.remarks),
        _curve_table(report),
        account_figure(report).to_html(full_html=False, include_plotlyjs=True, config=PLOT_CONFIG, div_id="account"),
        "<h2>By pattern</h2>",
        _group_table(report.table),
        f"<p class='faint'>{'<br>'.join(escape(line) for line in notes(report))}</p>",
        trades_figure(report).to_html(full_html=False, include_plotlyjs=False, config=PLOT_CONFIG, div_id="trades"),
        "<h2>Orders and refusals</h2>",
        f"<p>{escape(orders_text(report))}</p>",
        table((">count", "stage", "reason"), [(str(item.count), item.stage, item.reason) for item in report.refusals]),
        *_unfiltered(report),
        "<h2>Trades</h2>",
        _trades(report),
        "<h2>Series</h2>",
        _spans(report),
    ]
    return document(f"Backtest {symbols} - Wyckoff", "\n".join(body))


def _remarks(remarks: Sequence[str]) -> str:
    if not remarks:
        return ""
    return f"<div class='remarks'>{''.join(f'<p>{escape(_sentence(remark))}</p>' for remark in remarks)}</div>"


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _curve_table(report: Report) -> str:
    return table(CURVE_HEADINGS, curve_rows(report))


def _group_table(groups: GroupTable) -> str:
    return table(GROUP_HEADINGS, [group_row(group) for group in groups.rows], has_total=True)


def _unfiltered(report: Report) -> list[str]:
    if report.unfiltered is None:
        return []
    return [
        "<h2>Every set-up, without the trade gates</h2>",
        "<p class='faint'>Not what the rules would trade: each set-up by itself, whatever the risk stage says of it, "
        "the same money risked each time, no limits, stops do not trail.</p>",
        _remarks(group_remarks(report.unfiltered.table.total)),
        _group_table(report.unfiltered.table),
        f"<p>{escape(unfiltered_text(report.unfiltered))}</p>",
    ]


def _trades(report: Report) -> str:
    headings = ("symbol", "pattern", "scale", "side", "entered", ">at", "left", ">at", "by", ">size", ">result", ">R")
    rows = [
        (
            trade.plan.symbol,
            trade.plan.pattern_type.value,
            trade.plan.scale.value.lower(),
            trade.plan.direction.value.lower(),
            date_text(trade.entry_time_ms, report.timeframe),
            f"{trade.entry_price:.2f}",
            date_text(trade.exit_time_ms, report.timeframe),
            f"{trade.exit_price:.2f}",
            trade.reason.name.lower().replace("_", " "),
            f"{trade.plan.size:,.10g}",
            f"{trade.pnl:+,.2f}",
            f"{trade.r:+.2f}",
        )
        for trade in report.walk.trades
    ]
    return table(headings, rows) if rows else "<p>None.</p>"


def _spans(report: Report) -> str:
    rows = [
        (
            span.symbol,
            str(span.bars),
            date_text(span.first_ms, report.timeframe),
            date_text(span.last_ms, report.timeframe),
            str(span.patterns),
            f"{span.hold_return_pct:+.1f} %",
        )
        for span in report.spans
    ]
    return table(("symbol", ">bars", "from", "to", ">set-ups", ">buy and hold"), rows)
