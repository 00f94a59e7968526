"""Charts on light and on dark ground: readable texts, sides that colour-blind people tell apart."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Final

import numpy as np
import pytest

from tests.support.samples import wave_analysis, wave_bars
from wyckoff.chart import DARK, LIGHT, build_chart
from wyckoff.common.v1 import common_pb2

if TYPE_CHECKING:
    from numpy.typing import NDArray


PALETTES: Final = {"light": LIGHT, "dark": DARK}
#: Texts are written in these.
TEXT_COLOURS: Final = ("ink", "faint", "accumulation", "distribution", "undetermined", "entry", "withdrawn")
#: What a person without green, and one without red, sees of linear red, green and blue (Viénot and others, 1999).
BLIND: Final = {
    "deuteranopia": np.array([[0.29275, 0.70725, 0], [0.29275, 0.70725, 0], [-0.02234, 0.02234, 1]]),
    "protanopia": np.array([[0.11238, 0.88762, 0], [0.11238, 0.88762, 0], [0.00401, -0.00401, 1]]),
}


def linear(colour: str) -> NDArray[np.float64]:
    parts = np.array([int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)])
    found: NDArray[np.float64] = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    return found


def contrast(left: str, right: str) -> float:
    lightness = sorted(float(linear(colour) @ (0.2126, 0.7152, 0.0722)) for colour in (left, right))
    return (lightness[1] + 0.05) / (lightness[0] + 0.05)


@pytest.mark.parametrize("name", PALETTES)
@pytest.mark.parametrize("role", TEXT_COLOURS)
def test_texts_stand_out_from_the_ground(name: str, role: str) -> None:
    palette = PALETTES[name]
    assert contrast(getattr(palette, role), palette.ground) >= 4.5


@pytest.mark.parametrize("name", PALETTES)
@pytest.mark.parametrize("kind", BLIND)
@pytest.mark.parametrize("pair", [("up", "down"), ("accumulation", "distribution")])
def test_the_two_sides_differ_for_the_colour_blind(name: str, kind: str, pair: tuple[str, str]) -> None:
    seen = [np.clip(BLIND[kind] @ linear(getattr(PALETTES[name], role)), 0, 1) ** (1 / 2.2) for role in pair]
    assert np.abs(seen[0] - seen[1]).max() > 0.2


@pytest.mark.parametrize("replay", [False, True])
def test_a_dark_chart_has_no_colour_of_the_light_one(replay: bool) -> None:
    bars = wave_bars()
    figure = build_chart(bars, wave_analysis(bars), replay=replay, palette=DARK)
    # the template of the library names colours that the figure overrides
    figure.layout.template = None
    text = figure.to_json()
    lights = set(asdict(LIGHT).values()) - set(asdict(DARK).values())
    assert [colour for colour in lights if colour in text] == []
    assert "white" not in text
    assert DARK.ground in text


def test_rising_candles_are_hollow() -> None:
    bars = wave_bars()
    candles = next(trace for trace in build_chart(bars, wave_analysis(bars)).data if trace.type == "candlestick")
    assert candles.increasing.fillcolor == LIGHT.ground
    assert candles.decreasing.fillcolor == LIGHT.down


@pytest.mark.parametrize(
    ("side", "role"),
    [
        (common_pb2.SIDE_ACCUMULATION, "accumulation"),
        (common_pb2.SIDE_DISTRIBUTION, "distribution"),
        (common_pb2.SIDE_UNDETERMINED, "undetermined"),
        (common_pb2.SIDE_UNSPECIFIED, "undetermined"),
    ],
)
def test_a_side_has_its_colour(side: int, role: str) -> None:
    assert DARK.side(side) == getattr(DARK, role)
