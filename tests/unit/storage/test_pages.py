from __future__ import annotations

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from hypothesis import given
from hypothesis import strategies as st

from wyckoff.rpc.errors import InvalidArgumentError
from wyckoff.wire.pages import decode_token, encode_token, page_size
from wyckoff.wire.times import ceil_ms, floor_ms


@given(st.lists(st.text(st.characters(exclude_characters="\x1f", exclude_categories=["Cs"])), min_size=2, max_size=3))
def test_a_token_gives_back_its_key(key: list[str]) -> None:
    assert decode_token(encode_token(*key), len(key)) == tuple(key)


@pytest.mark.parametrize("token", ["!", "Zm9v", "AAAAA", "/+//", "_w", encode_token("a", "b", "c"), "é"])
def test_other_text_is_no_token(token: str) -> None:
    with pytest.raises(InvalidArgumentError) as caught:
        decode_token(token, 2)
    assert [item.field for item in caught.value.violations] == ["page_token"]


def test_the_first_page_has_no_token() -> None:
    assert decode_token("", 2) is None


def test_page_sizes() -> None:
    assert [page_size(size, default=100, maximum=1000) for size in (0, 1, 1000, 5000)] == [100, 1, 1000, 1000]
    with pytest.raises(InvalidArgumentError, match="page_size"):
        page_size(-1, default=100, maximum=1000)


@pytest.mark.parametrize(
    ("seconds", "nanos", "floor", "ceil"),
    [(0, 0, 0, 0), (1, 1_000_000, 1001, 1001), (1, 1, 1000, 1001), (-1, 999_999_999, -1, 0), (-2, 0, -2000, -2000)],
)
def test_times_are_rounded_to_milliseconds(seconds: int, nanos: int, floor: int, ceil: int) -> None:
    time = Timestamp(seconds=seconds, nanos=nanos)
    assert floor_ms(time, "start_time") == floor
    assert ceil_ms(time, "start_time") == ceil


@pytest.mark.parametrize(
    ("seconds", "nanos"), [(253_402_300_800, 0), (-62_135_596_801, 0), (0, -1), (0, 1_000_000_000)]
)
def test_times_outside_the_calendar_are_refused(seconds: int, nanos: int) -> None:
    with pytest.raises(InvalidArgumentError, match="end_time: is no time"):
        ceil_ms(Timestamp(seconds=seconds, nanos=nanos), "end_time")
