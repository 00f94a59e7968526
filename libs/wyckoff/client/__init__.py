"""The public client: typed, asynchronous, every call with a deadline.

::

    from wyckoff.client import WyckoffClient

    async with WyckoffClient.connect("127.0.0.1:50050") as client:
        analysis = await client.analyze_symbol("AAPL", "1d")

Answers are the messages of the contracts (``wyckoff.*.v1``), whose comments say what each field means and in which
unit. Bars are :class:`Bars`, columns of NumPy. Errors are in :mod:`wyckoff.client.errors`.
"""

from wyckoff.client import errors
from wyckoff.client.client import WyckoffClient
from wyckoff.client.connection import DEFAULT_TIMEOUT_S
from wyckoff.client.following import ALL_KEPT_EVENTS, FollowedEvent, Reconnect
from wyckoff.client.marketdata import MarketDataClient
from wyckoff.client.portfolio import PortfolioClient
from wyckoff.market.bars import Bars, make_bars
from wyckoff.model.kinds import Direction, PatternType, Phase, Scale, Side
from wyckoff.rpc.tls.settings import TlsSettings, tls_of_folder

__all__ = [
    "ALL_KEPT_EVENTS",
    "DEFAULT_TIMEOUT_S",
    "Bars",
    "Direction",
    "FollowedEvent",
    "MarketDataClient",
    "PatternType",
    "Phase",
    "PortfolioClient",
    "Reconnect",
    "Scale",
    "Side",
    "TlsSettings",
    "WyckoffClient",
    "errors",
    "make_bars",
    "tls_of_folder",
]
