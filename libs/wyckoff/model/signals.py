"""Results of the risk stage. Money, sizes and order prices are exact decimals; times are UTC milliseconds."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from wyckoff.model.kinds import Scale

if TYPE_CHECKING:
    from decimal import Decimal

    from wyckoff.model.evidence import Evidence
    from wyckoff.model.kinds import Direction, EntryOrder, PatternType, Phase


class ValidationStatus(StrEnum):
    PASS = "PASS"  # noqa: S105 - an outcome, not a secret
    WARN = "WARN"
    FAIL = "FAIL"


class SignalStatus(StrEnum):
    PENDING = "PENDING"
    APPROVED = "APPROVED"
    REJECTED = "REJECTED"
    FILLED = "FILLED"
    STOPPED = "STOPPED"
    TARGET_HIT = "TARGET_HIT"
    EXPIRED = "EXPIRED"
    PERSISTENCE_FAILED = "PERSISTENCE_FAILED"


class SizeUnit(StrEnum):
    SHARES = "SHARES"
    LOTS = "LOTS"
    CONTRACTS = "CONTRACTS"


class AssetClass(StrEnum):
    STOCK = "STOCK"
    FOREX = "FOREX"
    CRYPTO = "CRYPTO"


#: Version of the fields of signals and rejections.
SCHEMA_VERSION: Final = 1
#: Stage of a rejection that no validator gave: an internal error.
SYSTEM_STAGE: Final = "SYSTEM"


@dataclass(frozen=True, slots=True)
class ValidationResult:
    """One step of the chain. ``reason`` is never empty for WARN and FAIL."""

    stage: str
    status: ValidationStatus
    reason: str
    validator_id: str
    evidence: tuple[Evidence, ...]
    timestamp_ms: int


@dataclass(frozen=True, slots=True)
class ValidationChain:
    """The steps in order, up to and including the first FAIL; ``warnings`` as "stage: reason"."""

    results: tuple[ValidationResult, ...]
    overall_status: ValidationStatus
    rejection_stage: str = ""
    rejection_reason: str = ""
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TargetLevels:
    """Prices; ``secondary_targets`` nearest first, ``trailing_stop_offset`` is a distance."""

    primary_target: Decimal
    secondary_targets: tuple[Decimal, ...]
    trailing_stop_activation: Decimal
    trailing_stop_offset: Decimal


@dataclass(frozen=True, slots=True)
class ConfidenceComponents:
    """Each 0 to 100; ``overall`` is weighted and at most 95."""

    pattern: int
    phase: int
    volume: int
    overall: int


@dataclass(frozen=True, slots=True)
class TradeSignal:
    """A trade that the reading justifies.

    ``timestamp_ms`` is the open time of the ``known_at_index`` bar. ``created_at_ms`` and ``correlation_id`` are
    filled when the signal is stored; ``signal_id`` does not depend on them, nor on the size.
    """

    signal_id: str
    symbol: str
    asset_class: AssetClass
    pattern_id: str
    pattern_type: PatternType
    phase: Phase
    timeframe: str
    range_id: str
    direction: Direction
    bar_index: int
    known_at_index: int
    entry_price: Decimal
    entry_order: EntryOrder
    stop_loss: Decimal
    target_levels: TargetLevels
    position_size: Decimal
    position_size_unit: SizeUnit
    leverage: Decimal
    margin_requirement: Decimal
    notional_value: Decimal
    risk_amount: Decimal
    risk_pct: Decimal
    r_multiple: Decimal
    confidence_score: int
    confidence_components: ConfidenceComponents
    campaign_id: str
    validation_chain: ValidationChain
    rejection_reasons: tuple[str, ...]
    status: SignalStatus
    pattern_data: tuple[Evidence, ...]
    volume_analysis: tuple[Evidence, ...]
    priority: float
    timestamp_ms: int
    created_at_ms: int | None = None
    correlation_id: str = ""
    schema_version: int = SCHEMA_VERSION
    scale: Scale = Scale.INTERMEDIATE


@dataclass(frozen=True, slots=True)
class Rejection:
    """A pattern that does not justify a trade: ``threshold`` would have been enough, ``actual`` was measured."""

    rejection_id: str
    pattern_id: str
    pattern_type: PatternType
    symbol: str
    timeframe: str
    range_id: str
    bar_index: int
    known_at_index: int
    stage: str
    reason: str
    threshold: float | None
    actual: float | None
    near_miss: bool
    validation_chain: ValidationChain
    timestamp_ms: int
    campaign_id: str
    schema_version: int = SCHEMA_VERSION
    scale: Scale = Scale.INTERMEDIATE
