"""What is kept to resume from."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from services.gateway.live.messages import Message
from services.gateway.live.ring import RecentMessages


def message(name: str, size: int = 10) -> Message:
    return Message("bar_ingested" if name else "gap", "x" * size, name)


@given(
    sizes=st.lists(st.integers(1, 40), min_size=1, max_size=60),
    max_messages=st.integers(1, 12),
    max_bytes=st.integers(1, 200),
    unnamed=st.sets(st.integers(0, 59)),
)
def test_the_newest_are_kept_within_count_and_bytes_and_each_can_be_resumed_behind(
    sizes: list[int], max_messages: int, max_bytes: int, unnamed: set[int]
) -> None:
    ring = RecentMessages(max_messages, max_bytes)
    told = [message("" if at in unnamed else f"e{at}", size) for at, size in enumerate(sizes)]
    for at, item in enumerate(told):
        ring.append(item)
        kept = ring.all()
        assert kept == told[at + 1 - len(kept) : at + 1]
        assert ring.size_bytes == sum(one.size_bytes for one in kept)
        assert len(kept) == 1 or (len(kept) <= max_messages and ring.size_bytes <= max_bytes)
        # nothing is let go without need
        if len(kept) <= at:
            older = told[at - len(kept)]
            assert len(kept) == max_messages or ring.size_bytes + older.size_bytes > max_bytes
        for place, one in enumerate(kept):
            if one.event_id:
                assert ring.of(one.event_id) is one
                assert ring.behind(one.event_id) == kept[place + 1 :]
    forgotten = [one.event_id for one in told if one not in ring.all()]
    assert all(ring.behind(event_id) is None and event_id not in ring for event_id in forgotten)
    assert ring.behind("") is None
