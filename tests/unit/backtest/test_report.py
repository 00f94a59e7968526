"""The report as a whole: what it counts, what it warns of, as JSON, page and table."""

from __future__ import annotations

import io
import json
import re

import numpy as np
import pytest

from orchestrator.cli.backtest_report import print_backtest
from orchestrator.cli.output import results_console
from tests.support.backtests import Desk, pattern_of, rejection_of, walk_bars
from wyckoff.backtest import Report, Rules, make_report, report_as_dict, walk, write_page
from wyckoff.backtest.page import page
from wyckoff.backtest.report import refusals
from wyckoff.backtest.result import Market
from wyckoff.model.kinds import EntryOrder, PatternType

RULES = Rules(equity=50_000.0)


def _market(symbol: str, seed: int, every: int) -> Market:
    bars = walk_bars(seed, 400, symbol=symbol)
    patterns = []
    for number, known in enumerate(range(30, 380, every)):
        close, sign = float(bars.close[known]), 1 if number % 2 else -1
        kind = PatternType.SOS if sign > 0 else PatternType.SOW
        patterns.append(
            pattern_of(close, close - sign * 3, close + sign * 6, known, kind=kind, range_id=f"range-{number // 2}")
        )
    return Market(bars, tuple(patterns))


async def _report(every: int = 25, *, seed: int = 1, unfiltered: bool = True, at_once: int = 1) -> Report:
    markets = [_market("AAPL", 3, every), _market("M<S>FT", 4, every)]
    done = await walk(markets, Desk(max_positions=at_once).assess, RULES)
    rng = np.random.default_rng(seed)
    return make_report(markets, done, RULES, rng, seed=seed, draws=50, unfiltered=unfiltered)


async def test_every_pattern_is_accounted_for() -> None:
    report = await _report()
    walked, total = report.walk, report.table.total
    assert len(walked.signals) + len(walked.rejections) == sum(span.patterns for span in report.spans) == 28
    assert total.trades == len(walked.trades) == sum(group.trades for group in report.table.by_type)
    assert {group.name for group in report.table.by_type} <= {"SOS", "SOW"}
    assert total.pnl == pytest.approx(walked.curve.equity[-1] - 50_000)
    assert report.random_r.shape == (50, total.trades)
    assert sum(item.count for item in report.refusals) == len(walked.rejections) > 0
    assert report.unfiltered is not None
    assert sum(report.unfiltered.fates.values()) == 28
    assert report.unfiltered.table.total.trades > total.trades


async def test_few_trades_are_said_to_prove_nothing() -> None:
    few, many = await _report(60), await _report(6, at_once=50)
    assert any("too few" in remark for remark in few.remarks)
    assert many.table.total.trades >= 30
    assert not any("too few" in remark for remark in many.remarks)
    assert many.table.total.interval_r is not None


async def test_the_seed_decides_every_figure() -> None:
    first, again, other = await _report(seed=1), await _report(seed=1), await _report(seed=2)
    assert report_as_dict(first) == report_as_dict(again)
    assert not np.array_equal(first.random_r, other.random_r)
    assert first.walk.trades == other.walk.trades


async def test_json_is_plain_and_complete() -> None:
    report = await _report()
    content = json.loads(json.dumps(report_as_dict(report), allow_nan=False))
    assert len(content["trades"]) == report.table.total.trades
    assert len(content["equity"]["time"]) == len(content["equity"]["equity"]) == 400
    assert content["total"]["trades"] == report.table.total.trades
    assert content["unfiltered"]["total"]["name"] == "all"
    assert content["rules"]["costs"]["slippage_bps"] == 5.0
    trade = content["trades"][0]
    assert trade["entry_index"] > trade["known_at_index"]
    assert "unfiltered" not in report_as_dict(await _report(unfiltered=False))


async def test_the_page_needs_nothing_from_anywhere() -> None:
    text = page(await _report())
    assert "Content-Security-Policy" in text
    assert "default-src 'none'" in text
    assert not re.search(r"<(script|link|img)[^>]*\s(src|href)=", text)
    assert "M&lt;S&gt;FT" in text
    assert "M<S>FT<" not in text
    assert text.count("<script") >= 3
    assert "buy and hold" in text


async def test_the_page_is_written_whole(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("pages")
    written = write_page(folder / "new" / "report.html", await _report(60))
    assert [path.name for path in (folder / "new").iterdir()] == ["report.html"]
    assert written.read_text(encoding="utf-8").rstrip().endswith("</html>")


async def test_a_walk_without_a_trade_is_a_report_too() -> None:
    market = Market(walk_bars(1, 60), (pattern_of(500, 490, 600, 30, order=EntryOrder.STOP),))
    done = await walk([market], Desk().assess, RULES)
    report = make_report([market], done, RULES, np.random.default_rng(1), seed=1, draws=20, unfiltered=True)
    assert report.table.total.trades == 0
    assert report.strategy.return_pct == 0.0
    assert report.remarks[0].startswith("0 trades are too few")
    assert "None." in page(report)
    json.dumps(report_as_dict(report), allow_nan=False)
    assert "0 trades" in _printed(report)


async def test_the_table_shows_counts_and_warnings() -> None:
    text = _printed(await _report(60))
    for words in (
        "AAPL  1d  400 bars",
        "! ",
        "too few",
        "buy and hold",
        "SOS",
        "expectancy",
        "without the trade gates",
    ):
        assert words in text


def _printed(report: Report) -> str:
    out = io.StringIO()
    print_backtest(results_console(out), report)
    return out.getvalue()


def test_refusals_that_differ_in_numbers_only_are_one_kind() -> None:
    pattern = pattern_of(100, 95, 130, 1)
    reasons = ["reward over risk is 1.44; at least 2 is needed", "reward over risk is -0.2; at least 2 is needed", "no"]
    found = refusals([rejection_of("AAPL", pattern, reason) for reason in reasons])
    assert [(item.reason, item.count) for item in found] == [
        ("reward over risk is #; at least # is needed", 2),
        ("no", 1),
    ]
