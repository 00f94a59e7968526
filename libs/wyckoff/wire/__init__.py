"""Contracts to model and back. The only code that knows both."""
