"""The one line of messages: what is told now to those who are there, and again to those who resume."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import structlog

from services.gateway.live.messages import GapReason, gap, heartbeat, hello
from services.gateway.live.ring import RecentMessages
from services.gateway.live.subscription import Subscription

if TYPE_CHECKING:
    from collections.abc import Callable

    from services.gateway.live.messages import Message
    from services.gateway.live.settings import LiveSettings
    from services.gateway.live.subscription import Ending, Wish

_LOGS: Final = 100

_log = structlog.get_logger("wyckoff.gateway.live")


@dataclass(slots=True)
class StreamCounts:
    """Since the start."""

    events: int = 0
    duplicates: int = 0
    gaps: int = 0
    dropped_clients: int = 0
    dropped_messages: int = 0


class EventStream:
    """Nothing here waits: placing a client between what is kept and what is new is one step, without a seam."""

    def __init__(self, settings: LiveSettings, fetch_older: Callable[[Subscription], None]) -> None:
        self._settings = settings
        # places a client that resumes behind an event that is older than what is kept here
        self._fetch_older = fetch_older
        self._recent = RecentMessages(settings.retained_messages, settings.retained_bytes)
        self._subscriptions: set[Subscription] = set()
        self._newest = ""
        # what the orchestrator had told last when the gateway first reached it; clients wait until that is read
        self._mark: str | None = None
        # the orchestrator's logs that were followed; the last is the one of now
        self._logs: deque[str] = deque(maxlen=_LOGS)
        self.is_caught_up = False
        self.is_following = False
        self.counts = StreamCounts()

    def __len__(self) -> int:
        return len(self._subscriptions)

    @property
    def newest_event_id(self) -> str:
        """The last event told; empty while it is not known."""
        return self._newest if self.is_caught_up else ""

    @property
    def retained(self) -> RecentMessages:
        return self._recent

    @property
    def waiting(self) -> int:
        """Messages that wait for clients."""
        return sum(subscription.waiting for subscription in tuple(self._subscriptions))

    def join(self, wish: Wish) -> Subscription:
        """A client from now on, or from behind the event that it names."""
        subscription = Subscription(
            wish,
            max_messages=self._settings.max_waiting_messages,
            max_bytes=self._settings.max_waiting_bytes,
        )
        self._subscriptions.add(subscription)
        if self.is_caught_up:
            self._place(subscription)
        return subscription

    def leave(self, subscription: Subscription) -> None:
        """A client that is gone."""
        self._subscriptions.discard(subscription)
        if subscription.lost:
            self.counts.dropped_clients += 1
            self.counts.dropped_messages += subscription.lost

    def reached(self, newest_event_id: str, log_id: str) -> None:
        """The orchestrator answers; ``newest_event_id`` is the last that it keeps, empty when it keeps none."""
        self.is_following = True
        if log_id not in self._logs:
            self._logs.append(log_id)
        if not self.is_caught_up:
            self._mark = newest_event_id
            self._look_whether_caught_up()

    def tell(self, message: Message) -> None:
        """An event, to everybody who wants it; once, however often it comes."""
        if message.event_id in self._recent:
            self.counts.duplicates += 1
        else:
            self.counts.events += 1
            self._newest = message.event_id
            self._publish(message)
        self._look_whether_caught_up()

    def tell_gap(self, reason: GapReason, text: str, lost_count: int | None = None) -> None:
        """Events before the next one may be missing."""
        self.counts.gaps += 1
        _log.warning("live_events_missing", reason=reason.value, lost_count=lost_count)
        self._publish(gap(reason, text, lost_count=lost_count))
        if self._mark is not None:
            # what was to be read may be among the lost
            self._catch_up()

    def beat(self) -> None:
        """A heartbeat to every client that nothing waits for."""
        message = heartbeat(last_event_id=self.newest_event_id, following=self.is_following)
        unplaced = heartbeat(last_event_id="", following=self.is_following)
        for subscription in tuple(self._subscriptions):
            if not subscription.waiting:
                subscription.offer(message if subscription.is_placed else unplaced)

    def place_behind(self, subscription: Subscription, older: list[Message], first_kept_id: str) -> None:
        """A client that resumes: ``older`` messages, then what is kept from the event ``first_kept_id`` on."""
        kept = self._recent.behind(first_kept_id) or []
        self._begin(subscription, subscription.wish.after, [*older, self._recent.of(first_kept_id), *kept])

    def place_anyway(self, subscription: Subscription) -> None:
        """A client whose event is nowhere kept, if it has not come meanwhile: it is told so, and gets all that is."""
        past = self._recent.behind(subscription.wish.after)
        if past is not None and not self._is_of_another_log(subscription.wish):
            self._begin(subscription, subscription.wish.after, past)
            return
        text = f"event {subscription.wish.after} is not kept; what follows is everything that is"
        self.counts.gaps += 1
        self._begin(subscription, "", [gap(GapReason.NOT_KEPT, text), *self._recent.all()])

    def end_all(self, ending: Ending) -> None:
        """Let every client go."""
        for subscription in tuple(self._subscriptions):
            subscription.end(ending)

    def _publish(self, message: Message) -> None:
        self._recent.append(message)
        for subscription in tuple(self._subscriptions):
            if subscription.is_placed:
                subscription.offer(message)

    def _place(self, subscription: Subscription) -> None:
        after = subscription.wish.after
        past = self._recent.behind(after) if after else []
        if after and self._is_of_another_log(subscription.wish):
            self.place_anyway(subscription)
        elif past is not None:
            self._begin(subscription, after or self._newest, past)
        elif len(self._recent):
            self._fetch_older(subscription)
        else:
            self.place_anyway(subscription)

    def _begin(self, subscription: Subscription, last_event_id: str, past: list[Message]) -> None:
        first = hello(
            last_event_id=last_event_id,
            log_id=self._logs[-1] if self._logs else "",
            following=self.is_following,
            heartbeat_interval_s=self._settings.heartbeat_interval_s,
        )
        subscription.place([first, *past])

    def _is_of_another_log(self, wish: Wish) -> bool:
        return bool(wish.log) and wish.log not in self._logs

    def _look_whether_caught_up(self) -> None:
        if self._mark is not None and (not self._mark or self._mark in self._recent):
            self._catch_up()

    def _catch_up(self) -> None:
        self._mark = None
        self.is_caught_up = True
        for subscription in tuple(self._subscriptions):
            if not subscription.is_placed:
                self._place(subscription)
