"""What the page asks for, checked."""

from typing import Annotated, Final

from fastapi import Query

from services.gateway.page.documents import PALETTES
from services.gateway.page.study import Question
from wyckoff.client import Scale
from wyckoff.market.gate import check_identity
from wyckoff.rpc.errors import InvalidArgumentError

MIN_BARS: Final = 50
MAX_BARS: Final = 5_000
_SCALES: Final = {scale.value.lower(): scale for scale in Scale}


def question_of(symbol: str, timeframe: str, bars: int, scales: str) -> Question:
    """A study; ``scales`` are names between commas, none for all. Raises InvalidArgumentError naming the parameter."""
    check_identity(symbol, timeframe)
    if not MIN_BARS <= bars <= MAX_BARS:
        raise InvalidArgumentError.of("bars", f"is {bars}; {MIN_BARS} to {MAX_BARS} bars are drawn")
    names = [name for name in scales.split(",") if name]
    unknown = sorted(set(names) - set(_SCALES))
    if unknown:
        text = f"{unknown[0][:20]!r} is no scale; {', '.join(_SCALES)} are, between commas"
        raise InvalidArgumentError.of("scales", text)
    chosen = frozenset(_SCALES[name] for name in names)
    # all of them is the same as no filter
    return Question(symbol, timeframe, bars, frozenset() if len(chosen) == len(_SCALES) else chosen)


def theme_of(theme: str) -> str:
    """``light`` or ``dark``; raises InvalidArgumentError for anything else."""
    if theme not in PALETTES:
        raise InvalidArgumentError.of("theme", f"{theme[:20]!r} is no theme; {' and '.join(PALETTES)} are")
    return theme


def instruments_of(names: list[str], most: int) -> list[tuple[str, str]]:
    """Symbols and bar lengths of ``SYMBOL/TIMEFRAME``; a symbol may have a slash in it."""
    if not 1 <= len(names) <= most:
        raise InvalidArgumentError.of("instrument", f"is given {len(names)} times; 1 to {most} are answered at once")
    found = []
    for name in names:
        symbol, _, timeframe = name.rpartition("/")
        check_identity(symbol, timeframe)
        found.append((symbol, timeframe))
    return found


Symbol = Annotated[str, Query(description="Instrument.")]
Timeframe = Annotated[str, Query(description="Bar length, such as 1d.")]
BarCount = Annotated[int, Query(description="Newest bars; 0 for the configured number.")]
Scales = Annotated[str, Query(description="minor, intermediate, major between commas; none for all.")]
Theme = Annotated[str, Query(description="light or dark.")]
