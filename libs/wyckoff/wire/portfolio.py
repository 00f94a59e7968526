"""Accounts, positions and campaigns on the wire."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from wyckoff.model.portfolio import (
    DEFAULT_ACCOUNT,
    UNKNOWN_SECTOR,
    Campaign,
    CampaignStatus,
    Classification,
    Portfolio,
    Position,
    PositionStatus,
)
from wyckoff.portfolio.v1 import portfolio_pb2
from wyckoff.rpc.errors import InvalidArgumentError
from wyckoff.wire.decimals import decimal_from_text, decimal_or, decimal_to_text, positive_from_text
from wyckoff.wire.enums import DIRECTION, PATTERN_TYPE, EnumCodec

if TYPE_CHECKING:
    from google.protobuf.timestamp_pb2 import Timestamp

POSITION_STATUS = EnumCodec(PositionStatus, portfolio_pb2.PositionStatus, "POSITION_STATUS_")
CAMPAIGN_STATUS = EnumCodec(CampaignStatus, portfolio_pb2.CampaignStatus, "CAMPAIGN_STATUS_")

MAX_POSITIONS = 10_000


def portfolio_from_proto(message: portfolio_pb2.Portfolio, path: str = "portfolio") -> Portfolio:
    """The account; raises InvalidArgumentError naming the field that cannot be.

    Equity may be 0 or less, because an account can be; an empty peak is the equity, an empty day result is 0.
    """
    for name, count in (("open_positions", len(message.open_positions)), ("campaigns", len(message.campaigns))):
        if count > MAX_POSITIONS:
            raise InvalidArgumentError.of(f"{path}.{name}", f"{count} entries; at most {MAX_POSITIONS} are accepted")
    equity = decimal_from_text(message.equity, f"{path}.equity")
    return Portfolio(
        account_id=message.account_id or DEFAULT_ACCOUNT,
        equity=equity,
        peak_equity=decimal_or(message.peak_equity, f"{path}.peak_equity", equity),
        day_pnl=decimal_or(message.day_pnl, f"{path}.day_pnl", Decimal(0)),
        open_positions=tuple(
            position_from_proto(item, f"{path}.open_positions[{index}]")
            for index, item in enumerate(message.open_positions)
        ),
        campaigns=tuple(
            campaign_from_proto(item, f"{path}.campaigns[{index}]") for index, item in enumerate(message.campaigns)
        ),
        classifications={symbol: classification_from_proto(item) for symbol, item in message.classifications.items()},
    )


def portfolio_to_proto(portfolio: Portfolio) -> portfolio_pb2.Portfolio:
    return portfolio_pb2.Portfolio(
        account_id=portfolio.account_id,
        equity=decimal_to_text(portfolio.equity),
        peak_equity=decimal_to_text(portfolio.peak_equity),
        day_pnl=decimal_to_text(portfolio.day_pnl),
        open_positions=[position_to_proto(item) for item in portfolio.open_positions],
        campaigns=[campaign_to_proto(item) for item in portfolio.campaigns],
        classifications={
            symbol: classification_to_proto(item) for symbol, item in sorted(portfolio.classifications.items())
        },
    )


def position_from_proto(message: portfolio_pb2.Position, path: str = "position") -> Position:
    """A position; an empty risk amount is worked out, an unsaid status is open."""
    size = positive_from_text(message.size, f"{path}.size")
    entry = positive_from_text(message.entry_price, f"{path}.entry_price")
    stop = positive_from_text(message.stop_loss, f"{path}.stop_loss")
    return Position(
        position_id=_text(message.position_id, f"{path}.position_id"),
        symbol=_text(message.symbol, f"{path}.symbol"),
        campaign_id=_text(message.campaign_id, f"{path}.campaign_id"),
        pattern_type=PATTERN_TYPE.value(message.pattern_type, f"{path}.pattern_type"),
        direction=DIRECTION.value(message.direction, f"{path}.direction"),
        size=size,
        entry_price=entry,
        stop_loss=stop,
        risk_amount=decimal_or(message.risk_amount, f"{path}.risk_amount", abs(entry - stop) * size),
        status=POSITION_STATUS.value(message.status, f"{path}.status") if message.status else PositionStatus.OPEN,
        open_time_ms=message.open_time.ToMilliseconds() if message.HasField("open_time") else None,
        close_time_ms=message.close_time.ToMilliseconds() if message.HasField("close_time") else None,
        exit_price=positive_from_text(message.exit_price, f"{path}.exit_price") if message.exit_price else None,
    )


def position_to_proto(position: Position) -> portfolio_pb2.Position:
    message = portfolio_pb2.Position(
        position_id=position.position_id,
        symbol=position.symbol,
        campaign_id=position.campaign_id,
        pattern_type=PATTERN_TYPE.number(position.pattern_type),
        direction=DIRECTION.number(position.direction),
        size=decimal_to_text(position.size),
        entry_price=decimal_to_text(position.entry_price),
        stop_loss=decimal_to_text(position.stop_loss),
        risk_amount=decimal_to_text(position.risk_amount),
        status=POSITION_STATUS.number(position.status),
        exit_price="" if position.exit_price is None else decimal_to_text(position.exit_price),
    )
    _set_time(message.open_time, position.open_time_ms)
    _set_time(message.close_time, position.close_time_ms)
    return message


def campaign_from_proto(message: portfolio_pb2.Campaign, path: str = "campaign") -> Campaign:
    return Campaign(
        campaign_id=_text(message.campaign_id, f"{path}.campaign_id"),
        symbol=_text(message.symbol, f"{path}.symbol"),
        status=CAMPAIGN_STATUS.value(message.status, f"{path}.status"),
        open_position_count=message.open_position_count,
        risk_pct=decimal_or(message.risk_pct, f"{path}.risk_pct", Decimal(0)),
        start_time_ms=message.start_time.ToMilliseconds() if message.HasField("start_time") else None,
        invalidated_time_ms=message.invalidated_time.ToMilliseconds() if message.HasField("invalidated_time") else None,
    )


def campaign_to_proto(campaign: Campaign) -> portfolio_pb2.Campaign:
    message = portfolio_pb2.Campaign(
        campaign_id=campaign.campaign_id,
        symbol=campaign.symbol,
        status=CAMPAIGN_STATUS.number(campaign.status),
        open_position_count=campaign.open_position_count,
        risk_pct=decimal_to_text(campaign.risk_pct),
    )
    _set_time(message.start_time, campaign.start_time_ms)
    _set_time(message.invalidated_time, campaign.invalidated_time_ms)
    return message


def classification_from_proto(message: portfolio_pb2.Classification) -> Classification:
    return Classification(message.sector or UNKNOWN_SECTOR, message.asset_class, message.geography)


def classification_to_proto(item: Classification) -> portfolio_pb2.Classification:
    return portfolio_pb2.Classification(sector=item.sector, asset_class=item.asset_class, geography=item.geography)


def _text(value: str, field: str) -> str:
    if not value:
        raise InvalidArgumentError.of(field, "is empty; an identifier is needed")
    return value


def _set_time(target: Timestamp, time_ms: int | None) -> None:
    if time_ms is not None:
        target.FromMilliseconds(time_ms)
