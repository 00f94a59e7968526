"""The report for programs: one JSON object, lower-case names, times in ISO 8601 UTC."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wyckoff.backtest.report import Report
    from wyckoff.backtest.ticket import Fate, Trade


def report_as_dict(report: Report) -> dict[str, Any]:
    """Plain values only; what cannot be said is null."""
    walk = report.walk
    content: dict[str, Any] = {
        "timeframe": report.timeframe,
        "symbols": [
            {
                "symbol": span.symbol,
                "bars": span.bars,
                "first": _time(span.first_ms),
                "last": _time(span.last_ms),
                "patterns": span.patterns,
                "hold_return_pct": span.hold_return_pct,
            }
            for span in report.spans
        ],
        "rules": asdict(report.rules),
        "seed": report.seed,
        "draws": report.draws,
        "remarks": list(report.remarks),
        "account": asdict(report.strategy) | {"final_equity": float(walk.curve.equity[-1])},
        "buy_and_hold": {
            "return_pct": report.hold.return_pct,
            "max_drawdown_pct": report.hold.max_drawdown_pct,
            "final_equity": float(report.hold_curve.equity[-1]),
        },
        "signals": len(walk.signals),
        "rejections": len(walk.rejections),
        "withdrawn_when_known": walk.withdrawn_when_known,
        "refusals": [asdict(item) for item in report.refusals],
        "orders": _fates(walk.fates),
        "by_pattern": [asdict(group) for group in report.table.by_type],
        "by_scale": [asdict(group) for group in report.table.by_scale],
        "total": asdict(report.table.total),
        "trades": [_trade(trade) for trade in walk.trades],
        "equity": {
            "time": [_time(int(time_ms)) for time_ms in walk.curve.time_ms],
            "equity": walk.curve.equity.tolist(),
            "buy_and_hold": report.hold_curve.equity.tolist(),
            "exposure": report.exposure.tolist(),
        },
    }
    if report.unfiltered is not None:
        content["unfiltered"] = {
            "by_pattern": [asdict(group) for group in report.unfiltered.table.by_type],
            "by_scale": [asdict(group) for group in report.unfiltered.table.by_scale],
            "total": asdict(report.unfiltered.table.total),
            "orders": _fates(report.unfiltered.fates),
            "out_of_order": report.unfiltered.out_of_order,
            "trades": [_trade(trade) for trade in report.unfiltered.trades],
        }
    return content


def _fates(fates: Mapping[Fate, int]) -> dict[str, int]:
    return {fate.value.lower(): count for fate, count in sorted(fates.items())}


def _trade(trade: Trade) -> dict[str, Any]:
    plan = trade.plan
    return {
        "symbol": plan.symbol,
        "pattern_id": plan.pattern_id,
        "pattern_type": plan.pattern_type.value,
        "scale": plan.scale.value,
        "direction": plan.direction.value,
        "campaign_id": plan.campaign_id,
        "known_at_index": plan.known_at_index,
        "entry_order": plan.entry_order.value,
        "planned_entry": plan.entry,
        "stop": plan.stop,
        "target": plan.target,
        "size": plan.size,
        "risk_amount": plan.risk_amount,
        "entry_index": trade.entry_index,
        "entry_time": _time(trade.entry_time_ms),
        "entry_price": trade.entry_price,
        "exit_index": trade.exit_index,
        "exit_time": _time(trade.exit_time_ms),
        "exit_price": trade.exit_price,
        "exit_reason": trade.reason.name,
        "commission": trade.commission,
        "pnl": trade.pnl,
        "r": trade.r,
    }


def _time(time_ms: int) -> str:
    return datetime.fromtimestamp(time_ms / 1000, tz=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
