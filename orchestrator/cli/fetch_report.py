"""What `wyckoff fetch` says of each symbol."""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING

from orchestrator.cli.tables import open_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.table import Table

    from wyckoff.market.provider import FetchReport, GapReport


def fetch_table(reports: Sequence[FetchReport]) -> Table:
    """A row a symbol."""
    table = open_table(
        "~symbol", "~from", "~to", ">bars", ">new", ">changed", ">unchanged", "~adjustment", "what there is to know"
    )
    for item in reports:
        table.add_row(
            item.symbol,
            item.first_time,
            item.last_time,
            f"{item.bar_count:,}",
            f"{item.inserted_count:,}",
            f"{item.updated_count:,}",
            f"{item.unchanged_count:,}",
            str(item.adjustment),
            "; ".join(remarks(item)),
        )
    return table


def remarks(report: FetchReport) -> list[str]:
    """Everything that is not in the counts, in words."""
    counts = (
        (report.open_bar_count, "bars still open left out"),
        (report.empty_row_count, "rows without prices left out"),
        (report.impossible_row_count, "impossible rows left out"),
        (report.duplicate_row_count, "rows given twice"),
        (report.conflicting_row_count, "rows that contradict earlier ones left out"),
        (report.overlap_count, "stored bars compared"),
    )
    said = [f"{count:,} {text}" for count, text in counts if count]
    if report.restated is not None:
        said += [report.restated.explanation, report.restated.advice]
    if report.gaps is not None:
        said += gap_remarks(report.gaps)
    said += [f"{text} ({count} bars)" for text, count in report.warnings.items()]
    return said + report.notes


def gap_remarks(gaps: GapReport) -> list[str]:
    """Missing and unexpected bars, with the first few."""
    if gaps.complete:
        half = f", {gaps.half_day_count} of them short" if gaps.half_day_count else ""
        return [f"no gaps in {gaps.session_count:,} sessions of {gaps.calendar}{half}"]
    parts = (
        (gaps.missing_session_count, "sessions without a bar", gaps.missing_sessions),
        (gaps.missing_bar_count, "bars missing within sessions", gaps.missing_bars),
        (gaps.unexpected_bar_count, "bars outside of all sessions", gaps.unexpected_bars),
    )
    return [
        f"{count:,} {text} of {gaps.calendar}: {', '.join(times)}{' ...' if count > len(times) else ''}"
        for count, text, times in parts
        if count
    ]


def report_line(report: FetchReport, error: str | None) -> str:
    """The report as one JSON object on one line."""
    content = dataclasses.asdict(report)
    if report.gaps is not None:
        content["gaps"]["complete"] = report.gaps.complete
    return json.dumps({**content, "error": error}, allow_nan=False)
