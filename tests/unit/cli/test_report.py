"""The table form says what a trader needs, in order."""

from __future__ import annotations

import io

from orchestrator.cli.output import results_console
from orchestrator.cli.report import MAX_ROWS, print_report
from orchestrator.cli.tables import decimal_price, health_table, own_health_lines, signals_table
from tests.support.samples import add_signal, wave_analysis, wave_bars
from wyckoff.common.v1 import common_pb2
from wyckoff.orchestrator.v1 import orchestrator_pb2
from wyckoff.range.v1 import range_pb2

BARS = wave_bars()


def report(analysis: orchestrator_pb2.Analysis, *, width: int = 140) -> str:
    target = io.StringIO()
    print_report(results_console(target, width=width), analysis, BARS)
    return target.getvalue()


def line_with(text: str, part: str) -> str:
    return next(line for line in text.splitlines() if part in line)


def test_where_the_market_stands() -> None:
    text = report(wave_analysis(BARS))
    assert "intermediate accumulation, phase D, confidence 82 of 100" in text
    assert "support (ice) 61.00, resistance (creek) 79.00, target (jump) 115.00" in text
    assert "A from 2008-04-09, B from 2008-06-04, D from 2008-08-08" in text
    assert "% above the resistance" in text


def test_the_count_is_told_where_there_is_one() -> None:
    analysis = wave_analysis(BARS)
    assert "point-and-figure" not in report(analysis)
    count = analysis.ranges[1].revisions[-1].count_up
    count.low, count.middle, count.high, count.columns = 90.0, 100.0, 110.0, 7
    assert "point-and-figure targets up: 90.00, 100.00 and 110.00 (7 columns)" in report(analysis)


def test_events_have_dates_and_evidence() -> None:
    text = report(wave_analysis(BARS))
    climax = line_with(text, "selling climax")
    assert "2008-04-09" in climax
    assert "volume ratio 2.31 (threshold 1.8)" in climax
    assert "withdrawn 2008-06-11: a lower low followed" in line_with(text, "spring ")


def test_signals_and_rejections() -> None:
    text = report(wave_analysis(BARS))
    signal = line_with(text, "SPRING long")
    for part in ("2008-08-12", "75 bars", "80.00", "75.00", "115.00", "7.0", "115 shares", "482 (0.48 %)", "84"):
        assert part in signal
    refused = line_with(text, "breakout volume 1.62 is below 2.0")
    assert "SOS" in refused
    assert "Volume" in refused


def test_other_structures_stages_and_data_warnings() -> None:
    text = report(wave_analysis(BARS))
    assert "phase B" in line_with(text, "distribution")
    assert "volume 1.5 ms" in text
    assert "volume is 0 and taken as unknown (2 bars, first 2008-01-06)" in text


def test_long_lists_are_cut_and_counted() -> None:
    analysis = wave_analysis(BARS)
    for at in range(230, 242):
        add_signal(analysis, BARS, "range-1", at, (80.0, 75.0, 115.0))
    text = report(analysis)
    assert f"({MAX_ROWS} of 13)" in text
    assert text.count("SPRING long") == MAX_ROWS


def test_nothing_found() -> None:
    text = report(orchestrator_pb2.Analysis(symbol="AAPL", timeframe="1d", bar_count=len(BARS)))
    assert "no open trading range" in text
    assert "Trade signals: none" in text


def test_events_of_the_last_structure_are_told_when_the_current_one_has_none() -> None:
    analysis = wave_analysis(BARS)
    current = analysis.ranges.add(range_id="new", start_index=280, known_at_index=290, ice=90.0, creek=95.0)
    current.side, current.status = common_pb2.SIDE_UNDETERMINED, range_pb2.RANGE_STATUS_ACTIVE
    text = report(analysis)
    assert "intermediate range without a climax, side and phase unknown" in line_with(text, "Now")
    assert "Events of the last structure with events (intermediate accumulation, phase D" in text
    assert "selling climax" in text


def test_each_structure_says_its_scale() -> None:
    analysis = wave_analysis(BARS)
    analysis.ranges[0].scale, analysis.ranges[1].scale = common_pb2.SCALE_MINOR, common_pb2.SCALE_MAJOR
    text = report(analysis)
    assert "major accumulation, phase D" in line_with(text, "Now")
    assert "minor" in line_with(text, "phase B")


def test_a_range_without_a_climax_has_the_side_that_its_events_gave() -> None:
    analysis = wave_analysis(BARS)
    analysis.ranges[1].side = common_pb2.SIDE_UNDETERMINED
    assert "intermediate accumulation, phase D" in line_with(report(analysis), "Now")


def test_a_narrow_terminal_loses_no_number() -> None:
    text = report(wave_analysis(BARS), width=80)
    assert "…" not in text


def test_brackets_in_texts_are_no_markup() -> None:
    analysis = wave_analysis(BARS)
    analysis.rejections[0].reason = "volume [bold] is [/red] low"
    assert "volume [bold] is [/red] low" in report(analysis)


def test_prices_that_are_no_number_stay() -> None:
    assert decimal_price("84.5") == "84.50"
    assert decimal_price("n/a") == "n/a"


def test_signals_of_many_symbols_name_them() -> None:
    table = signals_table(wave_analysis(BARS).signals, with_symbol=True)
    assert [column.header for column in table.columns][:2] == ["symbol", "known"]
    assert list(table.columns[0].cells) == ["AAPL"]
    assert list(table.columns[1].cells) == ["2008-08-12"]


def test_health() -> None:
    response = orchestrator_pb2.GetHealthResponse()
    response.components.add(
        component="volume", status=orchestrator_pb2.HEALTH_STATUS_UNHEALTHY, message="no answer", latency_ms=1.25
    )
    response.breakers.add(component="volume", state=orchestrator_pb2.BREAKER_STATE_HALF_OPEN, consecutive_failures=5)
    table = health_table(response)
    cells = [next(iter(column.cells)) for column in table.columns]
    assert cells == ["volume", "unhealthy", "1.2 ms", "half-open, 5 failures in a row", "no answer"]


def test_the_orchestrators_own_health() -> None:
    assert own_health_lines(orchestrator_pb2.GetHealthResponse()) == ["0 analyses"]
    response = orchestrator_pb2.GetHealthResponse(analysis_count=3, avg_analysis_time_ms=12.34, cache_hit_rate=0.5)
    response.failed_detectors.add(detector="range.zones", failure_count=2, last_error="ValueError: no")
    assert own_health_lines(response) == [
        "3 analyses, 12.3 ms on average, 50% of stage results from the cache",
        "detector range.zones failed 2 times, last: ValueError: no",
    ]
