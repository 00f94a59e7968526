"""Bars from elsewhere: files and the HTTP interfaces of data vendors, behind one protocol."""

from services.marketdata.providers.registry import PROVIDER_NAMES, open_fetcher

__all__ = ["PROVIDER_NAMES", "open_fetcher"]
