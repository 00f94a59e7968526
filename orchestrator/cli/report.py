"""The table form of an analysis: where the market stands, how it got there, which trades that justifies."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from orchestrator.cli.context_text import alignments, context_text
from orchestrator.cli.tables import open_table, rejections_table, signals_table
from wyckoff.chart.labels import (
    count_text,
    event_name,
    event_title,
    evidence_text,
    phase_name,
    price_text,
    range_status_name,
    scale_name,
    side_name,
)
from wyckoff.chart.structure import current_structure, stand_text, structures
from wyckoff.phase.v1 import phase_pb2

if TYPE_CHECKING:
    from rich.console import Console

    from wyckoff.chart.structure import Structure
    from wyckoff.market.bars import Bars
    from wyckoff.orchestrator.v1.orchestrator_pb2 import Analysis

#: Rows of each list; the rest is counted, and complete in the JSON form.
MAX_ROWS: Final = 8
_EVIDENCE_SHOWN: Final = 3
#: Both numbers stand on one page and mean different things.
_CONFIDENCES: Final = (
    "conf. of an event: percent of such events that are right in generated cases, which are tidier than markets;\n"
    "confidence of a phase or a trade: points by the rules of the method"
)
_INDENT: Final = 2


class BarDates:
    """Open times of bars as text, with the time of day for bars shorter than a day."""

    def __init__(self, bars: Bars) -> None:
        self._times_ms = bars.open_time_ms
        self._form = "%Y-%m-%d" if bars.timeframe[-1] in "dwM" else "%Y-%m-%d %H:%M"

    def __call__(self, index: int) -> str:
        return datetime.fromtimestamp(int(self._times_ms[index]) / 1000, tz=UTC).strftime(self._form)


def print_report(console: Console, analysis: Analysis, bars: Bars) -> None:
    """Print the analysis of ``bars``."""
    date = BarDates(bars)
    last = len(bars) - 1
    console.print()
    span = f"{len(bars)} bars, {date(0)} to {date(last)}, last close {price_text(float(bars.close[last]))}"
    console.print(Text.assemble((f"{analysis.symbol}  {analysis.timeframe}", "bold"), f"  {span}"))
    current = current_structure(analysis)
    _print_now(console, current, bars, date, analysis)
    found = structures(analysis)
    told = _with_events(current, found)
    if told is not None:
        which = "this structure" if told is current else f"the last structure with events ({stand_text(told)})"
        _section(console, f"Events of {which}", _events_table(told, date))
        console.print(Padding(Text(_CONFIDENCES, style="dim"), (0, 0, 0, _INDENT)))
    others = [structure for structure in found if not _is(structure, current)][::-1]
    if others:
        title = "Earlier and other structures, newest first" + _cut(len(others))
        _section(console, title, _structures_table(others[:MAX_ROWS], date))
    _print_trades(console, analysis, date, last)
    _print_stages(console, analysis)


def _with_events(current: Structure | None, found: list[Structure]) -> Structure | None:
    """The current structure, or where it has no events the last one that has."""
    if current is not None and current.reading.events:
        return current
    eventful = [structure for structure in found if structure.reading.events]
    return max(eventful, key=lambda structure: structure.reading.events[-1].known_at_index, default=None)


def _is(structure: Structure, other: Structure | None) -> bool:
    return other is not None and structure.range.range_id == other.range.range_id


def _cut(count: int) -> str:
    return f" ({MAX_ROWS} of {count})" if count > MAX_ROWS else ""


def _section(console: Console, title: str, table: Table) -> None:
    console.print(Text(title, style="bold"))
    console.print(Padding(table, (0, 0, 0, _INDENT), expand=False))


def _print_now(console: Console, current: Structure | None, bars: Bars, date: BarDates, analysis: Analysis) -> None:
    facts = Table.grid(padding=(0, 2))
    if current is None:
        facts.add_row("Now", f"{stand_text(None)}: nothing to trade by this method")
    else:
        reading = current.reading
        facts.add_row("Now", Text(stand_text(current), style="bold"))
        facts.add_row("Range", _range_line(current, date))
        for direction, count in current.counts:
            facts.add_row("Count", f"point-and-figure targets {direction}: {count_text(count)}")
        facts.add_row("Price", _position_line(current, float(bars.close[-1])))
        if reading.segments:
            facts.add_row("Phases", ", ".join(_segment(segment, date) for segment in reading.segments))
    if analysis.HasField("context"):
        facts.add_row("Context", context_text(analysis.context))
    console.print(Padding(facts, (0, 0, 0, _INDENT), expand=False))


def _segment(segment: phase_pb2.PhaseSegment, date: BarDates) -> str:
    return f"{phase_name(segment.phase)} from {date(segment.start_index)}"


def _range_line(structure: Structure, date: BarDates) -> str:
    found = structure.range
    revision = found.revisions[-1] if found.revisions else None
    quality = revision.quality_score if revision else found.quality_score
    return (
        f"support (ice) {price_text(found.ice)}, resistance (creek) {price_text(found.creek)}, "
        f"target (jump) {price_text(found.jump)}; {range_status_name(found.status)} since {date(found.start_index)}, "
        f"quality {quality}"
    )


def _position_line(structure: Structure, close: float) -> str:
    ice, creek = structure.range.ice, structure.range.creek
    if close > creek:
        return f"{(close / creek - 1) * 100:.1f} % above the resistance"
    if close < ice:
        return f"{(1 - close / ice) * 100:.1f} % below the support"
    return f"inside the range, {(close - ice) / (creek - ice) * 100:.0f} % of the way up"


def _events_table(structure: Structure, date: BarDates) -> Table:
    table = open_table("~date", "~event", "~", ">price", ">conf.", "evidence")
    for event in structure.reading.events:
        name = event_name(event.type)
        withdrawn = event.status == phase_pb2.EVENT_STATUS_WITHDRAWN
        why = ", ".join(evidence_text(item) for item in event.evidence[:_EVIDENCE_SHOWN])
        if withdrawn:
            why = f"withdrawn {date(event.withdrawn_at_index)}: {event.reason}"
        table.add_row(
            date(event.bar_index),
            name,
            event_title(event.type, structure.range.side),
            price_text(event.price),
            str(event.confidence),
            why,
            style="dim" if withdrawn else None,
        )
    return table


def _structures_table(found: list[Structure], date: BarDates) -> Table:
    table = open_table("~from", "~to", "~scale", "~side", "~reached", ">ice", ">creek", ">jump", "~state", "events")
    for structure in found:
        area, reading = structure.range, structure.reading
        events = [event for event in reading.events if event.status == phase_pb2.EVENT_STATUS_CONFIRMED]
        state = "failed" if reading.HasField("failed_at_index") else range_status_name(area.status)
        phase = phase_name(reading.phase)
        table.add_row(
            date(area.start_index),
            date(area.end_index),
            scale_name(area.scale),
            side_name(area.side),
            "-" if phase == "-" else f"phase {phase}",
            price_text(area.ice),
            price_text(area.creek),
            price_text(area.jump),
            state,
            " ".join(event_name(event.type) for event in events),
        )
    return table


def _print_trades(console: Console, analysis: Analysis, date: BarDates, last: int) -> None:
    alignment = alignments(analysis)
    newest = sorted(analysis.signals, key=lambda signal: signal.known_at_index, reverse=True)
    if newest:
        title = "Trade signals, newest first" + _cut(len(newest))
        _section(console, title, signals_table(newest[:MAX_ROWS], last_index=last, date=date, alignment=alignment))
    else:
        console.print(Text("Trade signals: none", style="bold"))
    rejected = sorted(analysis.rejections, key=lambda item: item.known_at_index, reverse=True)
    if rejected:
        title = "Set-ups that justify no trade, newest first" + _cut(len(rejected))
        _section(console, title, rejections_table(rejected[:MAX_ROWS], date=date, alignment=alignment))


def _print_stages(console: Console, analysis: Analysis) -> None:
    parts = []
    for stage in analysis.stages:
        outcome = f"{stage.execution_time_ms:.1f} ms" if stage.success else "no result"
        parts.append(f"{stage.stage} {outcome}{' (cached)' if stage.cached else ''}")
    console.print(Text.assemble(("Stages  ", "bold"), ", ".join(parts)))
    for stage in analysis.stages:
        for warning in stage.warnings:
            first = warning.first_time.ToDatetime(tzinfo=UTC)
            text = f"  data  {warning.message} ({warning.bar_count} bars, first {first:%Y-%m-%d})"
            console.print(Text(text, style="yellow"))
