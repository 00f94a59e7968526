"""What an account refuses, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.portfolio.positions import differing_fields
from wyckoff.model.portfolio import CampaignStatus
from wyckoff.rpc.errors import AlreadyExistsError, FailedPreconditionError, NotFoundError

if TYPE_CHECKING:
    from services.portfolio.campaigns import CampaignRecord
    from wyckoff.model.portfolio import Position


def check_may_join(record: CampaignRecord, position: Position) -> None:
    """Raise FailedPreconditionError when the campaign cannot take the position."""
    if record.status is CampaignStatus.INVALIDATED:
        raise FailedPreconditionError(
            f"campaign {record.campaign_id} is invalidated: its structure failed; enter a new range instead",
            reason="CAMPAIGN_INVALIDATED",
            metadata={"campaign_id": record.campaign_id},
        )
    if record.symbol != position.symbol:
        raise FailedPreconditionError(
            f"campaign {record.campaign_id} is of {record.symbol}, the position of {position.symbol}",
            reason="CAMPAIGN_OF_ANOTHER_SYMBOL",
            metadata={"campaign_id": record.campaign_id},
        )


def same_order(stored: Position, sent: Position) -> Position:
    """The stored position; raises AlreadyExistsError when it is another order than the sent one."""
    different = differing_fields(stored, sent)
    if different:
        raise AlreadyExistsError(
            f"position {stored.position_id} is stored with another {', '.join(different)}; give a new position_id",
            reason="POSITION_EXISTS",
            metadata={"position_id": stored.position_id},
        )
    return stored


def unknown_account(account_id: str) -> NotFoundError:
    return NotFoundError(
        f"there is no account {account_id}; UpdateAccount with an equity opens one",
        reason="ACCOUNT_UNKNOWN",
        metadata={"account_id": account_id},
    )


def unknown_position(account_id: str, position_id: str) -> NotFoundError:
    return NotFoundError(
        f"account {account_id} has no position {position_id}; OpenPosition opens one",
        reason="POSITION_UNKNOWN",
        metadata={"account_id": account_id, "position_id": position_id},
    )


def closed_otherwise(position: Position) -> FailedPreconditionError:
    return FailedPreconditionError(
        f"position {position.position_id} was closed already, at {position.exit_price}",
        reason="POSITION_CLOSED",
        metadata={"position_id": position.position_id},
    )
