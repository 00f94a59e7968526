"""Least values of the bars before each bar, over windows of any width."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from wyckoff.market.bars import FloatArray


class LeastBefore:
    """The least of the values before each place, of each row. Windows of 1, 2, 4 ... bars are kept: two of them make
    any other.
    """

    def __init__(self, values: FloatArray) -> None:
        self.values = values
        one = np.empty((len(values), values.shape[1] + 1))
        one[:, 0] = np.inf
        one[:, 1:] = values
        self._doubled = [one]
        self._asked: dict[int, FloatArray] = {}

    def over(self, window: int) -> FloatArray:
        """At each place the least of the up to ``window`` values before it, infinite where there is none.

        Shape ``(rows, values + 1)``: the last place is the one after all values.
        """
        if window not in self._asked:
            self._asked[window] = self._over(window)
        return self._asked[window]

    def _over(self, window: int) -> FloatArray:
        if window < 1:
            return np.full_like(self._doubled[0], np.inf)
        level = window.bit_length() - 1
        while len(self._doubled) <= level:
            self._doubled.append(_joined(self._doubled[-1], 1 << (len(self._doubled) - 1)))
        return _joined(self._doubled[level], window - (1 << level))


def _joined(least: FloatArray, shift: int) -> FloatArray:
    """The windows that begin ``shift`` bars earlier: each joined with the one that ends so much earlier."""
    if shift == 0:
        return least
    joined = least.copy()
    np.minimum(least[:, shift:], least[:, :-shift], out=joined[:, shift:])
    return joined
