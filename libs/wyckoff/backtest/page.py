"""The report as one HTML file that needs nothing else: no network, no other file."""

from __future__ import annotations

import os
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

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

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from wyckoff.backtest.report import GroupTable, Report

_CONFIG: Final[dict[str, Any]] = {"displaylogo": False, "responsive": True, "plotlyServerURL": ""}

#: The policy lets the browser ask for nothing from anywhere.
_PAGE: Final = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:">
<title>{title}</title>
<style>
body {{ margin: 24px auto; max-width: 1180px; padding: 0 16px; background: white; color: #26323a;
 font: 14px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }}
h1 {{ font-size: 22px; margin: 0 0 4px; }} h2 {{ font-size: 16px; margin: 28px 0 6px; }}
table {{ border-collapse: collapse; display: block; overflow-x: auto; }}
th, td {{ padding: 3px 12px 3px 0; border-bottom: 1px solid #eef1f2; text-align: left; white-space: nowrap; }}
th {{ color: #66727a; font-weight: 500; }} .n {{ text-align: right; }}
tr.total td {{ font-weight: 600; border-top: 1px solid #8b969c; }}
.remarks {{ border-left: 4px solid #c8695f; padding: 4px 12px; background: #fbf3f2; }}
.faint {{ color: #66727a; }}
</style>
</head>
<body>
{body}
</body>
</html>
"""


def write_page(path: str | os.PathLike[str], report: Report) -> Path:
    """Write the page to ``path`` (folders are made); returns the path."""
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f"{target.name}.{os.getpid()}.part")
    part.write_text(page(report), encoding="utf-8")
    part.replace(target)
    return target


def page(report: Report) -> str:
    """The whole page as text."""
    symbols = ", ".join(span.symbol for span in report.spans)
    body = [
        f"<h1>Backtest: {escape(symbols)}</h1>",
        f"<p class='faint'>{'<br>'.join(escape(_sentence(line)) for line in rule_texts(report))}.</p>",
        _remarks(report.remarks),
        _curve_table(report),
        account_figure(report).to_html(full_html=False, include_plotlyjs=True, config=_CONFIG, div_id="account"),
        "<h2>By pattern</h2>",
        _group_table(report.table),
        f"<p class='faint'>{'<br>'.join(escape(line) for line in notes(report))}</p>",
        trades_figure(report).to_html(full_html=False, include_plotlyjs=False, config=_CONFIG, div_id="trades"),
        "<h2>Orders and refusals</h2>",
        f"<p>{escape(orders_text(report))}</p>",
        _table((">count", "stage", "reason"), [(str(item.count), item.stage, item.reason) for item in report.refusals]),
        *_unfiltered(report),
        "<h2>Trades</h2>",
        _trades(report),
        "<h2>Series</h2>",
        _spans(report),
    ]
    return _PAGE.format(title=escape(f"Backtest {symbols} - Wyckoff"), body="\n".join(body))


def _remarks(remarks: Sequence[str]) -> str:
    if not remarks:
        return ""
    return f"<div class='remarks'>{''.join(f'<p>{escape(_sentence(remark))}</p>' for remark in remarks)}</div>"


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _curve_table(report: Report) -> str:
    return _table(CURVE_HEADINGS, curve_rows(report))


def _group_table(table: GroupTable) -> str:
    return _table(GROUP_HEADINGS, [group_row(group) for group in table.rows], has_total=True)


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
    return _table(headings, rows) if rows else "<p>None.</p>"


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
    return _table(("symbol", ">bars", "from", "to", ">set-ups", ">buy and hold"), rows)


def _table(headings: Iterable[str], rows: Sequence[Sequence[str]], *, has_total: bool = False) -> str:
    """A table; headings with ``>`` in front are of numbers, the last row may be a total."""
    names = list(headings)
    classes = [" class='n'" if name.startswith(">") else "" for name in names]
    head = "".join(
        f"<th{kind}>{escape(name.removeprefix('>'))}</th>" for name, kind in zip(names, classes, strict=True)
    )
    lines = []
    for number, row in enumerate(rows):
        total = " class='total'" if has_total and number == len(rows) - 1 else ""
        cells = "".join(f"<td{kind}>{escape(cell)}</td>" for cell, kind in zip(row, classes, strict=True))
        lines.append(f"<tr{total}>{cells}</tr>")
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(lines)}</tbody></table>"
