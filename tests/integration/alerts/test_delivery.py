"""Alerts on their way to a real receiver: signatures, failures, pauses, restarts; no test waits for a pause."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest

from services.alerts.delivery import Delivery
from services.alerts.intake import Intake
from services.alerts.rules import AlertKind, Rule
from services.alerts.signing import secret_bytes, signed_headers
from services.alerts.webhook import WebhookChannel
from tests.support.alerts import NEW_SECRET, SECRET, Clock, Events, settings, webhook
from tests.support.receiver import Answer, Receiver, receiving
from wyckoff.client import FollowedEvent

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from services.alerts.channels import Sent
    from services.alerts.message import Alert
    from wyckoff.storage.database import Database

FIRST, LONGEST, PAUSE_AFTER, PAUSE, GIVE_UP = 2.0, 60.0, 900.0, 3_600.0, 86_400.0


class Sender:
    """Events in, requests out. Jitter is left out: pauses are the longest ones."""

    def __init__(self, intake: Intake, delivery: Delivery) -> None:
        self.intake = intake
        self.delivery = delivery

    async def tell(self, *events: Any) -> None:
        await self.intake.take([FollowedEvent(event) for event in events])


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as opened:
        yield opened


@asynccontextmanager
async def sending(
    receiver: Receiver, database: Database, clock: Clock, folder: Path, *, timeout_s: float = 10.0, **changes: Any
) -> AsyncIterator[Sender]:
    target = webhook(url=receiver.url, secrets=(NEW_SECRET, SECRET))
    chosen = settings(
        folder,
        target,
        webhook("other"),
        first_pause_s=FIRST,
        max_pause_s=LONGEST,
        pause_after_s=PAUSE_AFTER,
        pause_s=PAUSE,
        give_up_after_s=GIVE_UP,
        **changes,
    )
    intake = Intake(database, chosen, clock, lambda _: None)
    channel = WebhookChannel(receiver.url, target.keys, timeout_s)
    delivery = Delivery("desk", channel, database, chosen, clock, lambda: 1.0, intake.report_paused)
    try:
        yield Sender(intake, delivery)
    finally:
        await delivery.close()


@pytest.fixture
async def sender(receiver: Receiver, database: Database, clock: Clock, tmp_path: Path) -> AsyncIterator[Sender]:
    async with sending(receiver, database, clock, tmp_path) as opened:
        yield opened


async def test_each_alert_is_posted_once_in_order_and_signed_with_both_keys(
    sender: Sender, receiver: Receiver, clock: Clock, events: Events
) -> None:
    await sender.tell(*(events.signal(number) for number in range(5)))
    assert await sender.delivery.send_due() is None
    assert await sender.delivery.send_due() is None
    documents = [json.loads(post.body) for post in receiver.posts]
    assert [document["data"]["signal"]["signal_id"] for document in documents] == [f"s{number}" for number in range(5)]
    assert documents[0] | {"data": None} == {
        "type": "signal_generated",
        "timestamp": "2026-01-09T12:00:00.000Z",
        "id": events.signal(0).event_id,
        "symbol": "ACME",
        "timeframe": "1d",
        "correlation_id": "",
        "text": "ACME 1d: SPRING long, entry 10.25, stop 9.80, target 12.50, size 100, confidence 85",
        "changes_count": 1,
        "data": None,
    }
    post = receiver.posts[0]
    keys = [secret_bytes(NEW_SECRET), secret_bytes(SECRET)]
    expected = signed_headers(post.headers["webhook-id"], clock() // 1_000, post.body, keys)
    assert expected.items() <= post.headers.items()
    assert post.headers["content-type"] == "application/json"
    assert len({item.headers["webhook-id"] for item in receiver.posts}) == 5


async def test_failures_are_tried_again_with_the_same_id_after_growing_pauses(
    sender: Sender, receiver: Receiver, clock: Clock, events: Events
) -> None:
    receiver.answers = [Answer(500), Answer(503), Answer(302, {"location": "http://127.0.0.1:1/"}), Answer(200)]
    await sender.tell(events.signal(1), events.signal(2))
    pauses = []
    while (wait_s := await sender.delivery.send_due()) is not None:
        pauses.append(wait_s)
        # nothing is sent before its time
        clock.advance(wait_s / 2)
        assert await sender.delivery.send_due() == wait_s / 2
        clock.advance(wait_s / 2)
    assert pauses == [2, 4, 8]
    ids = [post.headers["webhook-id"] for post in receiver.posts]
    assert len(ids) == 5
    assert len(set(ids[:4])) == 1
    assert ids[4] != ids[0]
    assert all(post.path == "/hooks" for post in receiver.posts)
    assert receiver.posts[0].headers["webhook-timestamp"] != receiver.posts[3].headers["webhook-timestamp"]
    assert sender.delivery.health.delivered == 2
    assert sender.delivery.health.failures == 0


@pytest.mark.parametrize(
    ("retry_after", "wait_s"),
    [("120", 120), ("Fri, 09 Jan 2026 12:05:00 GMT", 300), ("soon", 2), ("999999999", 3_600), ("0", 2)],
)
async def test_the_receiver_may_say_when_to_come_again(
    sender: Sender, receiver: Receiver, events: Events, retry_after: str, wait_s: float
) -> None:
    receiver.answers = [Answer(429, {"retry-after": retry_after})]
    await sender.tell(events.signal(1))
    assert await sender.delivery.send_due() == wait_s


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422])
async def test_what_is_refused_for_good_is_not_tried_again(
    sender: Sender, receiver: Receiver, events: Events, status: int
) -> None:
    receiver.answers = [Answer(status)]
    await sender.tell(events.signal(1), events.signal(2))
    assert await sender.delivery.send_due() is None
    assert len(receiver.posts) == 2
    health = sender.delivery.health
    assert (health.delivered, health.lost, health.failures) == (1, 1, 0)


async def test_a_receiver_that_is_gone_gets_nothing_more(sender: Sender, receiver: Receiver, events: Events) -> None:
    receiver.answers = [Answer(410)]
    await sender.tell(events.signal(1), events.signal(2))
    assert await sender.delivery.send_due() is None
    await sender.tell(events.signal(3))
    assert await sender.delivery.send_due() is None
    assert len(receiver.posts) == 1
    assert sender.delivery.health.is_gone
    assert sender.delivery.health.lost == 3
    assert await sender.delivery.waiting_count() == 0


async def test_a_receiver_that_does_not_answer_or_listen_is_a_failure(
    receiver: Receiver, database: Database, clock: Clock, events: Events, tmp_path: Path
) -> None:
    late = asyncio.Event()
    receiver.answers = [Answer(wait_for=late)]
    async with sending(receiver, database, clock, tmp_path, timeout_s=0.05) as sender:
        await sender.tell(events.signal(1))
        assert await sender.delivery.send_due() == FIRST
        assert sender.delivery.health.last_error == "no answer within 0.05 s"
        late.set()
    nobody = Receiver()
    nobody.url = "http://127.0.0.1:1/secret-path"
    async with sending(nobody, database, clock, tmp_path) as sender:
        assert await sender.delivery.send_due() == FIRST
        assert sender.delivery.health.last_error == "no connection: ConnectError"


class Faulty:
    """A channel with a fault of its own, once."""

    def __init__(self, inner: WebhookChannel) -> None:
        self._inner = inner
        self._failed = False

    async def send(self, alert: Alert, now_ms: int) -> Sent:
        if not self._failed:
            self._failed = True
            raise ZeroDivisionError("https://example.org/hidden")
        return await self._inner.send(alert, now_ms)

    async def close(self) -> None:
        await self._inner.close()


async def test_a_fault_of_a_channel_is_a_failure_that_is_tried_again(
    receiver: Receiver, database: Database, clock: Clock, events: Events, tmp_path: Path
) -> None:
    async with sending(receiver, database, clock, tmp_path) as sender:
        await sender.tell(events.signal(1))
        channel = Faulty(WebhookChannel(receiver.url, [secret_bytes(SECRET)], 10))
        chosen = settings(tmp_path, first_pause_s=FIRST)
        delivery = Delivery("desk", channel, database, chosen, clock, lambda: 1.0, sender.intake.report_paused)
        assert await delivery.send_due() == FIRST
        assert delivery.health.last_error == "fault of the channel: ZeroDivisionError"
        clock.advance(FIRST)
        assert await delivery.send_due() is None
        assert len(receiver.posts) == 1
        await delivery.close()


async def test_a_target_that_fails_for_long_is_paused_and_others_are_told(
    receiver: Receiver, database: Database, clock: Clock, events: Events, tmp_path: Path
) -> None:
    rules = (
        Rule(targets=("desk",)),
        Rule(targets=("desk", "other"), kinds=(AlertKind.TARGET_PAUSED,)),
    )
    receiver.answers = [Answer(500)] * 100
    async with sending(receiver, database, clock, tmp_path, rules=rules) as sender:
        await sender.tell(events.signal(1))
        health = sender.delivery.health
        waits = []
        while not health.is_paused:
            waits.append(await sender.delivery.send_due() or 0.0)
            clock.advance(waits[-1])
        assert sum(waits[:-1]) >= PAUSE_AFTER > sum(waits[:-2])
        assert waits[-1] == PAUSE
        assert max(waits[:-1]) == LONGEST
        attempts = len(receiver.posts)

        # one attempt after the pause, and nobody is told again
        assert await sender.delivery.send_due() == PAUSE
        assert len(receiver.posts) == attempts + 1
        receiver.answers = []
        clock.advance(PAUSE)
        assert await sender.delivery.send_due() is None
        assert sender.delivery.health.failures == 0

        other = Delivery(
            "other",
            WebhookChannel(receiver.url, [secret_bytes(SECRET)], 10),
            database,
            settings(tmp_path),
            clock,
            lambda: 1.0,
            sender.intake.report_paused,
        )
        assert await other.send_due() is None
        document = json.loads(receiver.posts[-1].body)
        await other.close()
    assert document["type"] == "target_paused"
    assert document["data"]["target"] == "desk"
    assert document["data"]["error"] == "answered 500"


async def test_an_alert_that_cannot_be_sent_for_a_day_is_given_up(
    sender: Sender, receiver: Receiver, clock: Clock, events: Events
) -> None:
    receiver.answers = [Answer(500)]
    await sender.tell(events.signal(1))
    await sender.delivery.send_due()
    clock.advance(GIVE_UP)
    await sender.tell(events.signal(2))
    clock.advance(1)
    assert await sender.delivery.send_due() is None
    assert len(receiver.posts) == 2
    assert (sender.delivery.health.lost, sender.delivery.health.delivered) == (1, 1)


async def test_who_dies_between_sending_and_recording_sends_again_under_the_same_id(
    receiver: Receiver, database: Database, clock: Clock, events: Events, tmp_path: Path
) -> None:
    answered = asyncio.Event()
    receiver.answers = [Answer(wait_for=answered)]
    async with sending(receiver, database, clock, tmp_path) as first:
        await first.tell(events.signal(1))
        dying = asyncio.create_task(first.delivery.send_due())
        # the receiver has it, and nobody knows
        await receiver.wait_for_posts(1)
        dying.cancel()
        await asyncio.gather(dying, return_exceptions=True)
        answered.set()
    async with sending(receiver, database, clock, tmp_path) as second:
        assert await second.delivery.send_due() is None
        assert await second.delivery.send_due() is None
    ids = [post.headers["webhook-id"] for post in receiver.posts]
    assert len(ids) == 2
    assert ids[0] == ids[1]
    assert receiver.posts[0].body == receiver.posts[1].body
