"""An evaluation as JSON values; rates have three decimals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wyckoff.evaluation.lag import Lag
    from wyckoff.evaluation.reliability import Reliability
    from wyckoff.evaluation.scores import Counts
    from wyckoff.evaluation.summary import Evaluation, NullScore

_DECIMALS = 3


def as_json(evaluation: Evaluation) -> dict[str, Any]:
    """Every figure of the evaluation; the macro average is that of the rates as they are printed."""
    events = {kind.value: _counts(evaluation.events[kind]) for kind in sorted(evaluation.events)}
    total, nulls = evaluation.total, evaluation.null_total
    return {
        "cases": evaluation.cases,
        "events": events,
        "micro_f1": _rounded(total.f1),
        "macro_f1": macro_f1(evaluation),
        "micro_precision": _rounded(total.precision),
        "micro_recall": _rounded(total.recall),
        "families": {name: _counts(counts) for name, counts in evaluation.families.items()},
        "f1_by_family": {name: _rounded(counts.f1) for name, counts in evaluation.families.items()},
        "lag_bars": {kind.value: _lag(evaluation.lags[kind]) for kind in sorted(evaluation.lags)},
        "scales": {
            name: {"right": counts.hits, "wrong": counts.false_alarms, "precision": _rounded(counts.precision)}
            | ({"lag_bars": _lag(evaluation.scale_lags[name])} if name in evaluation.scale_lags else {})
            for name, counts in evaluation.scales.items()
        },
        "range_recall_iou50": _rounded(evaluation.main_ranges.recall),
        "range_levels_within_15pct": _rounded(evaluation.main_ranges.level_share),
        "all_ranges": {
            "labels": evaluation.ranges.labelled,
            "recall_iou50": _rounded(evaluation.ranges.recall),
            "levels_within_15pct": _rounded(evaluation.ranges.level_share),
        },
        "false_patterns_per_1000_null_bars": _per_thousand(nulls),
        "null_bars": nulls.bars,
        "null_families": {
            name: {"bars": item.bars, "false_patterns": item.patterns, "per_1000_bars": _per_thousand(item)}
            for name, item in evaluation.nulls.items()
        },
        "null_scales": {name: _per_thousand(item) for name, item in evaluation.null_scales.items()},
        "reliability": {
            "events": _reliability(evaluation.event_reliability),
            "patterns": _reliability(evaluation.pattern_reliability),
        },
        "rewrites": {
            "prefixes": evaluation.prefixes,
            "items_compared": evaluation.items_compared,
            "count": len(evaluation.rewrites),
            "items": [
                {"case": case, "kind": item.kind, "key": item.key, "last_index": item.last_index, "change": item.change}
                for case, item in evaluation.rewrites
            ],
        },
        "cases_without_result": len(evaluation.failures),
        "failures": [{"case": case, "error": error} for case, error in evaluation.failures],
    }


def macro_f1(evaluation: Evaluation) -> float:
    """Mean F1 of the event types, each rounded before."""
    rates = [_rounded(counts.f1) for counts in evaluation.events.values()]
    return _rounded(sum(rates) / max(1, len(rates)))


def _rounded(value: float) -> float:
    return round(value, _DECIMALS)


def _per_thousand(item: NullScore) -> float:
    return round(item.per_thousand_bars, 2)


def _counts(counts: Counts) -> dict[str, Any]:
    return {
        "precision": _rounded(counts.precision),
        "recall": _rounded(counts.recall),
        "f1": _rounded(counts.f1),
        "labels": counts.labels,
        "false_alarms": counts.false_alarms,
    }


def _lag(lag: Lag) -> dict[str, Any]:
    return {"median": lag.median_bars, "p90": round(lag.p90_bars, 1), "count": lag.count}


def _reliability(item: Reliability) -> dict[str, Any]:
    return {
        "count": item.count,
        "right": item.right,
        "brier": None if item.brier is None else _rounded(item.brier),
        "calibration_error": None if item.calibration_error is None else _rounded(item.calibration_error),
        "bins": [
            {
                "from": part.low,
                "to": part.high,
                "count": part.count,
                "mean_confidence": round(part.mean_confidence, 1),
                "right_share": _rounded(part.right_share),
                "interval": [_rounded(edge) for edge in part.interval],
            }
            for part in item.bins
        ],
    }
