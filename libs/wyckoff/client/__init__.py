"""The public client: ``from wyckoff.client import WyckoffClient``."""

from wyckoff.client.client import WyckoffClient
from wyckoff.market.bars import Bars, make_bars

__all__ = ["Bars", "WyckoffClient", "make_bars"]
