"""The public client: ``from wyckoff.client import WyckoffClient``."""

from wyckoff.client.client import WyckoffClient
from wyckoff.market.bars import Bars, make_bars
from wyckoff.model.kinds import Scale

__all__ = ["Bars", "Scale", "WyckoffClient", "make_bars"]
