"""JSON of any shape, and real JSON with something else in it."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, Final

from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Callable

_SCALARS: Final = (
    st.none()
    | st.booleans()
    | st.integers(-(1 << 70), 1 << 70)
    | st.just(10**400)
    | st.floats()
    | st.sampled_from(["", "1d", "-1", "1e999", "NaN", "2024-01-02", "\ud800", "x" * 2_000])
    | st.text(max_size=20)
)
JSON: Final = st.recursive(
    _SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
)


@st.composite
def changed_json(draw: Callable[[st.SearchStrategy[Any]], Any], real: Any) -> Any:
    """A copy of ``real`` with one to three values, however deep, that are something else or are gone."""
    value = copy.deepcopy(real)
    for _ in range(draw(st.integers(1, 3))):
        value = _changed(draw, value)
    return value


def _changed(draw: Callable[[st.SearchStrategy[Any]], Any], value: Any) -> Any:
    places = list(value) if isinstance(value, dict) else list(range(len(value))) if isinstance(value, list) else []
    if not places or draw(st.integers(0, 5)) == 0:
        return draw(JSON)
    place = draw(st.sampled_from(places))
    if draw(st.integers(0, 5)) == 0:
        del value[place]
    else:
        value[place] = _changed(draw, value[place])
    return value
