"""Requests for lists of signals and rejections, checked."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from orchestrator.storage.kept import Kept, Key, M, RejectionFilter, SignalFilter
from wyckoff.rpc.errors import InvalidArgumentError
from wyckoff.wire.enums import PATTERN_TYPE
from wyckoff.wire.pages import decode_token, encode_token, page_size
from wyckoff.wire.times import ceil_ms

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wyckoff.orchestrator.v1.orchestrator_pb2 import ListRejectionsRequest, ListSignalsRequest

DEFAULT_PAGE_SIZE: Final = 100
MAX_PAGE_SIZE: Final = 1000
#: Stages of the validation chain, and the program itself.
STAGES: Final = ("Volume", "Phase", "Levels", "Risk", "Strategy", "SYSTEM")

_NAME: Final = re.compile(r"[!-~]{0,20}")
_TIME_MS: Final = re.compile(r"-?[0-9]{1,18}", re.ASCII)
_ID: Final = re.compile(r"[!-~]{0,64}")


@dataclass(frozen=True, slots=True)
class Page:
    """At most ``limit`` items, beginning behind ``after``."""

    limit: int
    after: Key | None

    def cut(self, kept: Kept[M], found: Sequence[M]) -> tuple[Sequence[M], str]:
        """The items of the page and the token of the next one, from ``found``, which is one more if there is one."""
        if len(found) <= self.limit:
            return found, ""
        known_ms, item_id = kept.key(found[self.limit - 1])
        return found[: self.limit], encode_token(str(known_ms), item_id)


def is_id(text: str) -> bool:
    """Whether the text could be the id of anything."""
    return bool(_ID.fullmatch(text))


def page_of(request: ListSignalsRequest | ListRejectionsRequest) -> Page:
    """Which page is asked for."""
    limit = page_size(request.page_size, default=DEFAULT_PAGE_SIZE, maximum=MAX_PAGE_SIZE)
    return Page(limit, _after(request.page_token))


def signal_filter(request: ListSignalsRequest) -> SignalFilter:
    """Which signals are asked for."""
    return SignalFilter(**_common(request))


def rejection_filter(request: ListRejectionsRequest) -> RejectionFilter:
    """Which rejections are asked for."""
    if request.stage and request.stage not in STAGES:
        raise InvalidArgumentError.of("stage", f"{request.stage[:40]!r} is none of {', '.join(STAGES)}")
    return RejectionFilter(**_common(request), stage=request.stage, near_miss=request.near_misses_only)


def _common(request: ListSignalsRequest | ListRejectionsRequest) -> dict[str, Any]:
    for name in ("symbol", "timeframe"):
        if not _NAME.fullmatch(getattr(request, name)):
            raise InvalidArgumentError.of(name, "must be up to 20 printable characters without spaces; empty means all")
    for index, number in enumerate(request.pattern_types):
        PATTERN_TYPE.value(number, f"pattern_types[{index}]")
    return {
        "symbol": request.symbol,
        "timeframe": request.timeframe,
        "pattern_types": tuple(set(request.pattern_types)),
        "start_ms": ceil_ms(request.start_time, "start_time") if request.HasField("start_time") else None,
    }


def _after(page_token: str) -> Key | None:
    key = decode_token(page_token, 2)
    if key is None:
        return None
    if not (_TIME_MS.fullmatch(key[0]) and is_id(key[1])):
        raise InvalidArgumentError.of("page_token", "is no token of this list; send next_page_token as it was received")
    return int(key[0]), key[1]
