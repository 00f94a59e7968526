"""The table form of a backtest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rich.padding import Padding
from rich.text import Text

from orchestrator.cli.tables import open_table
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
    from collections.abc import Iterable

    from rich.console import Console

    from wyckoff.backtest.report import GroupTable, Report

#: Rows of refusals; the rest is counted, and complete in the JSON form.
MAX_ROWS: Final = 12
#: Columns of the widest table: narrower terminals let it run over rather than cut figures.
_WIDTH: Final = 150


def print_backtest(console: Console, report: Report) -> None:
    """Print ``report``."""
    console.width = max(console.width, _WIDTH)
    console.print(Text("Backtest", style="bold"))
    for span in report.spans:
        first, last = (date_text(moment, report.timeframe) for moment in (span.first_ms, span.last_ms))
        console.print(
            f"  {span.symbol}  {report.timeframe}  {span.bars} bars, {first} to {last}, {span.patterns} set-ups"
        )
    for line in rule_texts(report):
        console.print(f"  {line}")
    _remarks(console, report.remarks)
    _section(console, "The account", CURVE_HEADINGS, curve_rows(report))
    _groups(console, "By pattern, after costs", report.table)
    for line in notes(report):
        console.print(f"  {line}")
    console.print(Text("Orders", style="bold"))
    console.print(f"  {orders_text(report)}")
    if report.refusals:
        cut = f" ({MAX_ROWS} of {len(report.refusals)} kinds)" if len(report.refusals) > MAX_ROWS else ""
        rows = [(str(item.count), item.stage, item.reason) for item in report.refusals[:MAX_ROWS]]
        _section(console, f"Set-ups that the risk stage refused{cut}", (">count", "stage", "reason"), rows)
    if report.unfiltered is not None:
        title = "Every set-up by itself, without the trade gates: not what the rules would trade"
        _groups(console, title, report.unfiltered.table)
        console.print(f"  {unfiltered_text(report.unfiltered)}")
        _remarks(console, group_remarks(report.unfiltered.table.total))


def _remarks(console: Console, remarks: Iterable[str]) -> None:
    for remark in remarks:
        console.print(Text(f"  ! {remark}", style="yellow"))


def _groups(console: Console, title: str, table: GroupTable) -> None:
    _section(console, title, GROUP_HEADINGS, [group_row(group) for group in table.rows])


def _section(console: Console, title: str, headings: Iterable[str], rows: Iterable[tuple[str, ...]]) -> None:
    console.print(Text(title, style="bold"))
    table = open_table(*headings)
    for row in rows:
        table.add_row(*row)
    console.print(Padding(table, (0, 0, 0, 2), expand=False))
