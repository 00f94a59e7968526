"""The stretches of real bars that docs/detection.md shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from wyckoff.model.kinds import EventType, Scale

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Picture:
    """Bars from ``first`` to ``last`` (ISO dates), with what was said of them at the close of ``last``.

    Shown are the structures that began on the days ``starts``, by scale; ``events`` are those that the text speaks
    of, by the day of their bar: they must be there. ``counts`` shows the targets of the point-and-figure count.
    """

    name: str
    symbol: str
    first: str
    last: str
    starts: Mapping[Scale, str]
    events: tuple[tuple[EventType, str], ...]
    about: str
    counts: bool = False


PICTURES: Final = (
    Picture(
        name="stopping-action",
        symbol="SP500",
        first="2002-05-01",
        last="2002-09-13",
        starts={Scale.INTERMEDIATE: "2002-07-24"},
        events=(
            (EventType.PS, "2002-07-15"),
            (EventType.SC, "2002-07-24"),
            (EventType.AR, "2002-07-31"),
            (EventType.ST, "2002-08-05"),
        ),
        about="phase A of an accumulation: preliminary support, selling climax, automatic rally, secondary test",
    ),
    Picture(
        name="spring",
        symbol="SP500",
        first="2002-06-03",
        last="2003-01-03",
        starts={Scale.INTERMEDIATE: "2002-07-24"},
        events=((EventType.SPRING, "2002-10-09"), (EventType.SOS, "2002-11-21")),
        about="the spring of October 2002, and the sign of strength and last point after it",
    ),
    Picture(
        name="buying-climax",
        symbol="SP500",
        first="2000-01-18",
        last="2000-06-16",
        starts={Scale.MINOR: "2000-03-24"},
        events=((EventType.BC, "2000-03-24"), (EventType.AR, "2000-04-14"), (EventType.ST, "2000-04-26")),
        about="phase A of the distribution of 2000: buying climax, automatic reaction, secondary test",
    ),
    Picture(
        name="upthrust",
        symbol="SP500",
        first="2007-06-01",
        last="2008-02-15",
        starts={Scale.INTERMEDIATE: "2007-07-24"},
        events=(
            (EventType.BC, "2007-07-24"),
            (EventType.UT, "2007-10-09"),
            (EventType.TEST, "2007-12-11"),
            (EventType.SOW, "2008-01-08"),
            (EventType.LPSY, "2008-02-01"),
        ),
        about="a distribution with an upthrust at its top, a test without an upthrust after distribution, sign of "
        "weakness and last point of supply",
    ),
    Picture(
        name="utad",
        symbol="NASDAQ",
        first="2007-05-15",
        last="2008-02-15",
        starts={Scale.MAJOR: "2007-07-19"},
        events=((EventType.UTAD, "2007-10-31"), (EventType.SOW, "2008-01-18"), (EventType.LPSY, "2008-02-01")),
        about="the same top of the NASDAQ on the major scale: here the upthrust is late enough to be one after "
        "distribution",
        counts=True,
    ),
    Picture(
        name="test",
        symbol="NASDAQ",
        first="2002-06-17",
        last="2003-01-03",
        starts={Scale.INTERMEDIATE: "2002-07-24"},
        events=((EventType.SPRING, "2002-10-09"), (EventType.TEST, "2002-10-23"), (EventType.SOS, "2002-11-21")),
        about="a spring and its test",
    ),
    Picture(
        name="reaccumulation",
        symbol="SP500",
        first="2005-03-01",
        last="2005-07-15",
        starts={Scale.MINOR: "2005-04-20"},
        events=((EventType.SOS, "2005-06-17"), (EventType.LPS, "2005-06-27")),
        about="a small range without a climax that resolves upward: sign of strength and last point of support",
    ),
    Picture(
        name="redistribution",
        symbol="SP500",
        first="2010-02-01",
        last="2010-05-21",
        starts={Scale.MINOR: "2010-03-22"},
        events=((EventType.SOW, "2010-05-06"), (EventType.LPSY, "2010-05-13")),
        about="a small range without a climax that resolves downward: sign of weakness and last point of supply",
    ),
    Picture(
        name="stock",
        symbol="MSFT",
        first="2004-01-26",
        last="2004-08-06",
        starts={Scale.INTERMEDIATE: "2004-03-22"},
        events=(
            (EventType.SC, "2004-03-22"),
            (EventType.TEST, "2004-05-20"),
            (EventType.SOS, "2004-06-18"),
            (EventType.LPS, "2004-07-16"),
        ),
        about="an accumulation of a single stock from climax to last point, without a spring",
    ),
    Picture(
        name="scales",
        symbol="NASDAQ",
        first="2007-06-01",
        last="2008-02-15",
        starts={Scale.MAJOR: "2007-07-19", Scale.INTERMEDIATE: "2007-10-31", Scale.MINOR: "2007-10-04"},
        events=((EventType.BC, "2007-10-31"), (EventType.UTAD, "2007-10-31")),
        about="three scales of one top: a small range and a middle one inside the large one",
    ),
    Picture(
        name="turned",
        symbol="SP500",
        first="2008-08-01",
        last="2009-03-20",
        starts={Scale.INTERMEDIATE: "2008-10-10"},
        events=(
            (EventType.SC, "2008-10-10"),
            (EventType.SPRING, "2008-11-12"),
            (EventType.SPRING, "2008-12-15"),
            (EventType.SOW, "2009-01-15"),
            (EventType.LPSY, "2009-01-28"),
        ),
        about="an accumulation that failed: two springs were said and withdrawn (struck through), then the range was "
        "read as a redistribution",
    ),
)
