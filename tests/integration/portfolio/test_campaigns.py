from __future__ import annotations

from typing import TYPE_CHECKING

from tests.integration.portfolio.calls import campaigns, close_position, get, open_position, order, refusal
from tests.integration.portfolio.serving import DAY_MS, Clock
from wyckoff.common.v1 import common_pb2
from wyckoff.portfolio.v1 import portfolio_pb2
from wyckoff.rpc.errors import FailedPreconditionError, InvalidArgumentError, NotFoundError

if TYPE_CHECKING:
    from wyckoff.portfolio.v1.portfolio_pb2_grpc import PortfolioServiceAsyncStub

ACTIVE = portfolio_pb2.CAMPAIGN_STATUS_ACTIVE
MARKUP = portfolio_pb2.CAMPAIGN_STATUS_MARKUP
COMPLETED = portfolio_pb2.CAMPAIGN_STATUS_COMPLETED
INVALIDATED = portfolio_pb2.CAMPAIGN_STATUS_INVALIDATED


async def only(client: PortfolioServiceAsyncStub) -> portfolio_pb2.Campaign:
    (campaign,) = (await campaigns(client)).campaigns
    return campaign


async def test_the_life_of_a_campaign(client: PortfolioServiceAsyncStub, clock: Clock) -> None:
    began_ms = clock.now_ms
    await open_position(client, order(1))
    campaign = await only(client)
    assert (campaign.campaign_id, campaign.symbol) == ("AAPL-2010-02-01", "AAPL")
    assert (campaign.status, campaign.open_position_count, campaign.risk_pct) == (ACTIVE, 1, "0.2")
    assert campaign.start_time.ToMilliseconds() == began_ms

    clock.now_ms += DAY_MS
    await open_position(client, order(2, pattern_type=common_pb2.PATTERN_TYPE_SOS, size="50"))
    campaign = await only(client)
    assert (campaign.status, campaign.open_position_count, campaign.risk_pct) == (MARKUP, 2, "0.3")
    assert campaign.start_time.ToMilliseconds() == began_ms

    await close_position(client, 1, "48")
    assert (await only(client)).status == MARKUP
    await close_position(client, 2, "60")
    campaign = await only(client)
    assert (campaign.status, campaign.open_position_count, campaign.risk_pct) == (COMPLETED, 0, "0")
    assert not (await get(client)).campaigns

    await open_position(client, order(3, pattern_type=common_pb2.PATTERN_TYPE_LPS))
    assert (await only(client)).status == MARKUP


async def test_a_structure_that_failed_ends_its_campaign(client: PortfolioServiceAsyncStub, clock: Clock) -> None:
    await open_position(client, order(1))
    await open_position(client, order(2))
    await close_position(client, 1, "48", invalidates=True)
    campaign = await only(client)
    assert (campaign.status, campaign.open_position_count) == (INVALIDATED, 1)
    assert campaign.invalidated_time.ToMilliseconds() == clock.now_ms

    error = await refusal(open_position(client, order(3)))
    assert isinstance(error, FailedPreconditionError)
    assert error.reason == "CAMPAIGN_INVALIDATED"
    invalidated_ms = clock.now_ms
    clock.now_ms += DAY_MS
    await close_position(client, 2, "48")
    campaign = await only(client)
    assert (campaign.status, campaign.open_position_count) == (INVALIDATED, 0)
    assert campaign.invalidated_time.ToMilliseconds() == invalidated_ms
    assert list((await get(client)).campaigns) == [campaign]

    clock.now_ms += 91 * DAY_MS
    assert not (await get(client)).campaigns
    assert (await only(client)).status == INVALIDATED


async def test_the_failure_may_be_said_after_the_close(client: PortfolioServiceAsyncStub) -> None:
    await open_position(client, order(1))
    closed = await close_position(client, 1, "48")
    assert (await only(client)).status == COMPLETED
    assert await close_position(client, 1, "48", invalidates=True) == closed
    campaign = await only(client)
    assert campaign.status == INVALIDATED
    assert campaign.invalidated_time == closed.close_time


async def test_a_campaign_is_of_one_symbol(client: PortfolioServiceAsyncStub) -> None:
    await open_position(client, order(1))
    error = await refusal(open_position(client, order(2, symbol="IBM")))
    assert isinstance(error, FailedPreconditionError)
    assert "is of AAPL, the position of IBM" in error.message
    assert len((await get(client)).open_positions) == 1


async def test_campaigns_are_listed_newest_first_in_pages(client: PortfolioServiceAsyncStub, clock: Clock) -> None:
    # two begin in the same millisecond, so that the id must order them
    for number in range(1, 8):
        await open_position(client, order(number, symbol=f"S{number}", campaign_id=f"S{number}-2010-02-01"))
        clock.now_ms += 1_000 * (number % 2)
    seen: list[str] = []
    sizes = []
    token = ""
    while True:
        page = await campaigns(client, page_size=3, page_token=token)
        seen += [item.symbol for item in page.campaigns]
        sizes.append(len(page.campaigns))
        token = page.next_page_token
        if not token:
            break
    assert sizes == [3, 3, 1]
    assert seen == [f"S{number}" for number in range(7, 0, -1)]


async def test_campaigns_are_listed_by_state(client: PortfolioServiceAsyncStub) -> None:
    for number in range(1, 4):
        await open_position(client, order(number, symbol=f"S{number}", campaign_id=f"S{number}-2010-02-01"))
    await close_position(client, 1, "51")
    await close_position(client, 2, "48", invalidates=True)

    async def listed(*statuses: portfolio_pb2.CampaignStatus.ValueType) -> list[str]:
        return [item.symbol for item in (await campaigns(client, statuses=statuses)).campaigns]

    assert await listed(ACTIVE) == ["S3"]
    assert await listed(COMPLETED, INVALIDATED) == ["S2", "S1"]
    assert [item.symbol for item in (await get(client)).campaigns] == ["S3", "S2"]


async def test_bad_questions_are_refused(client: PortfolioServiceAsyncStub) -> None:
    for fields, field in (
        ({"statuses": [ACTIVE, 0]}, "statuses[1]"),
        ({"page_size": -1}, "page_size"),
        ({"page_token": "rubbish"}, "page_token"),
    ):
        error = await refusal(campaigns(client, **fields))
        assert isinstance(error, InvalidArgumentError)
        assert error.violations[0].field == field
    assert isinstance(await refusal(campaigns(client, account_id="nobody")), NotFoundError)
