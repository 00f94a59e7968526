"""Mutual TLS of every server and every channel: certificates from files, and who may call whom."""
