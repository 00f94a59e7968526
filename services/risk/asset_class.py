"""What kind of instrument a symbol names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wyckoff.model.signals import AssetClass

if TYPE_CHECKING:
    from wyckoff.model.portfolio import Classification

_CRYPTO_BASES: Final = ("BTC", "ETH", "USDT", "USDC")


def asset_class_of(symbol: str, classification: Classification) -> AssetClass:
    """What the account says, else by the symbol: a coin first (``BTC/USD``), a slash is a currency pair."""
    said = AssetClass.__members__.get(classification.asset_class.upper())
    if said is not None:
        return said
    base = symbol.upper().replace("-", "/").split("/")[0]
    if base in _CRYPTO_BASES or (base.startswith(_CRYPTO_BASES) and base.endswith(("USD", "EUR", *_CRYPTO_BASES))):
        return AssetClass.CRYPTO
    return AssetClass.FOREX if "/" in symbol else AssetClass.STOCK
