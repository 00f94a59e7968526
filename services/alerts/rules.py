"""Which events are told to whom."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field, field_validator

from wyckoff.market.timeframes import timeframe_ms

if TYPE_CHECKING:
    from collections.abc import Iterable

    from services.alerts.facts import Fact


class AlertKind(StrEnum):
    """What can be told: kinds of events in lower case, and what this service says of itself."""

    SIGNAL_GENERATED = "signal_generated"
    SIGNAL_REJECTED = "signal_rejected"
    RANGE_DETECTED = "range_detected"
    PHASE_DETECTED = "phase_detected"
    PATTERN_DETECTED = "pattern_detected"
    DETECTOR_FAILED = "detector_failed"
    BREAKER_CHANGED = "breaker_changed"
    TARGET_PAUSED = "target_paused"


class Rule(BaseModel):
    """Events that fit all of it go to all of its targets."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    targets: tuple[str, ...] = Field(min_length=1)
    """Names of targets."""

    kinds: tuple[AlertKind, ...] = Field(default=(AlertKind.SIGNAL_GENERATED,), min_length=1)
    """Kinds of events."""

    symbols: tuple[str, ...] = ()
    """Only these symbols; all when empty. Events that concern no symbol always fit."""

    timeframes: tuple[str, ...] = ()
    """Only these bar lengths; all when empty."""

    min_confidence: int = Field(default=0, ge=0, le=100)
    """Least confidence of signals, phases and patterns, points."""

    near_misses_only: bool = True
    """Of rejections only those within 10 % of the threshold."""

    @field_validator("timeframes")
    @classmethod
    def _are_bar_lengths(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for timeframe in value:
            timeframe_ms(timeframe)
        return value

    def wants(self, fact: Fact) -> bool:
        """Whether the event fits."""
        return (
            fact.kind in self.kinds
            and (not self.symbols or not fact.symbol or fact.symbol in self.symbols)
            and (not self.timeframes or not fact.timeframe or fact.timeframe in self.timeframes)
            and (fact.confidence is None or fact.confidence >= self.min_confidence)
            and (not self.near_misses_only or fact.near_miss is not False)
        )


def targets_of(fact: Fact, rules: Iterable[Rule]) -> list[str]:
    """The targets of all rules that the event fits, each once, in their order."""
    return list(dict.fromkeys(name for rule in rules if rule.wants(fact) for name in rule.targets))
